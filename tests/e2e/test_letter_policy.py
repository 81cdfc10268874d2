"""What a subscription says of its dead letters: how long they stay, how much they hold, and who hears of them. All of it is
changed by a PUT while it is at work."""

import base64
import json

import pytest

from harness import http
from harness.broker import free_port
from harness.cli import millrace, said
from harness.events import EVENT, ask as plain, publish, stored, topics
from harness.subscriptions import Subscription, ask
from harness.waiting import wait_until
from harness.wire import Connection, create_topic

NOTICES = "__millrace.events"


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def change(subscription, **config):
    body = subscription.told()
    body.pop("status")
    body["config"] |= config
    status, _, told = ask(subscription.at, "PUT", subscription.path, body)
    assert status == 200, told
    assert {key: told["config"][key] for key in config} == config


def kill(at, name, subscription, *ids, message="no"):
    """Their letters, in the order of their deaths."""
    for id in ids:
        publish(at, name, b"data of " + id.encode(), EVENT | {"ce-id": id, "ce-subject": "17"})
        (event,) = subscription.receive("?wait_ms=10000")
        assert subscription.settle("reject", [event], message=message) == {}
    letters = f"dlq.{subscription.id}.{name}"
    wait_until(lambda: set(ids) <= {each["event"]["id"] for each in listed(at, letters)}, "their letters are there")
    return letters


def listed(at, letters, query="?state=all"):
    status, _, told = ask(at, "GET", f"/v1/dead-letters/{letters}{query}")
    return told["letters"] if status == 200 else []


def states(at, letters):
    return {each["event"]["id"]: each["state"] for each in listed(at, letters)}


def start_of(at, topic, partition=0):
    return http.get(at, f"/v1/topics/{topic}")["partitions"][partition]["log_start_offset"]


def kept_from(at, topic, partition=0):
    return http.get(at, f"/v1/topics/{topic}")["partitions"][partition].get("kept_from")


def notices(door, at):
    if NOTICES not in [each["name"] for each in http.get(at, "/v1/topics")["topics"]]:
        return []
    return [record for _, record in stored(door, NOTICES)]


class TestRetention:
    def test_letters_are_given_up_when_their_time_is_over_and_settled_ones_make_room(self, door, at, topic):
        name = topic()
        subscription = Subscription(at, name, ordering="none")
        letters = kill(at, name, subscription, "A1", "A2")
        assert states(at, letters) == {"A1": "open", "A2": "open"}
        change(subscription, deadletterretention="1000")
        other = iter(range(1001, 2000))

        def given_up():
            # Each change has the broker look at once; it would by itself in a minute.
            change(subscription, deadletterretention=str(next(other)))
            return set(states(at, letters).values()) == {"discarded"}

        wait_until(given_up, lambda: f"both are discarded: {states(at, letters)}", step=0.2)
        assert start_of(at, letters) == 0, "for a week"
        body = json.dumps({"configs": {"millrace.letters.settled.retention.ms": "0"}})
        assert plain(at, "PATCH", f"/v1/topics/{letters}", body, {"Content-Type": "application/json"})[0] == 200
        change(subscription, deadletterretention="3600000")
        wait_until(lambda: start_of(at, letters) == 2, lambda: f"both are deleted: from {start_of(at, letters)}")
        assert listed(at, letters) == []
        # One that is open stays, and what is behind it.
        kill(at, name, subscription, "A3", "A4")
        assert ask(at, "POST", f"/v1/dead-letters/{letters}/discard", {"where": "id = 'A4'"})[2] == {"discarded": 1}
        change(subscription, deadletterretention="3600001")
        assert states(at, letters) == {"A3": "open", "A4": "discarded"}


