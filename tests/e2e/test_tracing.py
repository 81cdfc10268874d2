"""Traces of what is asked of the broker, as a collector gets them: whose trace, what is linked, what is told; and what
a collector that does not take them costs, which is nothing but spans."""

import asyncio
import contextlib
import json
import re
import socket
import subprocess
import time

import pytest
import websockets

from harness import batches, http, otlp
from harness.broker import Broker, binary, free_port, wait_until
from harness.collector import INTERNAL, SERVER, Collector
from harness.events import BATCH, EVENT, STRUCTURED, ask, publish, read, stored, structured, topics
from harness.metrics import scrape
from harness.records import Record
from harness.sink import Sink
from harness.subscriptions import JSON, Subscription
from harness.wire import Connection, create_topic

# Of the W3C's own examples.
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HOP = f"00-{TRACE}-{CALLER}-01"
OTHER_TRACE, MAKER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
MADE = f"00-{OTHER_TRACE}-{MAKER}-01"


@pytest.fixture(scope="module")
def collector():
    with Collector(otlp.decode) as running:
        yield running


@pytest.fixture(scope="module")
def door(workshop, collector):
    broker = Broker(workshop / "tracing", http_listeners=f"127.0.0.1:{free_port()}", tracing_endpoint=collector.url)
    broker.start()
    yield broker
    broker.stop()
    broker.assert_quiet_log()


@pytest.fixture(scope="module")
def at(door):
    return door.settings["http_listeners"]


@pytest.fixture
def topic(door, request):
    return topics(door, request)


@contextlib.contextmanager
def traced(workshop, name, url, **settings):
    """A broker of its own that sends its spans there."""
    broker = Broker(workshop / name, http_listeners=f"127.0.0.1:{free_port()}", tracing_endpoint=url, **settings)
    broker.start()
    try:
        yield broker, broker.settings["http_listeners"]
    finally:
        if broker.running():
            broker.stop()
        broker.assert_quiet_log()


def requests_of(collector, route, trace):
    return [s for s in collector.spans if s.name == route and s.trace == trace]


class TestRequests:
    def test_a_request_goes_on_with_its_callers_trace(self, at, collector, topic):
        name = topic()
        status, fields, _ = publish(at, name, b"{}", EVENT | {"traceparent": HOP, "tracestate": "rojo=1,congo=2"})
        assert status == 200
        (span,) = collector.wait_for("POST /v1/topics/{topic}/events")[-1:]
        assert (span.trace, span.parent, span.kind) == (TRACE, CALLER, SERVER)
        assert span.told.trace_state == "rojo=1,congo=2" and span.links == [] and not span.has_failed
        host, port = at.split(":")
        assert span.attributes | {"client.port": 0} == {
            "http.request.method": "POST", "http.route": "/v1/topics/{topic}/events", "url.scheme": "http",
            "url.path": f"/v1/topics/{name}/events", "server.address": host, "server.port": int(port),
            "client.address": "127.0.0.1", "client.port": 0, "millrace.request.id": fields["x-request-id"],
            "http.response.status_code": 200,
        }
        resource = span.resource
        assert resource["service.name"] == "millrace"
        told = http.get(at, "/v1/cluster")
        assert resource["service.version"] == told["version"]
        assert resource["service.instance.id"] == f"{told['cluster_id']}/{told['broker_id']}"

    def test_a_trace_begins_here_when_nobody_has_begun_one(self, at, collector):
        http.get(at, "/v1/brokers")
        (span,) = collector.wait_for("GET /v1/brokers")
        assert span.parent == "" and span.trace != "0" * 32
        assert span.told.flags & 0x3FF == 0x103, "sampled, random, and its parent is not remote"

    def test_a_traceparent_that_is_wrong_is_none(self, at, collector):
        before = len([s for s in collector.spans if s.name == "GET /v1/groups"])
        for wrong in (HOP.upper(), "00-" + "0" * 32 + f"-{CALLER}-01", HOP + "-x", "ff" + HOP[2:], "nonsense"):
            assert ask(at, "GET", "/v1/groups", headers={"traceparent": wrong})[0] == 200
        spans = collector.wait_for("GET /v1/groups", before + 5)[before:]
        assert all(span.parent == "" and span.trace != TRACE for span in spans)

    def test_an_answer_that_refuses_is_told_with_its_status(self, at, collector):
        trace = "a" * 32
        assert ask(at, "GET", "/v1/topics/none", headers={"traceparent": f"00-{trace}-{CALLER}-01"})[0] == 404
        wait_until(lambda: requests_of(collector, "GET /v1/topics/{topic}", trace), "the span")
        (span,) = requests_of(collector, "GET /v1/topics/{topic}", trace)
        assert span.attributes["http.response.status_code"] == 404
        assert not span.has_failed and "error.type" not in span.attributes, "the caller's mistake is not the broker's"

    def test_whoever_watches_the_broker_is_not_traced(self, at, collector):
        for target in ("/health/live", "/health/ready", "/metrics"):
            assert ask(at, "GET", target, headers={"traceparent": HOP})[0] == 200
        http.get(at, "/v1/cluster")
        collector.wait_for("GET /v1/cluster", 2)
        assert not [s for s in collector.spans if "health" in s.name or "metrics" in s.name]

    def test_who_does_not_keep_his_trace_leaves_none(self, at, collector, topic):
        name, trace = topic(), "b" * 32
        assert publish(at, name, b"{}", EVENT | {"traceparent": f"00-{trace}-{CALLER}-00", "ce-traceparent": MADE})[0] == 200
        assert read(at, name, headers={"traceparent": f"00-{trace}-{CALLER}-00"})[0] == 200
        assert publish(at, name, b"{}", EVENT)[0] == 200
        collector.wait_for(f"append {name}")
        assert len([s for s in collector.spans if s.name == f"append {name}"]) == 1
        assert not [s for s in collector.spans if s.trace == trace]


