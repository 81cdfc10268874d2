"""Web hooks: what Kafka clients and publishers have sent arrives at sinks, exactly as it was, and what a sink answers
decides what becomes of it. The standards are CloudEvents' HTTP binding and its web hooks."""

import base64
import json
import time
import urllib.parse

import pytest

from harness import http
from harness.broker import Broker, free_port, wait_until
from harness.confluent import ConfluentClient
from harness.events import ask, topics
from harness.metrics import scrape
from harness.records import Record, now_ms
from harness.sink import Nginx, Sink
from harness.subscriptions import status_of, wait_for_state

SETTINGS = {
    "webhook_allow_http": "true",
    "webhook_allow_loopback": "true",
    "webhook_origin": "events.example.com",
    "webhook_timeout_ms": 30_000,
}
QUICK = {"backoffbase": 10, "backoffcap": 50}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def topic(door, request):
    return topics(door, request)


@pytest.fixture
def subscribe(at):
    """Makes subscriptions that are gone after the test."""
    made = []

    def make(topic, sink, config=None, **members):
        body = {"sink": sink, "protocol": "HTTP", "config": {"topic": topic, "startfrom": "earliest"} | (config or {})}
        status, _, got = ask(at, "POST", "/v1/subscriptions", json.dumps(body | members), JSON)
        assert status == 201, got
        made.append(json.loads(got)["id"])
        return made[-1]

    yield make
    for id in made:
        ask(at, "DELETE", f"/v1/subscriptions/{id}")


def produce(door, topic, events, key=None):
    """Events in binary mode, as a Kafka client with an SDK sends them."""
    records = [
        Record(key or event["id"].encode(), event["data"],
               (("content-type", b"application/json"), *((f"ce_{n}", v.encode()) for n, v in event.items() if n != "data")),
               now_ms())
        for event in events
    ]  # fmt: skip
    assert all(error is None for _, error in ConfluentClient().produce(door.address, topic, records))


def events(count, prefix="e"):
    return [
        {"specversion": "1.0", "id": f"{prefix}{n}", "source": "/shop", "type": "sold", "subject": f"ä %{n}",
         "data": b'{ "n" : %d.50 }' % n}
        for n in range(count)
    ]  # fmt: skip


def test_a_policy_is_tried_by_what_statuses_mean(at, topic, subscribe):
    with Sink() as sink:
        id = subscribe(topic(), sink.url(), {"maxattempts": 3, "backoffbase": 1000, "backoffcap": 60000})

        def tried(query=""):
            return http.get(at, f"/v1/subscriptions/{id}/policy{query}")

        busy = tried()
        assert (busy["outcome"], [each["after_ms"] for each in busy["attempts"]]) == ("status 503", [0, 1000, 3000])
        assert (busy["end"]["fate"], busy["end"]["reason"]) == ("dead-letter", "max-deliveries")
        assert [each["after_ms"] for each in tried("?status=429&retry_after=9")["attempts"]] == [0, 9000, 18000]
        assert tried("?status=204")["end"] == {"fate": "delivered", "after_ms": 0, "reason": None, "topic": None, "why": None}
        assert (tried("?status=410")["end"]["fate"], tried("?status=410")["end"]["reason"]) == ("suspended", "sink-retired")
        assert len(tried("?status=400")["attempts"]) == 1 and len(tried("?outcome=timeout")["attempts"]) == 3
        assert sink.requests == []


