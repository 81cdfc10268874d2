"""Compacted topics: the last record of every key stays, at its offset, for every client and through every crash."""

import random

import pytest

from harness import batches
from harness.broker import wait_until
from harness.confluent import ConfluentClient
from harness.kafka_python import KafkaPythonClient
from harness.kcat import KcatClient
from harness.rdk import LibrdkafkaClient
from harness.records import Record
from harness.wire import Connection, create_topic

POLICY_VIOLATION = 44
FAST = {"compaction_check_interval_ms": 100}
SMALL = {"cleanup.policy": "compact", "segment.bytes": 65536, "min.cleanable.dirty.ratio": 0.01}
KEYS = 40


@pytest.fixture
def connection(address):
    with Connection(address) as c:
        yield c


def updates(rounds, dice, first=0):
    """`rounds` values of each key in random order, the last one of every eighth key a tombstone."""
    out = []
    for number in range(first, first + rounds):
        for key in dice.sample(range(KEYS), KEYS):
            gone = key % 8 == 0 and number == first + rounds - 1
            value = None if gone else b"%d of %d " % (number, key) + dice.randbytes(400)
            out.append(Record(b"key %d" % key, value))
    return out


def filler(connection, topic, dice):
    """What closes the segment before: more than one segment holds, of keys that nobody asks for."""
    for i in range(3):
        batch = batches.build([Record(b"filler", dice.randbytes(30_000), (), 1)])
        assert connection.produce(topic, 0, batch)["error_code"] == 0


def everything(connection, topic):
    """{offset: (key, value)}, and that batches follow each other.

    A compaction between two fetches may leave a batch that begins before the second one's offset: as every client does,
    this passes over what it has read before.
    """
    found, expected = {}, 0
    for batch in connection.read_log(topic, 0):
        assert batch.next_offset > expected
        found |= {at: (r.key, r.value) for at, r in batch.records() if at >= expected and r.key != b"filler"}
        expected = batch.next_offset
    return found


def at_rest(connection, topic):
    """The same of a log that nobody compacts now: no batch reaches into the one before."""
    ends = [(b.base_offset, b.next_offset) for b in connection.read_log(topic, 0)]
    assert all(end <= base for (_, end), (base, _) in zip(ends, ends[1:]))
    return everything(connection, topic)


def last_of_each(sent):
    """{key: (offset, value)} from [(offset, record)]."""
    table = {}
    for offset, record in sent:
        table[record.key] = (offset, record.value)
    return table


def send(broker, records, **more):
    """[(offset, record)] of what was sent in batches that fit the small segments."""
    reports = ConfluentClient().produce(broker.address, "t", records, **more, **{"batch.num.messages": 40})
    assert {error for _, error in reports} == {None}
    return [(offset, record) for record, (offset, _) in zip(records, reports)]


@pytest.mark.parametrize("codec", ["none", "zstd"])
def test_every_client_finds_the_last_value_of_each_key(own_broker, codec):
    dice = random.Random(5)
    broker = own_broker(**FAST).start()
    create_topic(broker.address, "t", configs=SMALL | {"delete.retention.ms": 0})
    records = updates(60, dice)
    table = last_of_each(send(broker, records, codec=codec, idempotent=True))
    kept = {offset: (key, value) for key, (offset, value) in table.items() if value is not None}
    with Connection(broker.address) as c:
        filler(c, "t", dice)
        wait_until(lambda: everything(c, "t") == kept, "that only the last value of each key is left")
        assert c.list_offset("t", 0, -2)["offset"] == 0
        # And the producer's last sequence is remembered in a batch without records, or one with.
        assert any(b.producer_id >= 0 for b in c.read_log("t", 0))
    size = sum(p.stat().st_size for p in (broker.data / "t-0").glob("*.log"))
    assert size < len(records) * 400 / 4

    def by_client(client):
        found = client.consume(broker.address, "t", len(kept))
        return {r.offset: (r.record.key, r.record.value) for r in found if r.record.key != b"filler"}

    for client in (ConfluentClient(), KafkaPythonClient(), KcatClient(), LibrdkafkaClient()):
        if codec in client.codecs:
            assert by_client(client) == kept, client.name
    broker.restart()
    with Connection(broker.address) as c:
        assert at_rest(c, "t") == kept


def test_a_tombstone_is_kept_as_long_as_was_asked(own_broker):
    dice = random.Random(6)
    broker = own_broker(**FAST).start()
    create_topic(broker.address, "t", configs=SMALL)
    table = last_of_each(send(broker, updates(60, dice)))
    with Connection(broker.address) as c:
        filler(c, "t", dice)
        kept = {offset: (key, value) for key, (offset, value) in table.items()}
        wait_until(lambda: everything(c, "t") == kept, "that only the last record of each key is left")
        marked = [b for b in c.read_log("t", 0) if any(r.value is None for _, r in b.records())]
        assert marked and all(b.attributes & 0x40 and b.base_timestamp > 1_700_000_000_000 for b in marked)


def test_kill_9_while_it_compacts_loses_no_last_value(own_broker):
    dice = random.Random(7)
    broker = own_broker(**FAST).start()
    create_topic(broker.address, "t", configs=SMALL)
    sent = []
    for cycle in range(6):
        sent += send(broker, updates(20, dice, first=20 * cycle), idempotent=True)
        with Connection(broker.address) as c:
            filler(c, "t", dice)
            # At a moment of its own in each cycle: now, or when this many records are left.
            few = len(sent) if cycle % 3 == 0 else dice.randrange(KEYS, KEYS * 20)
            wait_until(lambda: len(everything(c, "t")) <= few, "compaction")
        broker.crash_and_restart()
        with Connection(broker.address) as c:
            found = everything(c, "t")
            by_offset = {offset: (r.key, r.value) for offset, r in sent}
            assert all(by_offset[offset] == record for offset, record in found.items())
            for key, (offset, value) in last_of_each(sent).items():
                assert found[offset] == (key, value), f"cycle {cycle}"


def test_records_of_a_compacted_topic_are_not_deleted_by_offset(topic, connection):
    topic(cleanup_policy="compact")
    assert connection.produce(topic.last, 0, batches.build([Record(b"k", b"v", (), 1)]))["error_code"] == 0
    asked = [{"name": topic.last, "partitions": [{"partition_index": 0, "offset": 1}]}]
    answer = connection.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 1000})
    assert answer["topics"][0]["partitions"][0]["error_code"] == POLICY_VIOLATION
    assert connection.list_offset(topic.last, 0, -2)["offset"] == 0


def test_a_topic_can_become_compacted(own_broker):
    dice = random.Random(8)
    broker = own_broker(**FAST).start()
    create_topic(broker.address, "t", configs={"segment.bytes": 65536, "min.cleanable.dirty.ratio": 0.01})
    records = updates(30, dice) + [Record(None, b"without a key")]
    table = last_of_each(send(broker, records)[:-1])
    with Connection(broker.address) as c:
        filler(c, "t", dice)
        change = {"name": "cleanup.policy", "config_operation": 0, "value": "compact"}
        asked = {"resources": [{"resource_type": 2, "resource_name": "t", "configs": [change]}], "validate_only": False}
        assert c.call("IncrementalAlterConfigs", 0, asked)["responses"][0]["error_code"] == 0
        kept = {offset: (key, value) for key, (offset, value) in table.items()}
        wait_until(lambda: everything(c, "t") == kept, "that only the last record of each key is left")
