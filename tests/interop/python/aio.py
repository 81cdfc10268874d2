"""aiokafka, in its words. It lives in one event loop, which has a thread of its own."""

import asyncio
import contextlib
import threading

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, NewTopic, RecordsToDelete
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.coordinator.assignors.sticky.sticky_assignor import StickyPartitionAssignor
from aiokafka.errors import BrokerResponseError
from client import Base, Config, Group, Record, Refused
from stage import Polling

ASSIGNORS = {"range": RangePartitionAssignor, "roundrobin": RoundRobinPartitionAssignor, "sticky": StickyPartitionAssignor}
DEFAULT_SOURCE = 5

loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def do(coroutine, seconds=60):
    try:
        return asyncio.run_coroutine_threadsafe(coroutine, loop).result(seconds)
    except BrokerResponseError as e:
        raise Refused(e.errno) from e


async def started(kind, *arguments, **settings):
    thing = kind(*arguments, **settings)
    await thing.start()
    return thing


def record(m):
    return Record(m.key, m.value, m.partition, m.offset, tuple(m.headers), m.timestamp)


class Producer:
    def __init__(self, address, codec, acks, idempotent):
        settings = {
            "bootstrap_servers": address,
            "compression_type": None if codec == "none" else codec,
            "acks": acks if acks == "all" else int(acks),
            "enable_idempotence": idempotent,
            "max_request_size": 1_100_000,
            "linger_ms": 2,
        }
        self.producer = do(started(AIOKafkaProducer, **settings))
        self.promises = acks != "0"

    async def _send(self, topic, records):
        sent = [
            await self.producer.send(topic, r.value, r.key, r.partition, r.time, list(r.headers))
            for r in records
        ]
        return [await future for future in sent]

    def send(self, topic, records):
        answers = do(self._send(topic, records))
        return [answer.offset for answer in answers] if self.promises else None

    def close(self):
        do(self.producer.stop())


class Reader:
    def __init__(self, address, topic, partition, offset=0, time=None, latest=False, max_wait_ms=100):
        settings = {
            "bootstrap_servers": address,
            "fetch_max_wait_ms": max_wait_ms,
            "request_timeout_ms": 60_000,
            "max_partition_fetch_bytes": 4 << 20,
        }
        self.consumer = do(started(AIOKafkaConsumer, **settings))
        do(self._place(TopicPartition(topic, partition), offset, time, latest))

    async def _place(self, where, offset, time, latest):
        self.consumer.assign([where])
        if latest:
            await self.consumer.seek_to_end(where)
        else:
            found = offset if time is None else (await self.consumer.offsets_for_times({where: time}))[where].offset
            self.consumer.seek(where, found)

    def next(self, seconds):
        polled = do(self.consumer.getmany(timeout_ms=int(seconds * 1000)))
        return [record(m) for messages in polled.values() for m in messages]

    def close(self):
        do(self.consumer.stop())


class Member:
    def __init__(self, address, group, topic, protocol, instance, each):
        settings = {
            "bootstrap_servers": address,
            "group_id": group,
            "group_instance_id": instance,
            "enable_auto_commit": False,
            "auto_offset_reset": "earliest",
            "session_timeout_ms": 20_000 if instance else 2000,
            "heartbeat_interval_ms": 100,
            "fetch_max_wait_ms": 100,
            "partition_assignment_strategy": (ASSIGNORS[protocol or "range"],),
        }
        self.topic, self.each = topic, each
        self.consumer = do(started(AIOKafkaConsumer, topic, **settings))
        self.polling = Polling(self._turn, lambda: do(self.consumer.stop()))

    def _turn(self):
        for messages in do(self.consumer.getmany(timeout_ms=20)).values():
            for m in messages:
                if self.each(record(m)):
                    do(self.consumer.commit({TopicPartition(self.topic, m.partition): m.offset + 1}))

    def held(self):
        return sorted(where.partition for where in self.consumer.assignment())

    def leave(self):
        self.polling.end()


