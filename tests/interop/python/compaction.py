"""A compacted topic has offsets without records: nobody may miss a record or stand still for that."""

from client import Record
from stage import equal, take, within

CYCLES = 20  # each leaves one record that stays, and behind it batches that go
CHURN = 10  # keys that are written again and again
COMPACTS = {"cleanup.policy": "compact", "segment.bytes": "65536", "min.cleanable.dirty.ratio": "0.01"}
FILLER = Record(b"filler", b"." * 30_000)  # closes the segment before; nobody asks for it


def play(stage):
    client, topic, kept = stage.client, stage.name("compacted"), []

    def every_key():
        client.create_topic(topic, 1, configs=COMPACTS)
        kept.extend(last_of_each(rewrite(stage, topic)))
        end = client.offset(topic, 0, "latest")
        within(60, "the records before the last of each key are gone", lambda: len(read_to(stage, topic, end)) <= len(kept))
        equal(kept, read_to(stage, topic, end), "what is left")

    def across_a_gap():
        group, middle, end = stage.name("compacted"), CYCLES // 2, client.offset(topic, 0, "latest")
        last = kept[middle][0]
        equal(kept[: middle + 1], read_as_group(stage, group, topic, last), "what the group reads first")
        equal({0: last + 1}, client.committed(group, topic, 1), "committed")
        equal(kept[middle + 1 :], read_as_group(stage, group, topic, end - 1), "what the group reads then")
        equal({0: end}, client.committed(group, topic, 1), "committed at the end")

    stage.scenario("compacted topic: the last value of every key, to the end of the log", every_key)
    stage.scenario("compacted topic: a group commits before a gap and goes on behind it", across_a_gap)


def rewrite(stage, topic):
    """Sends what compaction makes gaps of: [(offset, key, value)]."""
    sent = []

    def text(key, number):
        return Record(key, b"%d of %s " % (number, key) + b"." * 600)

    for cycle in range(CYCLES):
        batches = [[text(b"stays %d" % cycle, cycle)]]
        batches += [[text(b"churn %d" % key, 3 * cycle + n) for key in range(CHURN)] for n in range(3)]
        producer = stage.client.producer(idempotent=True)
        for records in batches:
            offsets = producer.send(topic, records)
            sent += [(offset, r.key, r.value) for offset, r in zip(offsets, records)]
        producer.close()
    for _ in range(3):
        stage.send(topic, [FILLER])
    return sent


def last_of_each(sent):
    last = {key: offset for offset, key, _ in sent}
    return [record for record in sent if last[record[1]] == record[0]]


def read_to(stage, topic, end):
    """What is before `end`, without the filler."""
    got, following, reader = [], 0, stage.client.reader(topic, 0)
    while following < end:
        for r in take(reader, 1):
            equal(True, r.offset >= following, f"whether {r.offset} is behind what was read before")
            following = r.offset + 1
            got.append((r.offset, r.key, r.value))
    reader.close()
    return [record for record in got if record[1] != FILLER.key]


def read_as_group(stage, group, topic, last):
    """Goes on where the group is, commits each record up to the one at `last`, and returns these without the filler."""
    got = []

    def each(r):
        got.append((r.offset, r.key, r.value))
        return r.offset <= last

    member = stage.client.join(group, topic, each=each)
    within(60, f"offset {last} is reached", lambda: got and got[-1][0] >= last)
    member.leave()
    return [record for record in got if record[0] <= last and record[1] != FILLER.key]
