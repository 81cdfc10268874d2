"""Dead letters of a topic that a Kafka client has written, and the jobs that bring them back."""

import json

from kafka import KafkaProducer

from . import http
from .waiting import wait_until

JSON = {"Content-Type": "application/json"}
REDRIVES = "/v1/redrives"


def ask(at, method, target, body=None):
    return http.request(at, method, target, None if body is None else json.dumps(body), JSON if method != "GET" else None)


class Letters:
    """A topic, its events, and a letter of each."""

    def __init__(self, door, at, name, count):
        self.at, self.source, self.topic = at, name, f"dlq.billing.{name}"
        for topic, configs in ((self.source, {"cloudevents.dedupe.window.ms": "3600000"}), (self.topic, {"errors.deadletterqueue.group.enable": "true"})):
            status, _, answer = ask(at, "POST", "/v1/topics", {"name": topic, "partitions": 1, "configs": configs})
            assert status == 201, answer
        producer = KafkaProducer(bootstrap_servers=door.address)
        for n in range(count):
            event = [(f"ce_{key}", value.encode()) for key, value in {"specversion": "1.0", "id": f"A{n}", "source": "/shop", "type": "t"}.items()]
            producer.send(self.source, b"{}", b"key", event, 0).get(timeout=30)
            mark = ("__dlq.errors.millrace.id", f"billing~{name}~0~{n}~0".encode())
            producer.send(self.topic, b"{}", b"key", [*event, mark], 0).get(timeout=30)
        producer.close()

    def begin(self, status=201, query="", **wish):
        got, fields, answer = ask(self.at, "POST", REDRIVES + query, {"topic": self.topic, "to": "topic"} | wish)
        assert got == status, answer
        if status == 201:
            assert fields["location"] == f"{REDRIVES}/{answer['id']}"
        return answer

    def job(self, job):
        return ask(self.at, "GET", f"{REDRIVES}/{job}")[2]

    def until(self, job, state):
        wait_until(lambda: self.job(job)["state"] == state, f"the job is {state}")
        return self.job(job)

    def events(self):
        _, _, answer = http.request(self.at, "GET", f"/v1/topics/{self.source}/events?max_events=1000", None, {"Accept": "application/cloudevents-batch+json"})
        return answer

    def states(self):
        (row,) = [row for row in ask(self.at, "GET", "/v1/dead-letters")[2]["topics"] if row["topic"] == self.topic]
        return {state: row[state] for state in ("open", "resolved")}
