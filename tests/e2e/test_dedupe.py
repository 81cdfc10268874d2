"""Repeated events of a topic with cloudevents.dedupe.window.ms: stored once, over both doors, by any client, through restarts."""

import asyncio
import json

import confluent_kafka
import pytest
import websockets

from harness import batches
from harness.broker import free_port, wait_until
from harness.confluent import ConfluentClient
from harness.events import BATCH, EVENT, STRUCTURED, ask, publish, read, stored, structured, topics
from harness.kafka_python import KafkaPythonClient
from harness.metrics import scrape
from harness.rdk import LibrdkafkaClient
from harness.records import Record
from harness.wire import Connection, create_topic

WINDOW = "cloudevents.dedupe.window.ms"
HOUR = {WINDOW: 3_600_000}
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
CLIENTS = [(KafkaPythonClient(), False), (ConfluentClient(), False), (ConfluentClient(), True), (LibrdkafkaClient(), True)]


@pytest.fixture
def topic(door, request):
    make = topics(door, request)
    return lambda partitions=1, **configs: make(partitions, **(HOUR | configs))


def event(number, key=None, source="/shop"):
    """A record with an event in binary mode."""
    headers = (("ce_specversion", b"1.0"), ("ce_id", b"%d" % number), ("ce_source", source.encode()), ("ce_type", b"t"))
    return Record(key, b"event %d" % number, headers)


def ids(door, topic, partition=0):
    return [(offset, dict(r.headers)["ce_id"].decode()) for offset, r in stored(door, topic, partition)]


def send(door, topic, numbers, **more):
    """(base offset of the answer, error) of one batch over the raw protocol."""
    with Connection(door.address) as c:
        answer = c.produce(topic, 0, batches.build([event(n) for n in numbers], **more))
        return answer["base_offset"], answer["error_code"]


