"""millrace dlq against a broker: what dies is found, counted, redriven, given up, exported."""

import json
import os

import pytest

from harness.broker import free_port, wait_until
from harness.cli import REFUSED, WRONG_USAGE, millrace, said, start
from harness.redrives import Letters
from harness.sink import Sink
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


def shown(ask, letter):
    return json.loads(said(ask("dlq", "show", letter, "-o", "json")))


def test_they_are_edited(ask, dead, tmp_path):
    subscription, topic, letters = dead
    first = f"{subscription}~{topic}~0~0~"
    done = said(ask("dlq", "edit", first + "0", "--set", "note=by hand", "--unset", "n", "-o", "id")).strip()
    assert done == first + "1"
    event = shown(ask, done)["event"]
    assert event["note"] == "by hand" and "n" not in event and event["id"] == "1"
    older = said(ask("dlq", "show", first + "0"))
    assert f"state        superseded\n" in older and f"newer        {done}\n" in older
    data = tmp_path / "data"
    data.write_text('{"total": 1.50}')
    assert said(ask("dlq", "edit", done, "--set", "datacontenttype=application/json", "--data", str(data), "-o", "id")).strip() == first + "2"
    assert shown(ask, first + "2")["event"]["data"] == {"total": 1.5}
    again = ask("dlq", "edit", done, "--set", "a=b")
    assert again.returncode == REFUSED and "superseded" in again.stderr
    wrong = ask("dlq", "edit", first + "2", "--set", "time=yesterday")
    assert wrong.returncode == REFUSED and "time" in wrong.stderr
    nobody = ask("dlq", "edit", first + "2")
    assert nobody.returncode == WRONG_USAGE and "terminal" in nobody.stderr
    assert len(ids(ask, letters)) == 3


def test_one_is_edited_in_an_editor(at, ask, dead, tmp_path):
    subscription, topic, _ = dead
    letter = f"{subscription}~{topic}~0~0~"
    controller, terminal = os.openpty()
    for editor, code, words in (
        ("sed -i 's/\"id\": \"1\"/\"id\": \"100\"/'", 0, letter + "1"),
        ("true", REFUSED, "nothing was changed"),
        ("false", REFUSED, "nothing was changed"),
        ("sed -i s/specversion/version/", REFUSED, str(tmp_path)),
    ):
        name = letter + ("0" if code == 0 else "1")
        started = start("dlq", "edit", name, "-o", "id", server=at, environment={"EDITOR": editor, "TMPDIR": str(tmp_path)}, stdin=terminal)
        out, err = started.communicate(timeout=60)
        assert started.returncode == code and words in out + err, (out, err)
    os.close(terminal)
    os.close(controller)
    assert shown(ask, letter + "1")["event"]["id"] == "100"
    (kept,) = tmp_path.iterdir()
    assert "version" in kept.read_text(), "what was written is not lost"


def test_they_are_sent_to_a_sink(broker_with_sinks, tmp_path):
    at, door = broker_with_sinks
    letters = Letters(door, at, "by-command", 2)
    with Sink() as sink:
        started = millrace("dlq", "redrive", letters.topic, "--to", "sink", "--sink", sink.url(), "--yes", "-o", "id", server=at)
        letters.until(said(started).strip(), "done")
        assert len(sink.requests) == 2
        told = said(millrace("dlq", "jobs", "show", started.stdout.strip(), server=at))
    assert "to         sink\n" in told and f"sink       {sink.url()}\n" in told
    assert letters.states() == {"open": 0, "resolved": 2}


@pytest.fixture
def broker_with_sinks(own_broker):
    at = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=at, webhook_allow_http="true", webhook_allow_loopback="true")
    broker.start()
    yield at, broker
    broker.stop()


def test_a_topic_of_others_is_adopted_and_forgotten(ask, door):
    topic = create_topic(door.address, "theirs", 1)
    assert said(ask("dlq", "adopt", topic, "--group", "billing", "--source-topic", "orders")) == ""
    assert any(line.split()[:2] == [topic, "billing"] for line in said(ask("dlq", "ls")).splitlines())
    wrong = ask("dlq", "adopt", topic, "--forget", "--group", "billing")
    assert wrong.returncode == WRONG_USAGE
    assert said(ask("dlq", "adopt", topic, "--forget")) == ""
    assert ask("dlq", "adopt", topic, "--forget").returncode == REFUSED
    assert ask("dlq", "adopt", "nowhere").returncode == REFUSED


def test_a_policy_is_tried_by_the_rules_of_delivery(ask, at, door):
    topic = create_topic(door.address, "tried", 1)
    said(ask("sub", "create", "--topic", topic, "-c", "maxattempts=4", "-c", "backoffbase=1000", "-c", "backoffcap=3000", "-o", "id"))
    subscription = said(ask("sub", "ls", "-o", "id")).split()
    subscription = next(one for one in subscription if json.loads(said(ask("sub", "show", one, "-o", "json")))["config"]["topic"] == topic)

    def tried(*options):
        return json.loads(said(ask("dlq", "policy", "test", subscription, *options, "-o", "json")))

    fails = tried()
    assert [each["after_ms"] for each in fails["attempts"]] == [0, 1000, 3000, 6000], "1 s, 2 s, and 3 s at most"
    assert (fails["outcome"], fails["holds_key"]) == ("fail", True)
    assert fails["end"] == {"fate": "dead-letter", "after_ms": 6000, "reason": "max-deliveries", "topic": f"dlq.{subscription}.{topic}", "why": None}
    rejected = tried("--reason", "reject")
    assert len(rejected["attempts"]) == 1 and rejected["end"]["reason"] == "rejected"
    text = said(ask("dlq", "policy", "test", subscription))
    assert f"a dead letter in dlq.{subscription}.{topic} after 6 s: max-deliveries" in text
    wrong = ask("dlq", "policy", "test", subscription, "--status", "503")
    assert wrong.returncode == REFUSED and "web hook" in wrong.stderr
    both = ask("dlq", "policy", "test", subscription, "--timeout", "--reason", "fail")
    assert both.returncode == WRONG_USAGE


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
