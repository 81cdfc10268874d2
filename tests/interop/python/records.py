"""Records go in and come out again, byte for byte."""

import random
import time

from client import Record
from stage import equal, texts

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")


def play(stage):
    def trip(what, sent, **how):
        stage.scenario(what, lambda: round_trip(stage, sent, **how))

    for codec in CODECS:
        trip(f"every shape of record, {codec}", shapes(stage.client), codec=codec)
    for acks in ("0", "1", "all"):
        trip(f"acks {acks}", texts(100), acks=acks)
    trip("idempotent", texts(2000), idempotent=True)
    noise = random.Random(1)
    large = [Record(b"large", noise.randbytes(1_048_000)) for _ in range(2)]
    for codec in CODECS:
        trip(f"records of a mebibyte, {codec}", large, codec=codec)
    trip("twenty thousand small records", texts(20_000), codec="lz4")


def round_trip(stage, sent, **how):
    topic = stage.topic("records")
    offsets = stage.send(topic, sent, **how)
    if how.get("acks") != "0":
        equal(list(range(len(sent))), offsets, "promised offsets")
    got = stage.read(topic, len(sent))
    equal(len(sent), len(got), "how many records")
    for i, (want, found) in enumerate(zip(sent, got)):
        equal(i, found.offset, "offset")
        equal(want.key, found.key, f"key of record {i}")
        equal(want.value, found.value, f"value of record {i}")
        equal(list(want.headers), list(found.headers), f"headers of record {i}")
        if want.time is not None:
            equal(want.time, found.time, f"timestamp of record {i}")


def shapes(client):
    every = bytes(range(256))
    headers = [("same", every), ("same", b""), ("same", b"1"), ("other", b"2"), ("same", b"1")]
    headers += [("null", None)] * client.null_headers + [("", b"no name")] * client.nameless_headers
    pairs = [
        (b"key", b"value"),
        (None, b"no key"),
        (b"", b"empty key"),
        (b"tombstone", None),
        (b"empty value", b""),
        *[(None, None)] * client.empty_records,
        (b"", b""),
        (every, every),
        ("ключ".encode(), "значение ☃".encode()),
        (b"large", b"squeezable " * 900),
    ]
    start = int(time.time() * 1000) - 60_000
    plain = [Record(key, value, time=start + i) for i, (key, value) in enumerate(pairs)]
    return [*plain, Record(b"headers", b"v", headers=tuple(headers), time=start + len(plain))]
