"""Many partitions and many connections: what they cost the process, counted where the system counts it."""

import contextlib
import os

import pytest

from harness.admin import topic_names
from harness.broker import wait_until
from harness.samples import small_batch
from harness.wire import Connection, create_topic

PARTITIONS = 600
FEW = 60  # descriptors of a daemon that does nothing, and room for some


def files_of(broker):
    """Descriptors of log files; not of sockets and what the runtime needs for itself."""
    where = f"/proc/{broker.process.pid}/fd"
    names = []
    for fd in os.listdir(where):
        with contextlib.suppress(FileNotFoundError):
            names.append(os.readlink(f"{where}/{fd}"))
    return sum(name.endswith((".log", ".index", ".timeindex", ".txnindex")) for name in names)


def produce_to_all(connection, topic, partitions=PARTITIONS):
    for first in range(0, partitions, 100):
        parts = [{"index": p, "records": small_batch(1)} for p in range(first, min(first + 100, partitions))]
        values = {"transactional_id": None, "acks": -1, "timeout_ms": 30_000,
                  "topic_data": [{"name": topic, "partition_data": parts}]}  # fmt: skip
        answer = connection.call("Produce", 7, values)
        for part in answer["responses"][0]["partition_responses"]:
            assert part["error_code"] == 0, part


def test_a_partition_that_is_idle_holds_no_descriptor(own_broker):
    broker = own_broker().start()
    create_topic(broker.address, "many", PARTITIONS)
    assert files_of(broker) < FEW and broker.descriptors() < 2 * FEW
    with Connection(broker.address, timeout=120) as c:
        produce_to_all(c, "many")
        wait_until(lambda: files_of(broker) < FEW, "the descriptors of idle partitions to be given back", timeout=60)
        for p in (0, PARTITIONS // 2, PARTITIONS - 1):
            assert c.fetch("many", p, 0)["records"]
            assert c.produce("many", p, small_batch())["base_offset"] == 1
    broker.restart()
    assert files_of(broker) < FEW
    broker.crash_and_restart()
    assert files_of(broker) < FEW
    with Connection(broker.address, timeout=120) as c:
        assert c.fetch("many", PARTITIONS - 1, 0)["high_watermark"] == 3


def test_partitions_in_use_share_the_descriptors_there_are(own_broker):
    def few_descriptors():
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (400, 400))

    broker = own_broker().start(preexec=few_descriptors)
    create_topic(broker.address, "many", PARTITIONS)
    with Connection(broker.address, timeout=120) as c:
        for _ in range(3):
            produce_to_all(c, "many")
            assert broker.descriptors() < 400
        for p in range(PARTITIONS):
            answer = c.fetch("many", p, 0)
            assert answer["error_code"] == 0 and answer["high_watermark"] == 3


def test_connections_leave_descriptors_for_the_logs(own_broker):
    def few_descriptors():
        import resource

        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))

    broker = own_broker().start(preexec=few_descriptors)
    create_topic(broker.address, "many", 100)
    held = []
    with contextlib.suppress(OSError):
        for _ in range(300):
            held.append(Connection(broker.address, timeout=10))
    try:
        produce_to_all(held[0], "many", 100)
    finally:
        for each in held:
            each.close()


@pytest.mark.parametrize("connections", [2_000])
def test_many_connections_are_served_side_by_side(connections, own_broker):
    broker = own_broker().start()
    name = create_topic(broker.address, "shared", 1)
    before = broker.rss_kib()
    with contextlib.ExitStack() as held:
        opened = [held.enter_context(Connection(broker.address, timeout=60)) for _ in range(connections)]
        for each in opened:
            each.api_versions()
        assert (broker.rss_kib() - before) / connections < 32
        assert opened[-1].produce(name, 0, small_batch())["error_code"] == 0
        assert opened[0].fetch(name, 0, 0)["records"]
    wait_until(lambda: broker.descriptors() < FEW, "the descriptors of the connections")
    assert name in topic_names(broker.address)
