#include <algorithm>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::FetchRequest;
using protocol::FetchResponse;

namespace {

/// Below this a copy into the answer costs less than a system call of its own for each partition.
constexpr std::size_t sendfile_from = 64 * limits::KiB;

/// The answer under construction, with what its records borrow.
struct Draft {
  FetchResponse response;
  std::vector<Bytes> copies;
  std::vector<runtime::FileRange> ranges;
};

ErrorCode for_version(ErrorCode error, std::int16_t version) {
  const bool unknown_to_client = error == ErrorCode::kafka_storage_error && version <= 5;
  return unknown_to_client ? ErrorCode::not_leader_or_follower : error;
}

/// False when the bytes could not be read.
bool attach(Draft& draft, FetchResponse::Partition& into, runtime::FileRange range) {
  if (range.length == 0) return true;
  if (range.length >= sendfile_from) {
    into.records = protocol::ExternalRecords{.slot = static_cast<std::uint32_t>(draft.ranges.size()),
                                             .size = static_cast<std::uint32_t>(range.length)};
    draft.ranges.push_back(std::move(range));
    return true;
  }
  Bytes copy(range.length);
  const auto read = range.file->read_at(range.position, copy);
  if (!read || *read != copy.size()) return false;
  draft.copies.push_back(std::move(copy));
  into.records = ByteView(draft.copies.back());
  return true;
}

void fill(Draft& draft, FetchResponse::Partition& into, broker::FetchAnswer& from, std::int16_t version) {
  into.error_code = for_version(from.error, version);
  into.high_watermark = from.high_watermark.value();
  into.last_stable_offset = from.last_stable_offset.value();
  into.log_start_offset = from.log_start_offset.value();
  if (from.diverging) {
    into.diverging_epoch = {.epoch = from.diverging->epoch, .end_offset = from.diverging->end_offset.value()};
  }
  if (from.aborted) {
    auto& aborted = into.aborted_transactions.emplace();
    for (const auto& each : *from.aborted) aborted.push_back({each.producer_id, each.first_offset.value()});
  }
  if (from.error == ErrorCode::none && !attach(draft, into, std::move(from.slice))) {
    into.error_code = for_version(ErrorCode::kafka_storage_error, version);
  }
}

/// We keep no fetch sessions: "no session for you" is an answer that every client knows (KIP-227).
bool asks_for_session(const FetchRequest& request) { return request.session_epoch > 0; }

runtime::FetchRequest command_of(const FetchRequest& request) {
  runtime::FetchRequest command;
  command.min_bytes = request.min_bytes;
  command.max_bytes = std::min(request.max_bytes, limits::fetch_bytes_max);
  command.max_wait = Milliseconds(std::max(request.max_wait_ms, 0));
  command.isolation =
      request.isolation_level == 1 ? broker::Isolation::read_committed : broker::Isolation::read_uncommitted;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      command.parts.push_back({.topic = topic.topic,
                               .partition = partition.partition,
                               .offset = Offset(partition.fetch_offset),
                               .max_bytes = partition.partition_max_bytes,
                               .current_leader_epoch = std::max(partition.current_leader_epoch, LeaderEpoch{-1}),
                               .last_fetched_epoch = partition.last_fetched_epoch});
    }
  }
  return command;
}

/// There are no followers, and a stranger who claims to be one must not read what consumers may not see yet.
void refuse_follower(FetchResponse response, std::int16_t version, Answer<FetchResponse>& answer) {
  Draft draft;
  draft.response = std::move(response);
  for (auto& topic : draft.response.responses) {
    for (auto& partition : topic.partitions) {
      broker::FetchAnswer refused;
      refused.error = ErrorCode::not_leader_or_follower;
      fill(draft, partition, refused, version);
    }
  }
  answer.send(draft.response, {});
}

}  // namespace

void handle(const Context& context, const Call& call, FetchRequest request, Answer<FetchResponse> answer) {
  if (asks_for_session(request)) {
    FetchResponse refused;
    refused.error_code = ErrorCode::fetch_session_id_not_found;
    return answer.send(refused);
  }
  FetchResponse response;
  for (const auto& topic : request.topics) {
    auto& into = response.responses.emplace_back();
    into.topic = topic.topic;
    for (const auto& partition : topic.partitions) into.partitions.emplace_back().partition_index = partition.partition;
  }
  if (request.replica_id >= 0) return refuse_follower(std::move(response), call.version, answer);
  const auto when_closed = answer.closing_hook();
  auto cancel =
      context.broker.fetch(command_of(request), call.peer.executor,
                           [response = std::move(response), version = call.version,
                            answer = std::move(answer)](std::vector<broker::FetchAnswer> parts) mutable {
                             Draft draft;
                             draft.response = std::move(response);
                             draft.copies.reserve(parts.size());  // its elements are borrowed: it must not move them
                             std::size_t slot = 0;
                             for (auto& topic : draft.response.responses) {
                               for (auto& partition : topic.partitions) fill(draft, partition, parts[slot++], version);
                             }
                             answer.send(draft.response, std::move(draft.ranges));
                           });
  if (cancel) when_closed(std::move(cancel));
}

}  // namespace millrace::kafka::handlers
