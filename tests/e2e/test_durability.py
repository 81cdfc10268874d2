"""kill -9 at any moment: what was acknowledged is there, at its offset, once; and everybody goes on where they were.

MILLRACE_E2E_CRASHES sets how often the crash loops kill the daemon (20 if not given).
"""

import os
import random
import time

import confluent_kafka
import kafka
import pytest
from confluent_kafka import TopicPartition
from kafka.admin import KafkaAdminClient, NewPartitions
from kafka.errors import InvalidPartitionsError

from harness import batches, wire
from harness.broker import wait_until
from harness.confluent import ConfluentClient
from harness.journal import Journal
from harness.kafka_python import KafkaPythonClient
from harness.kcat import KcatClient
from harness.load import Committing, Producing, Reading
from harness.members import Member, wait_for_records, wait_for_shares
from harness.rdk import LibrdkafkaClient
from harness.records import assert_contiguous, text_records
from harness.wire import Connection, create_topic

CRASHES = int(os.environ.get("MILLRACE_E2E_CRASHES", "20"))
FAST_GROUPS = {"group_initial_rebalance_delay_ms": 0}


def read_all(address, topic, partitions):
    """{partition: [(offset, value)]}, by the raw protocol."""
    out = {}
    with Connection(address, timeout=60) as c:
        for partition in range(partitions):
            log = c.read_log(topic, partition)
            out[partition] = [(offset, r.value) for batch in log for offset, r in batch.records()]
    return out


def committed(address, group, topic, partitions=1):
    with Connection(address, timeout=30) as c:
        asked = [{"name": topic, "partition_indexes": list(range(partitions))}]

        def answer():
            found = c.call("OffsetFetch", 5, {"group_id": group, "topics": asked})
            parts = found["topics"][0]["partitions"] if found["error_code"] == 0 else []
            return parts if all(p["error_code"] == 0 for p in parts) else None

        found = wait_until(answer, "the committed offsets")
        return {p["partition_index"]: (p["committed_offset"], p["metadata"]) for p in found}


def crash_loop(broker, journal, crashes, seed):
    """Kills the daemon `crashes` times under load, also while it starts, and waits each time until it serves again."""
    dice = random.Random(seed)
    for cycle in range(crashes):
        wanted = journal.acks() + dice.randrange(1, 400)
        wait_until(lambda: journal.acks() >= wanted, "progress under load", timeout=60)
        broker.kill()
        if cycle % 4 == 3:
            broker.spawn()
            time.sleep(dice.random() * 0.1)  # where in its start the daemon dies is what is random here
            broker.kill()
        broker.start()


# Small segments roll often, frequent checkpoints are crashed into, and indexes have many entries.
SHAPES = {
    "as shipped": {},
    "small segments": {
        "segment_bytes": 65536, "max_message_bytes": 60000, "index_interval_bytes": 512, "checkpoint_interval_ms": 100,
    },
    "page cache": {"durability": "os"},
    "interval": {"durability": "interval", "flush_interval_ms": 20, "checkpoint_interval_ms": 150},
}  # fmt: skip


