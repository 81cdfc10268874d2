"""Redrive jobs that send letters to a sink: as their events are delivered, at least once, and by what the sink answers."""

import json
import time

from harness import http
from harness.broker import free_port
from harness.redrives import REDRIVES, Letters, ask
from harness.sink import Sink
from harness.waiting import wait_until

SETTINGS = {
    "webhook_allow_http": "true",
    "webhook_allow_loopback": "true",
    "webhook_origin": "events.example.com",
    "webhook_timeout_ms": 30_000,
}


def begin(letters, sink, **wish):
    return letters.begin(to="sink", sink=sink.url("/again?x=1"), **wish)["id"]


def listed(letters, state="all"):
    return ask(letters.at, "GET", f"/v1/dead-letters/{letters.topic}?state={state}")[2]["letters"]


def test_each_letter_is_sent_as_its_event_is_delivered_and_is_resolved(door, at):
    letters = Letters(door, at, "sent", 5)
    with Sink() as sink:
        assert letters.begin(200, "?dry_run=true", to="sink", sink=sink.url()) == {"selected": 5}
        job = begin(letters, sink)
        done = letters.until(job, "done")
        requests = sink.wait_for(5)
    assert {key: done[key] for key in ("to", "sink", "selected", "resolved", "failed")} == {
        "to": "sink", "sink": sink.url("/again?x=1"), "selected": 5, "resolved": 5, "failed": 0,
    }  # fmt: skip
    assert letters.states() == {"open": 0, "resolved": 5}
    assert [(q.method, q.path, q.fields["webhook-request-origin"]) for q in sink.questions] == [("OPTIONS", "/again?x=1", "events.example.com")]
    assert sorted(json.loads(request.body)["id"] for request in requests) == [f"A{n}" for n in range(5)]
    for request in requests:
        assert (request.method, request.path) == ("POST", "/again?x=1")
        assert not any(name.startswith("dl") for name in json.loads(request.body)), "nothing is added to an event"
    assert len(letters.events()) == 5, "nobody else gets it"


def test_what_the_sink_does_not_take_is_dead_once_more(door, at):
    letters = Letters(door, at, "not-taken", 3)
    with Sink(answer=lambda request: (500, {}) if b'"A1"' in request.body else (204, {})) as sink:
        done = letters.until(begin(letters, sink), "done")
        assert (done["resolved"], done["failed"]) == (2, 1) and "500" in done["why"]
        (newer,) = listed(letters, "open")
        (older,) = listed(letters, "superseded")
        assert older["superseded_by"] == newer["id"] and newer["event"]["id"] == "A1"
        assert (newer["life"], newer["reason"], newer["code"], newer["destination"]) == (1, "http-status", 500, sink.url("/again?x=1"))
        _, _, whole = ask(at, "GET", f"/v1/dead-letters/{letters.topic}/letters/{newer['id']}")
        assert [(each["reason"], each["count"]) for each in whole["history"]] == [("http-status", 1)]
        sink.answer = lambda request: (200, {})
        assert letters.until(begin(letters, sink), "done")["resolved"] == 1
    assert listed(letters, "open") == []


def test_a_sink_that_asks_for_time_gets_it_and_loses_nothing(door, at):
    letters = Letters(door, at, "slow", 3)
    answers = [(429, {"Retry-After": "2"})]
    with Sink(answer=lambda request: answers.pop() if answers else (204, {})) as sink:
        begun = time.monotonic()
        done = letters.until(begin(letters, sink, rate=1), "done")
        assert time.monotonic() - begun >= 2
        assert (done["resolved"], done["failed"]) == (3, 0)
        assert len(sink.requests) == 4
    assert listed(letters, "superseded") == [], "too many at once says nothing about the letter"


def test_a_sink_that_wants_no_more_or_none_at_all_fails_the_job(door, at):
    letters = Letters(door, at, "retired", 2)
    with Sink(answer=lambda request: (410, {})) as sink:
        failed = letters.until(begin(letters, sink), "failed")
        assert "410" in failed["why"] and failed["resolved"] == 0
    with Sink(consent=lambda request: (200, {})) as sink:
        failed = letters.until(begin(letters, sink), "failed")
        assert "WebHook-Allowed-Origin" in failed["why"] and sink.requests == []
    assert [letter["state"] for letter in listed(letters)] == ["open", "open"]


def test_a_sink_that_lets_nobody_in_pauses_the_job(door, at):
    letters = Letters(door, at, "unwelcome", 2)
    with Sink(answer=lambda request: (401, {})) as sink:
        job = begin(letters, sink)
        assert "401" in letters.until(job, "paused")["why"]
        assert [letter["state"] for letter in listed(letters)] == ["open", "open"]
        sink.answer = lambda request: (204, {})
        assert ask(at, "POST", f"{REDRIVES}/{job}:resume")[0] == 200
        assert letters.until(job, "done")["resolved"] == 2


def test_the_job_pauses_itself_when_the_sink_takes_nothing(door, at):
    letters = Letters(door, at, "broken", 80)
    with Sink(answer=lambda request: (503, {})) as sink:
        paused = letters.until(begin(letters, sink), "paused")
        assert "51 were not taken" in paused["why"], paused
        wait_until(lambda: len(listed(letters, "superseded")) == len(sink.requests), "each has its newer letter")
        assert len(listed(letters, "open")) == 80, "none is lost, and none is there twice"
        assert len(sink.requests) <= 61


def test_after_a_crash_each_letter_has_been_sent_at_least_once(own_broker):
    at = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=at, **SETTINGS)
    broker.start()
    letters = Letters(broker, at, "crashed", 200)
    with Sink() as sink:
        job = begin(letters, sink, rate=100)
        sink.wait_for(40)
        broker.crash_and_restart()
        done = letters.until(job, "done")
        assert done["failed"] == 0
        ids = {json.loads(request.body)["id"] for request in sink.requests}
    assert ids == {f"A{n}" for n in range(200)}
    assert letters.states() == {"open": 0, "resolved": 200}
    broker.stop()


def test_no_letter_goes_where_the_operator_does_not_allow_it(own_broker):
    at = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=at)
    broker.start()
    letters = Letters(broker, at, "kept", 1)
    for url, word in (("http://sink.example/", "webhook_allow_http"), ("https://127.0.0.1/", "loopback"), ("https://10.0.0.1/", "private")):
        for query in ("", "?dry_run=true"):
            status, _, answer = ask(at, "POST", REDRIVES + query, {"topic": letters.topic, "to": "sink", "sink": url})
            assert status == 400 and "sink" in answer["detail"] and word in answer["detail"], answer
    assert http.get(at, REDRIVES)["redrives"] == []
    broker.stop()
