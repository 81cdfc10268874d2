"""millrace produce and consume against a real daemon, checked with a client that shares no code with them."""

import base64
import json
import os
import pty
import signal
import subprocess

import pytest

from harness import batches
from harness.broker import free_port, wait_until
from harness.cli import DONE, REFUSED, UNREACHABLE, WRONG_USAGE, command, millrace, said, start, surroundings
from harness.records import Record
from harness.wire import Connection, create_topic


@pytest.fixture(scope="module")
def broker(door):
    return door


@pytest.fixture
def server(broker):
    return broker.settings["http_listeners"]


@pytest.fixture
def ask(server):
    return lambda *arguments, **more: millrace(*arguments, server=server, **more)


@pytest.fixture
def topic(broker, request):
    """A function that makes topics with names of the test."""
    made = []

    def make(partitions=1):
        name = "".join(c if c.isalnum() else "-" for c in request.node.name)[:100] + f"-{len(made)}"
        made.append(name)
        return create_topic(broker.address, name, partitions)

    return make


def stored(broker, topic, partition=0):
    """(offset, Record) of everything in a partition, as another client reads it."""
    with Connection(broker.address) as c:
        out, at = [], 0
        while found := [pair for batch in batches.split(c.fetch(topic, partition, at)["records"] or b"")
                        for pair in batch.records() if pair[0] >= at]:  # fmt: skip
            out += found
            at = found[-1][0] + 1
    return out


def publish(broker, topic, *records, partition=0):
    with Connection(broker.address) as c:
        for record in records:
            assert c.produce(topic, partition, batches.build([record]))["error_code"] == 0


