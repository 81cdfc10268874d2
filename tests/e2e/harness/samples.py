"""One sensible request for every API, at any version; hostile tests bend these, wire tests send them straight."""

from . import batches
from .records import Record, now_ms

DATA_APIS = ["Produce", "Fetch", "ListOffsets", "Metadata", "DeleteRecords", "OffsetForLeaderEpoch"]
GROUP_APIS = [
    "OffsetCommit", "OffsetFetch", "FindCoordinator", "JoinGroup", "Heartbeat", "LeaveGroup", "SyncGroup",
    "DescribeGroups", "ListGroups", "DeleteGroups", "OffsetDelete", "ConsumerGroupHeartbeat", "ConsumerGroupDescribe",
]  # fmt: skip
ADMIN_APIS = ["ApiVersions", "CreateTopics", "DeleteTopics", "InitProducerId", "DescribeConfigs", "CreatePartitions",
              "AlterConfigs", "IncrementalAlterConfigs", "ElectLeaders", "AlterPartitionReassignments",
              "ListPartitionReassignments", "DescribeCluster", "DescribeLogDirs", "DescribeProducers",
              "DescribeTopicPartitions", "ListConfigResources", "DescribeQuorum", "AlterReplicaLogDirs"]  # fmt: skip
ALL = DATA_APIS + GROUP_APIS + ADMIN_APIS


def small_batch(count=2):
    return batches.build([Record(b"key", b"value %d" % i, (("h", b"v"),), now_ms()) for i in range(count)])


def sample(name, topic, group="sample-group"):
    """The fields for every version; the encoder leaves out what a version does not have."""
    return _SAMPLES[name](topic, group)


def _one(topic, **partition):
    return [{"name": topic, "partitions": [partition]}]


