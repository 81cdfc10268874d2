// CreatePartitions: a topic may grow, never shrink, for a key's records would be where nobody looks for them.

#include "millrace/broker/catalog.hpp"
#include "millrace/core/escaped.hpp"
#include "millrace/core/limits.hpp"

namespace millrace::broker {

namespace {

CreateAnswer refused(ErrorCode error, std::string message) { return {error, std::move(message), {}, {}}; }

/// As many as there are new partitions, each of this broker alone. Nothing, or which rule is broken.
std::optional<std::string> assignment_fault(const std::vector<std::vector<std::int32_t>>& assignments,
                                            std::int32_t added, std::int32_t broker_id) {
  if (assignments.size() != static_cast<std::size_t>(added)) {
    return "the replica assignment has " + std::to_string(assignments.size()) + " entries for " +
           std::to_string(added) + " new partitions";
  }
  for (const auto& brokers : assignments) {
    if (brokers.size() != 1 || brokers.front() != broker_id) {
      return "the replica assignment of each new partition must be broker " + std::to_string(broker_id) +
             ", the only one";
    }
  }
  return std::nullopt;
}

}  // namespace

CreateAnswer Catalog::create_partitions(const CreatePartitions& wanted, const CatalogRules& rules) const {
  const auto quoted = "topic \"" + escaped(wanted.name) + "\"";
  const auto topic = find(wanted.name);
  if (const auto view = named_view(wanted.name)) {
    return refused(ErrorCode::invalid_topic_exception, quoted + " is " + *view + ", and has that topic's partitions");
  }
  if (!topic) return refused(ErrorCode::unknown_topic_or_partition, quoted + " does not exist");
  if (topic->is_internal || is_reserved_name(wanted.name)) {
    return refused(ErrorCode::invalid_topic_exception, quoted + " is the broker's own and keeps its partitions");
  }
  const auto count = quoted + ": count " + std::to_string(wanted.count);
  if (wanted.count <= topic->partitions) {
    return refused(ErrorCode::invalid_partitions,
                   count + " must be more than the " + std::to_string(topic->partitions) + " that it has");
  }
  if (wanted.count > limits::partitions_per_topic_max) {
    return refused(ErrorCode::invalid_partitions,
                   count + " must be at most " + std::to_string(limits::partitions_per_topic_max));
  }
  const auto added = wanted.count - topic->partitions;
  if (partitions_ + added > limits::partitions_total_max) {
    return refused(ErrorCode::invalid_partitions, count + " would make more than the " +
                                                      std::to_string(limits::partitions_total_max) +
                                                      " partitions that this broker holds");
  }
  if (wanted.assignments) {
    if (auto fault = assignment_fault(*wanted.assignments, added, rules.broker_id)) {
      return refused(ErrorCode::invalid_replica_assignment, quoted + ": " + *fault);
    }
  }
  CreateAnswer answer;
  answer.topic = *topic;
  answer.topic->partitions = wanted.count;
  if (!wanted.validate_only) {
    const auto& grown = *answer.topic;
    answer.events.emplace_back(
        TopicChanged{grown.name, grown.id, grown.partitions, grown.configs, grown.created_at, grown.is_internal});
  }
  return answer;
}

}  // namespace millrace::broker
