"""millrace sub against a broker: made, received, settled, changed, deleted."""

import json

import pytest

from harness.cli import REFUSED, millrace, said
from harness.broker import wait_until
from harness.wire import create_topic


@pytest.fixture
def ask(at):
    return lambda *arguments, **more: millrace(*arguments, server=at, **more)


@pytest.fixture
def topic(door, request):
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:100]
    return create_topic(door.address, name, 1)


def send(ask, topic, *ids, **more):
    lines = "".join(json.dumps({"specversion": "1.0", "id": i, "source": "/s", "type": "t", **more}) + "\n" for i in ids)
    said(ask("event", "send", topic, "-f", "-", stdin=lines))


def subscribed(ask, topic, *options):
    return said(ask("sub", "create", "--topic", topic, "--from", "earliest", *options, "-o", "id")).strip()


def received(ask, subscription, *options):
    return [json.loads(line) for line in said(ask("sub", "receive", subscription, "--wait", "10s", *options)).splitlines()]


def test_events_are_received_and_acknowledged(ask, topic):
    send(ask, topic, "1", "2", "3")
    subscription = subscribed(ask, topic)
    assert [event["id"] for event in received(ask, subscription, "--max", "2", "--ack")] == ["1", "2"]
    taken = received(ask, subscription, "--max", "1", "-o", "json")
    assert (taken[0]["event"]["id"], taken[0]["record"]["offset"]) == ("3", 2)
    token = taken[0]["lock"]["token"]
    assert said(ask("sub", "release", subscription, token, "-o", "id")) == token + "\n"
    assert [event["id"] for event in received(ask, subscription, "--max", "1", "--ack")] == ["3"]
    lost = ask("sub", "ack", subscription, token)
    assert lost.returncode == REFUSED and token in lost.stderr
    status = json.loads(said(ask("sub", "show", subscription, "-o", "json")))["status"]
    assert (status["lag"], status["unsettled"], status["acknowledged"]) == (0, 0, 3)


def test_what_is_named_is_changed(ask, topic):
    subscription = subscribed(ask, topic, "--type", "t", "--filter", "n > 1", "--max-attempts", "3", "--max-age", "2h")
    before = json.loads(said(ask("sub", "show", subscription, "-o", "json")))
    assert (before["types"], before["config"]["maxattempts"], before["config"]["maxage"]) == (["t"], "3", "7200000")
    said(ask("sub", "update", subscription, "--max-attempts", "5", "--filter", "", "--unset", "maxage"))
    after = json.loads(said(ask("sub", "show", subscription, "-o", "json")))
    assert after["types"] == ["t"] and not after.get("filters")
    changed = {key for key in before["config"] | after["config"] if before["config"].get(key) != after["config"].get(key)}
    assert changed == {"maxattempts", "maxage"} and after["config"]["maxattempts"] == "5"
    said(ask("dlq", "policy", "set", subscription, "maxattempts=7"))
    assert ["maxattempts", "7"] in [line.split() for line in said(ask("dlq", "policy", "get", subscription)).splitlines()]


def test_all_are_listed_and_one_is_deleted(ask, topic):
    subscription = subscribed(ask, topic)
    rows = [line.split() for line in said(ask("sub", "ls")).splitlines()]
    assert [subscription, topic, "pull", "active"] in [row[:4] for row in rows]
    assert said(ask("sub", "delete", subscription, "--yes")) == ""
    assert subscription not in said(ask("sub", "ls", "-o", "id")).splitlines()
    gone = ask("sub", "show", subscription)
    assert gone.returncode == REFUSED and "millrace sub ls" in gone.stderr


def test_all_that_is_wrong_is_said_at_once(ask, topic):
    done = ask("sub", "create", "--topic", topic, "-c", "maxattempts=0", "-c", "nokey=1", "--dry-run")
    assert done.returncode == REFUSED and "/config/maxattempts" in done.stderr and "/config/nokey" in done.stderr
    nowhere = ask("sub", "create", "--topic", "nowhere")
    assert nowhere.returncode == REFUSED and "nowhere" in nowhere.stderr


def test_what_is_told_is_waited_for(ask, topic):
    subscription = subscribed(ask, topic)
    send(ask, topic, "1")
    assert wait_until(lambda: received(ask, subscription, "--ack"), "the event")[0]["id"] == "1"
    assert said(ask("sub", "receive", subscription)) == ""
