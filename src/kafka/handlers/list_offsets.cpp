#include <array>
#include <map>
#include <set>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ListOffsetsRequest;
using protocol::ListOffsetsResponse;

namespace {

constexpr Timestamp latest = -1, earliest = -2;
/// The oldest version that may ask for -3, -4, -5 and -6.
constexpr std::array<std::int16_t, 4> first_version{7, 8, 9, 11};

bool is_understood(Timestamp timestamp, std::int16_t version) {
  if (timestamp >= 0 || timestamp == latest || timestamp == earliest) return true;
  const auto at = -3 - timestamp;
  return at >= 0 && std::cmp_less(at, first_version.size()) && version >= first_version[static_cast<std::size_t>(at)];
}

/// Partitions that a request names more than once: refused, once each, as in Kafka. The count is how often they were
/// met while answering.
using Twice = std::map<std::pair<std::string_view, PartitionIndex>, int>;

Twice named_twice(const ListOffsetsRequest& request) {
  std::set<Twice::key_type> seen;
  Twice twice;
  for (const auto& topic : request.topics) {
    for (const auto& partition : topic.partitions) {
      const Twice::key_type key{topic.name, partition.partition_index};
      if (!seen.insert(key).second) twice.emplace(key, 0);
    }
  }
  return twice;
}

}  // namespace

void handle(const Context& context, const Call& call, ListOffsetsRequest request, Answer<ListOffsetsResponse> answer) {
  const auto isolation =
      request.isolation_level == 1 ? broker::Isolation::read_committed : broker::Isolation::read_uncommitted;
  auto twice = named_twice(request);
  ListOffsetsResponse response;
  for (const auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    for (const auto& partition : topic.partitions) {
      const auto again = twice.find({topic.name, partition.partition_index});
      if (again != twice.end() && again->second++ > 0) continue;
      auto& found = into.partitions.emplace_back();
      found.partition_index = partition.partition_index;
      if (again != twice.end()) {
        found.error_code = ErrorCode::invalid_request;
        continue;
      }
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