_SAMPLES = {
    "Produce": lambda topic, group: {
        "transactional_id": None,
        "acks": -1,
        "timeout_ms": 5000,
        "topic_data": [{"name": topic, "partition_data": [{"index": 0, "records": small_batch()}]}],
    },
    "Fetch": lambda topic, group: {
        "replica_id": -1,
        "max_wait_ms": 50,
        "min_bytes": 1,
        "max_bytes": 1 << 20,
        "session_epoch": -1,
        "topics": [
            {
                "topic": topic,
                "partitions": [
                    {
                        "partition": 0,
                        "current_leader_epoch": -1,
                        "fetch_offset": 0,
                        "last_fetched_epoch": -1,
                        "log_start_offset": -1,
                        "partition_max_bytes": 1 << 20,
                    }
                ],
            }
        ],
        "forgotten_topics_data": [],
    },
    "ListOffsets": lambda topic, group: {
        "replica_id": -1,
        "topics": _one(topic, partition_index=0, current_leader_epoch=-1, timestamp=-1),
    },
    "Metadata": lambda topic, group: {"topics": [{"name": topic}], "allow_auto_topic_creation": False},
    "DeleteRecords": lambda topic, group: {"topics": _one(topic, partition_index=0, offset=0), "timeout_ms": 5000},
    "OffsetForLeaderEpoch": lambda topic, group: {
        "replica_id": -1,
        "topics": [{"topic": topic, "partitions": [{"partition": 0, "current_leader_epoch": -1, "leader_epoch": 0}]}],
    },
    "OffsetCommit": lambda topic, group: {
        "group_id": group,
        "generation_id_or_member_epoch": -1,
        "member_id": "",
        "group_instance_id": None,
        "retention_time_ms": -1,
        "topics": _one(
            topic, partition_index=0, committed_offset=1, committed_leader_epoch=-1, committed_metadata="note"
        ),
    },
    "OffsetFetch": lambda topic, group: {
        "group_id": group,
        "topics": [{"name": topic, "partition_indexes": [0]}],
        "groups": [{"group_id": group, "member_epoch": -1, "topics": [{"name": topic, "partition_indexes": [0]}]}],
    },
    "ConsumerGroupHeartbeat": lambda topic, group: {
        "group_id": group + "-consumers",
        "member_id": "member",
        "member_epoch": 0,
        "instance_id": None,
        "rack_id": "rack",
        "rebalance_timeout_ms": 30_000,
        "subscribed_topic_names": [topic],
        "subscribed_topic_regex": topic + ".*",
        "server_assignor": "range",
        "topic_partitions": [],
    },
    "ConsumerGroupDescribe": lambda topic, group: {
        "group_ids": [group + "-consumers"],
        "include_authorized_operations": True,
    },
    "FindCoordinator": lambda topic, group: {"key": group, "key_type": 0, "coordinator_keys": [group]},
    "JoinGroup": lambda topic, group: {
        "group_id": group + "-join",
        "session_timeout_ms": 6000,
        "rebalance_timeout_ms": 1000,
        "member_id": "",
        "group_instance_id": None,
        "protocol_type": "consumer",
        "protocols": [{"name": "range", "metadata": b"\0\0\0\0\0\0\0\0\0\0"}],
    },
    "Heartbeat": lambda topic, group: {"group_id": group, "generation_id": 1, "member_id": "nobody"},
    "LeaveGroup": lambda topic, group: {
        "group_id": group,
        "member_id": "nobody",
        "members": [{"member_id": "nobody", "group_instance_id": None}],
    },
    "SyncGroup": lambda topic, group: {
        "group_id": group,
        "generation_id": 1,
        "member_id": "nobody",
        "protocol_type": "consumer",
        "protocol_name": "range",
        "assignments": [{"member_id": "nobody", "assignment": b"assignment"}],
    },
    "DescribeGroups": lambda topic, group: {"groups": [group]},
    "DeleteGroups": lambda topic, group: {"groups_names": [group + "-absent"]},
    "OffsetDelete": lambda topic, group: {
        "group_id": group + "-absent",
        "topics": [{"name": topic, "partitions": [{"partition_index": 0}]}],
    },
    "ListGroups": lambda topic, group: {"states_filter": ["Stable"], "types_filter": ["classic"]},
    "ApiVersions": lambda topic, group: {"client_software_name": "e2e", "client_software_version": "1.0", "node_id": -1},
    "CreateTopics": lambda topic, group: {
        "topics": [
            {
                "name": topic + "-created",
                "num_partitions": 1,
                "replication_factor": 1,
                "configs": [{"name": "retention.ms", "value": "1000"}],
            }
        ],
        "timeout_ms": 5000,
        "validate_only": True,
    },
    "CreatePartitions": lambda topic, group: {
        "topics": [{"name": topic + "-unknown", "count": 2, "assignments": None}],
        "timeout_ms": 5000,
        "validate_only": True,
    },
    "AlterConfigs": lambda topic, group: {
        "resources": [{"resource_type": 2, "resource_name": topic + "-unknown", "configs": []}],
        "validate_only": True,
    },
    "IncrementalAlterConfigs": lambda topic, group: {
        "resources": [{"resource_type": 2, "resource_name": topic + "-unknown", "configs": []}],
        "validate_only": True,
    },
    "DescribeQuorum": lambda topic, group: {
        "topics": [{"topic_name": "__cluster_metadata", "partitions": [{"partition_index": 0}]}]
    },
    "AlterReplicaLogDirs": lambda topic, group: {
        "dirs": [{"path": "/nowhere", "topics": [{"name": topic, "partitions": [0]}]}]
    },
    "ElectLeaders": lambda topic, group: {"topic_partitions": [{"topic": topic, "partitions": [0]}], "timeout_ms": 1000},
    "AlterPartitionReassignments": lambda topic, group: {
        "topics": [{"name": topic, "partitions": [{"partition_index": 0, "replicas": None}]}],
        "timeout_ms": 1000,
    },
    "ListPartitionReassignments": lambda topic, group: {"topics": None, "timeout_ms": 1000},
    "DescribeLogDirs": lambda topic, group: {"topics": [{"topic": topic, "partitions": [0]}]},
    "DescribeProducers": lambda topic, group: {"topics": [{"name": topic, "partition_indexes": [0]}]},
    "DescribeTopicPartitions": lambda topic, group: {
        "topics": [{"name": topic}],
        "response_partition_limit": 10,
        "cursor": {"topic_name": topic, "partition_index": 0},
    },
    "ListConfigResources": lambda topic, group: {"resource_types": [2, 4]},
    "DescribeCluster": lambda topic, group: {"endpoint_type": 1},
    "DeleteTopics": lambda topic, group: {
        "topics": [{"name": topic + "-unknown"}],
        "topic_names": [topic + "-unknown"],
        "timeout_ms": 5000,
    },
    "InitProducerId": lambda topic, group: {
        "transactional_id": None,
        "transaction_timeout_ms": 60_000,
        "producer_id": -1,
        "producer_epoch": -1,
    },
    "DescribeConfigs": lambda topic, group: {
        "resources": [{"resource_type": 2, "resource_name": topic, "configuration_keys": None}],
    },
}
