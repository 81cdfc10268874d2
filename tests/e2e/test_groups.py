"""Consumer groups of real clients: members join, leave, crash, rebalance, commit, and find their place again."""

import confluent_kafka
import pytest
from confluent_kafka import TopicPartition
from kafka.admin import KafkaAdminClient

from harness import wire
from harness.broker import wait_until
from harness.members import KINDS, Member, wait_for_records, wait_for_shares
from harness.rdk import LibrdkafkaClient
from harness.records import text_records

BY_KIND = pytest.mark.parametrize("kind", KINDS)


def fill(address, topic, partitions, count, seed=0):
    client = LibrdkafkaClient()
    for partition in range(partitions):
        reports = client.produce(address, topic, text_records(count, seed=seed + partition), partition=partition)
        assert all(error is None for _, error in reports)


def committed(address, group, topic, partitions):
    """{partition: (offset, metadata)} as the coordinator holds it."""
    asked = [{"name": topic, "partition_indexes": list(range(partitions))}]
    with wire.Connection(address) as c:
        answer = c.call("OffsetFetch", 5, {"group_id": group, "topics": asked})
    assert answer["error_code"] == 0
    found = answer["topics"][0]["partitions"]
    assert all(p["error_code"] == 0 for p in found)
    return {p["partition_index"]: (p["committed_offset"], p["metadata"]) for p in found}


def described(address, group):
    with wire.Connection(address) as c:
        return c.call("DescribeGroups", 4, {"groups": [group]})["groups"][0]


@pytest.fixture
def member(address):
    """Starts a member; whatever is left of them ends with the test."""

    def start(kind, group, topics, **settings):
        return Member(kind, address, group, topics, **settings)

    return start


def read_exactly_once(members, partitions, count):
    """Together the members have read every record of every partition, each once."""
    seen = sorted((r.partition, r.offset) for m in members for r in m.records)
    assert seen == [(p, o) for p in range(partitions) for o in range(count)]


@BY_KIND
def test_members_share_the_partitions_and_read_everything_once(kind, address, topic, member):
    group = topic.name("group")
    topic(partitions=4)
    members = [member(kind, group, topic.last) for _ in range(2)]
    wait_for_shares(members, topic.last, 4)
    assert sorted(len(m.partitions) for m in members) == [2, 2]
    fill(address, topic.last, 4, 50)
    wait_for_records(members, 200)
    read_exactly_once(members, 4, 50)
    for m in members:
        m.close()


@BY_KIND
def test_a_member_that_leaves_gives_its_partitions_up(kind, address, topic, member):
    group = topic.name("group")
    topic(partitions=3)
    members = [member(kind, group, topic.last) for _ in range(3)]
    wait_for_shares(members, topic.last, 3)
    members[0].close()
    wait_for_shares(members[1:], topic.last, 3)
    for m in members[1:]:
        m.close()
    wait_until(lambda: described(address, group)["group_state"] == "Empty", "the empty group")


@BY_KIND
def test_a_member_that_crashes_loses_its_partitions_after_its_session(kind, address, topic, member):
    group = topic.name("group")
    topic(partitions=2)
    members = [member(kind, group, topic.last) for _ in range(2)]
    wait_for_shares(members, topic.last, 2)
    members[0].crash()
    wait_for_shares(members[1:], topic.last, 2)
    fill(address, topic.last, 2, 10)
    wait_for_records(members[1:], 20)
    members[1].close()


def test_members_of_all_kinds_share_one_group(address, topic, member):
    group = topic.name("group")
    topic(partitions=6)
    strategy = {"partition.assignment.strategy": "range"}
    members = [member(kind, group, topic.last, **strategy) for kind in KINDS]
    wait_for_shares(members, topic.last, 6)
    fill(address, topic.last, 6, 20)
    wait_for_records(members, 120)
    read_exactly_once(members, 6, 20)
    found = described(address, group)
    assert (found["group_state"], found["protocol_type"], found["protocol_data"]) == ("Stable", "consumer", "range")
    assert len(found["members"]) == 3
    for m in members:
        m.close()


@BY_KIND
def test_a_member_goes_on_after_the_commit_of_the_one_before(kind, address, topic, member):
    group = topic.name("group")
    topic(partitions=2)
    fill(address, topic.last, 2, 30)
    first = member(kind, group, topic.last)
    wait_for_records([first], 60)
    assert first.commit() == {(topic.last, 0): 30, (topic.last, 1): 30}
    first.close()
    fill(address, topic.last, 2, 5, seed=10)
    second = member(kind, group, topic.last)
    wait_for_records([second], 10)
    assert sorted((r.partition, r.offset) for r in second.records) == [(p, 30 + i) for p in range(2) for i in range(5)]
    second.close()


