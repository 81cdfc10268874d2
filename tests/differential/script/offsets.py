"""ListOffsets, DeleteRecords, OffsetForLeaderEpoch."""

from language import ALL, T0, Script, batch, record, ref

script = Script("offsets")
script.topic("listed", 2)
script.topic("listed-stamped", configs={"message.timestamp.type": "LogAppendTime"})
script.topic("listed-empty")


def produce(title, topic, *records, **bent):
    script.call(
        "Produce",
        title,
        {
            "transactional_id": None,
            "acks": -1,
            "timeout_ms": 5000,
            "topic_data": [
                {
                    "name": topic,
                    "topic_id": ref(f"id of {topic}"),
                    "partition_data": [{"index": 0, "records": batch(*records, **bent)}],
                }
            ],
        },
    )


produce("times that rise", "listed", record(at=1000), record(at=2000), record(at=3000))
produce("times that fall", "listed", record(at=9000), record(at=8000), record(at=7000))
produce("packed times that jump", "listed", record(at=4000), record(at=9000), record(at=6000), codec="zstd")
produce("to the topic with its own time", "listed-stamped", record(at=1), record(at=2))


def ask(title, *asked, topic="listed", versions="newest", **more):
    """asked: (partition, timestamp)"""
    parts = [{"partition_index": p, "current_leader_epoch": -1, "timestamp": t} | more for p, t in asked]
    script.call(
        "ListOffsets",
        title,
        {"replica_id": -1, "timeout_ms": 1000, "topics": [{"name": topic, "partitions": parts}]},
        versions=versions,
    )


for name, sentinel in {
    "latest": -1,
    "earliest": -2,
    "of the largest time": -3,
    "earliest local": -4,
    "latest tiered": -5,
    "earliest pending": -6,
    "of sentinel -7": -7,
    "of sentinel -100": -100,
}.items():
    ask(name, (0, sentinel), versions=ALL)
    ask(f"{name} of an empty log", (0, sentinel), topic="listed-empty")
    ask(f"{name} of broker times", (0, sentinel), topic="listed-stamped")
for at in [0, 1, 1000, 1001, 2000, 3000, 3001, 6500, 7000, 8500, 9000, 9001, 1 << 40]:
    ask(f"at {at}", (0, T0 + at if at else 0), versions=[1, 2, 5, 6, 7])
ask("at 0 of an empty log", (0, 0), topic="listed-empty", versions=ALL)
ask("of a partition too many", (7, -1), versions=ALL)
ask("of partition -1", (-1, -1))
ask("of an unknown topic", (0, -1), topic="nowhere", versions=ALL)
ask("of an illegal name", (0, -1), topic="no blanks")
ask("of good and bad partitions", (0, -1), (9, -1), (1, -2))
ask("of one partition twice", (0, -1), (0, -2), versions=ALL)
for epoch in [0, 1, 1000, -2]:
    ask(f"with the leader's epoch {epoch}", (0, -1), current_leader_epoch=epoch, versions=[4, 5, 6, 7])
for isolation in [0, 1, 2, -1]:
    part = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}
    script.call(
        "ListOffsets",
        f"isolation {isolation}",
        {
            "replica_id": -1,
            "isolation_level": isolation,
            "timeout_ms": 1000,
            "topics": [{"name": "listed", "partitions": [part]}],
        },
        versions=[2, 7],
    )
for replica in [-2, 1, 7]:
    part = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}
    script.call(
        "ListOffsets",
        f"as replica {replica}",
        {"replica_id": replica, "timeout_ms": 1000, "topics": [{"name": "listed", "partitions": [part]}]},
    )
script.call("ListOffsets", "of nothing", {"replica_id": -1, "topics": [], "timeout_ms": 1000}, versions=ALL)


def epochs(title, *asked, topic="listed", versions=ALL):
    """asked: (partition, the leader's epoch, the epoch asked for)"""
    parts = [{"partition": p, "current_leader_epoch": current, "leader_epoch": e} for p, current, e in asked]
    script.call(
        "OffsetForLeaderEpoch",
        title,
        {"replica_id": -1, "topics": [{"topic": topic, "partitions": parts}]},
        versions=versions,
    )


epochs("of epoch 0", (0, -1, 0))
epochs("of an epoch to come", (0, -1, 5))
epochs("of epoch -1", (0, -1, -1))
epochs("of an empty log", (0, -1, 0), topic="listed-empty")
epochs("with the leader's epoch", (0, 0, 0))
epochs("with an epoch to come", (0, 7, 0))
epochs("of a partition too many", (7, -1, 0))
epochs("of an unknown topic", (0, -1, 0), topic="nowhere")
epochs("of one partition twice", (0, -1, 0), (0, -1, 1))


def cut(title, *asked, topic="listed", versions="newest", timeout=5000):
    parts = [{"partition_index": p, "offset": o} for p, o in asked]
    script.call(
        "DeleteRecords",
        title,
        {"topics": [{"name": topic, "partitions": parts}], "timeout_ms": timeout},
        versions=versions,
    )


cut("up to 0", (0, 0), versions=ALL)
cut("up to 2", (0, 2), versions=ALL)
cut("up to less than before", (0, 1), versions=ALL)
ask("earliest after that", (0, -2))
ask("at a time that is gone", (0, T0 + 1000))
script.call(
    "Fetch",
    "of what is gone",
    {
        "replica_id": -1,
        "max_wait_ms": 10,
        "min_bytes": 1,
        "max_bytes": 1 << 20,
        "session_epoch": -1,
        "topics": [
            {
                "topic": "listed",
                "topic_id": ref("id of listed"),
                "partitions": [
                    {
                        "partition": 0,
                        "current_leader_epoch": -1,
                        "fetch_offset": 1,
                        "last_fetched_epoch": -1,
                        "log_start_offset": -1,
                        "partition_max_bytes": 1 << 20,
                    }
                ],
            }
        ],
        "forgotten_topics_data": [],
    },
    versions=ALL,
)
cut("beyond the end", (0, 100), versions=ALL)
cut("up to -2", (0, -2), versions=ALL)
cut("of a partition too many", (7, 0), versions=ALL)
cut("of an unknown topic", (0, 0), topic="nowhere", versions=ALL)
cut("of an internal topic", (0, 0), topic="__consumer_offsets")
cut("of good and bad partitions", (0, 3), (9, 0))
cut("of one partition twice", (0, 3), (0, 4))
cut("without time", (0, 4), timeout=0)
cut("up to the end", (0, -1), versions=ALL)
ask("earliest of a log that is empty again", (0, -2))
ask("latest of a log that is empty again", (0, -1))
ask("of the largest time of a log that is empty again", (0, -3))
epochs("of epoch 0 in a log that is empty again", (0, -1, 0))
script.call("DeleteRecords", "of nothing", {"topics": [], "timeout_ms": 1000}, versions=ALL)
for offset in [0, 5, 9, 10]:
    script.call(
        "Fetch",
        f"of a log that is empty again, from {offset}, last fetched in epoch 0",
        {
            "replica_id": -1,
            "max_wait_ms": 10,
            "min_bytes": 1,
            "max_bytes": 1 << 20,
            "session_epoch": -1,
            "topics": [
                {
                    "topic": "listed",
                    "topic_id": ref("id of listed"),
                    "partitions": [
                        {
                            "partition": 0,
                            "current_leader_epoch": 0,
                            "fetch_offset": offset,
                            "last_fetched_epoch": 0,
                            "log_start_offset": -1,
                            "partition_max_bytes": 1 << 20,
                        }
                    ],
                }
            ],
            "forgotten_topics_data": [],
        },
        versions=[12],
    )