class TestAppending:
    def test_an_event_is_told_as_part_of_its_request_and_linked_to_where_it_was_made(self, door, at, collector, topic):
        name = topic()
        event = EVENT | {"ce-subject": "7", "ce-traceparent": MADE, "ce-tracestate": "a=b", "traceparent": HOP}
        assert publish(at, name, b"{}", event)[0] == 200
        (span,) = collector.wait_for(f"append {name}")
        (request,) = [s for s in requests_of(collector, "POST /v1/topics/{topic}/events", TRACE) if s.id == span.parent]
        assert (span.trace, span.kind, span.links) == (TRACE, INTERNAL, [(OTHER_TRACE, MAKER)])
        assert span.told.links[0].trace_state == "a=b" and span.told.links[0].flags & 1
        assert request.told.start_time_unix_nano <= span.told.start_time_unix_nano
        assert span.told.end_time_unix_nano <= request.told.end_time_unix_nano
        assert span.attributes == {
            "messaging.system": "millrace", "messaging.operation.name": "append", "messaging.destination.name": name,
            "messaging.destination.partition.id": "0", "messaging.kafka.offset": 0, "cloudevents.event_id": "A1",
            "cloudevents.event_source": "/shop", "cloudevents.event_spec_version": "1.0",
            "cloudevents.event_type": "com.example.order", "cloudevents.event_subject": "7",
        }

    @pytest.mark.parametrize("mode", ["binary", "structured"])
    def test_what_the_event_says_of_its_trace_stays_as_it_is(self, door, at, topic, mode):
        name = topic(cloudevents_storage_mode="preserve")
        if mode == "binary":
            sent, headers = b"{}", EVENT | {"ce-traceparent": MADE, "ce-tracestate": "x=1 ,, y=2"}
        else:
            sent, headers = json.dumps(structured(traceparent=MADE, tracestate="x=1 ,, y=2")), STRUCTURED
        assert publish(at, name, sent, headers | {"traceparent": HOP, "tracestate": "rojo=1"})[0] == 200
        ((_, record),) = stored(door, name)
        named = dict(record.headers)
        assert "traceparent" not in named and "tracestate" not in named, "the hop's is not the event's"
        if mode == "binary":
            assert (named["ce_traceparent"], named["ce_tracestate"]) == (MADE.encode(), b"x=1 ,, y=2")
        else:
            assert record.value.decode() == sent
        _, _, got = read(at, name, headers={"traceparent": HOP, "Accept": "application/cloudevents+json"})
        assert (json.loads(got)["traceparent"], json.loads(got)["tracestate"]) == (MADE, "x=1 ,, y=2")

    def test_nothing_is_added_to_an_event_without_a_trace(self, door, at, topic):
        name = topic()
        assert publish(at, name, b"{}", EVENT | {"traceparent": HOP})[0] == 200
        ((_, record),) = stored(door, name)
        assert not [key for key, _ in record.headers if "trace" in key]

    def test_an_event_that_was_made_by_the_caller_is_not_linked_to_it(self, at, collector, topic):
        name = topic()
        assert publish(at, name, b"{}", EVENT | {"traceparent": HOP, "ce-traceparent": HOP})[0] == 200
        (span,) = collector.wait_for(f"append {name}")
        assert span.links == []

    def test_a_batch_has_a_span_for_each_partition_and_a_bounded_number_of_links(self, at, collector, topic):
        name = topic(partitions=2)
        made = [f"00-{i:032x}-{i:016x}-01" for i in range(1, 101)]
        events = [structured(id=str(i), partitionkey=f"k{i % 5}", traceparent=trace) for i, trace in enumerate(made)]
        status, _, told = publish(at, name, json.dumps(events), BATCH)
        assert status == 200
        spans = collector.wait_for(f"append {name}", 2)
        by_partition = {p: [r["index"] for r in told["results"] if r["partition"] == p] for p in (0, 1)}
        assert len(spans) == 2 and all(by_partition.values())
        for span in spans:
            indexes = by_partition[int(span.attributes["messaging.destination.partition.id"])]
            assert span.attributes["messaging.batch.message_count"] == len(indexes)
            assert span.attributes["messaging.kafka.offset"] == 0
            assert span.links == [(f"{i + 1:032x}", f"{i + 1:016x}") for i in indexes][:32]
            assert span.told.dropped_links_count == max(0, len(indexes) - 32)
            assert "cloudevents.event_id" not in span.attributes

    def test_what_is_refused_before_has_no_append(self, at, collector, topic):
        name, trace = topic(cleanup_policy="compact"), "f" * 32
        assert publish(at, name, b"{}", EVENT | {"traceparent": f"00-{trace}-{CALLER}-01"})[0] == 422, "it has no key"
        wait_until(lambda: requests_of(collector, "POST /v1/topics/{topic}/events", trace), "the span")
        assert not [s for s in collector.spans if s.name == f"append {name}"]

    def test_what_is_not_appended_has_failed(self, workshop, collector):
        with traced(workshop, "full", collector.url, min_free_bytes=1 << 60) as (broker, at):
            broker.expect_error("disk nearly full")
            create_topic(broker.address, "full")
            status, _, problem = publish(at, "full", b"{}", EVENT | {"traceparent": HOP})
            assert status >= 500, problem
            (span,) = collector.wait_for("append full")
            (request,) = [s for s in collector.spans if s.id == span.parent]
            broker.stop()
        assert span.has_failed and span.attributes["error.type"] == problem["kafka_error"]
        assert span.told.status.message and "messaging.kafka.offset" not in span.attributes
        assert request.has_failed and request.attributes["error.type"] == problem["type"].rsplit(":", 1)[1]