class TestDelivery:
    def test_fifty_events_of_a_kafka_producer_arrive_in_binary_mode_as_they_are(self, door, at, topic, subscribe):
        name, sent = topic(), events(50)
        produce(door, name, sent)
        with Sink() as sink:
            id = subscribe(name, sink.url("/hook?tenant=7"))
            got = sink.wait_for(50)
            wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
            assert len(got) == 50
            by_id = {request.fields["ce-id"]: request for request in got}
            for event in sent:
                request = by_id[event["id"]]
                assert (request.method, request.path) == ("POST", "/hook?tenant=7")
                assert request.body == event["data"]
                assert request.fields["content-type"] == "application/json"
                assert urllib.parse.unquote(request.fields["ce-subject"]) == event["subject"]
                told = {n[3:] for n in request.fields if n.startswith("ce-")}
                assert told == {"specversion", "id", "source", "type", "subject"}, "nothing is added to an event"
                assert request.fields["millrace-subscription"] == id
                assert request.fields["millrace-delivery-attempt"] == "1"
                assert request.fields["webhook-request-origin"] == "events.example.com"
        question = sink.questions[0]
        assert (question.method, question.path) == ("OPTIONS", "/hook?tenant=7")
        assert question.fields["webhook-request-origin"] == "events.example.com"
        assert len(sink.questions) == 1

    def test_in_structured_mode(self, door, topic, subscribe):
        name, sent = topic(), events(50)
        produce(door, name, sent)
        with Sink() as sink:
            subscribe(name, sink.url(), {"contentmode": "structured"})
            got = [json.loads(request.body) for request in sink.wait_for(50)]
            types = {request.fields["content-type"] for request in sink.requests}
        assert types == {"application/cloudevents+json; charset=utf-8"}
        assert sorted(event["id"] for event in got) == sorted(event["id"] for event in sent)
        assert {event["id"]: event["data"]["n"] for event in got} == {f"e{n}": n + 0.5 for n in range(50)}

    def test_in_batches(self, door, at, topic, subscribe):
        name, sent = topic(), events(50)
        produce(door, name, sent)
        with Sink() as sink:
            id = subscribe(name, sink.url(), {"contentmode": "batch", "maxbatchevents": 20, "ordering": "none"})
            wait_until(lambda: sum(len(json.loads(r.body)) for r in sink.requests) >= 50, "fifty events")
            wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
            batches = [json.loads(request.body) for request in sink.requests]
        assert all(len(batch) <= 20 for batch in batches)
        assert sorted(event["id"] for batch in batches for event in batch) == sorted(event["id"] for event in sent)

    def test_an_event_that_is_published_later_comes_at_once(self, at, topic, subscribe):
        name = topic()
        with Sink() as sink:
            id = subscribe(name, sink.url())
            wait_for_state(at, id, "active")
            fields = {"ce-specversion": "1.0", "ce-id": "late", "ce-source": "/s", "ce-type": "t", "Content-Type": "text/plain"}
            assert ask(at, "POST", f"/v1/topics/{name}/events", b"hello", fields)[0] in (200, 201, 202, 204)
            (request,) = sink.wait_for(1)
        assert (request.fields["ce-id"], request.body) == ("late", b"hello")

    def test_credentials_and_header_fields_go_along_and_are_told_to_nobody(self, door, at, topic, subscribe):
        name = topic()
        produce(door, name, events(1))
        with Sink() as sink:
            id = subscribe(
                name, sink.url(), protocolsettings={"method": "PUT", "headers": {"X-Tenant": "7"}},
                sinkcredential={"credentialtype": "PLAIN", "identifier": "me", "secret": "hush-hush"},
            )  # fmt: skip
            (request,) = sink.wait_for(1)
            assert request.method == "PUT"
            assert request.fields["x-tenant"] == "7"
            assert request.fields["authorization"] == "Basic " + base64.b64encode(b"me:hush-hush").decode()
            assert "hush-hush" not in json.dumps(http.get(at, f"/v1/subscriptions/{id}"))
        assert "hush-hush" not in door.log_text()


