"""Events both ways on one WebSocket, with an ordinary client, and with frames that none would send."""

import asyncio
import base64
import json
import os
import socket
import struct

import pytest
import websockets

from harness import protobuf
from harness.broker import free_port
from harness.events import EVENT, ask, publish, stored, structured, topics
from harness.group_readers import wait_committed
from harness.rdk import LibrdkafkaClient
from harness.records import text_records
from harness.wire import create_topic

PROTOCOL = "cloudevents.json"


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def speak(at, topic, story, query="", protocols=(PROTOCOL,), **options):
    """Runs `story(socket)` on a WebSocket of the topic; gives what it gives."""
    options = {"open_timeout": 60} | options

    async def run():
        url = f"ws://{at}/v1/topics/{topic}/ws{query}"
        async with websockets.connect(url, subprotocols=list(protocols) or None, **options) as ws:
            return await asyncio.wait_for(story(ws), 60)

    return asyncio.run(run())


def refused(at, topic, query="", **options):
    async def never(_):
        raise AssertionError("it was accepted")

    with pytest.raises(websockets.exceptions.InvalidStatusCode) as caught:
        speak(at, topic, never, query, **options)
    return caught.value.status_code


async def send(ws, **members):
    await ws.send(json.dumps(structured(**members)))


async def receive(ws):
    return json.loads(await ws.recv())


class TestHandshake:
    def test_the_subprotocol_is_chosen(self, at, topic):
        async def story(ws):
            return ws.subprotocol

        assert speak(at, topic(), story, protocols=("cloudevents.avro", PROTOCOL)) == PROTOCOL

    def test_without_one_that_is_spoken_there_is_none(self, at, topic):
        assert refused(at, topic(), protocols=()) == 400
        assert refused(at, topic(), protocols=("cloudevents.avro",)) == 400

    def test_what_is_asked_is_judged(self, at, topic):
        assert refused(at, "nowhere") == 404
        for query in ("?cursor=x", "?from=soon", "?credit=much", "?unheard=1", "?offset=1"):
            assert refused(at, topic(), query) == 400, query

    def test_a_page_of_another_site_is_refused(self, at, topic):
        assert refused(at, topic(), origin="http://elsewhere.example") == 403

        async def story(ws):
            return ws.subprotocol

        assert speak(at, topic(), story, origin=f"http://{at}") == PROTOCOL


def test_a_member_of_a_group_may_speak_protobuf(at, topic):
    """Its acknowledgements name events as those in JSON do."""
    name = topic()
    for i in range(2):
        assert publish(at, name, b"x", EVENT | {"ce-id": str(i)})[0] == 200

    async def story(ws):
        events = [protobuf.parsed(await ws.recv())[0] for _ in range(2)]
        for event in events:
            await ws.send(protobuf.event({"specversion": "1.0", "id": "a", "source": "/me", "type": "dev.millrace.ack",
                                          "ackid": event["ackid"]}))
        await ws.send(protobuf.event({"specversion": "1.0", "id": "b", "source": "/me", "type": "dev.millrace.ack",
                                      "ackid": "nobody's"}))
        return events, protobuf.parsed(await ws.recv())[0]

    events, refusal = speak(at, name, story, "?group=proto-members&ack=explicit", protocols=("cloudevents.proto",))
    assert [event["id"] for event in events] == ["0", "1"]
    assert refusal["type"] == "dev.millrace.refused"
    wait_committed(at, "proto-members", {0: 2})


class TestPublishing:
    def test_each_event_is_answered_with_its_place(self, door, at, topic):
        name = topic()

        async def story(ws):
            for i in range(3):
                await send(ws, id=str(i), data={"n": i})
            return [await receive(ws) for _ in range(3)]

        told = speak(at, name, story)
        assert [(t["type"], t["subject"], t["data"]) for t in told] == [
            ("dev.millrace.published", str(i), {"topic": name, "partition": 0, "offset": i}) for i in range(3)]
        assert len({t["id"] for t in told}) == 3 and {t["source"] for t in told} == {f"/topics/{name}"}
        assert [r.value for _, r in stored(door, name)] == [b'{"n": 0}', b'{"n": 1}', b'{"n": 2}']

    def test_a_wrong_event_is_answered_and_the_next_one_goes_on(self, door, at, topic):
        name = topic()

        async def story(ws):
            await send(ws, time="yesterday")
            await send(ws, id="good")
            return await receive(ws), await receive(ws)

        wrong, good = speak(at, name, story)
        assert (wrong["type"], wrong["data"]["status"]) == ("dev.millrace.refused", 400)
        assert [(e["pointer"], e["rule"]) for e in wrong["data"]["errors"]] == [("/time", "CORE-19")]
        assert (good["type"], good["subject"]) == ("dev.millrace.published", "good")
        assert len(stored(door, name)) == 1

    @pytest.mark.parametrize("message, code", [(b"{}", 1003), ("{", 1007), ("x" * (1 << 20) + "x", 1009)])
    def test_what_is_no_message_of_the_subprotocol_ends_it(self, message, code, door, at, topic):
        async def story(ws):
            # The broker may say so before all of a long message was sent.
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await ws.send(message)
                await ws.recv()
            return ws.close_code

        name = topic()
        assert speak(at, name, story) == code
        assert stored(door, name) == []