class TestOverHttp:
    def test_a_repeat_is_answered_with_its_first_place(self, door, at, topic):
        name = topic()
        assert publish(at, name, b"first", EVENT)[2]["offset"] == 0
        assert publish(at, name, b"other", EVENT | {"ce-id": "A2"})[2]["offset"] == 1
        status, fields, told = publish(at, name, b"again", EVENT | {"ce-time": "2026-01-01T00:00:00Z"})
        assert (status, told) == (200, {"topic": name, "partition": 0, "offset": 0, "duplicate": True, "source": "/shop", "id": "A1"})
        assert (fields["millrace-offset"], fields["millrace-duplicate"]) == ("0", "true")
        assert [r.value for _, r in stored(door, name)] == [b"first", b"other"]

    def test_the_first_one_is_no_duplicate(self, at, topic):
        _, fields, told = publish(at, topic(), b"", EVENT)
        assert "duplicate" not in told and "timestamp" in told and "millrace-duplicate" not in fields

    def test_modes_do_not_matter(self, at, topic):
        name = topic(**{"cloudevents.storage.mode": "preserve"})
        assert publish(at, name, json.dumps(structured()), STRUCTURED)[2]["offset"] == 0
        assert publish(at, name, b"", EVENT)[2]["duplicate"]
        assert publish(at, name, json.dumps([structured()]), BATCH)[2]["results"] == [
            {"index": 0, "partition": 0, "offset": 0, "duplicate": True}]

    def test_a_minimal_answer_says_it_in_its_header(self, at, topic):
        name = topic()
        minimal = EVENT | {"Prefer": "return=minimal"}
        assert "millrace-duplicate" not in publish(at, name, b"", minimal)[1]
        status, fields, _ = publish(at, name, b"", minimal)
        assert (status, fields["millrace-duplicate"], fields["millrace-offset"]) == (204, "true", "0")

    def test_of_a_batch_only_what_is_new_is_stored(self, door, at, topic):
        name = topic()
        publish(at, name, json.dumps([structured(id="1"), structured(id="2")]), BATCH)
        told = publish(at, name, json.dumps([structured(id=i) for i in "32413"]), BATCH)[2]["results"]
        places = [(each["offset"], each.get("duplicate", False)) for each in told]
        assert places == [(2, False), (1, True), (4, False), (0, True), (2, True)]
        assert ids(door, name) == [(0, "1"), (1, "2"), (2, "3"), (4, "4")]

    def test_repeats_without_a_key_meet_in_a_topic_of_many_partitions(self, at, topic):
        name = topic(partitions=7)
        events = [structured(id=str(i)) for i in range(50)]
        first = publish(at, name, json.dumps(events), BATCH)[2]["results"]
        assert len({each["partition"] for each in first}) == 7, "they are spread all the same"
        for each, where in zip(events, first):
            told = publish(at, name, json.dumps(each), STRUCTURED)[2]
            assert (told["partition"], told["offset"], told["duplicate"]) == (where["partition"], where["offset"], True)

    def test_repeats_with_a_key_meet_where_their_key_belongs(self, at, topic):
        name = topic(partitions=7)
        for _ in range(2):
            told = publish(at, name, b"", EVENT, "?key=abc")[2]
        assert (told["partition"], told["offset"], told["duplicate"]) == (479470107 % 7, 0, True)

    def test_a_redriven_event_is_no_repeat(self, door, at, topic):
        name = topic()
        publish(at, name, b"1", EVENT)
        assert "duplicate" not in publish(at, name, b"2", EVENT | {"ce-dlredrive": "1"})[2]
        assert [r.value for _, r in stored(door, name)] == [b"1", b"2"]

    def test_a_reader_goes_on_behind_repeats(self, at, topic):
        name = topic()
        for batch in (["1"], ["1", "2"], ["2", "1"], ["3"]):
            publish(at, name, json.dumps([structured(id=i) for i in batch]), BATCH)
        offset, seen = 0, []
        while True:
            status, fields, got = read(at, name, query=f"?offset={offset}&max_events=1", headers={"Accept": STRUCTURED["Content-Type"]})
            if status == 204:
                break
            seen.append(json.loads(got)["id"])
            offset = int(fields["millrace-next-offset"])
        assert (seen, offset) == (["1", "2", "3"], 4)

    def test_on_a_web_socket(self, at, topic):
        name = topic()

        async def story():
            url = f"ws://{at}/v1/topics/{name}/ws"
            async with websockets.connect(url, subprotocols=["cloudevents.json"], open_timeout=60) as ws:
                told = []
                for _ in range(2):
                    await ws.send(json.dumps(structured()))
                    told.append(json.loads(await asyncio.wait_for(ws.recv(), 60))["data"])
                return told

        first, second = asyncio.run(story())
        assert first == {"topic": name, "partition": 0, "offset": 0}
        assert second == first | {"duplicate": True}

    def test_it_is_counted(self, at, topic):
        name = topic(partitions=3)
        for i in range(5):
            publish(at, name, b"", EVENT | {"ce-id": str(i)})
        for _ in range(4):
            publish(at, name, b"", EVENT | {"ce-id": "3"})
        seen = scrape(at)
        assert seen.value("millrace_topic_duplicate_events_total", topic=name) == 4
        assert seen.value("millrace_topic_event_ids", topic=name) == 5
        assert seen.value("millrace_topic_event_ids_forgotten_total", topic=name) == 0
        assert seen.value("millrace_topic_received_records_total", topic=name) == 5

    def test_it_is_turned_on_and_off(self, at, topic):
        name = topic(**{WINDOW: 0})

        def again():
            told = publish(at, name, b"", EVENT)[2]
            return told["offset"], told.get("duplicate", False)

        def set_window(ms):
            assert ask(at, "PATCH", f"/v1/topics/{name}", json.dumps({"configs": {WINDOW: str(ms)}}),
                       {"Content-Type": "application/json"})[0] == 200

        assert [again(), again()] == [(0, False), (1, False)]
        set_window(60_000)
        assert [again(), again()] == [(2, False), (2, True)]
        set_window(0)
        assert [again(), again()] == [(3, False), (4, False)]

    def test_a_window_ends(self, door, at, topic):
        name = topic(**{WINDOW: 200})
        publish(at, name, b"first", EVENT)
        told = wait_until(lambda: (t := publish(at, name, b"second", EVENT)[2])["offset"] > 0 and t, "the end of the window")
        assert "duplicate" not in told
        assert [r.value for _, r in stored(door, name)] == [b"first", b"second"]