class TestReading:
    def test_an_answer_with_events_is_told_and_linked_to_where_they_were_made(self, at, collector, topic):
        name = topic()
        for i in range(3):
            assert publish(at, name, b"{}", EVENT | {"ce-id": str(i), "ce-traceparent": f"00-{i + 1:032x}-{MAKER}-01"})[0] == 200
        assert read(at, name, headers={"traceparent": HOP, "Accept": "application/cloudevents-batch+json"})[0] == 200
        (span,) = collector.wait_for(f"deliver {name}")
        assert (span.trace, span.kind) == (TRACE, INTERNAL)
        assert span.links == [(f"{i + 1:032x}", MAKER) for i in range(3)]
        assert span.attributes == {
            "messaging.system": "millrace", "messaging.operation.name": "deliver", "messaging.operation.type": "receive",
            "messaging.destination.name": name, "messaging.destination.partition.id": "0", "messaging.kafka.offset": 0,
            "messaging.batch.message_count": 3,
        }
        assert read(at, name, query="?offset=1", headers={"traceparent": HOP})[0] == 200
        one = collector.wait_for(f"deliver {name}", 2)[1]
        assert (one.attributes["messaging.kafka.offset"], one.attributes["cloudevents.event_id"]) == (1, "1")

    def test_an_answer_without_events_is_only_a_request(self, at, collector, topic):
        name = topic()
        trace = "c" * 32
        assert read(at, name, query="?offset=0&wait_ms=10", headers={"traceparent": f"00-{trace}-{CALLER}-01"})[0] == 204
        route = "GET /v1/topics/{topic}/partitions/{partition}/events"
        wait_until(lambda: requests_of(collector, route, trace), "the span")
        assert not [s for s in collector.spans if s.name == f"deliver {name}"]

    def test_a_stream_tells_each_piece_in_the_trace_of_its_request(self, at, collector, topic):
        name, trace = topic(), "d" * 32
        host, port = at.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as s:
            s.sendall(f"GET /v1/topics/{name}/events/stream HTTP/1.1\r\nHost: {at}\r\n"
                      f"traceparent: 00-{trace}-{CALLER}-01\r\n\r\n".encode())
            got = b""
            for number in range(2):
                while got.count(b": millrace") < 1:
                    got += s.recv(65536)
                assert publish(at, name, b"{}", EVENT | {"ce-id": str(number), "ce-traceparent": MADE})[0] == 200
                while got.count(b"event: cloudevent") <= number:
                    got += s.recv(65536)
        spans = collector.wait_for(f"deliver {name}", 2)
        (request,) = requests_of(collector, "GET /v1/topics/{topic}/events/stream", trace)
        assert [(s.trace, s.parent, s.links) for s in spans] == [(trace, request.id, [(OTHER_TRACE, MAKER)])] * 2
        assert [s.attributes["cloudevents.event_id"] for s in spans] == ["0", "1"]

    def test_a_web_socket_tells_what_goes_both_ways(self, at, collector, topic):
        name, trace = topic(), "e" * 32

        async def talk():
            headers = {"traceparent": f"00-{trace}-{CALLER}-01"}
            url = f"ws://{at}/v1/topics/{name}/ws?from=earliest"
            options = {"extra_headers": headers, "open_timeout": 60}
            async with websockets.connect(url, subprotocols=["cloudevents.json"], **options) as ws:
                await ws.send(json.dumps(structured(traceparent=MADE)))
                return [json.loads(await asyncio.wait_for(ws.recv(), 30)) for _ in range(2)]

        assert {event["type"] for event in asyncio.run(talk())} == {"dev.millrace.published", "com.example.order"}
        (appended,), (delivered,) = collector.wait_for(f"append {name}"), collector.wait_for(f"deliver {name}")
        (request,) = requests_of(collector, "GET /v1/topics/{topic}/ws", trace)
        for span in (appended, delivered):
            assert (span.trace, span.parent, span.links) == (trace, request.id, [(OTHER_TRACE, MAKER)])
        assert request.attributes["http.response.status_code"] == 101


