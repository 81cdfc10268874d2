// Produce in a closed loop: so many requests in flight, the next one when one is answered.
//
// All frames of a window are encoded once and lie behind one another in a ring; going round, only the correlation id of
// each is stamped, so that whatever may be sent goes out with one call, however small the requests are.

#include <sys/time.h>
#include <algorithm>

#include "loads.hpp"
#include "meter.hpp"
#include "millrace/protocol/messages/metadata.hpp"
#include "millrace/protocol/messages/produce.hpp"
#include "millrace/record/builder.hpp"
#include "topics.hpp"

namespace millrace::bench {

namespace {

using protocol::ProduceRequest;
using protocol::ProduceResponse;

constexpr std::int16_t version = 12;  // the last that names topics
constexpr std::size_t correlation_id_at = 8;

std::int32_t correlation_id_of(std::uint64_t number) { return static_cast<std::int32_t>(number & INT32_MAX); }

/// As many records of the asked size as the batch may hold.
Bytes make_batch(const ProduceOptions& options) {
  Bytes value(options.record_bytes);
  std::uint32_t state = 1;
  for (auto& byte : value) byte = static_cast<std::byte>('a' + (state = state * 1'664'525 + 1'013'904'223) % 26);
  timeval now{};
  ::gettimeofday(&now, nullptr);
  record::BatchBuilder builder;
  std::size_t one = 0;
  do {
    builder.add({.timestamp = now.tv_sec * 1000, .key = std::nullopt, .value = value, .headers = {}});
    one = std::max(one, builder.uncompressed_bytes() / static_cast<std::size_t>(builder.count()) + 1);
  } while (record::header_bytes + builder.uncompressed_bytes() + one <= options.batch_bytes);
  return builder.finish();
}

class ProduceLoad {
 public:
  ProduceLoad(const Target& target, const ProduceOptions& options, Connection& connection)
      : target_(target),
        options_(options),
        connection_(connection),
        batch_(make_batch(options)),
        records_(record::read_header(batch_).record_count),
        next_offset_(static_cast<std::size_t>(options.partitions), -1) {
    // Slots are a multiple of the partitions, so that each slot keeps the one it was encoded for.
    const auto partitions = next_offset_.size();
    slots_ = (options.in_flight + partitions - 1) / partitions * partitions;
    for (std::size_t slot = 0; slot < slots_; ++slot) append_bytes(ring_, frame_for(slot % partitions));
    frame_bytes_ = ring_.size() / slots_;
    sent_at_.resize(slots_);
    last_ = options.warm_up_requests + (options.bytes + batch_.size() - 1) / batch_.size();
  }

  Result<void> run(const Report& report);

 private:
  [[nodiscard]] Bytes frame_for(std::size_t partition);
  void issue();
  [[nodiscard]] Result<void> send_issued();
  [[nodiscard]] Result<void> take_answers();
  [[nodiscard]] Result<void> check(std::uint64_t number, MutableBytes frame);
  [[nodiscard]] Result<void> barrier();
  [[nodiscard]] Result<void> step();
  void answered();

  const Target& target_;
  const ProduceOptions& options_;
  Connection& connection_;
  Bytes batch_;
  std::int64_t records_;
  std::vector<std::int64_t> next_offset_;  ///< of each partition; -1 until its first answer
  Bytes ring_;
  std::size_t slots_ = 0;
  std::size_t frame_bytes_ = 0;
  std::vector<Clock::time_point> sent_at_;
  std::uint64_t issued_ = 0, answered_ = 0;  ///< requests
  std::uint64_t sent_bytes_ = 0;             ///< of everything issued, as if the ring were endless
  std::uint64_t last_ = 0;                   ///< how many requests there will be
  Latencies latencies_;
  bool measuring_ = false;
};

Bytes ProduceLoad::frame_for(std::size_t partition) {
  ProduceRequest request;
  request.acks = options_.acks;
  request.timeout_ms = 30'000;
  auto& topic = request.topic_data.emplace_back();
  topic.name = target_.topic;
  topic.partition_data.push_back({.index = static_cast<std::int32_t>(partition), .records = MutableBytes(batch_)});
  return protocol::encode_request(version, 0, client_id, request);
}

void ProduceLoad::issue() {
  const auto until = std::min(last_, answered_ + options_.in_flight);
  if (until <= issued_ || (until - issued_ < options_.burst && until != last_)) return;
  const auto now = Clock::now();
  for (; issued_ < until; ++issued_) {
    const auto slot = issued_ % slots_;
    store_be(&ring_[slot * frame_bytes_ + correlation_id_at], correlation_id_of(issued_));
    sent_at_[slot] = now;
  }
}

Result<void> ProduceLoad::send_issued() {
  while (sent_bytes_ < issued_ * frame_bytes_) {
    const auto at = sent_bytes_ % ring_.size();
    const auto left = std::min<std::uint64_t>(issued_ * frame_bytes_ - sent_bytes_, ring_.size() - at);
    const auto sent = connection_.send_some(ByteView(ring_).subspan(at, left));
    if (!sent) return failure_of(sent);
    if (*sent == 0) break;
    sent_bytes_ += *sent;
  }
  return {};
}

void ProduceLoad::answered() {
  if (measuring_) latencies_.add(Clock::now() - sent_at_[answered_ % slots_]);
  ++answered_;
}

Result<void> ProduceLoad::take_answers() {
  if (options_.acks == 0) {  // silence: what the kernel took counts
    while (answered_ < sent_bytes_ / frame_bytes_) ++answered_;
    return {};
  }
  while (auto frame = connection_.next_frame()) {
    if (auto fine = check(answered_, *frame); !fine) return fine;
    answered();
  }
  return {};
}

Result<void> ProduceLoad::check(std::uint64_t number, MutableBytes frame) {
  const auto received = protocol::decode_response<ProduceResponse>(version, frame);
  if (!received) return failure_of(received);
  const auto& topics = received->response.responses;
  if (received->correlation_id != correlation_id_of(number) || topics.size() != 1 ||
      topics.front().partition_responses.size() != 1) {
    return failure(Errc::invalid, "Produce: answer " + std::to_string(received->correlation_id) +
                                      " is not the one to request " + std::to_string(number));
  }
  const auto& answer = topics.front().partition_responses.front();
  if (answer.error_code != ErrorCode::none) {
    return refused("Produce", target_.topic, answer.index, answer.error_code);
  }
  auto& next = next_offset_[number % next_offset_.size()];
  if (next >= 0 && answer.base_offset != next) {
    return failure(Errc::invalid, "Produce: base offset " + std::to_string(answer.base_offset) + " is not the next, " +
                                      std::to_string(next) + ": is somebody else producing?");
  }
  next = answer.base_offset + records_;
  return {};
}

/// acks=0 has no answers, so the end is the answer to a question asked behind the last request.
Result<void> ProduceLoad::barrier() {
  if (options_.acks != 0) return {};
  protocol::MetadataRequest request;
  request.topics.emplace();
  const auto answer = ask<protocol::MetadataRequest, protocol::MetadataResponse>(connection_, request);
  if (!answer) return failure_of(answer);
  return {};
}

Result<void> ProduceLoad::step() {
  issue();
  if (auto sent = send_issued(); !sent) return sent;
  const bool all_sent = sent_bytes_ == issued_ * frame_bytes_;
  if (options_.acks != 0) {
    if (!all_sent) connection_.wait(true, std::chrono::seconds(1));
    const auto patience = all_sent ? Connection::Patience::until_it_comes : Connection::Patience::none;
    if (auto received = connection_.receive(patience); !received) return received;
  } else if (!all_sent) {
    connection_.wait(true, std::chrono::seconds(1));
  }
  return take_answers();
}

Result<void> ProduceLoad::run(const Report& report) {
  Meter meter(target_.server);
  while (answered_ < std::min(last_, options_.warm_up_requests)) {
    if (auto done = step(); !done) return done;
  }
  if (auto started = meter.start(); !started) return started;
  measuring_ = true;
  const auto first = answered_;
  const std::chrono::duration<double> limit(options_.seconds > 0 ? options_.seconds : 1e9);
  while (answered_ < last_) {
    if (auto done = step(); !done) return done;
    if (Clock::now() - meter.began() >= limit) last_ = issued_;
  }
  if (auto passed = barrier(); !passed) return passed;
  const auto requests = static_cast<double>(answered_ - first);
  report.add_exact("batch_bytes", static_cast<double>(batch_.size()));
  report.add_exact("batch_records", static_cast<double>(records_));
  const Done done{.bytes = requests * static_cast<double>(batch_.size()),
                  .records = requests * static_cast<double>(records_),
                  .requests = requests};
  if (auto told = meter.finish(done, report); !told) return told;
  report.add("latency", latencies_);
  return {};
}

}  // namespace

Result<void> produce(const Target& target, const ProduceOptions& options, const Report& report) {
  auto connection = Connection::open(target.address);
  if (!connection) return failure_of(connection);
  if (auto made = make_topic(*connection, target.topic, options.partitions); !made) return made;
  return ProduceLoad(target, options, *connection).run(report);
}

}  // namespace millrace::bench
