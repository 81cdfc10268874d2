"""The layouts of the requests and answers that the tests send and read, in the notation of schema.py.

Field order is wire order. The tables cover what a single broker serves to ordinary clients.
"""

from dataclasses import dataclass

from .schema import parse


@dataclass(frozen=True)
class Api:
    key: int
    name: str
    flexible_from: int | None
    request: str
    response: str

    def flexible(self, version):
        return self.flexible_from is not None and version >= self.flexible_from

    def request_fields(self):
        return parse(self.request)

    def response_fields(self):
        return parse(self.response)


_APIS = [
    Api(0, "Produce", 9,
        "transactional_id:str? acks:i16 timeout_ms:i32 topic_data[]{name:str@≤12 topic_id:uuid@13 "
        "partition_data[]{index:i32 records:records?}}",
        "responses[]{name:str@≤12 topic_id:uuid@13 partition_responses[]{index:i32 error_code:i16 base_offset:i64 "
        "log_append_time_ms:i64 log_start_offset:i64@5+ record_errors[]{batch_index:i32 "
        "batch_index_error_message:str?}@8+ error_message:str?@8+ current_leader{leader_id:i32 "
        "leader_epoch:i32}#0@10+}} throttle_time_ms:i32 node_endpoints[]{node_id:i32 host:str port:i32 "
        "rack:str?}#0@10+"),
    Api(1, "Fetch", 12,
        "cluster_id:str?#0@12+ replica_id:i32@≤14 replica_state{replica_id:i32 replica_epoch:i64}#1@15+ "
        "max_wait_ms:i32 min_bytes:i32 max_bytes:i32 isolation_level:i8 session_id:i32@7+ session_epoch:i32@7+ "
        "topics[]{topic:str@≤12 topic_id:uuid@13+ partitions[]{partition:i32 current_leader_epoch:i32@9+ "
        "fetch_offset:i64 last_fetched_epoch:i32@12+ log_start_offset:i64@5+ partition_max_bytes:i32 "
        "replica_directory_id:uuid#0@17+ high_watermark:i64#1@18}} forgotten_topics_data[]{topic:str@≤12 "
        "topic_id:uuid@13+ partitions[i32]}@7+ rack_id:str@11+",
        "throttle_time_ms:i32 error_code:i16@7+ session_id:i32@7+ responses[]{topic:str@≤12 topic_id:uuid@13+ "
        "partitions[]{partition_index:i32 error_code:i16 high_watermark:i64 last_stable_offset:i64 "
        "log_start_offset:i64@5+ diverging_epoch{epoch:i32 end_offset:i64}#0@12+ current_leader{leader_id:i32 "
        "leader_epoch:i32}#1@12+ snapshot_id{end_offset:i64 epoch:i32}#2@12+ "
        "aborted_transactions[]{producer_id:i64 first_offset:i64}? preferred_read_replica:i32@11+ "
        "records:records?}} node_endpoints[]{node_id:i32 host:str port:i32 rack:str?}#0@16+"),
    Api(2, "ListOffsets", 6,
        "replica_id:i32 isolation_level:i8@2+ topics[]{name:str partitions[]{partition_index:i32 "
        "current_leader_epoch:i32@4+ timestamp:i64}} timeout_ms:i32@10+",
        "throttle_time_ms:i32@2+ topics[]{name:str partitions[]{partition_index:i32 error_code:i16 timestamp:i64 "
        "offset:i64 leader_epoch:i32@4+}}"),
    Api(3, "Metadata", 9,
        "topics[]{topic_id:uuid@10+ name:str?(10+)}?(1+) allow_auto_topic_creation:bool@4+ "
        "include_cluster_authorized_operations:bool@8-10 include_topic_authorized_operations:bool@8+",
        "throttle_time_ms:i32@3+ brokers[]{node_id:i32 host:str port:i32 rack:str?@1+} cluster_id:str?@2+ "
        "controller_id:i32@1+ topics[]{error_code:i16 name:str?(12+) topic_id:uuid@10+ is_internal:bool@1+ "
        "partitions[]{error_code:i16 partition_index:i32 leader_id:i32 leader_epoch:i32@7+ replica_nodes[i32] "
        "isr_nodes[i32] offline_replicas[i32]@5+} topic_authorized_operations:i32@8+} "
        "cluster_authorized_operations:i32@8-10 error_code:i16@13"),
    Api(8, "OffsetCommit", 8,
        "group_id:str generation_id_or_member_epoch:i32 member_id:str group_instance_id:str?@7+ "
        "retention_time_ms:i64@≤4 topics[]{name:str@≤9 topic_id:uuid@10 partitions[]{partition_index:i32 "
        "committed_offset:i64 committed_leader_epoch:i32@6+ committed_metadata:str?}}",
        "throttle_time_ms:i32@3+ topics[]{name:str@≤9 topic_id:uuid@10 partitions[]{partition_index:i32 "
        "error_code:i16}}"),
    Api(9, "OffsetFetch", 6,
        "group_id:str@≤7 topics[]{name:str partition_indexes[i32]}?(2+)@≤7 groups[]{group_id:str "
        "member_id:str?@9+ member_epoch:i32@9+ topics[]{name:str@≤9 topic_id:uuid@10 partition_indexes[i32]}?}@8+ "
        "require_stable:bool@7+",
        "throttle_time_ms:i32@3+ topics[]{name:str partitions[]{partition_index:i32 committed_offset:i64 "
        "committed_leader_epoch:i32@5+ metadata:str? error_code:i16}}@≤7 error_code:i16@2-7 groups[]{group_id:str "
        "topics[]{name:str@≤9 topic_id:uuid@10 partitions[]{partition_index:i32 committed_offset:i64 "
        "committed_leader_epoch:i32 metadata:str? error_code:i16}} error_code:i16}@8+"),
    Api(10, "FindCoordinator", 3,
        "key:str@≤3 key_type:i8@1+ coordinator_keys[str]@4+",
        "throttle_time_ms:i32@1+ error_code:i16@≤3 error_message:str?@1-3 node_id:i32@≤3 host:str@≤3 port:i32@≤3 "
        "coordinators[]{key:str node_id:i32 host:str port:i32 error_code:i16 error_message:str?}@4+"),
    Api(11, "JoinGroup", 6,
        "group_id:str session_timeout_ms:i32 rebalance_timeout_ms:i32@1+ member_id:str group_instance_id:str?@5+ "
        "protocol_type:str protocols[]{name:str metadata:bytes} reason:str?@8+",
        "throttle_time_ms:i32@2+ error_code:i16 generation_id:i32 protocol_type:str?@7+ protocol_name:str?(7+) "
        "leader:str skip_assignment:bool@9 member_id:str members[]{member_id:str group_instance_id:str?@5+ "
        "metadata:bytes}"),
    Api(12, "Heartbeat", 4,
        "group_id:str generation_id:i32 member_id:str group_instance_id:str?@3+",
        "throttle_time_ms:i32@1+ error_code:i16"),
    Api(13, "LeaveGroup", 4,
        "group_id:str member_id:str@≤2 members[]{member_id:str group_instance_id:str? reason:str?@5}@3+",
        "throttle_time_ms:i32@1+ error_code:i16 members[]{member_id:str group_instance_id:str? error_code:i16}@3+"),
    Api(14, "SyncGroup", 4,
        "group_id:str generation_id:i32 member_id:str group_instance_id:str?@3+ protocol_type:str?@5 "
        "protocol_name:str?@5 assignments[]{member_id:str assignment:bytes}",
        "throttle_time_ms:i32@1+ error_code:i16 protocol_type:str?@5 protocol_name:str?@5 assignment:bytes"),
    Api(15, "DescribeGroups", 5,
        "groups[str] include_authorized_operations:bool@3+",
        "throttle_time_ms:i32@1+ groups[]{error_code:i16 error_message:str?@6 group_id:str group_state:str "
        "protocol_type:str protocol_data:str members[]{member_id:str group_instance_id:str?@4+ client_id:str "
        "client_host:str member_metadata:bytes member_assignment:bytes} authorized_operations:i32@3+}"),
    Api(16, "ListGroups", 3,
        "states_filter[str]@4+ types_filter[str]@5",
        "throttle_time_ms:i32@1+ error_code:i16 groups[]{group_id:str protocol_type:str group_state:str@4+ "
        "group_type:str@5}"),
    Api(17, "SaslHandshake", None,
        "mechanism:str",
        "error_code:i16 mechanisms[str]"),
    Api(18, "ApiVersions", 3,
        "client_software_name:str@3+ client_software_version:str@3+ cluster_id:str?@5 node_id:i32@5",
        "error_code:i16 api_keys[]{api_key:i16 min_version:i16 max_version:i16} throttle_time_ms:i32@1+ "
        "supported_features[]{name:str min_version:i16 max_version:i16}#0@3+ finalized_features_epoch:i64#1@3+ "
        "finalized_features[]{name:str max_version_level:i16 min_version_level:i16}#2@3+ "
        "zk_migration_ready:bool#3@3+"),
    Api(19, "CreateTopics", 5,
        "topics[]{name:str num_partitions:i32 replication_factor:i16 assignments[]{partition_index:i32 "
        "broker_ids[i32]} configs[]{name:str value:str?}} timeout_ms:i32 validate_only:bool",
        "throttle_time_ms:i32 topics[]{name:str topic_id:uuid@7 error_code:i16 error_message:str? "
        "topic_config_error_code:i16#0@5+ num_partitions:i32@5+ replication_factor:i16@5+ configs[]{name:str "
        "value:str? read_only:bool config_source:i8 is_sensitive:bool}?@5+}"),
    Api(20, "DeleteTopics", 4,
        "topics[]{name:str? topic_id:uuid}@6 topic_names[str]@≤5 timeout_ms:i32",
        "throttle_time_ms:i32 responses[]{name:str?(6+) topic_id:uuid@6 error_code:i16 error_message:str?@5+}"),
    Api(21, "DeleteRecords", 2,
        "topics[]{name:str partitions[]{partition_index:i32 offset:i64}} timeout_ms:i32",
        "throttle_time_ms:i32 topics[]{name:str partitions[]{partition_index:i32 low_watermark:i64 "
        "error_code:i16}}"),
    Api(22, "InitProducerId", 2,
        "transactional_id:str? transaction_timeout_ms:i32 producer_id:i64@3+ producer_epoch:i16@3+ "
        "enable_2pc:bool@6 keep_prepared_txn:bool@6",
        "throttle_time_ms:i32 error_code:i16 producer_id:i64 producer_epoch:i16 ongoing_txn_producer_id:i64@6 "
        "ongoing_txn_producer_epoch:i16@6"),
    Api(23, "OffsetForLeaderEpoch", 4,
        "replica_id:i32@3+ topics[]{topic:str partitions[]{partition:i32 current_leader_epoch:i32 "
        "leader_epoch:i32}}",
        "throttle_time_ms:i32 topics[]{topic:str partitions[]{error_code:i16 partition:i32 leader_epoch:i32 "
        "end_offset:i64}}"),
    Api(24, "AddPartitionsToTxn", 3,
        "transactions[]{transactional_id:str producer_id:i64 producer_epoch:i16 verify_only:bool "
        "topics[]{name:str partitions[i32]}}@4+ v3_and_below_transactional_id:str@≤3 "
        "v3_and_below_producer_id:i64@≤3 v3_and_below_producer_epoch:i16@≤3 v3_and_below_topics[]{name:str "
        "partitions[i32]}@≤3",
        "throttle_time_ms:i32 error_code:i16@4+ results_by_transaction[]{transactional_id:str "
        "topic_results[]{name:str results_by_partition[]{partition_index:i32 partition_error_code:i16}}}@4+ "
        "results_by_topic_v3_and_below[]{name:str results_by_partition[]{partition_index:i32 "
        "partition_error_code:i16}}@≤3"),
    Api(25, "AddOffsetsToTxn", 3,
        "transactional_id:str producer_id:i64 producer_epoch:i16 group_id:str",
        "throttle_time_ms:i32 error_code:i16"),
    Api(26, "EndTxn", 3,
        "transactional_id:str producer_id:i64 producer_epoch:i16 committed:bool",
        "throttle_time_ms:i32 error_code:i16 producer_id:i64@5 producer_epoch:i16@5"),
    Api(28, "TxnOffsetCommit", 3,
        "transactional_id:str group_id:str producer_id:i64 producer_epoch:i16 "
        "generation_id_or_member_epoch:i32@3+ member_id:str@3+ group_instance_id:str?@3+ topics[]{name:str@≤5 "
        "topic_id:uuid@6 partitions[]{partition_index:i32 committed_offset:i64 committed_leader_epoch:i32@2+ "
        "committed_metadata:str?}}",
        "throttle_time_ms:i32 topics[]{name:str@≤5 topic_id:uuid@6 partitions[]{partition_index:i32 "
        "error_code:i16}}"),
    Api(32, "DescribeConfigs", 4,
        "resources[]{resource_type:i8 resource_name:str configuration_keys[str]?} include_synonyms:bool "
        "include_documentation:bool@3+",
        "throttle_time_ms:i32 results[]{error_code:i16 error_message:str? resource_type:i8 resource_name:str "
        "configs[]{name:str value:str? read_only:bool config_source:i8 is_sensitive:bool synonyms[]{name:str "
        "value:str? source:i8} config_type:i8@3+ documentation:str?@3+}}"),
    Api(33, "AlterConfigs", 2,
        "resources[]{resource_type:i8 resource_name:str configs[]{name:str value:str?}} validate_only:bool",
        "throttle_time_ms:i32 responses[]{error_code:i16 error_message:str? resource_type:i8 resource_name:str}"),
    Api(34, "AlterReplicaLogDirs", 2,
        "dirs[]{path:str topics[]{name:str partitions[i32]}}",
        "throttle_time_ms:i32 results[]{topic_name:str partitions[]{partition_index:i32 error_code:i16}}"),
    Api(35, "DescribeLogDirs", 2,
        "topics[]{topic:str partitions[i32]}?",
        "throttle_time_ms:i32 error_code:i16@3+ results[]{error_code:i16 log_dir:str topics[]{name:str "
        "partitions[]{partition_index:i32 partition_size:i64 offset_lag:i64 is_future_key:bool}} total_bytes:i64@4+ "
        "usable_bytes:i64@4+ is_cordoned:bool@5}"),
    Api(36, "SaslAuthenticate", 2,
        "auth_bytes:bytes",
        "error_code:i16 error_message:str? auth_bytes:bytes session_lifetime_ms:i64@1+"),
    Api(37, "CreatePartitions", 2,
        "topics[]{name:str count:i32 assignments[]{broker_ids[i32]}?} timeout_ms:i32 validate_only:bool",
        "throttle_time_ms:i32 results[]{name:str error_code:i16 error_message:str?}"),
    Api(42, "DeleteGroups", 2,
        "groups_names[str]",
        "throttle_time_ms:i32 results[]{group_id:str error_code:i16 error_message:str?@3}"),
    Api(43, "ElectLeaders", 2,
        "election_type:i8@1+ topic_partitions[]{topic:str partitions[i32]}? timeout_ms:i32",
        "throttle_time_ms:i32 error_code:i16@1+ replica_election_results[]{topic:str "
        "partition_result[]{partition_id:i32 error_code:i16 error_message:str?}}"),
    Api(44, "IncrementalAlterConfigs", 1,
        "resources[]{resource_type:i8 resource_name:str configs[]{name:str config_operation:i8 value:str?}} "
        "validate_only:bool",
        "throttle_time_ms:i32 responses[]{error_code:i16 error_message:str? resource_type:i8 resource_name:str}"),
    Api(45, "AlterPartitionReassignments", 0,
        "timeout_ms:i32 allow_replication_factor_change:bool@1 topics[]{name:str partitions[]{partition_index:i32 "
        "replicas[i32]?}}",
        "throttle_time_ms:i32 allow_replication_factor_change:bool@1 error_code:i16 error_message:str? "
        "responses[]{name:str partitions[]{partition_index:i32 error_code:i16 error_message:str?}}"),
    Api(46, "ListPartitionReassignments", 0,
        "timeout_ms:i32 topics[]{name:str partition_indexes[i32]}?",
        "throttle_time_ms:i32 error_code:i16 error_message:str? topics[]{name:str partitions[]{partition_index:i32 "
        "replicas[i32] adding_replicas[i32] removing_replicas[i32]}}"),
    Api(47, "OffsetDelete", None,
        "group_id:str topics[]{name:str partitions[]{partition_index:i32}}",
        "error_code:i16 throttle_time_ms:i32 topics[]{name:str partitions[]{partition_index:i32 error_code:i16}}"),
    Api(55, "DescribeQuorum", 0,
        "topics[]{topic_name:str partitions[]{partition_index:i32}}",
        "error_code:i16 error_message:str?@2 topics[]{topic_name:str partitions[]{partition_index:i32 error_code:i16 "
        "error_message:str?@2 leader_id:i32 leader_epoch:i32 high_watermark:i64 "
        "current_voters[]{replica_id:i32 replica_directory_id:uuid@2 log_end_offset:i64 "
        "last_fetch_timestamp:i64@1+ last_caught_up_timestamp:i64@1+} "
        "observers[]{replica_id:i32 replica_directory_id:uuid@2 log_end_offset:i64 "
        "last_fetch_timestamp:i64@1+ last_caught_up_timestamp:i64@1+}}} "
        "nodes[]{node_id:i32 listeners[]{name:str host:str port:u16}}@2"),
    Api(60, "DescribeCluster", 0,
        "include_cluster_authorized_operations:bool endpoint_type:i8@1+ include_fenced_brokers:bool@2",
        "throttle_time_ms:i32 error_code:i16 error_message:str? endpoint_type:i8@1+ cluster_id:str "
        "controller_id:i32 brokers[]{broker_id:i32 host:str port:i32 rack:str? is_fenced:bool@2} "
        "cluster_authorized_operations:i32"),
    Api(61, "DescribeProducers", 0,
        "topics[]{name:str partition_indexes[i32]}",
        "throttle_time_ms:i32 topics[]{name:str partitions[]{partition_index:i32 error_code:i16 error_message:str? "
        "active_producers[]{producer_id:i64 producer_epoch:i32 last_sequence:i32 last_timestamp:i64 "
        "coordinator_epoch:i32 current_txn_start_offset:i64}}}"),
    Api(68, "ConsumerGroupHeartbeat", 0,
        "group_id:str member_id:str member_epoch:i32 instance_id:str? rack_id:str? rebalance_timeout_ms:i32 "
        "subscribed_topic_names[str]? subscribed_topic_regex:str?@1 server_assignor:str? "
        "topic_partitions[]{topic_id:uuid partitions[i32]}?",
        "throttle_time_ms:i32 error_code:i16 error_message:str? member_id:str? member_epoch:i32 "
        "heartbeat_interval_ms:i32 assignment{topic_partitions[]{topic_id:uuid partitions[i32]}}?"),
    Api(69, "ConsumerGroupDescribe", 0,
        "group_ids[str] include_authorized_operations:bool",
        "throttle_time_ms:i32 groups[]{error_code:i16 error_message:str? group_id:str group_state:str group_epoch:i32 "
        "assignment_epoch:i32 assignor_name:str members[]{member_id:str instance_id:str? rack_id:str? "
        "member_epoch:i32 client_id:str client_host:str subscribed_topic_names[str] subscribed_topic_regex:str? "
        "assignment{topic_partitions[]{topic_id:uuid topic_name:str partitions[i32]}} "
        "target_assignment{topic_partitions[]{topic_id:uuid topic_name:str partitions[i32]}} member_type:i8@1} "
        "authorized_operations:i32}"),
    Api(74, "ListConfigResources", 0,
        "resource_types[i8]@1",
        "throttle_time_ms:i32 error_code:i16 config_resources[]{resource_name:str resource_type:i8@1}"),
    Api(75, "DescribeTopicPartitions", 0,
        "topics[]{name:str} response_partition_limit:i32 cursor{topic_name:str partition_index:i32}?",
        "throttle_time_ms:i32 topics[]{error_code:i16 name:str? topic_id:uuid is_internal:bool "
        "partitions[]{error_code:i16 partition_index:i32 leader_id:i32 leader_epoch:i32 replica_nodes[i32] "
        "isr_nodes[i32] eligible_leader_replicas[i32]? last_known_elr[i32]? offline_replicas[i32]} "
        "topic_authorized_operations:i32} next_cursor{topic_name:str partition_index:i32}?"),
]

BY_NAME = {api.name: api for api in _APIS}
BY_KEY = {api.key: api for api in _APIS}

SUBSCRIPTION = parse(
    "topics[str] user_data:bytes? owned_partitions[]{topic:str partitions[i32]}@1+ generation_id:i32@2+ rack_id:str?@3"
)
ASSIGNMENT = parse("assigned_partitions[]{topic:str partitions[i32]} user_data:bytes?")
