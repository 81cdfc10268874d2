"""Readers over HTTP and WebSocket as members of consumer groups, among themselves and together with Kafka's own."""

import base64
import http.client
import json
import os
import socket
import threading
import time

import pytest
from kafka import KafkaAdminClient

from harness import http as door_http
from harness.broker import free_port
from harness.cli import millrace
from harness.events import BATCH as SENT_BATCH, EVENT, STRUCTURED, ask, publish, stored, structured, topics
from harness.group_readers import (
    BATCH, Poller, SocketReader, WireMember, committed, members_of, wait_committed, wait_shared,
)
from harness.members import Member, wait_for_records
from harness.waiting import wait_until
from harness.wire import Connection, create_topic

SESSION_MS = 45_000  # who is busy for a while stays; groups whose members are to be lost have a shorter one
SHORT_SESSION_MS = 6_000
TIMES = {
    "group_consumer_session_timeout_ms": SESSION_MS,
    "group_consumer_heartbeat_interval_ms": 300,
    "group_consumer_min_session_timeout_ms": 1_000,
    "group_consumer_min_heartbeat_interval_ms": 100,
}
SETTINGS = TIMES


@pytest.fixture
def topic(door, request):
    return topics(door, request)


@pytest.fixture
def group(request):
    return f"g-{request.node.originalname}"[:100]


def fill(at, topic, ids, partition=None):
    """Publishes an event of each id, into the partition or spread over all."""
    where = "" if partition is None else f"?partition={partition}"
    for at_once in [ids[i:i + 500] for i in range(0, len(ids), 500)]:
        status, _, told = publish(at, topic, json.dumps([structured(id=i) for i in at_once]), SENT_BATCH, where)
        assert status == 200, told


def set_session(door, group, timeout_ms):
    change = {"name": "consumer.session.timeout.ms", "config_operation": 0, "value": str(timeout_ms)}
    resource = {"resource_type": 32, "resource_name": group, "configs": [change]}
    with Connection(door.address) as c:
        (told,) = c.call("IncrementalAlterConfigs", 1, {"resources": [resource], "validate_only": False})["responses"]
    assert told["error_code"] == 0, told


def spread(at, topic, ids, partitions):
    for index, each in enumerate(ids):
        assert publish(at, topic, b"", EVENT | {"ce-id": each}, f"?partition={index % partitions}")[0] == 200


def names(prefix, count):
    return [f"{prefix}{i}" for i in range(count)]