class Client(Base):
    protocols = {name: () for name in ASSIGNORS}
    empty_records = False

    def _ask(self, question):
        """A new administrator each time: one that lived through a crash of the broker would first have to find out."""

        async def asking():
            admin = await started(AIOKafkaAdminClient, bootstrap_servers=self.address)
            async with contextlib.AsyncExitStack() as stack:
                stack.push_async_callback(admin.close)
                return await question(admin)

        return do(asking())

    def producer(self, codec="none", acks="all", idempotent=False):
        return Producer(self.address, codec, acks, idempotent)

    def reader(self, topic, partition, **place):
        return Reader(self.address, topic, partition, **place)

    def join(self, group, topic, protocol=None, instance=None, each=None):
        return Member(self.address, group, topic, protocol, instance, each)

    def create_topic(self, topic, partitions, replicas=1, configs=None):
        wanted = NewTopic(topic, partitions, replicas, topic_configs=configs or {})
        refuse(self._ask(lambda admin: admin.create_topics([wanted])).topic_errors[0][1])

    def delete_topic(self, topic):
        refuse(self._ask(lambda admin: admin.delete_topics([topic])).topic_error_codes[0][1])

    def topics(self):
        return {t["topic"]: len(t["partitions"]) for t in self._ask(lambda admin: admin.describe_topics())}

    def add_partitions(self, topic, count):
        self._ask(lambda admin: admin.create_partitions({topic: NewPartitions(count)}))

    def config(self, topic, name):
        asked = ConfigResource(ConfigResourceType.TOPIC, topic)
        found = self._ask(lambda admin: admin.describe_configs([asked]))[0].resources[0]
        refuse(found[0])
        _, value, _, source, *_ = next(entry for entry in found[4] if entry[0] == name)
        return Config(value, source == DEFAULT_SOURCE)

    def replace_configs(self, topic, configs):
        wanted = ConfigResource(ConfigResourceType.TOPIC, topic, configs)
        refuse(self._ask(lambda admin: admin.alter_configs([wanted]))[0].resources[0][0])

    def offset(self, topic, partition, at):
        return do(self._offset(TopicPartition(topic, partition), at))

    async def _offset(self, where, at):
        consumer = await started(AIOKafkaConsumer, bootstrap_servers=self.address)
        try:
            if at == "earliest":
                return (await consumer.beginning_offsets([where]))[where]
            if at == "latest":
                return (await consumer.end_offsets([where]))[where]
            return (await consumer.offsets_for_times({where: at}))[where].offset
        finally:
            await consumer.stop()

    def delete_records(self, topic, partition, before):
        where = TopicPartition(topic, partition)
        return self._ask(lambda admin: admin.delete_records({where: RecordsToDelete(before)}))[where]

    def groups(self):
        return [g[0] for g in self._ask(lambda admin: admin.list_consumer_groups())]

    def group(self, group):
        code, _, state, _, _, members, *_ = self._ask(lambda admin: admin.describe_consumer_groups([group]))[0].groups[0]
        refuse(code)
        return Group(state, len(members))

    def commit(self, group, topic, offsets):
        do(self._commit(group, {TopicPartition(topic, p): o for p, o in offsets.items()}))

    async def _commit(self, group, offsets):
        consumer = await started(AIOKafkaConsumer, bootstrap_servers=self.address, group_id=group, enable_auto_commit=False)
        try:
            consumer.assign(list(offsets))
            await consumer.commit(offsets)
        finally:
            await consumer.stop()

    def committed(self, group, topic, partitions):
        found = self._ask(lambda admin: admin.list_consumer_group_offsets(group))
        return {where.partition: at.offset for where, at in found.items()}

    def cluster(self):
        found = self._ask(lambda admin: admin.describe_cluster())
        return len(found["brokers"]), found["controller_id"] in [b["node_id"] for b in found["brokers"]]


def refuse(code):
    if code:
        raise Refused(code)
