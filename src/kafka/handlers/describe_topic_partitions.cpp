#include <algorithm>
#include <set>

#include "authorized_operations.hpp"
#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeTopicPartitionsRequest;
using protocol::DescribeTopicPartitionsResponse;

namespace {

constexpr std::int32_t partitions_max = 2000;  ///< Kafka's max.request.partition.size.limit

/// The names to tell, in order, from the cursor on.
std::set<std::string> names_of(const DescribeTopicPartitionsRequest& request, const runtime::Topology& topology) {
  std::set<std::string> names;
  for (const auto& topic : request.topics) names.insert(topic.name);
  if (request.topics.empty()) {
    const auto add = [&](const runtime::HostedTopic& hosted) { names.insert(hosted.topic->name); };
    topology.for_each(add);
    topology.for_each_view(add);
  }
  if (request.cursor) names.erase(names.begin(), names.lower_bound(request.cursor->topic_name));
  return names;
}

/// The cursor must be of a partition number, and of a topic that is asked for.
bool is_sound(const DescribeTopicPartitionsRequest& request) {
  if (!request.cursor) return true;
  const auto& topics = request.topics;
  return request.cursor->partition_index >= 0 &&
         (topics.empty() || std::ranges::find(topics, request.cursor->topic_name,
                                              &DescribeTopicPartitionsRequest::Topic::name) != topics.end());
}

DescribeTopicPartitionsResponse::Topic refused(const std::string& name) {
  DescribeTopicPartitionsResponse::Topic into;
  into.name = name;
  into.topic_authorized_operations = topic_operations;
  into.error_code =
      broker::topic_name_fault(name) ? ErrorCode::invalid_topic_exception : ErrorCode::unknown_topic_or_partition;
  return into;
}

DescribeTopicPartitionsResponse::Topic page_of(const runtime::HostedTopic& hosted, std::int32_t self, std::size_t first,
                                               std::size_t end) {
  DescribeTopicPartitionsResponse::Topic into;
  into.name = hosted.topic->name;
  into.topic_id = hosted.topic->id;
  into.is_internal = hosted.topic->is_internal;
  into.topic_authorized_operations = topic_operations;
  for (auto index = first; index < end; ++index) {
    auto& partition = into.partitions.emplace_back();
    partition.partition_index = static_cast<PartitionIndex>(index);
    partition.leader_id = self;
    partition.leader_epoch = hosted.partitions[index]->leader_epoch();
    partition.replica_nodes = {self};
    partition.isr_nodes = {self};
    partition.eligible_leader_replicas.emplace();
    partition.last_known_elr.emplace();
  }
  return into;
}

}  // namespace

void handle(const Context& context, const Call&, DescribeTopicPartitionsRequest request,
            Answer<DescribeTopicPartitionsResponse> answer) {
  DescribeTopicPartitionsResponse response;
  if (!is_sound(request)) {
    for (auto& topic : request.topics) {
      auto& into = response.topics.emplace_back();
      into.name = std::move(topic.name);
      into.error_code = ErrorCode::invalid_request;
    }
    return answer.send(response);
  }
  const auto topology = context.broker.topology();
  const auto names = names_of(request, *topology);
  auto left = static_cast<std::size_t>(std::clamp(request.response_partition_limit, 1, partitions_max));
  for (const auto& name : names) {
    const auto hosted = topology->find(name);
    if (!hosted) {
      response.topics.push_back(refused(name));
      continue;
    }
    const auto count = hosted->partitions.size();
    std::size_t first = 0;
    if (request.cursor && request.cursor->topic_name == name) {
      first = std::min(count, static_cast<std::size_t>(request.cursor->partition_index));
    }
    const auto end = first + std::min(left, count - first);
    if (left > 0) response.topics.push_back(page_of(*hosted, context.broker.broker_id(), first, end));
    left -= end - first;
    if (end == count) continue;
    response.next_cursor = {.topic_name = name, .partition_index = static_cast<PartitionIndex>(end)};
    break;
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
