// Pull delivery over HTTP: what consumers without a Kafka client do, as fast as they can.
//
// Each connection has one request under way: it receives, acknowledges all that it was given in one request, and
// receives again. What is acknowledged is durable when the answer comes, by what the broker promises. Every event has
// to come once, and every token has to settle its event.

#include <poll.h>

#include <algorithm>

#include "fill.hpp"
#include "loads.hpp"
#include "meter.hpp"
#include "subscription.hpp"

namespace millrace::bench {

namespace {

constexpr unsigned ok = 200, no_content = 204;

/// Each event once.
class Ledger {
 public:
  Ledger(std::size_t partitions, std::uint64_t share) : seen_(partitions, std::vector<bool>(share)) {}
  [[nodiscard]] Result<void> take(std::uint64_t partition, std::uint64_t offset) {
    const bool is_sent = partition < seen_.size() && offset < seen_[partition].size();
    if (!is_sent || seen_[partition][offset]) {
      return failure(Errc::invalid, "event " + std::to_string(partition) + "/" + std::to_string(offset) +
                                        (is_sent ? " was received twice" : " was received, which nobody sent"));
    }
    seen_[partition][offset] = true;
    return {};
  }

 private:
  std::vector<std::vector<bool>> seen_;
};

struct Worker {
  HttpConnection connection;
  bool is_receiving = true;  ///< or acknowledging
  std::uint64_t in_hand = 0;
  std::string tokens{};  ///< the request that acknowledges what is in hand
  Clock::time_point asked_at{};
};

class PullLoad {
 public:
  PullLoad(const Target& target, const PullOptions& options, std::string path)
      : target_(target),
        options_(options),
        receive_(path + ":receive?wait_ms=1000&max_events=" + std::to_string(options.batch)),
        acknowledge_(path + ":acknowledge"),
        share_(options.events / static_cast<std::uint64_t>(options.partitions)),
        total_(share_ * static_cast<std::uint64_t>(options.partitions)),
        ledger_(static_cast<std::size_t>(options.partitions), share_) {}

  [[nodiscard]] Result<void> run(const Report& report);

 private:
  [[nodiscard]] Result<void> open_all();
  [[nodiscard]] Result<void> ask(Worker& worker);
  [[nodiscard]] Result<void> step();
  [[nodiscard]] Result<void> take(Worker& worker, const HttpAnswer& answer);
  [[nodiscard]] Result<void> take_events(Worker& worker, std::string_view body);

