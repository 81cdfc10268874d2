"""The breaker of a subscription whose events are asked for: when too many hand-outs fail nothing is handed out for a while."""

import json
import time

import pytest

from harness.cli import millrace, said
from harness.events import EVENT, publish, topics
from harness.metrics import scrape
from harness.subscriptions import Subscription, ask
from harness.waiting import wait_until


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def subscribed(at, name, **config):
    usual = {"ordering": "none", "backoffbase": "0", "backoffcap": "0", "breakerleast": "4", "breakerpause": "20000"}
    return Subscription(at, name, **usual | config)


def send(at, name, count):
    for i in range(count):
        assert publish(at, name, b"", EVENT | {"ce-id": str(i)})[0] == 200


def state_of(one):
    return one.status()["breaker"]["state"]


def test_it_opens_pauses_probes_and_closes_and_nothing_dies(door, at, topic):
    name = topic()
    one = subscribed(at, name, maxattempts="2")
    send(at, name, 8)
    assert one.status()["breaker"] == {"state": "closed", "settled": 0, "failed": 0, "wait_ms": 0}
    begun = time.monotonic()
    assert one.settle("fail", one.receive("?max_events=4"), message="the database is away") == {}
    told = one.status()["breaker"]
    assert (told["state"], told["settled"], told["failed"]) == ("open", 4, 4)
    assert 0 < told["wait_ms"] <= 20_000
    assert one.status()["state"] == "active", "it is not suspended"
    assert one.receive() == []
    assert one.receive("?wait_ms=100") == []
    shown = said(millrace("sub", "show", one.id, server=at))
    assert "\nbreaker       open, nothing is handed out for " in shown and "(4 of 4 failed)" in shown
    assert scrape(at).value("millrace_subscription_breaker_open", subscription=one.id) == 1
    # Who waits gets the first event that is let through, and no other one.
    probe = wait_until(lambda: one.receive("?wait_ms=20000&max_events=8"), "a probe")
    assert len(probe) == 1 and time.monotonic() - begun >= 20
    assert state_of(one) == "half-open" and one.receive("?max_events=8") == []
    for _ in range(2):
        assert one.settle("acknowledge", probe) == {}
        probe = one.receive("?max_events=8")
        assert len(probe) == 1
    assert one.settle("acknowledge", probe) == {}
    assert state_of(one) == "closed"
    assert one.settle("acknowledge", one.receive("?max_events=8")) == {}
    status = one.status()
    assert (status["acknowledged"], status["died"], status["unsettled"]) == (8, 0, 0)
    assert scrape(at).value("millrace_subscription_breaker_open", subscription=one.id) == 0
    lines = [line for line in door.log_text().splitlines() if one.id in line and "breaker" in line]
    assert len(lines) == 2 and "paused by its breaker" in lines[0] and "has closed" in lines[1]


def test_it_is_ruled_by_a_put_and_can_be_taken_away(at, topic):
    name = topic()
    one = subscribed(at, name, breakerpause="3600000")
    send(at, name, 8)
    assert one.settle("fail", one.receive("?max_events=4")) == {}
    assert state_of(one) == "open"

    def put(**config):
        told = one.told()
        told["config"] |= config
        status, _, answer = ask(at, "PUT", one.path, told)
        assert status == 200, answer
        return answer

    assert put(breakerrate="90")["status"]["breaker"]["state"] == "open", "its rules change, and it stays open"
    assert one.receive() == []
    assert "breaker" not in put(breaker="off")["status"]
    wait_until(lambda: one.status()["ready"] == 8, "all of them are back")
    assert len(one.receive("?max_events=8")) == 8
    assert scrape(at).get("millrace_subscription_breaker_open", subscription=one.id) is None


def test_what_is_given_back_says_nothing_and_a_lock_that_ran_out_has_failed(at, topic):
    name = topic()
    one = subscribed(at, name, locktime="15000")
    send(at, name, 4)
    for _ in range(3):
        assert one.settle("release", one.receive("?max_events=4")) == {}
    assert one.status()["breaker"]["settled"] == 0
    assert len(one.receive("?max_events=4")) == 4
    wait_until(lambda: state_of(one) == "open", lambda: f"four locks to run out: {one.status()}")


def test_a_subscription_with_a_sink_has_none_of_its_own(at, topic):
    body = {"sink": "kafka:elsewhere", "protocol": "KAFKA", "config": {"topic": topic(), "breaker": "pause"}}
    status, _, problem = ask(at, "POST", "/v1/subscriptions", body)
    assert status == 400 and "without a sink only" in json.dumps(problem)
