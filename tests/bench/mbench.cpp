// mbench: loads a Kafka broker and says what it cost, on both sides. docs/performance.md tells how to use it.

#include <CLI/CLI.hpp>
#include <cstdio>

#include "loads.hpp"

namespace millrace::bench {
namespace {

struct CommandLine {
  std::string address = "127.0.0.1:9092";
  std::string topic = "bench";
  pid_t server = 0;
  ProduceOptions produce;
  FetchOptions fetch;
  TailOptions tail;
  PullOptions pull;
  HoldOptions hold;
  SubscriptionsOptions subscriptions;
  StartOptions start;
  std::string http = "127.0.0.1:8080";
  std::size_t connections = 5000;
  std::int32_t partitions = 1;
  std::string end = "term";

  [[nodiscard]] Result<Target> target() const {
    auto parsed = Address::parse(address);
    if (!parsed) return failure_of(parsed);
    Target target{.address = std::move(*parsed), .topic = topic, .server = std::nullopt};
    if (server > 0) target.server = server;
    return target;
  }
};

void describe_produce(CLI::App& load, ProduceOptions& options) {
  const auto at_least_one = CLI::Range(1, INT32_MAX);
  load.add_option("--partitions", options.partitions, "of the topic, which is made if absent")->check(at_least_one);
  load.add_option("--record-bytes", options.record_bytes, "of each value");
  load.add_option("--batch-bytes", options.batch_bytes, "as many records as fit, at least one");
  load.add_option("--acks", options.acks, "0, 1, or -1 for all")->check(CLI::Range(-1, 1));
  load.add_option("--in-flight", options.in_flight, "requests without an answer")->check(at_least_one);
  load.add_option("--burst", options.burst, "requests sent together")->check(at_least_one);
  load.add_option("--warm-up", options.warm_up_requests, "requests before the measurement");
  load.add_option("--bytes", options.bytes, "of batches to send while measuring");
  load.add_option("--seconds", options.seconds, "to go on at most; 0 is without limit");
}

void describe_fetch(CLI::App& load, FetchOptions& options) {
  load.add_option("--partition", options.partition, "to read");
  load.add_option("--max-bytes", options.max_bytes, "of one answer");
  load.add_option("--in-flight", options.in_flight, "requests without an answer")->check(CLI::Range(1, 1000));
  load.add_option("--warm-up", options.warm_up_requests, "answers before the measurement");
  load.add_option("--bytes", options.bytes, "of batches to read, over and over if there are fewer");
  load.add_flag("--crc", options.check_crc, "check the checksum of every batch");
}

void describe_tail(CLI::App& load, TailOptions& options) {
  load.add_option("--rate", options.rate, "records a second")->check(CLI::Range(1, 10'000'000));
  load.add_option("--seconds", options.seconds, "to go on");
  load.add_option("--record-bytes", options.record_bytes, "of each value");
  load.add_option("--in-flight", options.in_flight, "requests without an answer")->check(CLI::Range(1, INT32_MAX));
}

void describe_pull(CLI::App& load, PullOptions& options) {
  const auto at_least_one = CLI::Range(1, INT32_MAX);
  load.add_option("--partitions", options.partitions, "of the topic, which is made if absent")->check(at_least_one);
  load.add_option("--events", options.events, "that the topic is filled up to");
  load.add_option("--warm-up", options.warm_up_events, "acknowledged before the measurement");
  load.add_option("--data-bytes", options.data_bytes, "of each event's data");
  load.add_option("--connections", options.connections, "that receive and acknowledge")->check(CLI::Range(1, 1000));
  load.add_option("--batch", options.batch, "events of one :receive")->check(CLI::Range(1, 1000));
}

void describe_hold(CLI::App& load, HoldOptions& options) {
  load.add_option("--partitions", options.partitions, "of the topic, which is made if absent")
      ->check(CLI::Range(1, INT32_MAX));
  load.add_option("--events", options.events, "that the topic is filled up to");
  load.add_option("--data-bytes", options.data_bytes, "of each event's data");
  load.add_option("--keys", options.keys, "of each partition: of each only the first event is in hand");
  load.add_option("--batch", options.batch, "events of one :receive")->check(CLI::Range(1, 1000));
}

void describe_subscriptions(CLI::App& load, SubscriptionsOptions& options) {
  load.add_option("--pull", options.pull, "of them without a sink");
  load.add_option("--web-hooks", options.web_hooks, "of them with a sink, which is here");
  load.add_option("--connections", options.connections, "on which they are made")->check(CLI::Range(1, 1000));
  load.add_option("--seconds", options.seconds, "of doing nothing");
}

Result<void> run_over_http(const CLI::App& app, const Target& target, CommandLine& words, const Report& report) {
  auto http = Address::parse(words.http);
  if (!http) return failure_of(http);
  words.pull.http = words.hold.http = words.subscriptions.http = *std::move(http);
  if (app.got_subcommand("pull")) return pull(target, words.pull, report);
  if (app.got_subcommand("hold")) return hold(target, words.hold, report);
  return idle_subscriptions(target, words.subscriptions, report);
}

Result<void> run(const CLI::App& app, CommandLine& words) {
  const Report report;
  if (app.got_subcommand("start")) {
    words.start.kill = words.end == "kill";
    return start(words.start, report);
  }
  const auto target = words.target();
  if (!target) return failure_of(target);
  if (app.got_subcommand("produce")) {
    if (words.produce.burst > words.produce.in_flight) {
      return failure(Errc::invalid, "--burst " + std::to_string(words.produce.burst) + ": must be at most --in-flight");
    }
    return produce(*target, words.produce, report);
  }
  if (app.got_subcommand("fetch")) return fetch(*target, words.fetch, report);
  if (app.got_subcommand("tail")) return tail(*target, words.tail, report);
  for (const auto* over_http : {"pull", "hold", "idle-subscriptions"}) {
    if (app.got_subcommand(over_http)) return run_over_http(app, *target, words, report);
  }
  if (app.got_subcommand("idle")) return idle(*target, words.connections, report);
  return create(*target, words.partitions, report);
}

int main(int count, char** arguments) {
  CommandLine words;
  CLI::App app("Loads a Kafka broker and says what it cost. One figure a line; a failure is said on standard error.");
  app.option_defaults()->always_capture_default();
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--broker", words.address, "host:port");
  app.add_option("--http", words.http, "host:port of the same broker");
  app.add_option("--topic", words.topic, "to write or read");
  app.add_option("--server-pid", words.server, "process whose CPU time and memory are reported too");
  describe_produce(*app.add_subcommand("produce", "send batches in a closed loop"), words.produce);
  describe_fetch(*app.add_subcommand("fetch", "read a log as fast as it comes"), words.fetch);
  describe_tail(*app.add_subcommand("tail", "end-to-end latency at a fixed rate"), words.tail);
  describe_pull(*app.add_subcommand("pull", "receive and acknowledge events over HTTP"), words.pull);
  describe_hold(*app.add_subcommand("hold", "receive events and keep them in hand"), words.hold);
  describe_subscriptions(*app.add_subcommand("idle-subscriptions", "make subscriptions that have nothing to do"),
                         words.subscriptions);
  auto* idle_load = app.add_subcommand("idle", "hold idle connections until standard input ends");
  idle_load->add_option("--connections", words.connections, "to hold")->check(CLI::Range(1, 1'000'000));
  auto* create_load = app.add_subcommand("create", "make a topic");
  create_load->add_option("--partitions", words.partitions, "of it")->check(CLI::Range(1, 10'000));
  auto* start_load = app.add_subcommand("start", "start a daemon, wait until it serves, end it");
  start_load->add_option("--end", words.end, "how")->check(CLI::IsMember({"term", "kill"}));
  start_load->add_option("command", words.start.command, "of the daemon, behind --")->required();
  CLI11_PARSE(app, count, arguments);
  const auto done = run(app, words);
  if (!done) std::fprintf(stderr, "mbench: %s\n", done.error().message.c_str());
  return done ? 0 : 1;
}

}  // namespace
}  // namespace millrace::bench

int main(int count, char** arguments) { return millrace::bench::main(count, arguments); }
