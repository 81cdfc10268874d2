"""Topics by id (KIP-516): what newer clients produce, fetch and commit by, and what tells a topic from its namesake."""

import uuid

import pytest

from harness import batches, wire
from harness.records import Record
from harness.samples import sample
from harness.wire import Connection

NONE, UNKNOWN_TOPIC, UNKNOWN_TOPIC_ID, SESSION_TOPIC_ID = 0, 3, 100, 106
NOBODY, ZERO = uuid.UUID(int=0xDEAD).bytes, bytes(16)
PRODUCE, COMMIT, COMMITTED = 13, 10, 10
FETCH = [13, 14, 15, 16, 17, 18]


@pytest.fixture
def connection(address):
    with Connection(address) as c:
        yield c


def id_of(connection, name):
    asked = {"topics": [{"name": name}], "allow_auto_topic_creation": False}
    return connection.call("Metadata", 12, asked)["topics"][0]["topic_id"]


def record(value):
    return batches.build([Record(b"k", value, (), 1)])


def produce(connection, *parts):
    """[(id in the answer, error)] of (topic id, partition, value), one topic each."""
    topics = [
        {"topic_id": topic, "partition_data": [{"index": partition, "records": record(value)}]}
        for topic, partition, value in parts
    ]
    values = {"transactional_id": None, "acks": -1, "timeout_ms": 10_000, "topic_data": topics}
    answer = connection.call("Produce", PRODUCE, values)["responses"]
    return [(t["topic_id"], t["partition_responses"][0]["error_code"]) for t in answer]


def ask(version, *parts, **more):
    """A fetch of (topic id, partition), from offset 0."""
    values = sample("Fetch", "") | {"max_wait_ms": 0} | more
    (wanted,) = values["topics"][0]["partitions"]
    values["topics"] = [{"topic_id": t, "partitions": [wanted | {"partition": p}]} for t, p in parts]
    return version, values


def told(answer):
    """{(topic id, partition): (error, values)}"""
    return {
        (t["topic_id"], p["partition_index"]): (
            p["error_code"],
            [r.value for batch in batches.split(p["records"] or b"") for _, r in batch.records()],
        )
        for t in answer["responses"]
        for p in t["partitions"]
    }


def fetch(connection, version, *parts, **more):
    return told(connection.call("Fetch", *ask(version, *parts, **more)))


def test_what_was_produced_by_id_is_read_by_id_and_by_name(topic, connection):
    name = topic(partitions=2)
    topic_id = id_of(connection, name)
    assert produce(connection, (topic_id, 1, b"by id")) == [(topic_id, NONE)]
    for version in FETCH:
        expected = {(topic_id, 0): (NONE, []), (topic_id, 1): (NONE, [b"by id"])}
        assert fetch(connection, version, (topic_id, 0), (topic_id, 1)) == expected, f"version {version}"
    (batch,) = connection.read_log(name, 1)
    assert [r.value for _, r in batch.records()] == [b"by id"]


def test_an_id_that_nobody_has_is_refused_and_its_neighbours_are_served(topic, connection):
    topic_id = id_of(connection, topic())
    sent = produce(connection, (NOBODY, 0, b"x"), (topic_id, 0, b"kept"), (ZERO, 0, b"x"), (topic_id, 9, b"x"))
    assert sent == [(NOBODY, UNKNOWN_TOPIC_ID), (topic_id, NONE), (ZERO, UNKNOWN_TOPIC_ID), (topic_id, UNKNOWN_TOPIC)]
    for version in FETCH:
        assert fetch(connection, version, (NOBODY, 0), (topic_id, 0), (ZERO, 0), (topic_id, 9)) == {
            (NOBODY, 0): (UNKNOWN_TOPIC_ID, []),
            (topic_id, 0): (NONE, [b"kept"]),
            (ZERO, 0): (UNKNOWN_TOPIC_ID, []),
            (topic_id, 9): (UNKNOWN_TOPIC, []),
        }, f"version {version}"


def test_a_topic_that_was_made_anew_is_not_its_namesake(topic, connection, address):
    name = topic()
    old = id_of(connection, name)
    assert produce(connection, (old, 0, b"old")) == [(old, NONE)]
    group = topic.name("group")
    assert commit(connection, group, (old, 0, 1)) == [(old, NONE)]
    gone = connection.call("DeleteTopics", 6, {"topics": [{"topic_id": old}], "timeout_ms": 10_000})
    assert gone["responses"][0]["error_code"] == NONE
    wire.create_topic(address, name)
    new = id_of(connection, name)
    assert new != old
    assert produce(connection, (old, 0, b"late"), (new, 0, b"new")) == [(old, UNKNOWN_TOPIC_ID), (new, NONE)]
    assert fetch(connection, 18, (old, 0), (new, 0)) == {
        (old, 0): (UNKNOWN_TOPIC_ID, []),
        (new, 0): (NONE, [b"new"]),
    }
    assert commit(connection, group, (old, 0, 7)) == [(old, UNKNOWN_TOPIC_ID)]
    assert committed(connection, group, [(old, 0), (new, 0)]) == {
        (old, 0): (UNKNOWN_TOPIC_ID, -1),
        (new, 0): (NONE, -1),
    }