class TestProduce:
    def test_each_line_is_a_value(self, broker, ask, topic):
        name = topic()
        done = ask("produce", name, stdin='one\n\n  {"a": 1}\nthe last')
        assert (done.returncode, done.stdout, done.stderr) == (DONE, "", "4 records acknowledged\n")
        assert [r.value for _, r in stored(broker, name)] == [b"one", b"", b'  {"a": 1}', b"the last"]
        assert all(r.key is None and r.headers == () for _, r in stored(broker, name))

    def test_nothing_is_no_record(self, broker, ask, topic):
        name = topic()
        assert ask("produce", name).stderr == "0 records acknowledged\n"
        assert stored(broker, name) == []

    def test_key_headers_and_partition(self, broker, ask, topic):
        name = topic(3)
        arguments = ["-K", ":", "-H", "a=1", "-H", "b=x=y", "-p", "2"]
        done = ask("produce", *arguments, name, "-o", "id", stdin="k:v:w\n")
        assert (done.returncode, done.stdout) == (DONE, f"{name}/2/0\n")
        ((offset, record),) = stored(broker, name, 2)
        assert (offset, record.key, record.value) == (0, b"k", b"v:w")
        assert record.headers == (("a", b"1"), ("b", b"x=y"))

    def test_a_key_always_goes_to_the_same_partition_as_javas_clients_say(self, ask, topic):
        # murmur2 of "21", as in Kafka's own UtilsTest: -973932308; made positive, modulo 5.
        name = topic(5)
        partition = (-973932308 & 0x7FFFFFFF) % 5
        done = ask("produce", name, "-k", "21", "-o", "id", stdin="a\nb\n")
        assert done.stdout.splitlines() == [f"{name}/{partition}/{offset}" for offset in (0, 1)]

    def test_json_lines_say_everything(self, broker, ask, topic):
        name = topic(2)
        lines = [
            {"key": "k", "value": {"ä": [1, None]}, "headers": {"h": "1", "n": None}, "partition": 1, "timestamp": 1234},
            {"value": "text", "partition": 1, "timestamp": "2001-09-09T01:46:40Z"},
            {"key_base64": base64.b64encode(b"\xff").decode(), "value": None, "partition": 1},
        ]
        done = ask("produce", name, "--format", "json", "-o", "json", stdin="\n".join(map(json.dumps, lines)) + "\n\n")
        told = [json.loads(line) for line in done.stdout.splitlines()]
        assert told == [{"topic": name, "partition": 1, "offset": i, "line": i + 1} for i in range(3)]
        first, second, third = (r for _, r in stored(broker, name, 1))
        assert (first.key, json.loads(first.value), first.timestamp) == (b"k", {"ä": [1, None]}, 1234)
        assert first.headers == (("h", b"1"), ("n", None))
        assert (second.key, second.value, second.timestamp) == (None, b"text", 1_000_000_000_000)
        assert (third.key, third.value) == (b"\xff", None)

    def test_a_line_that_breaks_a_rule_is_named_and_what_was_before_it_counts(self, broker, ask, topic):
        name = topic()
        done = ask("produce", name, "--format", "json", "-o", "id", stdin='{"value": 1}\n{"value": 2, "x": 3}\n{"value": 3}\n')
        assert (done.returncode, done.stdout) == (REFUSED, f"{name}/0/0\n")
        assert "line 2" in done.stderr and '"x"' in done.stderr and "1 record acknowledged" in done.stderr
        assert [r.value for _, r in stored(broker, name)] == [b"1"]

    def test_cloudevents_are_sent_as_they_are(self, broker, ask, topic):
        name = topic()
        event = '{"specversion":"1.0", "id":"1","source":"/s","type":"t","partitionkey":"p","data":{"n":1.0}}'
        assert ask("produce", name, "--format", "cloudevents", stdin=event + "\n").returncode == DONE
        ((_, record),) = stored(broker, name)
        assert (record.key, record.value) == (b"p", event.encode())
        assert record.headers == (("content-type", b"application/cloudevents+json"),)
        wrong = ask("produce", name, "--format", "cloudevents", stdin=event + "\n" + event.replace('"t"', "7"))
        assert wrong.returncode == REFUSED and "line 2: /type" in wrong.stderr
        assert len(stored(broker, name)) == 2

    def test_a_file_is_one_value(self, broker, ask, topic, tmp_path):
        name = topic()
        content = bytes(range(256)) * 2000
        (tmp_path / "image").write_bytes(content)
        assert ask("produce", name, "--file", tmp_path / "image", "-k", "image").returncode == DONE
        ((_, record),) = stored(broker, name)
        assert (record.key, record.value) == (b"image", content)
        missing = ask("produce", name, "--file", tmp_path / "none")
        assert missing.returncode == REFUSED and "none" in missing.stderr

    def test_a_record_that_is_too_large_for_the_topic_is_named_and_others_are_not_refused_with_it(self, broker, ask, topic):
        name = topic()
        said(ask("topic", "alter", name, "--set", "max.message.bytes=2000"))
        lines = [f"{i} " + "x" * 100 for i in range(200)]
        assert ask("produce", name, stdin="\n".join(lines)).stderr == "200 records acknowledged\n"
        done = ask("produce", name, stdin="small\n" + "x" * 5000 + "\nbehind\n")
        assert done.returncode == REFUSED and "line 2" in done.stderr and "too large" in done.stderr
        assert "1 record acknowledged" in done.stderr
        assert [r.value.decode() for _, r in stored(broker, name)] == [*lines, "small"]

    def test_what_the_broker_refuses_is_counted(self, broker, ask, topic):
        name = topic(2)
        said(ask("topic", "alter", name, "--set", "message.timestamp.before.max.ms=60000"))
        lines = [{"value": "now", "partition": 0}, {"value": "old", "partition": 1, "timestamp": 1000}]
        done = ask("produce", name, "--format", "json", stdin="\n".join(map(json.dumps, lines)))
        assert done.returncode == REFUSED and "line 2" in done.stderr
        assert done.stderr.endswith("1 record acknowledged, 1 refused\n")
        assert len(stored(broker, name, 0)) == 1 and stored(broker, name, 1) == []

    def test_many_lines_arrive_in_order_and_once(self, broker, ask, topic):
        name = topic()
        lines = [f"{i} " + "x" * (i % 300) for i in range(50_000)]
        assert ask("produce", name, stdin="\n".join(lines)).stderr == "50000 records acknowledged\n"
        assert said(ask("consume", name, "-o", "raw")).splitlines() == lines

    @pytest.mark.parametrize("acks", ["0", "1", "all"])
    def test_who_must_have_it_can_be_chosen(self, acks, broker, ask, topic):
        name = topic()
        assert ask("produce", name, "--acks", acks, stdin="x\n").returncode == DONE
        wait_until(lambda: len(stored(broker, name)) == 1, "the record")

    def test_progress_is_for_a_terminal_alone(self, server, topic, tmp_path):
        (tmp_path / "lines").write_bytes(b"x" * 999 + b"\n" + (b"y" * 999 + b"\n") * 5000)
        for flags, is_shown in (([], True), (["--no-progress"], False)):
            end, terminal = pty.openpty()
            with (tmp_path / "lines").open() as lines:
                run = subprocess.Popen(
                    command("produce", topic(), *flags, server=server), stdin=lines, stderr=terminal, env=surroundings()
                )
                os.close(terminal)
                shown = b""
                try:
                    while piece := os.read(end, 65536):
                        shown += piece
                except OSError:
                    pass  # the other end is closed
                assert run.wait(60) == DONE
            os.close(end)
            assert (b"%" in shown) == is_shown and shown.endswith(b"5001 records acknowledged\r\n")


