"""Pull subscriptions on a WebSocket: events come as they are there, as many as the client may have in hand, and its frames
settle them."""

import asyncio
import itertools
import json
import threading

import pytest
import websockets
from kafka import KafkaProducer

from harness import http
from harness.broker import Broker, free_port
from harness.events import EVENT, publish, structured, topics
from harness.pull_socket import PROTOCOL, PullSocket, elsewhere, run
from harness.subscriptions import Subscription, ask, fill, ids, keyed
from harness.waiting import wait_until
from harness.wire import create_topic


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def attempts(events):
    return [each["lock"]["attempt"] for each in events]


def refused(at, path, query="", **options):
    async def story():
        async with PullSocket(at, path, query, **options):
            raise AssertionError("it was accepted")

    with pytest.raises(websockets.exceptions.InvalidStatusCode) as caught:
        run(story())
    return caught.value.status_code


class TestHandshake:
    def test_the_subprotocol_is_chosen(self, at, topic):
        made = Subscription(at, topic())

        async def story():
            async with PullSocket(at, made.path, subprotocols=["cloudevents.json", PROTOCOL]) as socket:
                return socket.ws.subprotocol

        assert run(story()) == PROTOCOL

    def test_without_one_that_is_spoken_there_is_none(self, at, topic):
        made = Subscription(at, topic())
        assert refused(at, made.path, subprotocols=None) == 400
        assert refused(at, made.path, subprotocols=["cloudevents.json"]) == 400

    def test_an_ordinary_request_is_told_what_this_is(self, at, topic):
        made = Subscription(at, topic())
        status, fields, told = http.request(at, "GET", made.path + "/events")
        assert (status, fields["upgrade"], told["type"]) == (426, "websocket", "urn:millrace:problem:upgrade-required")

    @pytest.mark.parametrize("query", ["?max_in_hand=0", "?max_in_hand=1001", "?max_in_hand=x", "?consumer=", "?consumer=" + "c" * 256,
                                       "?wait_ms=1", "?from=earliest"])  # fmt: skip
    def test_what_is_asked_is_judged(self, at, topic, query):
        made = Subscription(at, topic())
        assert refused(at, made.path, query) == 400

    def test_a_page_of_another_site_is_refused(self, at, topic):
        made = Subscription(at, topic())
        assert refused(at, made.path, origin="http://elsewhere.example") == 403

    def test_only_pull_subscriptions_have_one(self, at, topic):
        assert refused(at, "/v1/subscriptions/nobody") == 404
        pushed = Subscription(at, topic(), {"sink": f"kafka:{topic()}", "protocol": "KAFKA"})
        assert refused(at, pushed.path) == 409


