"""Fetch: offsets, sizes, epochs, isolation, sessions, topics that are not there."""

from language import ALL, Script, batch, record, ref

script = Script("fetch")
script.topic("fetched", 3)
script.topic("fetched-too")


def produce(title, topic, index, *records):
    script.call(
        "Produce",
        title,
        {
            "transactional_id": None,
            "acks": -1,
            "timeout_ms": 5000,
            "topic_data": [
                {
                    "name": topic,
                    "topic_id": ref(f"id of {topic}"),
                    "partition_data": [{"index": index, "records": batch(*records)}],
                }
            ],
        },
    )


for i in range(5):
    produce(f"batch {i}", "fetched", 0, *[record(b"v%d-%d" % (i, j), at=10 * i + j) for j in range(3)])
produce("one in another partition", "fetched", 1, record(b"x" * 1000))
produce("one in another topic", "fetched-too", 0, record(b"y" * 1000))
NAMED = range(4, 13)
NOBODY = b"\7" * 16


def part(index=0, offset=0, **more):
    return {
        "partition": index,
        "current_leader_epoch": -1,
        "fetch_offset": offset,
        "last_fetched_epoch": -1,
        "log_start_offset": -1,
        "partition_max_bytes": 1 << 20,
    } | more


def topic(name, *parts, id=None):
    known = NOBODY if name == "nowhere" else ref(id or f"id of {name}")
    return {"topic": name, "topic_id": known, "partitions": list(parts)}


def fetch(title, *topics, versions="newest", on="main", bind=None, **more):
    fields = {
        "replica_id": -1,
        "max_wait_ms": 10,
        "min_bytes": 1,
        "max_bytes": 1 << 20,
        "session_epoch": -1,
        "topics": list(topics),
        "forgotten_topics_data": [],
    } | more
    script.call("Fetch", title, fields, versions=versions, on=on, bind=bind or {})


for offset in [0, 1, 2, 3, 14]:
    fetch(f"from {offset}", topic("fetched", part(offset=offset)), versions=ALL)
fetch("from the end", topic("fetched", part(offset=15)), versions=ALL)
fetch("from beyond the end", topic("fetched", part(offset=16)), versions=ALL)
fetch("from far beyond the end", topic("fetched", part(offset=1 << 60)))
fetch("from -1", topic("fetched", part(offset=-1)), versions=ALL)
fetch("from -2", topic("fetched", part(offset=-2)))
fetch("with a log start of its own", topic("fetched", part(log_start_offset=5)))
fetch("of a partition too many", topic("fetched", part(7)), versions=ALL)
fetch("of partition -1", topic("fetched", part(-1)))
fetch("of an unknown topic", topic("nowhere", part()), versions=ALL)
fetch("of no id", {"topic": "nowhere", "topic_id": bytes(16), "partitions": [part()]}, versions=ALL)
fetch("of no id and a good one", {"topic_id": bytes(16), "partitions": [part()]}, topic("fetched", part()), versions=[13, 18])
fetch("of an illegal name", topic("no blanks", part()), versions=[4, 11, 12])
fetch("of good and bad partitions", topic("fetched", part(0), part(9), part(1)), topic("nowhere", part()))
fetch("of one partition twice", topic("fetched", part(0), part(0, 3)))
fetch("of one topic twice", topic("fetched", part(0)), topic("fetched", part(1)))
fetch("of nothing", versions=ALL)
fetch("read committed", topic("fetched", part()), isolation_level=1, versions=ALL)
fetch("isolation 2", topic("fetched", part()), isolation_level=2)
fetch("isolation -1", topic("fetched", part()), isolation_level=-1)
for limit in [0, 1, 70, 200, 100_000]:
    fetch(
        f"at most {limit} bytes",
        topic("fetched", part(0), part(1)),
        topic("fetched-too", part()),
        max_bytes=limit,
        versions=[4, 12],
    )
    fetch(f"at most {limit} bytes a partition", topic("fetched", part(0, partition_max_bytes=limit)), versions=[4, 12])
fetch("at most -1 bytes", topic("fetched", part()), max_bytes=-1)
fetch("at most -1 bytes a partition", topic("fetched", part(partition_max_bytes=-1)))
fetch("at least 0 bytes at the end", topic("fetched", part(offset=15)), min_bytes=0, max_wait_ms=10_000)
fetch("at least -1 bytes at the end", topic("fetched", part(offset=15)), min_bytes=-1, max_wait_ms=10_000)
fetch("at least a lot", topic("fetched", part()), min_bytes=1 << 19)
fetch("with a negative wait", topic("fetched", part(offset=15)), max_wait_ms=-1)
fetch("an error does not wait", topic("fetched", part(offset=99)), max_wait_ms=10_000, min_bytes=1 << 20)
for epoch in [0, 1, 1000, -2]:
    fetch(f"with the leader's epoch {epoch}", topic("fetched", part(current_leader_epoch=epoch)), versions=[9, 11, 12])
