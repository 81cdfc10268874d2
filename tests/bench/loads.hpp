#pragma once
// The loads of mbench. Each drives a broker until it is done, checks every answer, and prints its figures; an answer
// that is not what the protocol promises ends it with a failure. Options are values with sensible defaults.

#include <optional>
#include <string>
#include <vector>

#include "connection.hpp"
#include "report.hpp"

namespace millrace::bench {

/// What all loads need to know.
struct Target {
  Address address;
  std::string topic = "bench";
  std::optional<pid_t> server;  ///< whose CPU time and memory are reported
};

struct ProduceOptions {
  std::int32_t partitions = 1;
  std::size_t record_bytes = 1024;  ///< of each value; its record is a few bytes longer
  std::size_t batch_bytes = 65536;  ///< as many records as fit, at least one
  std::int16_t acks = -1;
  std::size_t in_flight = 5;
  std::size_t burst = 1;  ///< requests that are sent together once so many may be
  std::uint64_t warm_up_requests = 100;
  std::uint64_t bytes = 1'000'000'000;
  double seconds = 0;  ///< when not 0: at most for so long
};
[[nodiscard]] Result<void> produce(const Target& target, const ProduceOptions& options, const Report& report);

struct FetchOptions {
  std::int32_t partition = 0;
  std::int32_t max_bytes = 1 << 20;
  std::size_t in_flight = 2;
  std::uint64_t warm_up_requests = 20;
  std::uint64_t bytes = 1'000'000'000;  ///< beginning again at the start of the log when its end is reached
  bool check_crc = false;
};
[[nodiscard]] Result<void> fetch(const Target& target, const FetchOptions& options, const Report& report);

struct TailOptions {
  double rate = 1000;  ///< records, and requests, per second
  double seconds = 5;
  std::size_t record_bytes = 1024;
  std::size_t in_flight = 1000;
};
[[nodiscard]] Result<void> tail(const Target& target, const TailOptions& options, const Report& report);

/// Opens `count` connections, asks each one question, and holds them until standard input ends.
[[nodiscard]] Result<void> idle(const Target& target, std::size_t count, const Report& report);

/// Makes the topic, with so many partitions.
[[nodiscard]] Result<void> create(const Target& target, std::int32_t partitions, const Report& report);

struct PullOptions {
  Address http{.host = "127.0.0.1", .port = "8080"};
  std::int32_t partitions = 4;
  std::uint64_t events = 1'000'000;  ///< that the topic is filled up to before it is read
  std::uint64_t warm_up_events = 50'000;
  std::size_t data_bytes = 200;  ///< of each event's data, which is JSON
  std::size_t connections = 8;
  std::size_t batch = 500;  ///< events asked for at once
};
/// A pull subscription to all of a topic: each connection receives, acknowledges, and receives again, until every event
/// is acknowledged, each once.
[[nodiscard]] Result<void> pull(const Target& target, const PullOptions& options, const Report& report);

struct HoldOptions {
  Address http{.host = "127.0.0.1", .port = "8080"};
  std::int32_t partitions = 10;
  std::uint64_t events = 1'000'000;  ///< that the topic is filled up to
  std::size_t data_bytes = 200;
  std::uint64_t keys = 0;  ///< of each partition: with some, one event of each is in hand and the others are parked
  std::size_t batch = 1'000;
};
/// A pull subscription that takes all it is given and settles nothing: what unsettled events cost in memory.
[[nodiscard]] Result<void> hold(const Target& target, const HoldOptions& options, const Report& report);

struct SubscriptionsOptions {
  Address http{.host = "127.0.0.1", .port = "8080"};
  std::size_t pull = 5'000;
  std::size_t web_hooks = 5'000;  ///< their sink is here, and consents
  std::size_t connections = 8;
  double seconds = 10;  ///< of doing nothing, at the end
};
/// Makes subscriptions to a topic that has no events, and says what they cost while nothing happens.
[[nodiscard]] Result<void> idle_subscriptions(const Target& target, const SubscriptionsOptions& options,
                                              const Report& report);

struct StartOptions {
  std::vector<std::string> command;
  bool kill = false;  ///< SIGKILL instead of SIGTERM at the end
};
/// Starts a daemon, waits until it serves, and ends it again.
[[nodiscard]] Result<void> start(const StartOptions& options, const Report& report);

}  // namespace millrace::bench
