"""Redrive jobs over HTTP: letters go to their topic again, at a pace, once."""

import time

import pytest

from harness.redrives import REDRIVES, Letters, ask
from harness.waiting import wait_until


def test_letters_go_to_their_topic_again_though_repeats_are_not_stored(door, at):
    letters = Letters(door, at, "redriven", 5)
    assert letters.begin(200, "?dry_run=true") == {"selected": 5}
    assert letters.states() == {"open": 5, "resolved": 0}, "a dry run changes nothing"
    job = letters.begin(limit=3)["id"]
    done = letters.until(job, "done")
    assert {key: done[key] for key in ("selected", "redriven", "resolved", "failed")} == {"selected": 3, "redriven": 3, "resolved": 3, "failed": 0}
    assert letters.states() == {"open": 2, "resolved": 3}
    events = letters.events()
    assert [event["id"] for event in events] == ["A0", "A1", "A2", "A3", "A4", "A0", "A1", "A2"]
    assert [event.get("dlredrive") for event in events] == [None] * 5 + [job] * 3
    again = letters.begin()["id"]
    assert letters.until(again, "done")["resolved"] == 2
    assert [event["id"] for event in letters.events()][-2:] == ["A3", "A4"]
    assert letters.states() == {"open": 0, "resolved": 5}


def test_a_job_keeps_its_pace_and_can_be_paused_and_cancelled(door, at):
    letters = Letters(door, at, "paced", 40)  # at its pace, far more than there is time for
    begun = time.monotonic()
    job = letters.begin(rate=4)["id"]
    wait_until(lambda: letters.job(job)["resolved"] >= 9, "nine are there")
    assert time.monotonic() - begun > 2, "eight in two seconds"
    assert ask(at, "POST", f"{REDRIVES}/{job}:pause")[2]["state"] == "paused"
    letters.begin(409)
    assert ask(at, "DELETE", f"{REDRIVES}/{job}")[0] == 409
    cancelled = ask(at, "POST", f"{REDRIVES}/{job}:cancel", {})[2]
    assert (cancelled["state"], cancelled["finished_at"] is None) == ("cancelled", False)
    assert ask(at, "POST", f"{REDRIVES}/{job}:resume")[0] == 409
    rest = letters.begin()["id"]
    letters.until(rest, "done")
    assert letters.states() == {"open": 0, "resolved": 40}
    assert len(letters.events()) == 80
    assert {row["id"] for row in ask(at, "GET", REDRIVES)[2]["redrives"]} >= {job, rest}
    assert ask(at, "DELETE", f"{REDRIVES}/{job}")[0] == 204
    assert ask(at, "GET", f"{REDRIVES}/{job}")[0] == 404


def test_a_letter_whose_topic_is_gone_stays_open_and_the_job_says_why(door, at):
    letters = Letters(door, at, "deleted", 1)
    assert ask(at, "DELETE", "/v1/topics/deleted")[0] == 204
    done = letters.until(letters.begin()["id"], "done")
    assert (done["failed"], done["why"]) == (1, "topic deleted does not exist")
    assert letters.states() == {"open": 1, "resolved": 0}


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({}, "topic"),
        ({"topic": "x", "to": "sink"}, "sink"),
        ({"topic": "x", "to": "topic", "sink": "https://sink.example/"}, "sink"),
        ({"topic": "x", "to": "sink", "sink": "sink.example"}, "sink.example"),
        ({"topic": "x", "to": "sink", "sink": "http://sink.example/"}, "webhook_allow_http"),
        ({"topic": "x", "to": "sink", "sink": "https://127.0.0.1/"}, "loopback"),
        ({"topic": "dlq.quarantine.orders"}, "topic"),
        ({"topic": "x", "to": "moon"}, "moon"),
        ({"topic": "x", "rate": 0}, "rate"),
        ({"topic": "x", "limit": 0}, "limit"),
        ({"topic": "x", "order": "none"}, "order"),
        ({"topic": "x", "reset_attempts": "yes"}, "reset_attempts"),
        ({"topic": "x", "where": "type = "}, "where"),
        ({"topic": "x", "reason": ["boredom"]}, "boredom"),
        ({"topic": "x", "colour": "red"}, "colour"),
    ],
)
def test_what_is_wrong_is_named(at, wish, word):
    status, _, answer = ask(at, "POST", REDRIVES, wish)
    assert status == 400 and word in answer["detail"], answer


def test_what_is_not_there_is_not_found(at):
    assert ask(at, "POST", REDRIVES, {"topic": "nowhere"})[0] == 404
    for method, target in (("GET", "/x"), ("DELETE", "/x"), ("POST", "/x:pause")):
        assert ask(at, method, REDRIVES + target)[0] == 404
