"""kafka-python, in its words."""

import contextlib
import re

import kafka
from client import Base, Config, Group, Record, Refused
from kafka import TopicPartition, errors
from kafka.admin import ConfigResource, OffsetSpec
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from stage import Polling

ASSIGNORS = {
    "range": RangePartitionAssignor,
    "roundrobin": RoundRobinPartitionAssignor,
    "sticky": StickyPartitionAssignor,
    "cooperative-sticky": CooperativeStickyAssignor,
}
# A poll that ends while the member is joining can leave it outside for ever: with 50 ms about one in twenty joins, against
# Apache Kafka as well.
POLL_MS = 1000
SPECS = {"earliest": OffsetSpec.EARLIEST, "latest": OffsetSpec.LATEST}


@contextlib.contextmanager
def refusing():
    try:
        yield
    except errors.BrokerResponseError as e:
        raise Refused(e.errno) from e


def check(error):
    """An error that an answer has in it: a class, its name, or a sentence that begins with its number."""
    if isinstance(error, str):
        numbered = re.match(r"\[Error (-?\d+)\]", error)
        error = int(numbered.group(1)) if numbered else 0 if error == "OK" else getattr(errors, error).errno
    elif not isinstance(error, int):
        error = error.errno
    if error:
        raise Refused(error)


def records(polled):
    for messages in polled.values():
        for m in messages:
            yield Record(m.key, m.value, m.partition, m.offset, tuple(m.headers), m.timestamp)


class Producer:
    def __init__(self, address, codec, acks, idempotent):
        self.producer = kafka.KafkaProducer(
            bootstrap_servers=address,
            compression_type=None if codec == "none" else codec,
            acks="all" if idempotent else acks if acks == "all" else int(acks),
            enable_idempotence=idempotent,
            max_request_size=1_100_000,
            linger_ms=2,
            reconnect_backoff_max_ms=200,
        )
        self.promises = acks != "0"

    def send(self, topic, records):
        futures = [
            self.producer.send(
                topic, r.value, r.key, headers=list(r.headers), partition=r.partition, timestamp_ms=r.time
            )
            for r in records
        ]
        self.producer.flush(60)
        return [f.get(60).offset for f in futures] if self.promises else None

    def close(self):
        self.producer.close()


class Reader:
    def __init__(self, address, topic, partition, offset=0, time=None, latest=False, max_wait_ms=100):
        self.consumer = kafka.KafkaConsumer(
            bootstrap_servers=address,
            fetch_max_wait_ms=max_wait_ms,
            request_timeout_ms=60_000,
            max_partition_fetch_bytes=4 << 20,
        )
        where = TopicPartition(topic, partition)
        self.consumer.assign([where])
        if latest:
            self.consumer.seek_to_end(where)
        elif time is not None:
            self.consumer.seek(where, self.consumer.offsets_for_times({where: time})[where].offset)
        else:
            self.consumer.seek(where, offset)

    def next(self, seconds):
        return list(records(self.consumer.poll(int(seconds * 1000))))

    def close(self):
        self.consumer.close()


class Member:
    def __init__(self, address, group, topic, protocol, instance, each):
        self.consumer = kafka.KafkaConsumer(
            bootstrap_servers=address,
            group_id=group,
            group_instance_id=instance,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=20_000 if instance else 2000,
            heartbeat_interval_ms=100,
            fetch_max_wait_ms=100,
            partition_assignment_strategy=(ASSIGNORS[protocol or "range"],),
        )
        self.consumer.subscribe([topic])
        self.topic, self.each = topic, each
        self.polling = Polling(self._turn, self.consumer.close)

    def _turn(self):
        for record in records(self.consumer.poll(POLL_MS)):
            if self.each(record):
                where = TopicPartition(self.topic, record.partition)
                self.consumer.commit({where: kafka.OffsetAndMetadata(record.offset + 1, "", -1)})

    def held(self):
        return sorted(where.partition for where in self.consumer.assignment())

    def leave(self):
        self.polling.end()


