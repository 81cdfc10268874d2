"""millrace dlq against a broker: what dies is found, counted, redriven, given up, exported."""

import json

import pytest

from harness.broker import wait_until
from harness.cli import REFUSED, WRONG_USAGE, millrace, said
from harness.wire import create_topic


@pytest.fixture
def ask(at):
    return lambda *arguments, **more: millrace(*arguments, server=at, **more)


@pytest.fixture
def dead(ask, door, request):
    """A subscription whose three events 1, 2, 3 are dead, and the topic of their letters."""
    topic = create_topic(door.address, "".join(c if c.isalnum() else "-" for c in request.node.name)[:60], 1)
    lines = "".join(json.dumps({"specversion": "1.0", "id": str(i), "source": "/s", "type": "t", "n": i}) + "\n" for i in (1, 2, 3))
    said(ask("event", "send", topic, "-f", "-", stdin=lines))
    subscription = said(ask("sub", "create", "--topic", topic, "--from", "earliest", "--ordering", "none", "-o", "id")).strip()
    tokens = said(ask("sub", "receive", subscription, "--wait", "10s", "-o", "id")).split()
    assert len(tokens) == 3
    said(ask("sub", "reject", subscription, *tokens, "--code", "7", "--message", "no stock"))
    letters = f"dlq.{subscription}.{topic}"
    wait_until(lambda: len(ids(ask, letters)) == 3, "three letters")
    return subscription, topic, letters


def ids(ask, letters, *options):
    done = ask("dlq", "ls", letters, "-o", "id", *options)
    return done.stdout.split() if done.returncode == 0 else []


def test_they_are_counted_listed_and_shown(ask, dead):
    subscription, topic, letters = dead
    row = next(line.split() for line in said(ask("dlq", "ls")).splitlines() if line.startswith(letters + " "))
    assert row[:4] == [letters, subscription, "3", "0"] and row[-2:] == ["rejected", "3"]
    assert "rejected" in said(ask("dlq", "stats", letters))
    (second,) = ids(ask, letters, "--where", "n = 2")
    assert second == f"{subscription}~{topic}~0~1~0"
    assert ids(ask, letters, "--reason", "expired") == []
    shown = said(ask("dlq", "show", second))
    assert "reason       rejected\n" in shown and "code         7\n" in shown and "message      no stock\n" in shown
    assert '"id": "2"' in shown


def test_they_are_redriven(ask, dead):
    subscription, _, letters = dead
    counted = said(ask("dlq", "redrive", letters, "--where", "n < 3", "--dry-run"))
    assert counted == "2 letters selected; nothing was changed\n"
    job = said(ask("dlq", "redrive", letters, "--where", "n < 3", "-o", "id")).strip()
    events = []

    def take():
        events.extend(json.loads(line)["id"] for line in said(ask("sub", "receive", subscription, "--wait", "2s", "--ack")).splitlines())
        return len(events) == 2

    wait_until(take, "both events")
    assert sorted(events) == ["1", "2"]
    wait_until(lambda: json.loads(said(ask("dlq", "jobs", "show", job, "-o", "json")))["state"] == "done", "the job's end")
    assert job in said(ask("dlq", "jobs", "ls", "-o", "id")).split()
    assert len(ids(ask, letters)) == 1 and len(ids(ask, letters, "--state", "resolved")) == 2


def test_they_are_given_up(ask, dead):
    _, _, letters = dead
    assert said(ask("dlq", "discard", letters, "--where", "n = 1", "--yes")) == "1 letter discarded\n"
    assert len(ids(ask, letters)) == 2 and len(ids(ask, letters, "--state", "discarded")) == 1


def test_they_are_exported_and_imported(ask, dead, door):
    _, _, letters = dead
    events = said(ask("dlq", "export", letters))
    assert [event["id"] for event in json.loads(events)] == ["1", "2", "3"]
    again = create_topic(door.address, "again", 1)
    assert len(said(ask("dlq", "import", again, stdin=events)).splitlines()) == 3
    shown = [json.loads(line) for line in said(ask("consume", again, "--from", "earliest", "-n", "3", "-o", "json")).splitlines()]
    headers = [{each["name"]: each["value"] for each in record["headers"]} for record in shown]
    assert [each["ce_id"] for each in headers] == ["1", "2", "3"] and not any("ce_dlid" in each for each in headers)


def test_where_none_are(ask):
    done = ask("dlq", "ls", "dlq.none.none")
    assert done.returncode == REFUSED and "millrace dlq ls" in done.stderr


def test_a_record_is_put_aside_for_a_group(ask, door, at):
    topic = create_topic(door.address, "by-hand", 1)
    lines = "".join(json.dumps({"specversion": "1.0", "id": str(i), "source": "/s", "type": "t"}) + "\n" for i in (1, 2, 3))
    said(ask("event", "send", topic, "-f", "-", stdin=lines))
    assert "nobody" in ask("dlq", "reject", f"{topic}/0/1", "--group", "nobody").stderr
    said(ask("group", "reset", "clerks", "--to", "1", "-t", topic, "--yes"))
    letter = f"clerks~{topic}~0~1~0"
    rejected = ask("dlq", "reject", f"{topic}/0/1", "--group", "clerks", "--reason", "no price", "--code", "7", "--skip")
    assert said(rejected) == f"letter {letter} written\nthe group goes on behind it\n"
    shown = said(ask("dlq", "show", letter))
    assert "reason       manual\n" in shown and "message      no price\n" in shown and "code         7\n" in shown
    again = ask("dlq", "reject", f"{topic}/0/1", "--group", "clerks", "-o", "id")
    assert said(again) == letter + "\n"
    behind = ask("dlq", "reject", f"{topic}/0/1", "--group", "clerks", "--skip")
    assert behind.returncode == REFUSED and f"it stands at 2 of {topic}-0" in behind.stderr
    assert behind.stdout == f"letter {letter} was there already\n"
    for record in ("orders", f"{topic}/0", f"{topic}/0/x", f"{topic}/-1/0", "/0/1", f"{topic}/0/1/"):
        assert ask("dlq", "reject", record, "--group", "clerks").returncode == WRONG_USAGE
