"""confluent-kafka, in its words."""

import contextlib

from client import Base, Config, Group, Record, Refused
from confluent_kafka import (
    OFFSET_END,
    TIMESTAMP_NOT_AVAILABLE,
    Consumer,
    ConsumerGroupTopicPartitions,
    ElectionType,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    ConfigSource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
)
from stage import Fault, Polling

TOPIC = ConfigResource.Type.TOPIC
SPECS = {"earliest": OffsetSpec.earliest, "latest": OffsetSpec.latest}


@contextlib.contextmanager
def refusing():
    try:
        yield
    except KafkaException as e:
        raise Refused(e.args[0].code()) from e


def only(futures):
    """The answer of an administrator's request about one thing."""
    with refusing():
        return next(iter(futures.values())).result(30)


def record(m):
    kind, at = m.timestamp()
    headers = tuple(m.headers() or ())
    return Record(m.key(), m.value(), m.partition(), m.offset(), headers, None if kind == TIMESTAMP_NOT_AVAILABLE else at)


class Sender:
    def __init__(self, address, codec, acks, idempotent):
        self.producer = Producer(
            {
                "bootstrap.servers": address,
                "compression.type": codec,
                "acks": acks,
                "enable.idempotence": idempotent,
                "message.max.bytes": 1_048_588,
                "linger.ms": 2,
                "reconnect.backoff.max.ms": 200,
            }
        )
        self.promises = acks != "0"

    def send(self, topic, records):
        offsets = [None] * len(records)

        def delivered(number):
            def note(error, message):
                offsets[number] = error or message.offset()

            return note

        for number, r in enumerate(records):
            self.producer.produce(
                topic,
                r.value,
                r.key,
                r.partition,
                on_delivery=delivered(number),
                timestamp=r.time or 0,
                headers=list(r.headers),
            )
        self.producer.flush(60)
        if not self.promises:
            return None
        if failed := [o for o in offsets if not isinstance(o, int)]:
            raise Fault(f"{len(failed)} records have no offset, one for {failed[0]}")
        return offsets

    def close(self):
        self.producer.flush(10)


class Reader:
    def __init__(self, address, topic, partition, offset=0, time=None, latest=False, max_wait_ms=100):
        self.consumer = Consumer(
            {
                "bootstrap.servers": address,
                "group.id": "nobody",
                "enable.auto.commit": False,
                "fetch.wait.max.ms": max_wait_ms,
                "socket.timeout.ms": 60_000,
            }
        )
        if time is not None:
            offset = self.consumer.offsets_for_times([TopicPartition(topic, partition, time)], 30)[0].offset
        self.consumer.assign([TopicPartition(topic, partition, OFFSET_END if latest else offset)])

    def next(self, seconds):
        got = self.consumer.consume(1000, min(seconds, 0.1))
        for message in got:
            if message.error():
                raise KafkaException(message.error())
        return [record(m) for m in got]

    def close(self):
        self.consumer.close()


class Member:
    def __init__(self, address, group, topic, protocol, instance, each):
        settings = {
            "bootstrap.servers": address,
            "group.id": group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": 100,
        }
        if instance:
            settings["group.instance.id"] = instance
        if protocol in Client.newer:
            settings |= {"group.protocol": "consumer", "group.remote.assignor": Client.newer[protocol]}
        else:
            settings |= {"session.timeout.ms": 20_000 if instance else 2000, "heartbeat.interval.ms": 100}
            settings["partition.assignment.strategy"] = protocol or "range"
        self.consumer = Consumer(settings)
        self.each, self.partitions = each, set()
        self.consumer.subscribe([topic], on_assign=self._come, on_revoke=self._go, on_lost=self._go)
        self.polling = Polling(self._turn, self.consumer.close)

    # Whoever asks a consumer for its assignment from another thread waits for a gap between two polls, for ever.
    def _come(self, consumer, partitions):
        self.partitions = self.partitions | {where.partition for where in partitions}

    def _go(self, consumer, partitions):
        self.partitions = self.partitions - {where.partition for where in partitions}

    def _turn(self):
        message = self.consumer.poll(0.02)
        if message is None:
            return
        if message.error():
            raise KafkaException(message.error())
        if self.each(record(message)):
            self.consumer.commit(message, asynchronous=False)

    def held(self):
        return sorted(self.partitions)

    def leave(self):
        self.polling.end()


