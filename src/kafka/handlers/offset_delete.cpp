#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::OffsetDeleteRequest;
using protocol::OffsetDeleteResponse;

namespace {

/// Where the coordinator's answers go: the partitions of the response that exist, in order.
using Places = std::vector<std::pair<std::size_t, std::size_t>>;

}  // namespace

void handle(const Context& context, const Call&, OffsetDeleteRequest request, Answer<OffsetDeleteResponse> answer) {
  groups::OffsetDeleteRequest command{.group_id = std::move(request.group_id), .topics = {}};
  OffsetDeleteResponse response;
  Places places;
  const auto topology = context.broker.topology();
  for (auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    groups::OffsetDeleteRequest::Topic known{.name = std::move(topic.name), .partitions = {}};
    for (const auto& partition : topic.partitions) {
      auto& slot = into.partitions.emplace_back();
      slot.partition_index = partition.partition_index;
      if (!topology->find(known.name, partition.partition_index)) {
        slot.error_code = ErrorCode::unknown_topic_or_partition;
        continue;
      }
      places.emplace_back(response.topics.size() - 1, into.partitions.size() - 1);
      known.partitions.push_back(partition.partition_index);
    }
    if (!known.partitions.empty()) command.topics.push_back(std::move(known));
  }
  context.groups.delete_offsets(
      std::move(command), [response = std::move(response), places = std::move(places),
                           answer = std::move(answer)](runtime::GroupAnswer<groups::OffsetDeleteReply> reply) mutable {
        response.error_code = reply ? reply->error : reply.error();
        if (response.error_code != ErrorCode::none) {
          response.topics.clear();
          return answer.send(response);
        }
        auto place = places.begin();
        for (const auto& topic : reply->topics) {
          for (const auto& partition : topic.partitions) {
            response.topics[place->first].partitions[place->second].error_code = partition.error;
            ++place;
          }
        }
        answer.send(response);
      });
}

}  // namespace millrace::kafka::handlers
