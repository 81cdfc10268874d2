"""Writes the kafka_python_*.hex files with the batch builder of kafka-python 2.0.2 (Debian: python3-kafka, with
python3-snappy, python3-lz4 and python3-zstandard for the codecs). Run: python3 make_kafka_python.py"""

import pathlib

from kafka.record.default_records import DefaultRecordBatchBuilder

HERE = pathlib.Path(__file__).parent
CODECS = {"none": 0, "gzip": 1, "snappy": 2, "lz4": 3, "zstd": 4}
START = 1_700_000_000_000

RECORDS = [
    (START, b"order-1", b'{"total":12.5}', [("ce_id", b"A1"), ("ce_type", b"order.placed")]),
    (START + 7, None, b"millrace " * 40, []),
    (START - 1000, b"", None, [("nothing", None), ("", b"")]),
]


def write(name, batch):
    text = bytes(batch).hex()
    lines = [text[i : i + 64] for i in range(0, len(text), 64)]
    (HERE / f"{name}.hex").write_text("\n".join(lines) + "\n")


for name, codec in CODECS.items():
    builder = DefaultRecordBatchBuilder(
        magic=2, compression_type=codec, is_transactional=1,
        producer_id=4000, producer_epoch=2, base_sequence=17, batch_size=1 << 20)
    for offset, (timestamp, key, value, headers) in enumerate(RECORDS):
        assert builder.append(offset, timestamp, key, value, headers) is not None
    write(f"kafka_python_{name}", builder.build())