class TestReading:
    def test_events_of_every_path_come_out(self, door, at, topic):
        name = topic(partitions=2)
        publish(at, name, b"data", EVENT | {"ce-id": "http"}, "?partition=1")
        LibrdkafkaClient().produce(door.address, name, text_records(1), partition=0)

        async def story(ws):
            first = [await receive(ws), await receive(ws)]
            await send(ws, id="mine")
            return first, [await receive(ws), await receive(ws)]

        first, rest = speak(at, name, story, "?from=earliest")
        assert {e["type"] for e in first} == {"com.example.order", "dev.millrace.record"}
        assert {e.get("subject", e["id"]) for e in rest} == {"mine"}, "the event, and that it was published"

    def test_nothing_comes_out_of_a_socket_that_did_not_ask(self, at, topic):
        name = topic()
        publish(at, name, b"", EVENT)

        async def story(ws):
            await send(ws, id="probe")
            return (await receive(ws))["type"]

        assert speak(at, name, story) == "dev.millrace.published"

    def test_only_what_is_wanted_comes(self, at, topic):
        name = topic()
        for i in range(4):
            publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-type": f"t{i % 2}"})

        async def story(ws):
            return [(await receive(ws))["id"] for _ in range(2)]

        assert speak(at, name, story, "?from=earliest&type=t1") == ["1", "3"]

    def test_credit_bounds_what_comes(self, at, topic):
        name = topic()
        for i in range(6):
            publish(at, name, b"", EVENT | {"ce-id": str(i)})

        async def story(ws):
            async def allow(count):
                await send(ws, type="dev.millrace.credit", data={"events": count})

            await allow(2)
            got = [(await receive(ws))["id"] for _ in range(2)]
            # What is published now is answered, and no event comes between: there is no credit for one.
            await send(ws, id="probe")
            got.append((await receive(ws))["type"])
            await allow(3)
            return got + [(await receive(ws))["id"] for _ in range(3)]

        assert speak(at, name, story, "?from=earliest&credit=explicit") == ["0", "1", "dev.millrace.published", "2", "3", "4"]

    def test_a_reader_that_does_not_read_costs_its_place(self, door, at, topic):
        """More is stored than sockets hold: the broker waits for the reader, and has the rest in the log alone."""
        name = topic()
        event = json.dumps(structured(data="x" * 50_000))
        for _ in range(40):
            assert publish(at, name, f"[{','.join([event] * 10)}]", {"Content-Type": "application/cloudevents-batch+json"})[0] == 200

        async def story(ws):
            first = await receive(ws)
            assert publish(at, name, b"", EVENT)[0] == 200, "others are served meanwhile"
            return 1 + len([await receive(ws) for _ in range(400)]), first["id"]

        assert speak(at, name, story, "?from=earliest", max_queue=1, read_limit=1024) == (401, "A1")

    def test_it_says_why_it_ends(self, at, topic):
        name = topic()
        publish(at, name, b"", EVENT)

        async def story(ws):
            assert (await receive(ws))["id"] == "A1"
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, ask, at, "DELETE", f"/v1/topics/{name}")
            last = await receive(ws)
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await ws.recv()
            return last["type"], last["data"]["status"], ws.close_code

        assert speak(at, name, story, "?from=earliest") == ("dev.millrace.refused", 404, 1011)

    @pytest.mark.parametrize("query", ["", "?from=latest", "?from=latest&credit=explicit"])
    def test_the_broker_stops_without_waiting_for_it(self, query, own_broker):
        listener = f"127.0.0.1:{free_port()}"
        broker = own_broker(http_listeners=listener)
        broker.start()
        name = create_topic(broker.address, "talked", 1)

        async def story(ws):
            await send(ws, id="before")
            while (await receive(ws))["type"] != "dev.millrace.published":
                pass
            await asyncio.get_running_loop().run_in_executor(None, broker.stop)
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                while True:
                    await ws.recv()
            return ws.close_code

        assert speak(listener, name, story, query) == 1001


