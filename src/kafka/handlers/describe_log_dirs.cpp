#include <map>
#include <set>

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::DescribeLogDirsRequest;
using protocol::DescribeLogDirsResponse;

namespace {

/// Bytes are clipped: a file system may claim more than the protocol can say.
std::int64_t clipped(std::uint64_t bytes) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(bytes, INT64_MAX));
}

/// One partition's row. False when its log takes no more records.
bool add(DescribeLogDirsResponse::Topic& into, PartitionIndex index, runtime::HostedPartition& hosted) {
  auto& row = into.partitions.emplace_back();
  row.partition_index = index;
  bool online = true;
  hosted.with([&](const broker::Partition& partition) {
    row.partition_size = clipped(partition.bytes());
    online = !partition.offline();
  });
  return online;
}

}  // namespace

void handle(const Context& context, const Call&, DescribeLogDirsRequest request,
            Answer<DescribeLogDirsResponse> answer) {
  DescribeLogDirsResponse response;
  auto& directory = response.results.emplace_back();
  const auto about = context.broker.data_directory();
  directory.log_dir = about.path;
  bool online = about.space.has_value();
  if (about.space) {
    directory.total_bytes = clipped(about.space->total_bytes);
    directory.usable_bytes = clipped(about.space->free_bytes);
  }
  const auto topology = context.broker.topology();
  if (!request.topics) {
    topology->for_each([&](const runtime::HostedTopic& topic) {
      auto& into = directory.topics.emplace_back();
      into.name = topic.topic->name;
      PartitionIndex index = 0;
      for (const auto& partition : topic.partitions) online = add(into, index++, *partition) && online;
    });
  } else {
    // Each partition once, and those that there are: Kafka says nothing of the others.
    std::map<std::string, std::set<PartitionIndex>> wanted;
    for (auto& topic : *request.topics)
      wanted[std::move(topic.topic)].insert(topic.partitions.begin(), topic.partitions.end());
    for (const auto& [name, indexes] : wanted) {
      const auto topic = topology->find(name);
      if (!topic || topic->view) continue;  // a view has no files
      DescribeLogDirsResponse::Topic into{.name = name, .partitions = {}};
      for (const auto index : indexes) {
        if (const auto partition = topic->find(index)) online = add(into, index, *partition) && online;
      }
      if (!into.partitions.empty()) directory.topics.push_back(std::move(into));
    }
  }
  if (!online) directory.error_code = ErrorCode::kafka_storage_error;
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
