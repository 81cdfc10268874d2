#include "daemon.hpp"

#include <pthread.h>
#include <signal.h>
#include <spdlog/logger.h>

#include <atomic>
#include <cstdlib>
#include <future>

#include "delivering.hpp"
#include "diagnostics.hpp"
#include "millrace/disk/posix_disk.hpp"
#include "millrace/runtime/group_runtime.hpp"
#include "millrace/runtime/guarded.hpp"
#include "process.hpp"
#include "sd_notify.hpp"
#include "system.hpp"
#include "translate.hpp"

namespace millrace::app {

namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr int stopped = 0, failed = 1, stopped_late = 3;
constexpr auto closing_time = std::chrono::milliseconds(2'000);
constexpr auto last_spans_time = std::chrono::milliseconds(1'000);

/// The signals that the main thread waits for; blocked in every thread, so that they arrive nowhere else.
sigset_t awaited_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
  return set;
}

/// The next awaited signal, or 0 after `limit`.
int wait_for_signal(const sigset_t& set, std::chrono::milliseconds limit) {
  timespec until{};
  until.tv_sec = limit.count() / 1000;
  until.tv_nsec = limit.count() % 1000 * 1'000'000;
  const int signal = ::sigtimedwait(&set, nullptr, &until);
  return signal > 0 ? signal : 0;
}

ServiceManager::Environment notify_environment() {
  ServiceManager::Environment environment;
  for (const char* name : {"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"}) {
    if (const char* value = std::getenv(name)) environment.emplace(name, value);
  }
  return environment;
}

/// What the Kafka door knows of its connections, as the other one tells it.
std::vector<http::Connection> told(const std::vector<kafka::ConnectionFacts>& all) {
  std::vector<http::Connection> connections;
  for (const auto& each : all) {
    const auto since = std::chrono::duration_cast<Milliseconds>(each.since.time_since_epoch()).count();
    connections.push_back({.door = "kafka",
                           .peer = each.peer,
                           .client_id = each.client_id,
                           .software = each.software,
                           .since = since,
                           .requests = each.requests,
                           .received_bytes = each.received_bytes,
                           .sent_bytes = each.sent_bytes});
  }
  return connections;
}

class Daemon {
 public:
  Daemon(const Settings& settings, const ReloadFn& reload)
      : settings_(settings), reload_(reload), manager_(notify_environment()), say_(diagnostics::logger("app")) {}

  int run() {
    const auto began = SteadyClock::now();
    if (auto started = start(); !started) {
      say_->error("cannot start data_dir={} why=\"{}\"", settings_.data_dir, started.error().message);
      abandon();
      return failed;
    }
    announce(SteadyClock::now() - began);
    wait_until_told_to_stop();
    return stop();
  }

 private:
  Result<void> start();
  void abandon();
  void tell_addresses();
  void announce(SteadyClock::duration took);
  void wait_until_told_to_stop();
  void reload();
  int stop();

  Settings settings_;
  const ReloadFn& reload_;
  ServiceManager manager_;
  std::shared_ptr<spdlog::logger> say_;
  SystemClock clock_;
  SystemRandom random_;
  const std::size_t descriptors_ = raise_descriptor_limit();
  std::unique_ptr<disk::Disk> disk_;
  std::unique_ptr<tracing::Exporter> traces_;  // before broker_: gone after whoever ends a span. Null: tracing is off
  std::unique_ptr<runtime::BrokerRuntime> broker_;
  std::unique_ptr<runtime::IoThreads> threads_;  // after broker_: gone before what its handlers use
  std::unique_ptr<runtime::GroupRuntime> groups_;
  std::unique_ptr<Delivering> delivering_;
  std::unique_ptr<kafka::Server> kafka_;
  runtime::Guarded<std::vector<Endpoint>> told_;  ///< where Kafka clients are told to connect
  std::unique_ptr<http::Server> http_;
};

Result<void> Daemon::start() {
  auto disk = disk::open_posix_disk(settings_.data_dir);
  if (!disk) return failure_of(disk);
  disk_ = std::move(*disk);
  auto broker = runtime::BrokerRuntime::open(*disk_, clock_, random_, broker_options_of(settings_, descriptors_),
                                             diagnostics::logger("runtime"));
  if (!broker) return failure_of(broker);
  broker_ = std::move(*broker);
  if (!settings_.tracing_endpoint.empty()) {
    auto options = exporter_options_of(settings_, broker_->cluster_id() + "/" + std::to_string(settings_.broker_id));
    traces_ = std::make_unique<tracing::Exporter>(std::move(options), random_, unix_nanoseconds,
                                                  diagnostics::logger("tracing"));
    traces_->start();
  }
  auto* const tracer = traces_ ? &traces_->tracer() : nullptr;
  threads_ = std::make_unique<runtime::IoThreads>(
      static_cast<std::size_t>(settings_.threads),
      [say = say_](std::string_view what) { say->error("handler ended by exception what=\"{}\"", what); });
  auto groups = runtime::GroupRuntime::open(*broker_, threads_->at(0).get_executor(), group_config_of(settings_),
                                            settings_.offsets_topic_num_partitions, diagnostics::logger("runtime"));
  if (!groups) return failure_of(groups);
  groups_ = std::move(*groups);
  auto delivering = Delivering::start(
      {.broker = *broker_, .groups = *groups_, .disk = *disk_, .threads = *threads_, .tracer = tracer}, settings_);
  if (!delivering) return failure_of(delivering);
  delivering_ = std::move(*delivering);
  auto kafka_options = server_options_of(settings_, descriptors_);
  kafka_options.tracer = tracer;
  kafka_ = std::make_unique<kafka::Server>(*threads_, *broker_, *groups_, std::move(kafka_options),
                                           diagnostics::logger("kafka"));
  auto http_options = http_options_of(settings_, settings_.data_dir);
  http_options.kafka_connections = [this](auto done) {
    kafka_->list_connections(
        [done = std::move(done)](const std::vector<kafka::ConnectionFacts>& all) { done(told(all)); });
  };
  http_options.more_metrics = {[this](metrics::Exposition& into) { kafka_->collect(into); },
                               [this](metrics::Exposition& into) { tracing::collect(traces_.get(), into); },
                               [this](metrics::Exposition& into) { delivering_->collect(into); }, collect_process};
  http_options.tracer = tracer;
  http_options.kafka_addresses = [this] { return told_.with([](const std::vector<Endpoint>& told) { return told; }); };
  http_ = std::make_unique<http::Server>(*threads_, *broker_, *groups_, delivering_->backends(),
                                         std::move(http_options), diagnostics::logger("http"));
  if (auto listening = kafka_->start(); !listening) return listening;
  tell_addresses();
  if (auto listening = http_->start(); !listening) return listening;
  threads_->start();
  return {};
}

/// What was begun by a start that failed ends on its own threads: destroying it here would be out of order.
void Daemon::abandon() {
  if (!threads_) return;
  if (delivering_) delivering_->stop();
  if (groups_) groups_->stop();
  if (kafka_) kafka_->close();
  if (http_) http_->close();
  threads_->start();
  static_cast<void>(threads_->finish(closing_time));
}

void Daemon::tell_addresses() {
  const auto& advertised = settings_.advertised_listeners;
  told_.with([&](std::vector<Endpoint>& told) { told = advertised.empty() ? kafka_->addresses() : advertised; });
}

void Daemon::announce(SteadyClock::duration took) {
  const auto joined = [](const auto& bound) {
    std::string text;
    for (const auto& each : bound) text += (text.empty() ? "" : ",") + each.to_string();
    return text;
  };
  const auto addresses = joined(kafka_->addresses());
  say_->info("ready kafka={} http={} data_dir={} durability={} cluster_id={} broker_id={} version={} start_ms={:.1f}",
             addresses, joined(http_->addresses()), settings_.data_dir, name_of(settings_.durability),
             broker_->cluster_id(), settings_.broker_id, MILLRACE_VERSION,
             std::chrono::duration<double, std::milli>(took).count());
  if (settings_.durability != Durability::fsync) {
    say_->warn(
        "durability={} acknowledges what is not yet on disk: it survives a crash of the broker, not of the "
        "machine",
        name_of(settings_.durability));
  }
  manager_.ready("serving Kafka on " + addresses);
}

void Daemon::wait_until_told_to_stop() {
  const auto signals = awaited_signals();
  const auto interval = manager_.alive_interval().value_or(std::chrono::hours(1));
  for (;;) {
    const int signal = wait_for_signal(signals, interval);
    if (signal == 0) {
      manager_.alive();
    } else if (signal == SIGHUP) {
      reload();
    } else {
      say_->info("stopping signal={}", signal == SIGTERM ? "SIGTERM" : "SIGINT");
      return;
    }
  }
}

void Daemon::reload() {
  manager_.reloading();
  const auto fresh = reload_();
  if (!fresh) {
    say_->error("configuration not reloaded, the old one stays why=\"{}\"", fresh.error().message);
  } else {
    const auto changes = changed_reloadable(settings_, *fresh);
    settings_ = reloaded(settings_, *fresh);
    diagnostics::set_level(settings_.log_level);
    broker_->reconfigure(broker_options_of(settings_, descriptors_));
    if (traces_) traces_->tracer().set_ratio(settings_.tracing_sample_ratio);
    kafka_->reconfigure(server_options_of(settings_, descriptors_));
    tell_addresses();
    for (const auto& name : changes.applied) say_->info("configuration changed key={}", name);
    for (const auto& name : changes.needs_restart) say_->warn("configuration needs a restart key={}", name);
    if (changes.applied.empty() && changes.needs_restart.empty()) say_->info("configuration reloaded, nothing changed");
  }
  manager_.ready("serving Kafka");
}

int Daemon::stop() {
  manager_.stopping();
  const auto drained = std::make_shared<std::promise<void>>();
  const auto left = std::make_shared<std::atomic<int>>(2);
  const auto one_drained = [drained, left] {
    if (left->fetch_sub(1) == 1) drained->set_value();
  };
  kafka_->drain(one_drained);
  http_->drain(one_drained);
  broker_->stop_waiting();
  delivering_->stop_waiting();
  groups_->stop();
  const bool in_time = drained->get_future().wait_for(settings_.shutdown_timeout_ms) == std::future_status::ready;
  kafka_->close();
  http_->close();
  delivering_->stop();
  if (!in_time)
    say_->warn("connections were closed before they were answered shutdown_timeout_ms={}",
               settings_.shutdown_timeout_ms.count());
  if (!threads_->finish(closing_time)) say_->warn("network threads were stopped with work left");
  const auto closed = broker_->close();
  if (traces_) traces_->stop(last_spans_time);
  http_.reset();
  kafka_.reset();
  delivering_.reset();
  groups_.reset();
  threads_.reset();
  if (!closed) {
    say_->error("not every log was closed, the next start will look at all why=\"{}\"", closed.error().message);
    return failed;
  }
  say_->info("stopped data_dir={} clean=true", settings_.data_dir);
  return in_time ? stopped : stopped_late;
}

}  // namespace

int run(const Settings& settings, const ReloadFn& reload) {
  const auto signals = awaited_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  return Daemon(settings, reload).run();
}

}  // namespace millrace::app
