"""A sink is tested: what it is sent, what is told of its answer, and that nothing else changes by it."""

import base64
import contextlib
import json
import threading

import pytest
from kafka import KafkaAdminClient

from harness import http, openapi
from harness.broker import Broker, free_port, wait_until
from harness.cli import DONE, REFUSED, millrace, said
from harness.events import ask, topics
from harness.metrics import scrape
from harness.sink import Sink
from harness.subscriptions import status_of, wait_for_state

SETTINGS = {
    "webhook_allow_http": "true",
    "webhook_allow_loopback": "true",
    "webhook_origin": "events.example.com",
    "webhook_timeout_ms": 3000,
}
JSON = {"Content-Type": "application/json"}
EVENT = {"Content-Type": "text/plain", "ce-specversion": "1.0", "ce-source": "/s", "ce-type": "t"}
PATH = "/v1/subscriptions"
DESCRIBED = openapi.document()


@pytest.fixture
def topic(door, request):
    return topics(door, request)()


@pytest.fixture
def subscribe(at, topic):
    """Makes subscriptions to one topic that are gone after the test."""
    made = []

    def make(sink=None, config=None, **members):
        body = {"config": {"topic": topic, "startfrom": "earliest"} | (config or {})} | members
        if sink:
            body = {"sink": sink, "protocol": "HTTP"} | body
        status, _, got = ask(at, "POST", PATH, json.dumps(body), JSON)
        assert status == 201, got
        made.append(json.loads(got)["id"])
        return made[-1]

    yield make
    for id in made:
        ask(at, "DELETE", f"{PATH}/{id}")


def probed(at, id, status=200):
    got, _, body = http.request(at, "POST", f"{PATH}/{id}:test", None, JSON)
    assert got == status, body
    if status == 200:
        schema = openapi.schema_of(DESCRIBED, "POST", PATH + "/{subscription}:test", 200, "application/json")
        openapi.check(DESCRIBED, schema, body)
    return body


def active(at, sink, id):
    """Its pusher has asked, and the sink forgets that."""
    wait_for_state(at, id, "active")
    sink.questions.clear()
    return id


def made_at(at, sink, **members):
    body = {"sink": sink, "protocol": "HTTP", "config": {"topic": "t"}} | members
    ask(at, "POST", "/v1/topics", json.dumps({"name": "t"}), JSON)
    status, _, got = ask(at, "POST", PATH, json.dumps(body), JSON)
    assert status == 201, got
    return json.loads(got)["id"]


@contextlib.contextmanager
def own_broker(workshop, name, **settings):
    broker = Broker(workshop / name, http_listeners=f"127.0.0.1:{free_port()}", **SETTINGS | settings)
    broker.start()
    yield broker
    broker.stop()
    broker.assert_quiet_log()


def fate(test):
    return test["consent"]["word"], test["would_be"], test["reason"], test["pause_ms"]


