"""millrace log dump and verify on what a real daemon left behind, whole and damaged."""

import hashlib
import json
import pathlib
import shutil
import struct

import pytest

from harness import batches
from harness.broker import Broker, free_port
from harness.cli import DONE, REFUSED, WRONG_USAGE, millrace, said
from harness.records import Record
from harness.wire import Connection, create_topic

SEGMENT = "00000000000000000000"


def fill(broker):
    create_topic(broker.address, "orders", 2, {"segment.bytes": 1 << 20, "index.interval.bytes": 4096})
    with Connection(broker.address) as c:
        for i in range(40):
            records = [Record(b"k%d" % i, b"v" * 60_000, (("h", b"1"),), 1_700_000_000_000 + i)]
            assert c.produce("orders", 0, batches.build(records))["error_code"] == 0
        pair = [Record(b"a", b"1", (), 1_700_000_000_000), Record(None, None, (("n", None),), 1_700_000_000_001)]
        assert c.produce("orders", 1, batches.build(pair, codec="zstd"))["error_code"] == 0


@pytest.fixture(scope="module")
def left(workshop):
    """The data directory of a broker that was filled and stopped."""
    broker = Broker(workshop / "cli-log")
    broker.start()
    fill(broker)
    broker.stop()
    return broker.data


@pytest.fixture
def copy(left, tmp_path):
    shutil.copytree(left, tmp_path / "data")
    return tmp_path / "data"


def hashes(directory):
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*")) if path.is_file()
    }  # fmt: skip


def verify(directory, *arguments):
    """What it finds; and it changes nothing."""
    before = hashes(directory)
    done = millrace("log", "verify", directory, *arguments)
    assert hashes(directory) == before
    return done


def faults(directory):
    done = verify(directory, "-o", "json")
    assert done.returncode == REFUSED and done.stderr == ""
    return [(f["file"], f["position"], f["what"]) for f in json.loads(done.stdout)["faults"]]


def change(path, position, data):
    content = bytearray(path.read_bytes())
    content[position : position + len(data)] = data
    path.write_bytes(content)


class TestVerify:
    def test_what_a_broker_left_is_whole(self, left):
        done = verify(left)
        assert (done.returncode, done.stderr) == (DONE, "") and done.stdout.endswith(": all is well\n")
        told = json.loads(said(verify(left, "-o", "json")))
        logs = [path for path in left.rglob("*.log") if path.parent.name != "lost+found"]
        assert told["segments"] == len(logs) and told["bytes"] == sum(path.stat().st_size for path in logs)
        assert told["batches"] >= 41 and told["records"] >= 42 and told["faults"] == []

    def test_what_a_killed_broker_left_is_whole(self, workshop, tmp_path):
        broker = Broker(workshop / "cli-log-killed")
        broker.start()
        fill(broker)
        broker.kill()
        assert verify(broker.data).returncode == DONE

    def test_one_partition_alone(self, left):
        told = json.loads(said(verify(left / "orders-1", "-o", "json")))
        assert (told["partitions"], told["batches"], told["records"]) == (1, 1, 2)

    def test_a_flipped_byte_is_named(self, copy):
        log = copy / "orders-0" / f"{SEGMENT}.log"
        second = len(batches.split(log.read_bytes())[0].raw)
        change(log, second + 500, b"X")
        ((file, position, what),) = faults(copy)
        assert (file, position) == (f"orders-0/{SEGMENT}.log", second) and "crc" in what
        lines = verify(copy).stdout.splitlines()
        assert lines[0].startswith(f"orders-0/{SEGMENT}.log:{second}: crc") and lines[-1].endswith(": 1 fault")
        assert verify(copy, "-o", "id").stdout == f"orders-0/{SEGMENT}.log\n"

    @pytest.mark.parametrize("whole_batches", [True, False])
    def test_a_truncated_tail_is_named(self, copy, whole_batches):
        last = max((copy / "orders-0").glob("*.log"))
        content = last.read_bytes()
        kept = len(content) - (len(batches.split(content)[-1].raw) if whole_batches else 7)
        last.write_bytes(content[:kept])
        found = faults(copy)
        assert {file for file, _, _ in found} == {f"orders-0/{last.name}"} or whole_batches
        assert any(file == f"orders-0/{last.name}" for file, _, _ in found)

    def test_a_wrong_index_entry_is_named(self, copy):
        index = copy / "orders-0" / f"{SEGMENT}.index"
        offset, position = struct.unpack_from(">ii", index.read_bytes(), 8)
        change(index, 8, struct.pack(">ii", offset, position + 1))
        ((file, at, what),) = [fault for fault in faults(copy) if "seal" not in fault[2]]
        assert (file, at) == (f"orders-0/{SEGMENT}.index", 8) and str(position + 1) in what

    @pytest.mark.parametrize("ending", ["timeindex", "seal"])
    def test_other_files_beside_a_segment(self, copy, ending):
        change(copy / "orders-0" / f"{SEGMENT}.{ending}", 8, b"\x01\x02")
        assert f"orders-0/{SEGMENT}.{ending}" in {file for file, _, _ in faults(copy)}

    def test_a_damaged_checkpoint_and_a_missing_segment(self, copy):
        change(copy / "checkpoint", 30, b"\xff\xff")
        assert "checkpoint" in {file for file, _, _ in faults(copy)}
        middle = sorted((copy / "orders-0").glob("*.log"))[1]
        middle.unlink()
        assert any("the next segment begins" in what for _, _, what in faults(copy))

    def test_a_directory_that_is_missing(self, copy):
        shutil.rmtree(copy / "orders-1")
        assert ("orders-1", 0, "is missing, but the checkpoint knows it") in faults(copy)

    def test_a_running_broker_is_left_alone(self, own_broker):
        broker = own_broker()
        broker.start()
        create_topic(broker.address, "t", 1)
        for directory in (broker.data, broker.data / "t-0"):
            done = millrace("log", "verify", directory)
            assert (done.returncode, done.stdout) == (REFUSED, "")
            assert "is in use by" in done.stderr and "Stop the broker" in done.stderr
        broker.stop()
        said(millrace("log", "verify", broker.data))
        broker.start()

    def test_what_is_no_data_directory_is_refused(self, tmp_path):
        for path in (tmp_path, tmp_path / "none"):
            done = millrace("log", "verify", path)
            assert done.returncode == REFUSED and str(path) in done.stderr
        assert not (tmp_path / "none").exists()