class TestOverKafka:
    @pytest.mark.parametrize("codec", CODECS)
    @pytest.mark.parametrize("client, idempotent", CLIENTS, ids=lambda v: getattr(v, "name", v))
    def test_what_another_producer_repeats_is_stored_once(self, client, idempotent, codec, door, topic):
        name = topic()
        events = [event(n, b"key") for n in range(300)]
        first = client.produce(door.address, name, events, codec=codec, idempotent=idempotent)
        assert first == [(n, None) for n in range(300)]
        assert client.produce(door.address, name, events, codec=codec, idempotent=idempotent) == first, "the first offsets"
        new = [event(n, b"key") for n in range(250, 350)]
        assert {error for _, error in client.produce(door.address, name, new, codec=codec, idempotent=idempotent)} == {None}
        with Connection(door.address) as c:
            log = c.read_log(name, 0)
        found = [(at, r) for batch in log for at, r in batch.records()]
        assert [r.value for _, r in found] == [b"event %d" % n for n in range(350)]
        assert [at for at, _ in found] == sorted({at for at, _ in found})
        assert codec in {batch.codec for batch in log}

    @pytest.mark.parametrize("client", [KafkaPythonClient(), ConfluentClient(), LibrdkafkaClient()], ids=lambda c: c.name)
    def test_readers_pass_over_what_repeats_have_left(self, client, door, topic):
        name = topic()
        ConfluentClient().produce(door.address, name, [event(n) for n in range(10)], idempotent=True)
        for first in range(0, 10, 2):
            ConfluentClient().produce(door.address, name, [event(n) for n in range(first, first + 2)], idempotent=True)
        ConfluentClient().produce(door.address, name, [event(n) for n in (3, 10, 4, 11, 5)], idempotent=True)
        ConfluentClient().produce(door.address, name, [event(12)])
        found = client.consume(door.address, name, 13)
        assert [r.record.value for r in found] == [b"event %d" % n for n in range(13)]

    def test_a_reader_at_the_end_is_not_disturbed_by_many_repeats(self, door, topic):
        """Each is a batch without records for a reader that waits: of those librdkafka has been known to give up."""
        name = topic()
        send(door, name, [1])
        consumer = confluent_kafka.Consumer({"bootstrap.servers": door.address, "group.id": "g", "fetch.wait.max.ms": 20})
        try:
            consumer.assign([confluent_kafka.TopicPartition(name, 0, 0)])
            assert wait_until(lambda: consumer.poll(0.1), "the first event").value() == b"event 1"
            for sequence in range(25):
                answer = send(door, name, [1], producer_id=77, producer_epoch=0, base_sequence=sequence)
                assert answer == (0, 0)
                wait_until(lambda: (m := consumer.poll(0.05)) is None or pytest.fail(str(m.error() or m.value())), "nothing")
            send(door, name, [2])
            message = wait_until(lambda: consumer.poll(0.1), "the next event")
            assert (message.error(), message.value(), message.offset()) == (None, b"event 2", 26)
        finally:
            consumer.close()

    def test_doors_know_of_each_other(self, door, at, topic):
        name = topic()
        assert publish(at, name, b"", EVENT | {"ce-id": "1"})[2]["offset"] == 0
        assert send(door, name, [2, 1, 3]) == (1, 0)
        assert send(door, name, [3, 2]) == (3, 0)
        told = publish(at, name, b"", EVENT | {"ce-id": "3"})[2]
        assert (told["offset"], told["duplicate"]) == (3, True)
        assert ids(door, name) == [(0, "1"), (1, "2"), (3, "3")]

    def test_records_that_are_no_events_are_all_stored(self, door, topic):
        name = topic()
        with Connection(door.address) as c:
            for _ in range(2):
                assert c.produce(name, 0, batches.build([Record(b"k", b"v")] * 3))["error_code"] == 0
        assert len(stored(door, name)) == 6

    def test_sequences_go_on_behind_repeats(self, door, topic):
        name = topic()
        send(door, name, [1, 2])
        of = {"producer_id": 5000, "producer_epoch": 0}
        assert send(door, name, [1, 2], base_sequence=0, **of) == (0, 0)
        assert send(door, name, [2, 3], base_sequence=2, **of) == (4, 0)
        assert send(door, name, [4], base_sequence=4, **of) == (6, 0)
        assert send(door, name, [1, 2], base_sequence=0, **of) == (0, 0), "a retry"
        assert send(door, name, [5], base_sequence=9, **of)[1] == 45
        assert ids(door, name) == [(0, "1"), (1, "2"), (5, "3"), (6, "4")]