class TestAsking:
    def test_a_sink_is_asked_and_sent_one_event(self, at, subscribe):
        with Sink() as sink:
            id = active(at, sink, subscribe(
                sink.url("/hook?tenant=7"), protocolsettings={"method": "PUT", "headers": {"X-Tenant": "7"}},
                sinkcredential={"credentialtype": "PLAIN", "identifier": "me", "secret": "hush-hush"},
            ))  # fmt: skip
            test = probed(at, id)
            (question,), (event,) = sink.questions, sink.requests
        took = test["answer"].pop("took_ms")
        assert took >= 0
        assert test == {
            "subscription": id, "sink": sink.url("/hook?tenant=7"),
            "consent": {"word": "granted", "status": 200, "rate_per_minute": None, "why": None},
            "event": {"id": event.fields["ce-id"], "type": "dev.millrace.test"},
            "answer": {"status": 204, "cause": None}, "would_be": "delivered", "reason": None, "pause_ms": 0,
        }  # fmt: skip
        credentials = "Basic " + base64.b64encode(b"me:hush-hush").decode()
        assert (question.method, question.path, question.fields["authorization"]) == ("OPTIONS", "/hook?tenant=7", credentials)
        assert question.fields["webhook-request-origin"] == "events.example.com"
        assert (event.method, event.path) == ("PUT", "/hook?tenant=7")
        assert json.loads(event.body) == {"subscription": id}
        assert {name: event.fields[name] for name in (
            "content-type", "ce-specversion", "ce-source", "ce-type", "x-tenant", "authorization",
            "millrace-subscription", "millrace-delivery-attempt", "webhook-request-origin",
        )} == {
            "content-type": "application/json", "ce-specversion": "1.0", "ce-source": f"{PATH}/{id}",
            "ce-type": "dev.millrace.test", "x-tenant": "7", "authorization": credentials,
            "millrace-subscription": id, "millrace-delivery-attempt": "1", "webhook-request-origin": "events.example.com",
        }  # fmt: skip
        assert {name for name in event.fields if name.startswith("ce-")} == {
            "ce-specversion", "ce-id", "ce-source", "ce-type", "ce-time"}  # fmt: skip

    @pytest.mark.parametrize("mode", ["structured", "batch"])
    def test_in_the_mode_of_the_subscription(self, at, subscribe, mode):
        with Sink() as sink:
            id = active(at, sink, subscribe(sink.url(), {"contentmode": mode}))
            first, second = probed(at, id), probed(at, id)
            assert len(sink.requests) == 2
            kind = "cloudevents" if mode == "structured" else "cloudevents-batch"
            for test, request in zip((first, second), sink.requests):
                assert request.fields["content-type"] == f"application/{kind}+json; charset=utf-8"
                body = json.loads(request.body)
                (event,) = body if mode == "batch" else [body]
                assert (event["id"], event["data"]) == (test["event"]["id"], {"subscription": id})
            assert first["event"]["id"] != second["event"]["id"]

    def test_one_that_does_not_consent_is_sent_nothing(self, at, subscribe):
        with Sink(consent=lambda request: (200, {})) as sink:
            id = subscribe(sink.url())
            wait_for_state(at, id, "suspended")
            test = probed(at, id)
            assert fate(test) == ("refused", "suspended", "sink-refused", 0)
            assert test["consent"]["status"] == 200 and "WebHook-Allowed-Origin" in test["consent"]["why"]
            assert (test["event"], test["answer"], sink.requests) == (None, None, [])

    def test_one_that_is_away_is_told_as_such(self, at, subscribe):
        id = subscribe(f"http://127.0.0.1:{free_port()}/")
        test = probed(at, id)
        assert fate(test) == ("away", "pending", None, 0)
        assert test["consent"]["status"] is None and "127.0.0.1" in test["consent"]["why"]
        assert (test["event"], test["answer"]) == (None, None)
        with Sink(consent=lambda request: (503, {"Retry-After": "7"})) as sink:
            assert fate(probed(at, subscribe(sink.url()))) == ("away", "pending", None, 7000)

    def test_a_rate_is_told(self, at, subscribe):
        with Sink(consent=lambda request: (200, {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "60"})) as sink:
            assert probed(at, subscribe(sink.url()))["consent"]["rate_per_minute"] == 60


class TestMeaning:
    @pytest.mark.parametrize("answer, config, told", [
        ((503, {"Retry-After": "7"}), {}, ("retried", "http-status", 7000)),
        ((503, {}), {"maxattempts": 1}, ("dead-lettered", "max-deliveries", 0)),
        ((503, {}), {"failon": "503"}, ("dead-lettered", "http-status", 0)),
        ((429, {"Retry-After": "9"}), {}, ("retried", "http-status", 9000)),
        ((422, {}), {}, ("dead-lettered", "http-status", 0)),
        ((422, {}), {"deadletters": "false"}, ("discarded", "http-status", 0)),
        ((410, {}), {}, ("suspended", "sink-retired", 0)),
        ((401, {}), {}, ("suspended", "sink-unauthorized", 0)),
    ])  # fmt: skip
    def test_an_answer_means_what_it_would_for_an_event(self, at, subscribe, answer, config, told):
        with Sink(lambda request: answer) as sink:
            id = active(at, sink, subscribe(sink.url(), config))
            test = probed(at, id)
            assert fate(test) == ("granted", *told)
            assert (test["answer"]["status"], test["answer"]["cause"]) == (answer[0], None)
            assert len(sink.requests) == 1
            assert status_of(at, id)["state"] == "active"

    def test_no_answer_in_time_is_a_failure(self, workshop):
        with own_broker(workshop, "slow", webhook_timeout_ms=500) as broker, Sink(lambda request: None) as sink:
            at = broker.settings["http_listeners"]
            test = probed(at, made_at(at, sink.url()))
            assert fate(test) == ("granted", "retried", "http-timeout", 0)
            assert test["answer"]["status"] is None and test["answer"]["cause"] and test["answer"]["took_ms"] >= 500


