#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::OffsetCommitRequest;
using protocol::OffsetCommitResponse;

namespace {

/// Where in the response the answer to a partition of the command goes.
struct Place {
  std::size_t topic = 0;
  std::size_t partition = 0;
};

}  // namespace

void handle(const Context& context, const Call& call, OffsetCommitRequest request,
            Answer<OffsetCommitResponse> answer) {
  groups::CommitRequest command;
  command.connection = call.peer.address;
  command.group_id = std::move(request.group_id);
  command.generation_id = request.generation_id;
  command.member_id = std::move(request.member_id);
  command.group_instance_id = std::move(request.group_instance_id);
  command.retention_time = Milliseconds(call.version <= 4 ? request.retention_time_ms : -1);
  command.knows_member_epochs = call.version >= 9;

  OffsetCommitResponse response;
  std::vector<Place> places;
  const auto topology = context.broker.topology();
  const bool by_id = call.version >= 10;
  for (auto& topic : request.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    into.topic_id = topic.topic_id;
    const runtime::TopicRef named{.name = topic.name, .id = by_id ? std::optional(topic.topic_id) : std::nullopt};
    const auto hosted = topology->find(named);
    groups::CommitRequest::Topic known{.name = hosted ? hosted->topic->name : "", .partitions = {}};
    for (auto& partition : topic.partitions) {
      auto& slot = into.partitions.emplace_back();
      slot.partition_index = partition.partition_index;
      if (!hosted || !hosted->find(partition.partition_index)) {
        slot.error_code = hosted ? ErrorCode::unknown_topic_or_partition : named.unknown();
        continue;
      }
      places.push_back({response.topics.size() - 1, into.partitions.size() - 1});
      known.partitions.push_back({.partition = partition.partition_index,
                                  .offset = Offset(partition.committed_offset),
                                  .leader_epoch = partition.committed_leader_epoch,
                                  .metadata = std::move(partition.committed_metadata).value_or("")});
    }
    if (!known.partitions.empty()) command.topics.push_back(std::move(known));
  }
  context.groups.commit(std::move(command),
                        [response = std::move(response), places = std::move(places),
                         answer = std::move(answer)](runtime::GroupAnswer<groups::CommitReply> reply) mutable {
                          std::size_t next = 0;
                          const auto put = [&](ErrorCode error) {
                            const auto place = places[next++];
                            response.topics[place.topic].partitions[place.partition].error_code = error;
                          };
                          if (reply) {
                            for (const auto& topic : reply->topics) {
                              for (const auto& partition : topic.partitions) put(partition.error);
                            }
                          } else {
                            while (next < places.size()) put(reply.error());
                          }
                          answer.send(response);
                        });
}

}  // namespace millrace::kafka::handlers
