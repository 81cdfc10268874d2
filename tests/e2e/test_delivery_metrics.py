"""What GET /metrics tells of deliveries, dead letters and redrives."""

import pytest

from harness import http
from harness.events import EVENT, publish, topics
from harness.metrics import scrape
from harness.subscriptions import Subscription, ask
from harness.waiting import wait_until

DELIVERIES = "millrace_subscription_deliveries_total"


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def outcomes(at, one):
    told = scrape(at)
    return {label["outcome"]: told.value(DELIVERIES, **label) for label in told.labels(DELIVERIES) if label["subscription"] == one.id}


def events(at, one):
    told, name = scrape(at), "millrace_subscription_events"
    return {label["state"]: told.value(name, **label) for label in told.labels(name) if label["subscription"] == one.id}


def held(at, one):
    told, name = scrape(at), "millrace_subscription_held_partitions"
    return {label["reason"]: told.value(name, **label) for label in told.labels(name) if label["subscription"] == one.id}


def letters(at, topic):
    told, name = scrape(at), "millrace_dead_letters"
    return {label["state"]: told.value(name, **label) for label in told.labels(name) if label["topic"] == topic}


def test_each_hand_out_is_counted_by_how_it_ended(at, topic):
    name = topic()
    one = Subscription(at, name, ordering="none", locktime="20000", backoffbase="60000", backoffjitter="0")
    for i in range(5):
        publish(at, name, b"", EVENT | {"ce-id": str(i)})
    taken = one.receive("?max_events=5")
    assert events(at, one) == {"ready": 0, "parked": 0, "acquired": 5, "waiting": 0, "archiving": 0, "dead": 0}
    assert one.settle("acknowledge", taken[:1]) == {}
    assert one.settle("reject", taken[1:2]) == {}
    assert one.settle("release", taken[2:4]) == {}
    assert [e["event"]["id"] for e in one.receive("?max_events=1")] == ["2"]
    # Two locks run out: that of the last one, and that of the one which was taken again.
    wait_until(lambda: outcomes(at, one)["lock-timeout"] == 2, lambda: f"two locks to run out: {outcomes(at, one)}")
    assert outcomes(at, one) == {"acknowledged": 1, "failed": 0, "rejected": 1, "lock-timeout": 2, "released": 2, "lost": 0}
    wait_until(lambda: events(at, one)["archiving"] == 0, "the letter of the rejected one")
    assert events(at, one) == {"ready": 1, "parked": 0, "acquired": 0, "waiting": 2, "archiving": 0, "dead": 0}
    told = scrape(at)
    assert told.value("millrace_subscription_redeliveries_total", subscription=one.id) == 1
    assert told.value("millrace_subscription_passed_over_total", subscription=one.id, reason="dropped") == 0


def test_an_event_that_is_dropped_without_a_letter_is_passed_over(at, topic):
    name = topic()
    one = Subscription(at, name, deadletters="false")
    publish(at, name, b"", EVENT)
    assert one.settle("reject", one.receive()) == {}
    told = scrape(at)
    assert told.value("millrace_subscription_passed_over_total", subscription=one.id, reason="dropped") == 1


def test_what_stands_behind_a_dead_event_is_parked_and_the_subscription_is_counted(at, topic):
    before = scrape(at).value("millrace_subscriptions", state="active")
    name = topic()
    one = Subscription(at, name)
    for i in range(3):
        publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-partitionkey": "k"})
    assert one.settle("reject", one.receive()) == {}
    wait_until(lambda: events(at, one)["dead"] == 1, lambda: f"a dead one: {events(at, one)}")
    assert events(at, one) == {"ready": 0, "parked": 2, "acquired": 0, "waiting": 0, "archiving": 0, "dead": 1}
    assert scrape(at).value("millrace_subscriptions", state="active") == before + 1
    assert http.request(at, "DELETE", one.path)[0] in (200, 204)
    assert outcomes(at, one) == {}, "its series go with it"
    assert scrape(at).value("millrace_subscriptions", state="active") == before


def test_a_partition_whose_letter_cannot_be_written_is_held(door, at, topic):
    door.expect_error("dead letter not written")
    name = topic()
    target = f"dlq.held.{name}"
    # No letter has room in there.
    made = {"name": target, "partitions": 1, "configs": {"errors.deadletterqueue.group.enable": "true", "max.message.bytes": "100"}}
    assert ask(at, "POST", "/v1/topics", made)[0] == 201
    one = Subscription(at, name, deadlettertopic=target, backoffbase="100", backoffcap="100")
    failures = scrape(at).value("millrace_dead_letters_not_written_total")
    publish(at, name, b"", EVENT)
    assert one.settle("reject", one.receive()) == {}
    wait_until(lambda: held(at, one)["dead-letter"] == 1, lambda: f"a held partition: {held(at, one)}")
    assert held(at, one) == {"key": 0, "total": 0, "dead-letter": 1}
    assert events(at, one)["archiving"] == 1
    assert scrape(at).value("millrace_dead_letters_not_written_total") > failures
    assert ask(at, "PATCH", f"/v1/topics/{target}", {"configs": {"max.message.bytes": "100000"}})[0] == 200
    wait_until(lambda: held(at, one)["dead-letter"] == 0, "the letter is written")
    assert letters(at, target)["open"] == 1


def test_letters_are_told_by_state_and_the_oldest_open_one_by_its_age(at, topic):
    name = topic()
    one = Subscription(at, name, ordering="none")
    target = f"dlq.{one.id}.{name}"
    written = scrape(at).value("millrace_dead_letters_written_total", reason="rejected")
    for i in range(3):
        publish(at, name, b"", EVENT | {"ce-id": str(i)})
    assert one.settle("reject", one.receive("?max_events=3")) == {}
    wait_until(lambda: letters(at, target).get("open") == 3, "three letters")
    assert scrape(at).value("millrace_dead_letters_written_total", reason="rejected") == written + 3

    def age():
        return scrape(at).value("millrace_dead_letters_oldest_age_seconds", topic=target)

    first = age()
    assert 0 <= first < 60
    wait_until(lambda: age() > first, "it grows")
    status, _, told = ask(at, "GET", f"/v1/dead-letters/{target}")
    assert status == 200
    ids = [each["id"] for each in told["letters"]]
    before = scrape(at)
    job = ask(at, "POST", "/v1/redrives", {"topic": target, "ids": ids[:1]})[2]["id"]
    (again,) = one.receive("?wait_ms=10000")
    assert letters(at, target) == {"open": 2, "redriving": 1, "resolved": 0, "discarded": 0, "superseded": 0}
    assert one.settle("acknowledge", [again]) == {}
    wait_until(lambda: http.get(at, f"/v1/redrives/{job}")["state"] == "done", "the job is done")
    after = scrape(at)
    for outcome, more in (("resolved", 1), ("failed", 0)):
        counts = [s.value("millrace_redrive_events_total", outcome=outcome) for s in (before, after)]
        assert counts[1] - counts[0] == more, outcome
    assert after.value("millrace_redrive_jobs", state="done") - before.value("millrace_redrive_jobs", state="done") == 1
    assert ask(at, "POST", f"/v1/dead-letters/{target}/discard", {"ids": ids[1:]})[0] == 200
    assert letters(at, target) == {"open": 0, "redriving": 0, "resolved": 1, "discarded": 2, "superseded": 0}
    assert age() == 0
