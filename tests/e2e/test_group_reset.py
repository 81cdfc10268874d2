"""A group is told where to go on reading: by HTTP and by the command line, alone and while real clients read.

What was asked for is read again, or left out; of everything else each record is read once.
"""

import collections
import json
import pathlib
import subprocess
import threading

import pytest
from kafka import KafkaConsumer, TopicPartition

from harness import http
from harness.broker import binary, wait_until
from harness.members import Member, wait_for_records, wait_for_shares
from harness.rdk import LibrdkafkaClient
from harness.records import text_records

JSON = {"Content-Type": "application/json"}
READERS = [
    ("librdkafka", {"partition.assignment.strategy": "range", "enable.auto.commit": "true"}),
    ("librdkafka", {"partition.assignment.strategy": "cooperative-sticky", "enable.auto.commit": "true"}),
    ("confluent", {"partition.assignment.strategy": "roundrobin", "enable.auto.commit": "true"}),
    ("confluent", {"partition.assignment.strategy": "cooperative-sticky", "enable.auto.commit": "true"}),
    ("kafka-python", {"partition.assignment.strategy": "range", "enable.auto.commit": "true"}),
]
BY_READER = pytest.mark.parametrize("kind, settings", READERS, ids=[f"{k}-{list(s.values())[0]}" for k, s in READERS])


@pytest.fixture
def topic(at, request):
    """Makes a topic of so many partitions with so many records in each; gives its name."""

    def make(partitions=4, count=30):
        name = f"reset-{abs(hash(request.node.name))}"
        body = json.dumps({"name": name, "partitions": partitions})
        assert http.request(at, "POST", "/v1/topics", body, JSON)[0] == 201
        return name

    return make


def fill(door, topic, partitions, count, seed=0):
    client = LibrdkafkaClient()
    for partition in range(partitions):
        reports = client.produce(door.address, topic, text_records(count, seed=seed + partition), partition=partition)
        assert all(error is None for _, error in reports)


def reset(at, group, body, dry_run=False):
    target = f"/v1/groups/{group}/reset" + ("?dry_run=true" if dry_run else "")
    return http.request(at, "POST", target, json.dumps(body), JSON)


def times_read(members):
    """{partition: {offset: how often}}"""
    seen = collections.defaultdict(collections.Counter)
    for member in members:
        for record in member.records:
            seen[record.partition][record.offset] += 1
    return seen


def once(count):
    return {offset: 1 for offset in range(count)}


def commit(door, topic, group, offsets):
    consumer = KafkaConsumer(bootstrap_servers=door.address, group_id=group, enable_auto_commit=False)
    partitions = [TopicPartition(topic, p) for p in offsets]
    consumer.assign(partitions)
    for partition, offset in offsets.items():
        consumer.seek(TopicPartition(topic, partition), offset)
    consumer.commit()
    consumer.close(autocommit=False)


def committed(at, group):
    return {row["partition"]: row["committed_offset"] for row in http.get(at, f"/v1/groups/{group}")["offsets"]}


@BY_READER
def test_a_reset_repeats_what_was_asked_and_nothing_else(kind, settings, door, at, topic):
    name = topic()
    fill(door, name, 4, 30)
    members = [Member(kind, door.address, name, name, **settings) for _ in range(2)]
    wait_for_shares(members, name, 4)
    wait_for_records(members, 120)
    status, _, body = reset(at, name, {"offset": 10, "topics": {name: [0, 2]}})
    assert status == 200, body
    assert body["members"] == 2
    assert [(row["partition"], row["after"]) for row in body["offsets"]] == [(0, 10), (2, 10)]
    wait_for_records(members, 160)
    wait_for_shares(members, name, 4)
    fill(door, name, 4, 5, seed=50)
    wait_for_records(members, 180)
    for member in members:
        member.close()
    seen = times_read(members)
    again = once(35) | {offset: 2 for offset in range(10, 30)}
    assert seen == {0: again, 1: once(35), 2: again, 3: once(35)}
    assert committed(at, name) == {0: 35, 1: 35, 2: 35, 3: 35}