class TestDelivery:
    """From hand to hand: deliver, retry, dead-letter, redrive, each linked to where the event was made."""

    EVENT = EVENT | {"ce-id": "D1", "ce-traceparent": MADE}
    ABOUT = {"cloudevents.event_id": "D1", "cloudevents.event_source": "/shop", "cloudevents.event_type": "com.example.order"}
    LINKS = [(OTHER_TRACE, MAKER)]

    def test_a_pulled_event_is_delivered_tried_again_dead_and_brought_back(self, at, collector, topic):
        name = topic()
        one = Subscription(at, name, backoffbase="0", backoffcap="0")
        assert publish(at, name, b"{}", self.EVENT)[0] == 200

        def receive(number):
            trace = f"{number:032x}"
            target = f"{one.path}:receive?wait_ms=10000"
            status, _, told = http.request(at, "POST", target, None, JSON | {"traceparent": f"00-{trace}-{CALLER}-01"})
            assert status == 200, told
            return told["events"], trace

        events, first = receive(1)
        assert one.settle("fail", events, message="busy") == {}
        events, second = receive(2)
        assert one.settle("reject", events, code=7, message="no such customer") == {}
        for operation, attempt, trace in (("deliver", 1, first), ("retry", 2, second)):
            (span,) = collector.wait_for(f"{operation} {name}")
            route = "POST /v1/subscriptions/{subscription}:receive"
            (request,) = wait_until(lambda: requests_of(collector, route, trace), "the request")
            assert (span.trace, span.parent, span.links, span.kind) == (trace, request.id, self.LINKS, INTERNAL)
            assert span.attributes == self.ABOUT | {
                "messaging.system": "millrace", "messaging.operation.name": operation, "messaging.operation.type": "receive",
                "messaging.destination.name": name, "messaging.destination.partition.id": "0", "messaging.kafka.offset": 0,
                "messaging.destination.subscription.name": one.id, "millrace.delivery.attempt": attempt,
                "cloudevents.event_spec_version": "1.0",
            }

        letters = f"dlq.{one.id}.{name}"
        (span,) = collector.wait_for(f"dead-letter {name}")
        died = {
            "messaging.system": "millrace", "messaging.destination.name": letters, "messaging.destination.partition.id": "0",
            "messaging.kafka.offset": 0, "millrace.letter.topic": name, "millrace.letter.group": one.id,
            "millrace.letter.id": f"{one.id}~{name}~0~0~0",
        }
        assert (span.parent, span.links, span.kind, span.has_failed) == ("", self.LINKS, INTERNAL, False)
        assert span.attributes == self.ABOUT | died | {
            "messaging.operation.name": "dead-letter", "millrace.letter.reason": "rejected", "millrace.delivery.attempt": 2,
        }
        status, _, job = ask(at, "POST", "/v1/redrives", json.dumps({"topic": letters}), {"Content-Type": "application/json"})
        assert status == 201
        (span,) = collector.wait_for(f"redrive {name}")
        assert (span.parent, span.links, span.kind, span.has_failed) == ("", self.LINKS, INTERNAL, False)
        assert span.attributes == self.ABOUT | died | {
            "messaging.operation.name": "redrive", "millrace.redrive.job": json.loads(job)["id"], "millrace.redrive.to": "group",
        }
        events, _ = receive(3)
        assert one.settle("acknowledge", events) == {}

    def test_who_keeps_no_trace_of_a_receive_has_no_span_of_it(self, at, collector, topic):
        name, trace = topic(), "9" * 32
        one = Subscription(at, name)
        assert publish(at, name, b"{}", self.EVENT)[0] == 200
        target = f"{one.path}:receive?wait_ms=10000"
        status, _, told = http.request(at, "POST", target, None, JSON | {"traceparent": f"00-{trace}-{CALLER}-00"})
        assert status == 200 and len(told["events"]) == 1
        assert one.settle("acknowledge", told["events"]) == {}
        collector.wait_for("POST /v1/subscriptions/{subscription}:acknowledge")
        assert not [s for s in collector.spans if s.name == f"deliver {name}"]

    def test_a_web_hook_is_told_of_each_attempt_and_of_its_letter(self, workshop, collector):
        allowed = {"webhook_allow_http": "true", "webhook_allow_loopback": "true"}
        answers = [503, 204, 204, 400]
        with Sink(lambda request: (answers.pop(0), {})) as sink:
            with traced(workshop, "hooks", collector.url, tracing_sample_ratio="0", **allowed) as (broker, at):
                topic = create_topic(broker.address, "hooks")
                members = {"sink": sink.url(), "protocol": "HTTP"}
                one = Subscription(at, topic, members, backoffbase="1", backoffcap="1", ordering="none")
                assert publish(at, topic, b"{}", self.EVENT)[0] == 200
                (first,), (second,) = collector.wait_for("deliver hooks"), collector.wait_for("retry hooks")
                assert publish(at, topic, b"{}", self.EVENT | {"ce-traceparent": MADE[:-2] + "00"})[0] == 200
                sink.wait_for(3)
                assert publish(at, topic, b"{}", self.EVENT | {"ce-traceparent": HOP})[0] == 200
                (letter,) = collector.wait_for("dead-letter hooks")
                broker.stop()
        for span, attempt, status in ((first, 1, 503), (second, 2, 204)):
            assert span.links == self.LINKS
            assert (span.attributes["messaging.operation.name"], span.attributes["messaging.operation.type"]) == (span.name.split()[0], "send")
            assert span.attributes["millrace.delivery.attempt"] == attempt
            assert span.attributes["http.response.status_code"] == status
            assert span.attributes["messaging.destination.subscription.name"] == one.id
        assert [request.fields["traceparent"].split("-")[1] for request in sink.requests[:2]] == [first.trace, second.trace]
        assert (letter.links, letter.attributes["millrace.letter.group"]) == ([(TRACE, CALLER)], one.id)
        assert not [s for s in collector.spans if (OTHER_TRACE, MAKER) in s.links and s.name == "dead-letter hooks"]

    @pytest.mark.parametrize("over", ["http", "kafka"])
    def test_a_record_that_is_put_aside_is_told_as_part_of_its_append(self, over, door, at, collector, topic):
        name = topic(cloudevents_validation="strict", cloudevents_on_invalid="quarantine")
        if over == "http":
            events = [structured(id="good"), structured(id="bad", dataschema="relative", traceparent=MADE)]
            assert publish(at, name, json.dumps(events), BATCH)[0] in (200, 207)
        else:
            good = [("ce_specversion", b"1.0"), ("ce_id", b"9"), ("ce_source", b"/s"), ("ce_type", b"t"), ("ce_traceparent", HOP.encode())]
            records = [Record(None, b"x", good), Record(None, b"y", [("traceparent", MADE.encode())])]
            with Connection(door.address) as c:
                c.produce(name, 0, batches.build(records))
        (append,), (span,) = collector.wait_for(f"append {name}"), collector.wait_for(f"dead-letter {name}")
        assert (span.trace, span.parent, span.links) == (append.trace, append.id, self.LINKS)
        told = {key: value for key, value in span.attributes.items() if not key.startswith("cloudevents")}
        assert told == {
            "messaging.system": "millrace", "messaging.operation.name": "dead-letter",
            "messaging.destination.name": f"dlq.quarantine.{name}", "messaging.destination.partition.id": "0",
            "messaging.kafka.offset": 0, "millrace.letter.topic": name, "millrace.letter.group": "quarantine",
            "millrace.letter.reason": "event-invalid",
        }


