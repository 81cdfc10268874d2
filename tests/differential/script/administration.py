"""What administrators ask beside topics and configurations."""

from language import ALL, Script, batch, record, ref

script = Script("administration")
script.topic("managed", 2)


def partitions(title, name, count, assignments=None, versions=ALL, **more):
    topic = {"name": name, "count": count, "assignments": assignments and [{"broker_ids": a} for a in assignments]}
    script.call(
        "CreatePartitions",
        title,
        {"topics": [topic], "timeout_ms": 10_000, "validate_only": False} | more,
        versions=versions,
    )


partitions("only to validate", "managed", 5, validate_only=True)
partitions("to 3", "managed", 3, versions=[0])
partitions("to 4", "managed", 4, versions=[1])
partitions("to what it has", "managed", 4)
partitions("to fewer", "managed", 1)
partitions("to 0", "managed", 0)
partitions("to -1", "managed", -1)
partitions("of an unknown topic", "nowhere", 3)
partitions("of an illegal name", "no blanks", 3)
partitions("assigned", "managed", 5, [[1]], versions=[3])
partitions("assigned to a stranger", "managed", 6, [[7]])
partitions("assigned to too few", "managed", 7, [[1]])
partitions("assigned to too many", "managed", 6, [[1], [1]])
partitions("assigned to two", "managed", 6, [[1, 1]])
partitions("assigned to none", "managed", 6, [[]])
script.call(
    "CreatePartitions",
    "one topic twice",
    {"topics": [{"name": "managed", "count": n, "assignments": None} for n in (6, 7)], "timeout_ms": 10_000},
    versions=ALL,
)
script.call("CreatePartitions", "of nothing", {"topics": [], "timeout_ms": 10_000}, versions=ALL)
script.call("Metadata", "after that", {"topics": [{"name": "managed"}], "allow_auto_topic_creation": False})

script.call("DescribeCluster", "plain", {"endpoint_type": 1}, versions=ALL)
script.call(
    "DescribeCluster",
    "with authorized operations",
    {"endpoint_type": 1, "include_cluster_authorized_operations": True, "include_fenced_brokers": True},
    versions=ALL,
)
script.call("DescribeCluster", "of controllers", {"endpoint_type": 2}, versions=[1, 2])
script.call("DescribeCluster", "of endpoint 9", {"endpoint_type": 9}, versions=[1, 2])


def describe(title, *names, limit=2000, cursor=None):
    script.call(
        "DescribeTopicPartitions",
        title,
        {"topics": [{"name": n} for n in names], "response_partition_limit": limit, "cursor": cursor},
    )


describe("of one", "managed")
describe("of two in the wrong order", "plain", "managed")
describe("of an unknown one", "nowhere")
describe("of an illegal name", "no blanks")
describe("of one twice", "managed", "managed")
describe("at most 2", "managed", "plain", limit=2)
describe("at most 0", "managed", limit=0)
describe("at most -1", "managed", limit=-1)
describe("at most 4 of a topic of 4", "managed", limit=4)
describe("at most 4 of two topics", "managed", "plain", limit=4)
describe("at most 5 of two topics", "managed", "plain", limit=5)
describe("at most 4 and an unknown one behind", "managed", "nowhere", limit=4)
describe("from a cursor at its end", "managed", "plain", cursor={"topic_name": "managed", "partition_index": 4})
describe("from a cursor beyond its end", "managed", "plain", cursor={"topic_name": "managed", "partition_index": 9})
describe("from a cursor of another topic", "managed", "plain", cursor={"topic_name": "nearby", "partition_index": 3})
describe("of all from a cursor", cursor={"topic_name": "managed", "partition_index": 1}, limit=3)
describe("from a cursor", "managed", "plain", cursor={"topic_name": "managed", "partition_index": 3})
describe("from a cursor behind all", "managed", cursor={"topic_name": "zzz", "partition_index": 0})
describe("from a negative cursor", "managed", cursor={"topic_name": "managed", "partition_index": -1})

script.call(
    "Produce",
    "something to measure",
    {
        "transactional_id": None,
        "acks": -1,
        "timeout_ms": 5000,
        "topic_data": [
            {
                "name": "managed",
                "topic_id": ref("id of managed"),
                "partition_data": [{"index": 0, "records": batch(record(b"x" * 500))}],
            }
        ],
    },
)
script.call(
    "DescribeLogDirs", "of one partition", {"topics": [{"topic": "managed", "partitions": [0, 1]}]}, versions=ALL
)
script.call(
    "DescribeLogDirs", "of a partition too many", {"topics": [{"topic": "managed", "partitions": [99]}]}, versions=ALL
)
script.call(
    "DescribeLogDirs", "of an unknown topic", {"topics": [{"topic": "nowhere", "partitions": [0]}]}, versions=ALL
)
script.call("DescribeLogDirs", "of nothing", {"topics": []}, versions=ALL)
script.call(
    "DescribeLogDirs", "where it is", {"topics": [{"topic": "managed", "partitions": [0]}]}, bind={"here": "results.0.log_dir"}
)