class TestAnswers:
    def test_an_event_that_fails_comes_again_and_holds_back_those_of_its_key(self, door, at, topic, subscribe):
        name, times = topic(), {}

        def answer(request):
            id = request.fields["ce-id"]
            times[id] = times.get(id, 0) + 1
            return (503, {}) if id == "e1" and times[id] < 3 else (200, {})

        produce(door, name, events(4), key=b"k")
        with Sink(answer) as sink:
            id = subscribe(name, sink.url(), QUICK)
            wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
            assert [r.fields["ce-id"] for r in sink.requests] == ["e0", "e1", "e1", "e1", "e2", "e3"]
            assert [r.fields["millrace-delivery-attempt"] for r in sink.requests[1:4]] == ["1", "2", "3"]

    def test_what_an_answer_means_may_be_changed_while_events_are_sent(self, door, at, topic, subscribe):
        name = topic()
        statuses = {"e0": 501, "e1": 400, "e2": 400, "e3": 501}
        with Sink(lambda request: (statuses[request.fields["ce-id"]], {})) as sink:
            id = subscribe(name, sink.url(), QUICK | {"ordering": "none", "maxattempts": "1000", "failon": "501, timeout"})
            wait_for_state(at, id, "active")
            produce(door, name, events(2))
            wait_until(lambda: status_of(at, id)["died"] == 2, lambda: f"both are dead: {status_of(at, id)}")
            assert sorted(request.fields["ce-id"] for request in sink.requests) == ["e0", "e1"], "each at once"
            body = http.get(at, f"/v1/subscriptions/{id}")
            assert body["config"]["failon"] == "501, timeout" and "retryon" not in body["config"]
            body["config"] |= {"failon": "", "retryon": "400"}
            del body["status"]
            assert ask(at, "PUT", f"/v1/subscriptions/{id}", json.dumps(body), JSON)[0] == 200
            sink.requests.clear()
            produce(door, name, events(4)[2:])
            ids = lambda: [request.fields["ce-id"] for request in list(sink.requests)]  # noqa: E731
            wait_until(lambda: ids().count("e2") > 3 and ids().count("e3") > 3, "both are tried again and again")
            letters = http.get(at, f"/v1/dead-letters/dlq.{id}.{name}")["letters"]
            assert sorted((each["event"]["id"], each["reason"], each["code"]) for each in letters) == [
                ("e0", "http-status", 501), ("e1", "http-status", 400)]  # fmt: skip

    def test_a_sink_that_asks_for_a_pause_has_it(self, door, topic, subscribe):
        name, came = topic(), []

        def answer(request):
            came.append(time.monotonic())
            return (429, {"Retry-After": "2"}) if len(came) == 1 else (200, {})

        produce(door, name, events(1))
        with Sink(answer) as sink:
            subscribe(name, sink.url(), QUICK)
            sink.wait_for(2)
        assert came[1] - came[0] >= 1.9

    def test_a_sink_that_has_gone_suspends_its_subscription_until_it_is_resumed(self, door, at, topic, subscribe):
        name = topic()
        produce(door, name, events(3))
        with Sink(lambda request: (410, {})) as sink:
            id = subscribe(name, sink.url(), {"ordering": "partition"})
            status = wait_for_state(at, id, "suspended")
            assert status["reason"] == "sink-retired"
            assert status["last_attempt"]["status"] == 410
            assert len(sink.requests) == 1
            sink.answer = lambda request: (200, {})
            assert ask(at, "POST", f"/v1/subscriptions/{id}:resume", None, {"Content-Type": "application/json"})[0] == 200
            wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
            assert [r.fields["ce-id"] for r in sink.requests] == ["e0", "e0", "e1", "e2"]

    def test_a_sink_that_does_not_consent_gets_nothing(self, door, at, topic, subscribe):
        name = topic()
        produce(door, name, events(1))
        with Sink(consent=lambda request: (200, {})) as sink:
            id = subscribe(name, sink.url())
            status = wait_for_state(at, id, "suspended")
            assert status["reason"] == "sink-refused"
            assert "WebHook-Allowed-Origin" in status["last_attempt"]["message"]
            assert sink.requests == []

    def test_a_sink_that_is_not_there_yet_is_asked_again(self, door, at, topic, subscribe):
        name, port = topic(), free_port()
        produce(door, name, events(1))
        id = subscribe(name, f"http://127.0.0.1:{port}/")
        status = wait_until(lambda: (s := status_of(at, id)).get("last_attempt") and s, "an attempt")
        assert status["state"] == "pending-validation"
        assert status["last_attempt"]["status"] == 0
        with Sink(port=port) as sink:
            sink.wait_for(1)
            wait_for_state(at, id, "active")

    def test_a_dead_sink_does_not_slow_another(self, door, at, topic, subscribe):
        name = topic()
        with Sink(lambda request: None) as dead, Sink() as alive:
            for _ in range(3):
                subscribe(name, dead.url(), {"ordering": "none", "locktime": "4000"})
            id = subscribe(name, alive.url(), {"ordering": "none"})
            wait_for_state(at, id, "active")
            produce(door, name, events(30, "first"))
            wait_until(lambda: len(dead.requests) >= 30, "all places of the dead ones are taken")
            began = time.monotonic()
            produce(door, name, events(200, "then"))
            alive.wait_for(230, timeout=60)
            took = time.monotonic() - began
            assert status_of(at, id)["failed"] == 0
            # A request to the dead takes 7/8 of the lock time, ten at once, so 200 events of theirs take 70 seconds.
            assert took < 40
            dead.released.set()

    def test_metrics_tell_how_requests_end(self, door, at, topic, subscribe):
        before = scrape(at)
        name = topic()
        produce(door, name, events(5))
        with Sink(lambda request: (422, {}) if request.fields["ce-id"] == "e3" else (200, {})) as sink:
            id = subscribe(name, sink.url(), {"deadletters": "false"})
            sink.wait_for(5)
            wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
        after = scrape(at)

        def more(metric, **labels):
            return after.value(metric, **labels) - before.value(metric, **labels)

        assert more("millrace_webhook_requests_total", outcome="4xx") == 1
        assert more("millrace_webhook_requests_total", outcome="2xx") == 5, "the question and four events"
        assert more("millrace_webhook_events_total", end="delivered") == 4
        assert more("millrace_webhook_events_total", end="rejected") == 1


