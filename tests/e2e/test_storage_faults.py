"""Disks that fail and disks that fill up, under the real daemon: no promise is broken, and somebody is told.

strace injects the failed system calls; a small tmpfs in a mount namespace of the daemon's own is the full disk. Where one
of them is not to be had, its tests are skipped.
"""

import os
import shutil
import signal
import subprocess

import pytest

from harness import batches, wire
from harness.broker import Broker, wait_until
from harness.records import Record, now_ms, random_bytes, text_records
from harness.wire import Connection, create_topic

pytestmark = pytest.mark.skipif("MILLRACE_E2E_ADDRESS" in os.environ, reason="needs a daemon of its own")
STORAGE_ERROR = 56


class Saboteur:
    """Makes chosen system calls of a running daemon fail."""

    def __init__(self, broker, inject):
        if not shutil.which("strace"):
            pytest.skip("needs strace")
        calls = inject.split(":")[0]
        self.output = broker.directory / "strace"
        command = ["strace", "-f", "-e", f"trace={calls}", "-e", f"inject={inject}", "-o", str(self.output)]
        self.process = subprocess.Popen([*command, "-p", str(broker.process.pid)], stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if "attached" not in line:
            pytest.skip(f"strace may not attach: {line.strip()}")

    def calls(self):
        """What was called since, as strace wrote it."""
        return self.output.read_text().splitlines()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)


@pytest.fixture
def sabotage():
    started = []

    def start(broker, inject):
        started.append(Saboteur(broker, inject))
        return started[-1]

    yield start
    for s in started:
        if s.process.poll() is None:
            s.stop()


def produce(connection, seed=0):
    answer = connection.produce("t", 0, batches.build(text_records(5, seed=seed)))
    return answer["error_code"], answer["base_offset"]


class TestFailedFlush:
    def test_it_is_not_acknowledged_not_retried_and_said(self, own_broker, sabotage):
        broker = own_broker().start()
        broker.expect_error("t-0|offline|not every log was closed")
        create_topic(broker.address, "t")
        create_topic(broker.address, "other")
        with Connection(broker.address, timeout=30) as c:
            assert [produce(c) for _ in range(3)] == [(0, 0), (0, 5), (0, 10)]
            saboteur = sabotage(broker, "fdatasync:error=EIO:when=2")
            assert produce(c) == (0, 15)
            assert produce(c)[0] == STORAGE_ERROR
            assert [produce(c)[0] for _ in range(3)] == [STORAGE_ERROR] * 3
            failed = [line for line in saboteur.calls() if "EIO" in line]
            assert len(failed) == 1
            # What was acknowledged is still read, what was not is not shown, and other logs go on.
            assert c.list_offset("t", 0, -1)["offset"] == 20
            assert c.produce("other", 0, batches.build(text_records(1)))["error_code"] == 0
            saboteur.stop()
        said = [line for line in broker.log_text().splitlines() if "t-0" in line]
        assert 1 <= len(said) <= 3, f"{len(said)} lines about the log that went offline"
        broker.kill()
        broker.start()
        with Connection(broker.address) as c:
            values = [r.value for batch in c.read_log("t", 0) for _, r in batch.records()]
            sent = [r.value for r in text_records(5, seed=0)]
            assert values[:20] == sent * 4
            assert produce(c)[0] == 0


class TestBoundsOnFlushing:
    """Without fsync before every answer, a topic may still bound what is not flushed."""

    def test_the_append_that_makes_too_many_waits_for_the_flush(self, own_broker, sabotage):
        broker = own_broker().start()
        broker.expect_error("t-0|offline|not every log was closed")
        create_topic(broker.address, "t", 1, {"millrace.durability": "os", "flush.messages": 10})
        with Connection(broker.address, timeout=30) as c:
            sabotage(broker, "fdatasync:error=EIO")
            assert produce(c) == (0, 0), "five records need not be flushed"
            assert produce(c)[0] == STORAGE_ERROR, "ten must be"

    def test_records_are_flushed_when_their_time_has_come(self, own_broker, sabotage):
        broker = own_broker().start()
        create_topic(broker.address, "t", 1, {"millrace.durability": "os", "flush.ms": 50})
        with Connection(broker.address, timeout=30) as c:
            saboteur = sabotage(broker, "fdatasync:delay_enter=1")
            assert produce(c) == (0, 0)
            # The housekeeper flushes what was written as well, every ten seconds at the soonest.
            wait_until(lambda: any("fdatasync" in line for line in saboteur.calls()), "the flush", timeout=8)