class TestProtobuf:
    """The same in cloudevents.proto, in binary messages."""

    PROTO = "cloudevents.proto"

    def speak(self, at, topic, story, query=""):
        return speak(at, topic, story, query, protocols=(self.PROTO,))

    def test_json_is_preferred(self, at, topic):
        async def story(ws):
            return ws.subprotocol

        assert speak(at, topic(), story, protocols=(self.PROTO, PROTOCOL)) == PROTOCOL
        assert speak(at, topic(), story, protocols=("cloudevents.avro", self.PROTO)) == self.PROTO

    def test_events_go_both_ways(self, door, at, topic):
        name = topic(**{"cloudevents.storage.mode": "preserve"})
        sent = protobuf.event(structured(id="mine", count=5), protobuf.text("sold"))

        async def story(ws):
            await ws.send(sent)
            return [await ws.recv(), await ws.recv()]

        got = self.speak(at, name, story, "?from=earliest")
        assert sent in got and [r.value for _, r in stored(door, name)] == [sent]
        got.remove(sent)
        members, _, (form, data) = protobuf.parsed(got[0])
        assert (members["type"], members["subject"], form) == ("dev.millrace.published", "mine", "binary")
        assert json.loads(data) == {"topic": name, "partition": 0, "offset": 0}

    def test_a_wrong_event_is_answered_and_the_next_one_goes_on(self, door, at, topic):
        name = topic()

        async def story(ws):
            await ws.send(protobuf.event(structured(subject=5)))
            await ws.send(protobuf.event(structured(id="good")))
            return [protobuf.parsed(await ws.recv()) for _ in range(2)]

        (wrong, _, (_, problem)), (good, _, _) = self.speak(at, name, story)
        assert wrong["type"] == "dev.millrace.refused"
        assert [(e["pointer"], e["rule"]) for e in json.loads(problem)["errors"]] == [("/subject", "PB-5")]
        assert (good["type"], good["subject"]) == ("dev.millrace.published", "good")
        assert len(stored(door, name)) == 1

    def test_credit_bounds_what_comes(self, at, topic):
        name = topic()
        for i in range(3):
            publish(at, name, b"", EVENT | {"ce-id": str(i)})

        async def story(ws):
            credit = structured(type="dev.millrace.credit", datacontenttype="application/json")
            await ws.send(protobuf.event(credit, protobuf.text('{"events": 2}')))
            got = [protobuf.parsed(await ws.recv())[0]["id"] for _ in range(2)]
            await ws.send(protobuf.event(structured(id="probe")))
            return got + [protobuf.parsed(await ws.recv())[0]["type"]]

        assert self.speak(at, name, story, "?from=earliest&credit=explicit") == ["0", "1", "dev.millrace.published"]

    @pytest.mark.parametrize("message, code", [("{}", 1003), (b"{", 1007), (b"x" * (1 << 20) + b"x", 1009)],
                             ids=["text", "no protobuf", "too long"])  # fmt: skip
    def test_what_is_no_message_of_the_subprotocol_ends_it(self, message, code, door, at, topic):
        async def story(ws):
            # The broker may say so before all of a long message was sent.
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await ws.send(message)
                await ws.recv()
            return ws.close_code

        name = topic()
        assert self.speak(at, name, story) == code
        assert stored(door, name) == []


class TestHostile:
    """Frames that break RFC 6455 end the connection, and nothing else."""

    def shake(self, at, topic):
        host, port = at.rsplit(":", 1)
        s = socket.create_connection((host, int(port)), timeout=20)
        key = base64.b64encode(os.urandom(16)).decode()
        s.sendall((f"GET /v1/topics/{topic}/ws HTTP/1.1\r\nHost: {at}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                   f"Sec-WebSocket-Protocol: {PROTOCOL}\r\n\r\n").encode())
        got = b""
        while b"\r\n\r\n" not in got:
            got += s.recv(4096)
        assert got.startswith(b"HTTP/1.1 101 ")
        return s

    @staticmethod
    def frame(opcode, payload, fin=True, masked=True, rsv=0, length=None):
        head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode])
        size = len(payload) if length is None else length
        bit = 0x80 if masked else 0
        head += bytes([bit | size]) if size < 126 else bytes([bit | 127]) + struct.pack(">Q", size)
        return head + (b"\0\0\0\0" if masked else b"") + payload

    @pytest.mark.parametrize("what", ["unmasked", "reserved bit", "unknown opcode", "length without end", "control too long",
                                      "continuation of nothing", "text that is no UTF-8", "fragmented control", "cut off"])  # fmt: skip
    def test_a_broken_frame(self, what, door, at, topic):
        frames = {
            "unmasked": self.frame(1, b"{}", masked=False),
            "reserved bit": self.frame(1, b"{}", rsv=4),
            "unknown opcode": self.frame(3, b"{}"),
            "length without end": self.frame(1, b"{}", length=1 << 62),
            "control too long": self.frame(9, b"x" * 126),
            "continuation of nothing": self.frame(0, b"{}"),
            "text that is no UTF-8": self.frame(1, b"\xff\xfe"),
            "fragmented control": self.frame(9, b"x", fin=False),
            "cut off": self.frame(1, b"{", length=100),
        }
        name = topic()
        s = self.shake(at, name)
        s.sendall(frames[what])
        if what == "cut off":
            s.shutdown(socket.SHUT_WR)
        try:
            while s.recv(4096):
                pass
        except ConnectionResetError:
            pass
        s.close()
        assert stored(door, name) == []
        assert publish(at, name, b"", EVENT)[0] == 200

    def test_an_event_in_pieces_is_one(self, door, at, topic):
        name = topic()
        s = self.shake(at, name)
        text = json.dumps(structured()).encode()
        s.sendall(self.frame(1, text[:20], fin=False) + self.frame(9, b"ping") + self.frame(0, text[20:]))
        got = b""
        while b"dev.millrace.published" not in got:
            got += s.recv(4096)
        s.close()
        assert len(stored(door, name)) == 1
