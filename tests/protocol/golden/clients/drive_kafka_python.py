"""Makes kafka-python speak every API that millrace serves and it knows; see ../README.md. Argument: the address."""
import sys
import time

from kafka import KafkaConsumer, KafkaProducer, OffsetAndMetadata, TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

TOPIC = "golden-topic"
GROUP = "golden-topic-group"
common = {"bootstrap_servers": sys.argv[1], "client_id": "golden-kafka-python"}

admin = KafkaAdminClient(**common)
admin.create_topics([NewTopic(TOPIC, 2, 1, topic_configs={"retention.ms": "86400000"})])
time.sleep(1)
admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC)])

producer = KafkaProducer(**common, linger_ms=5, acks="all")
for number in range(3):
    producer.send(TOPIC, key=b"key-%d" % number, value=b"value-%d" % number, partition=1,
                  timestamp_ms=1700000000000 + number, headers=[("trace", b"abc")])
producer.flush()

consumer = KafkaConsumer(TOPIC, **common, group_id=GROUP, auto_offset_reset="earliest", enable_auto_commit=False,
                         heartbeat_interval_ms=300, session_timeout_ms=6000)
read, deadline = 0, time.time() + 20
while read < 3 and time.time() < deadline:
    read += sum(len(records) for records in consumer.poll(500).values())
partition = TopicPartition(TOPIC, 1)
consumer.offsets_for_times({partition: 1700000000001})
consumer.commit({partition: OffsetAndMetadata(3, "three read")})
consumer.committed(partition)
for _ in range(5):
    consumer.poll(250)  # long enough for heartbeats
admin.list_consumer_groups()
admin.describe_consumer_groups([GROUP])
admin.list_consumer_group_offsets(GROUP)
consumer.close()
admin.delete_topics([TOPIC])
