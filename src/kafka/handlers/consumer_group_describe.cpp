#include "authorized_operations.hpp"
#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::ConsumerGroupDescribeRequest;
using protocol::ConsumerGroupDescribeResponse;

namespace {

ConsumerGroupDescribeResponse::Assignment assignment_of(
    std::vector<groups::ConsumerDescribeReply::Partitions>&& partitions) {
  ConsumerGroupDescribeResponse::Assignment out;
  for (auto& topic : partitions) {
    out.topic_partitions.push_back({.topic_id = topic.topic_id,
                                    .topic_name = std::move(topic.topic_name),
                                    .partitions = std::move(topic.partitions)});
  }
  return out;
}

ConsumerGroupDescribeResponse::Member member_of(groups::ConsumerDescribeReply::Member&& from) {
  return {.member_id = std::move(from.member_id),
          .instance_id = std::move(from.instance_id),
          .rack_id = std::move(from.rack_id),
          .member_epoch = from.member_epoch,
          .client_id = std::move(from.client_id),
          .client_host = std::move(from.client_host),
          .subscribed_topic_names = std::move(from.subscribed_topics),
          .subscribed_topic_regex = std::move(from.subscribed_regex).value_or(""),  // as Kafka does
          .assignment = assignment_of(std::move(from.assignment)),
          .target_assignment = assignment_of(std::move(from.target)),
          .member_type = static_cast<std::int8_t>(from.type == groups::GroupType::consumer ? 1 : 0)};
}

ConsumerGroupDescribeResponse::Group group_of(groups::ConsumerDescribeReply::Group&& from, bool operations) {
  ConsumerGroupDescribeResponse::Group group;
  group.group_id = std::move(from.group_id);
  group.error_code = from.error;
  group.error_message = std::move(from.message);
  if (group.error_code != ErrorCode::none) return group;
  group.group_state = groups::name_of(from.state);
  group.group_epoch = from.epoch;
  group.assignment_epoch = from.target_epoch;
  group.assignor_name = std::move(from.assignor);
  for (auto& member : from.members) group.members.push_back(member_of(std::move(member)));
  if (operations) group.authorized_operations = group_operations;
  return group;
}

}  // namespace

void handle(const Context& context, const Call&, ConsumerGroupDescribeRequest request,
            Answer<ConsumerGroupDescribeResponse> answer) {
  auto asked = request.group_ids;
  const bool operations = request.include_authorized_operations;
  context.groups.consumer_describe(
      {.group_ids = std::move(request.group_ids)},
      [asked = std::move(asked), operations,
       answer = std::move(answer)](runtime::GroupAnswer<groups::ConsumerDescribeReply> reply) mutable {
        ConsumerGroupDescribeResponse response;
        for (std::size_t i = 0; i < asked.size(); ++i) {
          if (reply) {
            // The same group may have been asked for twice.
            response.groups.push_back(group_of(groups::ConsumerDescribeReply::Group(reply->groups[i]), operations));
          } else {
            auto& group = response.groups.emplace_back();
            group.group_id = std::move(asked[i]);
            group.error_code = reply.error();
          }
        }
        answer.send(response);
      });
}

}  // namespace millrace::kafka::handlers