class TestEvents:
    def test_of_a_kafka_producer_come_once(self, door, at, topic):
        name = topic(partitions=3)
        made = Subscription(at, name)
        count = 600

        def produce():
            producer = KafkaProducer(bootstrap_servers=door.address)
            for i in range(count):
                producer.send(name, str(i).encode(), partition=i % 3)
            producer.flush()
            producer.close()

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=50") as socket:
                producing = threading.Thread(target=produce)
                producing.start()
                got = []
                while len(got) < count:
                    (event,) = await socket.take(1)
                    got.append(event)
                    await socket.say(acknowledge=[event["lock"]["token"]])
                producing.join()
                assert await socket.nothing_comes()
                return got

        got = run(story())
        places = [(each["record"]["partition"], each["record"]["offset"]) for each in got]
        assert sorted(places) == [(p, o) for p in range(3) for o in range(count // 3)]
        status = made.status()
        assert (status["acknowledged"], status["unsettled"], status["lag"], status["failed"]) == (count, 0, 0, 0)

    def test_are_told_as_receive_tells_them(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1"])

        async def story():
            async with PullSocket(at, made.path) as socket:
                (event,) = await socket.take(1)
                assert await socket.settle("release", [event]) == {}
            return event

        event = run(story())
        (received,) = made.receive("?wait_ms=10000")
        assert event["record"] == received["record"] and event["event"] == received["event"] == structured(id="1")
        assert event.keys() == received.keys() and event["lock"].keys() == received["lock"].keys()

    def test_come_as_soon_as_they_are_there(self, at, topic):
        name = topic()
        made = Subscription(at, name)

        async def story():
            async with PullSocket(at, made.path) as socket:
                got = []
                for i in range(5):
                    assert await socket.nothing_comes()
                    await elsewhere(fill, at, name, [str(i)])
                    got += await socket.take(1)
                return ids(got)

        assert run(story()) == ["0", "1", "2", "3", "4"]

    def test_filters_choose(self, at, topic):
        name = topic()
        made = Subscription(at, name, {"types": ["wanted"]})
        for i in range(6):
            publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-type": "wanted" if i % 2 else "other"})

        async def story():
            async with PullSocket(at, made.path) as socket:
                return ids(await socket.take(3))

        assert run(story()) == ["1", "3", "5"]

    def test_of_a_key_keep_their_order(self, at, topic):
        name = topic()
        made = Subscription(at, name, backoffbase=0, backoffjitter=0)
        for event, key in [("a1", "a"), ("a2", "a"), ("b1", "b"), ("a3", "a")]:
            keyed(at, name, event, key)

        async def story():
            async with PullSocket(at, made.path) as one:
                first = await one.take(2)
                assert ids(first) == ["a1", "b1"], "one of each key"
                # Who comes now is too late for these.
                async with PullSocket(at, made.path) as two:
                    assert await two.nothing_comes(), "the others wait for theirs"
                    assert await one.settle("fail", first[:1], code=7, message="not now") == {}
                    seen = []
                    while len(seen) < 3:
                        # Whoever of the two gets it.
                        waiting = {asyncio.ensure_future(each.take(1)): each for each in (one, two)}
                        done, others = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                        for each in others:
                            each.cancel()
                        for each in done:
                            events = each.result()
                            seen += list(zip(ids(events), attempts(events)))
                            assert await waiting[each].settle("acknowledge", events) == {}
                    return seen

        assert run(story()) == [("a1", 2), ("a2", 1), ("a3", 1)]

    def test_two_connections_share_them(self, at, topic):
        name = topic()
        made = Subscription(at, name, ordering="none")
        fill(at, name, [str(i) for i in range(10)])

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=5") as one, PullSocket(at, made.path, "?max_in_hand=5") as two:
                return ids(await one.take(5)), ids(await two.take(5))

        one, two = run(story())
        assert sorted(one + two, key=int) == [str(i) for i in range(10)]


class TestCredit:
    def test_bounds_what_is_in_hand(self, at, topic):
        name = topic()
        made = Subscription(at, name, ordering="none")
        fill(at, name, [str(i) for i in range(8)])

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=3") as socket:
                first = await socket.take(3)
                assert await socket.nothing_comes()
                assert made.status()["acquired"] == 3
                assert await socket.settle("renew", first) == {}
                assert await socket.nothing_comes(), "what is renewed is in hand"
                assert await socket.settle("acknowledge", first[:1]) == {}
                second = await socket.take(1)
                assert await socket.nothing_comes()
                assert await socket.settle("reject", first[1:]) == {}
                third = await socket.take(2)
                assert await socket.nothing_comes()
                assert await socket.settle("release", second + third, delay_ms=3_600_000) == {}
                return ids(first + second + third + await socket.take(2))

        assert run(story()) == [str(i) for i in range(8)]

    def test_a_lock_that_runs_out_makes_room(self, at, topic):
        name = topic()
        made = Subscription(at, name, locktime=1000, backoffbase=0, backoffjitter=0)
        fill(at, name, ["1"])

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=1") as socket:
                first, again = await socket.take(1), await socket.take(1)
                assert await socket.settle("acknowledge", first) == {first[0]["lock"]["token"]: "lost"}
                return first + again

        got = run(story())
        assert (ids(got), attempts(got)) == (["1", "1"], [1, 2])

    def test_who_does_not_read_has_little_in_hand_and_others_are_served(self, door, at, topic):
        """More is stored than sockets and one message hold: the broker has the rest in the log alone."""
        name = topic()
        # The lock time says for how long a client may be silent.
        made, other = (Subscription(at, name, ordering="none", locktime=600_000) for _ in range(2))
        for number in range(40):
            assert publish(at, name, "x" * 900_000, EVENT | {"ce-id": str(number), "Content-Type": "text/plain"})[0] == 200

        async def story():
            slow = dict(max_queue=1, read_limit=1024, ping_interval=None)
            async with PullSocket(at, made.path, "?max_in_hand=1000", **slow) as socket:
                await elsewhere(wait_until, lambda: made.status()["acquired"] > 0, "it has begun")
                async with PullSocket(at, other.path, "?max_in_hand=1000") as reader:
                    assert len(await reader.take(40)) == 40
                assert made.status()["acquired"] < 40
                return ids(await socket.take(40))

        assert sorted(run(story()), key=int) == [str(i) for i in range(40)]


class TestSettling:
    def test_is_answered_when_asked_and_when_it_failed(self, at, topic):
        name = topic()
        made = Subscription(at, name, ordering="none")
        fill(at, name, [str(i) for i in range(4)])

        async def story():
            async with PullSocket(at, made.path) as socket:
                tokens = [each["lock"]["token"] for each in await socket.take(4)]
                await socket.say(acknowledge=tokens[:1])
                await socket.say(acknowledge=[tokens[0], "nonsense", tokens[1]], renew=[tokens[2]])
                await socket.say(acknowledge=[tokens[2]], release=[tokens[1]], answer=True)
                return tokens, await socket.told(), await socket.told()

        tokens, unasked, asked = run(story())
        assert unasked == {"failed": [{"token": tokens[0], "error": "lost"}, {"token": "nonsense", "error": "unknown"}]}
        assert asked == {"settled": [tokens[2]], "failed": [{"token": tokens[1], "error": "lost"}]}
        assert made.status()["acknowledged"] == 3

    def test_released_and_failed_events_come_again(self, at, topic):
        name = topic()
        made = Subscription(at, name, backoffbase=0, backoffjitter=0)
        fill(at, name, ["1"])

        async def story():
            async with PullSocket(at, made.path) as socket:
                got = await socket.take(1)
                for verb in ("release", "fail", "release"):
                    assert await socket.settle(verb, got[-1:]) == {}
                    got += await socket.take(1)
                return attempts(got)

        assert run(story()) == [1, 1, 2, 2]

    def test_a_rejected_one_becomes_a_dead_letter_with_its_reason(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1", "2"])

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=1") as socket:
                assert await socket.settle("reject", await socket.take(1), code=42, message="no such customer") == {}
                return ids(await socket.take(1))

        assert run(story()) == ["2"]

        def letters():
            status, _, told = ask(at, "GET", f"/v1/dead-letters/dlq.{made.id}.{name}")
            return told["letters"] if status == 200 else []

        (letter,) = wait_until(letters, "it is written")
        assert (letter["reason"], letter["code"], letter["message"]) == ("rejected", 42, "no such customer")
        assert (letter["event"]["id"], letter["topic"], letter["attempts"]) == ("1", name, 1)

    def test_tokens_are_good_on_any_connection(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1", "2"])

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=1") as socket:
                here = await socket.take(1)
                there = await elsewhere(made.receive)
                assert await socket.settle("acknowledge", there) == {}
                assert await elsewhere(made.settle, "acknowledge", here) == {}

        run(story())
        assert made.status()["acknowledged"] == 2

    def test_answers_come_in_the_order_of_frames_however_many_there_are(self, at, topic):
        made = Subscription(at, topic())
        count = 3000

        async def story():
            async with PullSocket(at, made.path, max_queue=1) as socket:
                async def ask_all():
                    for i in range(count):
                        await socket.say(acknowledge=[f"x{i}", "0.0.0.0"], answer=True)

                asking = asyncio.ensure_future(ask_all())
                told = [await socket.told() for _ in range(count)]
                await asking
                return told

        assert [each["failed"][0]["token"] for each in run(story())] == [f"x{i}" for i in range(count)]


class TestEnds:
    @pytest.mark.parametrize("how", ["closed", "lost"])
    def test_what_is_in_hand_is_given_back_without_a_failure(self, how, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, [str(i) for i in range(5)])

        async def story():
            async with PullSocket(at, made.path) as other:
                one = PullSocket(at, made.path)
                await other.take(5)
                await one.__aenter__()
                assert await one.nothing_comes()
                if how == "lost":
                    other.lose()
                else:
                    await other.ws.close()
                got = await one.take(5)
                await one.ws.close()
                return got

        got = run(story())
        assert (ids(got), attempts(got)) == ([str(i) for i in range(5)], [1] * 5)
        assert made.status()["failed"] == 0

    def test_who_has_said_its_name_can_have_it_given_back(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1"])

        async def story():
            async with PullSocket(at, made.path, "?consumer=worker-7&max_in_hand=1") as one:
                first = await one.take(1)
                async with PullSocket(at, made.path) as other:
                    assert await other.nothing_comes()
                    status, _, _ = await elsewhere(ask, at, "POST", made.path + ":release", {"consumer": "worker-7"})
                    assert status == 200
                    return first + await other.take(1)

        got = run(story())
        assert (ids(got), attempts(got)) == (["1", "1"], [1, 1])

    def test_one_that_ends_takes_nothing_from_another_of_its_name(self, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1", "2"])

        async def story():
            async with PullSocket(at, made.path, "?consumer=me&max_in_hand=1") as old:
                await old.take(1)
                async with PullSocket(at, made.path, "?consumer=me&max_in_hand=1") as new:
                    kept = await new.take(1)
                    await old.ws.close()
                    async with PullSocket(at, made.path) as other:
                        assert ids(await other.take(1)) == ["1"]
                    return await new.settle("acknowledge", kept)

        assert run(story()) == {}

    def test_a_suspended_one_says_so_and_goes_on_when_it_is_resumed(self, door, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["old"])

        async def story():
            async with PullSocket(at, made.path) as socket:
                old = await socket.take(1)
                assert (await elsewhere(ask, at, "DELETE", f"/v1/topics/{name}"))[0] == 204
                assert await socket.told() == {"state": "suspended", "reason": "topic-deleted"}
                assert await socket.settle("acknowledge", old) == {old[0]["lock"]["token"]: "lost"}
                await elsewhere(create_topic, door.address, name, 1)
                await elsewhere(fill, at, name, ["new"])
                assert await socket.nothing_comes()
                async with PullSocket(at, made.path) as later:
                    assert await later.told() == {"state": "suspended", "reason": "topic-deleted"}
                assert (await elsewhere(ask, at, "POST", made.path + ":resume"))[0] == 200
                assert await socket.told() == {"state": "active"}
                return ids(await socket.take(1))

        assert run(story()) == ["new"]

    def test_a_deleted_one_ends_it(self, at, topic):
        made = Subscription(at, topic())

        async def story():
            async with PullSocket(at, made.path) as socket:
                assert await socket.nothing_comes()
                assert (await elsewhere(ask, at, "DELETE", made.path))[0] == 204
                return (await socket.told())["problem"], await socket.until_closed()

        problem, (code, _) = run(story())
        assert (problem["status"], problem["type"], code) == (404, "urn:millrace:problem:not-found", 4404)
        assert made.id in problem["detail"]

    def test_one_that_gets_a_sink_ends_it(self, at, topic):
        made = Subscription(at, topic())
        sink = {"sink": f"kafka:{topic()}", "protocol": "KAFKA"}

        async def story():
            async with PullSocket(at, made.path) as socket:
                assert await socket.nothing_comes()
                wanted = made.told() | sink
                wanted["config"] = {key: value for key, value in wanted["config"].items() if not key.startswith("breaker")}
                status, _, told = await elsewhere(ask, at, "PUT", made.path, wanted)
                assert status == 200, told
                return (await socket.told())["problem"]["type"], (await socket.until_closed())[0]

        assert run(story()) == ("urn:millrace:problem:not-pull", 4409)


class TestHostile:
    @pytest.mark.parametrize("message, code, reason", [
        (b"{}", 1003, "is text"),
        ("", 1007, "no JSON"),
        ("{", 1007, "no JSON"),
        ("x" * (1 << 20) + "x", 1009, ""),
        ("[]", 1008, "no JSON object"),
        ('{"nack": ["t"]}', 1008, "nack is none of acknowledge, fail, reject, release, renew"),
        ('{"acknowledge": [7]}', 1008, "acknowledge.tokens: 7 is not a text"),
        ('{"acknowledge": ["a"], "acknowledge": ["b"]}', 1008, "acknowledge stands twice"),
        (json.dumps({"acknowledge": ["x"] * 1001}), 1008, "1000 are the most"),
        (json.dumps({"acknowledge": ["x" * 65]}), 1008, "64 are the most"),
        ('{"fail": {"tokens": ["t"], "delay_ms": -1}}', 1008, "fail.delay_ms: -1 is not from 0 to 86400000"),
        ('{"reject": {"tokens": ["t"], "code": "x"}}', 1008, 'reject.code: "x" is not a whole number of 32 bits'),
        ("[" * 100_000, 1008, "nested deeper"),
        (json.dumps({"\u20ac" * 1000: 1}), 1008, "is none of acknowledge"),
    ], ids=itertools.count())  # fmt: skip
    def test_nonsense_ends_it_with_a_reason_and_what_is_in_hand_is_given_back(self, message, code, reason, at, topic):
        name = topic()
        made = Subscription(at, name)
        fill(at, name, ["1"])

        async def story():
            async with PullSocket(at, made.path) as socket:
                await socket.take(1)
                try:
                    await socket.ws.send(message)
                except websockets.exceptions.ConnectionClosed:
                    pass  # The broker may say so before all of a long message was sent.
                return await socket.until_closed()

        got, said = run(story())
        assert got == code and reason in said
        (again,) = made.receive("?wait_ms=10000")
        assert (again["event"]["id"], again["lock"]["attempt"], made.status()["failed"]) == ("1", 1, 0)


class TestStarts:
    def test_what_was_answered_as_acknowledged_stays_so_through_a_kill(self, workshop):
        broker = Broker(workshop / "pull-sockets-killed", http_listeners=f"127.0.0.1:{free_port()}")
        broker.start()
        at = broker.settings["http_listeners"]
        create_topic(broker.address, "orders", 3)
        made = Subscription(at, "orders")
        producer = KafkaProducer(bootstrap_servers=broker.address)
        for i in range(90):
            producer.send("orders", str(i).encode(), partition=i % 3)
        producer.flush()
        producer.close()
        done = set()

        def place(event):
            return event["record"]["partition"], event["record"]["offset"]

        async def some(count):
            async with PullSocket(at, made.path, "?max_in_hand=20") as socket:
                for _ in range(count):
                    (event,) = await socket.take(1)
                    assert place(event) not in done and event["lock"]["attempt"] == 1
                    assert await socket.settle("acknowledge", [event]) == {}
                    done.add(place(event))
                broker.kill()  # right behind the answer
                await socket.until_closed()

        for _ in range(3):
            run(some(20))
            broker.start()

        async def rest():
            async with PullSocket(at, made.path) as socket:
                got = await socket.take(30)
                assert await socket.settle("acknowledge", got) == {}
                assert await socket.nothing_comes()
                return got

        got = [place(each) for each in run(rest())]
        assert sorted(done.union(got)) == [(p, o) for p in range(3) for o in range(30)] and len(done) + len(got) == 90
        broker.stop()
        broker.assert_quiet_log()

    def test_the_broker_stops_without_waiting_for_it_and_gives_back_what_is_in_hand(self, workshop):
        broker = Broker(workshop / "pull-sockets-stopped", http_listeners=f"127.0.0.1:{free_port()}")
        broker.start()
        at = broker.settings["http_listeners"]
        create_topic(broker.address, "orders", 1)
        made = Subscription(at, "orders")
        fill(at, "orders", ["1", "2"])

        async def story():
            async with PullSocket(at, made.path, "?max_in_hand=1") as full:
                await full.take(1)  # before the other is there, which would take both
                async with PullSocket(at, made.path) as waiting:
                    await waiting.take(1)
                    await elsewhere(broker.stop)
                    return (await full.until_closed())[0], (await waiting.until_closed())[0]

        assert run(story()) == (1001, 1001)
        broker.start()
        events = made.receive()
        assert (ids(events), attempts(events)) == (["1", "2"], [1, 1])
        broker.stop()
        broker.assert_quiet_log()
