// End-to-end latency at a fixed rate: one record a request, sent on schedule by one thread, awaited by another with
// long polls. Each record carries the time at which it was due, so that a broker which stalls is charged for
// everything that had to wait behind the stall.

#include <sys/prctl.h>

#include <cstring>
#include <ctime>
#include <thread>

#include "loads.hpp"
#include "meter.hpp"
#include "millrace/protocol/messages/fetch.hpp"
#include "millrace/protocol/messages/produce.hpp"
#include "millrace/record/builder.hpp"
#include "topics.hpp"

namespace millrace::bench {

namespace {

constexpr std::int16_t produce_version = 12;  // the last that names topics

using protocol::FetchRequest;
using protocol::FetchResponse;
using protocol::ProduceRequest;
using protocol::ProduceResponse;

constexpr std::int32_t partition = 0;

/// Timers of this thread are as exact as the kernel can make them.
void ask_for_exact_timers() { ::prctl(PR_SET_TIMERSLACK, 1UL); }

class Producer {
 public:
  Producer(const Target& target, const TailOptions& options, Connection connection)
      : target_(target),
        options_(options),
        connection_(std::move(connection)),
        value_(std::max(options.record_bytes, sizeof(Clock::rep))) {}

  Result<void> run(Clock::time_point first_due) {
    ask_for_exact_timers();
    const auto count = static_cast<std::uint64_t>(options_.rate * options_.seconds);
    const auto due_at = [&](std::uint64_t number) {
      const std::chrono::duration<double> after(static_cast<double>(number) / options_.rate);
      return first_due + std::chrono::duration_cast<Clock::duration>(after);
    };
    due_.reserve(count);
    while (answered_ < count) {
      Bytes frames;
      const auto now = Clock::now();
      while (sent_ < count && sent_ - answered_ < options_.in_flight && due_at(sent_) <= now) {
        due_.push_back(due_at(sent_));
        append_bytes(frames, next_frame());
      }
      if (auto sent = connection_.send_all(frames); !sent) return sent;
      const bool may_send = sent_ < count && sent_ - answered_ < options_.in_flight;
      connection_.wait(false, may_send ? due_at(sent_) - Clock::now() : std::chrono::seconds(1));
      if (auto received = connection_.receive(Connection::Patience::none); !received) return received;
      while (auto frame = connection_.next_frame()) {
        if (auto fine = check(*frame); !fine) return fine;
      }
    }
    return {};
  }

  [[nodiscard]] const Latencies& latencies() const { return latencies_; }

 private:
  Bytes next_frame() {
    const auto due = due_.back().time_since_epoch().count();
    std::memcpy(value_.data(), &due, sizeof due);
    record::BatchBuilder builder;
    builder.add({.timestamp = std::time(nullptr) * 1000, .key = std::nullopt, .value = value_, .headers = {}});
    auto batch = builder.finish();
    ProduceRequest request;
    request.acks = -1;
    request.timeout_ms = 30'000;
    auto& topic = request.topic_data.emplace_back();
    topic.name = target_.topic;
    topic.partition_data.push_back({.index = partition, .records = MutableBytes(batch)});
    const auto id = static_cast<std::int32_t>(sent_++ & INT32_MAX);
    return protocol::encode_request(produce_version, id, client_id, request);
  }

  Result<void> check(MutableBytes frame) {
    const auto received = protocol::decode_response<ProduceResponse>(produce_version, frame);
    if (!received) return failure_of(received);
    const auto error = received->response.responses.at(0).partition_responses.at(0).error_code;
    if (error != ErrorCode::none) return refused("Produce", target_.topic, partition, error);
    latencies_.add(Clock::now() - due_[answered_++]);
    return {};
  }

