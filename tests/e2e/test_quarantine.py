"""Records that a topic does not let pass, put aside (cloudevents.on.invalid=quarantine): over both doors, by any client."""

import asyncio
import json

import pytest
import websockets

from harness import batches
from harness.broker import free_port, wait_until
from harness.confluent import ConfluentClient
from harness.events import BATCH, EVENT, STRUCTURED, ask, publish, stored, structured, topics
from harness.kafka_python import KafkaPythonClient
from harness.metrics import scrape
from harness.rdk import LibrdkafkaClient
from harness.records import Record, now_ms
from harness.wire import Connection, create_topic

INVALID = "cloudevents.on.invalid"
EVENTS = {"cloudevents.validation": "binary-or-structured", INVALID: "quarantine"}
STRICT = EVENTS | {"cloudevents.validation": "strict"}
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
CLIENTS = [(KafkaPythonClient(), False), (ConfluentClient(), False), (ConfluentClient(), True), (LibrdkafkaClient(), True)]
START = now_ms()
# An event over HTTP, and by the rules of Kafka's records one that strict topics do not take.
UNFIT = structured(dataschema="relative")


@pytest.fixture
def topic(door, request):
    make = topics(door, request)
    return lambda partitions=1, **configs: make(partitions, **(EVENTS | configs))


def event(number):
    headers = (("ce_specversion", b"1.0"), ("ce_id", b"%d" % number), ("ce_source", b"/shop"), ("ce_type", b"t"))
    return Record(None, b"event %d" % number, headers, START + number)


def plain(number):
    return Record(b"key %d" % number, b"plain %d" % number, (("h", b"1"), ("h", b"2")), START + number)


def letters(door, topic, partition=0):
    return stored(door, f"dlq.quarantine.{topic}", partition)


def configure(at, topic, **configs):
    body = json.dumps({"configs": {key.replace("_", "."): value for key, value in configs.items()}})
    status, _, got = ask(at, "PATCH", f"/v1/topics/{topic}", body, {"Content-Type": "application/json"})
    return status, json.loads(got)


def test_their_letters_go_to_their_topic_and_to_no_group(door, at, topic):
    name = topic()
    ConfluentClient().produce(door.address, name, [plain(0), plain(1)])
    held = f"dlq.quarantine.{name}"
    fields = {"Content-Type": "application/json"}

    def begin(**wish):
        status, _, got = ask(at, "POST", "/v1/redrives", json.dumps({"topic": held} | wish), fields)
        return status, json.loads(got)

    for wish in ({}, {"to": "group"}):
        status, problem = begin(**wish)
        assert status == 400 and "delivered to no group" in problem["detail"] and '"topic"' in problem["detail"]
    status, _, got = ask(at, "GET", f"/v1/dead-letters/{held}")
    (first, _) = json.loads(got)["letters"]
    mended = json.dumps(structured(id="0", time="2026-05-01T12:00:00Z"))
    status, _, got = ask(at, "POST", f"/v1/dead-letters/{held}/letters/{first['id']}:edit", mended, STRUCTURED)
    assert status == 200, got
    status, job = begin(to="topic", ids=[json.loads(got)["id"]])
    assert status == 201, job

    def done(job):
        told = json.loads(ask(at, "GET", f"/v1/redrives/{job['id']}")[2])
        return told if told["state"] == "done" else None

    wait_until(lambda: done(job), "the job's end")
    (_, record), = stored(door, name)
    assert (json.loads(record.value)["id"], record.key) == ("0", b"key 0"), "the one that was mended"
    status, _, got = ask(at, "GET", f"/v1/dead-letters/{held}")
    (other,) = json.loads(got)["letters"]
    status, job = begin(to="topic", ids=[other["id"]])
    assert status == 201, job
    told = wait_until(lambda: done(job), "the job's end")
    assert (told["resolved"], told["failed"]) == (0, 1) and "put aside again" in told["why"], told
    assert json.loads(ask(at, "GET", f"/v1/dead-letters/{held}/letters/{other['id']}")[2])["state"] == "open"


