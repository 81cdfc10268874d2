"""The SDK from 2.0 on, in its words. What an application has to do for it says why."""

from datetime import datetime

from cloudevents.core.bindings import http, kafka
from cloudevents.core.v1.event import CloudEvent


def make(attributes, data):
    time = {"time": datetime.fromisoformat(attributes["time"])} if "time" in attributes else {}
    return CloudEvent({"specversion": "1.0"} | attributes | time, data)


def lower_case(event):
    """It writes True into headers, where the standard says true."""
    attributes = {k: str(v).lower() if isinstance(v, bool) else v for k, v in event.get_attributes().items()}
    return CloudEvent(attributes, event.get_data())


def http_binary(event):
    message = http.to_binary_event(lower_case(event))
    return message.headers, message.body


def http_structured(event):
    message = http.to_structured_event(event)
    return message.headers, message.body


def kafka_binary(event):
    return kafka.to_binary_event(lower_case(event))


def kafka_structured(event):
    return kafka.to_structured_event(event)


def from_http(headers, body):
    return http.from_http_event(http.HTTPMessage(headers, body))


def from_kafka(key, value, headers):
    return kafka.from_kafka_event(kafka.KafkaMessage(headers, key, value))


def facts(event):
    return event.get_attributes(), event.get_data()
