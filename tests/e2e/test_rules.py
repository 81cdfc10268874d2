"""Events that are published without a topic find theirs by rules."""

import json

import pytest

from harness.events import EVENT, ask, stored, structured, topics

JSON = {"Content-Type": "application/json"}
BATCH = {"Content-Type": "application/cloudevents-batch+json"}


@pytest.fixture
def topic(door, request):
    return topics(door, request)


@pytest.fixture
def rules(at):
    """Puts rules, and takes them away again."""
    made = []

    def put(name, expected=201, query="", **rule):
        status, fields, body = ask(at, "PUT", f"/v1/rules/{name}{query}", json.dumps(rule), JSON)
        assert status == expected, body
        made.append(name)
        return json.loads(body)

    yield put
    for name in made:
        ask(at, "DELETE", f"/v1/rules/{name}")


def publish(at, body, headers, query=""):
    status, _, answer = ask(at, "POST", f"/v1/events{query}", body, headers)
    return status, json.loads(answer)


def test_the_first_rule_that_an_event_passes_says_where_it_goes(door, at, topic, rules):
    orders, rest = topic(), topic()
    rules("orders", topic=orders, filter="type LIKE 'com.example.order%'", position=1)
    rules("rest", topic=rest, position=2)
    status, told = publish(at, b"1", EVENT)
    assert (status, told["topic"], told["partition"], told["offset"]) == (200, orders, 0, 0)
    status, told = publish(at, json.dumps(structured(type="other")), {"Content-Type": "application/cloudevents+json"})
    assert (status, told["topic"]) == (200, rest)
    assert [r.value for _, r in stored(door, orders)] == [b"1"]
    assert len(stored(door, rest)) == 1


def test_the_events_of_a_batch_go_each_its_way(door, at, topic, rules):
    a, b = topic(), topic()
    rules("a", topic=a, filters=[{"exact": {"type": "a"}}])
    rules("b", topic=b, filters=[{"exact": {"type": "b"}}])
    batch = [structured(id=str(i), type=each) for i, each in enumerate("abba")]
    status, told = publish(at, json.dumps(batch), BATCH)
    assert status == 200 and told["count"] == 4
    assert [(r["index"], r["topic"], r["offset"]) for r in told["results"]] == [(0, a, 0), (1, b, 0), (2, b, 1), (3, a, 1)]
    batch[2]["type"] = "c"
    status, told = publish(at, json.dumps(batch), BATCH)
    assert status == 422 and told["type"] == "urn:millrace:problem:no-rule" and "index 2" in told["detail"]
    assert (len(stored(door, a)), len(stored(door, b))) == (2, 2), "nothing is stored when one goes nowhere"


def test_an_event_that_passes_no_rule_is_refused(at):
    status, told = publish(at, b"", EVENT)
    assert (status, told["type"]) == (422, "urn:millrace:problem:no-rule")
    assert EVENT["ce-type"] in told["detail"]


def test_what_its_topic_does_not_take_is_refused(door, at, topic, rules):
    name = topic(**{"cloudevents.validation": "strict"})
    rules("strict", topic=name)
    status, told = publish(at, b"", EVENT | {"ce-dataschema": "relative"})
    assert status == 400 and told["type"] == "urn:millrace:problem:invalid-cloudevent"
    assert stored(door, name) == []


def test_rules_are_told_changed_and_deleted(at, topic, rules):
    name = topic()
    assert rules("told", topic=name, filter="TRUE", position=3) == {
        "name": "told", "topic": name, "filter": "TRUE", "position": 3}  # fmt: skip
    assert json.loads(ask(at, "GET", "/v1/rules/told")[2])["filter"] == "TRUE"
    rules("told", expected=200, topic=name)
    assert json.loads(ask(at, "GET", "/v1/rules")[2])["rules"] == [{"name": "told", "topic": name}]
    rules("dry", query="?dry_run=true", topic=name)
    assert ask(at, "GET", "/v1/rules/dry")[0] == 404
    assert ask(at, "DELETE", "/v1/rules/told")[0] == 204
    assert ask(at, "DELETE", "/v1/rules/told")[0] == 404
    assert json.loads(ask(at, "GET", "/v1/rules")[2])["rules"] == []


@pytest.mark.parametrize("name, rule, status, said", [
    ("r", {}, 400, "topic"),
    ("r", {"topic": "nowhere"}, 404, "nowhere"),
    ("r", {"topic": "__millrace_metadata"}, 404, "__millrace_metadata"),
    ("r", {"topic": "t", "filter": "type ="}, 400, "filter"),
    ("r", {"topic": "t", "position": -1}, 400, "position"),
    ("r", {"topic": "t", "unheard": 1}, 400, "unheard"),
    ("a%20b", {"topic": "t"}, 400, "a b"),
])  # fmt: skip
def test_a_rule_that_is_none_is_refused(name, rule, status, said, at):
    got, _, body = ask(at, "PUT", f"/v1/rules/{name}", json.dumps(rule), JSON)
    assert got == status and said in json.loads(body)["detail"], body


def test_rules_are_there_after_a_restart(own_broker, tmp_path):
    from harness.broker import free_port

    listener = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=listener)
    broker.start()
    assert ask(listener, "POST", "/v1/topics", json.dumps({"name": "orders", "partitions": 1}), JSON)[0] == 201
    assert ask(listener, "PUT", "/v1/rules/r", json.dumps({"topic": "orders"}), JSON)[0] == 201
    broker.crash_and_restart()
    status, told = publish(listener, b"", EVENT)
    assert (status, told["topic"]) == (200, "orders")