class TestOverKafka:
    @pytest.mark.parametrize("codec", CODECS)
    @pytest.mark.parametrize("client, idempotent", CLIENTS, ids=lambda v: getattr(v, "name", v))
    def test_what_is_no_event_is_put_aside_and_every_offset_is_told_right(self, client, idempotent, codec, door, topic):
        name = topic()
        sent = [plain(n) if n % 3 == 1 else event(n) for n in range(60)]
        reports = client.produce(door.address, name, sent, codec=codec, idempotent=idempotent)
        assert reports == [(n, None) for n in range(60)]
        with Connection(door.address) as c:
            found = [(at, r.value) for batch in c.read_log(name, 0) for at, r in batch.records()]
            dead = [r for batch in c.read_log(f"dlq.quarantine.{name}", 0) for _, r in batch.records()]
        assert found == [(n, b"event %d" % n) for n in range(60) if n % 3 != 1]
        assert [r.value for r in dead] == [b"plain %d" % n for n in range(60) if n % 3 == 1]
        assert [dict(r.headers)["__dlq.errors.offset"] for r in dead] == [b"%d" % n for n in range(60) if n % 3 == 1]

    def test_a_letter_is_the_record_and_says_why(self, door, topic):
        name = topic(partitions=2)
        with Connection(door.address) as c:
            answer = c.produce(name, 1, batches.build([event(0), plain(1)]))
        assert (answer["error_code"], answer["base_offset"]) == (0, 0)
        [(offset, letter)] = letters(door, name, 1)
        assert (offset, letter.key, letter.value, letter.timestamp) == (0, b"key 1", b"plain 1", START + 1)
        assert letter.headers[:2] == (("h", b"1"), ("h", b"2"))
        told = dict(letter.headers)
        assert told["__dlq.errors.topic"] == name.encode()
        assert told["__dlq.errors.partition"] == b"1"
        assert told["__dlq.errors.offset"] == b"1"
        assert told["__dlq.errors.group"] == b"quarantine"
        assert told["__dlq.errors.delivery.count"] == b"0"
        assert told["__dlq.errors.disposition"] == b"event-invalid"
        assert told["__dlq.errors.message"].endswith(b"(KAF-3)")
        assert told["__dlq.errors.millrace.id"] == f"quarantine~{name}~1~1~0".encode()

    def test_a_readable_event_that_breaks_a_rule_says_it_itself(self, door, topic):
        name = topic(**STRICT)
        wrong = Record(None, b"v", event(1).headers + (("ce_dataschema", b"relative"),), START)
        with Connection(door.address) as c:
            assert c.produce(name, 0, batches.build([wrong]))["error_code"] == 0
        [(_, letter)] = letters(door, name)
        assert dict(letter.headers)["ce_dlreason"] == b"event-invalid"
        assert b"CORE-17" in dict(letter.headers)["ce_dlmessage"]

    def test_a_retry_is_put_aside_once_and_sequences_go_on(self, door, topic):
        name = topic()
        of = {"producer_id": 5000, "producer_epoch": 0}

        def send(records, sequence):
            with Connection(door.address) as c:
                answer = c.produce(name, 0, batches.build(records, base_sequence=sequence, **of))
                return answer["base_offset"], answer["error_code"]

        assert send([event(0), plain(1)], 0) == (0, 0)
        assert send([plain(2), plain(3)], 2) == (2, 0), "nothing of it is left"
        assert send([event(4)], 4) == (4, 0)
        assert send([plain(2), plain(3)], 2) == (2, 0), "a retry"
        assert send([event(0), plain(1)], 0) == (0, 0), "a retry"
        assert send([plain(9)], 9)[1] == 45
        assert [at for at, _ in stored(door, name)] == [0, 4]
        assert [r.value for _, r in letters(door, name)] == [b"plain 1", b"plain 2", b"plain 3"]

    def test_readers_pass_over_what_was_put_aside(self, door, topic):
        name = topic()
        for client in (ConfluentClient(), KafkaPythonClient()):
            client.produce(door.address, name, [plain(n) for n in range(40)])
        ConfluentClient().produce(door.address, name, [event(n) for n in range(3)])
        for client in (ConfluentClient(), KafkaPythonClient(), LibrdkafkaClient()):
            found = client.consume(door.address, name, 3)
            assert [(r.offset, r.record.value) for r in found] == [(80 + n, b"event %d" % n) for n in range(3)]

    def test_what_breaks_a_rule_of_kafka_refuses_its_batch_as_ever(self, door, topic):
        name = topic(**{"cleanup.policy": "compact"})
        with Connection(door.address) as c:
            answer = c.produce(name, 0, batches.build([plain(0), Record(None, b"no key")]))
        assert answer["error_code"] == 87
        assert not letters(door, name) and not stored(door, name)

    def test_it_goes_with_looking_for_repeats(self, door, topic):
        name = topic(**{"cloudevents.dedupe.window.ms": 3_600_000})
        with Connection(door.address) as c:
            for records in ([event(1), plain(1)], [plain(2), event(1), event(2)]):
                assert c.produce(name, 0, batches.build(records))["error_code"] == 0
        assert [at for at, _ in stored(door, name)] == [0, 4]
        assert [r.value for _, r in letters(door, name)] == [b"plain 1", b"plain 2"]


