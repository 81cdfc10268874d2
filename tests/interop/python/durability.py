"""The broker is killed under idempotent producers and a group that commits."""

import threading

from client import Record
from stage import Fault, Polling, equal, within

PARTITIONS, BATCH = 2, 10


def play(stage):
    stage.scenario("kill -9: nothing lost, nothing twice, the group goes on where it was", lambda: kill(stage))


class Load:
    """What several producers were promised while the broker was killed."""

    def __init__(self, stage, topic):
        self.topic = topic
        self.acked = [{} for _ in range(PARTITIONS)]
        self.lock = threading.Lock()
        self.lanes = [self._lane(stage.client.producer(idempotent=True), lane) for lane in range(4)]

    def _lane(self, producer, lane):
        batches = iter(range(1 << 60))

        def turn():
            batch, partition = next(batches), lane % PARTITIONS
            values = [b"%d/%d/%d" % (lane, batch, i) for i in range(BATCH)]
            offsets = producer.send(self.topic, [Record(None, value, partition) for value in values])
            with self.lock:
                for offset, value in zip(offsets, values):
                    if other := self.acked[partition].get(offset):
                        raise Fault(f"offset {offset} was given to {other} and {value}")
                    self.acked[partition][offset] = value

        return Polling(turn, producer.close)

    def goes_on(self, records, what):
        goal = self.count() + records

        def reached():
            for lane in self.lanes:
                if lane.trouble:
                    raise lane.trouble
            return self.count() >= goal

        within(60, what, reached)

    def count(self):
        with self.lock:
            return sum(map(len, self.acked))

    def end(self):
        for lane in self.lanes:
            lane.end()


def kill(stage):
    topic, group = stage.topic("durable", PARTITIONS), stage.name("durable")
    load = Load(stage, topic)
    try:
        load.goes_on(2000, "the load runs")
        committed = commit_some(stage, group, topic)
        stage.ask("crash")
        load.goes_on(2000, "the producers go on")
    finally:
        load.end()
    equal(committed, stage.client.committed(group, topic, PARTITIONS), "committed after the crash")
    equal(committed, begins(stage, group, topic), "where the group goes on")
    for partition, promised in enumerate(load.acked):
        held = stage.read(topic, stage.client.offset(topic, partition, "latest"), partition)
        equal(len(promised), len(held), f"how many records partition {partition} holds")
        equal(promised, {r.offset: r.value for r in held}, f"what partition {partition} holds")


def commit_some(stage, group, topic):
    """Reads as a group and returns what the last commit of each partition was."""
    committed = {}

    def each(record):
        if record.offset % 50 != 49:
            return False
        committed[record.partition] = record.offset + 1
        return True

    member = stage.client.join(group, topic, each=each)
    within(60, "commits of both partitions", lambda: len(committed) == PARTITIONS)
    member.leave()
    return committed


def begins(stage, group, topic):
    """The offset of the first record of each partition that a new member is given."""
    begun = {}
    member = stage.client.join(group, topic, each=lambda r: begun.setdefault(r.partition, r.offset) < 0)
    within(60, "both partitions go on", lambda: len(begun) == PARTITIONS)
    member.leave()
    return begun