def in_session(session_id, epoch, **more):
    return {"session_id": session_id, "session_epoch": epoch} | more


def test_a_session_goes_by_id_to_its_end(topic, connection):
    name = topic(partitions=3)
    topic_id = id_of(connection, name)
    first = connection.call("Fetch", *ask(13, (topic_id, 0), (topic_id, 1), (NOBODY, 0), **in_session(0, 0)))
    session = first["session_id"]
    assert session > 0 and told(first)[NOBODY, 0] == (UNKNOWN_TOPIC_ID, [])
    produce(connection, (topic_id, 1, b"news"))
    # Nothing is named and nothing changed but one partition, and what is unknown is told each time.
    second = connection.call("Fetch", *ask(13, **in_session(session, 1)))
    assert told(second) == {(topic_id, 1): (NONE, [b"news"]), (NOBODY, 0): (UNKNOWN_TOPIC_ID, [])}
    by_name = sample("Fetch", name) | in_session(session, 2, max_wait_ms=0)
    refused = connection.call("Fetch", 12, by_name)
    assert (refused["error_code"], refused["responses"]) == (SESSION_TOPIC_ID, [])
    forget = [{"topic_id": topic_id, "partitions": [1]}, {"topic_id": NOBODY, "partitions": [0]}]
    third = connection.call("Fetch", *ask(17, (topic_id, 2), **in_session(session, 2, forgotten_topics_data=forget)))
    assert third["error_code"] == NONE and set(told(third)) == {(topic_id, 2)}


def test_a_session_by_name_refuses_ids(topic, connection):
    name = topic()
    first = connection.call("Fetch", 12, sample("Fetch", name) | in_session(0, 0, max_wait_ms=0))
    by_id = connection.call("Fetch", *ask(13, (id_of(connection, name), 0), **in_session(first["session_id"], 1)))
    assert (by_id["error_code"], by_id["responses"]) == (SESSION_TOPIC_ID, [])


def commit(connection, group, *parts):
    topics = [
        {
            "topic_id": topic,
            "partitions": [
                {"partition_index": p, "committed_offset": offset, "committed_leader_epoch": -1, "committed_metadata": "m"}
            ],
        }
        for topic, p, offset in parts
    ]
    values = {"group_id": group, "generation_id_or_member_epoch": -1, "member_id": "", "topics": topics}
    answer = connection.call("OffsetCommit", COMMIT, values)["topics"]
    return [(t["topic_id"], t["partitions"][0]["error_code"]) for t in answer]


def committed(connection, group, parts):
    """{(topic id, partition): (error, offset)}; of all that was committed with None."""
    topics = None if parts is None else [{"topic_id": t, "partition_indexes": [p]} for t, p in parts]
    asked = {"groups": [{"group_id": group, "member_epoch": -1, "topics": topics}], "require_stable": False}
    (answer,) = connection.call("OffsetFetch", COMMITTED, asked)["groups"]
    assert answer["error_code"] == NONE
    return {
        (t["topic_id"], p["partition_index"]): (p["error_code"], p["committed_offset"])
        for t in answer["topics"]
        for p in t["partitions"]
    }


def test_offsets_are_committed_and_found_by_id(topic, connection):
    name = topic(partitions=3)
    topic_id, group = id_of(connection, name), topic.name("group")
    sent = commit(connection, group, (topic_id, 0, 5), (NOBODY, 0, 6), (topic_id, 9, 7), (ZERO, 0, 8))
    assert sent == [(topic_id, NONE), (NOBODY, UNKNOWN_TOPIC_ID), (topic_id, UNKNOWN_TOPIC), (ZERO, UNKNOWN_TOPIC_ID)]
    assert committed(connection, group, [(topic_id, 0), (NOBODY, 0), (topic_id, 1)]) == {
        (topic_id, 0): (NONE, 5),
        (topic_id, 1): (NONE, -1),
        (NOBODY, 0): (UNKNOWN_TOPIC_ID, -1),
    }
    assert committed(connection, group, None) == {(topic_id, 0): (NONE, 5)}
    by_name = {"groups": [{"group_id": group, "topics": [{"name": name, "partition_indexes": [0]}]}]}
    (answer,) = connection.call("OffsetFetch", 8, by_name)["groups"]
    assert answer["topics"][0]["partitions"][0]["committed_offset"] == 5