class TestConsume:
    def test_a_record_is_a_line_and_its_control_characters_are_escaped(self, broker, ask, topic):
        name = topic()
        publish(broker, name, Record(b"k", b"v\x1b[31m\n", (), 1234), Record(None, None, (), 5678))
        assert said(ask("consume", name)) == (
            "1970-01-01T00:00:01.234Z  0/0  k  v\\x1b[31m\\n\n"
            "1970-01-01T00:00:05.678Z  0/1  -  -\n"
        )

    def test_a_cloudevent_is_a_block(self, broker, ask, topic):
        name = topic()
        headers = (("ce_specversion", b"1.0"), ("ce_type", b"order.placed"), ("ce_source", b"/orders"), ("ce_id", b"7"),
                   ("content-type", b"application/json"))  # fmt: skip
        publish(broker, name, Record(b"k", b'{"total":12.50}', headers, 0))
        shown = said(ask("consume", name))
        rows = dict(line.split(None, 1) for line in shown.splitlines() if line and not line.startswith(" "))
        assert (rows["type"], rows["source"], rows["id"], rows["key"]) == ("order.placed", "/orders", "7", "k")
        assert rows["at"] == f"{name}/0/0, 1970-01-01T00:00:00.000Z"
        assert '"total": 12.50' in shown

    def test_json_lines_can_be_sent_again(self, broker, ask, topic):
        name, copy = topic(), topic()
        records = [
            Record(b"k", b'{"a":1}', (("h", b"1"), ("h", None)), 1234),
            Record(b"\xff", b"\x00\xfe", (("b", b"\xfd"),), 5),
            Record(None, None, (), 6),
        ]
        publish(broker, name, *records)
        lines = said(ask("consume", name, "-o", "json"))
        first = json.loads(lines.splitlines()[0])
        assert (first["topic"], first["partition"], first["offset"], first["timestamp"]) == (name, 0, 0, 1234)
        assert (first["key"], first["value"]) == ("k", '{"a":1}')
        assert first["headers"] == [{"name": "h", "value": "1"}, {"name": "h", "value": None}]
        assert ask("produce", copy, "--format", "json", stdin=lines).returncode == DONE
        assert [r for _, r in stored(broker, copy)] == [r for _, r in stored(broker, name)]

    def test_raw_and_formatted(self, broker, ask, topic):
        name = topic()
        publish(broker, name, Record(b"k", b"\xff\n", (("a", b"1"), ("b", b"2")), 1234), Record(None, b"w", (), 5))
        assert ask("consume", name, "-o", "raw", text=False, stdin=b"").stdout == b"\xff\n\nw\n"
        assert ask("consume", name, "-o", "raw", "--delimiter", "\\0", text=False, stdin=b"").stdout == b"\xff\n\0w\0"
        formatted = ask("consume", name, "--format", "%t %p %o %T %k %h 100%%\\n", "-n", "1")
        assert formatted.stdout == f"{name} 0 0 1234 k a=1,b=2 100%\n"
        assert said(ask("consume", name, "-o", "id")) == f"{name}/0/0\n{name}/0/1\n"

    def test_where_it_begins(self, broker, ask, topic):
        name = topic(2)
        publish(broker, name, *(Record(None, str(i).encode(), (), 1000 * i) for i in range(6)))
        publish(broker, name, Record(None, b"other", (), 9000), partition=1)

        def values(*arguments):
            return said(ask("consume", name, "-o", "raw", *arguments)).split()

        assert sorted(values()) == ["0", "1", "2", "3", "4", "5", "other"]
        assert values("-p", "0", "--from", "beginning") == ["0", "1", "2", "3", "4", "5"]
        assert values("-p", "0", "--from", "4") == ["4", "5"]
        assert sorted(values("--from", "-2")) == ["4", "5", "other"]
        assert values("-p", "0", "--from=-9") == ["0", "1", "2", "3", "4", "5"]
        assert values("--from", "end") == []
        assert sorted(values("--from", "1970-01-01T00:00:03.5Z")) == ["4", "5", "other"]
        assert values("-p", "0", "--from", "2100-01-01T00:00:00Z") == []
        assert values("-p", "0", "-n", "2") == ["0", "1"]
        outside = ask("consume", name, "-p", "0", "--from", "7")
        assert outside.returncode == REFUSED and "offset 7" in outside.stderr and "partition 0" in outside.stderr

    def test_following_prints_what_comes_until_it_is_interrupted(self, broker, server, topic):
        name = topic()
        publish(broker, name, Record(None, b"before", (), 1))
        run = start("consume", name, "-f", "-o", "raw", server=server)
        try:
            assert run.stdout.readline() == "before\n"
            publish(broker, name, Record(None, b"later", (), 1))
            assert run.stdout.readline() == "later\n"
            run.send_signal(signal.SIGINT)
            assert (run.wait(30), run.stderr.read()) == (DONE, "")
        finally:
            run.kill()

    def test_a_reader_that_leaves_is_no_fault(self, broker, ask, server, topic):
        name = topic()
        assert ask("produce", name, stdin="x" * 99 + "\n" + ("y" * 99 + "\n") * 20_000).returncode == DONE
        run = start("consume", name, "-f", "-o", "raw", server=server)
        try:
            assert run.stdout.readline() == "x" * 99 + "\n"
            run.stdout.close()
            assert (run.wait(30), run.stderr.read()) == (DONE, "")
        finally:
            run.kill()

    def test_a_group_goes_on_where_it_was(self, broker, ask, topic):
        name = topic(2)
        publish(broker, name, *(Record(None, str(i).encode(), (), 1) for i in range(5)))
        group = f"g-{name}"
        assert said(ask("consume", name, "-g", group, "-n", "2", "-o", "raw")).split() == ["0", "1"]
        described = json.loads(said(ask("group", "describe", group, "-o", "json")))
        assert [o["committed_offset"] for o in described["offsets"] if o["partition"] == 0] == [2]
        assert said(ask("consume", name, "-g", group, "-o", "raw")).split() == ["2", "3", "4"]
        assert said(ask("consume", name, "-g", group, "-o", "raw")) == ""
        publish(broker, name, Record(None, b"new", (), 1), partition=1)
        assert said(ask("consume", name, "-g", group, "-o", "raw")) == "new\n"

    def test_a_group_that_is_interrupted_has_committed_what_was_printed(self, broker, ask, server, topic):
        name = topic()
        group = f"g-{name}"
        publish(broker, name, *(Record(None, str(i).encode(), (), 1) for i in range(3)))
        run = start("consume", name, "-f", "-g", group, "-o", "raw", server=server)
        try:
            assert [run.stdout.readline() for _ in range(3)] == ["0\n", "1\n", "2\n"]
            run.send_signal(signal.SIGTERM)
            assert run.wait(30) == DONE
        finally:
            run.kill()
        assert json.loads(said(ask("group", "describe", group, "-o", "json")))["lag"] == 0

    def test_looking_leaves_no_trace(self, own_broker, topic):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}")
        broker.start()
        create_topic(broker.address, "looked-at", 1)
        server = broker.settings["http_listeners"]
        assert said(millrace("consume", "looked-at", server=server)) == ""
        assert millrace("consume", "not-there", server=server).returncode == REFUSED
        assert millrace("produce", "not-there", server=server, stdin="x\n").returncode == REFUSED
        names = {t["name"] for t in json.loads(said(millrace("topic", "ls", "-o", "json", server=server)))["topics"]}
        assert {n for n in names if not n.startswith("__")} == {"looked-at"}

    def test_it_ends_when_nothing_comes_in_time(self, broker, ask, topic):
        name = topic()
        publish(broker, name, Record(None, b"only", (), 1))
        assert said(ask("consume", name, "-f", "-o", "raw", "--timeout", "5")) == "only\n"
        done = ask("consume", name, "-f", "-o", "raw", "-n", "2", "--timeout", "5")
        assert (done.returncode, done.stdout) == (REFUSED, "only\n") and "only 1 of 2" in done.stderr

    def test_colour_is_for_a_terminal_or_whoever_wants_it(self, broker, ask, topic):
        name = topic()
        publish(broker, name, Record(b"k", b"v", (), 1))
        assert "\x1b" not in said(ask("consume", name))
        assert "\x1b[" in said(ask("consume", name, "--color", "always"))
        assert "\x1b" not in said(ask("consume", name, "--color", "never"))


