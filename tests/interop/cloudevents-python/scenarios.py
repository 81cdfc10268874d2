"""Python's CloudEvents SDK against the daemon: scenarios.py MODULE ADDRESS PREFIX."""

import importlib
import json
import sys
import traceback

import doors
import events
from confluent_kafka import KafkaError, KafkaException

VALIDATED = {"cloudevents.storage.mode": "preserve", "cloudevents.validation": "binary-or-structured"}


def scenario(what, story, *arguments):
    try:
        story(*arguments)
        print(f"ok {what}", flush=True)
    except Exception as e:
        traceback.print_exc()
        print(f"not ok {what}: {type(e).__name__}: {' '.join(str(e).split())[:500]}", flush=True)


def equal(expected, found, what):
    if expected != found:
        raise AssertionError(f"{what}: expected {expected}, found {found}")


class Paths:
    def __init__(self, sdk, door):
        self.sdk, self.door = sdk, door
        self.publishers = {
            "HTTP binary": lambda topic, event: doors.post(topic, *sdk.http_binary(event)),
            "HTTP structured": lambda topic, event: doors.post(topic, *sdk.http_structured(event)),
            "HTTP batch": self.publish_batch,
            "Kafka binary": lambda topic, event: door.send(topic, sdk.kafka_binary(event)),
            "Kafka structured": lambda topic, event: door.send(topic, sdk.kafka_structured(event)),
        }
        self.readers = {
            "HTTP binary": lambda topic, record: sdk.from_http(*doors.get(topic, record.offset(), "binary")),
            "HTTP structured": lambda topic, record: sdk.from_http(*doors.get(topic, record.offset(), "structured")),
            "HTTP batch": self.read_batch,
            "Kafka": lambda topic, record: sdk.from_kafka(record.key(), record.value(), dict(record.headers())),
        }

    def publish_batch(self, topic, event):
        """The SDK has no batches; its JSON is an element of one."""
        body = self.sdk.http_structured(event)[1]
        return doors.post(topic, {"Content-Type": "application/cloudevents-batch+json"}, b"[" + bytes(body) + b"]")

    def read_batch(self, topic, record):
        (event,) = json.loads(doors.get(topic, record.offset(), "batch")[1])
        return self.sdk.from_http({"content-type": "application/cloudevents+json"}, json.dumps(event).encode())

    def publish(self, topic, path):
        """[(name, what is to be read, where it is)]; what could not be published is where."""
        out = []
        for row in events.TABLE:
            event = self.sdk.make(row["attributes"], events.data(row))
            try:
                place = self.publishers[path](topic, event)
            except Exception as e:
                traceback.print_exc()
                place = e
            out.append((row["name"], events.compared(*self.sdk.facts(event)), place))
        return out

    def compare(self, topic, sent, read, records):
        for name, expected, place in sent:
            if isinstance(place, Exception):
                raise place
            equal(expected, events.compared(*self.sdk.facts(read(topic, records[place]))), name)

    def play(self, topic, storage):
        sent = {path: self.publish(topic, path) for path in self.publishers}
        count = sum(not isinstance(place, Exception) for cells in sent.values() for _, _, place in cells)
        records = self.door.records(topic, count)
        for path, cells in sent.items():
            for reader, read in self.readers.items():
                scenario(f"stored {storage}: from {path} to {reader}", self.compare, topic, cells, read, records)
        scenario(f"stored {storage}: the partition key is the record's key", equal, ["größe 7"] * len(sent),
                 [r.key().decode() for r in records if r.key()], "keys")  # fmt: skip


def plain_records(sdk, door, topic, validated):
    """What version 1 calls structured bears no mark; the broker guesses no events."""
    for row in events.TABLE[1:3]:
        message = sdk.unmarked(sdk.make(row["attributes"], events.data(row)))
        offset = door.send(topic, message)
        told = json.loads(doors.get(topic, offset, "structured")[1])
        equal(("dev.millrace.record", f"/topics/{topic}"), (told["type"], told["source"]), row["name"])
        equal(message.value, doors.get(topic, offset, "binary")[1], "its value is the data")
        try:
            door.send(validated, message)
        except KafkaException as e:
            equal(KafkaError.INVALID_RECORD, e.args[0].code(), "error")
            continue
        raise AssertionError("a topic of events took it")


def refused(sdk, topic):
    event = sdk.make(events.TABLE[0]["attributes"], None)
    headers, body = sdk.http_binary(event)
    try:
        doors.post(topic, headers | {"ce-time": "yesterday"}, body)
    except doors.Refused as e:
        told = e.args[0]
        equal((400, "urn:millrace:problem:invalid-cloudevent"), (told["status"], told["type"]), "problem")
        equal([("ce-time", "CORE-19")], [(one["header"], one["rule"]) for one in told["errors"]], "errors")
        return
    raise AssertionError("it was taken")


def main(module, address, prefix):
    sdk, door = importlib.import_module(module), doors.Kafka(address)
    paths = Paths(sdk, door)
    plain, validated = doors.make_topic(f"{prefix}-binary"), doors.make_topic(f"{prefix}-preserve", **VALIDATED)
    paths.play(plain, "binary")
    paths.play(validated, "preserve")
    if hasattr(sdk, "unmarked"):
        scenario("unmarked structured records are plain records", plain_records, sdk, door, plain, validated)
    scenario("a refusal names the attribute", refused, sdk, plain)


if __name__ == "__main__":
    main(*sys.argv[1:])