@BY_READER
def test_a_reset_forward_leaves_out_what_was_asked_while_records_keep_coming(kind, settings, door, at, topic):
    name = topic()
    members = [Member(kind, door.address, name, name, **settings) for _ in range(2)]
    wait_for_shares(members, name, 4)
    stop = threading.Event()
    rounds = []

    def produce():
        while not stop.is_set():
            fill(door, name, 4, 5, seed=len(rounds))
            rounds.append(5)

    producer = threading.Thread(target=produce)
    producer.start()
    try:
        wait_for_records(members, 100)
        status, _, body = reset(at, name, {"to": "earliest", "topics": {name: [1]}})
        assert status == 200, body
        before = sum(len(m.records) for m in members)
        wait_until(lambda: times_read(members)[1][0] == 2, "the first record again", timeout=60)
        wait_for_records(members, before + 100)
    finally:
        stop.set()
        producer.join()
    total = sum(rounds)
    wait_until(lambda: all(times_read(members)[p][total - 1] for p in range(4)), "the last records", timeout=60)
    for member in members:
        member.close()
    seen = times_read(members)
    assert {p: seen[p] for p in (0, 2, 3)} == {p: once(total) for p in (0, 2, 3)}
    counts = [seen[1][offset] for offset in range(total)]
    assert set(counts) <= {1, 2} and counts == sorted(counts, reverse=True), "all again up to where it was, then on"


