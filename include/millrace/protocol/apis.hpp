#pragma once
// The messages served, and in which versions: the table of contents of the protocol. Dispatch, the answer to
// ApiVersions, the table in docs/protocol.md, the round-trip test and the fuzzer all run over this one list.
// A version may be listed only when every field of it is right.

#include <tuple>

#include "millrace/protocol/messages/alter_configs.hpp"
#include "millrace/protocol/messages/alter_partition_reassignments.hpp"
#include "millrace/protocol/messages/alter_replica_log_dirs.hpp"
#include "millrace/protocol/messages/api_versions.hpp"
#include "millrace/protocol/messages/consumer_group_describe.hpp"
#include "millrace/protocol/messages/consumer_group_heartbeat.hpp"
#include "millrace/protocol/messages/create_partitions.hpp"
#include "millrace/protocol/messages/create_topics.hpp"
#include "millrace/protocol/messages/delete_groups.hpp"
#include "millrace/protocol/messages/delete_records.hpp"
#include "millrace/protocol/messages/delete_topics.hpp"
#include "millrace/protocol/messages/describe_cluster.hpp"
#include "millrace/protocol/messages/describe_configs.hpp"
#include "millrace/protocol/messages/describe_groups.hpp"
#include "millrace/protocol/messages/describe_log_dirs.hpp"
#include "millrace/protocol/messages/describe_producers.hpp"
#include "millrace/protocol/messages/describe_quorum.hpp"
#include "millrace/protocol/messages/describe_topic_partitions.hpp"
#include "millrace/protocol/messages/elect_leaders.hpp"
#include "millrace/protocol/messages/fetch.hpp"
#include "millrace/protocol/messages/find_coordinator.hpp"
#include "millrace/protocol/messages/heartbeat.hpp"
#include "millrace/protocol/messages/incremental_alter_configs.hpp"
#include "millrace/protocol/messages/init_producer_id.hpp"
#include "millrace/protocol/messages/join_group.hpp"
#include "millrace/protocol/messages/leave_group.hpp"
#include "millrace/protocol/messages/list_config_resources.hpp"
#include "millrace/protocol/messages/list_groups.hpp"
#include "millrace/protocol/messages/list_offsets.hpp"
#include "millrace/protocol/messages/list_partition_reassignments.hpp"
#include "millrace/protocol/messages/metadata.hpp"
#include "millrace/protocol/messages/offset_commit.hpp"
#include "millrace/protocol/messages/offset_delete.hpp"
#include "millrace/protocol/messages/offset_fetch.hpp"
#include "millrace/protocol/messages/offset_for_leader_epoch.hpp"
#include "millrace/protocol/messages/produce.hpp"
#include "millrace/protocol/messages/sync_group.hpp"

namespace millrace::protocol {

template <class RequestMessage, class ResponseMessage>
struct Api {
  using Request = RequestMessage;
  using Response = ResponseMessage;
  static constexpr ApiShape shape = Request::shape;
};

/// Ascending by key.
using Apis = std::tuple<
    Api<ProduceRequest, ProduceResponse>, Api<FetchRequest, FetchResponse>,
    Api<ListOffsetsRequest, ListOffsetsResponse>, Api<MetadataRequest, MetadataResponse>,
    Api<OffsetCommitRequest, OffsetCommitResponse>, Api<OffsetFetchRequest, OffsetFetchResponse>,
    Api<FindCoordinatorRequest, FindCoordinatorResponse>, Api<JoinGroupRequest, JoinGroupResponse>,
    Api<HeartbeatRequest, HeartbeatResponse>, Api<LeaveGroupRequest, LeaveGroupResponse>,
    Api<SyncGroupRequest, SyncGroupResponse>, Api<DescribeGroupsRequest, DescribeGroupsResponse>,
    Api<ListGroupsRequest, ListGroupsResponse>, Api<ApiVersionsRequest, ApiVersionsResponse>,
    Api<CreateTopicsRequest, CreateTopicsResponse>, Api<DeleteTopicsRequest, DeleteTopicsResponse>,
    Api<DeleteRecordsRequest, DeleteRecordsResponse>, Api<InitProducerIdRequest, InitProducerIdResponse>,
    Api<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse>,
    Api<DescribeConfigsRequest, DescribeConfigsResponse>, Api<AlterConfigsRequest, AlterConfigsResponse>,
    Api<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse>, Api<DescribeLogDirsRequest, DescribeLogDirsResponse>,
    Api<CreatePartitionsRequest, CreatePartitionsResponse>, Api<DeleteGroupsRequest, DeleteGroupsResponse>,
    Api<ElectLeadersRequest, ElectLeadersResponse>,
    Api<IncrementalAlterConfigsRequest, IncrementalAlterConfigsResponse>,
    Api<AlterPartitionReassignmentsRequest, AlterPartitionReassignmentsResponse>,
    Api<ListPartitionReassignmentsRequest, ListPartitionReassignmentsResponse>,
    Api<OffsetDeleteRequest, OffsetDeleteResponse>, Api<DescribeQuorumRequest, DescribeQuorumResponse>,
    Api<DescribeClusterRequest, DescribeClusterResponse>, Api<DescribeProducersRequest, DescribeProducersResponse>,
    Api<ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse>,
    Api<ConsumerGroupDescribeRequest, ConsumerGroupDescribeResponse>,
    Api<ListConfigResourcesRequest, ListConfigResourcesResponse>,
    Api<DescribeTopicPartitionsRequest, DescribeTopicPartitionsResponse>>;

/// Calls visit(Api<…>{}) for every API, ascending by key.
template <class Visit>
constexpr void for_each_api(Visit&& visit) {
  std::apply([&](auto... api) { (visit(api), ...); }, Apis{});
}

/// Calls visit(Api<…>{}) for the API with this key; false when there is none.
template <class Visit>
constexpr bool with_api(std::int16_t key, Visit&& visit) {
  return std::apply(
      [&](auto... api) { return ((decltype(api)::shape.key == key ? (visit(api), true) : false) || ...); }, Apis{});
}

/// nullptr when the key is not served.
[[nodiscard]] const ApiShape* find_api(std::int16_t key) noexcept;

/// What the answer to ApiVersions lists. Produce claims to begin at 0, although 3 is the oldest served: librdkafka
/// before 2.11.1 sends its batches uncompressed otherwise, and Kafka 4 does the same.
[[nodiscard]] std::vector<ApiVersionsResponse::ApiKey> advertised();

/// An answer, and the version in which to encode it.
struct ApiVersionsAnswer {
  std::int16_t version = 0;
  ApiVersionsResponse body;
};

/// For a request of version `asked`. A version that is not served is answered in version 0, UNSUPPORTED_VERSION, with
/// our range for ApiVersions itself, so that the client can ask again (KIP-511); its body is not decoded.
[[nodiscard]] ApiVersionsAnswer api_versions_answer(std::int16_t asked);

}  // namespace millrace::protocol