def test_a_crashed_member_that_committed_nothing_is_read_again(address, topic, member):
    group = topic.name("group")
    fill(address, topic(partitions=1), 1, 20)
    first = member("librdkafka", group, topic.last)
    wait_for_records([first], 20)
    first.crash()
    second = member("librdkafka", group, topic.last)
    wait_for_records([second], 20)
    assert [r.offset for r in second.records] == list(range(20))
    second.close()


@pytest.mark.parametrize("metadata", ["", "plain", "значение ☃", "m" * 4096])
def test_commit_metadata_comes_back_as_it_was(metadata, address, topic, member):
    group = topic.name("group")
    fill(address, topic(partitions=1), 1, 3)
    m = member("librdkafka", group, topic.last)
    wait_for_records([m], 3)
    assert m.commit(metadata) == {(topic.last, 0): 3}
    assert committed(address, group, topic.last, 1) == {0: (3, metadata)}
    m.close()


def test_metadata_that_is_too_long_is_refused_and_the_commit_stays_as_it_was(address, topic, member):
    group = topic.name("group")
    fill(address, topic(partitions=1), 1, 3)
    m = member("librdkafka", group, topic.last)
    wait_for_records([m], 3)
    assert m.commit("m" * 4097) == "OFFSET_METADATA_TOO_LARGE"
    assert committed(address, group, topic.last, 1) == {0: (-1, "")}
    m.close()


@pytest.mark.parametrize("kind", ["librdkafka", "confluent"])
def test_cooperative_members_keep_what_they_need_not_give_up(kind, address, topic, member):
    group = topic.name("group")
    topic(partitions=4)
    strategy = {"partition.assignment.strategy": "cooperative-sticky"}
    first = member(kind, group, topic.last, **strategy)
    wait_for_shares([first], topic.last, 4)
    second = member(kind, group, topic.last, **strategy)
    wait_for_shares([first, second], topic.last, 4)
    assert sorted([len(first.partitions), len(second.partitions)]) == [2, 2]
    given_up = [text for event, text in first.events if event == "revoked" and text]
    assert len(given_up) == 1 and given_up[0].count(",") == 1, f"gave up more than two partitions: {first.events}"
    fill(address, topic.last, 4, 10)
    wait_for_records([first, second], 40)
    read_exactly_once([first, second], 4, 10)
    second.close()
    wait_for_shares([first], topic.last, 4)
    first.close()


def test_a_static_member_comes_back_without_a_rebalance(address, topic, member):
    group = topic.name("group")
    topic(partitions=2)
    settings = {"session.timeout.ms": 20_000}
    first = member("librdkafka", group, topic.last, **settings, **{"group.instance.id": "one"})
    second = member("librdkafka", group, topic.last, **settings, **{"group.instance.id": "two"})
    wait_for_shares([first, second], topic.last, 2)
    before = {"first": set(first.partitions), "rebalances": second.count("assigned") + second.count("revoked")}
    first.close()  # a static member does not leave
    again = member("librdkafka", group, topic.last, **settings, **{"group.instance.id": "one"})
    again.wait(lambda: again.partitions == before["first"], "the old assignment")
    assert second.count("assigned") + second.count("revoked") == before["rebalances"]
    ids = {m["group_instance_id"] for m in described(address, group)["members"]}
    assert ids == {"one", "two"}


def test_the_second_user_of_an_instance_id_fences_the_first(address, topic, member):
    group = topic.name("group")
    topic(partitions=1)
    first = member("librdkafka", group, topic.last, **{"group.instance.id": "same"})
    wait_for_shares([first], topic.last, 1)
    second = member("librdkafka", group, topic.last, **{"group.instance.id": "same"})
    second.wait(lambda: second.partitions, "an assignment")
    first.wait(lambda: ("error", "_FATAL") in first.events, "the fencing")
    assert len(described(address, group)["members"]) == 1


def test_a_member_with_another_protocol_is_refused(address, topic, member):
    group = topic.name("group")
    topic(partitions=1)
    first = member("librdkafka", group, topic.last, **{"partition.assignment.strategy": "range"})
    wait_for_shares([first], topic.last, 1)
    other = member("librdkafka", group, topic.last, **{"partition.assignment.strategy": "roundrobin"})
    other.wait(lambda: ("error", "INCONSISTENT_GROUP_PROTOCOL") in other.events, "the refusal")
    assert first.partitions == {(topic.last, 0)}


@pytest.mark.parametrize("timeout", [1000, 3_600_000])
def test_a_session_timeout_outside_the_limits_is_refused(timeout, address, topic, member):
    topic(partitions=1)
    settings = {"session.timeout.ms": timeout, "max.poll.interval.ms": 3_600_000, "heartbeat.interval.ms": 300}
    m = member("librdkafka", topic.name("group"), topic.last, **settings)
    m.wait(lambda: ("error", "INVALID_SESSION_TIMEOUT") in m.events, "the refusal")


def test_an_unknown_group_has_no_offsets_and_no_error(address, topic):
    topic(partitions=2)
    assert committed(address, topic.name("group"), topic.last, 2) == {0: (-1, ""), 1: (-1, "")}