for epoch in [0, 1, 1000, -2]:
    fetch(f"last fetched in epoch {epoch}", topic("fetched", part(offset=3, last_fetched_epoch=epoch)), versions=[12])
    fetch(
        f"last fetched in epoch {epoch}, beyond the end",
        topic("fetched", part(offset=30, last_fetched_epoch=epoch)),
        versions=[12],
    )
fetch("as replica 1", topic("fetched", part()), replica_id=1, versions=[4, 12])
fetch("as replica 7", topic("fetched", part()), replica_id=7)
fetch("as replica -2", topic("fetched", part()), replica_id=-2)
fetch("from a rack", topic("fetched", part()), rack_id="r1", versions=[11, 12])
fetch("of an internal topic", {"topic": "__consumer_offsets", "partitions": [part(3)]}, versions=[12])

S = [7, 12, 13, 18]
fetch("a session that nobody has", topic("fetched", part()), session_id=12345, session_epoch=1, versions=S)
fetch("closes a session that nobody has", topic("fetched", part()), session_id=12345, session_epoch=-1, versions=S)
fetch("epoch 5 without a session", topic("fetched", part()), session_id=0, session_epoch=5, versions=S)
for v in S:
    on = f"session {v}"
    more = {"versions": [v], "on": on, "session_id": ref(on)}
    fetch(
        "asks for a session",
        topic("fetched", part(0), part(1)),
        versions=[v],
        on=on,
        session_id=0,
        session_epoch=0,
        bind={on: "session_id"},
    )
    fetch("an increment of nothing", session_epoch=1, **more)
    fetch("an increment that moves on", topic("fetched", part(0, 15), part(1, 1)), session_epoch=2, **more)
    fetch("an increment with nothing new", session_epoch=3, **more)
    produce(f"something new for session {v}", "fetched", 2, record(b"new"))
    fetch("an increment that adds a partition", topic("fetched", part(2)), session_epoch=4, **more)
    fetch(
        "an increment that forgets one",
        session_epoch=5,
        forgotten_topics_data=[{"topic": "fetched", "topic_id": ref("id of fetched"), "partitions": [2]}],
        **more,
    )
    fetch("an epoch twice", session_epoch=5, **more)
    fetch("an epoch skipped", session_epoch=9, **more)
    fetch("an increment with an unknown topic", topic("nowhere", part()), session_epoch=6, **more)
    fetch("an increment with an error", topic("fetched", part(0, 99)), session_epoch=7, **more)
    fetch("the error again", session_epoch=8, **more)
    fetch("an epoch below -1", session_epoch=-2, **more)
    fetch("over another connection", session_epoch=9, **more | {"on": "main"})
    fetch("an increment that names one partition twice", topic("fetched", part(2, 0), part(2, 1)), session_epoch=10, **more)
    fetch("an increment with another limit", topic("fetched", part(0, 0, partition_max_bytes=1)), session_epoch=11, **more)
    fetch("an increment that reads on", max_bytes=100, session_epoch=12, **more)
    fetch("an increment that reads what it did not before", max_bytes=100, session_epoch=13, **more)
    script.call(
        "DeleteRecords",
        f"records of session {v} go",
        {
            "topics": [{"name": "fetched", "partitions": [{"partition_index": 2, "offset": -1}]}],
            "timeout_ms": 5000,
        },
        versions=[2],
    )
    fetch("an increment after the log start moved", session_epoch=14, **more)
    fetch("closed", topic("fetched", part()), session_epoch=-1, **more)
    fetch("after it was closed", session_epoch=15, **more)
    on = f"empty session {v}"
    more = {"versions": [v], "on": on, "session_id": ref(on)}
    fetch("asks for a session with nothing in it", versions=[v], on=on, session_id=0, session_epoch=0, bind={on: "session_id"})
    fetch("an increment of an empty session", topic("fetched", part(1)), session_epoch=1, **more)
    both = [{"topic": "fetched", "topic_id": ref("id of fetched"), "partitions": [0, 1]}]
    fetch("an increment that forgets all", topic("fetched", part(0)), session_epoch=2, forgotten_topics_data=both, **more)
    fetch("after all was forgotten", session_epoch=3, **more)
    fetch(
        "asks for another session",
        topic("fetched", part(0)),
        versions=[v],
        on=on,
        session_id=0,
        session_epoch=0,
        bind={on: "session_id"},
    )
    fetch("asks for a session in place of that", topic("fetched", part(1)), session_epoch=0, **more)
    fetch("after it was replaced", session_epoch=1, **more)
for first, then in [(12, 13), (13, 12), (18, 7)]:
    on = f"session {first} then {then}"
    fetch("asks for a session", topic("fetched", part()), versions=[first], on=on, session_id=0, session_epoch=0, bind={on: "session_id"})
    more = {"on": on, "session_id": ref(on)}
    fetch("names and ids in one session", topic("fetched", part(1)), versions=[then], session_epoch=1, **more)
    fetch("an old epoch, too", topic("fetched", part(1)), versions=[then], session_epoch=5, **more)
    fetch("as it began", topic("fetched", part(1)), versions=[first], session_epoch=1, **more)
