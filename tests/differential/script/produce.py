"""Produce: acks, topics, partitions, sizes, and topics that rewrite what they are sent."""

from language import ALL, T0, Script, batch, record, ref, text

script = Script("produce")
script.topic("produced", 2)
script.topic("stamped", configs={"message.timestamp.type": "LogAppendTime"})
script.topic("gzipped", configs={"compression.type": "gzip"})
script.topic("unpacked", configs={"compression.type": "uncompressed"})
script.topic("narrow", configs={"max.message.bytes": "200"})
script.topic("recent", configs={"message.timestamp.before.max.ms": "60000"})


def produce(title, *topics, versions="newest", acks=-1, on="main", patience=20, **more):
    """topics: (name, (index, records), …)"""
    data = [
        {
            "name": name,
            "topic_id": ref(f"id of {name}"),
            "partition_data": [{"index": i, "records": r} for i, r in parts],
        }
        for name, *parts in topics
    ]
    fields = {"transactional_id": None, "acks": acks, "timeout_ms": 5000, "topic_data": data} | more
    script.call("Produce", title, fields, versions=versions, on=on, patience=patience)


def fetch(title, topic, partition=0, offset=0, versions="newest"):
    """What was stored, batch by batch."""
    asked = {
        "partition": partition,
        "current_leader_epoch": -1,
        "fetch_offset": offset,
        "last_fetched_epoch": -1,
        "log_start_offset": -1,
        "partition_max_bytes": 1 << 20,
    }
    script.call(
        "Fetch",
        title,
        {
            "replica_id": -1,
            "max_wait_ms": 50,
            "min_bytes": 1,
            "max_bytes": 1 << 20,
            "session_epoch": -1,
            "topics": [{"topic": topic, "topic_id": ref(f"id of {topic}"), "partitions": [asked]}],
            "forgotten_topics_data": [],
        },
        versions=versions,
    )


good = batch(
    record(b"one"), record(b"two", at=5), record(None, b"k", at=3), record(b"", None, 4, (("h", b"v"), ("n", None)))
)
for acks in (0, 1, -1):
    produce(f"acks {acks}", ("produced", (0, good)), versions=ALL, acks=acks)
fetch("what acks 0, 1 and -1 left", "produced")
produce("acks 2", ("produced", (0, good)), versions=ALL, acks=2)
produce("acks -2", ("produced", (0, good)), acks=-2)
produce("to nothing", versions=ALL)
produce("to an unknown topic", ("nowhere", (0, good)), versions=ALL)
produce("to an illegal name", ("no blanks", (0, good)), versions=[3, 9])
produce("to an empty name", ("", (0, good)), versions=[9])
produce("to a partition too many", ("produced", (7, good)), versions=ALL)
produce("to partition -1", ("produced", (-1, good)), versions=ALL)
produce(
    "to good and bad partitions",
    ("produced", (0, good), (9, good)),
    ("stamped", (0, good)),
    ("nowhere", (0, good)),
    versions=[9],
)
produce("to one partition twice", ("produced", (1, good), (1, good)), versions=[9])
produce("to one topic twice", ("produced", (0, good)), ("produced", (1, good)), versions=[9])
produce("null records", ("produced", (0, None)), versions=[9], patience=1)
produce("empty records", ("produced", (0, b"")), versions=ALL)
produce("without time", ("produced", (0, good)), timeout_ms=0)
produce("with a negative timeout", ("produced", (0, good)), timeout_ms=-1)
produce("to an internal topic", ("__consumer_offsets", (0, good)), versions=[9])
produce("acks 0 to an unknown topic", ("nowhere", (0, good)), acks=0, versions=[9], on="acks 0")
produce("acks 0 to a bad partition", ("produced", (9, good)), acks=0, versions=[9], on="acks 0")
script.call("Metadata", "after a produce with acks 0 that failed", {"topics": []}, on="acks 0", versions=[4])

for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
    packed = batch(*[record(b"value %d" % i * 9, at=i) for i in range(20)], codec=codec)
    for topic in ["produced", "gzipped", "unpacked", "stamped"]:
        produce(f"{codec} to {topic}", (topic, (0, packed)), versions=[7])
    produce(f"{codec} to the oldest version", ("produced", (0, packed)), versions=[3, 6])
for topic in ["produced", "gzipped", "unpacked", "stamped"]:
    fetch(f"what is stored in {topic}", topic, versions=ALL)

# A batch of one record of n bytes is 61 + 10 or so more than n.
for size in [100, 124, 125, 126, 127, 128, 129, 130, 140]:
    produce(
        f"a value of {size} bytes for a limit of 200", ("narrow", (0, batch(record(b"v" * size, None)))), versions=[9]
    )
produce("a batch above the broker's limit", ("produced", (0, batch(record(b"v" * 1_048_600)))), versions=[3, 8, 9])
produce("a batch at the broker's limit", ("produced", (1, batch(record(b"v" * 1_048_500)))), versions=[9])
produce(
    "of long headers", ("produced", (1, batch(record(headers=tuple((text("h", 300), b"v" * 300) for _ in range(50))))))
)

HOUR = 3_600_000
for title, at in {
    "an hour and more ahead": 2 * HOUR + 60_000,
    "an hour ahead, almost": 2 * HOUR - 60_000,
    "ten years old": -87_600 * HOUR,
    "at 0": -T0,
    "at -1": -T0 - 1,
    "at -2": -T0 - 2,
}.items():
    for topic in ["produced", "recent", "stamped"]:
        if topic != "produced" or at > 0 or at == -T0 - 1:
            produce(f"written {title} to {topic}", (topic, (0, batch(record(at=at)))), versions=[7, 9])
produce(
    "one late record of three", ("recent", (0, batch(record(at=HOUR), record(at=HOUR), record(at=0)))), versions=[7, 9]
)
fetch("what the stamped topic has", "stamped", offset=100)
