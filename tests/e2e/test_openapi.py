"""docs/openapi.yaml, what is served as /openapi.json, the routes and the answers of a running broker are one."""

import json

import jsonschema
import pytest
from kafka import KafkaProducer

from harness import http, openapi
from harness.members import Member, wait_for_shares

JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def described():
    return openapi.document()


def test_what_is_served_is_what_is_written(at, described):
    assert openapi.MADE.read_text() == openapi.as_json(described), "python3 -P tests/e2e/harness/openapi.py --write"
    assert http.get(at, "/openapi.json") == described


def test_every_route_is_described_and_every_description_is_a_route(described):
    assert set(openapi.operations(described)) == openapi.routes()


def test_a_path_allows_what_is_described(at, described):
    for path, item in described["paths"].items():
        methods = {m.upper() for m in openapi.METHODS & item.keys()}
        status, fields, _ = http.request(at, "OPTIONS", path.replace("{", "").replace("}", ""))
        expected = methods | ({"HEAD"} if "GET" in methods else set()) | {"OPTIONS"}
        assert (status, set(fields["allow"].split(", "))) == (204, expected), path


def test_every_operation_has_a_name_of_its_own_and_a_sentence(described):
    operations = openapi.operations(described).values()
    assert len({o["operationId"] for o in operations}) == len(operations)
    for operation in operations:
        assert operation["summary"].endswith("."), operation["operationId"]


