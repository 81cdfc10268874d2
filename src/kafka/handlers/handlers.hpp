#pragma once
// One function for every API served, each in a file of its name: translates a wire message into the engine's values,
// and the engine's answer back. Handlers decide nothing about topics, logs or groups. Any network thread; they never
// block, and keep nothing of the frame once they return.

#include "call.hpp"
#include "millrace/protocol/apis.hpp"

namespace millrace::kafka::handlers {

void handle(const Context&, const Call&, protocol::ProduceRequest, Answer<protocol::ProduceResponse>);
void handle(const Context&, const Call&, protocol::FetchRequest, Answer<protocol::FetchResponse>);
void handle(const Context&, const Call&, protocol::ListOffsetsRequest, Answer<protocol::ListOffsetsResponse>);
void handle(const Context&, const Call&, protocol::MetadataRequest, Answer<protocol::MetadataResponse>);
void handle(const Context&, const Call&, protocol::OffsetCommitRequest, Answer<protocol::OffsetCommitResponse>);
void handle(const Context&, const Call&, protocol::OffsetFetchRequest, Answer<protocol::OffsetFetchResponse>);
void handle(const Context&, const Call&, protocol::FindCoordinatorRequest, Answer<protocol::FindCoordinatorResponse>);
void handle(const Context&, const Call&, protocol::JoinGroupRequest, Answer<protocol::JoinGroupResponse>);
void handle(const Context&, const Call&, protocol::HeartbeatRequest, Answer<protocol::HeartbeatResponse>);
void handle(const Context&, const Call&, protocol::LeaveGroupRequest, Answer<protocol::LeaveGroupResponse>);
void handle(const Context&, const Call&, protocol::SyncGroupRequest, Answer<protocol::SyncGroupResponse>);
void handle(const Context&, const Call&, protocol::DescribeGroupsRequest, Answer<protocol::DescribeGroupsResponse>);
void handle(const Context&, const Call&, protocol::ListGroupsRequest, Answer<protocol::ListGroupsResponse>);
void handle(const Context&, const Call&, protocol::CreateTopicsRequest, Answer<protocol::CreateTopicsResponse>);
void handle(const Context&, const Call&, protocol::DeleteTopicsRequest, Answer<protocol::DeleteTopicsResponse>);
void handle(const Context&, const Call&, protocol::DeleteRecordsRequest, Answer<protocol::DeleteRecordsResponse>);
void handle(const Context&, const Call&, protocol::InitProducerIdRequest, Answer<protocol::InitProducerIdResponse>);
void handle(const Context&, const Call&, protocol::OffsetForLeaderEpochRequest,
            Answer<protocol::OffsetForLeaderEpochResponse>);
void handle(const Context&, const Call&, protocol::DescribeConfigsRequest, Answer<protocol::DescribeConfigsResponse>);
void handle(const Context&, const Call&, protocol::AlterConfigsRequest, Answer<protocol::AlterConfigsResponse>);
void handle(const Context&, const Call&, protocol::AlterReplicaLogDirsRequest,
            Answer<protocol::AlterReplicaLogDirsResponse>);
void handle(const Context&, const Call&, protocol::DescribeLogDirsRequest, Answer<protocol::DescribeLogDirsResponse>);
void handle(const Context&, const Call&, protocol::CreatePartitionsRequest, Answer<protocol::CreatePartitionsResponse>);
void handle(const Context&, const Call&, protocol::DeleteGroupsRequest, Answer<protocol::DeleteGroupsResponse>);
void handle(const Context&, const Call&, protocol::ElectLeadersRequest, Answer<protocol::ElectLeadersResponse>);
void handle(const Context&, const Call&, protocol::IncrementalAlterConfigsRequest,
            Answer<protocol::IncrementalAlterConfigsResponse>);
void handle(const Context&, const Call&, protocol::AlterPartitionReassignmentsRequest,
            Answer<protocol::AlterPartitionReassignmentsResponse>);
void handle(const Context&, const Call&, protocol::ListPartitionReassignmentsRequest,
            Answer<protocol::ListPartitionReassignmentsResponse>);
void handle(const Context&, const Call&, protocol::OffsetDeleteRequest, Answer<protocol::OffsetDeleteResponse>);
void handle(const Context&, const Call&, protocol::DescribeQuorumRequest, Answer<protocol::DescribeQuorumResponse>);
void handle(const Context&, const Call&, protocol::DescribeClusterRequest, Answer<protocol::DescribeClusterResponse>);
void handle(const Context&, const Call&, protocol::DescribeProducersRequest,
            Answer<protocol::DescribeProducersResponse>);
void handle(const Context&, const Call&, protocol::ConsumerGroupHeartbeatRequest,
            Answer<protocol::ConsumerGroupHeartbeatResponse>);
void handle(const Context&, const Call&, protocol::ConsumerGroupDescribeRequest,
            Answer<protocol::ConsumerGroupDescribeResponse>);
void handle(const Context&, const Call&, protocol::ListConfigResourcesRequest,
            Answer<protocol::ListConfigResourcesResponse>);
void handle(const Context&, const Call&, protocol::DescribeTopicPartitionsRequest,
            Answer<protocol::DescribeTopicPartitionsResponse>);

}  // namespace millrace::kafka::handlers
