"""Members of consumer groups at the HTTP door, and one of Kafka's consumer protocol that is told what to do."""

import asyncio
import json
import threading

import websockets

from . import http
from .events import ask, structured
from .waiting import wait_until

BATCH = {"Accept": "application/cloudevents-batch+json"}


class SocketReader:
    """A member on a WebSocket, on a thread of its own. `events` are those of others, `answers` the broker's."""

    def __init__(self, at, topic, group, query=""):
        self.events, self.answers = [], []
        self.code = None
        self._loop = asyncio.new_event_loop()
        self._open = threading.Event()
        url = f"ws://{at}/v1/topics/{topic}/ws?group={group}{query}"
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._run(url),), daemon=True)
        self._thread.start()
        assert self._open.wait(60)

    async def _run(self, url):
        try:
            options = {"subprotocols": ["cloudevents.json"], "max_queue": None, "open_timeout": 60}
            self._socket = await websockets.connect(url, **options)
        finally:
            self._open.set()
        self.member = self._socket.response_headers["Millrace-Member"]
        try:
            async for text in self._socket:
                event = json.loads(text)
                ours = event["type"].startswith("dev.millrace.") and event["type"] != "dev.millrace.record"
                (self.answers if ours else self.events).append(event)
        except websockets.exceptions.ConnectionClosed:
            pass
        await self._socket.close()
        self.code = self._socket.close_code

    def _do(self, task):
        return asyncio.run_coroutine_threadsafe(task, self._loop).result(30)

    def send(self, **members):
        self._do(self._socket.send(json.dumps(structured(**members))))

    def ack(self, *events):
        for event in events:
            self.send(type="dev.millrace.ack", ackid=event["ackid"])

    def credit(self, count):
        self.send(type="dev.millrace.credit", data={"events": count})

    def wait(self, count, timeout=60):
        wait_until(lambda: len(self.events) >= count, lambda: f"{count} events, not {len(self.events)}", timeout)
        return self.events

    def ids(self):
        return [event["id"] for event in self.events]

    def close(self):
        """Says goodbye."""
        asyncio.run_coroutine_threadsafe(self._socket.close(), self._loop)
        self.ended()

    def crash(self):
        """Without a word on the WebSocket; its system closes the connection."""
        self._loop.call_soon_threadsafe(self._socket.transport.abort)
        self.ended()

    def ended(self):
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.code


class Poller:
    """A member that comes to poll, and acknowledges what it was given when it comes again."""

    def __init__(self, at, topic, group, member=None):
        self.at, self.topic, self.group, self.member = at, topic, group, member
        self.cursor = None

    def target(self, ack=None, **query):
        named = {"topic": self.topic, "member": self.member, "ack": ack} | query
        return f"/v1/groups/{self.group}/events?" + "&".join(f"{k}={v}" for k, v in named.items() if v is not None)

    def poll(self, ack=None, headers=None, **query):
        """The ids of the events."""
        status, fields, body = ask(self.at, "GET", self.target(ack, **query), headers=headers or BATCH)
        assert status in (200, 204), body
        self.member = fields["millrace-member"]
        self.cursor = fields.get("millrace-cursor")
        return [event["id"] for event in json.loads(body)] if status == 200 else []

    def drain(self, count, **query):
        """Until so many came, each acknowledged."""
        got = []
        while len(got) < count:
            got += self.poll(self.cursor, wait_ms=2_000, **query)
        self.poll(self.cursor)
        return got

    def leave(self):
        return ask(self.at, "DELETE", f"/v1/groups/{self.group}/members/{self.member}")[0]


class WireMember:
    """A member in the protocol of KIP-848 that takes what it is told to, and gives it up when it says so."""

    def __init__(self, c, group, member_id, topic):
        self.c, self.group, self.id, self.epoch, self.owned = c, group, member_id, 0, []
        self.beat(subscribed_topic_names=[topic])

    def beat(self, **more):
        request = {"group_id": self.group, "member_id": self.id, "member_epoch": self.epoch}
        request |= {"rebalance_timeout_ms": 60_000, "topic_partitions": self.owned, "subscribed_topic_names": None} | more
        answer = self.c.call("ConsumerGroupHeartbeat", 1, request)
        assert answer["error_code"] == 0, answer
        self.epoch = answer["member_epoch"]
        if answer["assignment"] is not None:
            self.owned = answer["assignment"]["topic_partitions"]
        return self.partitions()

    def partitions(self):
        return {p for topic in self.owned for p in topic["partitions"]}

    def leave(self):
        self.epoch = -1
        self.beat()


def members_of(at, group):
    """{member: partitions}"""
    status, _, view = http.request(at, "GET", f"/v1/groups/{group}")
    if status == 404:
        return {}
    return {m["id"]: {p for topic in m["assignment"] for p in topic["partitions"]} for m in view["members"]}


def committed(at, group):
    """{partition: offset}, without those for which nothing is committed."""
    status, _, view = http.request(at, "GET", f"/v1/groups/{group}")
    rows = view["offsets"] if status == 200 else []
    return {row["partition"]: row["committed_offset"] for row in rows if row["committed_offset"] is not None}


def wait_committed(at, group, expected, timeout=30):
    wait_until(lambda: committed(at, group) == expected, lambda: f"{expected} committed, not {committed(at, group)}", timeout)


def wait_shared(at, group, members, partitions, timeout=60):
    """Until so many members have all partitions among them, none of them nothing."""

    def shared():
        owned = list(members_of(at, group).values())
        return len(owned) == members and all(owned) and sorted(p for o in owned for p in o) == list(range(partitions))

    wait_until(shared, lambda: f"{partitions} partitions with {members} members: {members_of(at, group)}", timeout)
