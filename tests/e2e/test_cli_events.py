"""millrace event: sent, judged and written in other forms, and read by what events say of themselves."""

import json

import pytest

from harness import protobuf
from harness.broker import wait_until
from harness.cli import DONE, REFUSED, UNREACHABLE, WRONG_USAGE, millrace, said
from harness.wire import create_topic

EVENT = {"specversion": "1.0", "id": "A1", "source": "/shop", "type": "com.example.order"}


@pytest.fixture
def ask(at):
    return lambda *arguments, **more: millrace(*arguments, server=at, **more)


@pytest.fixture
def topic(door, request):
    name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:100]
    return create_topic(door.address, name, 1)


def events(ask, topic, *options):
    done = ask("consume", topic, "-o", "raw", *options)
    return [json.loads(line) for line in said(done).splitlines()]


class TestSend:
    def test_an_event_is_made_of_words(self, ask, topic):
        sent = ask("event", "send", topic, "--type", "com.example.order", "--source", "/shop", "--data", '{"n": 1.50}',
                   "-a", "region=eu", "--subject", "42", "--key", "k")
        assert said(sent) == f"stored as {topic}/0/0\n"
        shown = said(ask("consume", topic))
        for line in ("type      com.example.order", "source    /shop", "subject   42", "region    eu", "key       k", '"n": 1.50'):
            assert line in shown, shown

    def test_it_is_told_by_its_place_to_a_pipe(self, ask, topic):
        assert said(ask("event", "send", topic, "--type", "t", "--source", "/s", "-o", "id")) == f"{topic}/0/0\n"

    def test_a_repeat_says_that_it_is_one(self, ask, door):
        topic = create_topic(door.address, "repeated", 1, {"cloudevents.dedupe.window.ms": 3_600_000})
        send = ["event", "send", topic, "--type", "t", "--source", "/s", "--id", "1"]
        assert [said(ask(*send)) for _ in range(2)] == [f"stored as {topic}/0/0\n", f"there before as {topic}/0/0\n"]
        assert said(ask(*send, "-o", "id")) == f"{topic}/0/0\n"

    def test_a_wrong_one_is_not_sent(self, ask, topic):
        done = ask("event", "send", topic, "--type", "t", "--source", "/s", "--time", "noon")
        assert (done.returncode, "CORE-19" in done.stderr) == (REFUSED, True)
        assert ask("event", "send", topic, "--type", "t").returncode == WRONG_USAGE
        assert said(ask("consume", topic)) == ""

    def test_whole_events_come_from_a_file(self, ask, topic, tmp_path):
        lines = "".join(json.dumps(EVENT | {"id": str(i), "data": i}) + "\n" for i in range(3))
        (tmp_path / "events").write_text(lines)
        assert said(ask("event", "send", topic, "-f", tmp_path / "events")) == "stored as 0/0\nstored as 0/1\nstored as 0/2\n"
        assert said(ask("event", "send", topic, "-f", "-", stdin=json.dumps(EVENT))) == f"stored as {topic}/0/3\n"
        bad = ask("event", "send", topic, "-f", "-", stdin=lines + '{"specversion":"1.0"}\n')
        assert bad.returncode == REFUSED and "line 4" in bad.stderr

    def test_who_is_told_what_is_wrong(self, ask):
        missing = ask("event", "send", "nowhere", "--type", "t", "--source", "/s")
        assert missing.returncode == REFUSED and "millrace topic ls" in missing.stderr
        gone = millrace("event", "send", "t", "--type", "t", "--source", "/s", server="127.0.0.1:1")
        assert gone.returncode == UNREACHABLE


class TestList:
    def test_which_events_there_are(self, ask, topic):
        for i in range(3):
            assert ask("event", "send", topic, "--type", f"t{i % 2}", "--source", "/s").returncode == DONE

        def listed():
            lines = said(ask("event", "ls", topic)).splitlines()
            return lines if len(lines) == 3 and lines[1].split()[3] == "2" else None

        lines = wait_until(listed, "three events in the catalogue")
        assert lines[0].split() == ["TOPIC", "TYPE", "SOURCE", "SEEN", "A", "SECOND", "LAST", "SEEN", "READ", "BY"]
        assert lines[1].split()[:4] == [topic, "t0", "/s", "2"] and lines[2].split()[:4] == [topic, "t1", "/s", "1"]
        assert said(ask("event", "ls", topic, "-o", "id")) == "t0\nt1\n"
        assert ask("event", "ls", "nowhere").returncode == REFUSED