class TestThroughRestarts:
    @pytest.mark.parametrize("end", ["restart", "crash_and_restart"])
    def test_events_are_known_again(self, end, own_broker):
        at = f"127.0.0.1:{free_port()}"
        broker = own_broker(http_listeners=at).start()
        create_topic(broker.address, "t", 3, HOUR)
        events = [structured(id=str(i)) for i in range(100)]
        first = publish(at, "t", json.dumps(events), BATCH)[2]["results"]
        getattr(broker, end)()
        again = publish(at, "t", json.dumps(events[:60] + [structured(id="new")]), BATCH)[2]["results"]
        assert [(e["partition"], e["offset"]) for e in again[:60]] == [(e["partition"], e["offset"]) for e in first[:60]]
        assert all(e["duplicate"] for e in again[:60]) and "duplicate" not in again[60]
        getattr(broker, end)()
        told = publish(at, "t", json.dumps(events + [structured(id="new")]), BATCH)[2]["results"]
        assert all(each["duplicate"] for each in told)
        assert sum(len(stored(broker, "t", p)) for p in range(3)) == 101

    def test_a_producer_that_repeats_its_outbox_after_every_crash_is_stored_once(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t", 1, HOUR)
        for number in range(1, 6):
            outbox = [event(n) for n in range(40 * number)]
            reports = ConfluentClient().produce(broker.address, "t", outbox, idempotent=True, codec="lz4")
            assert {error for _, error in reports} == {None}
            broker.crash_and_restart() if number % 2 else broker.restart()
        with Connection(broker.address) as c:
            found = [r.value for batch in c.read_log("t", 0) for _, r in batch.records()]
        assert found == [b"event %d" % n for n in range(200)]

    @pytest.mark.parametrize("damage", [b"", b"MRATOMIC and no more", None])
    def test_without_its_snapshot_they_are_found_in_the_log(self, damage, own_broker):
        at = f"127.0.0.1:{free_port()}"
        broker = own_broker(http_listeners=at).start()
        create_topic(broker.address, "t", 1, HOUR)
        publish(at, "t", json.dumps([structured(id=str(i)) for i in range(20)]), BATCH)
        broker.stop()
        snapshot = broker.data / "t-0" / "events.snapshot"
        assert snapshot.stat().st_size > 20 * 28
        if damage is None:
            snapshot.unlink()
        else:
            snapshot.write_bytes(damage)
        broker.start()
        told = publish(at, "t", json.dumps(structured(id="7")), STRUCTURED)[2]
        assert (told["offset"], told["duplicate"]) == (7, True)
        assert ("events snapshot not used" in broker.log_of_this_run()) is (damage is not None)