class TestSockets:
    def test_they_share_a_topic_and_each_event_comes_once(self, at, topic, group):
        name = topic(partitions=4)
        one, two = SocketReader(at, name, group), SocketReader(at, name, group)
        wait_shared(at, group, 2, 4)
        spread(at, name, names("a", 40), 4)
        wait_until(lambda: len(one.events) + len(two.events) >= 40, "all events")
        assert sorted(one.ids() + two.ids()) == sorted(names("a", 40))
        assert one.events and two.events
        assert all("ackid" not in event for event in one.events), "nobody asked for it"
        wait_committed(at, group, {p: 10 for p in range(4)})
        one.close()
        left = time.monotonic()
        wait_shared(at, group, 1, 4)
        assert time.monotonic() - left < SESSION_MS / 1000 / 2, "who leaves says so"
        spread(at, name, names("b", 8), 4)
        wait_until(lambda: sorted(set(two.ids()) & set(names("b", 8))) == names("b", 8), "the rest")
        two.close()
        wait_until(lambda: members_of(at, group) == {}, "the last one gone", SESSION_MS / 1000 / 2)

    def test_kafkas_tools_see_them_and_what_they_have_committed(self, door, at, topic, group):
        name = topic(partitions=2)
        fill(at, name, names("a", 3), 0)
        fill(at, name, names("b", 2), 1)
        reader = SocketReader(at, name, group)
        reader.wait(5)
        admin = KafkaAdminClient(bootstrap_servers=door.address)

        def offsets():
            return {p.partition: o.offset for p, o in admin.list_consumer_group_offsets(group).items() if p.topic == name}

        wait_until(lambda: offsets() == {0: 3, 1: 2}, lambda: f"offsets, not {offsets()}")
        admin.close()
        with Connection(door.address) as c:
            (told,) = c.call("ConsumerGroupDescribe", 1, {"group_ids": [group]})["groups"]
            assert (told["error_code"], told["group_state"]) == (0, "Stable")
            (member,) = told["members"]
            assert (member["member_id"], member["client_host"]) == (reader.member, "/127.0.0.1")
            assert member["client_id"].startswith("Python/"), "the User-Agent"
            assert member["subscribed_topic_names"] == [name]
            assert [sorted(t["partitions"]) for t in member["assignment"]["topic_partitions"]] == [[0, 1]]
            listed = {g["group_id"]: g["group_type"] for g in c.call("ListGroups", 5, {"states_filter": [], "types_filter": []})["groups"]}
            assert listed[group] == "consumer"
        said = millrace("group", "describe", group, server=at)
        assert said.returncode == 0 and reader.member in said.stdout, said
        reader.close()

    def test_it_begins_where_the_group_is_and_a_new_group_where_it_is_told_to(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 3))
        first = SocketReader(at, name, group)
        assert [e["id"] for e in first.wait(3)] == names("a", 3), "a new group begins at the beginning"
        wait_committed(at, group, {0: 3})
        first.close()
        fill(at, name, names("b", 2))
        again = SocketReader(at, name, group, "&from=earliest")
        assert [e["id"] for e in again.wait(2)] == names("b", 2)
        again.close()
        late = SocketReader(at, name, group + "-late", "&from=latest")
        wait_committed(at, group + "-late", {0: 5})
        late.crash()
        fill(at, name, ["c0"])
        assert [e["id"] for e in SocketReader(at, name, group + "-late", "&from=latest").wait(1)] == ["c0"], \
            "where it began is remembered, too"

    def test_only_what_is_wanted_comes_and_the_rest_is_passed(self, at, topic, group):
        name = topic()
        for i in range(6):
            publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-type": f"t{i % 3}"})
        reader = SocketReader(at, name, group, "&type=t1&ack=explicit")
        reader.wait(2)
        assert reader.ids() == ["1", "4"]
        reader.ack(*reader.events)
        wait_committed(at, group, {0: 6})
        reader.close()

    def test_publishing_goes_on_beside(self, at, topic, group):
        name = topic()
        reader = SocketReader(at, name, group)
        reader.send(id="mine")
        assert [e["id"] for e in reader.wait(1)] == ["mine"]
        wait_until(lambda: [a["type"] for a in reader.answers] == ["dev.millrace.published"], "the answer")
        reader.close()

    def test_who_does_not_answer_a_ping_is_gone_after_the_session_timeout(self, door, at, topic, group):
        name = topic(partitions=2)
        set_session(door, group, SHORT_SESSION_MS)
        host, port = at.rsplit(":", 1)
        mute = socket.create_connection((host, int(port)), timeout=20)
        mute.sendall((f"GET /v1/topics/{name}/ws?group={group}&member=mute HTTP/1.1\r\nHost: {at}\r\nUpgrade: websocket\r\n"
                      f"Connection: Upgrade\r\nSec-WebSocket-Key: {base64.b64encode(os.urandom(16)).decode()}\r\n"
                      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: cloudevents.json\r\n\r\n").encode())
        wait_until(lambda: members_of(at, group) == {"mute": {0, 1}}, "the mute one has all")
        set_session(door, group, SESSION_MS)
        other = SocketReader(at, name, group)
        began = time.monotonic()
        wait_until(lambda: members_of(at, group) == {other.member: {0, 1}}, lambda: f"{members_of(at, group)}", 60)
        assert time.monotonic() - began < 4 * SHORT_SESSION_MS / 1000
        mute.close()
        other.close()

    def test_one_member_id_is_one_reader_the_newest(self, at, topic, group):
        name = topic()
        old = SocketReader(at, name, group, "&member=me&ack=explicit")
        fill(at, name, ["a"])
        old.wait(1)
        new = SocketReader(at, name, group, "&member=me&ack=explicit")
        assert old.ended() == 1011
        assert (old.answers[-1]["type"], old.answers[-1]["data"]["status"]) == ("dev.millrace.refused", 409)
        assert new.member == "me" and [e["id"] for e in new.wait(1)] == ["a"]
        assert members_of(at, group) == {"me": {0}}
        new.close()

    def test_it_says_why_it_ends(self, at, topic, group):
        name = topic()
        reader = SocketReader(at, name, group)
        wait_shared(at, group, 1, 1)
        assert ask(at, "DELETE", f"/v1/topics/{name}")[0] == 204
        assert reader.ended() == 1011
        assert (reader.answers[-1]["type"], reader.answers[-1]["data"]["status"]) == ("dev.millrace.refused", 404)

    def test_what_is_asked_is_judged(self, at, topic):
        name = topic()
        shake = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
                 "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "cloudevents.json"}
        for query, word in [("ack=explicit", "ack:"), ("member=m", "member:"), ("group=g&ack=maybe", "ack:"),
                            ("group=", "group:"), ("group=g&cursor=0.0", "from"), ("group=g&offset=1", "from"),
                            ("group=g&member=" + "x" * 256, "member:"), ("group=%01", "group:")]:  # fmt: skip
            status, _, problem = door_http.request(at, "GET", f"/v1/topics/{name}/ws?{query}", None, shake)
            assert status == 400 and word in problem["detail"], (query, problem)


class TestAcknowledging:
    def test_in_any_order_and_the_lowest_that_is_missing_counts(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 5))
        reader = SocketReader(at, name, group, "&ack=explicit")
        events = list(reader.wait(5))
        assert len({e["ackid"] for e in events}) == 5
        reader.ack(events[3], events[1])
        reader.ack(events[0])
        wait_committed(at, group, {0: 2})
        reader.ack(events[0], events[4])
        reader.send(id="probe")
        reader.wait(6)
        wait_until(lambda: reader.answers, "the answer, which may come behind the event")
        assert committed(at, group) == {0: 2}, "2 is missing"
        reader.ack(events[2])
        wait_committed(at, group, {0: 5})
        assert [a["type"] for a in reader.answers] == ["dev.millrace.published"], "acknowledgements are not answered"
        reader.close()

    def test_what_was_not_acknowledged_comes_again_to_whoever_gets_it(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 6))
        reader = SocketReader(at, name, group, "&ack=explicit")
        events = list(reader.wait(6))
        reader.ack(events[0], events[1], events[4])
        reader.send(id="probe")
        wait_until(lambda: reader.answers, "the acknowledgements to be taken in")
        reader.crash()
        other = SocketReader(at, name, group, "&ack=explicit")
        assert [e["id"] for e in other.wait(5)] == ["a2", "a3", "a4", "a5", "probe"]
        assert committed(at, group) == {0: 2}, "at once, when it went"
        other.close()

    def test_of_others_is_refused(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 2))
        reader = SocketReader(at, name, group, "&ack=explicit")
        reader.wait(2)
        for wrong in ["", "x", "0.0", "0.7.1", "1.0.1", "0.0.99", "0.1.1.1"]:
            reader.send(id=f"of {wrong}", type="dev.millrace.ack", **({"ackid": wrong} if wrong else {}))
        wait_until(lambda: len(reader.answers) == 7, lambda: f"{reader.answers}")
        assert {(a["type"], a["data"]["status"], a["data"]["type"]) for a in reader.answers} == {
            ("dev.millrace.refused", 409, "urn:millrace:problem:unknown-ackid")}
        assert reader.answers[1]["subject"] == "of x"
        old = list(reader.events)
        reader.close()
        again = SocketReader(at, name, group, "&ack=explicit")
        again.wait(2)
        assert committed(at, group) == {0: 0}
        again.ack(old[0])
        wait_until(lambda: again.answers, "an answer")
        assert again.answers[0]["data"]["type"] == "urn:millrace:problem:unknown-ackid", "of another socket"
        again.close()
        automatic = SocketReader(at, name, group)
        automatic.send(type="dev.millrace.ack", ackid="0.0.1")
        wait_until(lambda: automatic.answers, "an answer")
        assert automatic.answers[0]["data"]["status"] == 400 and "ack=explicit" in automatic.answers[0]["data"]["detail"]
        automatic.close()

    def test_the_id_is_never_stored_and_hides_one_that_is(self, door, at, topic, group):
        name = topic()
        text = '{ "specversion":"1.0","id":"1","source":"/s","type":"t","ackid":"mine","data": 1.50}'
        assert publish(at, name, text, STRUCTURED)[0] == 200
        reader = SocketReader(at, name, group, "&ack=explicit")
        (event,) = reader.wait(1)
        assert event["ackid"] != "mine" and event["data"] == 1.5
        reader.ack(event)
        reader.close()
        assert dict(stored(door, name)[0][1].headers)["ce_ackid"] == b"mine"

    def test_so_many_are_out_and_then_the_log_waits(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 1_010))
        reader = SocketReader(at, name, group, "&ack=explicit")
        reader.wait(1_000)
        reader.send(id="probe")
        wait_until(lambda: reader.answers, "an answer")
        assert len(reader.events) == 1_000
        reader.ack(reader.events[500])
        reader.wait(1_001)
        reader.ack(*reader.events[:500], *reader.events[501:])
        reader.wait(1_011)
        reader.close()

    def test_credit_counts_as_well(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 5))
        reader = SocketReader(at, name, group, "&ack=explicit&credit=explicit")
        reader.credit(2)
        reader.wait(2)
        reader.ack(*reader.events)
        wait_committed(at, group, {0: 2})
        assert len(reader.events) == 2
        reader.credit(3)
        reader.wait(5)
        reader.close()

    def test_a_reset_of_the_group_brings_them_again(self, at, topic, group):
        name = topic()
        fill(at, name, names("a", 4))
        reader = SocketReader(at, name, group, "&ack=explicit")
        reader.ack(*reader.wait(4))
        wait_committed(at, group, {0: 4})
        status, _, told = ask(at, "POST", f"/v1/groups/{group}/reset", json.dumps({"offset": 1}), {"Content-Type": "application/json"})
        assert status == 200, told
        reader.wait(7)
        assert reader.ids()[4:] == ["a1", "a2", "a3"]
        reader.close()


