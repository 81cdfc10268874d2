#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ConsumerGroupHeartbeatRequest;
using protocol::ConsumerGroupHeartbeatResponse;

namespace {

std::optional<groups::Assignment> assignment_of(
    const std::optional<std::vector<ConsumerGroupHeartbeatRequest::TopicPartitions>>& topics) {
  if (!topics) return std::nullopt;
  groups::Assignment out;
  for (const auto& topic : *topics) {
    if (!topic.partitions.empty()) out[topic.topic_id].insert(topic.partitions.begin(), topic.partitions.end());
  }
  return out;
}

ConsumerGroupHeartbeatResponse response_of(groups::ConsumerHeartbeatReply&& reply) {
  ConsumerGroupHeartbeatResponse response;
  response.error_code = reply.error;
  response.error_message = std::move(reply.message);
  response.member_id = std::move(reply.member_id);
  response.member_epoch = reply.member_epoch;
  response.heartbeat_interval_ms = static_cast<std::int32_t>(reply.heartbeat_interval.count());
  if (!reply.assignment) return response;
  ConsumerGroupHeartbeatResponse::Assignment assignment;
  for (const auto& [topic, partitions] : *reply.assignment) {
    assignment.topic_partitions.push_back(
        {.topic_id = topic, .partitions = std::vector<std::int32_t>(partitions.begin(), partitions.end())});
  }
  response.assignment = std::move(assignment);
  return response;
}

}  // namespace

void handle(const Context& context, const Call& call, ConsumerGroupHeartbeatRequest request,
            Answer<ConsumerGroupHeartbeatResponse> answer) {
  groups::ConsumerHeartbeatRequest command;
  command.group_id = std::move(request.group_id);
  command.member_id = std::move(request.member_id);
  command.member_epoch = request.member_epoch;
  command.instance_id = std::move(request.instance_id);
  command.rack_id = std::move(request.rack_id);
  if (request.rebalance_timeout_ms >= 0) command.rebalance_timeout = Milliseconds(request.rebalance_timeout_ms);
  command.subscribed_topics = std::move(request.subscribed_topic_names);
  command.subscribed_regex = std::move(request.subscribed_topic_regex);
  command.server_assignor = std::move(request.server_assignor);
  command.owned = assignment_of(request.topic_partitions);
  command.client_id = call.client_id;
  command.client_host = "/" + call.peer.host;
  command.requires_member_id = call.version >= 1;
  command.fresh_id = context.broker.fresh_uuid().to_string();
  context.groups.consumer_heartbeat(
      std::move(command),
      [answer = std::move(answer)](runtime::GroupAnswer<groups::ConsumerHeartbeatReply> reply) mutable {
        if (reply) return answer.send(response_of(std::move(*reply)));
        ConsumerGroupHeartbeatResponse refused;
        refused.error_code = reply.error();
        answer.send(refused);
      });
}

}  // namespace millrace::kafka::handlers
