// New subscriptions. Those that are asked for while others are being made are made together: their documents are one
// record batch, and one flush, of each log.

#include "dispatcher_impl.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::dispatch {

using Why = Refusal::Why;
using subscriptions::Start;

namespace {

constexpr std::size_t together_max = 64;
constexpr std::size_t together_bytes = 256 * limits::KiB;  ///< of what was asked; one is always made

Offset begin_in(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic, std::size_t index,
                const Start& start) {
  if (start.at == Start::At::time) {
    const auto found =
        broker.list_offset(topic.topic->name, static_cast<PartitionIndex>(index), {.timestamp = start.time});
    if (found.error == ErrorCode::none && found.offset >= Offset(0)) return found.offset;
  }
  return topic.partitions[index]->with([](const broker::Partition& partition) { return partition.end(); });
}

/// None: with what each partition has.
std::vector<Offset> begin_of(runtime::BrokerRuntime& broker, const runtime::HostedTopic& topic, const Start& start) {
  std::vector<Offset> begin;
  if (start.at == Start::At::earliest) return begin;
  for (std::size_t i = 0; i < topic.partitions.size(); ++i) begin.push_back(begin_in(broker, topic, i, start));
  return begin;
}

/// One error for each, once the last one has come.
class AllServed {
 public:
  AllServed(std::size_t count, runtime::Callback<void(std::vector<ErrorCode>)> done)
      : errors_(count, ErrorCode::none), open_(count), done_(std::move(done)) {}
  void put(std::size_t which, ErrorCode error) {
    errors_[which] = error;
    if (open_.fetch_sub(1) == 1) done_(std::move(errors_));
  }

 private:
  std::vector<ErrorCode> errors_;
  std::atomic<std::size_t> open_;
  runtime::Callback<void(std::vector<ErrorCode>)> done_;
};

}  // namespace

void Dispatcher::Impl::create(Wish wish) {
  const bool is_first = wishes.with([&](std::vector<Wish>& all) {
    all.push_back(std::move(wish));
    return all.size() == 1;
  });
  // Whoever comes to the first has those behind it, too.
  if (!is_first || post([this] { create_waiting(); })) return;
  for (auto& each : wishes.with([](std::vector<Wish>& all) { return std::exchange(all, {}); }))
    each.done(refused(Why::unavailable, "the broker is stopping"));
}

void Dispatcher::Impl::create_waiting() {
  auto all = wishes.with([](std::vector<Wish>& waiting) { return std::exchange(waiting, {}); });
  for (std::span<Wish> rest = all; !rest.empty();) {
    std::size_t count = 1, bytes = rest.front().json.size();
    while (count < std::min(rest.size(), together_max) && (bytes += rest[count].json.size()) <= together_bytes) ++count;
    create_together(rest.first(count));
    rest = rest.subspan(count);
  }
}

Answered<Kept> Dispatcher::Impl::judge(const std::string& json, bool dry_run, std::size_t others) {
  auto read = subscriptions::read(json, *inheritance_now());
  if (!read) return refused(std::move(read.error()));
  if (!is_served(read->protocol)) return not_served(read->protocol);
  const auto topic = broker.topology()->find(read->config.topic);
  if (!topic || topic->topic->is_internal)
    return refused(Why::unknown_topic, "config.topic: topic " + escaped(read->config.topic) + " does not exist");
  if (entries.with([](const Entries& those) { return those.size(); }) + others >= subscriptions_max)
    return refused(Why::too_many, "there are " + std::to_string(subscriptions_max) + " subscriptions, the most");
  if (auto allowed = check_sink(*read); !allowed) return tl::unexpected(std::move(allowed.error()));
  if (auto writable = check_letters(*read); !writable) return tl::unexpected(std::move(writable.error()));
  if (!dry_run) read->id = broker.fresh_uuid().to_code();
  Kept kept{.topic = topic->topic->id, .begin_at = begin_of(broker, *topic, read->config.start)};
  kept.subscription = std::make_shared<const subscriptions::Subscription>(*std::move(read));
  return kept;
}

std::vector<ErrorCode> Dispatcher::Impl::serve_all(const std::vector<Kept>& all) {
  if (all.empty()) return {};
  return answer_to<std::vector<ErrorCode>>([&](auto done) {
    const auto served = std::make_shared<AllServed>(all.size(), std::move(done));
    for (std::size_t i = 0; i < all.size(); ++i) serve(all[i], [served, i](ErrorCode error) { served->put(i, error); });
  });
}

void Dispatcher::Impl::create_together(std::span<Wish> asked) {
  std::vector<Kept> made;
  std::vector<Done<View>> waiting;
  std::vector<broker::ChangeDocument> documents;
  for (auto& wish : asked) {
    auto kept = judge(wish.json, wish.dry_run, made.size());
    if (!kept) {
      wish.done(tl::unexpected(std::move(kept.error())));
    } else if (wish.dry_run) {
      wish.done(View{.subscription = kept->subscription});
    } else if (auto document = write_document(*kept, secrets); !document) {
      wish.done(refused(Why::unavailable, document.error().message));
    } else {
      documents.push_back({broker::DocumentKind::subscription, kept->subscription->id, *std::move(document)});
      made.push_back(*std::move(kept));
      waiting.push_back(std::move(wish.done));
    }
  }
  if (made.empty()) return;
  if (auto stored = store(std::move(documents)); !stored) {
    for (auto& done : waiting) done(tl::unexpected(stored.error()));
    return;
  }
  const auto errors = serve_all(made);
  for (std::size_t i = 0; i < made.size(); ++i) {
    const auto subscription = made[i].subscription;
    if (errors[i] != ErrorCode::none) {
      if (!store(subscription->id, std::nullopt))
        diagnostics->error("subscription not taken back id={}", subscription->id);
      const auto gone = errors[i] == ErrorCode::unknown_topic_or_partition;
      waiting[i](
          refused(gone ? Why::unknown_topic : Why::unavailable,
                  gone ? "config.topic: it was deleted meanwhile" : "the log of deliveries cannot be written now"));
      continue;
    }
    diagnostics->info("subscription created id={} topic={}", subscription->id, subscription->config.topic);
    waiting[i](put(std::move(made[i]), nullptr));
  }
}

}  // namespace millrace::dispatch
