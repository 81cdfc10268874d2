"""What is produced and what must come back: a record is its key, value, headers and timestamp, byte for byte."""

import random
import time
from typing import NamedTuple


class Record(NamedTuple):
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple = ()
    timestamp: int | None = None  # milliseconds; None: the client's own clock


class Consumed(NamedTuple):
    partition: int
    offset: int
    record: Record


def now_ms():
    return int(time.time() * 1000)


def corpus(start=None):
    """One record for every shape that a client can express; timestamps rise by a second from `start`."""
    start = now_ms() - 100_000 if start is None else start
    every_byte = bytes(range(256))
    shapes = [
        Record(b"key", b"value"),
        Record(None, b"no key"),
        Record(b"", b"empty key"),
        Record(b"tombstone", None),
        Record(b"empty value", b""),
        Record(None, None),
        Record(b"", b""),
        Record(every_byte, every_byte[::-1]),
        Record("ключ".encode(), "значение ☃ \U0001f600".encode()),
        Record(b"one header", b"v", (("name", b"value"),)),
        Record(b"many", b"v", tuple((f"h{i}", every_byte[: i * 3]) for i in range(20))),
        Record(b"twice", b"v", (("same", b"1"), ("same", b"2"), ("same", b"1"))),
        Record(b"empty header", b"v", (("empty", b""), ("", b"no name"))),
        Record(b"null header", b"v", (("null", None),)),
        Record(b"k" * 3000, b"squeezable " * 900),
    ]
    return [r._replace(timestamp=start + i * 1000) for i, r in enumerate(shapes)]


def text_records(count, size=100, seed=1, start=None):
    """Many small printable records, each unlike the others."""
    dice = random.Random(seed)
    start = now_ms() - count if start is None else start
    filler = "".join(dice.choice("abcdefghijklmnopqrstuvwxyz0123456789") for _ in range(size * 4))
    out = []
    for i in range(count):
        cut = dice.randrange(size * 3)
        value = f"{i:08d}-{filler[cut:cut + size - 9]}"
        out.append(Record(f"k{i % 97}".encode(), value.encode(), (), start + i))
    return out


def random_bytes(size, seed=7):
    return random.Random(seed).randbytes(size)


def assert_same_records(expected, consumed, *, timestamps=True):
    """`consumed` holds exactly `expected`, in order. Names the first difference instead of dumping megabytes."""
    for i, (want, got) in enumerate(zip(expected, consumed)):
        got = got.record
        assert got.key == want.key, f"record {i}: key {_brief(got.key)}, sent {_brief(want.key)}"
        assert got.value == want.value, f"record {i}: value {_brief(got.value)}, sent {_brief(want.value)}"
        assert tuple(got.headers) == tuple(want.headers), f"record {i}: headers {got.headers!r}, sent {want.headers!r}"
        if timestamps and want.timestamp is not None:
            assert got.timestamp == want.timestamp, f"record {i}: timestamp {got.timestamp}, sent {want.timestamp}"
    assert len(consumed) == len(expected), f"{len(consumed)} records came back, {len(expected)} were sent"


def assert_contiguous(consumed, first=0):
    offsets = [c.offset for c in consumed]
    assert offsets == list(range(first, first + len(offsets))), f"offsets have holes: {offsets[:20]} …"


def _brief(data):
    if data is None or len(data) <= 60:
        return repr(data)
    return f"{data[:40]!r}… ({len(data)} bytes)"
