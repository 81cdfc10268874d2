"""Members that come, go and die."""

import collections
import http.client
import json
import os
import subprocess

from client import Record
from stage import equal, within


def play(stage):
    for protocol, needs in stage.client.protocols.items():
        what = f"members join, leave and rebalance, {protocol}"
        stage.scenario(what, lambda protocol=protocol: come_and_go(stage, protocol), *needs)
    for protocol, needs in stage.client.protocols.items():
        what = f"a group is reset while its members read, {protocol}"
        stage.scenario(what, lambda protocol=protocol: reset_running(stage, protocol), *needs)
    for protocol, needs in stage.client.protocols.items():
        what = f"a reader over HTTP is a member beside them, {protocol}"
        stage.scenario(what, lambda protocol=protocol: share_over_http(stage, protocol), *needs)
    stage.scenario("a member crashes and is replaced", lambda: crash(stage))
    stage.scenario("a static member comes back to what it had", lambda: static_member(stage))


def idle(record):
    return False


def spread(*members):
    held = [member.held() for member in members]
    return all(held) and sorted(partition for some in held for partition in some) == [0, 1, 2, 3]


def send_to_all(stage, topic):
    stage.send(topic, [Record(None, b"after", partition) for partition in range(4)])


def come_and_go(stage, protocol):
    topic, group, seen = stage.topic("group", 4), stage.name("group"), set()

    def join(each):
        return stage.client.join(group, topic, protocol=protocol, each=each)

    first = join(lambda record: seen.add(record.partition))
    within(60, "one member holds all", lambda: spread(first))
    second, third = join(idle), join(idle)
    within(60, "three members share", lambda: spread(first, second, third))
    second.leave()
    third.leave()
    within(60, "the one that stays holds all", lambda: spread(first))
    send_to_all(stage, topic)
    within(60, "all partitions are read", lambda: len(seen) == 4)
    first.leave()


def reset_running(stage, protocol):
    """What was asked for is read again, and nothing else; docs/groups.md, "Resetting"."""
    topic, group, seen = stage.topic("reset", 4), stage.name("reset"), collections.Counter()

    def each(record):
        seen[record.partition, record.offset] += 1
        return True

    members = [stage.client.join(group, topic, protocol=protocol, each=each) for _ in range(2)]
    within(60, "two members share", lambda: spread(*members))
    stage.send(topic, [Record(None, b"%d" % n, partition) for n in range(20) for partition in range(4)])
    within(60, "all is read", lambda: len(seen) == 80)
    before = seen.copy()
    connection = http.client.HTTPConnection(os.environ["HTTP"], timeout=20)
    body = json.dumps({"offset": 12, "topics": {topic: [0, 3]}})
    connection.request("POST", f"/v1/groups/{group}/reset", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    equal(200, answer.status, f"status of {answer.read()}")
    asked = collections.Counter((partition, offset) for partition in (0, 3) for offset in range(12, 20))
    within(60, "some is read again", lambda: asked <= seen.copy() - before)
    within(60, "two members share again", lambda: spread(*members))
    send_to_all(stage, topic)
    within(60, "what comes after is read", lambda: len(seen) == 84)
    for member in members:
        member.leave()
    again = {place: times for place, times in (seen - before).items() if place in before}
    equal(asked, again, "what is read again")


class Poller:
    """A member without a connection; docs/cloudevents.md, "As a member of a group"."""

    def __init__(self, group, topic):
        self.path, self.query, self.seen = f"/v1/groups/{group}", f"topic={topic}&member=poller&max_events=1000", []

    def ask(self, method, target):
        connection = http.client.HTTPConnection(os.environ["HTTP"], timeout=20)
        connection.request(method, self.path + target, headers={"Accept": "application/vnd.millrace.events+json"})
        answer = connection.getresponse()
        body = answer.read()
        if answer.status not in (200, 204):
            raise AssertionError(f"{answer.status} {body}")
        return json.loads(body) if body else {"events": [], "next": None}

    def poll(self):
        """Takes in what there is, and says so."""
        told = self.ask("GET", f"/events?{self.query}")
        self.seen += [(e["record"]["partition"], e["record"]["offset"]) for e in told["events"]]
        if told["events"]:
            self.ask("GET", f"/events?{self.query}&max_bytes=1&ack={told['next']}")


def share_over_http(stage, protocol):
    """Each record is read by one of the two. But a client may still read the first of a partition that it has just given
    up: librdkafka does, once in some thirty times on a busy machine."""
    topic, group, seen = stage.topic("http", 4), stage.name("http"), collections.Counter()

    def each(record):
        seen[record.partition, record.offset] += 1
        return True

    member, poller = stage.client.join(group, topic, protocol=protocol, each=each), Poller(group, topic)
    within(60, "the client's holds all", lambda: spread(member))

    def polled(condition):
        poller.poll()
        return condition()

    within(60, "they share", lambda: polled(lambda: len(member.held()) == 2))
    stage.send(topic, [Record(None, b"%d" % n, partition) for n in range(20) for partition in range(4)])
    within(60, "all is read", lambda: polled(lambda: len(set(seen) | set(poller.seen)) == 80))
    equal(2, len({partition for partition, _ in poller.seen}), "partitions read over HTTP")
    poller.ask("DELETE", "/members/poller")
    within(60, "the client's holds all again", lambda: spread(member))
    send_to_all(stage, topic)
    within(60, "what comes after is read", lambda: {(partition, 20) for partition in range(4)} <= set(seen))
    equal(set(), {place for place in set(seen) & set(poller.seen) if place[1] > 0}, "what both have read")
    equal(1, max([*seen.values(), *collections.Counter(poller.seen).values()]), "times that one has read a record")
    member.leave()


def crash(stage):
    topic, group, seen = stage.topic("crash", 4), stage.name("crash"), set()
    first = stage.client.join(group, topic, each=lambda record: seen.add(record.partition))
    within(60, "one member holds all", lambda: spread(first))
    other = subprocess.Popen([*stage.again, group, topic, stage.client.address, stage.prefix], stdin=subprocess.DEVNULL)
    try:
        within(60, "a process joins", lambda: len(first.held()) == 2)
    finally:
        other.kill()
        other.wait()
    within(60, "the crashed member is replaced", lambda: spread(first))
    send_to_all(stage, topic)
    within(60, "all partitions are read", lambda: len(seen) == 4)
    first.leave()


def static_member(stage):
    topic, group = stage.topic("static", 4), stage.name("static")

    def named(name):
        return stage.client.join(group, topic, instance=name, each=idle)

    first, second = named("one"), named("two")
    within(60, "two members share", lambda: spread(first, second))
    had = second.held()
    second.leave()
    again = named("two")
    within(60, "it holds something", lambda: len(again.held()) == 2)
    equal(had, again.held(), "what it holds")
    equal(2, stage.client.group(group).members, "members")
    again.leave()
    first.leave()