  const Target& target_;
  const TailOptions& options_;
  Connection connection_;
  Bytes value_;
  std::vector<Clock::time_point> due_;
  std::uint64_t sent_ = 0, answered_ = 0;
  Latencies latencies_;
};

class Consumer {
 public:
  Consumer(const Target& target, Connection connection, std::int64_t from)
      : target_(target), connection_(std::move(connection)), next_(from) {
    request_.max_wait_ms = 500;
    request_.min_bytes = 1;
    auto& topic = request_.topics.emplace_back();
    topic.topic = target.topic;
    topic.partitions.push_back({.partition = partition, .partition_max_bytes = 1 << 20});
  }

  /// Until `count` records came, or none for five seconds.
  Result<void> run(std::uint64_t count) {
    ask_for_exact_timers();
    auto last = Clock::now();
    while (latencies_.total() < count) {
      request_.topics.front().partitions.front().fetch_offset = next_;
      const auto answer = ask<FetchRequest, FetchResponse>(connection_, request_);
      if (!answer) return failure_of(answer);
      const auto& part = answer->responses.at(0).partitions.at(0);
      if (part.error_code != ErrorCode::none) return refused("Fetch", target_.topic, partition, part.error_code);
      const auto before = latencies_.total();
      if (auto walked = walk(std::get<ByteView>(part.records)); !walked) return walked;
      ++fetches_;
      if (latencies_.total() != before) last = Clock::now();
      if (Clock::now() - last > std::chrono::seconds(5)) {
        return failure(Errc::io, "Fetch: " + std::to_string(latencies_.total()) + " of " + std::to_string(count) +
                                     " records came");
      }
    }
    return {};
  }

  [[nodiscard]] const Latencies& latencies() const { return latencies_; }
  [[nodiscard]] std::uint64_t fetches() const { return fetches_; }

 private:
  Result<void> walk(ByteView batches) {
    const auto now = Clock::now();
    while (!batches.empty()) {
      const auto header = record::check_stored(batches);
      if (!header) return failure_of(header);
      const auto size = static_cast<std::size_t>(header->size());
      record::RecordCursor cursor(batches.first(size).subspan(record::header_bytes), header->record_count);
      if (header->base_offset.value() != next_) {
        return failure(Errc::corrupt, "Fetch: offset " + std::to_string(header->base_offset.value()) + " came where " +
                                          std::to_string(next_) + " was due");
      }
      for (auto record = cursor.next(); record && *record; record = cursor.next()) {
        Clock::rep due = 0;
        std::memcpy(&due, (*record)->value->data(), sizeof due);
        latencies_.add(now - Clock::time_point(Clock::duration(due)));
      }
      next_ = header->next_offset().value();
      batches = batches.subspan(size);
    }
    return {};
  }

  const Target& target_;
  Connection connection_;
  FetchRequest request_;
  std::int64_t next_;
  std::uint64_t fetches_ = 0;
  Latencies latencies_;
};

}  // namespace

Result<void> tail(const Target& target, const TailOptions& options, const Report& report) {
  auto in = Connection::open(target.address);
  if (!in) return failure_of(in);
  auto out = Connection::open(target.address);
  if (!out) return failure_of(out);
  if (auto made = make_topic(*in, target.topic, 1); !made) return made;
  const auto extent = extent_of(*out, target.topic, partition);
  if (!extent) return failure_of(extent);

  const auto count = static_cast<std::uint64_t>(options.rate * options.seconds);
  Producer producer(target, options, std::move(*in));
  Consumer consumer(target, std::move(*out), extent->end);
  Meter meter(target.server);
  if (auto started = meter.start(); !started) return started;
  Result<void> consumed;
  std::thread consuming([&] { consumed = consumer.run(count); });
  const auto produced = producer.run(Clock::now() + std::chrono::milliseconds(10));
  consuming.join();
  if (!produced) return produced;
  if (!consumed) return consumed;

  const auto records = static_cast<double>(count);
  const Done done{
      .bytes = records * static_cast<double>(options.record_bytes), .records = records, .requests = records};
  if (auto told = meter.finish(done, report); !told) return told;
  report.add("records_per_fetch", records / static_cast<double>(consumer.fetches()));
  report.add("acknowledged", producer.latencies());
  report.add("end_to_end", consumer.latencies());
  return {};
}

}  // namespace millrace::bench