class TestWithKafka:
    def test_members_of_the_consumer_protocol_and_sockets_share(self, door, at, topic, group):
        name = topic(partitions=4)
        reader = SocketReader(at, name, group, "&ack=explicit")
        wait_shared(at, group, 1, 4)
        spread(at, name, names("a", 8), 4)
        reader.wait(8)
        with Connection(door.address) as c:
            other = WireMember(c, group, "kafka", name)
            # It waits for acknowledgements of what the socket has of a partition that goes.
            for event in reader.wait(8):
                reader.ack(event)
            wait_until(lambda: len(other.beat()) == 2, lambda: f"{members_of(at, group)}")
            owned = other.partitions()
            assert members_of(at, group) == {reader.member: {0, 1, 2, 3} - owned, "kafka": owned}
            wait_committed(at, group, {p: 2 for p in range(4)})
            spread(at, name, names("b", 4), 4)
            wait_until(lambda: other.beat() == owned and len(reader.events) == 10, lambda: f"{reader.ids()}")
            assert {int(e["id"][1:]) for e in reader.events[8:]} == {0, 1, 2, 3} - owned
            other.leave()
        wait_until(lambda: sorted(reader.ids()[8:]) == names("b", 4), lambda: f"{reader.ids()}")
        reader.close()

    def test_a_partition_goes_though_nothing_is_acknowledged(self, door, at, topic, group):
        name = topic(partitions=2)
        spread(at, name, names("a", 4), 2)
        reader = SocketReader(at, name, group, "&ack=explicit")
        reader.wait(4)
        with Connection(door.address) as c:
            other = WireMember(c, group, "kafka", name)
            wait_until(lambda: len(other.beat()) == 1, lambda: f"{members_of(at, group)}")
            (gone,) = other.partitions()
            assert committed(at, group).get(gone, 0) == 0
            late = [e for e in reader.events if int(e["id"][1:]) % 2 == gone]
            reader.ack(*late)
            wait_until(lambda: len(reader.answers) == 2, "refusals")
            assert {a["data"]["type"] for a in reader.answers} == {"urn:millrace:problem:unknown-ackid"}
            other.leave()
        reader.close()

    def test_a_classic_group_of_librdkafka_takes_sockets_in(self, door, at, topic, group):
        name = topic(partitions=4)
        classic = Member("librdkafka", door.address, group, name, **{"partition.assignment.strategy": "cooperative-sticky"})
        wait_until(lambda: len(classic.partitions) == 4, "librdkafka has all")
        reader = SocketReader(at, name, group)
        wait_until(lambda: len(classic.partitions) == 2, lambda: f"{classic.partitions} {members_of(at, group)}", 60)
        wait_shared(at, group, 2, 4)
        spread(at, name, names("a", 20), 4)
        wait_until(lambda: len(classic.records) + len(reader.events) >= 20, "all events", 60)
        assert len(reader.events) == len(classic.records) == 10
        reader.close()
        wait_until(lambda: len(classic.partitions) == 4, lambda: f"{classic.partitions}", 60)
        spread(at, name, names("b", 4), 4)
        wait_for_records([classic], 14)
        classic.close()

    def test_a_group_that_is_none_of_consumers_is_refused(self, door, at, topic):
        name = topic()
        with Connection(door.address) as c:
            request = {"group_id": "workers", "session_timeout_ms": 60_000, "rebalance_timeout_ms": 60_000, "member_id": ""}
            request |= {"protocol_type": "connect", "protocols": [{"name": "own", "metadata": b""}]}
            c.call("JoinGroup", 3, request)
            reader = SocketReader(at, name, "workers")
            assert reader.ended() == 1011
            told = reader.answers[-1]
            assert (told["type"], told["data"]["status"], told["data"]["kafka_error"]) == ("dev.millrace.refused", 409, "GROUP_ID_NOT_FOUND")
            status, _, body = ask(at, "GET", f"/v1/groups/workers/events?topic={name}")
            assert (status, json.loads(body)["kafka_error"]) == (409, "GROUP_ID_NOT_FOUND")


