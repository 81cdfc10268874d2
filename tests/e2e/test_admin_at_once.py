"""Many operators at once: every route of the HTTP door is asked by several at the same time, and what they change is what
one after the other could have changed."""

import json
import threading

from harness import http, openapi
from harness.events import publish, structured
from harness.wire import create_topic

JSON = {"Content-Type": "application/json"}
AT_ONCE = 8


def together(*jobs):
    """Runs them at the same moment; gives what each gave."""
    start, got = threading.Barrier(len(jobs)), [None] * len(jobs)

    def run(i):
        start.wait()
        got[i] = jobs[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(jobs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def ask(at, method, target, body=None):
    return lambda: http.request(at, method, target, None if body is None else json.dumps(body), JSON if body is not None else None)


def statuses(answers):
    return sorted(status for status, _, _ in answers)


def test_every_route_that_shows_something_is_asked_at_once(door, at):
    name = create_topic(door.address, "shown", 2)
    publish(at, name, json.dumps(structured()), {"Content-Type": "application/cloudevents+json"}, "?partition=0")
    endless = {"/v1/topics/{topic}/events/stream", "/v1/topics/{topic}/ws", "/v1/subscriptions/{subscription}/events"}
    paths = [path for method, path in openapi.operations(openapi.document()) if method == "GET" and path not in endless]
    named = {
        "topic": name,
        "partition": 0,
        "group": "nobody",
        "key": "threads",
        "subscription": "nobody",
        "rule": "nothing",
        "redrive": "none",
        "letter": "0~0",
        "view": "nobody",
    }
    expected = {
        "/v1/subscriptions/{subscription}": 404,
        "/v1/subscriptions/{subscription}/policy": 404,
        "/v1/groups/{group}": 404,
        "/v1/groups/{group}/await": 400,
        "/v1/groups/{group}/events": 400,
        "/v1/rules/{rule}": 404,
        "/v1/redrives/{redrive}": 404,
        "/v1/dead-letters/{topic}": 404,
        "/v1/dead-letters/{topic}/letters/{letter}": 404,
        "/v1/views/{view}": 404,
    }
    jobs = [ask(at, "GET", path.format(**named)) for path in paths] * 4
    for path, (status, _, answer) in zip(paths * 4, together(*jobs)):
        assert status == expected.get(path, 200), (path, answer)


def test_a_topic_is_made_once_and_deleted_once(at):
    for round in range(5):
        body = {"name": f"once-{round}", "partitions": 3}
        assert statuses(together(*[ask(at, "POST", "/v1/topics", body)] * AT_ONCE)) == [201] + [409] * (AT_ONCE - 1)
        assert len(http.get(at, f"/v1/topics/once-{round}")["partitions"]) == 3
        gone = together(*[ask(at, "DELETE", f"/v1/topics/once-{round}")] * AT_ONCE)
        assert statuses(gone) == [204] + [404] * (AT_ONCE - 1)


def test_configurations_of_a_topic_are_those_of_one_of_them(door, at):
    name = create_topic(door.address, "altered", 1)
    wishes = [{"retention.ms": str(1000 + i), "segment.bytes": str(1_000_000 + i)} for i in range(AT_ONCE)]
    got = together(*[ask(at, "PATCH", f"/v1/topics/{name}", {"configs": wish}) for wish in wishes])
    assert statuses(got) == [200] * AT_ONCE
    now = http.get(at, f"/v1/topics/{name}")["configs"]
    assert {key: now[key] for key in wishes[0]} in wishes, "no mixture of two"


def test_partitions_only_grow(door, at):
    name = create_topic(door.address, "grown", 1)
    got = together(*[ask(at, "PATCH", f"/v1/topics/{name}", {"partitions": n}) for n in range(2, 2 + AT_ONCE)])
    assert set(statuses(got)) <= {200, 400}
    assert len(http.get(at, f"/v1/topics/{name}")["partitions"]) == 1 + AT_ONCE


def test_trims_leave_what_the_furthest_leaves(door, at):
    name = create_topic(door.address, "trimmed", 1)
    events = json.dumps([structured(id=str(i)) for i in range(50)])
    assert publish(at, name, events, {"Content-Type": "application/cloudevents-batch+json"})[0] == 200
    got = together(*[ask(at, "POST", f"/v1/topics/{name}/trim", {"offset": 5 * n}) for n in range(AT_ONCE)])
    assert set(statuses(got)) <= {200, 400}, "one that comes after a greater offset lies below the beginning"
    assert http.get(at, f"/v1/topics/{name}")["partitions"][0]["log_start_offset"] == 5 * (AT_ONCE - 1)


def test_a_group_is_where_one_of_the_resets_put_it_and_goes_once(door, at):
    name = create_topic(door.address, "reset-by-many", 2)
    events = json.dumps([structured(id=str(i)) for i in range(20)])
    for partition in (0, 1):
        assert publish(at, name, events, {"Content-Type": "application/cloudevents-batch+json"}, f"?partition={partition}")[0] == 200
    wish = {"topics": {name: None}}
    got = together(*[ask(at, "POST", "/v1/groups/many/reset", {"offset": n} | wish) for n in range(AT_ONCE)])
    assert statuses(got) == [200] * AT_ONCE
    first, second = (row["committed_offset"] for row in http.get(at, "/v1/groups/many")["offsets"])
    assert first == second and 0 <= first < AT_ONCE, "both partitions of one reset"
    assert statuses(together(*[ask(at, "DELETE", "/v1/groups/many")] * AT_ONCE)) == [204] + [404] * (AT_ONCE - 1)


def test_levels_are_those_of_one_of_them(at):
    levels = ["info", "warn", "error", "debug"]
    got = together(*[ask(at, "PATCH", "/v1/loggers", {"levels": {"kafka": level, "http": level}}) for level in levels])
    assert statuses(got) == [200] * len(levels)
    now = {row["name"]: row["level"] for row in http.get(at, "/v1/loggers")["loggers"]}
    assert now["kafka"] == now["http"] and now["kafka"] in levels
    assert http.request(at, "PATCH", "/v1/loggers", '{"levels": {"kafka": "info", "http": "info"}}', JSON)[0] == 200
