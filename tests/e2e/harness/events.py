"""CloudEvents over HTTP, published and read as an ordinary client does, and looked at with Kafka's protocol."""

import http.client
import itertools
import json

from . import batches
from .wire import Connection, create_topic

EVENT = {"ce-specversion": "1.0", "ce-id": "A1", "ce-source": "/shop", "ce-type": "com.example.order"}
STRUCTURED = {"Content-Type": "application/cloudevents+json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
WRAPPED = {"Accept": "application/vnd.millrace.events+json"}

numbers = itertools.count()


def topics(door, request):
    """A function that makes topics with names of the test."""

    def make(partitions=1, **configs):
        name = f"{request.node.originalname}-{next(numbers)}"
        named = {key.replace("_", "."): value for key, value in configs.items()}
        return create_topic(door.address, name, partitions, named)

    return make


def ask(at, method, target, body=None, headers=None):
    """(status, fields with names in lower case, bytes)"""
    connection = http.client.HTTPConnection(at, timeout=70)
    connection.request(method, target, body=body, headers=headers or {})
    answer = connection.getresponse()
    got = answer.read()
    connection.close()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, got


def publish(at, topic, body=b"", headers=None, query=""):
    status, fields, got = ask(at, "POST", f"/v1/topics/{topic}/events{query}", body, headers)
    return status, fields, json.loads(got) if got else None


def structured(**members):
    return {"specversion": "1.0", "id": "A1", "source": "/shop", "type": "com.example.order"} | members


def read(at, topic, partition=0, query="?offset=0", headers=None):
    return ask(at, "GET", f"/v1/topics/{topic}/partitions/{partition}/events{query}", headers=headers)


def stored(door, topic, partition=0):
    """(offset, Record) of everything in a partition, as a Kafka client gets it."""
    with Connection(door.address) as c:
        records = c.fetch(topic, partition, 0)["records"] or b""
        return [pair for batch in batches.split(records) for pair in batch.records()]


class Stream:
    """A client of Server-Sent Events, as the standard has it."""

    def __init__(self, at, topic, query="", last=None):
        self.connection = http.client.HTTPConnection(at, timeout=60)
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        self.connection.request("GET", f"/v1/topics/{topic}/events/stream{query}", headers=headers)
        self.answer = self.connection.getresponse()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.answer.close()
        self.connection.close()

    def next(self):
        """(name, id, data) of the next event; None at the end."""
        fields = {}
        while line := self.answer.readline().decode():
            line = line.rstrip("\n")
            if not line and "data" in fields:
                return fields.get("event"), fields.get("id"), fields["data"]
            name, _, value = line.partition(": ")
            if line and not line.startswith(":"):
                fields[name] = fields[name] + "\n" + value if name in fields else value
        return None