class TestPolling:
    def test_it_is_given_again_until_it_is_acknowledged(self, door, at, topic, group):
        name = topic()
        fill(at, name, names("a", 3))
        reader = Poller(at, name, group)
        assert reader.poll() == names("a", 3)
        assert reader.poll() == names("a", 3)
        assert reader.poll(reader.cursor) == [] and reader.cursor is None
        admin = KafkaAdminClient(bootstrap_servers=door.address)
        assert [o.offset for o in admin.list_consumer_group_offsets(group).values()] == [3], "before the poll was answered"
        admin.close()
        fill(at, name, ["b"])
        assert reader.poll() == ["b"]
        assert members_of(at, group) == {reader.member: {0}}
        assert reader.leave() == 204
        assert reader.leave() == 404
        assert members_of(at, group) == {}
        assert Poller(at, name, group, "another").poll() == ["b"], "it was not acknowledged"

    def test_in_every_form(self, at, topic, group):
        name = topic()
        assert publish(at, name, b"1", EVENT | {"ce-id": "0", "Content-Type": "application/json"})[0] == 200
        fill(at, name, ["1", "2"])
        reader = Poller(at, name, group, "me")
        status, fields, body = ask(at, "GET", reader.target())
        assert (status, fields["ce-id"], fields["content-type"], body) == (200, "0", "application/json", b"1")
        assert (fields["millrace-partition"], fields["millrace-offset"], fields["millrace-member"]) == ("0", "0", "me")
        status, fields, body = ask(at, "GET", reader.target(fields["millrace-cursor"]), headers={"Accept": STRUCTURED["Content-Type"]})
        assert (status, json.loads(body)["id"]) == (200, "1"), "one at a time"
        wrapped = {"Accept": "application/vnd.millrace.events+json"}
        status, fields, body = ask(at, "GET", reader.target(fields["millrace-cursor"]), headers=wrapped)
        told = json.loads(body)
        assert [(e["record"]["offset"], e["event"]["id"]) for e in told["events"]] == [(2, "2")]
        assert told["next"] == fields["millrace-cursor"]
        assert ask(at, "GET", reader.target(), headers={"Accept": "text/html"})[0] == 406

    def test_it_waits_for_events(self, at, topic, group):
        name = topic(partitions=2)
        reader = Poller(at, name, group)
        assert reader.poll(wait_ms=0) == []
        timer = threading.Timer(0.3, fill, (at, name, ["late"]))
        timer.start()
        began = time.monotonic()
        assert reader.poll(wait_ms=30_000) == ["late"]
        assert time.monotonic() - began < 15
        timer.join()
        reader.leave()

    def test_two_share_and_take_over(self, door, at, topic, group):
        name = topic(partitions=4)
        one, two = Poller(at, name, group, "one"), Poller(at, name, group, "two")
        one.poll()
        two.poll()
        wait_until(lambda: one.poll() == two.poll() == [] and sorted(map(len, members_of(at, group).values())) == [2, 2],
                   lambda: f"{members_of(at, group)}")
        spread(at, name, names("a", 20), 4)
        assert sorted(one.drain(10) + two.drain(10)) == sorted(names("a", 20))
        set_session(door, group, SHORT_SESSION_MS)
        began = time.monotonic()
        assert one.poll() == [], "it is not seen any more after this"
        wait_until(lambda: two.poll() == [] and members_of(at, group) == {"two": {0, 1, 2, 3}}, lambda: f"{members_of(at, group)}", 60)
        assert time.monotonic() - began > SHORT_SESSION_MS / 1000 / 2
        spread(at, name, names("b", 4), 4)
        assert sorted(two.drain(4)) == names("b", 4)
        two.leave()

    def test_polls_and_sockets_share(self, at, topic, group):
        name = topic(partitions=2)
        poller, reader = Poller(at, name, group), SocketReader(at, name, group)
        wait_until(lambda: poller.poll() == [] and sorted(map(len, members_of(at, group).values())) == [1, 1],
                   lambda: f"{members_of(at, group)}")
        spread(at, name, names("a", 10), 2)
        assert sorted(poller.drain(5) + [e["id"] for e in reader.wait(5)]) == names("a", 10)
        reader.close()
        poller.leave()

    def test_offsets_are_committed_on_their_own(self, at, topic, group):
        name = topic(partitions=2)
        fill(at, name, names("a", 3), 0)
        fill(at, name, names("b", 3), 1)
        reader = Poller(at, name, group)
        assert sorted(reader.poll()) == names("a", 3) + names("b", 3)

        def commit(**body):
            status, _, told = door_http.request(at, "POST", f"/v1/groups/{group}/offsets", json.dumps(body), {"Content-Type": "application/json"})
            return status, told

        status, told = commit(member=reader.member, offsets={"0": 2})
        assert (status, told["offsets"]) == (200, [{"topic": name, "partition": 0, "offset": 2, "committed": True}])
        assert committed(at, group)[0] == 2
        assert sorted(reader.poll()) == ["a2"] + names("b", 3)
        status, told = commit(member=reader.member, cursor=reader.cursor)
        assert status == 200 and all(o["committed"] for o in told["offsets"])
        assert committed(at, group) == {0: 3, 1: 3}
        status, told = commit(member=reader.member, offsets={"0": 1, "1": 99, "7": 0})
        assert [o["committed"] for o in told["offsets"]] == [False, False, False], "behind, beyond the end, not there"
        for body in [{}, {"member": reader.member}, {"member": reader.member, "cursor": "x"}, {"member": reader.member, "offsets": {"a": 1}},
                     {"member": reader.member, "offsets": {"0": -1}}, {"member": reader.member, "cursor": "0.0.1", "offsets": {"0": 1}},
                     {"member": reader.member, "offsets": {"0": 1}, "more": 1}]:  # fmt: skip
            assert commit(**body)[0] == 400, body
        assert commit(member="stranger", offsets={"0": 1})[0] == 404
        reader.leave()

    def test_what_others_have_by_now_is_not_committed(self, at, topic, group):
        name = topic(partitions=1)
        fill(at, name, names("a", 4))
        one = Poller(at, name, group, "one")
        assert one.poll() == names("a", 4)
        old = one.cursor
        one.leave()
        two = Poller(at, name, group, "two")
        assert two.poll(max_events=3) == names("a", 3)
        assert two.poll(two.cursor) == ["a3"]
        one.poll(old)
        assert committed(at, group) == {0: 3}
        one.leave()
        two.leave()

    def test_the_newest_poll_of_a_member_counts(self, at, topic, group):
        name = topic()
        reader = Poller(at, name, group, "me")
        reader.poll()
        got = []
        waiting = threading.Thread(target=lambda: got.append(ask(at, "GET", reader.target(wait_ms=30_000), headers=BATCH)))
        waiting.start()

        def answered():
            # The other may have come while this one was here: then that was the newest for a moment.
            assert ask(at, "GET", reader.target(), headers=BATCH)[0] in (204, 409)
            return got

        wait_until(answered, "the older poll to end")
        waiting.join()
        assert got[0][0] == 409
        reader.leave()

    def test_what_is_asked_is_judged(self, at, topic, group):
        name = topic()
        other = topic()
        for query in ["", "topic=", f"topic={name}&ack=x", f"topic={name}&member=", f"topic={name}&offset=1", f"topic={name}&cursor=0.0",
                      f"topic={name}&unheard=1", f"topic={name}&from=soon"]:  # fmt: skip
            status = ask(at, "GET", f"/v1/groups/{group}/events?{query}", headers=BATCH)[0]
            assert status == (404 if query == "topic=" else 400), query
        assert ask(at, "GET", f"/v1/groups/{group}/events?topic=nowhere")[0] == 404
        Poller(at, name, group, "me").poll()
        assert ask(at, "GET", f"/v1/groups/{group}/events?topic={other}&member=me", headers=BATCH)[0] == 400
        assert Poller(at, name, group, "me").leave() == 204