class TestOverHttp:
    def test_one_event(self, door, at, topic):
        name = topic(**STRICT)
        status, fields, told = publish(at, name, json.dumps(UNFIT), STRUCTURED)
        aside = told.pop("quarantined")
        assert (status, told) == (200, {"topic": name, "partition": 0, "source": "/shop", "id": "A1"})
        assert "CORE-17" in aside.pop("reason")
        assert aside == {"topic": f"dlq.quarantine.{name}", "partition": 0, "offset": 0}
        assert fields["millrace-quarantined"] == f"dlq.quarantine.{name}" and "millrace-offset" not in fields
        assert not stored(door, name) and len(letters(door, name)) == 1

    def test_a_minimal_answer_says_it_in_its_header(self, at, topic):
        name = topic(**STRICT)
        minimal = STRUCTURED | {"Prefer": "return=minimal"}
        status, fields, _ = publish(at, name, json.dumps(UNFIT), minimal)
        assert (status, fields["millrace-quarantined"]) == (204, f"dlq.quarantine.{name}")
        assert "millrace-quarantined" not in publish(at, name, json.dumps(structured()), minimal)[1]

    def test_of_a_batch_each_event_has_its_own_answer(self, door, at, topic):
        name = topic(**STRICT)
        body = json.dumps([structured(id="1"), UNFIT, structured(id="3"), UNFIT])
        status, _, told = publish(at, name, body, BATCH)
        assert (status, told["count"]) == (200, 4)
        assert [each.get("offset") for each in told["results"]] == [0, None, 2, None]
        assert [each.get("quarantined", {}).get("offset") for each in told["results"]] == [None, 0, None, 1]
        assert [at for at, _ in stored(door, name)] == [0, 2]

    def test_unheard(self, door, at, topic):
        name = topic(**STRICT)
        status, _, told = publish(at, name, json.dumps(UNFIT), STRUCTURED, "?acks=none")
        assert status == 202 and "offset" not in told["quarantined"]
        wait_until(lambda: letters(door, name), "the letter")

    def test_on_a_web_socket(self, at, topic):
        name = topic(**STRICT)

        async def story():
            url = f"ws://{at}/v1/topics/{name}/ws"
            async with websockets.connect(url, subprotocols=["cloudevents.json"], open_timeout=60) as ws:
                told = []
                for each in (UNFIT, structured()):
                    await ws.send(json.dumps(each))
                    told.append(json.loads(await asyncio.wait_for(ws.recv(), 60)))
                return told

        unfit, fit = asyncio.run(story())
        assert unfit["type"] == "dev.millrace.published" and unfit["subject"] == "A1"
        assert "CORE-17" in unfit["data"]["quarantined"].pop("reason")
        assert unfit["data"] == {"topic": name, "partition": 0,
                                 "quarantined": {"topic": f"dlq.quarantine.{name}", "partition": 0, "offset": 0}}
        assert fit["data"] == {"topic": name, "partition": 0, "offset": 1}

    def test_it_is_counted(self, door, at, topic):
        name = topic(partitions=2)
        with Connection(door.address) as c:
            for partition in (0, 1, 1):
                c.produce(name, partition, batches.build([event(0), plain(1), plain(2)]))
        seen = scrape(at)
        assert seen.value("millrace_topic_quarantined_records_total", topic=name) == 6
        assert seen.value("millrace_topic_received_records_total", topic=name) == 3
        assert seen.value("millrace_topic_received_records_total", topic=f"dlq.quarantine.{name}") == 6