class TestPlaces:
    """Where a reset leads, of a group that nobody reads with: 0 to 30 in each of two partitions, 12 and nothing committed."""

    @pytest.fixture
    def group(self, door, topic):
        name = topic(partitions=2)
        fill(door, name, 2, 30)
        commit(door, name, name, {0: 12})
        return name

    @pytest.mark.parametrize(
        "place, after",
        [
            ({"to": "earliest"}, {0: 0, 1: 0}),
            ({"to": "latest"}, {0: 30, 1: 30}),
            ({"offset": 30}, {0: 30, 1: 30}),
            ({"offset": 0}, {0: 0, 1: 0}),
            ({"offset": 3.0}, {0: 3, 1: 3}),
            ({"time": "1971-01-01T00:00:00Z"}, {0: 0, 1: 0}),
            ({"time": "1969-12-31T23:59:59.999Z"}, {0: 0, 1: 0}),
            ({"time": "2999-01-01T00:00:00+01:00"}, {0: 30, 1: 30}),
        ],
    )
    def test_all_partitions_go_there(self, place, after, group, at):
        dry = reset(at, group, place, dry_run=True)
        assert dry[0] == 200 and dry[2]["dry_run"] is True
        assert committed(at, group) == {0: 12, 1: None}, "a dry run changes nothing"
        status, _, body = reset(at, group, place)
        assert status == 200
        assert body["offsets"] == dry[2]["offsets"]
        assert {row["partition"]: (row["before"], row["after"]) for row in body["offsets"]} == {
            0: (12, after[0]), 1: (None, after[1])}
        assert committed(at, group) == after

    @pytest.mark.parametrize("shift, after", [(-5, 7), (5, 17), (-100, 0), (100, 30), (-(2**63), 0), (2**63 - 1, 30)])
    def test_a_shift_counts_from_what_is_committed(self, shift, after, group, at):
        assert reset(at, group, {"shift": shift, "topics": {group: [0]}})[0] == 200
        assert committed(at, group)[0] == after

    @pytest.mark.parametrize(
        "body, status, said",
        [
            ({}, 400, "one of to, offset, shift and time"),
            ({"to": "earliest", "offset": 1}, 400, "one of to, offset, shift and time"),
            ({"to": "middle"}, 400, 'to: "middle" is neither earliest nor latest'),
            ({"to": 5}, 400, "to: 5 is not a text"),
            ({"offset": 31}, 400, "offset: 31 is not within"),
            ({"offset": -1}, 400, "offset: -1 is not within"),
            ({"offset": 1.5}, 400, "offset: 1.5 is not a whole number"),
            ({"offset": 2**64}, 400, "is not a whole number"),
            ({"shift": 1}, 400, "nothing is committed for"),
            ({"time": "yesterday"}, 400, 'time: "yesterday" is not as'),
            ({"to": "latest", "topics": []}, 400, "topics: [] is not an object"),
            ({"to": "latest", "topics": {"nothing-here": None}}, 404, "topic nothing-here does not exist"),
            ({"to": "latest", "topics": {"nothing-here": []}}, 400, "is not a list of partitions"),
            ({"to": "latest", "topics": {"nothing-here": [-1]}}, 400, "is not the number of a partition"),
            ({"to": "latest", "more": 1}, 400, "more is not a field of this request"),
        ],
    )
    def test_what_cannot_be_is_refused_and_changes_nothing(self, body, status, said, group, at):
        got, _, answer = reset(at, group, body)
        assert (got, answer["status"]) == (status, status)
        assert said in answer["detail"]
        assert committed(at, group) == {0: 12, 1: None}

    def test_a_partition_that_is_not_there_is_named(self, group, at):
        status, _, answer = reset(at, group, {"to": "latest", "topics": {group: [0, 2]}})
        assert status == 404 and f"topic {group} has no partition 2" in answer["detail"]

    def test_a_group_that_does_not_exist_is_made_only_of_named_topics(self, group, at):
        assert reset(at, group + "-new", {"to": "latest"})[0] == 404
        assert reset(at, group + "-new", {"to": "latest", "topics": {group: None}})[0] == 200
        assert committed(at, group + "-new") == {0: 30, 1: 30}

    def test_resets_at_once_leave_one_of_them(self, group, at):
        def go(offset):
            assert reset(at, group, {"offset": offset})[0] == 200

        threads = [threading.Thread(target=go, args=(offset,)) for offset in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        offsets = committed(at, group)
        assert offsets[0] == offsets[1] and 0 <= offsets[0] < 30


class TestDelete:
    def test_a_group_without_members_goes_with_its_offsets(self, door, at, topic):
        name = topic(partitions=1)
        commit(door, name, name, {0: 0})
        assert http.request(at, "DELETE", f"/v1/groups/{name}")[0] == 204
        assert http.request(at, "GET", f"/v1/groups/{name}")[0] == 404
        assert http.request(at, "DELETE", f"/v1/groups/{name}")[0] == 404

    def test_one_with_members_stays(self, door, at, topic):
        name = topic(partitions=1)
        member = Member("librdkafka", door.address, name, name)
        wait_for_shares([member], name, 1)
        status, _, body = http.request(at, "DELETE", f"/v1/groups/{name}")
        assert (status, body["kafka_error"]) == (409, "NON_EMPTY_GROUP")
        assert "stop them first" in body["detail"]
        member.close()

    def test_it_takes_neither_parameters_nor_a_body(self, at):
        assert http.request(at, "DELETE", "/v1/groups/any?now=1")[0] == 400
        assert http.request(at, "DELETE", "/v1/groups/any", "{}", JSON)[0] == 400


class TestTrim:
    def trim(self, at, topic, body, dry_run=False):
        target = f"/v1/topics/{topic}/trim" + ("?dry_run=true" if dry_run else "")
        return http.request(at, "POST", target, json.dumps(body), JSON)

    @staticmethod
    def starts(at, topic):
        return [p["log_start_offset"] for p in http.get(at, f"/v1/topics/{topic}")["partitions"]]

    def test_the_oldest_records_go(self, door, at, topic):
        name = topic(partitions=2)
        fill(door, name, 2, 30)
        status, _, body = self.trim(at, name, {"offset": 10, "partitions": [1]}, dry_run=True)
        assert status == 200 and body["dry_run"] is True
        assert self.starts(at, name) == [0, 0]
        status, _, body = self.trim(at, name, {"offset": 10, "partitions": [1]})
        assert (status, body["partitions"]) == (
            200, [{"partition": 1, "before": 0, "after": 10, "high_watermark": 30}])
        assert self.starts(at, name) == [0, 10]
        records = LibrdkafkaClient().consume(door.address, name, 20, partition=1)
        assert [r.offset for r in records] == list(range(10, 30))
        assert self.trim(at, name, {"to": "latest"})[0] == 200
        assert self.starts(at, name) == [30, 30]

    @pytest.mark.parametrize(
        "body, status, said",
        [
            ({"offset": 31}, 400, "offset: 31 is not within"),
            ({"shift": 3}, 400, "a topic has no place to count from"),
            ({"to": "latest", "partitions": [9]}, 404, "has no partition 9"),
            ({"to": "latest", "partitions": "all"}, 400, "is not a list of partitions"),
            ({}, 400, "one of to, offset, shift and time"),
        ],
    )
    def test_what_cannot_be_is_refused(self, body, status, said, door, at, topic):
        name = topic(partitions=1)
        fill(door, name, 1, 30)
        got, _, answer = self.trim(at, name, body)
        assert got == status and said in answer["detail"]
        assert self.starts(at, name) == [0]

    @pytest.mark.parametrize("dry_run", [True, False])
    def test_what_the_topic_forbids_is_refused_by_a_dry_run_too(self, dry_run, door, at, topic):
        name = topic(partitions=1)
        fill(door, name, 1, 30)
        compacted = json.dumps({"configs": {"cleanup.policy": "compact"}})
        assert http.request(at, "PATCH", f"/v1/topics/{name}", compacted, JSON)[0] == 200
        for where, why in ((name, "POLICY_VIOLATION"), ("__consumer_offsets", "INVALID_TOPIC_EXCEPTION")):
            status, _, answer = self.trim(at, where, {"to": "latest", "partitions": [0]}, dry_run)
            assert (status, answer["kafka_error"]) == (400, why), answer

    def test_a_topic_that_is_not_there(self, at):
        assert self.trim(at, "nothing-here", {"to": "latest"})[0] == 404


class TestCommandLine:
    def millrace(self, at, *words):
        command = [str(pathlib.Path(binary()).parent.parent / "cli" / "millrace"), "--server", at, *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)

    def test_a_group_is_reset_and_removed(self, door, at, topic):
        name = topic(partitions=2)
        fill(door, name, 2, 30)
        commit(door, name, name, {0: 12, 1: 13})
        dry = self.millrace(at, "group", "reset", name, "--to=-5", "--dry-run")
        assert (dry.returncode, dry.stderr) == (0, "")
        assert "nothing was changed" in dry.stdout
        assert dry.stdout.splitlines()[-2:] == [
            f"{name}          0      12      7", f"{name}          1      13      8"]
        unasked = self.millrace(at, "group", "reset", name, "--to", "latest")
        assert unasked.returncode == 2 and "say --yes" in unasked.stderr
        assert committed(at, name) == {0: 12, 1: 13}
        done = self.millrace(at, "group", "reset", name, "--to", "earliest", "-t", f"{name}:1", "--yes")
        assert done.returncode == 0
        assert committed(at, name) == {0: 12, 1: 0}
        assert self.millrace(at, "group", "rm", name).returncode == 2
        assert self.millrace(at, "group", "rm", name, "--yes").returncode == 0
        gone = self.millrace(at, "group", "describe", name)
        assert gone.returncode == 1 and "does not exist" in gone.stderr

    def test_a_topic_is_trimmed(self, door, at, topic):
        name = topic(partitions=2)
        fill(door, name, 2, 30)
        unasked = self.millrace(at, "topic", "trim", name, "--before", "5")
        assert unasked.returncode == 2 and "say --yes" in unasked.stderr
        assert TestTrim.starts(at, name) == [0, 0]
        done = self.millrace(at, "topic", "trim", name, "--before", "5", "-p", "1", "--yes")
        assert done.returncode == 0, done.stderr
        assert TestTrim.starts(at, name) == [0, 5]
