#include "millrace/runtime/broker_runtime.hpp"

#include <spdlog/logger.h>

#include <future>

#include "broker_impl.hpp"
#include "millrace/core/check.hpp"

namespace millrace::runtime {

namespace {

constexpr std::size_t flush_helpers = 3;

constexpr std::int64_t audit_ms = 7 * 86'400'000;

/// The engine's own topics are durable and kept, whatever the broker's defaults say.
const broker::ConfigMap internal_configs = {{"cleanup.policy", "compact"},
                                            {"millrace.durability", "fsync"},
                                            {"retention.ms", "-1"},
                                            {"retention.bytes", "-1"},
                                            {"segment.bytes", "104857600"}};

}  // namespace

BrokerRuntime::Impl::Impl(disk::Disk& disk, const Clock& clock, Random& random, BrokerOptions options,
                          std::shared_ptr<spdlog::logger> diagnostics)
    : disk_(disk),
      clock_(clock),
      random_(random),
      options_(options),
      diagnostics_(std::move(diagnostics)),
      group_config_rules_(this->options().group_configs),
      quarantine_(this->options().quarantine),
      rules_{.broker_id = this->options().broker_id,
             .default_partitions = this->options().default_partitions,
             .group_configs = group_config_rules_},
      open_files_(disk, this->options().open_files_max, [this] { return all_partitions(); }),
      topology_(std::make_shared<Topology>()),
      published_catalog_(std::make_shared<broker::Catalog>()) {}

Result<void> BrokerRuntime::Impl::open() {
  auto lock = hold(disk_);
  if (!lock) return failure_of(lock);
  lock_ = std::move(*lock);
  const auto options = this->options();
  const auto identity = identify(disk_, options.broker_id, random_);
  if (!identity) return failure_of(identity);
  identity_ = *identity;
  cluster_id_ = identity_.cluster_id.to_string();

  StoreOptions store;
  const auto clean = log::take_clean_mark(disk_, clean_mark_file);
  if (!clean) return failure_of(clean);
  store.clean = *clean;
  auto known = log::read_checkpoints(disk_, checkpoint_file);
  if (known) {
    if (known->used_older) diagnostics_->warn("checkpoint damaged, its older generation is used");
    store.known = std::move(known->checkpoints);
  } else if (known.error().code == Errc::not_found) {
    store.clean = false;
  } else {
    diagnostics_->error("checkpoint cannot be read, every log is scanned why=\"{}\"", known.error().message);
    store.clean = false;
  }
  store.producer_limits.expire_after = options.producer_id_expiration;
  store.event_key = {random_.next(), random_.next()};
  store.keeps = options.keeps_records;

  committer_ = std::make_unique<Committer>(disk_, flush_helpers);
  store_ = std::make_unique<TopicStore>(disk_, *committer_, clock_, std::move(store), *diagnostics_);
  const auto escaped = [log = diagnostics_](std::string_view what) {
    log->error("work ended by exception what={}", what);
  };
  administrator_ = std::make_unique<WorkThread>("administrator", escaped);
  housekeeper_ = std::make_unique<WorkThread>("housekeeper", escaped);
  compactor_ = std::make_unique<WorkThread>("compactor", escaped);
  if (auto opened = open_metadata(); !opened) return opened;
  if (auto opened = open_topics(); !opened) return opened;
  prepare_quarantines();
  // From here on a crash is found by what the logs themselves say.
  if (auto written = write_checkpoint(); !written) return written;
  keep_house();
  return {};
}

Result<void> BrokerRuntime::Impl::open_metadata() {
  const std::string name(broker::metadata_topic);
  const auto exists = disk_.exists(partition_directory(name, 0));
  if (!exists) return failure_of(exists);
  const auto source = "/clusters/" + cluster_id_ + "/brokers/" + std::to_string(identity_.broker_id);
  if (*exists) {
    // Its own creation stands in it, so it is opened before anything is known of it.
    const auto bootstrap = std::make_shared<broker::Topic>();
    bootstrap->name = name;
    bootstrap->configs = internal_configs;
    const auto hosted = store_->open(bootstrap, settings_of(*bootstrap));
    if (!hosted) return failure_of(hosted);
    metadata_ = std::make_unique<MetadataLog>((*hosted)->partitions.front(), source, random_);
    auto catalog = metadata_->replay(*diagnostics_);
    if (!catalog) return failure_of(catalog);
    catalog_ = std::move(*catalog);
    if (const auto self = catalog_.find(name)) {
      auto described = std::make_shared<HostedTopic>(**hosted);
      described->topic = self;
      Topology topology;
      topology.add(std::move(described));
      publish(std::move(topology));
      return {};
    }
    // A crash came between making the directory and the first event: begin again with a directory of its own.
    metadata_.reset();
    if (auto alone = store_->expect_no_topics(); !alone) return alone;
    if (auto moved = set_aside(disk_, partition_directory(name, 0)); !moved) return failure_of(moved);
  }
  if (auto alone = store_->expect_no_topics(); !alone) return alone;
  const auto wanted = broker::CreateTopic{.name = name,
                                          .partitions = 1,
                                          .assignments = {},
                                          .configs = {internal_configs.begin(), internal_configs.end()},
                                          .by_broker = true};
  const auto now = clock_.now();
  auto answer = catalog_.create_topic(wanted, rules_, Uuid::from_random(random_.next(), random_.next()), now.wall);
  CHECK(answer.error == ErrorCode::none, "the metadata topic is the broker's own and always allowed");
  const auto topic = std::make_shared<broker::Topic>(*answer.topic);
  const auto hosted = store_->create(topic, settings_of(*topic));
  if (!hosted) return failure_of(hosted);
  metadata_ = std::make_unique<MetadataLog>((*hosted)->partitions.front(), source, random_);
  if (auto done = carry_out(answer.events); !done) return done;
  Topology topology;
  topology.add(*hosted);
  publish(std::move(topology));
  return {};
}

Result<void> BrokerRuntime::Impl::open_topics() {
  Topology topology = *this->topology();
  for (const auto& topic : catalog_.topics()) {
    if (topic->name == broker::metadata_topic) continue;
    auto hosted = store_->open(topic, settings_of(*topic));
    if (!hosted) return failure_of(hosted);
    topology.add(std::move(*hosted));
  }
  publish(std::move(topology));
  reserved_until_ = next_producer_id_ = catalog_.next_producer_id();
  for (const auto& deleted : std::vector(catalog_.tombstones())) {
    if (auto done = finish_deletion(deleted, Milliseconds{0}); !done) return done;
  }
  auto left_over = store_->sweep(catalog_);
  if (!left_over) return failure_of(left_over);
  for (auto& directory : *left_over) {
    housekeeper_->post([this, name = std::move(directory)] {
      if (auto removed = store_->remove_tree(name); !removed) {
        diagnostics_->warn("deleted directory stays directory={} why=\"{}\"", name, removed.error().message);
      }
    });
  }
  return {};
}

/// What each thread still does may ask the others, and itself: they go when all of them have ended.
void BrokerRuntime::Impl::end_work() {
  for (auto* thread : {administrator_.get(), compactor_.get(), housekeeper_.get()}) {
    if (thread != nullptr) thread->finish();
  }
  administrator_.reset();
  compactor_.reset();
  housekeeper_.reset();
  view_readers_.join();
}

Result<void> BrokerRuntime::Impl::close() {
  if (closed_) return {};
  closed_ = true;
  closing_ = true;
  end_work();
  committer_->drain();
  Result<void> outcome;
  for (const auto& partition : all_partitions()) {
    auto done = partition->with([](broker::Partition& each) { return each.close(); });
    if (!done && outcome) outcome = Failure(done.error().within(partition->directory()));
  }
  // Without the mark the next start looks at every log: that is right when one could not be closed.
  if (outcome) outcome = write_checkpoint();
  if (outcome) outcome = log::write_clean_mark(disk_, clean_mark_file);
  return outcome;
}

std::shared_ptr<const Topology> BrokerRuntime::Impl::topology() const {
  const std::lock_guard lock(published_mutex_);
  return topology_;
}

void BrokerRuntime::Impl::publish(Topology changed) {
  place_views(changed);
  auto topology = std::make_shared<const Topology>(std::move(changed));
  auto catalog = std::make_shared<const broker::Catalog>(catalog_);
  const std::lock_guard lock(published_mutex_);
  topology_.swap(topology);
  published_catalog_.swap(catalog);
}

broker::TopicSettings BrokerRuntime::Impl::settings_of(const broker::Topic& topic) const {
  const bool is_own = broker::is_reserved_name(topic.name);
  if (!is_own) return broker::resolve(topic_defaults(catalog_), topic.configs);
  // The broker's own topics keep working whatever is set for those of its clients.
  auto defaults = options_.with([](const BrokerOptions& options) { return options.topic_defaults; });
  std::erase_if(defaults, [](const auto& entry) {
    return entry.first == "max.message.bytes" || entry.first.starts_with("message.timestamp.");
  });
  // A data directory may be older than what the engine wants of its own topics today.
  auto settings = broker::resolve(defaults, internal_configs);
  // The metadata topic is the audit log as well: its last days stay whole.
  if (topic.name == broker::metadata_topic) settings.compaction.lag_ms_min = audit_ms;
  return settings;
}

broker::BrokerDefaults BrokerRuntime::Impl::topic_defaults(const broker::Catalog& catalog) const {
  broker::BrokerDefaults defaults = options_.with([](const BrokerOptions& options) { return options.topic_defaults; });
  defaults.dynamic_broker = catalog.broker_configs(identity_.broker_id);
  defaults.dynamic_cluster = catalog.broker_configs(std::nullopt);
  return defaults;
}

void BrokerRuntime::Impl::reconfigure(const BrokerOptions& options) {
  options_.with([&](BrokerOptions& held) {
    const auto expiration = held.producer_id_expiration;
    const auto id = held.broker_id;
    auto data_dir = std::move(held.data_dir);
    auto compile_view = std::move(held.compile_view);
    held = options;
    held.data_dir = std::move(data_dir);
    held.compile_view = std::move(compile_view);
    held.producer_id_expiration = expiration;
    held.broker_id = id;
  });
  rules_.default_partitions = options.default_partitions;
  apply_defaults();
  housekeeper_->stop_repeating();
  compactor_->stop_repeating();
  keep_house();
}

void BrokerRuntime::Impl::apply_defaults() {
  Topology changed;
  topology()->for_each([&](const HostedTopic& topic) {
    auto hosted = std::make_shared<HostedTopic>(topic);
    hosted->settings = settings_of(*topic.topic);
    for (const auto& partition : hosted->partitions) partition->set_settings(hosted->settings);
    changed.add(std::move(hosted));
  });
  publish(std::move(changed));
  prepare_quarantines();
}

std::vector<std::shared_ptr<HostedPartition>> BrokerRuntime::Impl::all_partitions() const {
  std::vector<std::shared_ptr<HostedPartition>> all;
  topology()->for_each(
      [&](const HostedTopic& topic) { all.insert(all.end(), topic.partitions.begin(), topic.partitions.end()); });
  return all;
}

BrokerRuntime::BrokerRuntime(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
BrokerRuntime::~BrokerRuntime() = default;

Result<std::unique_ptr<BrokerRuntime>> BrokerRuntime::open(disk::Disk& disk, const Clock& clock, Random& random,
                                                           const BrokerOptions& options,
                                                           std::shared_ptr<spdlog::logger> diagnostics) {
  auto impl = std::make_unique<Impl>(disk, clock, random, options, std::move(diagnostics));
  if (auto opened = impl->open(); !opened) return failure_of(opened);
  return std::unique_ptr<BrokerRuntime>(new BrokerRuntime(std::move(impl)));
}

void BrokerRuntime::reconfigure(const BrokerOptions& options) {
  std::promise<void> done;
  impl_->administrator_->post([impl = impl_.get(), &options, &done] {
    impl->reconfigure(options);
    done.set_value();
  });
  done.get_future().wait();
}

void BrokerRuntime::stop_waiting() {
  impl_->stop_waiting_.store(true);
  for (const auto& partition : impl_->all_partitions()) partition->wake_readers();
}

Result<void> BrokerRuntime::close() { return impl_->close(); }

const std::string& BrokerRuntime::cluster_id() const { return impl_->cluster_id_; }
std::int32_t BrokerRuntime::broker_id() const { return impl_->identity_.broker_id; }
bool BrokerRuntime::auto_creates_topics() const {
  return impl_->options_.with([](const BrokerOptions& options) { return options.auto_create_topics; });
}
std::shared_ptr<const Topology> BrokerRuntime::topology() const { return impl_->topology(); }
std::shared_ptr<const broker::Catalog> BrokerRuntime::catalog() const {
  const std::lock_guard lock(impl_->published_mutex_);
  return impl_->published_catalog_;
}
broker::BrokerDefaults BrokerRuntime::topic_defaults() const { return impl_->topic_defaults(*catalog()); }
broker::ConfigFactsPtr BrokerRuntime::settings() const {
  return impl_->options_.with([](const BrokerOptions& options) { return options.settings; });
}
broker::FileKeysPtr BrokerRuntime::file_keys() const {
  return impl_->options_.with([](const BrokerOptions& options) { return options.file_keys; });
}
const broker::GroupConfigRules& BrokerRuntime::group_config_rules() const { return impl_->group_config_rules_; }
DataDirectory BrokerRuntime::data_directory() const {
  return {impl_->options_.with([](const BrokerOptions& options) { return options.data_dir; }),
          impl_->space_.with([](const std::optional<disk::Space>& seen) { return seen; })};
}
Now BrokerRuntime::now() const { return impl_->clock_.now(); }
Uuid BrokerRuntime::fresh_uuid() { return Uuid::from_random(impl_->random_.next(), impl_->random_.next()); }

Result<HostedTopicPtr> BrokerRuntime::ensure_internal_topic(const std::string& name, std::int32_t partitions) {
  if (auto there = topology()->find(name)) return there;
  const auto answer = impl_->create_topic({.name = name,
                                           .partitions = partitions,
                                           .assignments = {},
                                           .configs = {internal_configs.begin(), internal_configs.end()},
                                           .by_broker = true});
  if (answer.error != ErrorCode::none) {
    return failure(Errc::io, "topic " + name + ": " + std::string(name_of(answer.error)) + " " + answer.message);
  }
  return topology()->find(name);
}

void BrokerRuntime::on_topics_deleted(std::function<void(const std::vector<std::string>&)> listener) {
  impl_->on_topics_deleted_.push_back(std::move(listener));
}

}  // namespace millrace::runtime
