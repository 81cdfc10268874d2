#include "millrace/groups/assignment.hpp"

namespace millrace::groups {

Assignment without_epochs(const EpochAssignment& assigned) {
  Assignment out;
  for (const auto& [topic, partitions] : assigned) {
    std::set<PartitionIndex>& into = out[topic];
    for (const auto& [partition, epoch] : partitions) into.insert(partition);
  }
  return out;
}

bool contains(const Assignment& assignment, const Uuid& topic, PartitionIndex partition) {
  const auto at = assignment.find(topic);
  return at != assignment.end() && at->second.contains(partition);
}

}  // namespace millrace::groups
