"""What subscriptions do where their owners say nothing: set for the cluster and for topics, followed at once, kept over a
kill -9. Over HTTP, as a client reads and puts back; and by the command line."""

import json

import pytest

from harness import http
from harness.cli import REFUSED, millrace, said
from harness.events import topics
from harness.subscriptions import Subscription, ask, fill
from harness.waiting import wait_until

CLUSTER = "/v1/subscription-defaults"


@pytest.fixture
def topic(door, request):
    return topics(door, request)


@pytest.fixture(autouse=True)
def cluster(at):
    yield
    put(at, CLUSTER, {})


def of(topic):
    return f"/v1/topics/{topic}/subscription-defaults"


def put(at, path, defaults, expect=200, query=""):
    status, _, told = ask(at, "PUT", path + query, defaults)
    assert status == expect, told
    return told


def attempts_at_work(subscription):
    """How often its next event is handed out until it is dead."""
    count = 0

    def is_dead():
        nonlocal count
        if events := subscription.receive("?wait_ms=5000"):
            assert subscription.settle("fail", events) == {}
            count += 1
        return subscription.status()["died"]

    wait_until(is_dead, lambda: f"its death after {count} attempts")
    return count


def test_they_hold_at_once_for_who_says_nothing(at, topic):
    name = topic()
    silent, says = Subscription(at, name), Subscription(at, name, maxattempts="4", backoffbase="0")
    assert put(at, of(name), {"maxattempts": 2, "backoffbase": 0}) == {"maxattempts": "2", "backoffbase": "0"}
    assert silent.told()["config"]["maxattempts"] == "2" and says.told()["config"]["maxattempts"] == "4"
    assert silent.status()["inherited"] == {"maxattempts": "topic", "backoffbase": "topic"} and says.status()["inherited"] == {}
    fill(at, name, ["a"])
    assert (attempts_at_work(silent), attempts_at_work(says)) == (2, 4)
    put(at, CLUSTER, {"maxattempts": 9, "maxage": 86400000})
    assert silent.status()["inherited"] == {"maxattempts": "topic", "backoffbase": "topic", "maxage": "cluster"}
    put(at, of(name), {})
    assert silent.told()["config"]["maxattempts"] == "9"
    told = http.get(at, CLUSTER)
    assert told["cluster"] == {"maxattempts": "9", "maxage": "86400000"} and name not in told["topics"]
    assert http.get(at, of(name)) == {}


def test_what_is_read_and_put_back_stays_inherited(at, topic):
    name = topic()
    put(at, of(name), {"maxattempts": 2, "maxage": 1000})
    subscription = Subscription(at, name)
    body = subscription.told()
    del body["status"]
    body["config"] |= {"maxage": "none"}
    assert ask(at, "PUT", subscription.path, body)[0] == 200
    assert subscription.status()["inherited"] == {"maxattempts": "topic"}
    put(at, of(name), {"maxattempts": 3, "maxage": 2000})
    config = subscription.told()["config"]
    assert (config["maxattempts"], config["maxage"]) == ("3", "none")


def test_what_is_wrong_is_said_and_nothing_is_changed(at, topic):
    name = topic()
    subscription = Subscription(at, name, backoffbase="5000")
    told = put(at, of(name), {"maxattempts": 0, "patience": 1, "topic": "x"}, 400)
    assert {each["pointer"] for each in told["errors"]} == {"/maxattempts", "/patience", "/topic"}
    assert told["detail"] == "the object of defaults has 3 faults"
    clash = put(at, of(name), {"backoffbase": 1, "backoffcap": 4000}, 400)
    assert subscription.id in clash["errors"][0]["detail"]
    put(at, of("nowhere"), {}, 404)
    assert put(at, of(name), {"maxattempts": 3}, query="?dry_run=true") == {"maxattempts": "3"}
    assert http.get(at, of(name)) == {} and subscription.status()["inherited"] == {}


def test_they_are_there_after_a_kill(door, at, topic):
    name = topic()
    subscription = Subscription(at, name)
    put(at, CLUSTER, {"maxattempts": 3})
    put(at, of(name), {"backoffbase": 7})
    door.crash_and_restart()
    told = subscription.told()
    assert (told["config"]["maxattempts"], told["config"]["backoffbase"]) == ("3", "7")
    assert told["status"]["inherited"] == {"maxattempts": "cluster", "backoffbase": "topic"}


def test_by_the_command_line(at, topic):
    name = topic()
    defaults = ["dlq", "policy", "defaults"]
    subscription = Subscription(at, name)
    said(millrace(*defaults, "--topic", name, "maxattempts=3", "maxage=60000", server=at))
    assert json.loads(said(millrace(*defaults, "--topic", name, "--unset", "maxage", "-o", "json", server=at))) == {"maxattempts": "3"}
    said(millrace(*defaults, "ordering=none", server=at))
    rows = [line.split() for line in said(millrace(*defaults, server=at)).splitlines()]
    assert ["all", "ordering", "none"] in rows and [name, "maxattempts", "3"] in rows
    policy = [line.split() for line in said(millrace("dlq", "policy", "get", subscription.id, server=at)).splitlines()]
    assert ["maxattempts", "3", "topic"] in policy and ["ordering", "none", "cluster"] in policy
    said(millrace("dlq", "policy", "set", subscription.id, "maxattempts=5", server=at))
    assert subscription.status()["inherited"] == {"ordering": "cluster"}
    wrong = millrace(*defaults, "patience=1", server=at)
    assert wrong.returncode == REFUSED and "patience" in wrong.stderr
