"""Where a reader may begin."""

import time

from client import Record
from stage import Fault, equal, take, texts, within


def play(stage):
    client, topic, start = stage.client, stage.name("places"), int(time.time() * 1000) - 60_000

    def from_an_offset():
        client.create_topic(topic, 1)
        stage.send(topic, [r._replace(time=start + i * 100) for i, r in enumerate(texts(100))])
        equal(list(range(73, 100)), [r.offset for r in stage.read(topic, 27, offset=73)], "offsets")

    def from_a_time():
        first = stage.read(topic, 70, time=start + 2950)[0]
        equal((30, start + 3000), (first.offset, first.time), "offset and timestamp")

    def offsets():
        equal(0, client.offset(topic, 0, "earliest"), "earliest")
        equal(100, client.offset(topic, 0, "latest"), "latest")
        equal(30, client.offset(topic, 0, start + 2950), "of a time")

    def from_latest():
        reader, got = client.reader(topic, 0, latest=True), []

        def arrived():  # where the end is, the client finds out in its own time
            stage.send(topic, [Record(None, b"new")])
            got.extend(reader.next(0.2))
            return got

        within(60, "a new record", arrived)
        reader.close()
        equal((True, b"new"), (got[0].offset >= 100, got[0].value), "what it begins with")

    def waiting():
        topic = stage.topic("waiting")
        stage.send(topic, texts(1))
        reader = client.reader(topic, 0, max_wait_ms=20_000)
        take(reader, 1)
        began = time.monotonic()
        stage.send(topic, texts(1))
        take(reader, 1)
        took = time.monotonic() - began
        reader.close()
        if took > 10:
            raise Fault(f"the fetch came back after {took:.1f} s")

    stage.scenario("from an offset", from_an_offset)
    stage.scenario("from a time", from_a_time)
    stage.scenario("offsets: earliest, latest, of a time", offsets)
    stage.scenario("from latest", from_latest)
    stage.scenario("a fetch waits for the record and not for its time to end", waiting)