class TestKafka:
    def produce(self, door, topic, records, **options):
        with Connection(door.address) as c:
            return c.produce(topic, 0, batches.build(records, **options))

    def test_a_traced_producers_batch_is_told_and_linked(self, door, collector, topic):
        name = topic()
        records = [Record(None, b"x", [("traceparent", HOP.encode()), ("tracestate", b"a=1")]),
                   Record(None, b"y", [("ce_traceparent", MADE.encode())]), Record(None, b"z", [])]
        for codec in ("none", "gzip", "lz4", "zstd", "snappy"):
            self.produce(door, name, records, codec=codec)
        spans = collector.wait_for(f"append {name}", 5)
        for number, span in enumerate(spans):
            assert span.links == [(TRACE, CALLER), (OTHER_TRACE, MAKER)] and span.parent == ""
            assert span.attributes | {"messaging.client.id": ""} == {
                "messaging.system": "millrace", "messaging.operation.name": "append", "messaging.destination.name": name,
                "messaging.destination.partition.id": "0", "messaging.batch.message_count": 3,
                "messaging.kafka.offset": 3 * number, "messaging.client.id": "",
            }
        assert [list(r.headers) for _, r in stored(door, name)][:3] == [r.headers for r in records], "they stay as they are"

    def test_an_event_is_told_with_its_attributes(self, door, collector, topic):
        name = topic()
        headers = [("ce_specversion", b"1.0"), ("ce_id", b"9"), ("ce_source", b"/s"), ("ce_type", b"t"),
                   ("ce_traceparent", MADE.encode())]
        self.produce(door, name, [Record(None, b"x", headers)])
        (span,) = collector.wait_for(f"append {name}")
        assert span.links == [(OTHER_TRACE, MAKER)]
        assert {k: v for k, v in span.attributes.items() if k.startswith("cloudevents")} == {
            "cloudevents.event_spec_version": "1.0", "cloudevents.event_id": "9", "cloudevents.event_source": "/s",
            "cloudevents.event_type": "t",
        }

    def test_others_are_not(self, door, collector, topic):
        name, last = topic(), topic()
        self.produce(door, name, [Record(None, b"x", [])])
        self.produce(door, name, [Record(None, b"x", [("traceparent", HOP[:-2].encode() + b"00")])])
        self.produce(door, name, [Record(None, b"x", [("traceparent", None)]), Record(None, b"x", [("traceparent", b"\xff")])])
        self.produce(door, last, [Record(None, b"x", [("traceparent", HOP.encode())])])
        collector.wait_for(f"append {last}")
        assert not [s for s in collector.spans if s.name == f"append {name}"]