def move(title, path, *topics):
    named = [{"name": name, "partitions": list(partitions)} for name, *partitions in topics]
    script.call("AlterReplicaLogDirs", title, {"dirs": [{"path": path, "topics": named}]}, versions=ALL)


move("to where it is", ref("here"), ("managed", 0, 1))
move("to a directory that is none", "/nowhere", ("managed", 0), ("nowhere", 0))
move("of what is not there", ref("here"), ("managed", 99), ("nowhere", 0))
move("of nothing", "/nowhere")
move("to no directory", "", ("managed", 0))


def quorum(title, *topics):
    named = [{"topic_name": n, "partitions": [{"partition_index": i} for i in indexes]} for n, *indexes in topics]
    script.call("DescribeQuorum", title, {"topics": named}, versions=ALL)


quorum("of the metadata", ("__cluster_metadata", 0))
quorum("of another partition", ("__cluster_metadata", 1))
quorum("of a topic", ("managed", 0))
quorum("of both", ("__cluster_metadata", 0), ("managed", 0))
quorum("of nothing")
quorum("of no partitions", ("__cluster_metadata",))


def producers(title, name, *indexes):
    script.call("DescribeProducers", title, {"topics": [{"name": name, "partition_indexes": list(indexes)}]})


script.call(
    "InitProducerId",
    "a producer to describe",
    {"transactional_id": None, "transaction_timeout_ms": 60_000, "producer_id": -1, "producer_epoch": -1},
    bind={"described": "producer_id"},
)
for sequence in (0, 2):
    script.call(
        "Produce",
        f"of it, from sequence {sequence}",
        {
            "transactional_id": None,
            "acks": -1,
            "timeout_ms": 5000,
            "topic_data": [
                {
                    "name": "managed",
                    "topic_id": ref("id of managed"),
                    "partition_data": [
                        {
                            "index": 1,
                            "records": batch(
                                record(b"a"),
                                record(b"b"),
                                producer_id=ref("described"),
                                producer_epoch=0,
                                base_sequence=sequence,
                            ),
                        }
                    ],
                }
            ],
        },
    )
producers("of one", "managed", 1)
producers("of one partition twice", "managed", 1, 1)
producers("of nobody", "managed", 0)
producers("of a partition too many", "managed", 99)
producers("of an unknown topic", "nowhere", 0)
producers("of an illegal name", "no blanks", 0)


def elect(title, topics, kind=0):
    script.call(
        "ElectLeaders", title, {"election_type": kind, "topic_partitions": topics, "timeout_ms": 5000}, versions=ALL
    )


elect("of one", [{"topic": "managed", "partitions": [0]}])
elect("of all", None)
elect("of none", [])
elect("of an unknown topic", [{"topic": "nowhere", "partitions": [0]}])
elect("of a partition too many", [{"topic": "managed", "partitions": [99]}])
elect("unclean", [{"topic": "managed", "partitions": [0]}], 1)
elect("of a kind that is none", [{"topic": "managed", "partitions": [0]}], 9)


def reassign(title, name, index, replicas, **more):
    script.call(
        "AlterPartitionReassignments",
        title,
        {
            "timeout_ms": 5000,
            "allow_replication_factor_change": True,
            "topics": [{"name": name, "partitions": [{"partition_index": index, "replicas": replicas}]}],
        }
        | more,
        versions=ALL,
    )


reassign("to where it is", "managed", 0, [1])
reassign("to a stranger", "managed", 0, [7])
reassign("to two of one", "managed", 0, [1, 1])
reassign("to none", "managed", 0, [])
reassign("cancelled", "managed", 0, None)
reassign("of an unknown topic", "nowhere", 0, [1])
reassign("of a partition too many", "managed", 99, [1])
script.call("ListPartitionReassignments", "of all", {"timeout_ms": 5000, "topics": None})
script.call(
    "ListPartitionReassignments",
    "of one",
    {"timeout_ms": 5000, "topics": [{"name": "managed", "partition_indexes": [0]}]},
)
script.call(
    "ListPartitionReassignments",
    "of an unknown topic",
    {"timeout_ms": 5000, "topics": [{"name": "nowhere", "partition_indexes": [0]}]},
)