class TestFailedWrite:
    @pytest.mark.parametrize("error", ["EIO", "ENOSPC"])
    def test_it_is_answered_with_an_error_and_nothing_else_is_lost(self, error, own_broker, sabotage):
        broker = own_broker().start()
        broker.expect_error("t-0|offline|not every log was closed|full|space")
        create_topic(broker.address, "t")
        with Connection(broker.address, timeout=30) as c:
            assert produce(c) == (0, 0)
            saboteur = sabotage(broker, f"write,pwrite64,pwritev,writev:error={error}:when=1+")
            # The answer itself leaves by another call, so only the log is hit.
            assert produce(c)[0] == STORAGE_ERROR
            saboteur.stop()
        broker.kill()
        broker.start()
        with Connection(broker.address) as c:
            end = c.list_offset("t", 0, -1)["offset"]
            assert end in (5, 10)
            assert produce(c) == (0, end)


class FullDisk(Broker):
    """A daemon whose data directory is a small file system that only it sees."""

    size = "24m"

    def command(self):
        mount = f"mount -t tmpfs -o size={self.size} none '{self.data}' && exec \"$@\""
        return ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh", *super().command()]


@pytest.fixture
def full_disk(tmp_path):
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    if not shutil.which("unshare") or subprocess.run(probe, capture_output=True).returncode:
        pytest.skip("no mount namespaces here")
    broker = FullDisk(tmp_path / "full", segment_bytes=4 << 20, min_free_bytes=0, offsets_topic_num_partitions=1)
    broker.data.mkdir()
    yield broker.start()
    broker.kill()
    broker.assert_quiet_log()


def test_a_full_disk_refuses_what_is_new_keeps_what_is_old_and_recovers(full_disk):
    broker = full_disk
    broker.expect_error("space|full")
    create_topic(broker.address, "t")
    batch = batches.build([Record(b"k", random_bytes(900_000), (), now_ms())])
    with Connection(broker.address, timeout=30) as c:
        errors = [c.produce("t", 0, batch)["error_code"] for _ in range(40)]
        taken = errors.index(STORAGE_ERROR)
        assert taken > 10 and set(errors[taken:]) == {STORAGE_ERROR}
        assert [b.payload for b in c.read_log("t", 0)] == [batch[61:]] * taken
        said = [line for line in broker.log_text().splitlines() if "space" in line.lower()]
        assert 1 <= len(said) <= 5, f"{len(said)} lines about the full disk for {40 - taken} refused requests"
        asked = [{"name": "t", "partitions": [{"partition_index": 0, "offset": taken - 2}]}]
        gone = c.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 10_000})
        assert gone["topics"][0]["partitions"][0]["error_code"] == 0
        wait_until(lambda: c.produce("t", 0, batch)["error_code"] == 0, "room again", timeout=30)
        assert c.list_offset("t", 0, -1)["offset"] == taken + 1
    broker.stop()


def test_too_many_topics_for_the_disk_are_refused_whole(full_disk):
    broker = full_disk
    broker.expect_error("space|full")
    create_topic(broker.address, "t")
    filler = batches.build([Record(b"k", random_bytes(900_000), (), now_ms())])
    with Connection(broker.address, timeout=30) as c:
        while c.produce("t", 0, filler)["error_code"] == 0:
            pass
        made, refused = [], 0
        for i in range(200):
            asked = [{"name": f"new-{i}", "num_partitions": 4, "replication_factor": 1}]
            error = c.call("CreateTopics", 4, {"topics": asked, "timeout_ms": 10_000})["topics"][0]["error_code"]
            made += [f"new-{i}"] if error == 0 else []
            refused += error != 0
        names = {t["name"] for t in c.call("Metadata", 5, {"topics": None})["topics"]}
        assert {n for n in names if n.startswith("new-")} == set(made), "half-made topics"
        assert wire.alive(broker.address)
