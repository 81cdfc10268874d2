"""The SDK as it was until 2026, in its words. What an application has to do for it says why."""

import json
from urllib.parse import quote, unquote

from cloudevents import http, kafka
from events import canonical, is_json

# Without these, every data are JSON to it: text is quoted, no data is null, and text that looks like JSON is parsed.


def marshaller(event):
    return json.dumps if is_json(event.get("datacontenttype")) else lambda data: data


def unmarshaller(kind):
    return lambda data: json.loads(data) if data and is_json(kind) else data


def from_json(data):
    return json.loads(data) if isinstance(data, str) else data


def make(attributes, data):
    return http.CloudEvent(attributes, data)


def as_text(event):
    """It writes only strings into headers, and looks for a content type whether there is one or not."""
    attributes = {name: canonical(name, value) for name, value in event.get_attributes().items()}
    return http.CloudEvent({"datacontenttype": None} | attributes, event.get_data())


def http_binary(event):
    """It does not percent-encode, and http.client takes nothing beyond ISO-8859-1."""
    headers, body = http.to_binary(as_text(event), marshaller(event))
    return {k: v if v.isascii() or max(v) <= "\xff" else quote(v) for k, v in headers.items()}, body


def http_structured(event):
    return http.to_structured(event)


def kafka_binary(event):
    """It leaves the partition key out of the event."""
    message = kafka.to_binary(as_text(event), marshaller(event))
    if "partitionkey" in event:
        message.headers["ce_partitionkey"] = event["partitionkey"].encode()
    return message


def unmarked(event):
    """No data would be a null."""
    return kafka.to_structured(event, envelope_marshaller=without_nulls)


def without_nulls(members):
    return json.dumps({name: value for name, value in members.items() if value is not None})


def kafka_structured(event):
    """It names the data's type where the format's must stand: nobody else could tell that it is an event."""
    message = unmarked(event)
    return message._replace(headers={"content-type": b"application/cloudevents+json"})


def from_http(headers, body):
    """It does not undo the percent-encoding."""
    kind = {k.lower(): v for k, v in headers.items()}.get("content-type")
    if (kind or "").startswith("application/cloudevents"):
        return http.from_http(headers, body, from_json)
    return http.from_http({k: unquote(v) for k, v in headers.items()}, body, unmarshaller(kind))


def from_kafka(key, value, headers):
    """It takes the format's type for the data's, and bytes for the partition key."""
    message = kafka.KafkaMessage(headers, key and key.decode(), value)
    kind = headers.get("content-type", b"").decode()
    if not kind.startswith("application/cloudevents"):
        return kafka.from_binary(message, data_unmarshaller=unmarshaller(kind))
    return kafka.from_structured(message._replace(headers={}))


def facts(event):
    return event.get_attributes(), event.get_data()
