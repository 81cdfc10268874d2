#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

namespace {

using WireTopics = std::optional<std::vector<OffsetFetchRequest::Topic>>;

groups::OffsetFetchRequest::Group group_of(std::string group_id, WireTopics topics) {
  groups::OffsetFetchRequest::Group group{.group_id = std::move(group_id), .topics = std::nullopt};
  if (!topics) return group;
  auto& into = group.topics.emplace();
  for (auto& topic : *topics) into.push_back({std::move(topic.name), std::move(topic.partition_indexes)});
  return group;
}

OffsetFetchResponse::Group group_of(groups::OffsetFetchReply::Group&& from) {
  OffsetFetchResponse::Group group;
  group.group_id = std::move(from.group_id);
  group.error_code = from.error;
  for (auto& topic : from.topics) {
    auto& into = group.topics.emplace_back();
    into.name = std::move(topic.name);
    for (auto& partition : topic.partitions) {
      into.partitions.push_back({.partition_index = partition.partition,
                                 .committed_offset = partition.offset.value(),
                                 .committed_leader_epoch = partition.leader_epoch,
                                 .metadata = std::move(partition.metadata),
                                 .error_code = ErrorCode::none});
    }
  }
  return group;
}

/// Version 1 has no place for an error of the group: each partition says it.
void refuse_partitions(OffsetFetchResponse& response, const groups::OffsetFetchRequest::Group& asked, ErrorCode error) {
  if (!asked.topics) return;
  for (const auto& topic : *asked.topics) {
    auto& into = response.topics.emplace_back();
    into.name = topic.name;
    for (const auto partition : topic.partitions) {
      auto& refused = into.partitions.emplace_back();
      refused.partition_index = partition;
      refused.error_code = error;
    }
  }
}

}  // namespace

void handle(const Context& context, const Call& call, OffsetFetchRequest request, Answer<OffsetFetchResponse> answer) {
  groups::OffsetFetchRequest command;
  const bool several = call.version >= 8;
  if (several) {
    for (auto& group : request.groups) {
      command.groups.push_back(group_of(std::move(group.group_id), std::move(group.topics)));
    }
  } else {
    command.groups.push_back(group_of(std::move(request.group_id), std::move(request.topics)));
  }
  auto asked = command.groups;
  context.groups.fetch_offsets(std::move(command), [several, asked = std::move(asked), answer = std::move(answer)](
                                                       runtime::GroupAnswer<groups::OffsetFetchReply> reply) mutable {
    OffsetFetchResponse response;
    if (several) {
      for (std::size_t i = 0; i < asked.size(); ++i) {
        if (reply) {
          response.groups.push_back(group_of(std::move(reply->groups[i])));
        } else {
          response.groups.push_back({.group_id = asked[i].group_id, .topics = {}, .error_code = reply.error()});
        }
      }
    } else if (reply) {
      auto group = group_of(std::move(reply->groups.front()));
      response.topics = std::move(group.topics);
      response.error_code = group.error_code;
    } else {
      response.error_code = reply.error();
      refuse_partitions(response, asked.front(), reply.error());
    }
    answer.send(response);
  });
}

}  // namespace millrace::kafka::handlers