class TestSampling:
    def test_a_share_of_none_keeps_only_what_others_keep(self, workshop, collector):
        with traced(workshop, "none", collector.url, tracing_sample_ratio="0") as (broker, at):
            topic = create_topic(broker.address, "none")
            for _ in range(20):
                assert publish(at, topic, b"{}", EVENT)[0] == 200
            assert publish(at, topic, b"{}", EVENT | {"traceparent": HOP})[0] == 200
            collector.wait_for("append none")
            broker.stop()
        assert [s.trace for s in collector.spans if s.name == "append none"] == [TRACE]

    def test_the_share_is_reloaded(self, workshop, collector):
        config = workshop / "share.toml"
        config.write_text("tracing_sample_ratio = 0.0\n")
        with traced(workshop, "share", collector.url) as (broker, at):
            broker.stop()
            broker.arguments = ["--config", str(config)]
            broker.start()
            topic = create_topic(broker.address, "share")
            assert publish(at, topic, b"{}", EVENT)[0] == 200
            config.write_text("tracing_sample_ratio = 1.0\n")
            broker.process.send_signal(1)
            wait_until(lambda: "configuration changed key=tracing_sample_ratio" in broker.log_of_this_run(), "the reload")
            assert publish(at, topic, b"{}", EVENT | {"ce-id": "after"})[0] == 200
            (span,) = collector.wait_for("append share")
            assert span.attributes["cloudevents.event_id"] == "after"


