"""Pull subscriptions over HTTP: made, changed and removed; events handed out one by one, settled, lost and found again."""

import http.client as client
import json
import socket
import threading
import time

import pytest
from kafka import KafkaAdminClient, KafkaProducer

from harness import http
from harness.broker import Broker, free_port
from harness.events import EVENT, publish, structured, topics
from harness.subscriptions import JSON, Subscription, ask, fill, ids, keyed
from harness.waiting import wait_until
from harness.wire import create_topic


@pytest.fixture
def topic(door, request):
    return topics(door, request)


class TestSubscriptions:
    def test_are_made_shown_changed_and_removed(self, at, topic):
        name = topic()
        made = Subscription(at, name, {"source": "/shop", "types": ["a"]}, maxattempts=3)
        told = made.told()
        assert (told["source"], told["types"], told["config"]["maxattempts"]) == ("/shop", ["a"], "3")
        assert told["config"]["locktime"] == "60000", "what was not said is told"
        assert told["status"]["state"] == "active"
        assert [p["partition"] for p in told["status"]["partitions"]] == [0]
        assert made.id in [each["id"] for each in http.get(at, "/v1/subscriptions")]
        status, _, now = ask(at, "PUT", made.path, told | {"types": ["b"]})
        assert (status, now["types"], now["id"]) == (200, ["b"], made.id)
        assert ask(at, "PUT", made.path + "?dry_run=true", told)[0] == 200
        assert made.told()["types"] == ["b"]
        assert ask(at, "DELETE", made.path)[0] == 204
        for method, body in [("GET", None), ("DELETE", None), ("PUT", told)]:
            assert ask(at, method, made.path, body)[0] == 404
        assert ask(at, "POST", made.path + ":receive")[0] == 404

    def test_a_dry_run_makes_nothing(self, at, topic):
        before = len(http.get(at, "/v1/subscriptions"))
        status, fields, told = ask(at, "POST", "/v1/subscriptions?dry_run=true", {"config": {"topic": topic()}})
        assert (status, "id" in told, "location" in fields) == (200, False, False)
        assert len(http.get(at, "/v1/subscriptions")) == before

    def test_all_that_is_wrong_is_said_at_once(self, at, topic):
        body = {"source": 7, "filter": [], "config": {"topic": topic(), "maxattempts": 0}}
        status, _, told = ask(at, "POST", "/v1/subscriptions", body)
        assert (status, told["type"]) == (400, "urn:millrace:problem:invalid")
        assert {each["pointer"] for each in told["errors"]} == {"/source", "/filter", "/config/maxattempts"}

    @pytest.mark.parametrize("body, expected, kind", [
        ({"config": {"topic": "nothing-here"}}, 404, "unknown-topic"),
        ({"config": {"topic": "__millrace_metadata"}}, 404, "unknown-topic"),
        ({"config": {}}, 400, "invalid"),
        ([], 400, "invalid"),
    ])
    def test_what_is_refused(self, at, body, expected, kind):
        status, _, told = ask(at, "POST", "/v1/subscriptions", body)
        assert (status, told["type"]) == (expected, f"urn:millrace:problem:{kind}")

    def test_a_topic_that_is_deleted_suspends_until_somebody_resumes(self, door, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["old"])
        assert ids(made.receive()) == ["old"]
        assert ask(at, "DELETE", f"/v1/topics/{name}")[0] == 204
        wait_until(lambda: made.status()["reason"] == "topic-deleted", "noticed")
        assert made.status()["state"] == "suspended"
        status, _, told = ask(at, "POST", made.path + ":receive")
        assert (status, told["type"]) == (409, "urn:millrace:problem:suspended")
        assert ask(at, "POST", made.path + ":resume")[0] == 409
        create_topic(door.address, name, 1)
        fill(at, name, ["new"])
        status, _, told = ask(at, "POST", made.path + ":resume")
        assert (status, told["status"]["state"]) == (200, "active")
        assert ids(made.receive()) == ["new"]

    def test_progress_is_that_of_a_group(self, door, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1", "2", "3"])
        events = made.receive()
        assert made.settle("acknowledge", events[:2]) == {}
        group = f"ce-sub-{made.id}"
        wait_until(lambda: http.request(at, "GET", f"/v1/groups/{group}")[2].get("lag") == 1, "told")
        admin = KafkaAdminClient(bootstrap_servers=door.address)
        offsets = {p.partition: o.offset for p, o in admin.list_consumer_group_offsets(group).items()}
        admin.close()
        assert offsets == {0: 2}
        assert made.status()["lag"] == 1
        assert ask(at, "DELETE", made.path)[0] == 204
        assert http.request(at, "GET", f"/v1/groups/{group}")[0] == 404


class TestReceiving:
    def test_tells_what_the_record_holds(self, door, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1"])
        producer = KafkaProducer(bootstrap_servers=door.address)
        producer.send(name, b"plain", key=b"k").get(timeout=30)
        producer.close()
        event, plain = made.receive()
        assert event["event"] == structured(id="1")
        assert event["record"] | {"timestamp": ""} == {"topic": name, "partition": 0, "offset": 0, "timestamp": "", "key": None}
        assert event["lock"]["attempt"] == 1
        assert (plain["event"]["type"], plain["record"]["key"]) == ("dev.millrace.record", "k")

    def test_what_is_in_hand_is_not_handed_out_again(self, at, topic):
        name = topic(partitions=3)
        made = Subscription(at, name)
        for partition in range(3):
            fill(at, name, [f"{partition}-{i}" for i in range(10)], partition)
        first = made.receive("?max_events=7")
        rest = made.receive("?max_events=1000")
        assert len(first) == 7 and len(rest) == 23
        assert sorted(ids(first + rest)) == sorted(f"{p}-{i}" for p in range(3) for i in range(10))
        assert made.receive() == []
        assert made.settle("acknowledge", first + rest) == {}
        assert (made.status()["unsettled"], made.status()["acknowledged"]) == (0, 30)

    def test_filters_choose(self, at, topic):
        name = topic()
        made = Subscription(at, name, {"source": "/shop", "filters": [{"prefix": {"type": "com.example.order."}}]})
        for number, (source, kind) in enumerate([("/shop", "com.example.order.paid"), ("/other", "com.example.order.paid"), ("/shop", "x")]):
            publish(at, name, b"", EVENT | {"ce-id": str(number), "ce-source": source, "ce-type": kind})
        assert ids(made.receive()) == ["0"]

    @pytest.mark.parametrize("sent_by", ["http", "kafka"])
    def test_who_waits_is_woken(self, door, at, topic, sent_by):
        name = topic(partitions=2)
        made = Subscription(at, name)
        got = []
        waiting = threading.Thread(target=lambda: got.extend(made.receive("?wait_ms=20000")))
        began = time.monotonic()
        waiting.start()
        if sent_by == "http":
            fill(at, name, ["1"], partition=1)
        else:
            producer = KafkaProducer(bootstrap_servers=door.address)
            producer.send(name, b"x", partition=1).get(timeout=30)
            producer.close()
        waiting.join()
        assert len(got) == 1 and time.monotonic() - began < 15

    def test_who_waits_in_vain_is_told(self, at, topic):
        made = Subscription(at, topic())
        status, _, body = ask(at, "POST", made.path + ":receive?wait_ms=50")
        assert (status, body) == (204, "")

    def test_what_would_be_too_long_is_left_for_the_next(self, at, topic):
        name = topic()
        made = Subscription(at, name, ordering="none")
        data = "x" * 900_000
        for number in range(7):
            status, _, told = publish(at, name, data, EVENT | {"ce-id": str(number), "Content-Type": "text/plain"})
            assert status == 200, told
        first = made.receive()
        assert 1 <= len(first) < 7
        seen = ids(first)
        while more := made.receive():
            seen += ids(more)
        assert sorted(seen) == [str(i) for i in range(7)]

    def test_who_has_gone_has_nothing_in_hand(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        host, port = at.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as s:
            s.sendall(f"POST {made.path}:receive?wait_ms=20000 HTTP/1.1\r\nHost: {at}\r\nContent-Type: application/json\r\n\r\n".encode())
        fill(at, name, ["1"])
        events = made.receive("?wait_ms=15000")
        assert ids(events) == ["1"]
        assert events[0]["lock"]["attempt"] == 1

    @pytest.mark.parametrize("query, name", [
        ("?max_events=0", "max_events"), ("?max_events=1001", "max_events"), ("?max_events=x", "max_events"), ("?wait_ms=-1", "wait_ms"),
        ("?wait_ms=20001", "wait_ms"), ("?consumer=", "consumer"), ("?consumer=" + "c" * 256, "consumer"), ("?color=red", "color"),
    ])
    def test_bad_parameters_are_named(self, at, topic, query, name):
        made = Subscription(at, topic())
        status, _, told = ask(at, "POST", f"{made.path}:receive{query}")
        assert (status, told["type"]) == (400, "urn:millrace:problem:invalid")
        assert name in told["detail"]

    def test_events_of_a_key_keep_their_order(self, at, topic):
        name = topic()
        made = Subscription(at, name, backoffbase=0, backoffjitter=0)
        for event, key in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")]:
            keyed(at, name, event, key)
        first = made.receive()
        assert ids(first) == ["a1", "b1"], "one of each key"
        assert made.settle("fail", first[:1], code=7, message="not now") == {}
        again = made.receive("?wait_ms=10000")
        assert (ids(again), again[0]["lock"]["attempt"]) == (["a1"], 2)
        assert made.settle("acknowledge", again) == {}
        assert ids(made.receive("?wait_ms=10000")) == ["a2"]


class TestSettling:
    def test_released_events_come_again_as_they_were(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1"])
        events = made.receive()
        assert made.settle("release", events) == {}
        again = made.receive()
        assert (ids(again), again[0]["lock"]["attempt"]) == (["1"], 1)
        assert made.settle("acknowledge", events) == {events[0]["lock"]["token"]: "lost"}
        assert made.settle("release", again, delay_ms=86_400_000) == {}
        assert made.receive() == []
        assert made.status()["waiting"] == 1

    def test_a_consumer_gives_back_all_that_it_has(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1", "2"])
        assert ids(made.receive("?max_events=1&consumer=one")) == ["1"]
        assert ids(made.receive("?max_events=1&consumer=two")) == ["2"]
        status, _, told = ask(at, "POST", made.path + ":release", {"consumer": "one"})
        assert (status, told) == (200, {"settled": [], "failed": []})
        assert ids(made.receive("?wait_ms=10000")) == ["1"]

    def test_rejected_events_are_dead(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1", "2"])
        events = made.receive()
        assert made.settle("reject", events[:1], code=422, message="nonsense") == {}
        assert made.receive() == []
        assert (made.status()["died"], made.status()["failed"]) == (1, 1)

    def test_events_that_fail_too_often_are_dead(self, at, topic):
        name = topic()
        made = Subscription(at, name, maxattempts=2, backoffbase=0, backoffjitter=0)
        fill(at, name, ["1"])
        for attempt in (1, 2):
            events = made.receive("?wait_ms=10000")
            assert [each["lock"]["attempt"] for each in events] == [attempt]
            assert made.settle("fail", events) == {}
        assert made.receive() == []
        assert made.status()["died"] == 1

    def test_a_lock_runs_out_unless_it_is_renewed(self, at, topic):
        name = topic()
        made = Subscription(at, name, locktime=5000, backoffbase=0, backoffjitter=0)
        fill(at, name, ["1", "2"])
        kept, lost = made.receive()
        again = []

        def keep_one():
            assert made.settle("renew", [kept]) == {}
            again.extend(made.receive())
            return again

        wait_until(keep_one, "the other comes again", step=0.1)
        assert (ids(again), again[0]["lock"]["attempt"]) == (["2"], 2)
        assert made.settle("acknowledge", [kept, lost]) == {lost["lock"]["token"]: "lost"}

    def test_tokens_are_judged_one_by_one(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1"])
        (event,) = made.receive()
        token = event["lock"]["token"]
        strange = ["", "x", "0.0.0", "9.0.0.0", "0.0.zzzzzzzzzzzz.0", token + ".0"]
        assert made.settle("acknowledge", [*strange, token]) == {each: "unknown" for each in strange}
        assert made.settle("acknowledge", [token]) == {token: "lost"}

    @pytest.mark.parametrize("verb, body", [
        ("acknowledge", {}), ("acknowledge", {"tokens": []}), ("acknowledge", {"tokens": "x"}), ("acknowledge", {"tokens": [7]}),
        ("acknowledge", {"tokens": ["x"] * 1001}), ("acknowledge", {"tokens": ["x"], "delay_ms": 1}), ("renew", {"tokens": ["x"], "code": 1}),
        ("release", {"tokens": ["x"], "delay_ms": -1}), ("release", {"tokens": ["x"], "delay_ms": 86_400_001}),
        ("release", {"tokens": ["x"], "consumer": "c"}), ("release", {"consumer": ""}), ("fail", {"tokens": ["x"], "code": 1 << 40}),
        ("fail", {"tokens": ["x"], "message": 7}), ("reject", {"tokens": ["x"], "delay_ms": 1}), ("reject", ["x"]), ("resume", {"x": 1}),
    ])
    def test_bad_bodies_are_refused(self, at, topic, verb, body):
        made = Subscription(at, topic())
        status, _, told = ask(at, "POST", f"{made.path}:{verb}", body)
        assert (status, told["type"]) == (400, "urn:millrace:problem:invalid"), told


class TestStarts:
    def test_what_was_acknowledged_stays_so(self, workshop):
        broker = Broker(workshop / "subscriptions-restart", http_listeners=f"127.0.0.1:{free_port()}")
        broker.start()
        at = broker.settings["http_listeners"]
        create_topic(broker.address, "orders", 1)
        made = Subscription(at, "orders")
        fill(at, "orders", [str(i) for i in range(10)])
        events = made.receive()
        assert made.settle("acknowledge", events[::2]) == {}
        for again in (broker.restart, broker.crash_and_restart):
            again()
            assert made.told()["id"] == made.id
            odd = made.receive()
            assert ids(odd) == ["1", "3", "5", "7", "9"]
            assert all(each["lock"]["attempt"] == 1 for each in odd)
        assert set(made.settle("acknowledge", events).values()) == {"lost"}
        broker.stop()
        broker.assert_quiet_log()

    def test_who_waits_does_not_hold_up_the_stop(self, workshop):
        broker = Broker(workshop / "subscriptions-stop", http_listeners=f"127.0.0.1:{free_port()}")
        broker.start()
        at = broker.settings["http_listeners"]
        create_topic(broker.address, "orders", 1)
        made = Subscription(at, "orders")
        connection = client.HTTPConnection(at, timeout=60)
        connection.request("POST", f"{made.path}:receive?wait_ms=20000", headers=JSON)
        me = "{}:{}".format(*connection.sock.getsockname())

        def is_heard():  # it may be connected for a while before
            told = http.get(at, "/v1/connections")["connections"]
            return [each for each in told if each["peer"] == me and each["received_bytes"]]

        wait_until(is_heard, "it is heard")
        began = time.monotonic()
        broker.stop()
        assert connection.getresponse().status == 204
        assert time.monotonic() - began < 15
        broker.assert_quiet_log()


def test_damage_is_passed_over_and_said_in_the_log(own_broker):
    at = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=at).start()
    name = create_topic(broker.address, "orders", 1, configs={"preallocate": "false"})
    for each in ["a", "b", "c", "d"]:
        fill(at, name, [each])
    broker.stop()
    (log,) = broker.data.glob("orders-0/*.log")
    content = bytearray(log.read_bytes())
    content[len(content) * 3 // 8] ^= 0x40  # in the second of four
    log.write_bytes(content)
    broker.expect_error("damaged records are passed over")
    broker.start()
    subscription = Subscription(at, name, ordering="none")
    events = subscription.receive("?wait_ms=10000&max_events=10")
    assert ids(events) == ["a", "c", "d"]
    assert subscription.settle("acknowledge", events) == {}
    assert f"damaged records are passed over log={name}-0 subscription={subscription.id}" in broker.log_text()
    wait_until(lambda: subscription.status()["lag"] == 0, "all is delivered that there is")
