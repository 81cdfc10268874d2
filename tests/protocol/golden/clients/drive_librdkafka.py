"""Makes librdkafka speak every API that millrace serves and it knows; see ../README.md. Argument: the address."""
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic

TOPIC = "golden-topic"
GROUP = "golden-topic-group"
common = {"bootstrap.servers": sys.argv[1], "client.id": "golden-librdkafka"}

admin = AdminClient(common)
admin.create_topics([NewTopic(TOPIC, 2, 1, config={"retention.ms": "86400000"})])[TOPIC].result()
for answer in admin.describe_configs([ConfigResource("topic", TOPIC)]).values():
    answer.result()

producer = Producer({**common, "enable.idempotence": True, "linger.ms": 5})
for number in range(3):
    producer.produce(TOPIC, key=f"key-{number}", value=f"value-{number}", partition=1,
                     timestamp=1700000000000 + number, headers=[("trace", b"abc")])
assert producer.flush(10) == 0

consumer = Consumer({**common, "group.id": GROUP, "auto.offset.reset": "earliest", "enable.auto.commit": False,
                     "heartbeat.interval.ms": 300, "session.timeout.ms": 6000, "client.rack": "rack-a"})
consumer.subscribe([TOPIC])
read, deadline = 0, time.time() + 20
while read < 3 and time.time() < deadline:
    message = consumer.poll(0.5)
    if message is not None and not message.error():
        read += 1
consumer.offsets_for_times([TopicPartition(TOPIC, 1, 1700000000001)], timeout=5)
consumer.commit(offsets=[TopicPartition(TOPIC, 1, 3)], asynchronous=False)
consumer.committed([TopicPartition(TOPIC, 1)], timeout=5)
for _ in range(5):
    consumer.poll(0.25)  # long enough for heartbeats
admin.list_groups(GROUP, timeout=5)
consumer.close()
admin.delete_topics([TOPIC])[TOPIC].result()
