"""Subscriptions as an ordinary client of the HTTP door makes and uses them."""

import json

from . import http
from .events import BATCH, EVENT, publish, structured
from .waiting import wait_until

JSON = {"Content-Type": "application/json"}


def ask(at, method, target, body=None):
    return http.request(at, method, target, None if body is None else json.dumps(body), JSON)


def status_of(at, id):
    return http.get(at, f"/v1/subscriptions/{id}")["status"]


def wait_for_state(at, id, state):
    """Its status, once it is so."""
    return wait_until(lambda: (s := status_of(at, id))["state"] == state and s, lambda: f"{state}: {status_of(at, id)}")


def ids(events):
    return [each["event"]["id"] for each in events]


def fill(at, topic, names, partition=0):
    """Events of these ids, without a key."""
    status, _, told = publish(at, topic, json.dumps([structured(id=each) for each in names]), BATCH, f"?partition={partition}")
    assert status == 200, told


def keyed(at, topic, name, key):
    assert publish(at, topic, b"", EVENT | {"ce-id": name, "ce-partitionkey": key})[0] == 200


class Subscription:
    def __init__(self, at, topic, members=None, **config):
        body = {"config": {"topic": topic, "startfrom": "earliest"} | config} | (members or {})
        status, fields, told = ask(at, "POST", "/v1/subscriptions", body)
        assert status == 201, told
        assert fields["location"] == f"/v1/subscriptions/{told['id']}"
        self.at, self.id, self.path = at, told["id"], fields["location"]

    def told(self):
        return http.get(self.at, self.path)

    def status(self):
        return self.told()["status"]

    def receive(self, query="", expect=200):
        status, _, told = ask(self.at, "POST", f"{self.path}:receive{query}")
        assert status in (expect, 204), told
        return told["events"] if status == 200 and told else []

    def settle(self, verb, events, **more):
        """The errors of those that failed, by their tokens."""
        tokens = [event if isinstance(event, str) else event["lock"]["token"] for event in events]
        status, _, told = ask(self.at, "POST", f"{self.path}:{verb}", {"tokens": tokens} | more)
        assert status == 200, told
        failed = {each["token"]: each["error"] for each in told["failed"]}
        assert sorted(told["settled"] + list(failed)) == sorted(tokens)
        return failed
