"""python3-confluent-kafka as a client: librdkafka behind a Python module, and the admin calls it offers."""

import time

import confluent_kafka
from confluent_kafka import TopicPartition

from .records import Consumed, Record

TIMEOUT = 60


def consumed(message):
    headers = tuple((name, value) for name, value in message.headers() or ())
    kind, timestamp = message.timestamp()
    assert kind != confluent_kafka.TIMESTAMP_NOT_AVAILABLE
    return Consumed(message.partition(), message.offset(), Record(message.key(), message.value(), headers, timestamp))


class ConfluentClient:
    name = "confluent"
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    idempotent = True

    def can_send(self, record):
        return True

    def produce(self, address, topic, records, *, partition=0, codec="none", acks="all", idempotent=False, **more):
        settings = {
            "bootstrap.servers": address,
            "compression.codec": codec,
            "acks": acks,
            "message.max.bytes": 4_000_000,
            "linger.ms": 5,
        }
        if idempotent:
            settings["enable.idempotence"] = True
        producer = confluent_kafka.Producer(settings | more)
        out = [None] * len(records)

        def report(i):
            def call(error, message):
                assert out[i] is None, f"two delivery reports for record {i}"
                out[i] = (None, error.name()) if error else (message.offset(), None)

            return call

        for i, r in enumerate(records):
            fields = {"headers": list(r.headers)} if r.headers else {}
            while True:
                try:
                    producer.produce(
                        topic, r.value, r.key, partition, on_delivery=report(i), timestamp=r.timestamp or 0, **fields
                    )
                    break
                except BufferError:
                    producer.poll(0.1)
                except confluent_kafka.KafkaException as e:
                    out[i] = (None, e.args[0].name())
                    break
            producer.poll(0)
        assert producer.flush(TIMEOUT) == 0, "records without a delivery report"
        return out

    def consume(self, address, topic, count, *, partition=0, start="earliest", **more):
        settings = {"bootstrap.servers": address, "group.id": "unused", "enable.auto.commit": False}
        consumer = confluent_kafka.Consumer(settings | {"auto.offset.reset": "error"} | more)
        try:
            consumer.assign([TopicPartition(topic, partition, self._offset(consumer, topic, partition, start))])
            out = []
            deadline = time.monotonic() + TIMEOUT
            while len(out) < count:
                assert time.monotonic() < deadline, f"{len(out)} of {count} records came"
                for message in consumer.consume(min(1000, count - len(out)), timeout=0.5):
                    assert message.error() is None, message.error()
                    out.append(consumed(message))
            return out
        finally:
            consumer.close()

    def _offset(self, consumer, topic, partition, start):
        if str(start).startswith("time:"):
            asked = TopicPartition(topic, partition, int(start[5:]))
            return consumer.offsets_for_times([asked], timeout=TIMEOUT)[0].offset
        if start in ("earliest", "latest"):
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT)
            return low if start == "earliest" else high
        return int(start)