class TestNothingElseChanges:
    def test_events_attempts_letters_and_counts_stay_as_they_are(self, door, at, topic, subscribe):
        def answer(request):
            if request.fields["ce-type"] == "dev.millrace.test":
                return 422, {}
            return (200, {}) if request.fields["ce-id"] == "first" else (503, {"Retry-After": "3600"})

        def committed(id):
            admin = KafkaAdminClient(bootstrap_servers=door.address)
            offsets = {p.partition: o.offset for p, o in admin.list_consumer_group_offsets(f"ce-sub-{id}").items()}
            admin.close()
            return offsets

        with Sink(answer) as sink:
            id = active(at, sink, subscribe(sink.url(), {"ordering": "partition"}))
            for each in ("first", "real"):
                assert ask(at, "POST", f"/v1/topics/{topic}/events", b"hello", EVENT | {"ce-id": each})[0] == 200
            wait_until(lambda: (s := status_of(at, id))["failed"] == 1 and s["lag"] == 1, "one is settled, and one has failed")
            wait_until(lambda: committed(id) == {0: 1}, "it is committed")
            before, counted = status_of(at, id), requests_counted(at)
            for _ in range(3):
                assert probed(at, id)["would_be"] == "dead-lettered"
            assert status_of(at, id) == before
            assert committed(id) == {0: 1}
            assert requests_counted(at) == counted
            assert [r.fields.get("ce-id") for r in sink.requests].count("real") == 1
            assert http.request(at, "GET", f"/v1/dead-letters/dlq.{id}.{topic}")[0] == 404, "no letter was written"

    def test_one_that_is_suspended_stays_so(self, at, topic, subscribe):
        with Sink(lambda request: (410, {})) as sink:
            id = active(at, sink, subscribe(sink.url()))
            assert ask(at, "POST", f"/v1/topics/{topic}/events", b"hello", EVENT | {"ce-id": "real"})[0] == 200
            before = wait_for_state(at, id, "suspended")
            assert before["reason"] == "sink-retired"
            sink.answer = lambda request: (200, {})
            assert fate(probed(at, id)) == ("granted", "delivered", None, 0)
            assert status_of(at, id) == before
            assert [r.fields["ce-type"] for r in sink.requests] == ["t", "dev.millrace.test"]


