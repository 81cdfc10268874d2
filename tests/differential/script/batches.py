"""Record batches that are broken in one place each."""

import gzip

from language import Script, batch, record, ref

script = Script("batches")
# Each case has a partition of its own, so that a batch that only one side takes moves no other's offsets.
used = {"broken": [], "broken-gzip": [], "broken-stamped": []}  # topic → the title of each partition's case
script.topic("broken", 160)
script.topic("broken-gzip", 16, {"compression.type": "gzip"})
script.topic("broken-stamped", 16, {"message.timestamp.type": "LogAppendTime"})


def produce(title, records, versions="newest", topic="broken"):
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
                    "partition_data": [{"index": len(used[topic]), "records": records}],
                }
            ],
        },
        versions=versions,
    )
    used[topic].append(title)


THREE = [record(b"v%d" % i, b"k%d" % i, i) for i in range(3)]
V = [3, 8, 9]


class Bytes:
    """Whole batches as bytes, to be cut and bent."""

    def __new__(cls, **bent):
        made = batch(*THREE, **bent)
        return made.build(**made.arguments)


def flipped(data, at, bit=1):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1 :]


right = Bytes()
produce("right", right, V)
produce("a wrong CRC", Bytes(crc=1), V)
for magic in [0, 1, 3, 127]:
    produce(f"magic {magic}", Bytes(magic=magic), V)
produce("base offset 5", Bytes(base_offset=5), V)
produce("base offset -1", Bytes(base_offset=-1))
produce("a flipped bit in the records", flipped(right, 70), V)
for size in [1, 11, 12, 17, 60, 61, len(right) - 1]:
    produce(f"cut to {size} bytes", right[:size], V)
produce("with 1 byte behind", right + b"\0", V)
produce("with 12 bytes behind", right + bytes(12))
produce("two batches", right + right, V)
produce("a right and a wrong batch", right + Bytes(crc=1))
for length in [0, -1, 48, 49, 2_000_000_000, len(right) - 13, len(right) - 11]:
    produce(f"length {length}", Bytes(length=length), V)
for count in [0, -1, 2, 4, 1_000_000, 2_147_483_647]:
    produce(f"count {count}", Bytes(count=count), V)
    produce(f"count {count} and the delta to match", Bytes(count=count, last_offset_delta=max(count - 1, -2)))
for delta in [0, 1, 3, -1, 2_147_483_647]:
    produce(f"last offset delta {delta}", Bytes(last_offset_delta=delta), V)
for name, attributes in {
    "a codec that nobody has": 5,
    "codec 7": 7,
    "the control bit": 0x20,
    "the transactional bit": 0x10,
    "transactional and control": 0x30,
    "log append time": 0x08,
    "a delete horizon": 0x40,
    "a bit of the future": 0x80,
    "the top bit": -0x8000,
    "gzip, but none": 1,
    "snappy, but none": 2,
    "lz4, but none": 3,
    "zstd, but none": 4,
}.items():
    produce(f"attributes: {name}", Bytes(attributes=attributes), V)
    produce(f"attributes to a topic of gzip: {name}", Bytes(attributes=attributes), topic="broken-gzip")
    produce(f"attributes to a topic with its own time: {name}", Bytes(attributes=attributes), topic="broken-stamped")
for codec in ["gzip", "snappy", "lz4", "zstd"]:
    packed = Bytes(codec=codec)
    produce(f"{codec}, count too high", Bytes(codec=codec, count=4, last_offset_delta=3), [9])
    produce(f"{codec}, count too low", Bytes(codec=codec, count=2, last_offset_delta=1), [9])
    number = ["none", "gzip", "snappy", "lz4", "zstd"].index(codec)
    produce(f"{codec} of garbage", Bytes(attributes=number, payload=b"\1garbage that is no stream\2" * 3), [9])
    produce(f"{codec} of nothing", Bytes(attributes=number, payload=b""), [9])
    cut = batch(*THREE, codec=codec)
    whole = cut.build(**cut.arguments)[61:]
    produce(f"{codec} cut in half", Bytes(attributes=number, payload=whole[: len(whole) // 2]), [9])
    produce(f"{codec} with bytes behind", Bytes(attributes=number, payload=whole + b"more"), [9])
produce("no records in the payload", Bytes(payload=b""), V)
produce("garbage for records", Bytes(payload=b"\xff" * 40))
produce("zeros for records", Bytes(payload=bytes(40)))
produce("max timestamp too low", Bytes(max_timestamp=0), V)
produce("max timestamp too high", Bytes(max_timestamp=1 << 62), V)
produce("max timestamp -1", Bytes(max_timestamp=-1))
produce("a producer without a sequence", Bytes(producer_id=77, producer_epoch=0, base_sequence=-1))
produce("a producer without an epoch", Bytes(producer_id=77, producer_epoch=-1, base_sequence=0))
produce("a sequence without a producer", Bytes(base_sequence=5))
produce("a negative producer", Bytes(producer_id=-5, producer_epoch=0, base_sequence=0))
produce("transactional without an id", Bytes(attributes=0x10, producer_id=77, producer_epoch=0, base_sequence=0), V)


def of_records(title, data, count=1):
    produce(f"records: {title}", Bytes(payload=data, count=count, last_offset_delta=count - 1), [9])
    produce(
        f"records in gzip: {title}",
        batch(*THREE, codec="gzip", payload=gzip.compress(data), count=count, last_offset_delta=count - 1),
        [9],
    )


of_records("one that is right", bytes([14, 0, 0, 0, 1, 2, 0x61, 0]))
of_records("null key and value", bytes([12, 0, 0, 0, 1, 1, 0]))
of_records("attributes 1", bytes([12, 1, 0, 0, 1, 1, 0]))
of_records("offset delta 5", bytes([12, 0, 0, 10, 1, 1, 0]))
of_records("two of delta 0", bytes([12, 0, 0, 0, 1, 1, 0]) * 2, 2)
of_records("length too long", bytes([20, 0, 0, 0, 1, 1, 0]))
of_records("length too short", bytes([10, 0, 0, 0, 1, 1, 0]))
of_records("length 0", bytes([0]))
of_records("negative length", bytes([1]))
of_records("key longer than the record", bytes([12, 0, 0, 0, 60, 1, 0]))
of_records("key length -2", bytes([12, 0, 0, 0, 3, 1, 0]))
of_records("header count -1", bytes([12, 0, 0, 0, 1, 1, 1]))
of_records("headers that are not there", bytes([12, 0, 0, 0, 1, 1, 8]))
of_records("a header without a name", bytes([16, 0, 0, 0, 1, 1, 2, 1, 1]))
of_records("a byte behind the record", bytes([12, 0, 0, 0, 1, 1, 0, 0]))
of_records("an endless varint", b"\xff" * 11)

# What the batches that were taken have become.
for index, title in enumerate(used["broken"]):
    script.call(
        "Fetch",
        f"stored of {title}",
        {
            "replica_id": -1,
            "max_wait_ms": 0,
            "min_bytes": 0,
            "max_bytes": 1 << 20,
            "session_epoch": -1,
            "topics": [
                {
                    "topic": "broken",
                    "topic_id": ref("id of broken"),
                    "partitions": [
                        {
                            "partition": index,
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