class TestFiles:
    def test_validate(self, ask, tmp_path):
        (tmp_path / "good").write_text(json.dumps([EVENT, EVENT]))
        (tmp_path / "bad").write_text(json.dumps(EVENT) + "\n" + json.dumps(EVENT | {"time": "yesterday"}) + "\n")
        good = ask("event", "validate", tmp_path / "good")
        assert said(good) == f"{tmp_path}/good: 2 events, fine\n"
        bad = ask("event", "validate", tmp_path / "good", tmp_path / "bad", tmp_path / "none")
        assert bad.returncode == REFUSED
        assert f"{tmp_path}/bad: line 2: /time" in bad.stderr and "CORE-19" in bad.stderr and "none: cannot be read" in bad.stderr
        assert said(ask("event", "validate", stdin=json.dumps(EVENT))) == "1 event, fine\n"

    def test_convert_there_and_back(self, ask):
        text = json.dumps(EVENT | {"datacontenttype": "application/json", "city": "größe 100%", "data": {"n": 1}})
        http = said(ask("event", "convert", "--to", "http", stdin=text))
        assert "ce-city: gr%C3%B6%C3%9Fe%20100%25\n" in http and http.endswith('\n\n{"n": 1}')
        assert json.loads(said(ask("event", "convert", "--to", "json", stdin=http))) == json.loads(text)
        assert json.loads(said(ask("event", "convert", "--to", "batch", stdin=text))) == [json.loads(text)]
        two = ask("event", "convert", "--to", "json", stdin=json.dumps([EVENT, EVENT]))
        assert two.returncode == REFUSED and "lines and batch" in two.stderr

    def test_protobuf_is_read_and_sent(self, ask, topic, tmp_path):
        one, two = tmp_path / "one", tmp_path / "two"
        one.write_bytes(protobuf.event(EVENT | {"n": 5, "datacontenttype": "text/plain"}, protobuf.text("sold")))
        two.write_bytes(protobuf.batch([one.read_bytes()] * 2))
        assert said(ask("event", "validate", one, two)) == f"{one}: 1 event, fine\n{two}: 2 events, fine\n"
        told = EVENT | {"n": 5, "datacontenttype": "text/plain", "data": "sold"}
        assert json.loads(said(ask("event", "convert", one, "--to", "json"))) == told
        assert json.loads(said(ask("event", "convert", two, "--to", "batch"))) == [told, told]
        assert ask("event", "convert", two, "--to", "protobuf").returncode == REFUSED
        for file in (one, two):
            assert ask("event", "send", topic, "-f", file).returncode == DONE
        assert len(said(ask("consume", topic, "--type", EVENT["type"], "-o", "id")).splitlines()) == 3
        wrong = tmp_path / "wrong"
        wrong.write_bytes(protobuf.event(EVENT | {"subject": 5}))
        bad = ask("event", "validate", wrong)
        assert bad.returncode == REFUSED and "/subject" in bad.stderr and "PB-5" in bad.stderr


class TestConsume:
    def test_only_what_is_wanted_is_printed(self, ask, topic):
        for i in range(6):
            sent = ask("event", "send", topic, "--type", f"t{i % 2}", "--source", f"/s{i % 3}", "--id", str(i), "-a", f"n={i}")
            assert sent.returncode == DONE
        assert ask("produce", topic, stdin="no event\n").returncode == DONE
        assert said(ask("consume", topic, "--type", "t1", "-o", "id")) == "".join(f"{topic}/0/{i}\n" for i in (1, 3, 5))
        assert said(ask("consume", topic, "--type", "t1", "--source", "/s0", "-o", "id")) == f"{topic}/0/3\n"
        assert said(ask("consume", topic, "--where", "n=4", "-o", "id")) == f"{topic}/0/4\n"
        assert ask("consume", topic, "--where", "n").returncode == WRONG_USAGE

    def test_what_is_passed_over_is_committed_too(self, ask, topic):
        for i in range(4):
            ask("event", "send", topic, "--type", f"t{i % 2}", "--source", "/s")
        assert said(ask("consume", topic, "-g", topic, "--type", "t0", "-o", "id", "--from", "earliest")) == f"{topic}/0/0\n{topic}/0/2\n"
        assert json.loads(said(ask("group", "describe", topic, "-o", "json")))["lag"] == 0
