"""Fetch sessions (KIP-227), as clients use them that name their partitions once: Kafka's own, franz-go, kafka-python 3."""

import os
import pathlib

import pytest

from harness import wire
from harness.samples import small_batch
from harness.wire import Connection

NONE, OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC, NO_SUCH_SESSION, WRONG_EPOCH = 0, 1, 3, 70, 71


class Session:
    """A client that keeps a session; what it fetched last is in `answer`, by partition."""

    def __init__(self, connection, topic, version=11):
        self.connection, self.topic, self.version = connection, topic, version
        self.id = 0
        self.epoch = 0
        self.answer = {}

    def fetch(self, offsets=None, forget=(), **more):
        """The error of the whole answer. `offsets`: partition → offset, for those that are new or moved on."""
        parts = [
            {"partition": p, "current_leader_epoch": -1, "fetch_offset": o, "last_fetched_epoch": -1,
             "log_start_offset": -1, "partition_max_bytes": 1 << 20}
            for p, o in (offsets or {}).items()
        ]  # fmt: skip
        values = {
            "replica_id": -1, "max_wait_ms": 0, "min_bytes": 1, "max_bytes": 1 << 20,
            "session_id": self.id, "session_epoch": self.epoch,
            "topics": [{"topic": self.topic, "partitions": parts}] if parts else [],
            "forgotten_topics_data": [{"topic": self.topic, "partitions": list(forget)}] if forget else [],
        } | more  # fmt: skip
        got = self.connection.call("Fetch", self.version, values)
        self.answer = {p["partition_index"]: p for t in got["responses"] for p in t["partitions"]}
        if got["error_code"] == NONE:
            self.id = got["session_id"]
            self.epoch += 1
        return got["error_code"]

    @property
    def told(self):
        return sorted(self.answer)


@pytest.fixture
def connection(address):
    with Connection(address) as c:
        yield c


@pytest.fixture
def session(topic, connection):
    return Session(connection, topic(partitions=4))


def produce(connection, topic, partition):
    assert connection.produce(topic, partition, small_batch())["error_code"] == NONE


@pytest.mark.parametrize("version", range(7, 13))
def test_an_increment_names_only_what_changed_and_is_told_only_what_is_new(version, topic, connection):
    session = Session(connection, topic(partitions=4), version)
    assert session.fetch({0: 0, 1: 0, 2: 0}) == NONE
    assert session.id > 0 and session.told == [0, 1, 2]
    assert session.fetch() == NONE and session.told == []
    produce(connection, session.topic, 1)
    assert session.fetch() == NONE and session.told == [1]
    assert session.answer[1]["high_watermark"] == 2 and session.answer[1]["records"]
    assert session.fetch({1: 2}) == NONE and session.told == []
    assert session.fetch({3: 0}, forget=[0]) == NONE and session.told == [3]
    produce(connection, session.topic, 0)
    produce(connection, session.topic, 2)
    assert session.fetch() == NONE and session.told == [2]


def test_a_long_poll_of_an_increment_is_woken_by_any_partition_of_the_session(address, session, connection):
    assert session.fetch({p: 0 for p in range(4)}) == NONE
    connection.socket.settimeout(60)
    with Connection(address) as other:
        values = {"max_wait_ms": 50_000, "session_id": session.id, "session_epoch": session.epoch}
        sent = connection.send("Fetch", 11, wire_values(values))
        produce(other, session.topic, 3)
        correlation_id, got = connection.receive("Fetch", 11)
    assert correlation_id == sent
    assert [p["partition_index"] for t in got["responses"] for p in t["partitions"]] == [3]


def wire_values(more):
    return {"replica_id": -1, "min_bytes": 1, "max_bytes": 1 << 20, "topics": [], "forgotten_topics_data": []} | more


def test_an_error_is_told_each_time_and_so_is_its_end(session):
    assert session.fetch({0: 0, 1: 7}) == NONE
    for _ in range(2):
        assert session.fetch() == NONE
        assert session.told == [1] and session.answer[1]["error_code"] == OFFSET_OUT_OF_RANGE
    assert session.fetch({1: 0}) == NONE and session.told == [1] and session.answer[1]["error_code"] == NONE
    assert session.fetch() == NONE and session.told == []