class Client(Base):
    newer = {"consumer protocol, uniform": "uniform", "consumer protocol, range": "range"}
    protocols = {name: () for name in ("range", "roundrobin", "cooperative-sticky")} | {name: (68,) for name in newer}

    def __init__(self, address):
        super().__init__(address)
        self.admin = AdminClient({"bootstrap.servers": address, "reconnect.backoff.max.ms": 200})

    def producer(self, codec="none", acks="all", idempotent=False):
        return Sender(self.address, codec, acks, idempotent)

    def reader(self, topic, partition, **place):
        return Reader(self.address, topic, partition, **place)

    def join(self, group, topic, protocol=None, instance=None, each=None):
        return Member(self.address, group, topic, protocol, instance, each)

    def create_topic(self, topic, partitions, replicas=1, configs=None):
        only(self.admin.create_topics([NewTopic(topic, partitions, replicas, config=configs or {})]))

    def delete_topic(self, topic):
        only(self.admin.delete_topics([topic]))

    def topics(self):
        return {name: len(t.partitions) for name, t in self.admin.list_topics(timeout=20).topics.items()}

    def add_partitions(self, topic, count):
        only(self.admin.create_partitions([NewPartitions(topic, count)]))

    def config(self, topic, name):
        found = only(self.admin.describe_configs([ConfigResource(TOPIC, topic)]))[name]
        return Config(found.value, ConfigSource(found.source) == ConfigSource.DEFAULT_CONFIG)

    def set_config(self, topic, name, value):
        operation = AlterConfigOpType.DELETE if value is None else AlterConfigOpType.SET
        change = ConfigEntry(name, value, incremental_operation=operation)
        only(self.admin.incremental_alter_configs([ConfigResource(TOPIC, topic, incremental_configs=[change])]))

    def replace_configs(self, topic, configs):
        only(self.admin.alter_configs([ConfigResource(TOPIC, topic, set_config=configs)]))

    def offset(self, topic, partition, at):
        spec = SPECS[at]() if at in SPECS else OffsetSpec.for_timestamp(at)
        return only(self.admin.list_offsets({TopicPartition(topic, partition): spec})).offset

    def delete_records(self, topic, partition, before):
        return only(self.admin.delete_records([TopicPartition(topic, partition, before)])).low_watermark

    def groups(self):
        with refusing():
            return [g.group_id for g in self.admin.list_consumer_groups().result(30).valid]

    def group(self, group):
        found = only(self.admin.describe_consumer_groups([group]))
        return Group(found.state.name.capitalize(), len(found.members))

    def commit(self, group, topic, offsets):
        wanted = [TopicPartition(topic, p, o) for p, o in offsets.items()]
        answer = only(self.admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, wanted)]))
        for where in answer.topic_partitions:
            if where.error:
                raise Refused(where.error.code())

    def committed(self, group, topic, partitions):
        wanted = ConsumerGroupTopicPartitions(group, [TopicPartition(topic, p) for p in range(partitions)])
        answer = only(self.admin.list_consumer_group_offsets([wanted]))
        return {where.partition: where.offset for where in answer.topic_partitions if where.offset >= 0}

    def delete_group(self, group):
        only(self.admin.delete_consumer_groups([group]))

    def cluster(self):
        with refusing():
            found = self.admin.describe_cluster().result(30)
        return len(found.nodes), found.controller.id in [node.id for node in found.nodes]

    def elect_leader(self, topic, partition):
        with refusing():
            answer = self.admin.elect_leaders(ElectionType.PREFERRED, [TopicPartition(topic, partition)]).result(30)
        if error := next(iter(answer.values())):
            raise Refused(error.code())