class TestRestart:
    def test_events_that_come_while_the_broker_is_down_or_dies_are_not_lost(self, workshop):
        broker = Broker(workshop / "hooks", http_listeners=f"127.0.0.1:{free_port()}", **SETTINGS)
        at = broker.settings["http_listeners"]
        broker.start()
        with Sink() as sink:
            body = {"sink": sink.url(), "protocol": "HTTP", "config": {"topic": "kept", "startfrom": "earliest"}}
            produce(broker, "kept", events(20, "a"))
            status, _, got = ask(at, "POST", "/v1/subscriptions", json.dumps(body), JSON)
            assert status == 201, got
            id = json.loads(got)["id"]
            sink.wait_for(5)
            broker.crash_and_restart()
            produce(broker, "kept", events(20, "b"))
            broker.restart()
            produce(broker, "kept", events(20, "c"))
            wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
            came = {request.fields["ce-id"] for request in sink.requests}
            assert came == {event["id"] for prefix in "abc" for event in events(20, prefix)}
        broker.stop()
        broker.assert_quiet_log()

    def test_a_broker_stops_at_once_though_its_sink_never_answers(self, workshop):
        settings = SETTINGS | {"webhook_timeout_ms": 60_000}
        broker = Broker(workshop / "stopping", http_listeners=f"127.0.0.1:{free_port()}", **settings)
        at = broker.settings["http_listeners"]
        broker.start()
        with Sink(lambda request: None) as sink:
            produce(broker, "held", events(3))
            body = {"sink": sink.url(), "protocol": "HTTP", "config": {"topic": "held", "startfrom": "earliest"}}
            status, _, got = ask(at, "POST", "/v1/subscriptions", json.dumps(body), JSON)
            assert status == 201, got
            sink.wait_for(3)
            began = time.monotonic()
            broker.stop()
            assert time.monotonic() - began < 30
            sink.released.set()
            sink.answer = lambda request: (200, {})
            broker.start()
            got = sink.wait_for(6)[3:]
            assert {request.fields["millrace-delivery-attempt"] for request in got} == {"1"}, "it was not their fault"
        broker.stop()
        broker.assert_quiet_log()