class TestBounds:
    def test_of_message_and_history_hold_for_letters_from_then_on(self, door, at, topic):
        name = topic()
        subscription = Subscription(at, name, ordering="none")
        letters = kill(at, name, subscription, "A1", message="m" * 100)
        change(subscription, messagelimit="10", historylimit="0")
        kill(at, name, subscription, "A2", message="m" * 100)
        whole, cut = (http.get(at, f"/v1/dead-letters/{letters}/letters/0~{n}") for n in (0, 1))
        assert (whole["message"], len(whole["history"])) == ("m" * 100, 1)
        assert (cut["message"], cut["history"]) == ("m" * 10, [])
        assert "__dlq.errors.millrace.history" not in dict(stored(door, letters)[1][1].headers)

    def test_they_have_what_knatives_brokers_write_where_that_is_wanted(self, door, at, topic):
        name = topic()
        subscription = Subscription(at, name, ordering="none")
        letters = kill(at, name, subscription, "A1", message="it broke")
        change(subscription, compat="knative")
        kill(at, name, subscription, "A2", message="it broke")
        plain, known = (dict(record.headers) for _, record in stored(door, letters))
        assert not [key for key in plain if key.startswith("ce_knative")]
        assert base64.b64decode(known["ce_knativeerrordata"]) == b"it broke"
        shown = http.get(at, f"/v1/dead-letters/{letters}/letters/0~1")
        assert shown["event"]["id"] == "A2"
        assert not [key for key in shown["event"] if key.startswith("knative")], "they are the letter's"

    @pytest.mark.parametrize("key, value", [("messagelimit", "1025"), ("historylimit", "4097"), ("copy", "half"),
                                            ("notify", "mail"), ("compat", "azure"), ("deadletterretention", "999")])  # fmt: skip
    def test_what_is_beyond_them_is_refused(self, door, at, topic, key, value):
        status, _, told = ask(at, "POST", "/v1/subscriptions", {"config": {"topic": topic(), key: value}})
        assert status == 400 and told["errors"][0]["pointer"] == f"/config/{key}"


class TestLinks:
    def test_are_read_and_redriven_as_long_as_their_record_is_there(self, door, at, topic):
        name = topic()
        subscription = Subscription(at, name, ordering="none")
        letters = kill(at, name, subscription, "A1")
        change(subscription, copy="link")
        kill(at, name, subscription, "A2", "A3")
        full, link = (record for _, record in stored(door, letters)[:2])
        assert (full.value, link.value) == (b"data of A1", None)
        told = {name for name, _ in link.headers if not name.startswith(("__dlq", "ce_dl"))}
        assert told == {"ce_id", "ce_source", "ce_specversion", "ce_type"}
        assert dict(link.headers)["__dlq.errors.millrace.copy"] == b"link"
        (shown,) = listed(at, letters, "?where=id%20%3D%20%27A2%27%20AND%20subject%20%3D%20%2717%27")
        assert (shown["copy"], shown["event"]["subject"], "source_gone" in shown) == ("link", "17", False)
        # The record goes, and with it what its letter points to.
        asked = [{"name": name, "partitions": [{"partition_index": 0, "offset": 2}]}]
        with Connection(door.address) as c:
            answer = c.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 10_000})
            assert answer["topics"][0]["partitions"][0]["error_code"] == 0
        gone = http.get(at, f"/v1/dead-letters/{letters}/letters/0~1")
        assert gone["source_gone"] is True and gone["event"]["id"] == "A2" and "data" not in gone["event"]
        status, _, job = ask(at, "POST", "/v1/redrives", {"topic": letters})
        assert status == 201, job
        seen = []

        def all_back():
            events = subscription.receive("?wait_ms=100")
            seen.extend(event["event"]["id"] for event in events)
            if events:
                subscription.settle("acknowledge", events)
            return http.get(at, f"/v1/redrives/{job['id']}")["state"] == "done"

        wait_until(all_back, "the redrive is done")
        assert sorted(seen) == ["A1", "A3"]
        ended = http.get(at, f"/v1/redrives/{job['id']}")
        assert ended["failed"] == 1 and "gone" in ended["why"]
        assert states(at, letters) == {"A1": "resolved", "A2": "open", "A3": "resolved"}


