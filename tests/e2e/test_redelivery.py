"""What fails comes back: an event that nobody could take, its letter, and its way to the subscription where it died."""

import json

import pytest

from harness import batches, http
from harness.broker import free_port
from harness.events import EVENT, publish, stored, topics
from harness.subscriptions import Subscription, ask
from harness.waiting import wait_until
from harness.wire import Connection, create_topic


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def letters_of(subscription, topic):
    return f"dlq.{subscription.id}.{topic}"


def listed(at, letters, state="open"):
    status, _, told = ask(at, "GET", f"/v1/dead-letters/{letters}?state={state}")
    return told["letters"] if status == 200 else []


def until_listed(at, letters, count, state="open"):
    wait_until(lambda: len(listed(at, letters, state)) == count, lambda: f"{count} {state}: {listed(at, letters, state)}")
    return listed(at, letters, state)


def redrive(at, letters, **wish):
    status, _, job = ask(at, "POST", "/v1/redrives", {"topic": letters} | wish)
    assert status == 201, job
    return job["id"]


def state_of(at, job):
    return http.get(at, f"/v1/redrives/{job}")


class TestRejected:
    def test_its_letter_says_all_and_a_redrive_brings_it_back_to_its_subscription_alone(self, door, at, topic):
        name = topic()
        one, other = Subscription(at, name), Subscription(at, name)
        publish(at, name, b"data", EVENT | {"ce-traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})
        assert other.settle("acknowledge", other.receive()) == {}
        assert one.settle("reject", one.receive(), code=42, message="no such customer") == {}
        letters = letters_of(one, name)
        (letter,) = until_listed(at, letters, 1)
        assert (letter["group"], letter["topic"], letter["partition"], letter["offset"]) == (one.id, name, 0, 0)
        assert (letter["reason"], letter["code"], letter["message"], letter["attempts"]) == ("rejected", 42, "no such customer", 1)
        assert letter["event"]["id"] == "A1"
        # Any Kafka client reads it: the record as it was, and the marks behind.
        (offset, record), = stored(door, letters)
        headers = dict(record.headers)
        assert (record.value, headers["ce_id"], headers["__dlq.errors.group"]) == (b"data", b"A1", one.id.encode())
        assert headers["ce_traceparent"].startswith(b"00-4bf92f35")
        job = redrive(at, letters)
        (again,) = one.receive("?wait_ms=10000")
        assert again["event"]["id"] == "A1" and again["record"]["offset"] == 0
        assert other.receive() == [], "nobody else is told"
        assert [each["state"] for each in listed(at, letters, "all")] == ["redriving"]
        assert one.settle("acknowledge", [again]) == {}
        until_listed(at, letters, 1, "resolved")
        wait_until(lambda: state_of(at, job)["state"] == "done", "the job is done")
        assert state_of(at, job)["resolved"] == 1
        assert one.receive() == []

    def test_what_dies_again_has_a_new_letter_and_the_old_one_is_superseded(self, at, topic):
        name = topic()
        one = Subscription(at, name)
        publish(at, name, b"", EVENT)
        one.settle("reject", one.receive(), message="first")
        letters = letters_of(one, name)
        until_listed(at, letters, 1)
        redrive(at, letters)
        one.settle("reject", one.receive("?wait_ms=10000"), message="second")
        (letter,) = until_listed(at, letters, 1)
        assert (letter["message"], letter["life"]) == ("second", 1)
        assert len(listed(at, letters, "superseded")) == 1

    def test_an_edited_event_is_what_its_group_gets(self, at, topic):
        name = topic()
        one = Subscription(at, name)
        publish(at, name, b"broken", EVENT)
        one.settle("reject", one.receive())
        letters = letters_of(one, name)
        (letter,) = until_listed(at, letters, 1)
        whole = http.get(at, f"/v1/dead-letters/{letters}/letters/{letter['id']}")["event"]
        whole.pop("data_base64", None)
        mended = json.dumps(whole | {"data": "mended", "note": "by hand"})
        target = f"/v1/dead-letters/{letters}/letters/{letter['id']}:edit"
        status, _, newer = http.request(at, "POST", target, mended, {"Content-Type": "application/cloudevents+json"})
        assert status == 200, newer
        redrive(at, letters)
        (again,) = one.receive("?wait_ms=10000")
        assert (again["event"]["data"], again["event"]["note"], again["record"]["offset"]) == ("mended", "by hand", 0)
        one.settle("reject", [again], message="still")
        (newest,) = until_listed(at, letters, 1)
        assert (newest["life"], newest["message"], newest["edited_at"]) == (2, "still", newer["edited_at"])
        assert len(listed(at, letters, "superseded")) == 2
        redrive(at, letters)
        (again,) = one.receive("?wait_ms=10000")
        assert again["event"]["data"] == "mended"
        one.settle("acknowledge", [again])
        until_listed(at, letters, 1, "resolved")

    def test_failures_kill_in_the_end_and_are_counted(self, at, topic):
        name = topic()
        one = Subscription(at, name, maxattempts=2, backoffbase=1)
        publish(at, name, b"", EVENT)
        one.settle("fail", one.receive(), code=7, message="busy")
        (again,) = one.receive("?wait_ms=10000")
        assert again["lock"]["attempt"] == 2
        one.settle("fail", [again], code=7, message="busy")
        (letter,) = until_listed(at, letters_of(one, name), 1)
        assert (letter["reason"], letter["attempts"]) == ("max-deliveries", 2)

    def test_a_dead_event_holds_back_its_key_until_its_letter_is_given_up(self, at, topic):
        name = topic()
        one = Subscription(at, name)
        for i in range(3):
            publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-partitionkey": "k"})
        one.settle("reject", one.receive("?max_events=1"))
        letters = letters_of(one, name)
        (letter,) = until_listed(at, letters, 1)
        assert one.receive() == []
        status, _, told = ask(at, "POST", f"/v1/dead-letters/{letters}/discard", {"ids": [letter["id"]]})
        assert (status, told["discarded"]) == (200, 1)
        assert [each["event"]["id"] for each in one.receive("?wait_ms=10000&max_events=1")] == ["1"]


def test_a_letter_is_written_once_and_comes_back_after_crashes_and_when_its_log_has_lost_it(own_broker):
    at = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=at)
    broker.start()
    name = create_topic(broker.address, "orders", 1)
    one = Subscription(at, name)
    for i in range(3):
        publish(at, name, b"d", EVENT | {"ce-id": str(i)})
    one.settle("reject", one.receive())
    letters = letters_of(one, name)
    until_listed(at, letters, 3)
    broker.crash_and_restart()
    assert len(until_listed(at, letters, 3)) == 3
    with Connection(broker.address) as c:
        records = c.fetch(letters, 0, 0)["records"]
        assert sum(len(batch.records()) for batch in batches.split(records)) == 3
    assert ask(at, "POST", f"/v1/topics/{name}/trim", {"to": "latest"})[0] == 200
    redrive(at, letters)
    got = {}

    def receive():
        for each in one.receive("?wait_ms=200"):
            got[each["event"]["id"]] = each
        return len(got) == 3

    wait_until(receive, lambda: f"three events: {list(got)}")
    assert {each["record"]["offset"] for each in got.values()} == {0, 1, 2}
    one.settle("acknowledge", list(got.values()))
    broker.crash_and_restart()
    until_listed(at, letters, 3, "resolved")


def test_a_copy_goes_to_another_topic_with_where_it_came_from(door, at, topic):
    source, target = topic(), topic()
    body = {"sink": f"kafka:{target}", "protocol": "KAFKA", "types": ["wanted"]}
    Subscription(at, source, body)
    publish(at, source, b"1", EVENT | {"ce-type": "wanted"}, "?key=k")
    publish(at, source, b"2", EVENT)
    publish(at, source, b"3", EVENT | {"ce-type": "wanted"})
    wait_until(lambda: len(stored(door, target)) == 2, "two copies")
    (_, first), (_, second) = stored(door, target)
    headers = dict(first.headers)
    assert (first.key, first.value, second.value) == (b"k", b"1", b"3")
    assert (headers["__millrace.source.topic"], headers["__millrace.source.offset"]) == (source.encode(), b"0")
    assert headers["ce_type"] == b"wanted"
