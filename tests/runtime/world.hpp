#pragma once
// A broker on a FakeDisk with a clock pushed by hand, spoken to in lines, for tests: create("orders", 2),
// send("orders-0 apple"), fetch("orders-0 0"). Every line is answered with "at 3" and the like, or with Kafka's name of
// the error. crash() cuts the power and throws the broker away; start() opens what is left.

#include <gtest/gtest.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <future>
#include <map>
#include <mutex>
#include <optional>

#include "millrace/record/builder.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "runtime/held_disk.hpp"
#include "support/fake_disk.hpp"
#include "support/manual_clock.hpp"

namespace millrace::runtime {

/// The engine draws from several threads.
class LockedRandom final : public Random {
 public:
  explicit LockedRandom(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] std::uint64_t next() override {
    const std::lock_guard lock(mutex_);
    return random_.next();
  }

 private:
  std::mutex mutex_;
  support::SeededRandom random_;
};

/// Takes one answer from a callback on any thread.
template <class T>
class Answered {
 public:
  [[nodiscard]] auto callback() {
    return [promise = promise_](T value) { promise->set_value(std::move(value)); };
  }
  [[nodiscard]] bool came() { return future_.wait_for(std::chrono::seconds(0)) == std::future_status::ready; }
  [[nodiscard]] T get() {
    if (future_.wait_for(std::chrono::minutes(2)) != std::future_status::ready) throw std::runtime_error("no answer");
    return future_.get();
  }

 private:
  std::shared_ptr<std::promise<T>> promise_ = std::make_shared<std::promise<T>>();
  std::future<T> future_ = promise_->get_future();
};

/// "orders-0" → topic and partition.
struct Place {
  std::string topic;
  PartitionIndex partition = 0;

  Place(std::string_view text)  // NOLINT(google-explicit-constructor): it stands where a line is passed
      : topic(text.substr(0, text.rfind('-'))), partition(std::stoi(std::string(text.substr(text.rfind('-') + 1)))) {}
};

class World {
 public:
  std::unique_ptr<support::FakeDisk> fake;
  std::unique_ptr<support::HeldDisk> disk;
  support::ManualClock clock;
  LockedRandom random;
  BrokerOptions options;
  asio::io_context context{1};
  std::unique_ptr<BrokerRuntime> broker;
  std::string last_message;  ///< of the last topic that was to be made

  explicit World(std::uint64_t seed = 1, std::unique_ptr<support::FakeDisk> on = std::make_unique<support::FakeDisk>())
      : fake(std::move(on)), disk(std::make_unique<support::HeldDisk>(*fake)), random(seed) {
    options.topic_defaults = {{"preallocate", "false"}};
  }
  World(const World&) = delete;
  World& operator=(const World&) = delete;
  ~World() { end(); }

  [[nodiscard]] Result<void> try_to_start() {
    auto opened = BrokerRuntime::open(*disk, clock, random, options, silent());
    if (!opened) return failure_of(opened);
    broker = std::move(*opened);
    return {};
  }
  void start() {
    const auto started = try_to_start();
    ASSERT_TRUE(started) << started.error().message;
  }
  void restart() {
    ASSERT_TRUE(broker->close());
    end();
    fake->restart();
    start();
  }
  /// The power goes and what was not safe meets `how`.
  void crash(support::Crash how = support::Crash::lose, std::uint64_t seed = 1) {
    fake->cut_power(1);
    end();
    fake->crash(how, seed);
  }
  void crash_and_start(support::Crash how = support::Crash::lose, std::uint64_t seed = 1) {
    crash(how, seed);
    start();
  }
  /// The broker is gone without having been closed.
  void end() {
    if (!broker) return;
    broker->stop_waiting();
    run();
    broker.reset();
  }