class TestSettings:
    def test_without_leave_no_sink_is_on_this_machine(self, workshop):
        broker = Broker(workshop / "strict", http_listeners=f"127.0.0.1:{free_port()}")
        at = broker.settings["http_listeners"]
        broker.start()
        with Sink() as sink:
            produce(broker, "t", events(1))
            secure = sink.url().replace("http:", "https:")
            body = {"sink": secure.replace("127.0.0.1", "localhost"), "protocol": "HTTP"}
            body["config"] = {"topic": "t", "startfrom": "earliest"}
            status, _, got = ask(at, "POST", "/v1/subscriptions", json.dumps(body), JSON)
            assert status == 201, "a name is judged when something is sent there"
            path = f"/v1/subscriptions/{json.loads(got)['id']}"
            last = wait_until(lambda: http.get(at, path)["status"].get("last_attempt"), "an attempt")
            assert last["status"] == 0
            refused = {sink.url(): "webhook_allow_http", secure: "webhook_allow_loopback",
                       "https://[::ffff:10.0.0.1]/": "webhook_allow_private_networks",
                       "https://169.254.169.254/latest": "webhook_allow_link_local"}
            for url, setting in refused.items():
                for method, where in (("POST", "/v1/subscriptions"), ("PUT", path)):
                    status, _, got = ask(at, method, where, json.dumps(body | {"sink": url}), JSON)
                    (fault,) = json.loads(got)["errors"]
                    assert (status, fault["pointer"]) == (400, "/sink")
                    assert url in fault["detail"] and setting in fault["detail"], fault
            assert (sink.questions, sink.requests) == ([], [])
        broker.stop()
        broker.assert_quiet_log()

    def test_what_an_operator_allows_no_longer_is_suspended(self, workshop):
        broker = Broker(workshop / "stricter", http_listeners=f"127.0.0.1:{free_port()}", **SETTINGS)
        at = broker.settings["http_listeners"]
        broker.start()
        with Sink() as sink:
            produce(broker, "t", events(1))
            body = {"sink": sink.url(), "protocol": "HTTP", "config": {"topic": "t", "startfrom": "earliest"}}
            status, _, got = ask(at, "POST", "/v1/subscriptions", json.dumps(body), JSON)
            assert status == 201, got
            sink.wait_for(1)
            broker.stop()
            broker.settings["webhook_allow_loopback"] = "false"
            broker.start()
            status = wait_for_state(at, json.loads(got)["id"], "suspended")
            assert status["reason"] == "sink-not-allowed"
            assert "webhook_allow_loopback" in status["last_attempt"]["message"]
        broker.stop()
        broker.assert_quiet_log()


class TestNginx:
    def test_what_nginx_answers_decides(self, door, at, topic, subscribe, tmp_path):
        ids = [f"e{n}" for n in range(50)]
        with Nginx(tmp_path / "nginx") as nginx:
            name = topic()
            produce(door, name, events(50))
            taken = subscribe(name, nginx.url("/ok"))
            refused = subscribe(name, nginx.url("/no"), {"deadletters": "false", "ordering": "none"})
            busy = subscribe(name, nginx.url("/busy"), QUICK | {"ordering": "none", "maxattempts": 1000})
            for id in (taken, refused):
                wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled")
            wait_until(lambda: status_of(at, busy)["failed"] > 0, "failures")
            status = status_of(at, busy)
            assert (status["lag"], status["died"]) == (50, 0)
            # It writes down what it has answered, so the broker may know first.
            for path, least in (("/ok", 50), ("/no", 50), ("/busy", 1)):
                wait_until(lambda: len(nginx.events(path)) >= least, f"{path} to be written down")  # noqa: B023
            assert sorted(id for _, id in nginx.events("/ok")) == sorted(ids), "each once"
            assert {status for status, _ in nginx.events("/ok")} == {204}
            assert {status for status, _ in nginx.events("/no")} == {422}
            assert status_of(at, refused)["died"] > 0
            assert {status for status, _ in nginx.events("/busy")} == {503}

    def test_a_server_that_is_down_for_a_while_misses_nothing(self, door, at, topic, subscribe, tmp_path):
        nginx = Nginx(tmp_path / "nginx").start()
        name = topic()
        id = subscribe(name, nginx.url("/ok"), QUICK | {"maxattempts": 1000})
        produce(door, name, events(10, "before"))
        wait_until(lambda: status_of(at, id)["lag"] == 0, "the first are settled")
        nginx.stop()
        produce(door, name, events(10, "during"))
        wait_until(lambda: status_of(at, id)["failed"] >= 10, "they fail")
        nginx.start()
        produce(door, name, events(10, "after"))
        wait_until(lambda: status_of(at, id)["lag"] == 0, "all are settled", timeout=120)
        sent = {event["id"] for prefix in ("before", "during", "after") for event in events(10, prefix)}
        came = lambda: {came for status, came in nginx.events("/ok") if status == 204}  # noqa: E731
        wait_until(lambda: came() >= sent, lambda: f"all to be written down: {came()}")
        assert came() == sent
        nginx.stop()
