"""Filters: CloudEvents SQL on every way to read events over HTTP, and on the command line."""

import asyncio
import json
import urllib.parse

import pytest
import websockets

from harness import batches
from harness.cli import DONE, REFUSED, WRONG_USAGE, millrace, said
from harness.events import EVENT, STRUCTURED, WRAPPED, Stream, ask, publish, structured, topics
from harness.records import Record
from harness.wire import Connection

MANY = {"Accept": "application/cloudevents-batch+json"}


def query(expression, **more):
    # As parameters are decoded: a space is %20, for + is a sign of the language.
    return "?" + urllib.parse.urlencode({"filter": expression} | more, quote_via=urllib.parse.quote)


@pytest.fixture
def topic(door, request):
    return topics(door, request)


@pytest.fixture
def filled(at, topic):
    """Ten events: 0 to 9, from two shops, every third one with a subject and every other one urgent."""
    name = topic()
    for i in range(10):
        more = {"subject": f"orders/{i}"} if i % 3 == 0 else {}
        event = structured(id=str(i), type=f"com.example.order.{'paid' if i < 5 else 'sent'}", source=f"/shop/{i % 2}",
                           count=i, urgent=i % 2 == 0, data={"n": i}, **more)
        assert publish(at, name, json.dumps(event), STRUCTURED)[0] == 200
    return name


def ids(at, name, expression, **more):
    target = f"/v1/topics/{name}/events" + query(expression, **({"from": "earliest"} | more))
    status, _, body = ask(at, "GET", target, headers=WRAPPED)
    return [] if status == 204 else [each["event"]["id"] for each in json.loads(body)["events"]]


class TestReading:
    @pytest.mark.parametrize(("expression", "wanted"), [
        ("type = 'com.example.order.sent'", "56789"),
        ("type LIKE '%.paid' AND source = '/shop/1'", "13"),
        ("EXISTS subject", "0369"),
        ("subject = 'orders/3'", "3"),
        ("NOT EXISTS subject AND count > 6", "78"),
        ("(count + 1) IN (3, 5) OR id = '9'", "249"),
        ("urgent AND count >= 6", "68"),
        ("LENGTH(subject) = 8 AND RIGHT(subject, 1) = '6'", "6"),
        ("1 / 0 = 0", ""),
        ("count", ""),
        ("TRUE", "0123456789"),
    ])
    def test_only_events_for_which_it_is_true(self, at, filled, expression, wanted):
        assert "".join(ids(at, filled, expression)) == wanted

    def test_headers_are_strings_and_are_cast(self, at, topic):
        name = topic()
        for i in (5, 50):
            assert publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-count": str(i)})[0] == 200
        assert ids(at, name, "count > 10") == ["50"]
        assert ids(at, name, "count = '5'") == ["5"]

    def test_it_stands_beside_the_other_parameters(self, at, filled):
        assert ids(at, filled, "count < 8", source="/shop/1") == ["1", "3", "5", "7"]
        assert ids(at, filled, "count < 8", **{"attribute.subject": "orders/6"}) == ["6"]

    def test_a_partition_is_read_past_what_nobody_wants(self, at, filled):
        status, fields, body = ask(at, "GET", f"/v1/topics/{filled}/partitions/0/events" + query("count = 4", offset="0"), headers=MANY)
        assert (status, [e["id"] for e in json.loads(body)]) == (200, ["4"])
        assert fields["millrace-next-offset"] == "10"
        status, fields, _ = ask(at, "GET", f"/v1/topics/{filled}/partitions/0/events" + query("count = 40", offset="0"))
        assert (status, fields["millrace-next-offset"]) == (204, "10")

    def test_the_next_page_has_the_same_filter(self, at, filled):
        target = f"/v1/topics/{filled}/events" + query("count % 2 = 1 AND source LIKE '/shop/_'", max_events=2, **{"from": "earliest"})
        pages = []
        while True:
            status, fields, body = ask(at, "GET", target, headers=MANY)
            if status == 204:
                break
            pages.append("".join(e["id"] for e in json.loads(body)))
            target = fields["link"].removeprefix("<").removesuffix('>; rel="next"')
        assert pages == ["13", "57", "9"]

    def test_one_event_is_the_first_that_passes(self, at, filled):
        status, fields, _ = ask(at, "GET", f"/v1/topics/{filled}/partitions/0/events" + query("count > 2 AND urgent", offset="0"))
        assert (status, fields["ce-id"], fields["millrace-next-offset"]) == (200, "4", "5")

    def test_a_stream_and_a_websocket_tell_what_passes(self, at, filled):
        wanted = query("count % 4 = 1", **{"from": "earliest"})
        with Stream(at, filled, wanted) as stream:
            assert [json.loads(stream.next()[2])["id"] for _ in range(3)] == ["1", "5", "9"]

        async def talk():
            url = f"ws://{at}/v1/topics/{filled}/ws{wanted}"
            async with websockets.connect(url, subprotocols=["cloudevents.json"], open_timeout=60) as ws:
                return [json.loads(await asyncio.wait_for(ws.recv(), 60))["id"] for _ in range(3)]

        assert asyncio.run(talk()) == ["1", "5", "9"]

    def test_records_that_are_no_events_have_what_is_told_of_them(self, door, at, topic):
        name = topic()
        with Connection(door.address) as c:
            assert c.produce(name, 0, batches.build([Record(b"k", b"v")]))["error_code"] == 0
        assert publish(at, name, b"", EVENT)[0] == 200
        assert len(ids(at, name, "type = 'dev.millrace.record' AND partitionkey = 'k'")) == 1
        assert ids(at, name, "type <> 'dev.millrace.record'") == ["A1"]