def test_a_deleted_topic_is_an_error_of_its_partitions(session, connection):
    assert session.fetch({0: 0}) == NONE
    connection.call("DeleteTopics", 4, {"topic_names": [session.topic], "timeout_ms": 10_000})
    assert session.fetch() == NONE and session.answer[0]["error_code"] == UNKNOWN_TOPIC


@pytest.mark.parametrize("epoch", [1, 3, -2, 2**31 - 1])
def test_an_epoch_that_is_not_the_next_is_refused_and_changes_nothing(epoch, session):
    assert session.fetch({0: 0}) == NONE
    assert session.fetch({1: 0}) == NONE
    right, session.epoch = session.epoch, epoch
    assert session.fetch({2: 0}) == WRONG_EPOCH and not session.answer
    session.epoch = right
    assert session.fetch({3: 0}) == NONE and session.told == [3]


def test_a_session_is_over_when_its_client_says_so_or_asks_for_another(session):
    assert session.fetch({0: 0}) == NONE
    first = session.id
    session.epoch = 0
    assert session.fetch({0: 0}) == NONE
    assert session.id not in (0, first)
    second, session.id, session.epoch = session.id, first, 1
    assert session.fetch() == NO_SUCH_SESSION
    session.id, session.epoch = second, -1
    assert session.fetch({0: 0}) == NONE and session.id == 0 and session.told == [0]
    session.id, session.epoch = second, 1
    assert session.fetch() == NO_SUCH_SESSION


def test_a_session_that_forgets_all_is_over(session):
    assert session.fetch({0: 0, 1: 0}) == NONE
    opened = session.id
    assert session.fetch(forget=[0, 1]) == NONE and session.id == 0 and session.told == []
    session.id = opened
    assert session.fetch() == NO_SUCH_SESSION


def test_a_session_goes_on_over_another_connection(address, session):
    assert session.fetch({0: 0}) == NONE
    with Connection(address) as other:
        session.connection = other
        assert session.fetch({1: 0}) == NONE and session.told == [1]


def test_no_session_outlives_its_broker(own_broker):
    broker = own_broker().start()
    name = wire.create_topic(broker.address, "orders", 1)
    with Connection(broker.address) as c:
        session = Session(c, name)
        assert session.fetch({0: 0}) == NONE
    broker.restart()
    with Connection(broker.address) as c:
        session.connection = c
        assert session.fetch() == NO_SUCH_SESSION
        session.epoch = 0
        assert session.fetch({0: 0}) == NONE and session.told == [0]


def test_who_finds_no_slot_reads_without_a_session(own_broker):
    broker = own_broker(fetch_session_cache_slots=2).start()
    name = wire.create_topic(broker.address, "orders", 2)
    with Connection(broker.address) as c:
        produce(c, name, 0)
        granted = [Session(c, name) for _ in range(2)]
        for session in granted:
            assert session.fetch({0: 0}) == NONE and session.id > 0
        late = Session(c, name)
        for _ in range(3):
            late.epoch = 0
            assert late.fetch({0: 0, 1: 0}) == NONE
            assert late.id == 0 and late.told == [0, 1] and late.answer[0]["records"]
        assert granted[0].fetch({1: 0}) == NONE and granted[0].told == [0, 1]
        granted[0].epoch = -1
        assert granted[0].fetch() == NONE
        late.epoch = 0
        assert late.fetch({0: 0}) == NONE and late.id > 0


def test_strangers_cannot_make_sessions_take_much_memory(own_broker):
    if b"__asan_init" in pathlib.Path(os.environ["MILLRACED"]).read_bytes():
        pytest.skip("AddressSanitizer pads every allocation: what it takes says nothing of the broker")
    broker = own_broker().start()
    with Connection(broker.address) as c:
        Session(c, "nowhere").fetch({0: 0})
        before = broker.rss_kib()
        refused = 0
        for i in range(15):
            session = Session(c, f"{i:05}" + "x" * 200)
            assert session.fetch({p: 0 for p in range(20_000)}) == NONE
            refused += session.id == 0
        assert refused > 0
        assert broker.rss_kib() - before < 200 * 1024
