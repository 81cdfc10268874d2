// Fetch what is in the log, as fast as it comes: a consumer that catches up.
//
// A client knows where to go on only when an answer is there. To keep more than one request in flight, the offset
// behind an answer that is still coming is guessed: as far again as the last whole answer reached. A guess that was
// wrong, as where a segment ends, costs a few records read twice and nothing else: every answer must begin with the
// batch that holds the offset it was asked for, and its batches must follow one another without a gap.

#include <deque>

#include "loads.hpp"
#include "meter.hpp"
#include "millrace/protocol/messages/fetch.hpp"
#include "millrace/record/batch.hpp"
#include "topics.hpp"

namespace millrace::bench {

namespace {

using protocol::FetchRequest;
using protocol::FetchResponse;

constexpr std::int16_t version = 12;  // the last that names topics

class FetchLoad {
 public:
  FetchLoad(const Target& target, const FetchOptions& options, Connection& connection, Extent extent)
      : target_(target), options_(options), connection_(connection), extent_(extent), next_(extent.begin) {
    request_.max_wait_ms = 500;
    request_.min_bytes = 1;
    request_.max_bytes = options.max_bytes;
    auto& topic = request_.topics.emplace_back();
    topic.topic = target.topic;
    topic.partitions.push_back({.partition = options.partition, .partition_max_bytes = options.max_bytes});
  }

  Result<void> run(const Report& report);

 private:
  struct Asked {
    std::int64_t offset = 0;
    Clock::time_point at;
  };
  /// Whole batches of one answer.
  struct Walked {
    std::int64_t first = -1;
    std::int64_t end = -1;
    std::size_t bytes = 0;
    std::int64_t records = 0;
  };

  [[nodiscard]] Result<void> send_request();
  [[nodiscard]] Result<void> step(std::size_t in_flight);
  [[nodiscard]] Result<void> take(MutableBytes frame);
  [[nodiscard]] Result<Walked> walk(ByteView records) const;

  const Target& target_;
  const FetchOptions& options_;
  Connection& connection_;
  Extent extent_;
  FetchRequest request_;
  std::deque<Asked> asked_;
  std::int64_t next_;        ///< offset to ask for
  std::int64_t stride_ = 0;  ///< records of a full answer; 0 until one came
  std::int32_t sent_ = 0, answered_ = 0;
  Done done_;
  Latencies latencies_;
};

Result<void> FetchLoad::send_request() {
  if (next_ >= extent_.end) next_ = extent_.begin;
  request_.topics.front().partitions.front().fetch_offset = next_;
  asked_.push_back({.offset = next_, .at = Clock::now()});
  next_ += stride_;
  return connection_.send_all(protocol::encode_request(version, sent_++, client_id, request_));
}

Result<FetchLoad::Walked> FetchLoad::walk(ByteView records) const {
  Walked walked;
  while (records.size() >= record::header_bytes) {
    const auto header = record::read_header(records);
    if (header.batch_length < 0) return failure(Errc::corrupt, "Fetch: a batch has a negative length");
    const auto size = static_cast<std::size_t>(header.size());
    if (size > records.size()) break;  // brokers may cut the last one off
    if (options_.check_crc) {
      if (const auto whole = record::check_stored(records.first(size)); !whole) return failure_of(whole);
    }
    if (walked.end >= 0 && header.base_offset.value() != walked.end) {
      return failure(Errc::corrupt, "Fetch: batch at offset " + std::to_string(header.base_offset.value()) +
                                        " follows one that ends at " + std::to_string(walked.end));
    }
    if (walked.first < 0) walked.first = header.base_offset.value();
    walked.end = header.next_offset().value();
    walked.records += header.record_count;
    walked.bytes += size;
    records = records.subspan(size);
  }
  return walked;
}

Result<void> FetchLoad::take(MutableBytes frame) {
  const auto received = protocol::decode_response<FetchResponse>(version, frame);
  if (!received) return failure_of(received);
  const auto& topics = received->response.responses;
  if (received->correlation_id != answered_ || topics.size() != 1 || topics.front().partitions.size() != 1) {
    return failure(Errc::invalid, "Fetch: answer " + std::to_string(received->correlation_id) +
                                      " is not the one to request " + std::to_string(answered_));
  }
  const auto& answer = topics.front().partitions.front();
  if (answer.error_code != ErrorCode::none) {
    return refused("Fetch", target_.topic, options_.partition, answer.error_code);
  }
  const auto asked = asked_.front();
  asked_.pop_front();
  ++answered_;
  const auto walked = walk(std::get<ByteView>(answer.records));
  if (!walked) return failure_of(walked);
  if (walked->first > asked.offset || walked->end <= asked.offset) {
    return failure(Errc::invalid, "Fetch: asked for offset " + std::to_string(asked.offset) + ", answered with " +
                                      std::to_string(walked->first) + " to " + std::to_string(walked->end));
  }
  latencies_.add(Clock::now() - asked.at);
  const auto count = walked->end - asked.offset;
  const bool at_end = walked->end >= extent_.end;
  if (stride_ == 0) next_ = walked->end;
  if (stride_ != 0 && count != stride_ && !at_end && !asked_.empty()) next_ = walked->end;
  if (stride_ == 0 || (!at_end && asked_.empty())) stride_ = count;
  done_.bytes += static_cast<double>(walked->bytes);
  done_.records += static_cast<double>(walked->records);
  done_.requests += 1;
  return {};
}

Result<void> FetchLoad::step(std::size_t in_flight) {
  while (asked_.size() < in_flight) {
    if (auto sent = send_request(); !sent) return sent;
  }
  if (auto received = connection_.receive(Connection::Patience::until_it_comes); !received) return received;
  while (auto frame = connection_.next_frame()) {
    if (auto taken = take(*frame); !taken) return taken;
  }
  return {};
}

Result<void> FetchLoad::run(const Report& report) {
  Meter meter(target_.server);
  // One at a time until it is known how far an answer reaches.
  while (done_.requests == 0) {
    if (auto stepped = step(1); !stepped) return stepped;
  }
  while (done_.requests < static_cast<double>(options_.warm_up_requests)) {
    if (auto stepped = step(options_.in_flight); !stepped) return stepped;
  }
  done_ = {};
  latencies_ = {};
  if (auto started = meter.start(); !started) return started;
  while (done_.bytes < static_cast<double>(options_.bytes)) {
    if (auto stepped = step(options_.in_flight); !stepped) return stepped;
  }
  if (auto told = meter.finish(done_, report); !told) return told;
  report.add("latency", latencies_);
  return {};
}

}  // namespace

Result<void> fetch(const Target& target, const FetchOptions& options, const Report& report) {
  auto connection = Connection::open(target.address);
  if (!connection) return failure_of(connection);
  const auto extent = extent_of(*connection, target.topic, options.partition);
  if (!extent) return failure_of(extent);
  if (extent->begin == extent->end) {
    return failure(Errc::not_found, "topic " + target.topic + " holds nothing to fetch: produce to it first");
  }
  return FetchLoad(target, options, *connection, *extent).run(report);
}

}  // namespace millrace::bench
