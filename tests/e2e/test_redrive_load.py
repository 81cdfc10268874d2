"""Letters redriven while a producer goes on producing and subscriptions go on taking: each comes back to its group,
none is lost, and the others do not notice."""

import json
import threading

from harness import http
from harness.broker import wait_until
from harness.confluent import ConfluentClient
from harness.records import Record, now_ms
from harness.sink import Sink
from harness.subscriptions import Subscription, ask
from harness.wire import create_topic

SETTINGS = {"webhook_allow_http": "true", "webhook_allow_loopback": "true"}
DEAD = 2_000
AT_ONCE = 500


def produce(door, topic, ids):
    records = [
        Record(None, b"{}", (("content-type", b"application/json"), ("ce_specversion", b"1.0"), ("ce_id", id.encode()),
                             ("ce_source", b"/shop"), ("ce_type", b"sold")), now_ms())
        for id in ids
    ]  # fmt: skip
    assert all(error is None for _, error in ConfluentClient().produce(door.address, topic, records))


class Taking(threading.Thread):
    """Receives and acknowledges until it is told to stop; the ids, as often as they came."""

    def __init__(self, subscription):
        super().__init__(daemon=True)
        self.subscription, self.ids, self.over, self.fault = subscription, [], threading.Event(), None
        self.start()

    def run(self):
        try:
            while not self.over.is_set():
                events = self.subscription.receive("?max_events=500&wait_ms=200")
                if not events:
                    continue
                assert self.subscription.settle("acknowledge", events) == {}
                self.ids += [event["event"]["id"] for event in events]
        except Exception as fault:  # it is told by the test, not by a thread that nobody looks at
            self.fault = fault

    def stop(self):
        self.over.set()
        self.join(60)
        assert self.fault is None, self.fault
        return self.ids


def test_two_thousand_letters_come_back_while_everybody_goes_on(door, at):
    topic = create_topic(door.address, "busy", 2)
    failing = Subscription(at, topic, ordering="none", breaker="off")
    dead = [f"dead-{n}" for n in range(DEAD)]
    for at_once in range(0, DEAD, AT_ONCE):
        produce(door, topic, dead[at_once : at_once + AT_ONCE])
    rejected = 0
    while rejected < DEAD:
        events = failing.receive("?max_events=1000&wait_ms=5000")
        assert failing.settle("reject", events, code=7) == {}
        rejected += len(events)
    letters = f"dlq.{failing.id}.{topic}"

    def counts():
        return next((row for row in http.get(at, "/v1/dead-letters")["topics"] if row["topic"] == letters), {"open": 0})

    wait_until(lambda: counts()["open"] == DEAD, lambda: f"all letters: {counts()}")
    with Sink() as sink:
        pulled = Subscription(at, topic, ordering="none", startfrom="latest")
        body = {"sink": sink.url(), "protocol": "HTTP", "config": {"topic": topic, "startfrom": "latest"}}
        status, _, pushed = ask(at, "POST", "/v1/subscriptions", body)
        assert status == 201, pushed
        wait_until(lambda: http.get(at, f"/v1/subscriptions/{pushed['id']}")["status"]["state"] == "active", "the sink is asked")
        taking = [Taking(failing), Taking(pulled)]
        status, _, job = ask(at, "POST", "/v1/redrives", {"topic": letters})
        assert status == 201, job
        fresh = []
        while True:
            ids = [f"fresh-{len(fresh) + n}" for n in range(100)]
            produce(door, topic, ids)
            fresh += ids
            if http.get(at, f"/v1/redrives/{job['id']}")["state"] != "running":
                break
        done = http.get(at, f"/v1/redrives/{job['id']}")
        assert (done["state"], done["selected"], done["resolved"], done["failed"]) == ("done", DEAD, DEAD, 0), done
        wait_until(lambda: set(fresh) <= set(taking[0].ids), "the group has what was produced meanwhile")
        wait_until(lambda: set(fresh) <= set(taking[1].ids), "so has the other")
        wait_until(lambda: len({request.fields["ce-id"] for request in sink.requests}) >= len(fresh), "and the sink")
        got, others = (each.stop() for each in taking)
        sent = [request.fields["ce-id"] for request in sink.requests]
    assert set(got) == set(dead) | set(fresh), "each letter has come back to its group"
    assert sorted(others) == sorted(fresh), "who did not fail gets what is new, once, and no letter"
    assert sorted(sent) == sorted(fresh)
    assert counts()["resolved"] == DEAD and counts()["open"] == 0
    names = [json.dumps(row) for row in http.get(at, "/v1/dead-letters")["topics"] if pulled.id in row["topic"] or pushed["id"] in row["topic"]]
    assert names == [], "nothing of theirs has died"