@pytest.mark.parametrize("verb", ["produce", "consume"])
class TestTrouble:
    def test_a_topic_that_does_not_exist(self, verb, ask):
        done = ask(verb, "no-such-topic", stdin="x\n")
        assert (done.returncode, done.stdout) == (REFUSED, "")
        assert "topic no-such-topic does not exist" in done.stderr and "millrace topic create" in done.stderr

    def test_a_partition_that_does_not_exist(self, verb, ask, topic):
        done = ask(verb, topic(2), "-p", "2", stdin="x\n")
        assert done.returncode == REFUSED and "partition 2 does not exist" in done.stderr and "has 2" in done.stderr

    def test_nobody_answers(self, verb):
        nobody = f"127.0.0.1:{free_port()}"
        done = millrace(verb, "t", server=nobody, stdin="x\n")
        assert done.returncode == UNREACHABLE and nobody in done.stderr and "--bootstrap" in done.stderr
        done = millrace(verb, "t", "--bootstrap", nobody, stdin="x\n")
        assert done.returncode == UNREACHABLE and nobody in done.stderr and "--bootstrap" in done.stderr

    def test_the_address_may_be_given(self, verb, broker, topic):
        name = topic()
        assert millrace(verb, name, "--bootstrap", broker.address, stdin="x\n").returncode == DONE
        assert millrace(verb, name, environment={"MILLRACE_BOOTSTRAP": broker.address}, stdin="x\n").returncode == DONE


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["produce"], "topic is required"),
        (["produce", "t", "-H", "novalue"], "name=value"),
        (["produce", "t", "--format", "xml"], "xml"),
        (["produce", "t", "--file", "x", "--format", "json"], "--format"),
        (["consume", "t", "--from", "soon"], "soon"),
        (["consume", "t", "--format", "%q"], "%q"),
        (["consume", "t", "-o", "raw", "--delimiter", "\\q"], "\\\\q"),
        (["consume", "t", "-n", "0"], "--count"),
        (["consume", "t", "-g", "g", "-p", "0"], "--partition"),
        (["consume", "t", "-g", "g", "--from", "5"], "--from 5"),
    ],
)
def test_wrong_usage_is_told(arguments, words):
    done = millrace(*arguments)
    assert done.returncode == WRONG_USAGE and done.stdout == "" and words in done.stderr
