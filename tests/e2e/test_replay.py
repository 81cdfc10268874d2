"""What the daemon remembers of groups is there after its own log of them was compacted and the daemon was killed."""

from harness.broker import wait_until
from harness.wire import Connection, create_topic

# Segments that are closed at once, so that nearly all of the log is compacted.
FAST = {
    "offsets_topic_num_partitions": 2,
    "segment_ms": 50,
    "compaction_check_interval_ms": 100,
    "group_initial_rebalance_delay_ms": 0,
}
ROUNDS = 40
SIMPLE = [f"simple-{i}" for i in range(8)]
DOOMED = [f"doomed-{i}" for i in range(4)]
LOG = "__consumer_offsets"


def commit(c, group, offset, member="", epoch=-1):
    partitions = [{"partition_index": p, "committed_offset": offset + p, "committed_metadata": f"{offset}"} for p in range(2)]
    request = {"group_id": group, "generation_id_or_member_epoch": epoch, "member_id": member}
    answer = c.call("OffsetCommit", 9, request | {"topics": [{"name": "t", "partitions": partitions}]})
    assert [p["error_code"] for p in answer["topics"][0]["partitions"]] == [0, 0], group


def committed(c, groups):
    """{group: {(topic, partition): (offset, metadata)}}"""
    asked = [{"group_id": group, "member_id": None, "member_epoch": -1, "topics": None} for group in groups]
    found = c.call("OffsetFetch", 9, {"groups": asked})["groups"]
    return {
        group["group_id"]: {
            (topic["name"], p["partition_index"]): (p["committed_offset"], p["metadata"])
            for topic in group["topics"]
            for p in topic["partitions"]
        }
        for group in found
    }


class Consumer:
    """A member in the protocol of KIP-848 that takes and gives up at once what it is told to."""

    def __init__(self, c, member_id, topics):
        self.c, self.id, self.epoch, self.owned = c, member_id, 0, []
        self.beat(subscribed_topic_names=topics)

    def beat(self, **more):
        request = {"group_id": "newer", "member_id": self.id, "member_epoch": self.epoch, "rebalance_timeout_ms": 60_000}
        answer = self.c.call("ConsumerGroupHeartbeat", 1, request | {"topic_partitions": self.owned} | more)
        assert answer["error_code"] == 0, answer
        self.epoch = answer["member_epoch"]
        if answer["assignment"] is not None:
            self.owned = answer["assignment"]["topic_partitions"]

    def leave(self):
        self.epoch = -1
        self.beat()


class Member:
    """The only member of a classic group."""

    def __init__(self, c):
        self.c, self.id, self.generation = c, "", -1

    def join(self):
        request = {"group_id": "older", "session_timeout_ms": 60_000, "rebalance_timeout_ms": 60_000, "member_id": self.id}
        protocols = [{"name": "own", "metadata": b"metadata"}]
        answer = self.c.call("JoinGroup", 3, request | {"protocol_type": "own", "protocols": protocols})
        assert answer["error_code"] == 0, answer
        self.id, self.generation = answer["member_id"], answer["generation_id"]
        part = {"member_id": self.id, "assignment": b"in generation %d" % self.generation}
        place = {"group_id": "older", "generation_id": self.generation, "member_id": self.id}
        assert self.c.call("SyncGroup", 3, place | {"assignments": [part]})["error_code"] == 0

    def beat(self):
        place = {"group_id": "older", "generation_id": self.generation, "member_id": self.id}
        return self.c.call("Heartbeat", 3, place)["error_code"]


def groups(c):
    """Everything that can be asked about them."""
    names = [*SIMPLE, *DOOMED, "newer", "older"]
    listed = {
        (g["group_id"], g["protocol_type"], g["group_state"], g["group_type"])
        for g in c.call("ListGroups", 5, {"states_filter": [], "types_filter": []})["groups"]
        if not g["group_id"].startswith("ticker")
    }
    newer = c.call("ConsumerGroupDescribe", 1, {"group_ids": ["newer"]})["groups"][0]
    older = c.call("DescribeGroups", 5, {"groups": ["older"]})["groups"][0]
    return {"listed": listed, "committed": committed(c, names), "newer": newer, "older": older}


def ends(c):
    return [c.list_offset(LOG, partition, -1)["offset"] for partition in range(2)]


def is_compacted(c, up_to):
    """Does what stood in the log then hold every key once?"""
    for partition, end in enumerate(up_to):
        keys = [r.key for batch in c.read_log(LOG, partition) for offset, r in batch.records() if offset < end]
        if len(set(keys)) < len(keys):
            return False
    return True


def test_groups_are_as_they_were_before_their_log_was_compacted_and_the_daemon_killed(own_broker):
    broker = own_broker(**FAST).start()
    create_topic(broker.address, "t", 2)
    create_topic(broker.address, "u", 3)
    with Connection(broker.address) as c:
        first, second, gone = [Consumer(c, name, ["t"]) for name in ("first", "second", "gone")]
        member = Member(c)
        for cycle in range(2):
            for number in range(ROUNDS):
                offset = cycle * ROUNDS + number
                for group in SIMPLE + DOOMED:
                    commit(c, group, offset)
                second.beat(subscribed_topic_names=["t", "u"] if number % 2 else ["u"])
                for consumer in (first, second, first, second):
                    consumer.beat()
                commit(c, "newer", offset, first.id, first.epoch)
                member.join()
                commit(c, "older", offset, member.id, member.generation)
            if cycle == 0:
                gone.leave()
            for consumer in (first, second, first, second):
                consumer.beat()
            results = c.call("DeleteGroups", 2, {"groups_names": DOOMED})["results"]
            assert {r["error_code"] for r in results} == {0}
            expected = groups(c)
            assert {name for name, *_ in expected["listed"]} == {*SIMPLE, "newer", "older"}
            assert {m["member_id"] for m in expected["newer"]["members"]} == {"first", "second"}
            assert not any(expected["committed"][group] for group in DOOMED)
            written = ends(c)
            assert sum(written) > (cycle + 1) * ROUNDS * 20

            def compacted():
                for i in range(4):
                    commit(c, f"ticker-{i}", 0)  # closes the segments before
                return is_compacted(c, written)

            wait_until(compacted, "that of every key one record is left")
            broker.crash_and_restart()
            c = first.c = second.c = gone.c = member.c = Connection(broker.address)
            assert groups(c) == expected
            for consumer in (first, second):
                consumer.beat()
            assert member.beat() == 0
