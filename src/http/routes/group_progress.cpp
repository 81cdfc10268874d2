#include "group_progress.hpp"

#include <algorithm>

namespace millrace::http::routes {

namespace {

using Commit = groups::OffsetFetchReply::Partition;
using Commits = std::map<PartitionIndex, const Commit*>;

void add(GroupProgress& into, const std::string& topic, PartitionIndex index, const Commit* commit,
         const runtime::HostedTopicPtr& hosted) {
  Json row{{"topic", topic},
           {"partition", index},
           {"committed_offset", nullptr},
           {"log_start_offset", nullptr},
           {"high_watermark", nullptr},
           {"lag", nullptr},
           {"behind_since", nullptr},
           {"metadata", nullptr}};
  if (commit != nullptr) {
    row["committed_offset"] = commit->offset.value();
    row["metadata"] = commit->metadata;
  }
  if (const auto partition = hosted ? hosted->find(index) : nullptr) {
    const auto [start, end] =
        partition->with([](const broker::Partition& open) { return std::pair(open.start(), open.high_watermark()); });
    row["log_start_offset"] = start.value();
    row["high_watermark"] = end.value();
    if (commit != nullptr) {
      const auto lag = std::max<std::int64_t>(end.value() - commit->offset.value(), 0);
      row["lag"] = lag;
      into.lag += lag;
      if (lag > 0) {
        into.behind.push_back(into.offsets.size());
        into.behind_from.push_back({.partition = partition, .offset = commit->offset});
      }
    }
  }
  if (commit == nullptr) ++into.without_offset;
  into.offsets.push_back(std::move(row));
}

}  // namespace

GroupProgress progress_of(const runtime::Topology& topology,
                          const std::vector<groups::OffsetFetchReply::Topic>& committed,
                          const AssignedPartitions& assigned) {
  std::map<std::string, Commits> topics;
  for (const auto& topic : committed) {
    for (const auto& partition : topic.partitions) topics[topic.name][partition.partition] = &partition;
  }
  for (const auto& [topic, partitions] : assigned) {
    for (const auto index : partitions) topics[topic].try_emplace(index, nullptr);
  }
  GroupProgress progress;
  for (auto& [topic, commits] : topics) {
    const auto hosted = topology.find(topic);
    for (std::size_t index = 0; hosted && index < hosted->partitions.size(); ++index) {
      commits.try_emplace(static_cast<PartitionIndex>(index), nullptr);
    }
    for (const auto& [index, commit] : commits) add(progress, topic, index, commit, hosted);
  }
  return progress;
}

}  // namespace millrace::http::routes