class Client(Base):
    protocols = {name: () for name in ASSIGNORS}
    empty_records = null_headers = False

    @property
    def admin(self):
        """A new one each time: one that lived through a crash of the broker would first have to find out."""
        return contextlib.closing(kafka.KafkaAdminClient(bootstrap_servers=self.address))

    @contextlib.contextmanager
    def asking(self):
        with refusing(), self.admin as admin:
            yield admin

    def producer(self, codec="none", acks="all", idempotent=False):
        return Producer(self.address, codec, acks, idempotent)

    def reader(self, topic, partition, **place):
        return Reader(self.address, topic, partition, **place)

    def join(self, group, topic, protocol=None, instance=None, each=None):
        return Member(self.address, group, topic, protocol, instance, each)

    def create_topic(self, topic, partitions, replicas=1, configs=None):
        wanted = {"num_partitions": partitions, "replication_factor": replicas, "configs": configs or {}}
        with self.asking() as admin:
            admin.create_topics({topic: wanted})

    def delete_topic(self, topic):
        with self.asking() as admin:
            admin.delete_topics([topic])

    def topics(self):
        with self.asking() as admin:
            return {t["name"]: len(t["partitions"]) for t in admin.describe_topics()}

    def add_partitions(self, topic, count):
        with self.asking() as admin:
            admin.create_partitions({topic: count})

    def config(self, topic, name):
        with self.asking() as admin:
            found = admin.describe_configs([ConfigResource("TOPIC", topic)], config_filter="all")["topic"][topic][name]
        return Config(found["value"], found["config_source"] == "DEFAULT_CONFIG")

    def _alter(self, topic, configs, incremental):
        with self.asking() as admin:
            answers = admin.alter_configs([ConfigResource("TOPIC", topic, configs)], incremental=incremental)
        check(answers["topic"][topic])

    def set_config(self, topic, name, value):
        self._alter(topic, {name: ("DELETE", None) if value is None else value}, incremental=True)

    def offset(self, topic, partition, at):
        where = TopicPartition(topic, partition)
        with self.asking() as admin:
            return admin.list_partition_offsets({where: SPECS.get(at, at)})[where].offset

    def delete_records(self, topic, partition, before):
        where = TopicPartition(topic, partition)
        with self.asking() as admin:
            return admin.delete_records({where: before})[where]["low_watermark"]

    def groups(self):
        with self.asking() as admin:
            return [g["group_id"] for g in admin.list_groups()]

    def group(self, group):
        with self.asking() as admin:
            found = admin.describe_groups([group])[group]
        return Group(found["group_state"], len(found["members"]))

    def commit(self, group, topic, offsets):
        wanted = {TopicPartition(topic, p): kafka.OffsetAndMetadata(o, "", -1) for p, o in offsets.items()}
        with self.asking() as admin:
            for error in admin.alter_group_offsets(group, wanted).values():
                check(error)

    def committed(self, group, topic, partitions):
        with self.asking() as admin:
            return {where.partition: found.offset for where, found in admin.list_group_offsets(group)[group].items()}

    def delete_offset(self, group, topic, partition):
        with self.asking() as admin:
            for error in admin.delete_group_offsets(group, [TopicPartition(topic, partition)]).values():
                check(error)

    def delete_group(self, group):
        with self.asking() as admin:
            check(admin.delete_groups([group])[group])

    def cluster(self):
        with self.asking() as admin:
            found = admin.describe_cluster()
        return len(found["brokers"]), found["controller_id"] in [b["broker_id"] for b in found["brokers"]]

    def elect_leader(self, topic, partition):
        with self.asking() as admin:
            answer = admin.elect_leaders(0, {topic: [partition]}, raise_errors=False)
        check(answer.replica_election_results[0].partition_result[0].error_code)

    def reassignments(self, topic):
        with self.asking() as admin:
            return len(admin.list_partition_reassignments({topic: [0]}))

    def bytes_on_disk(self, topic, partition):
        with self.asking() as admin:
            directories = admin.describe_log_dirs({topic: [partition]})[0]["log_dirs"]
        return sum(p["partition_size"] for d in directories for t in d["topics"] for p in t["partitions"])

    def last_sequences(self, topic, partition):
        where = TopicPartition(topic, partition)
        with self.asking() as admin:
            return [p.last_sequence for p in admin.describe_producers([where])[where].active_producers]
