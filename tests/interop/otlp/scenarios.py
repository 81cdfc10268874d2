"""Spans that the broker sends, decoded with OpenTelemetry's own definitions: opentelemetry-proto, as its registry has it.

The broker knows where the collector will be; this program is it. Every field must be one that the definitions know, and
what is told must be what was done.
"""

import json
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).parent
sys.path.insert(0, str(HERE.parent.parent / "e2e"))

from google.protobuf.unknown_fields import UnknownFieldSet  # noqa: E402
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: E402
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, SpanFlags, Status  # noqa: E402

from harness import http  # noqa: E402
from harness.collector import Collector  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

EVENT = {"ce-specversion": "1.0", "ce-id": "A1", "ce-source": "/shop", "ce-type": "com.example.order"}

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
OTHER_TRACE, MAKER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
HOP, MADE = f"00-{TRACE}-{CALLER}-01", f"00-{OTHER_TRACE}-{MAKER}-01"
POST = "POST /v1/topics/{topic}/events"


def unknown(message):
    found = [message.DESCRIPTOR.full_name] if len(UnknownFieldSet(message)) else []
    for field, value in message.ListFields():
        if field.message_type:
            for each in value if hasattr(value, "append") else [value]:
                found += unknown(each)
    return found


def decode(body):
    request = ExportTraceServiceRequest.FromString(body)
    assert not unknown(request), unknown(request)
    assert request.SerializeToString(deterministic=True) == body, "their encoder writes the same bytes"
    return request


def ask(at, method, target, body=None, headers=None, status=200):
    got, fields, answer = http.request(at, method, target, body, headers)
    assert got == status, answer
    return fields, answer


def publish(at, topic, headers, body="{}"):
    ask(at, "POST", f"/v1/topics/{topic}/events", body, headers)


def read(at, topic, headers=None):
    return ask(at, "GET", f"/v1/topics/{topic}/partitions/0/events?offset=0", headers=headers)[0]


def scenario(name):
    def made(run):
        def tried(*things):
            try:
                run(*things)
                print(f"ok {name}", flush=True)
            except Exception as e:
                print(f"not ok {name}: {type(e).__name__}: {str(e)[:500]}", flush=True)

        return tried

    return made


@scenario("a request, with its parent and its state")
def request(at, collector):
    publish(at, "traced", EVENT | {"traceparent": HOP, "tracestate": "rojo=1"})
    (span,) = collector.wait_for(POST)
    assert (span.trace, span.parent, span.kind) == (TRACE, CALLER, Span.SPAN_KIND_SERVER), span
    assert span.told.trace_state == "rojo=1"
    assert span.told.flags & SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK and span.told.flags & SpanFlags.SPAN_FLAGS_TRACE_FLAGS_MASK == 1
    assert span.attributes["http.response.status_code"] == 200 and span.attributes["http.route"].endswith("/events")
    assert span.resource["service.name"] == "millrace" and span.resource["service.instance.id"]


@scenario("an append, linked to where the event was made")
def append(at, collector):
    publish(at, "made", EVENT | {"traceparent": HOP, "ce-traceparent": MADE, "ce-tracestate": "a=b"})
    (span,) = collector.wait_for("append made")
    assert (span.trace, span.kind, span.links) == (TRACE, Span.SPAN_KIND_INTERNAL, [(OTHER_TRACE, MAKER)]), span
    (link,) = span.told.links
    assert link.trace_state == "a=b" and link.flags & SpanFlags.SPAN_FLAGS_CONTEXT_IS_REMOTE_MASK
    assert span.told.status.code == Status.STATUS_CODE_UNSET
    assert span.attributes["messaging.kafka.offset"] == 0 and span.attributes["cloudevents.event_id"] == "A1"
    assert read(at, "made")["ce-traceparent"] == MADE


@scenario("a batch, with the links that were left out")
def batch(at, collector):
    event = {"specversion": "1.0", "source": "/shop", "type": "t"}
    events = [event | {"id": str(i), "traceparent": f"00-{i:032x}-{i:016x}-01"} for i in range(1, 41)]
    publish(at, "batch", {"Content-Type": "application/cloudevents-batch+json"}, json.dumps(events))
    (span,) = collector.wait_for("append batch")
    assert len(span.links) == 32 and span.told.dropped_links_count == 8
    assert span.attributes["messaging.batch.message_count"] == 40


@scenario("a delivery")
def delivery(at, collector):
    before = len(collector.wait_for("deliver made"))
    read(at, "made", {"traceparent": HOP})
    span = collector.wait_for("deliver made", before + 1)[-1]
    assert span.trace == TRACE
    assert span.links == [(OTHER_TRACE, MAKER)] and span.attributes["messaging.operation.type"] == "receive"


@scenario("texts that are no UTF-8 and long ones")
def texts(at, collector):
    ask(at, "GET", "/v1/topics/%FF%FE" + "x" * 2000, headers={"traceparent": HOP}, status=404)
    (span,) = collector.wait_for("GET /v1/topics/{topic}")
    assert span.attributes["url.path"].startswith("/v1/topics/\\xff\\xfex") and len(span.attributes["url.path"]) <= 1024


@scenario("a collector that takes a part of them")
def partial(at, collector):
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = 1
    response.partial_success.error_message = "not this one"
    collector.answer = lambda requests: (200, {"Content-Type": "application/x-protobuf"}, response.SerializeToString())
    publish(at, "partial", EVENT)
    collector.wait_for("append partial")
    line = 'millrace_tracing_spans_dropped_total{reason="rejected"} '

    def rejected():
        return int(ask(at, "GET", "/metrics")[1].split(line)[1].split("\n")[0])

    wait_until(lambda: rejected() > 0, "a span that was rejected", step=0.2)


def main():
    at = os.environ["HTTP"]
    port = int(os.environ["COLLECTOR"].rsplit(":", 1)[1])
    with Collector(decode, port=port) as collector:
        for topic in ("traced", "made", "batch", "partial"):
            body = json.dumps({"name": topic, "partitions": 1})
            ask(at, "POST", "/v1/topics", body, {"Content-Type": "application/json"}, 201)
        for run in (request, append, batch, delivery, texts, partial):
            run(at, collector)


main()