  std::string create(const std::string& name, std::int32_t partitions = 1, broker::ConfigMap configs = {}) {
    broker::CreateTopic wanted{.name = name, .partitions = partitions, .assignments = {}, .configs = {}};
    wanted.configs.assign(configs.begin(), configs.end());
    Answered<std::vector<broker::CreateAnswer>> answer;
    broker->create_topics({wanted}, answer.callback());
    const auto got = answer.get().front();
    last_message = got.message;
    return said(got.error);
  }
  std::string grow(const std::string& name, std::int32_t count) {
    Answered<std::vector<broker::CreateAnswer>> answer;
    broker->create_partitions({{.name = name, .count = count, .assignments = std::nullopt}}, answer.callback());
    const auto got = answer.get().front();
    last_message = got.message;
    return said(got.error);
  }
  /// Sets one configuration of a topic.
  std::string alter(const std::string& name, const std::string& key, const std::string& value) {
    broker::AlterTopic wanted;
    wanted.name = name;
    wanted.changes.push_back({key, broker::ConfigOperation::set, value});
    Answered<std::vector<broker::CreateAnswer>> answer;
    broker->alter_topics({wanted}, answer.callback());
    const auto got = answer.get().front();
    last_message = got.message;
    return said(got.error);
  }
  /// Sets one configuration of the broker, or of all brokers; no value takes it away.
  std::string alter_broker(std::optional<std::int32_t> broker_id, const std::string& key,
                           const std::optional<std::string>& value) {
    broker::AlterBroker wanted;
    wanted.broker_id = broker_id;
    wanted.changes.push_back({key, value ? broker::ConfigOperation::set : broker::ConfigOperation::remove, value});
    Answered<std::vector<broker::AlterAnswer>> answer;
    broker->alter_brokers({wanted}, answer.callback());
    const auto got = answer.get().front();
    last_message = got.message;
    return said(got.error);
  }
  /// Sets one configuration of a group.
  std::string alter_group(const std::string& group, const std::string& key, const std::string& value) {
    broker::AlterGroup wanted;
    wanted.group_id = group;
    wanted.changes.push_back({key, broker::ConfigOperation::set, value});
    Answered<std::vector<broker::AlterAnswer>> answer;
    broker->alter_groups({wanted}, answer.callback());
    const auto got = answer.get().front();
    last_message = got.message;
    return said(got.error);
  }
  std::string remove(const std::string& name) {
    Answered<std::vector<broker::DeleteAnswer>> answer;
    broker->delete_topics({name}, answer.callback());
    return said(answer.get().front().error);
  }
  std::string delete_records(std::string_view place, std::int64_t before) {
    const Place at(place);
    Answered<std::vector<broker::DeleteRecordsAnswer>> answer;
    broker->delete_records({{at.topic, at.partition, Offset(before)}}, answer.callback());
    const auto got = answer.get().front();
    return got.error == ErrorCode::none ? "from " + std::to_string(got.low_watermark.value()) : said(got.error);
  }
  std::int64_t producer_id() {
    Answered<ProducerIdAnswer> answer;
    broker->new_producer_id(answer.callback());
    return answer.get().id;
  }

  static Bytes batch(std::string_view text) {
    record::BatchBuilder builder;
    builder.add({.timestamp = 1'700'000'000'000, .key = std::nullopt, .value = as_bytes(text), .headers = {}});
    return builder.finish();
  }
  using Produced = Answered<std::vector<ProducePartAnswer>>;
  /// Appends without waiting for the answer.
  [[nodiscard]] Produced begin_send(std::string_view place, std::string_view text) {
    const Place at(place);
    auto bytes = batch(text);
    ProduceRequest request;
    request.parts.push_back({.topic = {.name = at.topic, .id = {}}, .partition = at.partition, .records = bytes});
    Produced answer;
    broker->produce(std::move(request), answer.callback());
    return answer;
  }
  static std::string line_of(Produced answer) {
    const auto got = answer.get().front().append;
    return got.error == ErrorCode::none ? "at " + std::to_string(got.base_offset.value()) : said(got.error);
  }
  std::string send(std::string_view place, std::string_view text) { return line_of(begin_send(place, text)); }

