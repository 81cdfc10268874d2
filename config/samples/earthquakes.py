#!/usr/bin/python3
"""Publishes the sample and reads it in a consumer group, with confluent-kafka, an ordinary Kafka client.

usage: earthquakes.py publish BROKER TOPIC
       earthquakes.py read BROKER TOPIC GROUP [COUNT]
       earthquakes.py offsets BROKER TOPIC GROUP

publish creates the topic if it is not there and is full already if it is; read goes on where the group stands, stops
after COUNT events or when nothing is left, and commits; offsets shows where the group stands and its lag.
"""

import json
import pathlib
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

SAMPLE = pathlib.Path(__file__).with_name("earthquakes.jsonl")
PARTITIONS = 3
TIMEOUT_S = 30


def client(broker, **settings):
    """What every client here is given. librdkafka's own remarks are kept to what is wrong."""
    return {"bootstrap.servers": broker, "error_cb": lambda _error: None, "log_level": 3, **settings}


def create_topic(broker, topic):
    """True when it was created, False when it was there. The quakes are of 2018: retention by time would delete them."""
    new = NewTopic(topic, num_partitions=PARTITIONS, replication_factor=1, config={"retention.ms": "-1"})
    admin = AdminClient(client(broker))
    try:
        admin.create_topics([new], operation_timeout=TIMEOUT_S)[topic].result(TIMEOUT_S)
        return True
    except KafkaException as refused:
        if refused.args[0].code() == KafkaError.TOPIC_ALREADY_EXISTS:
            return False
        raise


def publish(broker, topic):
    if not create_topic(broker, topic):
        print(f"topic {topic} is there already, with {sum(end for _, end in ends(broker, topic))} events")
        return
    failures = []

    def answered(error, _message):
        if error is not None:
            failures.append(error)

    producer = Producer(client(broker, **{"enable.idempotence": True, "linger.ms": 5}))
    count = 0
    with SAMPLE.open(encoding="utf-8") as lines:
        for line in lines:
            record = json.loads(line)
            producer.produce(
                topic,
                key=record["key"],
                value=json.dumps(record["value"], ensure_ascii=False).encode(),
                headers=[(name, text.encode()) for name, text in record["headers"].items()],
                timestamp=record["timestamp"],
                on_delivery=answered,
            )
            count += 1
    unanswered = producer.flush(TIMEOUT_S)
    if unanswered or failures:
        sys.exit(f"not published: {unanswered} without an answer, {len(failures)} refused: {failures[:1]}")
    print(f"published {count} events to {topic}; every one is acknowledged as stored")


def consumer_of(broker, group):
    settings = {"auto.offset.reset": "earliest", "enable.auto.commit": False, "enable.partition.eof": True}
    return Consumer(client(broker, **{"group.id": group}, **settings))


def describe(message):
    headers = {name: text.decode() for name, text in message.headers()}
    quake = json.loads(message.value())["properties"]
    magnitude = f"{quake['mag']:4.1f}" if quake["mag"] is not None else "   ?"
    return f"  {headers['ce_time']}  M {magnitude}  {headers['ce_subject']}"


def read(broker, topic, group, most):
    consumer = consumer_of(broker, group)
    consumer.subscribe([topic])
    strongest = []
    count = 0
    finished = set()
    idle = 0
    while count < most and idle < TIMEOUT_S:
        message = consumer.poll(1.0)
        if message is None:
            idle += 1
            continue
        idle = 0
        if message.error() is None:
            finished.discard(message.partition())
            count += 1
            magnitude = json.loads(message.value())["properties"]["mag"] or 0
            strongest = sorted(strongest + [(magnitude, count, describe(message))], reverse=True)[:3]
        elif message.error().code() == KafkaError._PARTITION_EOF:
            finished.add(message.partition())
            if len(finished) == len(consumer.assignment()):
                break
        else:
            sys.exit(f"reading failed: {message.error()}")
    if count:
        consumer.commit(asynchronous=False)
    consumer.close()
    print(f"group {group} read {count} events" + ("; the strongest of them:" if strongest else "; nothing was left"))
    for _, _, line in strongest:
        print(line)


def partitions_of(client, topic):
    about = client.list_topics(topic, timeout=TIMEOUT_S).topics[topic]
    if about.error is not None:
        sys.exit(f"topic {topic}: {about.error}")
    return sorted(about.partitions)


def ends(broker, topic):
    consumer = consumer_of(broker, "earthquakes-look")
    found = [
        (partition, consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=TIMEOUT_S)[1])
        for partition in partitions_of(consumer, topic)
    ]
    consumer.close()
    return found


def offsets(broker, topic, group):
    consumer = consumer_of(broker, group)
    places = [TopicPartition(topic, partition) for partition in partitions_of(consumer, topic)]
    print(f"  {'partition':>9}  {'committed':>9}  {'end':>6}  {'lag':>6}")
    total = 0
    for place in consumer.committed(places, timeout=TIMEOUT_S):
        _, end = consumer.get_watermark_offsets(place, timeout=TIMEOUT_S)
        committed = max(place.offset, 0)
        total += end - committed
        print(f"  {place.partition:>9}  {committed:>9}  {end:>6}  {end - committed:>6}")
    print(f"  group {group} is {total} events behind")
    consumer.close()


def main():
    words = sys.argv[1:]
    if len(words) == 3 and words[0] == "publish":
        publish(*words[1:])
    elif len(words) in (4, 5) and words[0] == "read":
        read(*words[1:4], int(words[4]) if len(words) == 5 else sys.maxsize)
    elif len(words) == 4 and words[0] == "offsets":
        offsets(*words[1:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main()
