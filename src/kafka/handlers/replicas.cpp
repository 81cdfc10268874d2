// ElectLeaders, AlterPartitionReassignments, ListPartitionReassignments and AlterReplicaLogDirs, as one broker with one
// directory can answer them: it leads every partition, holds the only replica, and moves none.

#include "handlers.hpp"
#include "millrace/runtime/broker_runtime.hpp"

namespace millrace::kafka::handlers {

using protocol::AlterPartitionReassignmentsRequest;
using protocol::AlterPartitionReassignmentsResponse;
using protocol::AlterReplicaLogDirsRequest;
using protocol::AlterReplicaLogDirsResponse;
using protocol::ElectLeadersRequest;
using protocol::ElectLeadersResponse;
using protocol::ListPartitionReassignmentsRequest;
using protocol::ListPartitionReassignmentsResponse;

namespace {

constexpr std::int8_t preferred_election = 0, unclean_election = 1;

template <class Partition>
void refuse(Partition& into, ErrorCode error, std::string message) {
  into.error_code = error;
  into.error_message = std::move(message);
}

}  // namespace

void handle(const Context& context, const Call&, ElectLeadersRequest request, Answer<ElectLeadersResponse> answer) {
  ElectLeadersResponse response;
  const auto topology = context.broker.topology();
  const auto type = request.election_type;
  const bool is_known = type == preferred_election || type == unclean_election;
  if (!is_known) response.error_code = ErrorCode::invalid_request;
  // Of all partitions only those are told that got a leader or could not: none.
  if (!request.topic_partitions) return answer.send(response);
  for (const auto& topic : *request.topic_partitions) {
    auto& into = response.replica_election_results.emplace_back();
    into.topic = topic.topic;
    for (const auto index : topic.partitions) {
      auto& result = into.partition_result.emplace_back();
      result.partition_id = index;
      if (!is_known) {
        refuse(result, ErrorCode::invalid_request,
               "election_type: " + std::to_string(type) + " is not 0 (preferred) or 1 (unclean)");
      } else if (topology->find(topic.topic, index)) {
        refuse(result, ErrorCode::election_not_needed, "this broker leads it");
      } else {
        refuse(result, ErrorCode::unknown_topic_or_partition, "there is no such partition");
      }
    }
  }
  answer.send(response);
}

void handle(const Context& context, const Call&, AlterPartitionReassignmentsRequest request,
            Answer<AlterPartitionReassignmentsResponse> answer) {
  AlterPartitionReassignmentsResponse response;
  response.allow_replication_factor_change = request.allow_replication_factor_change;
  const auto self = context.broker.broker_id();
  const auto topology = context.broker.topology();
  for (const auto& topic : request.topics) {
    auto& into = response.responses.emplace_back();
    into.name = topic.name;
    for (const auto& partition : topic.partitions) {
      auto& result = into.partitions.emplace_back();
      result.partition_index = partition.partition_index;
      if (!topology->find(topic.name, partition.partition_index)) {
        refuse(result, ErrorCode::unknown_topic_or_partition, "there is no such partition");
      } else if (!partition.replicas) {
        result.error_code = ErrorCode::no_reassignment_in_progress;
      } else if (*partition.replicas != std::vector{self}) {
        refuse(result, ErrorCode::invalid_replica_assignment,
               "replicas must be broker " + std::to_string(self) + ", the only one");
      }
    }
  }
  answer.send(response);
}

void handle(const Context&, const Call&, ListPartitionReassignmentsRequest,
            Answer<ListPartitionReassignmentsResponse> answer) {
  answer.send({});
}

void handle(const Context& context, const Call&, AlterReplicaLogDirsRequest request,
            Answer<AlterReplicaLogDirsResponse> answer) {
  AlterReplicaLogDirsResponse response;
  const auto topology = context.broker.topology();
  const auto here = context.broker.data_directory().path;
  for (const auto& directory : request.dirs) {
    for (const auto& topic : directory.topics) {
      auto& into = response.results.emplace_back();
      into.topic_name = topic.name;
      for (const auto index : topic.partitions) {
        auto& result = into.partitions.emplace_back();
        result.partition_index = index;
        if (directory.path != here) {
          result.error_code = ErrorCode::log_dir_not_found;
        } else if (!topology->find(topic.name, index)) {
          result.error_code = ErrorCode::unknown_topic_or_partition;
        }
      }
    }
  }
  answer.send(response);
}

}  // namespace millrace::kafka::handlers