class TestRefusals:
    def test_only_a_web_hook_has_a_sink_to_ask(self, at, topic, subscribe):
        problem = probed(at, subscribe(), 400)
        assert "pull" in problem["detail"] and "HTTP" in problem["detail"]
        assert ask(at, "POST", "/v1/topics", json.dumps({"name": f"{topic}.copy"}), JSON)[0] == 201
        problem = probed(at, subscribe(f"kafka:{topic}.copy", protocol="KAFKA"), 400)
        assert "KAFKA" in problem["detail"] and "HTTP" in problem["detail"]

    def test_what_is_not_there_or_not_asked_for(self, at, subscribe):
        assert "nobody" in probed(at, "nobody", 404)["detail"]
        with Sink() as sink:
            id = active(at, sink, subscribe(sink.url()))
            for query, body in (("?dry_run=true", None), ("", '{"sink": "http://127.0.0.1/"}')):
                status, _, problem = http.request(at, "POST", f"{PATH}/{id}:test{query}", body, JSON)
                assert (status, "without parameters" in problem["detail"]) == (400, True)
            assert http.request(at, "POST", f"{PATH}/{id}:test", None, {"Content-Type": "text/plain"})[0] == 415
            assert (sink.questions, sink.requests) == ([], [])

    def test_an_address_that_is_not_allowed_is_told_as_such(self, workshop):
        with own_broker(workshop, "stricter") as broker, Sink() as sink:
            at = broker.settings["http_listeners"]
            id, name = (made_at(at, url) for url in (sink.url(), sink.url().replace("127.0.0.1", "localhost")))
            for each in (id, name):
                wait_for_state(at, each, "active")
            sink.questions.clear()
            broker.stop()
            broker.settings["webhook_allow_loopback"] = "false"
            broker.start()
            test = probed(at, id)
            assert fate(test) == ("not-asked", "suspended", "sink-not-allowed", 0)
            assert "webhook_allow_loopback" in test["consent"]["why"]
            test = probed(at, name)
            assert fate(test) == ("away", "pending", None, 0)
            assert "webhook_allow_loopback" in test["consent"]["why"]
            assert (sink.questions, sink.requests) == ([], [])

    def test_one_whose_credential_cannot_be_read_is_not_tested_without(self, workshop):
        with own_broker(workshop, "locked") as broker, Sink() as sink:
            at = broker.settings["http_listeners"]
            id = made_at(at, sink.url(), sinkcredential={"credentialtype": "PLAIN", "identifier": "me", "secret": "hush"})
            active(at, sink, id)
            broker.stop()
            (broker.data / "secret.key").unlink()
            broker.expect_error("reason=credential-unreadable")
            broker.start()
            problem = probed(at, id, 409)
            assert problem["type"].endswith(":unresumable") and "credential" in problem["detail"]
            assert (sink.questions, sink.requests) == ([], [])

    def test_a_broker_that_stops_waits_for_no_test(self, workshop):
        with own_broker(workshop, "stopping", webhook_timeout_ms=60_000) as broker, Sink(lambda request: None) as sink:
            at = broker.settings["http_listeners"]
            id, told = made_at(at, sink.url()), []
            asking = threading.Thread(target=lambda: told.append(http.request(at, "POST", f"{PATH}/{id}:test", None, JSON)))
            asking.start()
            sink.wait_for(1)
            broker.stop()  # fails unless it stops in time
            asking.join(30)
            ((status, fields, problem),) = told
            assert (status, fields["retry-after"], problem["detail"]) == (503, "1", "the broker stops")
            broker.start()


class TestCommand:
    def test_text_json_and_exit_codes(self, at, subscribe):
        with Sink() as sink:
            id = active(at, sink, subscribe(sink.url()))
            lines = said(millrace("sub", "test", id, server=at)).splitlines()
            told = dict(line.split(maxsplit=1) for line in lines if not line.startswith("would be"))
            assert (told["subscription"], told["sink"], told["consent"]) == (id, sink.url(), "granted (200)")
            assert told["event"] == f"dev.millrace.test  {sink.requests[0].fields['ce-id']}"
            assert told["answer"].startswith("204 after ") and lines[-1] == "would be      delivered"
            assert json.loads(said(millrace("sub", "test", id, "-o", "json", server=at)))["would_be"] == "delivered"
            assert said(millrace("sub", "test", id, "-o", "id", server=at)) == "delivered\n"
            assert len(sink.requests) == 3
            sink.answer = lambda request: (503, {"Retry-After": "7"})
            done = millrace("sub", "test", id, server=at)
            assert (done.returncode, done.stderr) == (REFUSED, "millrace: an event would not have been delivered: retried\n")
            assert done.stdout.splitlines()[-1] == "would be      retried (http-status), the sink asks for a pause of 7 s"
            done = millrace("sub", "test", id, "-o", "json", server=at)
            assert (done.returncode, json.loads(done.stdout)["pause_ms"]) == (REFUSED, 7000)
            sink.consent = lambda request: (405, {})
            done = millrace("sub", "test", id, server=at)
            assert done.returncode == REFUSED and "consent       refused (405): " in done.stdout
            assert "answer" not in done.stdout and len(sink.requests) == 5

    def test_what_cannot_be_tested_is_said(self, at, subscribe):
        done = millrace("sub", "test", subscribe(), server=at)
        assert (done.returncode, done.stdout) == (REFUSED, "") and "pull" in done.stderr
        done = millrace("sub", "test", "nobody", server=at)
        assert done.returncode == REFUSED and "millrace sub ls" in done.stderr


def requests_counted(at):
    """Of web hooks, by how they ended, and what became of their events."""
    metrics = scrape(at)
    ends = ("2xx", "3xx", "4xx", "5xx", "other", "timeout", "connect_error", "tls_error")
    fates = ("delivered", "released", "failed", "rejected", "expired", "gone")
    return ([metrics.value("millrace_webhook_requests_total", outcome=end) for end in ends],
            [metrics.value("millrace_webhook_events_total", end=end) for end in fates])  # fmt: skip