class TestDump:
    def test_batches(self, left):
        log = left / "orders-1" / f"{SEGMENT}.log"
        (batch,) = batches.split(log.read_bytes())
        told = json.loads(said(millrace("log", "dump", log, "-o", "json")))
        assert (told["position"], told["bytes"], told["base_offset"], told["last_offset"], told["records"]) == (
            0, len(batch.raw), 0, 1, 2,
        )  # fmt: skip
        assert (told["codec"], told["crc"], told["max_timestamp"]) == (
            "zstd", struct.unpack_from(">I", batch.raw, 17)[0], "2023-11-14T22:13:20.001Z",
        )  # fmt: skip
        line = said(millrace("log", "dump", log))
        assert line.count("\n") == 1 and "base_offset=0 last_offset=1 records=2" in line

    def test_records(self, left):
        log = left / "orders-1" / f"{SEGMENT}.log"
        first, second = json.loads(said(millrace("log", "dump", log, "--records", "-o", "json")))["content"]
        assert (first["offset"], first["key"], first["value"]) == (0, "a", "1")
        assert (second["offset"], second["key"], second["value"]) == (1, None, None)
        lines = said(millrace("log", "dump", log, "--records")).splitlines()
        assert lines[1] == "  offset=0 timestamp=2023-11-14T22:13:20.000Z key=a value=1"
        assert lines[2] == "  offset=1 timestamp=2023-11-14T22:13:20.001Z key=- value=- header.n=-"

    def test_indexes_and_seals_say_what_the_batches_say(self, left):
        directory = left / "orders-0"
        dumped = {
            ending: [json.loads(line) for line in said(millrace("log", "dump", directory / f"{SEGMENT}.{ending}", "-o", "json")).splitlines()]
            for ending in ("log", "index", "timeindex", "seal")
        }  # fmt: skip
        ends = {batch["position"]: batch["last_offset"] for batch in dumped["log"]}
        assert len(dumped["index"]) > 5
        for entry in dumped["index"]:
            assert ends[entry["position"]] == entry["last_offset"]
        times = {batch["last_offset"]: batch["max_timestamp"] for batch in dumped["log"]}
        for entry in dumped["timeindex"]:
            assert times[entry["last_offset"]] == entry["timestamp"]
        (seal,) = dumped["seal"]
        assert seal["bytes"] == (directory / f"{SEGMENT}.log").stat().st_size
        assert seal["next_offset"] == dumped["log"][-1]["last_offset"] + 1

    def test_the_checkpoint(self, left):
        entries = [json.loads(line) for line in said(millrace("log", "dump", left / "checkpoint", "-o", "json")).splitlines()]
        known = {entry["directory"]: entry for entry in entries}
        assert (known["orders-0"]["start"], known["orders-0"]["durable_end"], known["orders-1"]["durable_end"]) == (0, 40, 2)

    def test_several_files(self, left):
        names = [left / "orders-1" / f"{SEGMENT}.{ending}" for ending in ("log", "seal")]
        lines = said(millrace("log", "dump", *names)).splitlines()
        assert lines[0] == str(names[0]) and str(names[1]) in lines

    def test_damage_is_shown_as_far_as_it_goes(self, copy):
        log = copy / "orders-0" / f"{SEGMENT}.log"
        second = len(batches.split(log.read_bytes())[0].raw)
        change(log, second + 500, b"X")
        done = millrace("log", "dump", log)
        assert done.returncode == REFUSED and done.stdout.count("\n") == 1
        assert f"position {second}" in done.stderr and "crc" in done.stderr.lower()

    def test_what_has_no_form_is_refused(self, left, tmp_path):
        for path in (left / "broker.json", tmp_path / "none.log"):
            done = millrace("log", "dump", path)
            assert done.returncode == REFUSED and str(path) in done.stderr
        assert millrace("log", "dump").returncode == WRONG_USAGE
        assert pathlib.Path(left / "broker.json").exists()