def spans_told(at):
    told = scrape(at)
    dropped = {reason: told.value("millrace_tracing_spans_dropped_total", reason=reason)
               for reason in ("queue_full", "rejected", "refused", "given_up", "stopped")}
    return told.value("millrace_tracing_spans_exported_total"), dropped, told.value("millrace_tracing_exports_failed_total")


EVENTS = 300


def pace(at, topic):
    """Seconds for some events, one after the other."""
    began = time.monotonic()
    for i in range(EVENTS):
        assert publish(at, topic, b"{}", EVENT | {"ce-id": str(i)})[0] == 200
    return time.monotonic() - began


@pytest.fixture(scope="module")
def usual_pace(workshop):
    broker = Broker(workshop / "untraced", http_listeners=f"127.0.0.1:{free_port()}", durability="os").start()
    taken = pace(broker.settings["http_listeners"], create_topic(broker.address, "t"))
    broker.stop()
    return taken


class TestACollectorThatDoesNotTakeThem:
    @pytest.mark.parametrize("how", ["hangs", "refuses the connection", "is busy", "refuses for good"])
    def test_publishing_goes_on(self, workshop, usual_pace, how):
        answers = {"hangs": lambda _: None, "is busy": lambda _: (503, {}, b""), "refuses for good": lambda _: (400, {}, b"no")}
        with contextlib.ExitStack() as stack:
            if how in answers:
                url = stack.enter_context(Collector(otlp.decode, answer=answers[how])).url
            else:
                url = f"http://127.0.0.1:{free_port()}"
            broker, at = stack.enter_context(traced(workshop, how.replace(" ", "-"), url, durability="os"))
            topic = create_topic(broker.address, "t")
            taken = pace(at, topic)
            assert len(stored(broker, topic)) == EVENTS
            wait_until(lambda: "spans are not taken" in broker.log_text() or how == "hangs", "a word about it")
            assert broker.log_text().count("spans are not taken") <= 1
            exported, dropped, failed = spans_told(at)
            assert exported == 0
            assert how == "hangs" or failed > 0
            assert (dropped["refused"] > 0) == (how == "refuses for good")
            began = time.monotonic()
            broker.stop()
            assert time.monotonic() - began < 15, "it waits for a moment, not for the collector"
        # One wait for the collector would be ten seconds; the rest are the machine's moods.
        assert taken < 3 * usual_pace + 5

    def test_what_waits_is_bounded(self, workshop):
        with Collector(otlp.decode, answer=lambda _: None) as hanging:
            with traced(workshop, "bounded", hanging.url, durability="os") as (broker, at):
                topic = create_topic(broker.address, "t")
                wait_until(lambda: publish(at, topic, b"{}", EVENT) and hanging.requests, "a request that hangs")
                batch = [structured(id=str(i), traceparent=f"00-{i + 1:032x}-{MAKER}-01", tracestate="k=" + "v" * 250)
                         for i in range(40)]
                body, sent = json.dumps(batch), 0
                while spans_told(at)[1]["queue_full"] == 0:
                    for _ in range(50):
                        assert publish(at, topic, body, BATCH)[0] == 200
                    sent += 50
                    assert sent < 20_000, "the queue never ends"
                used = scrape(at).value("millrace_memory_used_bytes", budget="spans")
                limit = scrape(at).value("millrace_memory_limit_bytes", budget="spans")
                assert 0 < used <= limit
                for _ in range(300):  # allocators and sanitizers keep what they have had once
                    assert publish(at, topic, body, BATCH)[0] == 200
                before = broker.rss_kib()
                for _ in range(2_000):  # of some 9 KiB each, if they were kept
                    assert publish(at, topic, body, BATCH)[0] == 200
                assert spans_told(at)[1]["queue_full"] >= 4_000
                assert broker.rss_kib() - before < 12_288
                hanging.released.set()

    def test_one_that_comes_later_gets_what_has_waited(self, workshop):
        port = free_port()
        with traced(workshop, "later", f"http://localhost:{port}") as (broker, at):
            topic = create_topic(broker.address, "later")
            assert publish(at, topic, b"{}", EVENT | {"traceparent": HOP})[0] == 200
            wait_until(lambda: spans_told(at)[2] > 0, "a request that failed")
            with Collector(otlp.decode, port=port) as late:
                (span,) = late.wait_for("append later")
                assert span.trace == TRACE
                wait_until(lambda: "spans are taken again" in broker.log_text(), "that it is over")
                broker.stop()

    def test_one_that_is_busy_says_when_to_come_back(self, workshop):
        def answer(requests):
            return (429, {"Retry-After": "1"}, b"") if requests == 1 else (200, {}, b"")

        with Collector(otlp.decode, answer=answer) as busy, traced(workshop, "busy", busy.url) as (broker, at):
            topic = create_topic(broker.address, "busy")
            assert publish(at, topic, b"{}", EVENT)[0] == 200
            assert len(busy.wait_for("append busy")) == 1
            assert spans_told(at)[2] == 1

    def test_what_waits_at_the_end_is_sent(self, workshop, collector):
        with traced(workshop, "end", collector.url) as (broker, at):
            topic = create_topic(broker.address, "end")
            for _ in range(5):
                assert publish(at, topic, b"{}", EVENT)[0] == 200
            broker.stop()
        assert len([s for s in collector.spans if s.name == "append end"]) == 5


