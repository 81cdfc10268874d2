// Many subscriptions that have nothing to do: what they cost in memory, and in CPU time while nothing happens.

#include <poll.h>

#include <thread>

#include "http_connection.hpp"
#include "idle_sink.hpp"
#include "loads.hpp"
#include "meter.hpp"
#include "topics.hpp"

namespace millrace::bench {

namespace {

constexpr unsigned created = 201;
constexpr std::chrono::seconds consent_patience{60};

/// One request under way on each connection, until all are made.
class Making {
 public:
  Making(const Target& target, const SubscriptionsOptions& options, std::uint16_t sink_port)
      : target_(target), options_(options), sink_port_(sink_port) {}

  [[nodiscard]] Result<void> run() {
    for (std::size_t i = 0; i < options_.connections; ++i) {
      auto connection = HttpConnection::open(options_.http);
      if (!connection) return failure_of(connection);
      waiting_.push_back({.fd = connection->descriptor(), .events = POLLIN, .revents = 0});
      connections_.push_back(*std::move(connection));
    }
    for (auto& connection : connections_) {
      if (auto asked = ask(connection); !asked) return asked;
    }
    while (made_ < wanted()) {
      if (auto stepped = step(); !stepped) return stepped;
    }
    return {};
  }

 private:
  [[nodiscard]] std::size_t wanted() const { return options_.pull + options_.web_hooks; }

  /// Every other one is of the other kind, as long as there are some.
  [[nodiscard]] std::string next() {
    const bool is_hook = hooks_ < options_.web_hooks && (hooks_ <= asked_ / 2 || asked_ - hooks_ == options_.pull);
    const auto config = R"("config":{"topic":")" + target_.topic + R"("}})";
    if (!is_hook) return "{" + config;
    return R"({"sink":"http://127.0.0.1:)" + std::to_string(sink_port_) + "/hook/" + std::to_string(hooks_++) +
           R"(","protocol":"HTTP",)" + config;
  }
  [[nodiscard]] Result<void> ask(HttpConnection& connection) {
    if (asked_ == wanted()) return {};
    const auto wish = next();
    ++asked_;
    return connection.send("POST", "/v1/subscriptions", wish);
  }
  [[nodiscard]] Result<void> step() {
    constexpr int patience_ms = 30'000;
    if (::poll(waiting_.data(), waiting_.size(), patience_ms) == 0)
      return failure(Errc::io, "nothing was answered for 30 seconds");
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      if (waiting_[i].revents == 0) continue;
      if (auto received = connections_[i].receive(); !received) return received;
      const auto answer = connections_[i].answer();
      if (!answer) return failure_of(answer);
      if (!*answer) continue;
      if ((*answer)->status != created) return unexpected("/v1/subscriptions", **answer);
      ++made_;
      if (auto asked = ask(connections_[i]); !asked) return asked;
    }
    return {};
  }

  const Target& target_;
  const SubscriptionsOptions& options_;
  std::uint16_t sink_port_;
  std::vector<HttpConnection> connections_;
  std::vector<pollfd> waiting_;
  std::size_t asked_ = 0, hooks_ = 0, made_ = 0;
};

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

Result<void> wait_for_consent(const IdleSink& sink, std::size_t count) {
  const auto until = Clock::now() + consent_patience;
  while (sink.consents() < count) {
    if (Clock::now() > until)
      return failure(Errc::io, std::to_string(sink.consents()) + " of " + std::to_string(count) +
                                   " web hooks have asked for consent after a minute");
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return {};
}

}  // namespace

Result<void> idle_subscriptions(const Target& target, const SubscriptionsOptions& options, const Report& report) {
  if (!target.server) return failure(Errc::invalid, "--server-pid: whose memory it is, is not said");
  auto kafka = Connection::open(target.address);
  if (!kafka) return failure_of(kafka);
  if (auto made = make_topic(*kafka, target.topic, 1); !made) return made;
  const auto sink = IdleSink::open();
  if (!sink) return failure_of(sink);
  const auto before = memory_of(*target.server);
  if (!before) return failure_of(before);

  const auto began = Clock::now();
  if (auto made = Making(target, options, (*sink)->port()).run(); !made) return made;
  const auto made_in = seconds_since(began);
  if (auto consented = wait_for_consent(**sink, options.web_hooks); !consented) return consented;
  const auto consented_in = seconds_since(began);

  std::this_thread::sleep_for(std::chrono::seconds(2));  // what follows from the last one is done
  const auto use_before = use_of(*target.server);
  if (!use_before) return failure_of(use_before);
  std::this_thread::sleep_for(std::chrono::duration<double>(options.seconds));
  const auto use = use_of(*target.server);
  if (!use) return failure_of(use);
  const auto after = memory_of(*target.server);
  if (!after) return failure_of(after);

  const auto count = static_cast<double>(options.pull + options.web_hooks);
  report.add_exact("subscriptions", count);
  report.add("made_in_s", made_in);
  report.add("consented_in_s", consented_in);
  report.add("server_rss_before_mb", before->resident_bytes / 1e6);
  report.add("server_rss_after_mb", after->resident_bytes / 1e6);
  report.add("server_rss_growth_mb", (after->resident_bytes - before->resident_bytes) / 1e6);
  report.add("rss_bytes_each", (after->resident_bytes - before->resident_bytes) / count);
  report.add("own_bytes_each", (after->own_bytes - before->own_bytes) / count);
  report.add("idle_cpu_percent", (use->cpu_seconds - use_before->cpu_seconds) / options.seconds * 100);
  report.add("idle_waits_per_s", (use->switches - use_before->switches) / options.seconds);
  return {};
}

}  // namespace millrace::bench
