"""librdkafka in C: the small programs that CMake builds beside the tests, driven as a client."""

import os
import pathlib
import subprocess

import pytest

from .records import Consumed, Record

TIMEOUT = 90


def program(name):
    folder = os.environ.get("MILLRACE_E2E_BIN")
    if not folder:
        pytest.skip("MILLRACE_E2E_BIN does not say where the librdkafka programs are")
    return str(pathlib.Path(folder) / name)


def _hex(data):
    return "-" if data is None else data.hex()


def _unhex(text):
    return None if text == "-" else bytes.fromhex(text)


def to_line(record, partition):
    headers = ",".join(f"{name.encode().hex()}={_hex(value)}" for name, value in record.headers)
    return f"{partition}\t{record.timestamp or 0}\t{_hex(record.key)}\t{_hex(record.value)}\t{headers}\n"


def from_line(line):
    _, partition, offset, timestamp, key, value, headers = line.rstrip("\n").split("\t")
    pairs = tuple(h.split("=") for h in headers.split(",")) if headers else ()
    pairs = tuple((bytes.fromhex(name).decode(), _unhex(data)) for name, data in pairs)
    return Consumed(int(partition), int(offset), Record(_unhex(key), _unhex(value), pairs, int(timestamp)))


def properties(values):
    return [part for name, value in values.items() for part in ("-X", f"{name}={value}")]


class LibrdkafkaClient:
    name = "librdkafka"
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    idempotent = True

    def can_send(self, record):
        return True

    def produce(self, address, topic, records, *, partition=0, codec="none", acks="all", idempotent=False, **more):
        """[(offset or None, error name or None)] in the order of `records`."""
        values = {"compression.codec": codec, "acks": acks, "message.max.bytes": 4_000_000, "linger.ms": 5}
        if idempotent:
            values["enable.idempotence"] = "true"
        values |= more
        command = [program("rdk_produce"), "--broker", address, "--topic", topic, *properties(values)]
        text = "".join(to_line(r, partition) for r in records)
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0, done.stderr
        out = [None] * len(records)
        for line in done.stdout.splitlines():
            _, number, _, offset, error = line.split("\t")
            assert out[int(number)] is None, f"two delivery reports for record {number}"
            out[int(number)] = (int(offset), None) if error == "OK" else (None, error)
        assert None not in out, "a record without a delivery report"
        return out

    def consume(self, address, topic, count, *, partition=0, start="earliest", **more):
        command = [program("rdk_consume"), "--broker", address, "--topic", topic, "--partition", str(partition)]
        command += ["--start", str(start), "--count", str(count), *properties(more)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT)
        assert done.returncode == 0, done.stderr + done.stdout
        return [from_line(line) for line in done.stdout.splitlines() if line.startswith("record\t")]