  const Target& target_;
  const PullOptions& options_;
  std::string receive_;
  std::string acknowledge_;
  std::uint64_t share_;  ///< of each partition
  std::uint64_t total_;
  Ledger ledger_;
  std::vector<Worker> workers_;
  std::vector<pollfd> waiting_;
  std::uint64_t acknowledged_ = 0;
  Done done_;
  Latencies receiving_, acknowledging_;
};

Result<void> PullLoad::ask(Worker& worker) {
  worker.asked_at = Clock::now();
  if (worker.is_receiving) return worker.connection.send("POST", receive_, {});
  done_.bytes += static_cast<double>(worker.tokens.size());
  return worker.connection.send("POST", acknowledge_, worker.tokens);
}

Result<void> PullLoad::open_all() {
  while (workers_.size() < options_.connections) {
    auto connection = HttpConnection::open(options_.http);
    if (!connection) return failure_of(connection);
    waiting_.push_back({.fd = connection->descriptor(), .events = POLLIN, .revents = 0});
    workers_.push_back({.connection = *std::move(connection)});
  }
  for (auto& worker : workers_) {
    if (auto asked = ask(worker); !asked) return asked;
  }
  return {};
}

Result<void> PullLoad::take_events(Worker& worker, std::string_view body) {
  worker.in_hand = 0;
  worker.tokens = "{\"tokens\":[";
  auto at = behind(body, "{\"lock\":{", 0);
  while (at != std::string_view::npos) {
    const auto token = behind(body, "\"token\":\"", at);
    const auto end = std::min(body.find('"', token), body.size());
    const auto record = behind(body, "\"record\":{", at);
    const auto partition = behind(body, "\"partition\":", record);
    const auto offset = behind(body, "\"offset\":", record);
    if (std::max({token, end, record, partition, offset}) >= body.size())
      return failure(Errc::invalid, "an event has no token or no place: " + std::string(body.substr(at, 500)));
    if (auto taken = ledger_.take(number_at(body, partition), number_at(body, offset)); !taken) return taken;
    worker.tokens.append(worker.in_hand++ == 0 ? "\"" : ",\"").append(body.substr(token, end - token)).append("\"");
    at = behind(body, "{\"lock\":{", offset + options_.data_bytes);
  }
  worker.tokens += "]}";
  return {};
}

Result<void> PullLoad::take(Worker& worker, const HttpAnswer& answer) {
  done_.requests += 1;
  done_.bytes += static_cast<double>(answer.body.size());
  (worker.is_receiving ? receiving_ : acknowledging_).add(Clock::now() - worker.asked_at);
  if (worker.is_receiving) {
    if (answer.status == no_content) return {};
    if (answer.status != ok) return unexpected(receive_, answer);
    if (auto taken = take_events(worker, answer.body); !taken) return taken;
    worker.is_receiving = worker.in_hand == 0;
    return {};
  }
  // Each token is in one of two lists.
  const auto none_failed = behind(answer.body, "\"failed\":[]", 0) != std::string_view::npos;
  if (answer.status != ok || !none_failed) return unexpected(acknowledge_, answer);
  acknowledged_ += worker.in_hand;
  done_.records += static_cast<double>(worker.in_hand);
  worker.is_receiving = true;
  return {};
}

Result<void> PullLoad::step() {
  constexpr int patience_ms = 30'000;
  if (::poll(waiting_.data(), waiting_.size(), patience_ms) == 0)
    return failure(Errc::io, "nothing was answered for 30 seconds");
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    if (waiting_[i].revents == 0) continue;
    auto& worker = workers_[i];
    if (auto received = worker.connection.receive(); !received) return received;
    const auto answer = worker.connection.answer();
    if (!answer) return failure_of(answer);
    if (!*answer) continue;
    if (auto taken = take(worker, **answer); !taken) return taken;
    if (acknowledged_ == total_) return {};
    if (auto asked = ask(worker); !asked) return asked;
  }
  return {};
}

Result<void> PullLoad::run(const Report& report) {
  if (auto opened = open_all(); !opened) return opened;
  while (acknowledged_ < std::min(options_.warm_up_events, total_ / 2)) {
    if (auto stepped = step(); !stepped) return stepped;
  }
  done_ = {};
  receiving_ = acknowledging_ = {};
  Meter meter(target_.server);
  if (auto started = meter.start(); !started) return started;
  while (acknowledged_ < total_) {
    if (auto stepped = step(); !stepped) return stepped;
  }
  if (auto told = meter.finish(done_, report); !told) return told;
  report.add("receive", receiving_);
  report.add("acknowledge", acknowledging_);
  return {};
}

}  // namespace

Result<void> pull(const Target& target, const PullOptions& options, const Report& report) {
  auto kafka = Connection::open(target.address);
  if (!kafka) return failure_of(kafka);
  const Filling filling{.partitions = options.partitions, .events = options.events, .data_bytes = options.data_bytes};
  if (auto filled = fill_with_events(*kafka, target.topic, filling); !filled) return filled;
  auto http = HttpConnection::open(options.http);
  if (!http) return failure_of(http);
  // Enough that nobody waits because others have all in hand that may be.
  const auto in_hand = std::max<std::size_t>(1'000, options.connections * options.batch);
  const auto path = subscribe(*http, target.topic, in_hand);
  if (!path) return failure_of(path);
  if (auto pulled = PullLoad(target, options, *path).run(report); !pulled) return pulled;
  const auto status = http->ask(ok, "GET", *path);
  if (!status) return failure_of(status);
  if (behind(*status, "\"lag\":0,", 0) == std::string_view::npos)
    return failure(Errc::invalid, "all is acknowledged, and yet there is a lag: " + std::string(*status));
  if (const auto removed = http->ask(no_content, "DELETE", *path); !removed) return failure_of(removed);
  return {};
}

}  // namespace millrace::bench
