"""Dead letters over HTTP: what a Kafka client has written into topics that hold some is listed, shown and given up."""

import base64
import json
import re
import struct

import pytest
from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition

from harness import events, http
from harness.broker import wait_until
from harness.wire import create_topic

JSON = {"Content-Type": "application/json"}
LETTERS = "/v1/dead-letters/"


def marks(offset, life=0, reason="max-deliveries", died="2026-05-01T12:00:00.000Z"):
    """As docs/dead_letters.md has them."""
    facts = {
        "topic": "orders", "partition": "3", "offset": str(offset), "group": "billing", "delivery.count": "5",
        "message": "no stock", "disposition": reason, "millrace.code": "503", "millrace.time": died,
        "millrace.destination": "https://billing.example/events", "millrace.id": f"billing~orders~3~{offset}~{life}",
        "millrace.history": f"billing,{reason},5,-,{died}",
    }  # fmt: skip
    return [(f"__dlq.errors.{name}", value.encode()) for name, value in facts.items()]


def event(name, **more):
    attributes = {"specversion": "1.0", "id": name, "source": "/shop", "type": "order.placed"} | more
    return [("content-type", b"application/json")] + [(f"ce_{key}", value.encode()) for key, value in attributes.items()]


class Topic:
    def __init__(self, door, at, name, configs=None):
        self.at = at
        body = {"name": name, "partitions": 2, "configs": configs or {}}
        status, _, answer = http.request(at, "POST", "/v1/topics", json.dumps(body), JSON)
        assert status == 201, answer
        self.name, self.producer = name, KafkaProducer(bootstrap_servers=door.address)

    def write(self, headers, value=b"{}", key=None, partition=0):
        return self.producer.send(self.name, value, key, headers, partition).get(timeout=30).offset

    def ask(self, method="GET", target="", body=None):
        text = None if body is None else json.dumps(body)
        return http.request(self.at, method, LETTERS + self.name + target, text, JSON if method != "GET" else None)

    def letters(self, query=""):
        status, _, answer = self.ask(target=query)
        assert status == 200, answer
        return answer["letters"]

    def ids(self, query=""):
        return [letter["id"] for letter in self.letters(query)]


@pytest.fixture
def topic(door, at, request):
    made = Topic(door, at, "dlq." + re.sub("[^a-z0-9]+", "-", request.node.name), {"errors.deadletterqueue.group.enable": True})
    yield made
    made.producer.close()


def test_a_letter_is_told_with_its_facts_and_its_event(topic):
    topic.write(event("A1", subject="17") + marks(1042), b'{"total": 12345678901234567890123}', b"customer")
    (letter,) = topic.letters()
    assert letter == {
        "id": "billing~orders~3~1042~0", "state": "open", "family": "millrace", "group": "billing", "topic": "orders",
        "partition": 3, "offset": 1042, "life": 0, "edited_at": None, "superseded_by": None, "reason": "max-deliveries", "code": 503, "message": "no stock",
        "exception": None, "attempts": 5, "first_failure": None, "died_at": "2026-05-01T12:00:00.000Z",
        "destination": "https://billing.example/events",
        "place": {"topic": topic.name, "partition": 0, "offset": 0},
        "event": {"id": "A1", "source": "/shop", "type": "order.placed", "subject": "17"},
    }  # fmt: skip
    for name in ("billing~orders~3~1042~0", "0~0"):
        status, _, whole = topic.ask(target="/letters/" + name)
        assert status == 200
        assert {key: whole[key] for key in letter if key != "event"} == {key: letter[key] for key in letter if key != "event"}
        assert (whole["key"], whole["event"]["subject"], whole["event"]["data"]["total"]) == ("customer", "17", 12345678901234567890123)
        assert [h["name"] for h in whole["headers"]] == [name for name, _ in event("A1", subject="17")], "without the marks"
        assert whole["history"][0]["count"] == 5


def test_a_record_that_is_no_event_is_told_with_its_bytes(topic):
    topic.write([("trace", b"\xff")] + marks(7), b"\x00\xff", b"\xfe")
    (letter,) = topic.letters()
    assert letter["event"] is None
    _, _, whole = topic.ask(target="/letters/0~0")
    assert base64.b64decode(whole["value"]) == b"\x00\xff"
    assert base64.b64decode(whole["key_base64"]) == b"\xfe"
    assert base64.b64decode(whole["headers"][0]["value_base64"]) == b"\xff"


