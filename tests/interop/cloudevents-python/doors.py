"""The broker's two doors as plain clients know them; what goes through is the SDK's."""

import http.client
import json
import os

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

ACCEPT = {"binary": "*/*", "structured": "application/cloudevents+json", "batch": "application/cloudevents-batch+json"}


class Refused(Exception):
    """The broker's answer was no; the problem is its argument."""


def ask(method, target, body=None, headers=None):
    connection = http.client.HTTPConnection(os.environ["HTTP"], timeout=30)
    try:
        connection.request(method, f"/v1/topics{target}", body=body, headers=headers or {})
        answer = connection.getresponse()
        got = answer.read()
    finally:
        connection.close()
    if answer.status >= 300:
        raise Refused(json.loads(got))
    return dict(answer.getheaders()), got


def make_topic(name, **configs):
    body = json.dumps({"name": name, "partitions": 1, "configs": configs})
    ask("POST", "", body, {"Content-Type": "application/json"})
    return name


def post(topic, headers, body):
    told = json.loads(ask("POST", f"/{topic}/events", body, headers)[1])
    return told["results"][0]["offset"] if "results" in told else told["offset"]


def get(topic, offset, form):
    return ask("GET", f"/{topic}/partitions/0/events?offset={offset}&max_events=1", headers={"Accept": ACCEPT[form]})


class Kafka:
    def __init__(self, address):
        self.address = address
        self.producer = Producer({"bootstrap.servers": address})

    def send(self, topic, message):
        """Returns the offset, or raises what the broker said."""
        told = []
        how = {"headers": message.headers, "on_delivery": lambda *answer: told.append(answer)}
        self.producer.produce(topic, message.value, message.key, 0, **how)
        self.producer.flush(30)
        error, record = told[0]
        if error:
            raise KafkaException(error)
        return record.offset()

    def records(self, topic, count):
        consumer = Consumer({"bootstrap.servers": self.address, "group.id": topic})
        consumer.assign([TopicPartition(topic, 0, 0)])
        got = consumer.consume(count, 30)
        consumer.close()
        return got
