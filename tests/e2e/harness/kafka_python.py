"""python3-kafka 2.0.2 as a client: pure Python, no negotiation of versions, no idempotence."""

import time

import kafka
from kafka import TopicPartition

from .records import Consumed, Record

TIMEOUT = 60


class KafkaPythonClient:
    name = "kafka-python"
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    idempotent = False

    def can_send(self, record):
        """It insists on a key or a value, and on headers that are not null."""
        return (record.key, record.value) != (None, None) and all(v is not None for _, v in record.headers)

    def produce(self, address, topic, records, *, partition=0, codec="none", acks="all", idempotent=False, **more):
        assert not idempotent
        producer = kafka.KafkaProducer(
            bootstrap_servers=address,
            compression_type=None if codec == "none" else codec,
            acks={"all": "all", "0": 0, "1": 1}[str(acks)],
            max_request_size=4_000_000,
            linger_ms=5,
            **more,
        )
        try:
            futures = []
            for r in records:
                headers = list(r.headers)
                futures.append(self._send(producer, topic, r, headers, partition))
            producer.flush(TIMEOUT)
            return [self._result(f) for f in futures]
        finally:
            producer.close(10)

    def _send(self, producer, topic, r, headers, partition):
        try:
            return producer.send(topic, r.value, r.key, headers, partition, r.timestamp)
        except kafka.errors.KafkaError as e:
            return e

    def _result(self, future):
        if isinstance(future, kafka.errors.KafkaError):
            return None, type(future).__name__
        try:
            return future.get(TIMEOUT).offset, None
        except kafka.errors.KafkaError as e:
            return None, type(e).__name__

    def consume(self, address, topic, count, *, partition=0, start="earliest", **more):
        consumer = kafka.KafkaConsumer(
            bootstrap_servers=address, enable_auto_commit=False, auto_offset_reset="none", fetch_max_wait_ms=100, **more
        )
        try:
            where = TopicPartition(topic, partition)
            consumer.assign([where])
            self._seek(consumer, where, start)
            out = []
            deadline = time.monotonic() + TIMEOUT
            while len(out) < count:
                assert time.monotonic() < deadline, f"{len(out)} of {count} records came"
                for messages in consumer.poll(500, max_records=count - len(out)).values():
                    for m in messages:
                        out.append(Consumed(m.partition, m.offset, Record(m.key, m.value, tuple(m.headers), m.timestamp)))
            return out
        finally:
            consumer.close(autocommit=False)

    def _seek(self, consumer, where, start):
        if str(start).startswith("time:"):
            consumer.seek(where, consumer.offsets_for_times({where: int(start[5:])})[where].offset)
        elif start == "earliest":
            consumer.seek_to_beginning(where)
        elif start == "latest":
            consumer.seek_to_end(where)
            consumer.position(where)
        else:
            consumer.seek(where, int(start))