class TestRefusing:
    @pytest.mark.parametrize(("expression", "why"), [
        ("type =", "filter: at character 7: a value is expected, not the end"),
        ("'é' = type AND", "filter: at character 15: a value is expected, not the end"),
        ("type == 'x'", "filter: at character 7: a value is expected, not ="),
        ("LENGHT(type) > 3", "filter: at character 1: there is no function LENGHT with 1 argument"),
        ("type LIKE source", "filter: at character 11: a text in quotes behind LIKE is expected, not source"),
        ("", "filter: at character 1: a value is expected, not the end"),
        ("(" * 100, "filter: at character 65: expressions inside of each other: 64 are the most"),
    ])
    @pytest.mark.parametrize("path", ["events", "partitions/0/events", "events/stream", "ws"])
    def test_it_is_said_where_and_why(self, at, topic, path, expression, why):
        headers = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
                   "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==", "Sec-WebSocket-Protocol": "cloudevents.json"}
        status, fields, body = ask(at, "GET", f"/v1/topics/{topic()}/{path}" + query(expression), headers=headers if path == "ws" else {})
        assert (status, fields["content-type"]) == (400, "application/problem+json")
        assert json.loads(body)["detail"] == why

    def test_an_expression_has_no_more_than_a_line_of_http(self, at, topic):
        longest = "'" + "x" * 7_000 + "' = type"
        assert ids(at, topic(), longest) == []
        assert ask(at, "GET", f"/v1/topics/{topic()}/events" + query("'" + "x" * 9_000 + "' = type"))[0] == 414


class TestCommandLine:
    def test_consume(self, at, filled):
        def places(*more):
            return said(millrace("consume", filled, "-o", "id", *more, server=at)).split()

        assert places("--filter", "count >= 8") == [f"{filled}/0/8", f"{filled}/0/9"]
        assert places("--filter", "count > 3", "--source", "/shop/1", "-n", "2") == [f"{filled}/0/5", f"{filled}/0/7"]

    def test_what_is_no_expression_is_wrong_usage(self, at, filled):
        for expression, why in (("count >", "at character 8: a value is expected"), ("F(1)", "there is no function F")):
            done = millrace("consume", filled, "--filter", expression, server=at)
            assert done.returncode == WRONG_USAGE and "--filter: " in done.stderr and why in done.stderr

    def test_convert_keeps_what_passes(self, tmp_path):
        lines = [structured(id=str(i), count=i) for i in range(4)]
        file = tmp_path / "events"
        file.write_text("".join(json.dumps(line) + "\n" for line in lines))
        done = millrace("event", "convert", file, "--to", "lines", "--filter", "count % 2 = 1")
        assert [json.loads(line)["id"] for line in said(done).splitlines()] == ["1", "3"]
        assert said(millrace("event", "convert", file, "--to", "lines", "--filter", "FALSE")) == ""
        assert millrace("event", "convert", file, "--filter", "count < 1").returncode == DONE
        assert millrace("event", "convert", file, "--filter", "TRUE").returncode == REFUSED, "four are not one"