class TestRecordsOfLinks:
    def test_stay_until_their_letter_is_settled(self, own_broker):
        at = f"127.0.0.1:{free_port()}"
        broker = own_broker(http_listeners=at, retention_check_interval_ms=100).start()
        name = "orders"
        create_topic(broker.address, name, configs={"segment.ms": 1})
        subscription = Subscription(at, name, ordering="none", copy="link")
        publish(at, name, b"taken", EVENT | {"ce-id": "A0"})
        assert subscription.settle("acknowledge", subscription.receive("?wait_ms=10000")) == {}
        letters = kill(at, name, subscription, "A1")
        # From now on everything that is closed goes.
        body = json.dumps({"configs": {"retention.bytes": "0"}})
        assert plain(at, "PATCH", f"/v1/topics/{name}", body, {"Content-Type": "application/json"})[0] == 200
        for _ in ("before", "after a start"):
            wait_until(lambda: start_of(at, name) == 1, lambda: f"A0 is gone: from {start_of(at, name)}")
            wait_until(lambda: kept_from(at, name) == 1, lambda: f"A1 is kept: from {kept_from(at, name)}")
            (letter,) = listed(at, letters)
            assert "source_gone" not in letter and letter["event"]["subject"] == "17"
            broker.restart()
        wait_until(lambda: kept_from(at, name) == 1, lambda: f"A1 is kept: from {kept_from(at, name)}")
        assert "kept from 1" in said(millrace("topic", "describe", name, server=at))
        status, _, job = ask(at, "POST", "/v1/redrives", {"topic": letters})
        assert status == 201, job
        (event,) = subscription.receive("?wait_ms=10000")
        assert base64.b64decode(event["event"]["data_base64"]) == b"data of A1"
        assert subscription.settle("acknowledge", [event]) == {}
        wait_until(lambda: start_of(at, name) == 2, lambda: f"A1 is gone: from {start_of(at, name)}")
        assert kept_from(at, name) is None
        assert states(at, letters) == {"A1": "resolved"}


class TestNotices:
    def test_tell_of_letters_to_whoever_reads(self, door, at, topic):
        name = topic()
        quiet, loud = Subscription(at, name, ordering="none"), Subscription(at, name, ordering="none")
        kill(at, name, quiet, "A1")
        loud.settle("acknowledge", loud.receive())
        change(loud, notify="events")
        publish(at, name, b"data", EVENT | {"ce-id": "A2"})
        assert loud.settle("reject", loud.receive("?wait_ms=10000"), code=7, message="no") == {}
        mine = lambda: [r for r in notices(door, at) if r.key == loud.id.encode()]  # noqa: E731
        wait_until(lambda: mine(), "a notice")
        (notice,) = mine()
        attributes = {name: value.decode() for name, value in notice.headers}
        assert attributes["ce_type"] == "dev.millrace.deadletter.written"
        assert attributes["ce_subject"] == f"{loud.id}~{name}~0~1~0"
        assert attributes["ce_source"].startswith("/millrace/")
        data = json.loads(notice.value)
        assert (data["group"], data["topic"], data["offset"], data["reason"], data["code"]) == (loud.id, name, 1, "rejected", 7)
        assert data["letter"] == {"topic": f"dlq.{loud.id}.{name}", "partition": 0, "offset": 0}
        # Over HTTP, too.
        status, _, got = plain(at, "GET", f"/v1/topics/{NOTICES}/partitions/0/events?offset=0")
        assert status == 200 and f"{loud.id}~{name}~0~1~0".encode() in got
        assert quiet.id.encode() not in {record.key for record in notices(door, at)}

    def test_are_of_the_broker_alone(self, door, at, topic):
        name = topic()
        loud = Subscription(at, name, notify="events", ordering="none")
        kill(at, name, loud, "A1")
        wait_until(lambda: loud.id.encode() in {record.key for record in notices(door, at)}, "the notice of A1")
        status, _, told = publish(at, NOTICES, b"forged", EVENT)
        assert status >= 400, told
        listener = Subscription(at, NOTICES, ordering="none", notify="events")
        before = len(notices(door, at))
        events = listener.receive("?wait_ms=10000")
        assert events and listener.settle("reject", events) == {}
        wait_until(lambda: len(listed(at, f"dlq.{listener.id}.{NOTICES}")) == len(events), "their letters are there")
        # What follows would come behind a notice of those.
        kill(at, name, loud, "A2")
        wait_until(lambda: len(notices(door, at)) > before, "a notice")
        assert listener.id.encode() not in {record.key for record in notices(door, at)}
        assert len(notices(door, at)) == before + 1