def test_letters_are_selected(topic):
    for n in range(6):
        topic.write(event(f"A{n}", kind="even" if n % 2 == 0 else "odd") + marks(n, reason=["rejected", "expired"][n % 2], died=f"2026-05-0{n + 1}T00:00:00.000Z"), partition=n // 3)
    names = [f"billing~orders~3~{n}~0" for n in range(6)]
    assert topic.ids() == names
    assert topic.ids("?reason=expired") == names[1::2]
    assert topic.ids("?reason=expired,rejected") == names
    assert topic.ids("?where=kind%20%3D%20%27even%27") == names[::2]
    assert topic.ids("?since=2026-05-03T00:00:00Z&until=2026-05-05T00:00:00Z") == names[2:4]
    assert topic.ids("?state=discarded") == []
    seen, cursor = [], None
    while True:
        _, _, page = topic.ask(target="?limit=2" + (f"&cursor={cursor}" if cursor else ""))
        seen += [letter["id"] for letter in page["letters"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == names


def test_discarded_letters_stay_so_and_are_counted(topic, door, at):
    for n in range(4):
        topic.write(event(f"A{n}") + marks(n))
    status, _, answer = topic.ask("POST", "/discard?dry_run=true", {"where": "id = 'A1' OR id = 'A2'"})
    assert (status, answer) == (200, {"selected": 2})
    assert topic.ask("POST", "/discard", {"where": "id = 'A1' OR id = 'A2'"})[2] == {"discarded": 2}
    assert topic.ask("POST", "/discard", {"ids": ["billing~orders~3~1~0", "0~3"]})[2] == {"discarded": 1}
    assert topic.ids() == ["billing~orders~3~0~0"]
    assert len(topic.ids("?state=discarded")) == 3 and len(topic.ids("?state=all")) == 4
    (row,) = [row for row in http.get(at, "/v1/dead-letters")["topics"] if row["topic"] == topic.name]
    assert (row["open"], row["discarded"], row["reasons"], row["looked_at"]) == (1, 3, {"max-deliveries": 1}, 4)


EVENT_TYPE = {"Content-Type": "application/cloudevents+json"}


class TestEdited:
    def edit(self, topic, id, body, fields=JSON):
        return http.request(topic.at, "POST", f"{LETTERS}{topic.name}/letters/{id}:edit", body, fields)

    def test_the_newer_letter_takes_the_place_of_the_older(self, topic):
        topic.write([("trace", b"kept")] + event("A1", kind="odd") + marks(1), b'{"total": 1.50}', b"customer")
        text = '{"specversion":"1.0", "id":"A1","source":"/shop","type":"order.placed","kind":"even","datacontenttype":"application/json","data":{"total": 12345678901234567890.10}}'
        status, _, newer = self.edit(topic, "0~0", text, EVENT_TYPE)
        assert status == 200, newer
        assert (newer["id"], newer["state"], newer["life"]) == ("billing~orders~3~1~1", "open", 1)
        assert newer["edited_at"] is not None and newer["message"] == "no stock" and newer["attempts"] == 5
        assert topic.ids() == ["billing~orders~3~1~1"]
        (older,) = topic.letters("?state=superseded")
        assert (older["id"], older["superseded_by"], older["edited_at"]) == ("billing~orders~3~1~0", newer["id"], None)
        assert topic.ids("?where=kind%20%3D%20%27even%27") == [newer["id"]]
        raw = events.ask(topic.at, "GET", f"{LETTERS}{topic.name}/letters/{newer['id']}")[2]
        assert b'"data":{"total": 12345678901234567890.10}' in raw, "digit for digit"
        headers = {header["name"]: header["value"] for header in json.loads(raw)["headers"]}
        assert (headers["trace"], headers["ce_kind"], headers["content-type"]) == ("kept", "even", "application/json"), "as it was stored"
        assert json.loads(raw)["key"] == "customer"

    def test_a_record_that_is_no_event_has_another_value_and_other_headers(self, topic):
        topic.write([("trace", b"1"), ("gone", b"2")] + marks(1), b"\x00", b"key")
        status, _, newer = self.edit(topic, "0~0", json.dumps({"value_base64": "AQI=", "headers": {"gone": None, "trace": "3"}}))
        assert status == 200, newer
        assert (base64.b64decode(newer["value"]), newer["headers"]) == (b"\x01\x02", [{"name": "trace", "value": "3"}])
        status, _, event_now = self.edit(topic, newer["id"], json.dumps({"specversion": "1.0", "id": "B", "source": "/s", "type": "t"}), EVENT_TYPE)
        assert (status, event_now["life"], event_now["event"]["id"]) == (200, 2, "B"), "mended into an event"

    def test_what_cannot_be_is_refused_and_changes_nothing(self, topic):
        topic.write(event("A1") + marks(1))
        for body, fields, status, word in (
            ("{}", JSON, 400, "nothing is edited"),
            ('{"value": "a", "value_base64": "AQ=="}', JSON, 400, "twice"),
            ('{"value_base64": "?"}', JSON, 400, "Base64"),
            ('{"headers": {"__dlq.errors.topic": "x"}}', JSON, 400, "mark"),
            ('{"colour": "red"}', JSON, 400, "colour"),
            ('{"specversion": "1.0", "id": "A1"}', EVENT_TYPE, 400, "source"),
            ("[]", {"Content-Type": "application/cloudevents-batch+json"}, 400, "batch"),
            ("text", {"Content-Type": "text/plain"}, 400, ""),
        ):
            got, _, answer = self.edit(topic, "0~0", body, fields)
            assert got == status and word in answer["detail"], answer
        assert self.edit(topic, "0~7", '{"value": "x"}')[0] == 404
        assert topic.ids("?state=all") == ["billing~orders~3~1~0"]
        assert topic.ask("POST", "/discard", {"ids": ["0~0"]})[2] == {"discarded": 1}
        status, _, answer = self.edit(topic, "0~0", '{"value": "x"}')
        assert status == 409 and "discarded" in answer["detail"]


def noted(door, topic, count):
    """What the metadata log says of what was done to the letters of `topic`, as a Kafka client reads it."""
    place, found = TopicPartition("__millrace_metadata", 0), []
    consumer = KafkaConsumer(bootstrap_servers=door.address, consumer_timeout_ms=200)

    def read():
        for record in consumer:
            if record.key == f"letters/{topic}".encode():
                headers = dict(record.headers)
                found.append((headers["ce_type"].decode(), json.loads(record.value)["letters"]))
        return len(found) >= count

    try:
        consumer.assign([place])
        consumer.seek_to_beginning(place)
        wait_until(read, "the notes")
        return found
    finally:
        consumer.close()


def test_what_is_done_to_letters_is_an_event_of_the_metadata_log(door, at, topic):
    for n in range(2):
        topic.write([("trace", b"1")] + marks(n))
    status, _, newer = topic.ask("POST", "/letters/billing~orders~3~1~0:edit", {"value": "7"})
    assert status == 200, newer
    assert topic.ask("POST", "/discard", {"ids": ["billing~orders~3~0~0"]})[0] == 200
    edited, discarded = noted(door, topic.name, 2)
    assert edited == ("io.millrace.letters.edited.v1", {"id": newer["id"], "older": "billing~orders~3~1~0"})
    assert discarded == ("io.millrace.letters.discarded.v1", {"count": 1, "ids": ["billing~orders~3~0~0"]})

    source = Topic(door, at, "source-of-" + topic.name.removeprefix("dlq."))
    source.write(event("A9"))
    source.producer.close()
    member = KafkaConsumer(group_id="audited", bootstrap_servers=door.address, enable_auto_commit=False)
    member.commit({TopicPartition(source.name, 0): OffsetAndMetadata(0, "")})
    member.close()
    record = {"topic": source.name, "partition": 0, "offset": 0, "message": "no"}
    status, _, made = http.request(at, "POST", "/v1/groups/audited/dead-letters", json.dumps(record), JSON)
    assert status == 201, made
    assert noted(door, made["topic"], 1) == [("io.millrace.letters.rejected.v1", {"id": made["id"], "message": "no"})]


def test_an_adoption_says_what_letters_of_others_do_not_say(door, at):
    theirs = Topic(door, at, "knative-dlq")
    theirs.write(event("A1", knativeerrorcode="500"))
    assert theirs.ask("PUT", "/adoption", {"group": "billing", "source_topic": "knative-dlq-source"})[0] == 204
    (letter,) = theirs.letters()
    assert (letter["family"], letter["group"], letter["topic"]) == ("knative", "billing", "knative-dlq-source")
    for body, word in (({"group": "quarantine"}, "quarantine"), ({"source_topic": "a b"}, "source_topic"), ({"x": 1}, "x")):
        status, _, answer = theirs.ask("PUT", "/adoption", body)
        assert status == 400 and word in answer["detail"], answer
    theirs.producer.close()


def test_letters_of_others_are_listed_once_their_topic_is_adopted(door, at):
    theirs = Topic(door, at, "orders-dlt")
    spring = [
        ("kafka_dlt-original-topic", b"orders"), ("kafka_dlt-original-partition", struct.pack(">i", 3)),
        ("kafka_dlt-original-offset", struct.pack(">q", 1042)), ("kafka_dlt-original-consumer-group", b"billing"),
        ("kafka_dlt-exception-fqcn", b"java.lang.IllegalStateException"), ("kafka_dlt-exception-message", b"no stock"),
    ]  # fmt: skip
    connect = [
        ("__connect.errors.topic", b"orders"), ("__connect.errors.partition", b"1"), ("__connect.errors.offset", b"7"),
        ("__connect.errors.connector.name", b"sink"), ("__connect.errors.exception.message", b"no table"),
    ]  # fmt: skip
    theirs.write(spring, b"value")
    theirs.write([], b"no letter")
    theirs.write(connect, b"value")
    assert theirs.ask()[0] == 404
    assert theirs.ask("PUT", "/adoption")[0] == 204
    told = [(row["id"], row["family"], row["group"], row["topic"], row["partition"], row["offset"], row["message"]) for row in theirs.letters()]
    assert told == [
        ("0~0", "spring", "billing", "orders", 3, 1042, "no stock"),
        ("0~2", "kafka-connect", "connect-sink", "orders", 1, 7, "no table"),
    ]
    assert theirs.ask("POST", "/discard", {"ids": ["0~0"]})[2] == {"discarded": 1}
    assert theirs.ids() == ["0~2"]
    assert theirs.ask("DELETE", "/adoption")[0] == 204
    assert theirs.ask()[0] == 404
    theirs.producer.close()


@pytest.mark.parametrize(
    "method, target, body, status, word",
    [
        ("GET", "?state=lost", None, 400, "state"),
        ("GET", "?reason=boredom", None, 400, "boredom"),
        ("GET", "?where=1%20%2B", None, 400, "where"),
        ("GET", "?since=yesterday", None, 400, "since"),
        ("GET", "?limit=0", None, 400, "limit"),
        ("GET", "?limit=1001", None, 400, "limit"),
        ("GET", "?cursor=x", None, 400, "cursor"),
        ("GET", "?colour=red", None, 400, "colour"),
        ("GET", "/letters/9~9", None, 404, "9~9"),
        ("GET", "/letters/nonsense", None, 404, "nonsense"),
        ("POST", "/discard", {"ids": []}, 400, "ids"),
        ("POST", "/discard", {"ids": [1]}, 400, "ids"),
        ("POST", "/discard", {"limit": 0}, 400, "limit"),
        ("POST", "/discard", {"colour": "red"}, 400, "colour"),
    ],
)
def test_what_is_wrong_is_named(topic, method, target, body, status, word):
    got, fields, answer = topic.ask(method, target, body)
    assert got == status and word in answer["detail"], answer


def test_only_topics_of_clients_hold_letters(door, at):
    for name, status in (("nowhere", 404), ("__millrace_letters", 400)):
        assert http.request(at, "PUT", f"{LETTERS}{name}/adoption", None, JSON)[0] == status
    name = create_topic(door.address, "plain", 1)
    assert http.request(at, "GET", LETTERS + name)[0] == 404


class TestByHand:
    """A consumer that stands before a record which it cannot take."""

    @pytest.fixture
    def orders(self, door, at, request):
        made = Topic(door, at, "by-hand-" + re.sub("[^a-z0-9]+", "-", request.node.name))
        for n in range(5):
            made.write(event(f"A{n}"), b"broken" if n == 2 else b"{}", b"customer", partition=1)
        yield made
        made.producer.close()

    @pytest.fixture
    def group(self, orders):
        return "g-" + orders.name

    def read(self, door, topic, group, count=None):
        """What a consumer gets until it comes to what it cannot read, before which it stands then; `count` at most."""
        consumer = KafkaConsumer(
            topic.name, group_id=group, bootstrap_servers=door.address, auto_offset_reset="earliest",
            enable_auto_commit=False, consumer_timeout_ms=60_000,
        )  # fmt: skip
        taken = []
        for record in consumer:
            if record.value == b"broken":
                break
            taken.append((record.partition, record.offset))
            consumer.commit({TopicPartition(record.topic, record.partition): OffsetAndMetadata(record.offset + 1, "")})
            if len(taken) == count:
                break
        consumer.close(autocommit=False)
        return taken

    def reject(self, at, group, source, **more):
        body = {"topic": source.name, "partition": 1, "offset": 2} | more
        return http.request(at, "POST", f"/v1/groups/{group}/dead-letters", json.dumps(body), JSON)

    def committed(self, at, group):
        rows = http.get(at, f"/v1/groups/{group}")["offsets"]
        return {row["partition"]: row["committed_offset"] for row in rows}.get(1)

    def test_the_group_goes_on_behind_what_is_put_aside(self, door, at, orders, group):
        assert self.read(door, orders, group) == [(1, 0), (1, 1)]
        assert self.read(door, orders, group) == [], "it stands before the third"
        status, fields, answer = self.reject(at, group, orders, message="no JSON", code=7, skip=True)
        letter = f"{group}~{orders.name}~1~2~0"
        assert (status, answer["id"], answer["was_there"], answer["skipped"]) == (201, letter, False, True)
        assert answer["topic"] == f"dlq.{group}.{orders.name}"
        whole = http.get(at, fields["location"])
        assert (whole["reason"], whole["message"], whole["code"], whole["state"]) == ("manual", "no JSON", 7, "open")
        assert (whole["event"]["id"], whole["key"]) == ("A2", "customer")
        assert self.read(door, orders, group, 2) == [(1, 3), (1, 4)]

        again = self.reject(at, group, orders, skip=True)
        assert (again[0], again[2]["id"], again[2]["was_there"], again[2]["skipped"]) == (200, letter, True, False)
        assert "it stands at 5" in again[2]["why"]
        assert self.committed(at, group) == 5

        redrive = {"topic": answer["topic"]}
        status, _, refused = http.request(at, "POST", "/v1/redrives", json.dumps(redrive), JSON)
        assert status == 400 and group in refused["detail"] and 'to: "topic"' in refused["detail"]
        status, _, job = http.request(at, "POST", "/v1/redrives", json.dumps(redrive | {"to": "topic"}), JSON)
        assert status == 201
        wait_until(lambda: http.get(at, f"/v1/redrives/{job['id']}")["state"] == "done", "the job's end")
        assert http.get(at, fields["location"])["state"] == "resolved"
        consumer = KafkaConsumer(bootstrap_servers=door.address, consumer_timeout_ms=60_000)
        there = TopicPartition(orders.name, 1)
        consumer.assign([there])
        consumer.seek(there, 5)
        back = next(consumer)
        assert (back.offset, back.key, back.value) == (5, b"customer", b"broken")
        consumer.close()

    def test_a_group_that_reads_or_stands_elsewhere_is_not_moved(self, door, at, orders, group):
        assert self.read(door, orders, group) == [(1, 0), (1, 1)]
        status, _, answer = self.reject(at, group, orders, offset=1, skip=True)
        assert (status, answer["skipped"]) == (201, False) and "it stands at 2" in answer["why"]
        consumer = KafkaConsumer(orders.name, group_id=group, bootstrap_servers=door.address, enable_auto_commit=False)
        consumer.poll(timeout_ms=1000)
        wait_until(lambda: http.get(at, f"/v1/groups/{group}")["members"] and consumer.poll(timeout_ms=100) is not None, "a member")
        status, _, answer = self.reject(at, group, orders, skip=True)
        assert (status, answer["skipped"]) == (201, False) and "it has members" in answer["why"]
        consumer.close(autocommit=False)
        assert self.committed(at, group) == 2

    def test_what_cannot_be_put_aside_is_said(self, door, at, orders, group):
        assert self.reject(at, group, orders)[0] == 404, "there is no such group"
        self.read(door, orders, group)
        refusals = [
            ({"topic": "nothing"}, 404, "nothing"), ({"partition": 2}, 404, "no partition 2"),
            ({"partition": -1}, 404, "no partition -1"), ({"offset": 5}, 404, "offset: 5 is not below the end"),
            ({"offset": -1}, 404, "offset: -1 is before the start"), ({"offset": None}, 400, "offset"),
            ({"offset": "2"}, 400, "offset"), ({"topic": None}, 400, "topic"), ({"reason": "x"}, 400, "reason"),
            ({"topic": "__consumer_offsets"}, 404, "__consumer_offsets"),
        ]  # fmt: skip
        for body, status, words in refusals:
            got, _, answer = self.reject(at, group, orders, **body)
            assert got == status and words in answer["detail"], answer
        trim = json.dumps({"offset": 1, "partitions": [1]})
        assert http.request(at, "POST", f"/v1/topics/{orders.name}/trim", trim, JSON)[0] == 200
        got, _, answer = self.reject(at, group, orders, offset=0)
        assert got == 404 and "before the start" in answer["detail"]
        assert self.reject(at, "quarantine", orders)[0] == 400

    def test_a_subscription_rejects_what_it_has_in_hand(self, at, orders):
        body = {"config": {"topic": orders.name}}
        status, _, made = http.request(at, "POST", "/v1/subscriptions", json.dumps(body), JSON)
        assert status == 201
        for name in (made["id"], "ce-sub-" + made["id"]):
            got, _, answer = self.reject(at, name, orders)
            assert got == 400 and made["id"] in answer["detail"]
        assert http.request(at, "DELETE", f"/v1/subscriptions/{made['id']}")[0] == 204