def test_a_stranger_cannot_commit_for_an_active_group(address, topic, member):
    group = topic.name("group")
    fill(address, topic(partitions=1), 1, 3)
    m = member("librdkafka", group, topic.last)
    wait_for_records([m], 3)
    stranger = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": group})
    with pytest.raises(confluent_kafka.KafkaException) as e:
        stranger.commit(offsets=[TopicPartition(topic.last, 0, 1)], asynchronous=False)
    assert e.value.args[0].name() in ("UNKNOWN_MEMBER_ID", "ILLEGAL_GENERATION")
    stranger.close()
    assert committed(address, group, topic.last, 1) == {0: (-1, "")}
    m.close()


def test_a_member_that_subscribes_to_two_topics_gets_both(address, topic, member):
    group = topic.name("group")
    names = [topic(partitions=2), topic(partitions=1)]
    m = member("librdkafka", group, names)
    m.wait(lambda: m.partitions == {(names[0], 0), (names[0], 1), (names[1], 0)}, "both topics")
    m.close()


def test_a_pattern_finds_topics_that_are_created_later(address, topic, member):
    prefix = topic.name("pattern")
    settings = {"topic.metadata.refresh.interval.ms": 300, "metadata.max.age.ms": 1000}
    m = member("librdkafka", topic.name("group"), f"^{prefix}.*", **settings)
    wire.create_topic(address, prefix + "-a", 1)
    m.wait(lambda: m.partitions == {(prefix + "-a", 0)}, "the first topic")
    wire.create_topic(address, prefix + "-b", 1)
    m.wait(lambda: m.partitions == {(prefix + "-a", 0), (prefix + "-b", 0)}, "the second topic")
    m.close()


def commit_simply(address, group, topic, offsets):
    """Commits {partition: offset} without being a member."""
    wanted = [{"partition_index": p, "committed_offset": o, "committed_metadata": ""} for p, o in offsets.items()]
    request = {"group_id": group, "generation_id_or_member_epoch": -1, "member_id": ""}
    with wire.Connection(address) as c:
        answer = c.call("OffsetCommit", 7, request | {"topics": [{"name": topic, "partitions": wanted}]})
    assert all(p["error_code"] == 0 for p in answer["topics"][0]["partitions"])


NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND, GROUP_SUBSCRIBED_TO_TOPIC = 68, 69, 86


def delete_groups(address, *groups):
    """{group: error code}, as the administration client of kafka-python gets them."""
    client = KafkaAdminClient(bootstrap_servers=address)
    try:
        return {name: error.errno for name, error in client.delete_consumer_groups(list(groups))}
    finally:
        client.close()


def test_a_group_is_deleted_when_its_members_are_gone_and_stays_deleted_over_a_crash(own_broker):
    broker = own_broker()
    broker.start()
    topic, group = "deleted-groups", "readers"
    wire.create_topic(broker.address, topic, 2)
    member = Member("kafka-python", broker.address, group, topic)
    wait_for_shares([member], topic, 2)
    assert delete_groups(broker.address, group, "absent") == {group: NON_EMPTY_GROUP, "absent": GROUP_ID_NOT_FOUND}
    member.close()
    commit_simply(broker.address, group, topic, {0: 5, 1: 6})
    assert delete_groups(broker.address, group) == {group: 0}
    for _ in range(2):
        assert committed(broker.address, group, topic, 2) == {0: (-1, ""), 1: (-1, "")}
        with wire.Connection(broker.address) as c:
            answer = c.call("DescribeGroups", 6, {"groups": [group]})["groups"][0]
        assert (answer["error_code"], answer["group_state"]) == (GROUP_ID_NOT_FOUND, "Dead")
        assert group in answer["error_message"]
        broker.crash_and_restart()


def test_offsets_are_deleted_but_for_topics_that_a_member_reads(address, topic, member):
    group, read, left = topic.name("group"), topic(), topic()
    reader = member("kafka-python", group, read)
    wait_for_shares([reader], read, 1)
    asked = [{"name": name, "partitions": [{"partition_index": 0}]} for name in (read, left, "no-such-topic")]
    with wire.Connection(address) as c:
        answer = c.call("OffsetDelete", 0, {"group_id": group, "topics": asked})
    assert answer["error_code"] == 0
    errors = {t["name"]: t["partitions"][0]["error_code"] for t in answer["topics"]}
    assert errors == {read: GROUP_SUBSCRIBED_TO_TOPIC, left: 0, "no-such-topic": 3}
    reader.close()
    commit_simply(address, group, read, {0: 3})
    with wire.Connection(address) as c:
        answer = c.call("OffsetDelete", 0, {"group_id": group, "topics": asked[:1]})
    assert answer["topics"][0]["partitions"][0]["error_code"] == 0
    assert committed(address, group, read, 1) == {0: (-1, "")}