def test_so_many_members_come_to_poll_and_no_more(own_broker):
    at = f"127.0.0.1:{free_port()}"
    name = create_topic(own_broker(http_listeners=at).start().address, "t", 1)
    connection = http.client.HTTPConnection(at, timeout=60)

    def poll(number):
        connection.request("GET", f"/v1/groups/g{number}/events?topic={name}&member=m")
        answer = connection.getresponse()
        return answer.status, answer.getheader("Retry-After"), answer.read()

    assert {poll(number)[0] for number in range(1_000)} == {204}
    status, after, problem = poll(1_000)
    assert (status, after, json.loads(problem)["type"]) == (503, "5", "urn:millrace:problem:not-available")
    assert poll(7)[0] == 204, "who is here stays"
    assert Poller(at, name, "g7", "m").leave() == 204
    wait_until(lambda: poll(1_000)[0] == 204, "room for another")
    connection.close()


@pytest.fixture
def restartable(own_broker):
    listener = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=listener, group_initial_rebalance_delay_ms=0, **TIMES)
    return broker.start(), listener


class TestRestart:
    def test_sockets_leave_when_the_broker_stops_and_go_on_afterwards(self, restartable):
        broker, at = restartable
        name = create_topic(broker.address, "t", 2)
        spread(at, name, names("a", 8), 2)
        reader = SocketReader(at, name, "g", "&ack=explicit")
        events = {e["id"]: e for e in reader.wait(8)}
        reader.ack(events["a0"], events["a4"], events["a1"])
        reader.send(id="probe")
        wait_until(lambda: reader.answers, "the acknowledgements to be taken in")
        broker.stop()
        assert reader.ended() == 1001
        broker.start()
        assert members_of(at, "g") == {} and committed(at, "g") == {0: 1, 1: 1}
        again = SocketReader(at, name, "g", "&ack=explicit")
        again.wait(7)
        assert sorted(again.ids()) == sorted(names("a", 8)[2:] + ["probe"])
        again.close()

    def test_after_a_crash_a_member_goes_on_under_its_id(self, restartable):
        broker, at = restartable
        name = create_topic(broker.address, "t", 1)
        fill(at, name, names("a", 3))
        reader = SocketReader(at, name, "g", "&ack=explicit&member=me")
        reader.ack(reader.wait(3)[0])
        poller = Poller(at, create_topic(broker.address, "u", 1), "h")
        fill(at, "u", names("b", 3))
        assert poller.poll(max_events=2, wait_ms=10_000) == names("b", 2)
        wait_committed(at, "g", {0: 1})
        broker.crash_and_restart()
        began = time.monotonic()
        again = SocketReader(at, name, "g", "&ack=explicit&member=me")
        assert [e["id"] for e in again.wait(2)] == ["a1", "a2"]
        assert poller.poll(poller.cursor, wait_ms=10_000) == ["b2"], "what it acknowledges is known from its cursor"
        assert time.monotonic() - began < SESSION_MS / 1000 / 2, "nobody has to wait for a session to end"
        assert committed(at, "h") == {0: 2}
        again.close()