def test_answers_are_as_described(door, at, described):
    """Each operation once with an answer of its own and once or more with a problem, held against its schema."""
    seen = set()

    def ask(method, path, status, body=None, query="", sent=JSON, **names):
        target = path.format(**names) + query
        text = None if body is None else json.dumps(body)
        got, fields, answer = http.request(at, method, target, text, sent if body is not None or method in ("POST", "PUT") else None)
        assert got == status, answer
        kind = fields.get("content-type", "").split(";")[0]
        if got != 204:
            openapi.check(described, openapi.schema_of(described, method, path, got, kind), answer)
        seen.add((method, path))
        return answer

    ask("POST", "/v1/topics", 201, {"name": "orders", "partitions": 3, "configs": {"retention.ms": 86_400_000}})
    ask("POST", "/v1/topics", 200, {"name": "more"}, "?dry_run=true")
    ask("POST", "/v1/topics", 201, {"name": "more"})
    ask("POST", "/v1/topics", 409, {"name": "orders"})
    ask("POST", "/v1/topics", 400, {"name": "a b"})
    events, event = "/v1/topics/{topic}/events", {"specversion": "1.0", "id": "1", "source": "/s", "type": "t", "data": 1}
    ask("POST", events, 200, event, sent={"Content-Type": "application/cloudevents+json"}, topic="more")
    ask("POST", events, 200, [event], sent={"Content-Type": "application/cloudevents-batch+json"}, topic="more")
    ask("POST", events, 202, event, "?acks=none", {"Content-Type": "application/cloudevents+json"}, topic="more")
    ask("POST", events, 400, event | {"time": "no"}, sent={"Content-Type": "application/cloudevents+json"}, topic="more")
    ask("POST", events, 404, event, sent={"Content-Type": "application/cloudevents+json"}, topic="nothing")
    ask("PUT", "/v1/rules/{rule}", 201, {"topic": "more", "filter": "type = 'routed'", "position": 1}, rule="routed")
    ask("PUT", "/v1/rules/{rule}", 200, {"topic": "more", "filters": [{"exact": {"type": "routed"}}]}, rule="routed")
    ask("PUT", "/v1/rules/{rule}", 400, {"filter": "TRUE"}, rule="routed")
    ask("GET", "/v1/rules", 200)
    ask("GET", "/v1/rules/{rule}", 200, rule="routed")
    ask("GET", "/v1/rules/{rule}", 404, rule="nothing")
    ask("POST", "/v1/events", 200, event | {"type": "routed"}, sent={"Content-Type": "application/cloudevents+json"})
    ask("POST", "/v1/events", 200, [event | {"type": "routed"}], sent={"Content-Type": "application/cloudevents-batch+json"})
    ask("POST", "/v1/events", 422, event, sent={"Content-Type": "application/cloudevents+json"})
    ask("DELETE", "/v1/rules/{rule}", 204, rule="routed")
    one = "/v1/topics/{topic}/partitions/{partition}/events"
    for accept in ("application/cloudevents+json", "application/cloudevents-batch+json", "application/vnd.millrace.events+json"):
        for path in (one, events):
            got, fields, answer = http.request(at, "GET", path.format(topic="more", partition=0), None, {"Accept": accept})
            kind = fields["content-type"].split(";")[0]
            assert (got, kind) == (200, accept)
            openapi.check(described, openapi.schema_of(described, "GET", path, got, kind), answer)
            seen.add(("GET", path))
    polls, offsets, members = "/v1/groups/{group}/events", "/v1/groups/{group}/offsets", "/v1/groups/{group}/members/{member}"
    for accept in ("application/cloudevents+json", "application/cloudevents-batch+json", "application/vnd.millrace.events+json"):
        got, fields, answer = http.request(at, "GET", polls.format(group="pollers") + "?topic=more&member=me", None, {"Accept": accept})
        kind = fields["content-type"].split(";")[0]
        assert (got, kind) == (200, accept)
        openapi.check(described, openapi.schema_of(described, "GET", polls, got, kind), answer)
    ask("GET", polls, 400, query="?topic=more&ack=no", group="pollers")
    ask("GET", polls, 204, query="?topic=more&member=me&ack=" + fields["millrace-cursor"], group="pollers")
    ask("POST", offsets, 200, {"member": "me", "offsets": {"0": 1}}, group="pollers")
    ask("POST", offsets, 404, {"member": "you", "offsets": {"0": 1}}, group="pollers")
    ask("DELETE", members, 204, group="pollers", member="me")
    ask("DELETE", members, 404, group="pollers", member="me")
    awaits = "/v1/groups/{group}/await"
    ask("GET", awaits, 200, query="?topic=more&partition=0&offset=0&timeout_ms=0", group="nobody")
    ask("GET", awaits, 400, query="?topic=more", group="nobody")
    ask("GET", one, 416, query="?offset=99", topic="more", partition=0)
    ask("GET", one, 204, query="?from=latest", topic="more", partition=0)
    producer = KafkaProducer(bootstrap_servers=door.address)
    for partition in range(3):
        producer.send("orders", b"value", partition=partition).get(timeout=30)
    producer.close()
    member = Member("librdkafka", door.address, "billing", "orders")
    wait_for_shares([member], "orders", 3)
    for method, path in [
        ("GET", "/health/live"), ("GET", "/health/ready"), ("GET", "/v1/cluster"), ("GET", "/v1/config"),
        ("GET", "/v1/brokers"), ("GET", "/v1/catalog"), ("GET", "/v1/connections"), ("GET", "/v1/log-directories"), ("GET", "/v1/loggers"), ("GET", "/v1/topics"), ("GET", "/v1/groups"),
        ("GET", "/openapi.json"),
    ]:
        ask(method, path, 200)
    ask("GET", "/v1/topics/{topic}", 200, topic="orders")
    ask("GET", "/v1/topics/{topic}", 404, topic="nothing")
    ask("PATCH", "/v1/topics/{topic}", 200, {"configs": {"retention.ms": None}}, topic="orders")
    ask("PATCH", "/v1/topics/{topic}", 200, {"configs": {"retention.ms": 5}}, "?dry_run=true", topic="orders")
    ask("PATCH", "/v1/topics/{topic}", 400, {"configs": {"retention": 5}}, topic="orders")
    ask("GET", "/v1/config/{key}", 200, key="log.retention.ms")
    ask("GET", "/v1/config/{key}", 404, key="nothing")
    ask("PATCH", "/v1/config", 200, {"configs": {"retention_ms": 1_000_000}})
    ask("PATCH", "/v1/config", 200, {"configs": {"log.retention.ms": None}}, "?dry_run=true")
    ask("PATCH", "/v1/config", 400, {"configs": {"listeners": "x"}})
    ask("PATCH", "/v1/loggers", 200, {"levels": {"http": "warn"}})
    ask("PATCH", "/v1/loggers", 400, {"levels": {"http": "loud"}})
    ask("GET", "/v1/groups/{group}", 200, group="billing")
    ask("GET", "/v1/groups/{group}", 404, group="nobody")
    ask("POST", "/v1/groups/{group}/reset", 200, {"to": "latest"}, "?dry_run=true", group="billing")
    ask("POST", "/v1/groups/{group}/reset", 200, {"to": "latest"}, group="billing")
    ask("POST", "/v1/groups/{group}/reset", 400, {"to": "somewhere"}, group="billing")
    reject, record = "/v1/groups/{group}/dead-letters", {"topic": "orders", "partition": 0, "offset": 0}
    ask("POST", "/v1/groups/{group}/reset", 200, {"to": "earliest", "topics": {"orders": None}}, group="clerks")
    ask("POST", reject, 201, record | {"message": "no price", "code": 7}, group="clerks")
    ask("POST", reject, 200, record | {"skip": True}, group="clerks")
    ask("POST", reject, 404, record | {"offset": 1 << 40}, group="clerks")
    ask("POST", reject, 404, record, group="nobody")
    ask("POST", reject, 400, {"topic": "orders"}, group="clerks")
    ask("DELETE", "/v1/groups/{group}", 409, group="billing")
    member.close()
    ask("DELETE", "/v1/groups/{group}", 204, group="billing")
    ask("DELETE", "/v1/groups/{group}", 404, group="billing")
    subscriptions, one = "/v1/subscriptions", "/v1/subscriptions/{subscription}"
    wish = {"types": ["t"], "config": {"topic": "more", "startfrom": "earliest"}}
    name = ask("POST", subscriptions, 201, wish)["id"]
    ask("POST", subscriptions, 200, wish, "?dry_run=true")
    ask("POST", subscriptions, 400, {"config": {}})
    ask("POST", subscriptions, 404, {"config": {"topic": "nothing"}})
    ask("GET", subscriptions, 200)
    ask("GET", one, 200, subscription=name)
    ask("GET", one, 404, subscription="nobody")
    assert ask("GET", one + "/policy", 200, query="?outcome=reject", subscription=name)["end"]["reason"] == "rejected"
    ask("GET", one + "/policy", 400, query="?status=503", subscription=name)
    ask("GET", one + "/policy", 404, subscription="nobody")
    ask("PUT", one, 200, wish | {"types": ["t", "u"]}, subscription=name)
    ask("PUT", one, 400, wish | {"types": "t"}, subscription=name)
    token = ask("POST", one + ":receive", 200, {}, "?max_events=1", subscription=name)["events"][0]["lock"]["token"]
    ask("POST", one + ":receive", 404, {}, subscription="nobody")
    for verb, more in [("renew", {}), ("release", {}), ("fail", {"code": 1}), ("reject", {}), ("acknowledge", {})]:
        ask("POST", one + ":" + verb, 200, {"tokens": [token]} | more, subscription=name)
        ask("POST", one + ":" + verb, 400, {}, subscription=name)
    ask("POST", one + ":resume", 200, {}, subscription=name)
    ask("POST", one + ":resume", 404, {}, subscription="nobody")
    ask("POST", one + ":test", 400, {}, subscription=name)
    ask("POST", one + ":test", 404, {}, subscription="nobody")
    pushed = ask("POST", subscriptions, 201, {"sink": "https://localhost/", "protocol": "HTTP", "config": {"topic": "more"}})["id"]
    assert ask("POST", one + ":test", 200, {}, subscription=pushed)["would_be"] == "pending"
    ask("DELETE", one, 204, subscription=pushed)
    ask("DELETE", one, 204, subscription=name)
    of_cluster, of_topic = "/v1/subscription-defaults", "/v1/topics/{topic}/subscription-defaults"
    for path, named in (of_cluster, {}), (of_topic, {"topic": "more"}):
        ask("PUT", path, 200, {"maxattempts": 3, "maxage": None}, **named)
        ask("PUT", path, 400, {"maxattempts": 0}, **named)
        ask("GET", path, 200, **named)
        ask("PUT", path, 200, {}, **named)
    ask("GET", of_topic, 404, topic="nothing")
    ask("PUT", of_topic, 404, {}, topic="nothing")
    ask("DELETE", one, 404, subscription=name)
    ask("PUT", "/v1/views/{view}", 201, {"topic": "orders", "filter": "region = 'eu'"}, view="orders.eu")
    ask("PUT", "/v1/views/{view}", 200, {"topic": "orders", "filters": [{"exact": {"region": "eu"}}]}, view="orders.eu")
    ask("PUT", "/v1/views/{view}", 400, {"topic": "orders"}, view="orders.eu")
    ask("PUT", "/v1/views/{view}", 404, {"topic": "nothing", "filter": "TRUE"}, view="orders.us")
    ask("GET", "/v1/views", 200)
    ask("GET", "/v1/views/{view}", 200, view="orders.eu")
    ask("GET", "/v1/views/{view}", 404, view="orders.us")
    ask("GET", "/v1/topics/{topic}", 200, topic="orders.eu")
    ask("DELETE", "/v1/topics/{topic}", 409, topic="orders")
    ask("DELETE", "/v1/views/{view}", 204, view="orders.eu")
    ask("DELETE", "/v1/views/{view}", 404, view="orders.eu")
    ask("POST", "/v1/topics/{topic}/trim", 200, {"to": "latest"}, topic="orders")
    ask("POST", "/v1/topics/{topic}/trim", 400, {"offset": 7}, topic="orders")
    letters, letter = "/v1/dead-letters/{topic}", "/v1/dead-letters/{topic}/letters/{letter}"
    ask("PUT", letters + "/adoption", 204, topic="more")
    ask("PUT", letters + "/adoption", 204, {"group": "billing", "source_topic": "orders"}, topic="more")
    ask("PUT", letters + "/adoption", 400, {"group": "quarantine"}, topic="more")
    ask("PUT", letters + "/adoption", 404, topic="nothing")
    ask("GET", "/v1/dead-letters", 200)
    ask("GET", letters, 200, query="?state=all", topic="more")
    ask("GET", letters, 404, topic="orders")
    ask("GET", letters, 400, query="?state=lost", topic="more")
    ask("POST", "/v1/topics", 201, {"name": "dlq.billing.orders", "configs": {"errors.deadletterqueue.group.enable": True}})
    marks = [("__dlq.errors.millrace.id", b"billing~orders~3~1042~0"), ("__dlq.errors.disposition", b"expired")]
    producer = KafkaProducer(bootstrap_servers=door.address)
    producer.send("dlq.billing.orders", b"value", b"key", marks).get(timeout=30)
    producer.close()
    named = {"topic": "dlq.billing.orders", "letter": "billing~orders~3~1042~0"}
    assert len(ask("GET", letters, 200, topic="dlq.billing.orders")["letters"]) == 1
    ask("GET", letter, 200, **named)
    ask("GET", letter, 404, **named | {"letter": "0~9"})
    assert ask("POST", letter + ":edit", 200, {"value": "mended", "headers": {"trace": "1"}}, **named)["life"] == 1
    ask("POST", letter + ":edit", 409, {"value": "again"}, **named)
    ask("POST", letter + ":edit", 400, {}, **named)
    named["letter"] = "billing~orders~3~1042~1"
    ask("POST", letters + "/discard", 200, {"reason": ["expired"]}, "?dry_run=true", topic="dlq.billing.orders")
    ask("POST", letters + "/discard", 200, {"ids": [named["letter"]]}, topic="dlq.billing.orders")
    ask("POST", letters + "/discard", 400, {"reason": ["boredom"]}, topic="dlq.billing.orders")
    ask("GET", "/v1/dead-letters", 200)
    producer = KafkaProducer(bootstrap_servers=door.address)
    for offset in range(1043, 1073):
        mark = ("__dlq.errors.millrace.id", f"billing~orders~3~{offset}~0".encode())
        producer.send("dlq.billing.orders", b"value", b"key", [mark]).get(timeout=30)
    producer.close()
    redrives, redrive = "/v1/redrives", "/v1/redrives/{redrive}"
    wish = {"topic": "dlq.billing.orders", "to": "topic", "rate": 1, "order": "key", "limit": 30}
    assert ask("POST", redrives, 200, wish, "?dry_run=true") == {"selected": 30}
    ask("POST", redrives, 400, wish | {"to": "sink"})
    ask("POST", redrives, 400, wish | {"to": "group"})
    ask("POST", redrives, 404, wish | {"topic": "orders"})
    job = ask("POST", redrives, 201, wish)["id"]
    ask("POST", redrive + ":pause", 200, redrive=job)
    ask("POST", redrives, 409, wish)
    ask("POST", redrive + ":resume", 200, redrive=job)
    ask("DELETE", redrive, 409, redrive=job)
    ask("POST", redrive + ":cancel", 200, redrive=job)
    ask("POST", redrive + ":resume", 409, redrive=job)
    ask("GET", redrive, 200, redrive=job)
    ask("GET", redrives, 200)
    ask("DELETE", redrive, 204, redrive=job)
    ask("GET", redrive, 404, redrive=job)
    ask("DELETE", letters + "/adoption", 204, topic="more")
    ask("DELETE", letters + "/adoption", 404, topic="more")
    ask("DELETE", "/v1/topics/{topic}", 204, topic="orders")
    ask("DELETE", "/v1/topics/{topic}", 404, topic="orders")
    assert seen == set(openapi.operations(described)) - NOT_JSON


# test_metrics.py, test_events.py, test_web_socket.py and test_subscription_sockets.py look at them
NOT_JSON = {("GET", "/metrics"), ("GET", "/v1/topics/{topic}/events/stream"), ("GET", "/v1/topics/{topic}/ws"),
            ("GET", "/v1/subscriptions/{subscription}/events")}  # fmt: skip


def test_the_check_itself_can_fail(described):
    schema = openapi.schema_of(described, "GET", "/v1/loggers", 200, "application/json")
    openapi.check(described, schema, {"loggers": [{"name": "http", "level": "warn"}]})
    for wrong in [{"loggers": [{"name": "http", "level": "loud"}]}, {"loggers": [{"name": "http"}]}, {}]:
        with pytest.raises(jsonschema.ValidationError):
            openapi.check(described, schema, wrong)
