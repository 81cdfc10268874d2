"""Idempotent producers: sequences, duplicates, epochs, and what is asked of InitProducerId."""

from language import ALL, Script, batch, record, ref

script = Script("sequences")
script.topic("sequenced", 2)
script.topic("wrapped")
HELLO = {"transactional_id": None, "transaction_timeout_ms": 60_000, "producer_id": -1, "producer_epoch": -1}
script.call("InitProducerId", "an id", HELLO, until={"error_code": 0}, bind={"pid": "producer_id"})
script.call("InitProducerId", "another id", HELLO, bind={"pid 2": "producer_id"})
script.call(
    "InitProducerId",
    "without a transactional id the timeout means nothing",
    HELLO | {"transaction_timeout_ms": 0},
    versions=ALL,
)
script.call("InitProducerId", "a negative timeout", HELLO | {"transaction_timeout_ms": -1}, versions=ALL)
script.call("InitProducerId", "an empty transactional id", HELLO | {"transactional_id": ""}, versions=ALL)
script.call(
    "InitProducerId",
    "with an id and epoch of its own",
    HELLO | {"producer_id": ref("pid"), "producer_epoch": 0},
    versions=[3, 4],
)
script.call(
    "InitProducerId",
    "with an id but no epoch",
    HELLO | {"producer_id": ref("pid"), "producer_epoch": -1},
    versions=[3, 4],
)
script.call("InitProducerId", "with an epoch but no id", HELLO | {"producer_epoch": 3}, versions=[3, 4])
script.call(
    "InitProducerId", "with an id of a stranger", HELLO | {"producer_id": 987_654, "producer_epoch": 3}, versions=[3, 4]
)


script.call(
    "InitProducerId",
    "with a timeout of a day",
    HELLO | {"transactional_id": "tx", "transaction_timeout_ms": 86_400_000},
)


def produce(title, sequence, count=2, epoch=0, pid="pid", partition=0, versions="newest", topic="sequenced", **more):
    records = batch(
        *[record(b"%d" % i, at=i) for i in range(count)],
        producer_id=ref(pid),
        producer_epoch=epoch,
        base_sequence=sequence,
        **more,
    )
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
                    "partition_data": [{"index": partition, "records": records}],
                }
            ],
        },
        versions=versions,
    )


produce("first", 0)
produce("the same again", 0)
produce("next", 2)
produce("a gap", 7)
produce("an old overlap", 1)
produce("a longer batch from an old sequence", 2, count=3)
produce("next again", 4)
produce("and again", 6)
produce("and again, the fourth", 8)
produce("and again, the fifth", 10)
produce("and again, the sixth", 12)
produce("the first, which nobody remembers", 0)
produce("the second, which is the oldest remembered", 2)
produce("the last again", 12)
produce("another partition of the same producer", 0, partition=1)
produce("a new epoch not from 0", 14, epoch=1)
produce("a new epoch from 0", 0, epoch=1)
produce("the old epoch", 14, epoch=0)
produce("the old epoch in the oldest version", 14, epoch=0, versions=[3, 4, 5, 8])
produce("next of the new epoch", 2, epoch=1)
produce("an epoch skipped", 0, epoch=5)
produce("an unknown producer from 100", 100, pid="pid 2")
produce("its next", 102, pid="pid 2")
produce("its gap", 200, pid="pid 2", versions=ALL)
produce("the last sequence of all", 2_147_483_646, pid="pid 2", topic="wrapped")
produce("wrapped around", 0, pid="pid 2", topic="wrapped")
produce("wrapped around again", 0, pid="pid 2", topic="wrapped")
produce("in the middle of a batch", 1_000, pid="pid 2", partition=1)
produce("wrapping inside of a batch", 2_147_483_647, pid="pid", topic="wrapped", count=3)
produce("after that", 2, pid="pid", topic="wrapped")
script.call(
    "DescribeProducers",
    "of both",
    {"topics": [{"name": "sequenced", "partition_indexes": [0, 1]}, {"name": "wrapped", "partition_indexes": [0]}]},
)
script.call(
    "Fetch",
    "what is stored",
    {
        "replica_id": -1,
        "max_wait_ms": 50,
        "min_bytes": 1,
        "max_bytes": 1 << 20,
        "session_epoch": -1,
        "topics": [
            {
                "topic": "sequenced",
                "topic_id": ref("id of sequenced"),
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
)