class TestTheDeadLetterTopic:
    def test_is_made_with_the_configuration(self, door, at, topic):
        name = topic(partitions=3, **{INVALID: "reject"})
        assert ask(at, "GET", f"/v1/topics/dlq.quarantine.{name}")[0] == 404
        assert configure(at, name, **{INVALID: "quarantine"})[0] == 200
        made = json.loads(ask(at, "GET", f"/v1/topics/dlq.quarantine.{name}")[2])
        assert len(made["partitions"]) == 3
        values = made["configs"]
        assert values["errors.deadletterqueue.group.enable"] == "true"
        assert values["cloudevents.validation"] == "none"
        assert values["retention.ms"] == str(30 * 86_400_000)

    def test_is_made_again_when_it_was_deleted(self, door, at, topic):
        name = topic()
        assert ask(at, "DELETE", f"/v1/topics/dlq.quarantine.{name}")[0] in (200, 204)
        for client in (ConfluentClient(), KafkaPythonClient()):
            assert client.produce(door.address, name, [event(0), plain(1)])[1][1] is None, "the client tries again"
        assert [r.value for _, r in letters(door, name)] == [b"plain 1", b"plain 1"]

    def test_one_of_others_is_not_written_to(self, door, at, topic):
        name = topic(**{INVALID: "reject"})
        create_topic(door.address, f"dlq.quarantine.{name}", 1, {})
        status, problem = configure(at, name, **{INVALID: "quarantine"})
        assert status == 400 and "errors.deadletterqueue.group.enable=true" in json.dumps(problem)
        assert configure(at, f"dlq.quarantine.{name}", **{"errors.deadletterqueue.group.enable": "true"})[0] == 200
        assert configure(at, name, **{INVALID: "quarantine"})[0] == 200
        assert configure(at, f"dlq.quarantine.{name}", **{"errors.deadletterqueue.group.enable": "false"})[0] == 200
        with Connection(door.address) as c:
            answer = c.produce(name, 0, batches.build([event(0), plain(1)]))
        assert answer["error_code"] == 87, "nothing is lost silently: it is refused"


class TestThroughCrashes:
    def test_what_was_acknowledged_is_there(self, own_broker):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}").start()
        create_topic(broker.address, "t", 1, EVENTS)
        for number in range(3):
            sent = [plain(n) if n % 2 else event(n) for n in range(100)]
            reports = ConfluentClient().produce(broker.address, "t", sent, idempotent=True, codec="lz4")
            assert reports == [(100 * number + n, None) for n in range(100)]
            broker.crash_and_restart()
        assert len(stored(broker, "t")) == 150
        assert [dict(r.headers)["__dlq.errors.offset"] for _, r in letters(broker, "t")] == [b"%d" % n for n in range(1, 300, 2)]