  static FetchRequest from(std::string_view place, std::int64_t offset) {
    const Place at(place);
    FetchRequest request;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    request.parts.push_back({.topic = std::make_shared<const TopicRef>(TopicRef{.name = at.topic, .id = {}}),
                             .partition = at.partition,
                             .offset = Offset(offset),
                             .max_bytes = 1 << 20});
    return request;
  }
  /// What is there now: "apple pear", "nothing" or the error.
  std::string fetch(std::string_view place, std::int64_t offset = 0) {
    Answered<std::vector<broker::FetchAnswer>> answer;
    auto cancel = broker->fetch(from(place, offset), context.get_executor(), answer.callback());
    EXPECT_FALSE(cancel) << "it was not to wait";
    return text_of(answer.get().front());
  }
  static std::string text_of(const broker::FetchAnswer& answer) {
    if (answer.error != ErrorCode::none) return said(answer.error);
    const auto records = records_of(answer.slice);
    if (!records) return "damaged";
    std::string all;
    for (const auto& each : *records) all += (all.empty() ? "" : " ") + std::string(as_text(*each.value));
    return all.empty() ? "nothing" : all;
  }
  /// Nothing when the bytes are not what was sent.
  static std::optional<std::vector<record::OwnedRecord>> records_of(const log::Slice& slice) {
    std::vector<record::OwnedRecord> all;
    if (slice.length == 0) return all;
    Bytes bytes(slice.length);
    const auto read = slice.file->read_at(slice.position, bytes);
    if (!read || *read != bytes.size()) return std::nullopt;
    for (ByteView rest = bytes; !rest.empty();) {
      const auto header = record::check_stored(rest);
      if (!header) return std::nullopt;
      const auto size = static_cast<std::size_t>(header->size());
      auto records = record::read_records(rest.first(size));
      if (!records) return std::nullopt;
      std::ranges::move(*records, std::back_inserter(all));
      rest = rest.subspan(size);
    }
    return all;
  }
  /// Everything that readers see, by offset; nothing when it cannot be read.
  std::optional<std::map<std::int64_t, std::string>> records(std::string_view place) {
    std::map<std::int64_t, std::string> all;
    for (std::int64_t next = 0;;) {
      Answered<std::vector<broker::FetchAnswer>> answer;
      auto request = from(place, next);
      request.min_bytes = 0;
      if (broker->fetch(std::move(request), context.get_executor(), answer.callback())) return std::nullopt;
      const auto got = answer.get().front();
      if (got.error != ErrorCode::none) return std::nullopt;
      const auto records = records_of(got.slice);
      if (!records) return std::nullopt;
      if (records->empty()) return all;
      for (const auto& each : *records) all[each.offset.value()] = std::string(as_text(*each.value));
      next = all.rbegin()->first + 1;
    }
  }
  std::string latest(std::string_view place) {
    const Place at(place);
    const auto answer = broker->list_offset(at.topic, at.partition, {.timestamp = -1});
    return answer.error == ErrorCode::none ? std::to_string(answer.offset.value()) : said(answer.error);
  }
  [[nodiscard]] std::string topics() const {
    std::string all;
    for (const auto& topic : broker->catalog()->topics()) {
      if (topic->is_internal) continue;
      all += (all.empty() ? "" : " ") + topic->name + ":" + std::to_string(topic->partitions);
    }
    return all;
  }
  [[nodiscard]] Uuid id_of(const std::string& topic) const { return broker->catalog()->find(topic)->id; }

  /// Runs what is ready on the one network thread, which is the caller's.
  void run() {
    context.restart();
    context.poll();
  }
  void run_until(const std::function<bool()>& done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::minutes(2);
    while (!done()) {
      ASSERT_LT(std::chrono::steady_clock::now(), limit) << "it never came";
      context.restart();
      context.run_one_for(std::chrono::milliseconds(2));
    }
  }
  [[nodiscard]] bool has_directory(const std::string& prefix) const {
    for (const auto& path : fake->files()) {
      if (path.starts_with(prefix)) return true;
    }
    return false;
  }

  static std::string said(ErrorCode error) { return error == ErrorCode::none ? "done" : std::string(name_of(error)); }
  static std::shared_ptr<spdlog::logger> silent() {
    return std::make_shared<spdlog::logger>("test", std::make_shared<spdlog::sinks::null_sink_mt>());
  }
};

}  // namespace millrace::runtime
