#include "handlers.hpp"
#include "millrace/runtime/group_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::OffsetFetchRequest;
using protocol::OffsetFetchResponse;

namespace {

using WireTopics = std::optional<std::vector<OffsetFetchRequest::Topic>>;
using WireAnswers = std::vector<OffsetFetchResponse::Topic>;

OffsetFetchResponse::Topic refused(const OffsetFetchRequest::Topic& asked, ErrorCode error) {
  OffsetFetchResponse::Topic into;
  into.name = asked.name;
  into.topic_id = asked.topic_id;
  for (const auto partition : asked.partition_indexes) {
    auto& each = into.partitions.emplace_back();
    each.partition_index = partition;
    each.error_code = error;
  }
  return into;
}

groups::OffsetFetchRequest::Group group_of(std::string group_id, WireTopics topics) {
  groups::OffsetFetchRequest::Group group{.group_id = std::move(group_id), .member_id = {}, .topics = std::nullopt};
  if (!topics) return group;
  auto& into = group.topics.emplace();
  for (auto& topic : *topics) into.push_back({std::move(topic.name), std::move(topic.partition_indexes)});
  return group;
}

/// Gives topics that come by id their names. Those that there are not are taken out of `topics`: their answers.
WireAnswers resolve(WireTopics& topics, const runtime::Topology& topology) {
  WireAnswers unknown;
  if (!topics) return unknown;
  std::erase_if(*topics, [&](OffsetFetchRequest::Topic& topic) {
    const auto hosted = topology.find(topic.topic_id);
    if (hosted) {
      topic.name = hosted->topic->name;
    } else {
      unknown.push_back(refused(topic, ErrorCode::unknown_topic_id));
    }
    return !hosted;
  });
  return unknown;
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

/// Says the topics of an answer by id; one that is gone by now has none, and cannot be told.
void name_by_id(OffsetFetchResponse::Group& group, const runtime::Topology& topology, WireAnswers&& unknown) {
  std::erase_if(group.topics, [&](OffsetFetchResponse::Topic& topic) {
    const auto hosted = topology.find(topic.name);
    if (hosted) topic.topic_id = hosted->topic->id;
    return !hosted;
  });
  if (group.error_code != ErrorCode::none) return;
  for (auto& topic : unknown) group.topics.push_back(std::move(topic));
}

/// Version 1 has no place for an error of the group: each partition says it.
void refuse_partitions(OffsetFetchResponse& response, const groups::OffsetFetchRequest::Group& asked, ErrorCode error) {
  if (!asked.topics) return;
  for (const auto& topic : *asked.topics) {
    response.topics.push_back(
        refused({.name = topic.name, .topic_id = {}, .partition_indexes = topic.partitions}, error));
  }
}

}  // namespace

void handle(const Context& context, const Call& call, OffsetFetchRequest request, Answer<OffsetFetchResponse> answer) {
  groups::OffsetFetchRequest command;
  command.connection = call.peer.address;
  const bool several = call.version >= 8;
  const bool by_id = call.version >= 10;
  const auto topology = context.broker.topology();
  std::vector<WireAnswers> unknown;
  if (several) {
    for (auto& group : request.groups) {
      unknown.push_back(by_id ? resolve(group.topics, *topology) : WireAnswers());
      auto& into = command.groups.emplace_back(group_of(std::move(group.group_id), std::move(group.topics)));
      into.member_id = std::move(group.member_id);
      into.member_epoch = group.member_epoch;
    }
  } else {
    command.groups.push_back(group_of(std::move(request.group_id), std::move(request.topics)));
  }
  auto asked = command.groups;
  context.groups.fetch_offsets(
      std::move(command), [several, by_id, topology, asked = std::move(asked), unknown = std::move(unknown),
                           answer = std::move(answer)](runtime::GroupAnswer<groups::OffsetFetchReply> reply) mutable {
        OffsetFetchResponse response;
        if (several) {
          for (std::size_t i = 0; i < asked.size(); ++i) {
            if (reply) {
              auto& group = response.groups.emplace_back(group_of(std::move(reply->groups[i])));
              if (by_id) name_by_id(group, *topology, std::move(unknown[i]));
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