@pytest.mark.on_disk
@pytest.mark.parametrize("shape", SHAPES)
def test_nothing_acknowledged_is_lost_or_doubled_over_many_crashes(shape, own_broker):
    crashes = CRASHES if shape == "as shipped" else max(1, CRASHES // 3)
    broker = own_broker(**SHAPES[shape]).start()
    topic = create_topic(broker.address, "journal", partitions=3)
    journal = Journal()
    workers = [
        Producing(journal, broker.address, topic, 3, "idempotent"),
        Reading(journal, broker.address, topic, 3),
        Committing(journal, broker.address, "committing", topic),
    ]
    for w in workers:
        w.start()
    crash_loop(broker, journal, crashes, seed=shape)
    for w in workers:
        w.stop()
    assert not journal.failed, f"{len(journal.failed)} records failed: {journal.failed[:3]}"
    log = read_all(broker.address, topic, 3)
    violations = journal.check(log, idempotent=True)
    held = {("committing", p): offset for p, (offset, _) in committed(broker.address, "committing", topic, 1).items()}
    violations += journal.check_commits(held)
    assert not violations, f"{len(violations)} violations: " + "; ".join(violations[:8])
    assert journal.acks() == sum(map(len, log.values())) > 0
    # C-8: nothing acknowledged is unseen.
    assert journal.committed["committing", 0] > 0
    broker.stop()


@pytest.mark.on_disk
def test_a_producer_without_idempotence_loses_nothing_either(own_broker):
    broker = own_broker().start()
    topic = create_topic(broker.address, "journal", partitions=2)
    journal = Journal()
    producing = Producing(journal, broker.address, topic, 2, "plain", idempotent=False, acks="1").start()
    crash_loop(broker, journal, max(1, CRASHES // 4), seed="plain")
    producing.stop()
    assert not journal.failed
    violations = journal.check(read_all(broker.address, topic, 2), idempotent=False)
    assert not violations, "; ".join(violations[:8])


class TestClientsResume:
    """Produce, commit, kill -9, restart on the same data directory: each client goes on where it was."""

    @pytest.mark.parametrize("client", [LibrdkafkaClient(), ConfluentClient(), KafkaPythonClient(), KcatClient()],
                             ids=lambda c: c.name)  # fmt: skip
    def test_what_was_acknowledged_is_read_after_a_crash(self, client, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t", partitions=1)
        first = text_records(500, seed=1)
        client.produce(broker.address, "t", first, codec="lz4")
        broker.crash_and_restart()
        second = text_records(500, seed=2)
        client.produce(broker.address, "t", second, codec="zstd")
        broker.crash_and_restart()
        got = client.consume(broker.address, "t", 1000)
        assert [c.record.value for c in got] == [r.value for r in first + second]
        assert_contiguous(got)

    @pytest.mark.parametrize("kind", ["librdkafka", "confluent", "kafka-python"])
    def test_a_group_goes_on_at_its_commit(self, kind, own_broker):
        broker = own_broker(**FAST_GROUPS).start()
        create_topic(broker.address, "t", partitions=2)
        produce = LibrdkafkaClient().produce
        for p in range(2):
            produce(broker.address, "t", text_records(100, seed=p), partition=p)
        first = Member(kind, broker.address, "g", "t")
        wait_for_records([first], 200)
        assert first.commit() == {("t", 0): 100, ("t", 1): 100}
        broker.kill()
        first.crash()
        broker.start()
        for p in range(2):
            produce(broker.address, "t", text_records(10, seed=5 + p), partition=p)
        second = Member(kind, broker.address, "g", "t")
        wait_for_records([second], 20)
        assert sorted((r.partition, r.offset) for r in second.records) == [(p, 100 + i) for p in range(2) for i in range(10)]
        second.close()

    @pytest.mark.parametrize("kind", ["librdkafka", "confluent", "kafka-python"])
    @pytest.mark.parametrize("how", ["crash", "stop"])
    def test_two_members_keep_their_generation_across_a_restart(self, how, kind, own_broker):
        broker = own_broker(**FAST_GROUPS).start()
        create_topic(broker.address, "t", partitions=4)
        settings = {"session.timeout.ms": 30_000, "reconnect.backoff.max.ms": 100}
        members = [Member(kind, broker.address, "g", "t", **settings) for _ in range(2)]
        wait_for_shares(members, "t", 4)
        with Connection(broker.address) as c:
            before = c.call("DescribeGroups", 4, {"groups": ["g"]})["groups"][0]
        rebalances = [m.count("assigned") + m.count("revoked") + m.count("lost") for m in members]
        if how == "crash":
            broker.crash_and_restart()
        else:
            broker.restart()
        for p in range(4):
            LibrdkafkaClient().produce(broker.address, "t", text_records(20, seed=p), partition=p)
        wait_for_records(members, 80)

        def commits_work():
            return all(isinstance(m.commit(), dict) for m in members)

        wait_until(commits_work, "commits with the old generation")
        assert [m.count("assigned") + m.count("revoked") + m.count("lost") for m in members] == rebalances
        with Connection(broker.address) as c:
            after = c.call("DescribeGroups", 4, {"groups": ["g"]})["groups"][0]
        assert after["group_state"] == "Stable"
        assert {m["member_id"] for m in after["members"]} == {m["member_id"] for m in before["members"]}
        assert after["protocol_data"] == before["protocol_data"]
        seen = sorted((r.partition, r.offset) for m in members for r in m.records)
        assert seen == [(p, o) for p in range(4) for o in range(20)]
        for m in members:
            m.close()

    def test_commits_and_their_metadata_survive(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t", partitions=1)
        consumer = kafka.KafkaConsumer(bootstrap_servers=broker.address, group_id="g", enable_auto_commit=False)
        where = kafka.TopicPartition("t", 0)
        consumer.assign([where])
        for i in range(1, 30):
            consumer.commit({where: kafka.OffsetAndMetadata(i, f"note {i}")})
        broker.kill()
        consumer.close(autocommit=False)
        broker.start()
        assert committed(broker.address, "g", "t") == {0: (29, "note 29")}


@pytest.mark.on_disk
class TestState:
    """What the broker itself must remember."""

    def producer_id(self, address):
        with Connection(address) as c:
            body = c.call("InitProducerId", 1, {"transactional_id": None, "transaction_timeout_ms": 60_000})
            assert body["error_code"] == 0
            return body["producer_id"]

    def send(self, address, producer, sequence):
        with Connection(address) as c:
            batch = batches.build(text_records(3), producer_id=producer, producer_epoch=0, base_sequence=sequence)
            answer = c.produce("t", 0, batch)
            return answer["error_code"], answer["base_offset"]

    @pytest.mark.parametrize("how", ["crash", "stop"])
    def test_a_batch_repeated_after_a_restart_is_known(self, how, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        producer = self.producer_id(broker.address)
        for sequence in range(0, 30, 3):
            assert self.send(broker.address, producer, sequence) == (0, sequence)
        broker.crash_and_restart() if how == "crash" else broker.restart()
        assert [self.send(broker.address, producer, s) for s in (15, 18, 21, 24, 27)] == [
            (0, s) for s in (15, 18, 21, 24, 27)
        ]
        assert self.send(broker.address, producer, 33)[0] == 45, "a gap must still be noticed"
        assert self.send(broker.address, producer, 30) == (0, 30)

    def test_producer_ids_never_repeat(self, own_broker):
        broker = own_broker().start()
        given = []
        for how in ("crash", "stop", "crash", "crash"):
            given += [self.producer_id(broker.address) for _ in range(5)]
            broker.crash_and_restart() if how == "crash" else broker.restart()
        given += [self.producer_id(broker.address)]
        assert len(set(given)) == len(given)

    @pytest.mark.parametrize("how", ["crash", "stop"])
    def test_topics_keep_id_partitions_configuration_and_epoch(self, how, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "keep", 3, {"retention.ms": 12345678, "segment.bytes": 3145728})
        create_topic(broker.address, "gone", 1)

        def state():
            with Connection(broker.address) as c:
                found = c.call("Metadata", 10, {"topics": [{"name": "keep"}]})["topics"][0]
                asked = [{"resource_type": 2, "resource_name": "keep", "configuration_keys": None}]
                configs = c.call("DescribeConfigs", 1, {"resources": asked})["results"][0]["configs"]
                epochs = [p["leader_epoch"] for p in found["partitions"]]
                chosen = {e["name"]: e["value"] for e in configs if e["name"] in ("retention.ms", "segment.bytes")}
                return found["topic_id"], len(found["partitions"]), chosen, epochs

        with Connection(broker.address) as c:
            c.call("DeleteTopics", 3, {"topic_names": ["gone"], "timeout_ms": 10_000})
        before = state()
        broker.crash_and_restart() if how == "crash" else broker.restart()
        after = state()
        assert after[:3] == before[:3]
        assert all(new >= old for old, new in zip(before[3], after[3])), "a leader epoch went backwards"
        with Connection(broker.address) as c:
            names = {t["name"] for t in c.call("Metadata", 5, {"topics": None})["topics"]}
        assert "keep" in names and "gone" not in names

    def test_every_answered_creation_and_deletion_survives(self, own_broker):
        broker = own_broker().start()
        dice = random.Random(4)
        alive, dead, number = set(), set(), 0
        for _ in range(max(3, CRASHES // 3)):
            with Connection(broker.address) as c:
                for _ in range(dice.randrange(1, 12)):
                    if alive and dice.random() < 0.4:
                        name = dice.choice(sorted(alive))
                        answer = c.call("DeleteTopics", 3, {"topic_names": [name], "timeout_ms": 10_000})
                        assert answer["responses"][0]["error_code"] == 0
                        alive.discard(name)
                        dead.add(name)
                    else:
                        name = f"topic-{number}"
                        number += 1
                        asked = [{"name": name, "num_partitions": 2, "replication_factor": 1}]
                        answer = c.call("CreateTopics", 4, {"topics": asked, "timeout_ms": 10_000})
                        assert answer["topics"][0]["error_code"] == 0
                        alive.add(name)
            broker.crash_and_restart()
            with Connection(broker.address) as c:
                names = {t["name"] for t in c.call("Metadata", 5, {"topics": None})["topics"]}
            assert alive <= names, f"created and gone: {alive - names}"
            assert not dead & names, f"deleted and back: {dead & names}"

    def test_the_log_start_stays_where_it_was_moved(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        with Connection(broker.address) as c:
            for _ in range(3):
                c.produce("t", 0, batches.build(text_records(10)))
            asked = [{"name": "t", "partitions": [{"partition_index": 0, "offset": 17}]}]
            answer = c.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 10_000})
            assert answer["topics"][0]["partitions"][0]["error_code"] == 0
        broker.crash_and_restart()
        with Connection(broker.address) as c:
            assert c.list_offset("t", 0, -2)["offset"] == 17
            assert c.fetch("t", 0, 16)["error_code"] == 1
            assert c.produce("t", 0, batches.build(text_records(1)))["base_offset"] == 30


@pytest.mark.on_disk
class TestFiles:
    """What lies in the data directory after a crash, and what is made of it."""

    def filled(self, own_broker, **settings):
        broker = own_broker(**settings).start()
        create_topic(broker.address, "t")
        with Connection(broker.address) as c:
            for i in range(20):
                c.produce("t", 0, batches.build(text_records(10, seed=i)))
        return broker, read_all(broker.address, "t", 1)[0]

    def segment(self, broker):
        return sorted((broker.data / "t-0").glob("*.log"))[-1]

    @pytest.mark.parametrize("tail", [b"\0" * 5000, b"\xa5" * 777, b"\1"], ids=["zeros", "garbage", "one byte"])
    def test_a_torn_tail_is_cut_and_the_rest_kept(self, tail, own_broker):
        broker, before = self.filled(own_broker)
        broker.kill()
        with self.segment(broker).open("ab") as file:
            file.write(tail)
        broker.start()
        assert read_all(broker.address, "t", 1)[0] == before
        with Connection(broker.address) as c:
            assert c.produce("t", 0, batches.build(text_records(1)))["base_offset"] == 200

    def test_half_a_batch_at_the_end_is_cut(self, own_broker):
        broker, before = self.filled(own_broker)
        batch = batches.build(text_records(10), base_offset=200)
        broker.kill()
        with self.segment(broker).open("ab") as file:
            file.write(batch[: len(batch) // 2])
        broker.start()
        assert read_all(broker.address, "t", 1)[0] == before

    @pytest.mark.parametrize("suffix", [".index", ".timeindex", ".txnindex"])
    @pytest.mark.parametrize("damage", ["gone", "emptied", "garbage"])
    def test_indexes_are_made_anew(self, damage, suffix, own_broker):
        broker, before = self.filled(own_broker, index_interval_bytes=200)
        broker.kill()
        for path in (broker.data / "t-0").glob("*" + suffix):
            if damage == "gone":
                path.unlink()
            else:
                path.write_bytes(b"" if damage == "emptied" else b"\xa5" * 96)
        broker.start()
        assert read_all(broker.address, "t", 1)[0] == before
        with Connection(broker.address) as c:
            for offset in (0, 57, 199):
                got = batches.split(c.fetch("t", 0, offset)["records"])
                assert got[0].base_offset == offset - offset % 10
            stamp = c.list_offset("t", 0, -3, version=7)
            assert c.list_offset("t", 0, stamp["timestamp"])["offset"] == stamp["offset"]

    def test_damage_in_the_middle_is_not_cut_away(self, own_broker):
        """Below the flushed mark a bad batch is bit rot: it is never served, and what is around it is kept."""
        broker, before = self.filled(own_broker, checkpoint_interval_ms=100)
        broker.expect_error(r"t-0|damage|quarantine|corrupt")
        broker.stop()
        path = self.segment(broker)
        data = bytearray(path.read_bytes())
        bad = len(data) // 2
        data[bad] ^= 0xFF
        path.write_bytes(data)
        (broker.data / "clean-shutdown").unlink(missing_ok=True)
        broker.start()
        with Connection(broker.address) as c:
            assert c.list_offset("t", 0, -1)["offset"] == 200, "acknowledged records were cut away"
            assert c.list_offset("t", 0, -2)["offset"] == 0
            served, refused = {}, []
            for offset in range(0, 200, 10):
                answer = c.fetch("t", 0, offset, partition_max_bytes=1)
                if answer["error_code"]:
                    refused.append((offset, answer["error_code"]))
                    continue
                for batch in batches.split(answer["records"]):
                    served |= dict((o, r.value) for o, r in batch.records())
            assert len(refused) == 1 and refused[0][1] == 56, refused
            assert served == {o: v for o, v in before if not refused[0][0] <= o < refused[0][0] + 10}
            assert c.produce("t", 0, batches.build(text_records(1)))["base_offset"] == 200

    def test_a_clean_stop_leaves_a_mark_and_a_start_takes_it_away(self, own_broker):
        broker, before = self.filled(own_broker)
        mark = broker.data / "clean-shutdown"
        assert not mark.exists()
        broker.stop()
        assert mark.exists()
        broker.start()
        assert not mark.exists()
        assert read_all(broker.address, "t", 1)[0] == before

    def test_an_unknown_directory_is_never_deleted(self, own_broker):
        broker, before = self.filled(own_broker)
        broker.stop()
        strange = broker.data / "stranger-0"
        strange.mkdir()
        (strange / "precious").write_text("keep me")
        broker.expect_error("stranger")
        broker.start()
        found = [p for p in broker.data.rglob("precious")]
        assert len(found) == 1 and found[0].read_text() == "keep me"
        assert read_all(broker.address, "t", 1)[0] == before

    def test_a_directory_without_its_identity_is_refused(self, own_broker):
        broker, _ = self.filled(own_broker)
        broker.stop()
        (broker.data / "broker.json").unlink()
        broker.expect_error("broker.json")
        broker.spawn()
        assert broker.process.wait(30) not in (0, None)
        assert "broker.json" in broker.log_of_this_run()
        assert self.segment(broker).exists()


def test_with_too_little_space_producing_is_refused_and_reading_goes_on(own_broker):
    broker = own_broker(min_free_bytes=1 << 60).start()
    broker.expect_error("space|free")
    create_topic(broker.address, "t")
    with Connection(broker.address) as c:
        error = c.produce("t", 0, batches.build(text_records(1)))["error_code"]
        assert error == 56, "clients retry a storage error"
        assert c.fetch("t", 0, 0, max_wait_ms=0)["error_code"] == 0
        assert c.list_offset("t", 0, -1)["offset"] == 0


def test_a_consumer_reads_on_through_a_restart_without_a_gap(own_broker):
    broker = own_broker().start()
    create_topic(broker.address, "t")
    client = ConfluentClient()
    settings = {"bootstrap.servers": broker.address, "group.id": "x", "reconnect.backoff.max.ms": 100}
    consumer = confluent_kafka.Consumer(settings | {"auto.offset.reset": "error"})
    consumer.assign([TopicPartition("t", 0, 0)])
    seen = []

    def read(count):
        def enough():
            for m in consumer.consume(100, timeout=0.1):
                if m.error() is None:
                    seen.append((m.offset(), m.value()))
            return len(seen) >= count

        wait_until(enough, f"{count} records", timeout=60)

    sent = []
    for round_ in range(3):
        more = text_records(50, seed=round_)
        sent += more
        client.produce(broker.address, "t", more)
        read(len(sent))
        broker.crash_and_restart() if round_ % 2 else broker.restart()
    assert seen == [(i, r.value) for i, r in enumerate(sent)]
    consumer.close()


def test_partitions_that_a_topic_grew_by_are_there_after_a_crash(own_broker):
    broker = own_broker()
    broker.start()
    topic = wire.create_topic(broker.address, "grown", 1)
    client = KafkaAdminClient(bootstrap_servers=broker.address)
    client.create_partitions({topic: NewPartitions(4)})
    with pytest.raises(InvalidPartitionsError):
        client.create_partitions({topic: NewPartitions(3)})
    client.close()
    reports = LibrdkafkaClient().produce(broker.address, topic, text_records(5), partition=3)
    assert [error for _, error in reports] == [None] * 5
    broker.crash_and_restart()
    with wire.Connection(broker.address) as c:
        described = c.call("Metadata", 9, {"topics": [{"name": topic}], "allow_auto_topic_creation": False})
    assert sorted(p["partition_index"] for p in described["topics"][0]["partitions"]) == [0, 1, 2, 3]
    assert [value for _, value in read_all(broker.address, topic, 4)[3]] == [r.value for r in text_records(5)]