class TestSettings:
    def test_it_is_off_unless_asked_for(self, workshop, own_broker):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}").start()
        at = broker.settings["http_listeners"]
        topic = create_topic(broker.address, "off")
        assert publish(at, topic, b"{}", EVENT | {"traceparent": HOP})[0] == 200
        exported, dropped, failed = spans_told(at)
        assert (exported, set(dropped.values()), failed) == (0, {0}, 0)
        assert "tracing" not in broker.log_text()

    @pytest.mark.parametrize("url", ["https://127.0.0.1:4318/v1/traces", "127.0.0.1:4318", "grpc://127.0.0.1:4317", "http://"])
    def test_what_is_not_plain_http_is_refused_with_a_sentence(self, url, tmp_path):
        command = [binary(), f"--data-dir={tmp_path}", f"--tracing-endpoint={url}", "--check-config"]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ran.returncode != 0
        assert re.search(r"tracing.endpoint.*http alone, there is no TLS here yet", ran.stdout + ran.stderr, re.DOTALL)

    @pytest.mark.parametrize("ratio", ["-0.1", "1.1", "half", "1e-3", ""])
    def test_a_share_is_between_none_and_all(self, ratio, tmp_path):
        command = [binary(), f"--data-dir={tmp_path}", f"--tracing-sample-ratio={ratio}", "--check-config"]
        assert subprocess.run(command, capture_output=True, timeout=60).returncode != 0
