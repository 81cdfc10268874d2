#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

namespace {

constexpr Timestamp latest = -1, earliest = -2, of_max_timestamp = -3;

bool is_understood(Timestamp timestamp, std::int16_t version) {
  if (timestamp >= 0 || timestamp == latest || timestamp == earliest) return true;
  return timestamp == of_max_timestamp && version >= 7;
}

}  // namespace

void handle(const Context& context, const Call& call, ListOffsetsRequest request, Answer<ListOffsetsResponse> answer) {
  const auto isolation =
      request.isolation_level == 1 ? broker::Isolation::read_committed : broker::Isolation::read_uncommitted;
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    for (const auto& partition : topic.partitions) {
      auto& found = into.partitions.emplace_back();
      found.partition_index = partition.partition_index;
      if (!is_understood(partition.timestamp, call.version)) {
        found.error_code = ErrorCode::unsupported_version;
        continue;
      }
      const auto listed = context.broker.list_offset(topic.name, partition.partition_index,
                                                     {.timestamp = partition.timestamp,
                                                      .isolation = isolation,
                                                      .current_leader_epoch = partition.current_leader_epoch});
      found.error_code = listed.error;
      found.timestamp = listed.timestamp;
      found.offset = listed.offset.value();
      found.leader_epoch = listed.leader_epoch;
    }
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
