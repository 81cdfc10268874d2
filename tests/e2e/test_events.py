"""CloudEvents over HTTP: published in each mode, read in each form, and the same events for Kafka's clients."""

import base64
import json
import random
import threading

import pytest

from harness import batches, http as door_http, protobuf
from harness.broker import free_port, wait_until
from harness.events import BATCH, EVENT, STRUCTURED, WRAPPED, Stream, ask, publish, read, stored, structured, topics
from harness.metrics import scrape
from harness.records import Record
from harness.wire import Connection, create_topic


BATCH_WISH = {"Accept": "application/cloudevents-batch+json"}


@pytest.fixture
def topic(door, request):
    return topics(door, request)


class TestPublishing:
    def test_a_binary_event_becomes_a_record_with_its_attributes_as_headers(self, door, at, topic):
        name = topic()
        status, fields, told = publish(
            at, name, b'{"n":1}', EVENT | {"Content-Type": "application/json", "ce-city": "caf%C3%A9"})
        assert status == 200
        assert (told["topic"], told["partition"], told["offset"], told["source"], told["id"]) == (name, 0, 0, "/shop", "A1")
        assert (fields["millrace-partition"], fields["millrace-offset"]) == ("0", "0")
        assert not [f for f in fields if f.startswith("ce-")] and fields["content-type"] == "application/json"
        ((offset, record),) = stored(door, name)
        assert (offset, record.key, record.value) == (0, None, b'{"n":1}')
        assert dict(record.headers) == {
            "content-type": b"application/json", "ce_specversion": b"1.0", "ce_id": b"A1", "ce_source": b"/shop",
            "ce_type": b"com.example.order", "ce_city": "café".encode(),
        }

    def test_a_structured_event_keeps_its_data_byte_for_byte(self, door, at, topic):
        name = topic()
        data = '{"b": 1.50, "a": [ 1,2 ], "b": 2e3}'
        text = '{"specversion":"1.0","id":"1","source":"/s","type":"t","count":5,"data": %s }' % data
        assert publish(at, name, text, STRUCTURED)[0] == 200
        ((_, record),) = stored(door, name)
        assert record.value == data.encode()
        assert dict(record.headers)["content-type"] == b"application/json", "as JSON implies, said where it leaves JSON"
        assert dict(record.headers)["ce_count"] == b"5"

    def test_data_in_base64_is_stored_as_its_bytes(self, door, at, topic):
        name = topic()
        body = json.dumps(structured(data_base64=base64.b64encode(b"\x00\xff\x01").decode()))
        assert publish(at, name, body, STRUCTURED)[0] == 200
        ((_, record),) = stored(door, name)
        assert record.value == b"\x00\xff\x01" and "content-type" not in dict(record.headers)

    def test_an_event_without_data_is_a_null_value(self, door, at, topic):
        name = topic()
        assert publish(at, name, b"", EVENT)[0] == 200
        ((_, record),) = stored(door, name)
        assert record.value is None

    def test_a_batch_is_stored_whole_in_its_order(self, door, at, topic):
        name = topic()
        events = [structured(id=str(i), data=i) for i in range(7)]
        status, _, told = publish(at, name, json.dumps(events), BATCH)
        assert (status, told["count"]) == (200, 7)
        assert [(r["index"], r["partition"], r["offset"]) for r in told["results"]] == [(i, 0, i) for i in range(7)]
        assert [dict(r.headers)["ce_id"].decode() for _, r in stored(door, name)] == [str(i) for i in range(7)]

    def test_an_empty_batch_is_fine(self, at, topic):
        assert publish(at, topic(), "[]", BATCH)[::2] == (200, {"count": 0, "results": []})

    def test_one_bad_event_refuses_the_batch(self, door, at, topic):
        name = topic()
        events = [structured(), structured(time="yesterday"), structured(source="")]
        status, _, problem = publish(at, name, json.dumps(events), BATCH)
        assert (status, problem["type"], problem["outcome"]) == (400, "urn:millrace:problem:invalid-batch", "not-stored")
        assert {(e["pointer"], e["rule"]) for e in problem["errors"]} == {("/1/time", "CORE-19"), ("/2/source", "CORE-2")}
        assert stored(door, name) == []

    def test_equal_keys_go_where_javas_client_puts_them(self, door, at, topic):
        """murmur2("abc") is 479470107, of Kafka's own tests."""
        name = topic(partitions=7)
        assert publish(at, name, b"", EVENT, "?key=abc")[2]["partition"] == 479470107 % 7
        told = publish(at, name, json.dumps(structured(partitionkey="abc")), STRUCTURED)[2]
        assert (told["partition"], told["offset"]) == (479470107 % 7, 1), "the attribute is the key unless one is named"
        (_, first), (_, second) = stored(door, name, 479470107 % 7)
        assert first.key == second.key == b"abc"
        assert dict(second.headers)["ce_partitionkey"] == b"abc", "a mapper changes nothing in the event"

    def test_a_key_may_be_bytes(self, door, at, topic):
        name = topic()
        coded = {"Millrace-Key-Base64": base64.b64encode(b"\xff\x00k").decode()}
        assert publish(at, name, b"x", EVENT | coded)[0] == 200
        assert publish(at, name, b"x", EVENT | coded, "?key=text")[0] == 200
        assert [record.key for _, record in stored(door, name)] == [b"\xff\x00k", b"text"], "what the query names beats it"
        status, _, problem = publish(at, name, b"x", EVENT | {"Millrace-Key-Base64": "_w=="})
        assert status == 400 and "Millrace-Key-Base64" in problem["detail"]

    def test_the_partition_may_be_named(self, at, topic):
        name = topic(partitions=3)
        assert publish(at, name, b"", EVENT, "?partition=2&key=abc")[2]["partition"] == 2
        assert publish(at, name, b"", EVENT, "?partition=3")[0] == 400

    def test_nobody_waits_with_acks_none(self, at, topic):
        status, _, told = publish(at, topic(), b"", EVENT, "?acks=none")
        assert status == 202 and "offset" not in told

    def test_a_minimal_answer_is_its_header(self, at, topic):
        status, fields, told = publish(at, topic(), b"x", EVENT | {"Prefer": "return=minimal"})
        assert (status, told, fields["millrace-offset"]) == (204, None, "0")

    def test_64_kib_pass_whatever_part_of_them_is_headers(self, door, at, topic):
        name = topic()
        big = {f"ce-part{i}": "x" * 6_000 for i in range(10)}
        assert publish(at, name, b"y" * 4_000, EVENT | big)[0] == 200
        one = {"ce-all": "z" * 65_000}
        assert publish(at, name, b"", EVENT | one)[0] == 200
        many = {f"ce-a{i}": "v" for i in range(4_000)}
        assert len("".join(f"{k}: {v}\r\n" for k, v in many.items())) < 65_536
        answers = door_http.exchange(at, (
            f"POST /v1/topics/{name}/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n"
            + "".join(f"{k}: {v}\r\n" for k, v in (EVENT | many).items()) + "\r\n").encode())
        assert answers[0][0] == 200
        encoded = {f"ce-snow{i}": "%E2%98%83" * 6_000 for i in range(4)}
        assert publish(at, name, b"", EVENT | encoded)[0] == 200, "three times as long on the way as what it says"
        assert [len(r.headers) for _, r in stored(door, name)] == [14, 5, 4_004, 8]
        assert dict(stored(door, name)[3][1].headers)["ce_snow3"].decode() == "☃" * 6_000
        assert publish(at, name, b"", EVENT | {f"ce-x{i}": "x" * 60_000 for i in range(5)})[0] == 431
        assert ask(at, "GET", "/v1/topics", headers=one)[0] == 431, "what brings no event has the limits of others"

    def test_chunks_are_taken(self, door, at, topic):
        name = topic()
        assert publish(at, name, iter([b'{"a"', b":1}"]), EVENT)[0] == 200
        assert stored(door, name)[0][1].value == b'{"a":1}'

    @pytest.mark.parametrize("storage, as_json", [("binary", False), ("structured", True), ("preserve", True)])
    def test_a_topic_says_how_events_are_stored(self, storage, as_json, door, at, topic):
        name = topic(**{"cloudevents.storage.mode": storage})
        text = json.dumps(structured(time="2026-01-01T00:00:00.123456789+02:00", data={"n": 1}), indent=1)
        assert publish(at, name, text, STRUCTURED)[0] == 200
        assert publish(at, name, b"raw", EVENT)[0] == 200
        (_, first), (_, second) = stored(door, name)
        assert (first.value == text.encode()) is as_json, "as it was sent, byte for byte"
        assert (b"application/cloudevents+json" in dict(first.headers).values()) is as_json
        assert (second.value == b"raw") is (storage != "structured")

    def test_a_topic_says_which_time_a_record_bears(self, door, at, topic):
        name = topic(**{"cloudevents.timestamp": "time"})
        body = json.dumps(structured(time="2020-02-02T02:02:02.5Z"))
        assert publish(at, name, body, STRUCTURED)[2]["timestamp"] == "2020-02-02T02:02:02.500Z"
        far = publish(at, name, json.dumps(structured(time="2999-01-01T00:00:00Z")), STRUCTURED)
        assert far[0] == 200 and far[2]["timestamp"] < "2999", "what the topic would refuse is stored with its arrival"

    def test_a_topic_that_stamps_records_tells_its_stamp(self, at, topic):
        name = topic(**{"message.timestamp.type": "LogAppendTime", "cloudevents.timestamp": "time"})
        told = publish(at, name, json.dumps(structured(time="2020-02-02T02:02:02Z")), STRUCTURED)[2]
        (stored_event,) = json.loads(read(at, name, headers=WRAPPED)[2])["events"]
        assert told["timestamp"] == stored_event["record"]["timestamp"] > "2026"

    def test_a_compacted_topic_needs_a_key(self, door, at, topic):
        name = topic(cleanup_policy="compact")
        status, _, problem = publish(at, name, b"x", EVENT)
        assert (status, problem["type"]) == (422, "urn:millrace:problem:key-required")
        assert publish(at, name, b"", EVENT, "?key=k")[0] == 200
        assert stored(door, name)[0][1].value is None, "an event without data deletes its key"

    @pytest.mark.parametrize(
        "headers, body, status, kind, rule",
        [
            ({}, b"{}", 400, "not-a-cloudevent", None),
            ({"ce-id": ""}, b"", 400, "invalid-cloudevent", "CORE-2"),
            ({"ce-specversion": "0.9"}, b"", 400, "unsupported-specversion", "CORE-6"),
            ({"ce-time": "today"}, b"", 400, "invalid-cloudevent", "CORE-19"),
            ({"ce-subject": "%C0%A0"}, b"", 400, "invalid-header-encoding", "HTTP-10"),
            ({"ce-Bad_Name": "x"}, b"", 400, "invalid-cloudevent", "CORE-7"),
            ({"Content-Type": "application/cloudevents+avro"}, b"", 415, "unsupported-event-format", None),
        ],
    )
    def test_what_is_no_event_is_refused_by_the_rule(self, headers, body, status, kind, rule, door, at, topic):
        name = topic()
        sent = headers if kind == "not-a-cloudevent" else EVENT | headers
        got, _, problem = publish(at, name, body, sent)
        assert (got, problem["type"], problem["status"]) == (status, f"urn:millrace:problem:{kind}", status), problem
        if rule:
            assert rule in [e["rule"] for e in problem["errors"]], problem
        assert stored(door, name) == []

    @pytest.mark.parametrize(
        "text, kind, pointer",
        [
            ("{", "malformed-event", None),
            ('{"specversion":"1.0","id":"1","source":"/s","type":"t","data":1,"data_base64":"AA=="}', "malformed-event", None),
            ('{"specversion":"1.0","id":"1","source":"/s","type":"t","big":4247483647}', "invalid-cloudevent", "/big"),
            ('{"specversion":"1.0","id":"1","source":"/s","type":"t","ext":{"a":1}}', "invalid-cloudevent", "/ext"),
            ('{"specversion":"1.0","id":"1","id":"2","source":"/s","type":"t"}', "invalid-cloudevent", "/id"),
            ('{"specversion":"1.0","id":"1","source":"/s","type":"t","time":""}', "invalid-cloudevent", "/time"),
        ],
    )
    def test_what_is_no_event_in_json_is_pointed_at(self, text, kind, pointer, at, topic):
        status, _, problem = publish(at, topic(), text, STRUCTURED)
        assert (status, problem["type"]) == (400, f"urn:millrace:problem:{kind}"), problem
        assert pointer is None or pointer in [e["pointer"] for e in problem["errors"]], problem

    @pytest.mark.parametrize("header, value, leniency", [
        ("ce-note", "100% raw", "raw_percent"), ("ce-note", "two words", "raw_space_or_quote"),
        ("ce-note", "café".encode(), "raw_utf8"), ("ce-note", b"caf\xe9", "raw_latin1"),
        ("ce-datacontenttype", "text/plain", "ce_datacontenttype"), ("ce-dataschema", "order.json", "relative_dataschema"),
    ])
    def test_what_is_forgiven_is_counted_and_refused_by_a_strict_topic(self, header, value, leniency, at, topic):
        lenient, strict = topic(), topic(**{"cloudevents.validation": "strict"})
        headers = EVENT | {"Content-Type": "text/plain", header: value}
        before = scrape(at)
        assert publish(at, lenient, b"x", headers)[0] == 200
        name = "millrace_http_event_leniencies_total"
        after = scrape(at)
        assert after.value(name, leniency=leniency) - before.value(name, leniency=leniency) == 1
        assert publish(at, strict, b"x", headers)[0] == 400
        assert publish(at, strict, b"x", EVENT)[0] == 200
        assert scrape(at).value(name, leniency=leniency) == after.value(name, leniency=leniency), "nothing was forgiven there"

    def test_a_topic_may_take_what_is_no_event(self, door, at, topic):
        name = topic(**{"cloudevents.raw.adapter": "on"})
        status, fields, told = publish(at, name, b"<order/>", {"Content-Type": "text/xml"})
        assert (status, told["source"], told["offset"]) == (200, f"/topics/{name}", 0)
        assert publish(at, name, b"<order/>")[2]["id"] != told["id"]
        status, fields, body = read(at, name)
        assert (body, fields["content-type"], fields["ce-type"]) == (b"<order/>", "text/xml", "dev.millrace.record")
        assert (fields["ce-id"], fields["ce-source"]) == (told["id"], told["source"]) and fields["ce-time"].startswith("20")
        assert publish(at, name, b"x", {"ce-id": "1"})[0] == 400, "what says that it is an event has to be one"
        assert publish(at, name, b"{}", STRUCTURED)[0] == 400
        assert publish(at, name, b"x", {"Content-Type": "no type"})[0] == 400
        assert len(stored(door, name)) == 2

    def test_a_topic_may_keep_header_fields_beside_the_event(self, door, at, topic):
        name = topic(**{"cloudevents.http.fields": "x-tenant,traceparent", "cloudevents.storage.mode": "preserve"})
        trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
        sent = {"X-Tenant": "a b", "traceparent": trace, "X-Other": "1"}
        assert publish(at, name, b"x", EVENT | sent)[0] == 200
        assert publish(at, name, json.dumps([structured(id="1"), structured(id="2")]), BATCH | sent)[0] == 200
        for _, record in stored(door, name):
            headers = dict(record.headers)
            assert (headers["http_x-tenant"], headers["traceparent"]) == (b"a b", trace.encode())
            assert not [h for h in headers if "other" in h or "host" in h or "ce_traceparent" in h]
        assert len(stored(door, name)) == 3
        assert "traceparent" not in json.dumps(json.loads(read(at, name, headers=BATCH_WISH)[2])), "they are no attributes"

    def test_an_event_over_the_topics_limit_is_told_both_sizes(self, door, at, topic):
        name = topic(max_message_bytes="2000")
        status, _, problem = publish(at, name, b"x" * 3_000, EVENT)
        assert (status, problem["kafka_error"], problem["limit"]) == (413, "MESSAGE_TOO_LARGE", 2000)
        assert problem["size"] > 3_000 and stored(door, name) == []

    def test_a_batch_may_be_larger_than_one_record_may(self, door, at, topic):
        name = topic(max_message_bytes="2000")
        events = [structured(id=str(i), data="x" * 900) for i in range(9)]
        status, _, told = publish(at, name, json.dumps(events), BATCH)
        assert status == 200 and [r["offset"] for r in told["results"]] == list(range(9))

    def test_no_topic_no_event(self, at):
        status, _, problem = publish(at, "nowhere", b"", EVENT)
        assert (status, problem["type"]) == (404, "urn:millrace:problem:unknown-topic")

    @pytest.mark.parametrize("query", ["?acks=2", "?partition=x", "?timeout_ms=0", "?unheard=1"])
    def test_parameters_are_judged(self, query, at, topic):
        assert publish(at, topic(), b"", EVENT, query)[0] == 400

    def test_a_web_hook_is_welcome(self, at, topic):
        target = f"/v1/topics/{topic()}/events"
        status, fields, _ = ask(at, "OPTIONS", target, headers={"WebHook-Request-Origin": "events.example"})
        assert status == 204
        assert (fields["webhook-allowed-origin"], fields["webhook-allowed-rate"]) == ("events.example", "*")
        assert "POST" in fields["allow"] and "application/cloudevents+json" in fields["accept-post"]
        assert "webhook-allowed-origin" not in ask(at, "OPTIONS", target)[1]

    def test_many_publish_at_once_and_nothing_is_lost(self, door, at, topic):
        name = topic(partitions=3)

        def run(who):
            for i in range(20):
                assert publish(at, name, b"x", EVENT | {"ce-id": f"{who}-{i}"})[0] == 200

        threads = [threading.Thread(target=run, args=(who,)) for who in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        ids = [dict(r.headers)["ce_id"].decode() for p in range(3) for _, r in stored(door, name, p)]
        assert sorted(ids) == sorted(f"{who}-{i}" for who in range(8) for i in range(20))


class TestReading:
    @pytest.fixture
    def filled(self, door, at, topic):
        name = topic()
        for i in range(5):
            body = json.dumps(structured(id=str(i), subject="odd" if i % 2 else "even", data={"n": i}))
            assert publish(at, name, body, STRUCTURED, f"?key=k{i}")[0] == 200
        return name

    def test_one_comes_in_binary_mode_unless_asked_otherwise(self, at, filled):
        status, fields, body = read(at, filled, query="?offset=3")
        assert (status, body) == (200, b'{"n": 3}')
        assert (fields["ce-id"], fields["ce-subject"], fields["content-type"]) == ("3", "odd", "application/json")
        assert (fields["millrace-offset"], fields["millrace-next-offset"], fields["millrace-high-watermark"]) == ("3", "4", "5")

    def test_one_comes_as_json(self, at, filled):
        status, fields, body = read(at, filled, headers={"Accept": "application/cloudevents+json"})
        assert (status, fields["content-type"]) == (200, "application/cloudevents+json; charset=utf-8")
        assert json.loads(body) == structured(id="0", subject="even", datacontenttype="application/json", data={"n": 0})
        assert not [f for f in fields if f.startswith("ce-")]

    def test_many_come_as_a_batch(self, at, filled):
        status, fields, body = read(at, filled, headers={"Accept": "application/cloudevents-batch+json"})
        assert fields["content-type"] == "application/cloudevents-batch+json; charset=utf-8"
        assert [e["id"] for e in json.loads(body)] == ["0", "1", "2", "3", "4"]
        body = read(at, filled, query="?offset=1&max_events=2", headers={"Accept": "application/cloudevents-batch+json"})[2]
        assert [e["id"] for e in json.loads(body)] == ["1", "2"]

    def test_wrapped_events_say_where_they_come_from(self, at, filled):
        status, fields, body = read(at, filled, query="?offset=2&max_events=2", headers=WRAPPED)
        told = json.loads(body)
        assert [(e["record"]["offset"], e["record"]["key"], e["event"]["id"]) for e in told["events"]] == [
            (2, "k2", "2"), (3, "k3", "3")]
        assert told["next"] == 4

    def test_only_what_is_wanted_comes(self, at, filled):
        body = read(at, filled, query="?offset=0&subject=odd", headers=WRAPPED)[2]
        assert [e["event"]["id"] for e in json.loads(body)["events"]] == ["1", "3"]
        body = read(at, filled, query="?offset=0&subject=odd&attribute.id=3", headers=WRAPPED)[2]
        assert [e["event"]["id"] for e in json.loads(body)["events"]] == ["3"]
        status, fields, _ = read(at, filled, query="?offset=0&type=other")
        assert (status, fields["millrace-next-offset"]) == (204, "5"), "a reader is told how far it came"

    def test_at_the_end_there_is_nothing(self, at, filled):
        status, fields, body = read(at, filled, query="?from=latest")
        assert (status, body, fields["millrace-next-offset"]) == (204, b"", "5")

    def test_who_waits_gets_what_comes(self, at, filled):
        got = []
        reader = threading.Thread(target=lambda: got.append(read(at, filled, query="?offset=5&wait_ms=60000")))
        reader.start()
        publish(at, filled, b"news", EVENT | {"ce-id": "new"})
        reader.join()
        assert (got[0][0], got[0][2]) == (200, b"news")

    def test_a_time_is_a_place(self, at, filled):
        assert read(at, filled, query="?from=1970-01-01T00:00:01Z")[1]["millrace-offset"] == "0"
        assert read(at, filled, query="?from=2999-01-01T00:00:00Z")[0] == 204

    def test_the_next_page_is_linked(self, at, filled):
        """RFC 8288: a client that knows nothing of offsets and cursors reads on."""
        for path in (f"/v1/topics/{filled}/partitions/0/events", f"/v1/topics/{filled}/events"):
            seen, target = [], path + "?from=earliest&max_events=4"
            while True:
                status, fields, body = ask(at, "GET", target, headers=BATCH_WISH)
                link = fields["link"]
                assert link.startswith("<" + path + "?") and link.endswith('>; rel="next"') and "max_events=4" in link
                target = link[1:].split(">")[0]
                if status == 204:
                    break
                seen += [e["id"] for e in json.loads(body)]
            whole = json.loads(ask(at, "GET", path + "?from=earliest&max_events=100", headers=BATCH_WISH)[2])
            assert seen == [e["id"] for e in whole] and len(seen) > 4
        link = ask(at, "GET", path + "?from=latest&attribute.odd=%20%26", headers=BATCH_WISH)[1]["link"]
        assert "attribute.odd=%20%26" in link, "what was asked for stays asked for"

    def test_events_say_where_they_are_if_they_are_asked_to(self, at, topic):
        name = topic(partitions=2, **{"cloudevents.storage.mode": "preserve"})
        again = json.dumps(structured(kafkaoffset="7", n=5))
        for _ in range(2):
            assert publish(at, name, again, STRUCTURED, "?partition=1")[0] == 200
        plain = json.loads(read(at, name, 1, headers=BATCH_WISH)[2])
        assert [e["kafkaoffset"] for e in plain] == ["7", "7"], "what the publisher said is the publisher's"
        told = json.loads(read(at, name, 1, "?offset=0&extensions=kafka", headers=BATCH_WISH)[2])
        assert [(e["kafkatopic"], e["kafkapartition"], e["kafkaoffset"], e["n"]) for e in told] == [
            (name, "1", "0", 5), (name, "1", "1", 5)]
        assert read(at, name, 1, "?offset=1&extensions=kafka")[1]["ce-kafkaoffset"] == "1"
        assert read(at, name, 1, "?offset=1&extensions=all")[0] == 400

    def test_offsets_that_are_gone_and_that_are_not_there_yet(self, at, filled):
        trimmed = ask(at, "POST", f"/v1/topics/{filled}/trim", json.dumps({"offset": 2}), {"Content-Type": "application/json"})
        assert trimmed[0] == 200
        status, _, body = read(at, filled, query="?offset=1")
        assert (status, json.loads(body)["type"], json.loads(body)["earliest"]) == (410, "urn:millrace:problem:offset-gone", 2)
        status, _, body = read(at, filled, query="?offset=9")
        assert (status, json.loads(body)["type"], json.loads(body)["end"]) == (416, "urn:millrace:problem:offset-out-of-range", 5)

    @pytest.mark.parametrize("query, headers, status", [
        ("?offset=-1", {}, 400), ("?offset=0&from=latest", {}, 400), ("?from=soon", {}, 400), ("?wait_ms=60001", {}, 400),
        ("?max_events=0", {}, 400), ("?size=1", {}, 400), ("", {"Accept": "text/html"}, 406),
    ])  # fmt: skip
    def test_what_is_asked_is_judged(self, query, headers, status, at, filled):
        assert read(at, filled, query=query, headers=headers)[0] == status

    def test_what_is_not_there(self, at, filled):
        assert read(at, "nowhere")[0] == 404
        for partition in (1, -1, "x", 10**12):
            assert read(at, filled, partition=partition)[0] == 404

    def test_a_record_that_is_no_event_is_told_as_one(self, door, at, topic):
        name = topic()
        with Connection(door.address) as c:
            batch = batches.build([Record(b"key", b"\x00\x01", ((("Trace-Id"), b"t1"), ("x", None)), 1_700_000_000_123)])
            assert c.produce(name, 0, batch)["error_code"] == 0
        status, _, body = read(at, name, headers={"Accept": "application/cloudevents+json"})
        assert json.loads(body) == {
            "specversion": "1.0", "id": "partition:0/offset:0", "source": f"/topics/{name}", "type": "dev.millrace.record",
            "subject": "partition:0#0", "time": "2023-11-14T22:13:20.123Z", "partitionkey": "key", "kafkaheadertraceid": "t1",
            "data_base64": "AAE=",
        }

    def test_a_topic_may_know_events_that_are_not_marked(self, door, at, topic):
        """As Python's SDK wrote them before its version 2: the content-type is that of the data, or not there."""
        names = {sniff: topic(**{"cloudevents.sniff.unmarked": sniff, "cloudevents.validation": "binary-or-structured"}
                              if sniff == "on" else {"cloudevents.sniff.unmarked": sniff}) for sniff in ("off", "on")}
        event = json.dumps(structured(data={"n": 1}), indent=1).encode()
        kinds = [(), (("content-type", b"application/json"),)]
        for name in names.values():
            with Connection(door.address) as c:
                batch = batches.build([Record(None, event, headers, 1) for headers in kinds])
                assert c.produce(name, 0, batch)["error_code"] == 0
        for sniff, name in names.items():
            told = json.loads(read(at, name, headers=BATCH_WISH)[2])
            assert [e["type"] for e in told] == 2 * ["com.example.order" if sniff == "on" else "dev.millrace.record"]
        assert read(at, names["on"], headers={"Accept": "application/cloudevents+json"})[2] == event, "byte for byte"
        assert json.loads(read(at, names["on"], query="?offset=0&type=com.example.order", headers=BATCH_WISH)[2])
        for value, kind in ((b"[1]", kinds[0]), (b'{"id":"1"}', kinds[1]), (event, (("content-type", b"text/plain"),))):
            with Connection(door.address) as c:
                answer = c.produce(names["on"], 0, batches.build([Record(None, value, kind, 1)]))
                assert answer["error_code"] == 87, "none of these is an event, marked or not"

    def test_compressed_batches_are_read(self, door, at, topic):
        name = topic(compression_type="zstd")
        events = [structured(id=str(i), data="x" * 500) for i in range(40)]
        assert publish(at, name, json.dumps(events), BATCH)[0] == 200
        assert read(at, name, query="?offset=33")[1]["ce-id"] == "33"

    def test_a_large_event_is_read_whatever_was_asked(self, at, topic):
        name = topic()
        for size in (300_000, 5):
            assert publish(at, name, b"x" * size, EVENT | {"ce-size": str(size)})[0] == 200
        assert len(read(at, name)[2]) == 300_000
        batch = {"Accept": "application/cloudevents-batch+json"}
        sizes = [e["size"] for e in json.loads(read(at, name, query="?offset=0&max_bytes=1", headers=batch)[2])]
        assert sizes == ["300000"], "the first comes whole, and no other beside it"

    def test_an_event_whose_header_would_be_long_comes_as_json(self, at, topic):
        name = topic()
        assert publish(at, name, b"x", EVENT | {"ce-long": "y" * 30_000})[0] == 200
        status, fields, body = read(at, name)
        assert fields["content-type"] == "application/cloudevents+json; charset=utf-8"
        assert len(json.loads(body)["long"]) == 30_000


    def test_a_structured_event_is_told_as_it_is_stored(self, at, topic):
        """Types of attributes and data_base64 are the sender's; some clients know +json data only so."""
        name = topic(**{"cloudevents.storage.mode": "preserve"})
        text = ('{"specversion":"1.0","id":"1","source":"/s","type":"t", "n":5, "b":true,'
                '"datacontenttype":"application/vnd.x+json","data_base64":"eyJhIjogMX0="}')
        assert publish(at, name, text, STRUCTURED)[0] == 200
        assert read(at, name, headers={"Accept": "application/cloudevents+json"})[2] == text.encode()
        assert read(at, name, headers={"Accept": "application/cloudevents-batch+json"})[2] == b"[" + text.encode() + b"]"
        status, fields, body = read(at, name)
        assert (body, fields["ce-n"], fields["ce-b"], fields["content-type"]) == (b'{"a": 1}', "5", "true", "application/vnd.x+json")


class TestCursor:
    def poll(self, at, topic, query, headers=WRAPPED):
        return ask(at, "GET", f"/v1/topics/{topic}/events{query}", headers=headers)

    def test_it_leads_through_all_partitions_once(self, at, topic):
        name = topic(partitions=3)
        for i in range(30):
            assert publish(at, name, b"", EVENT | {"ce-id": str(i)}, f"?partition={i % 3}")[0] == 200
        seen, cursor = [], self.poll(at, name, "?max_events=4")
        for _ in range(20):
            if cursor[0] == 204:
                break
            told = json.loads(cursor[2])
            seen += [e["event"]["id"] for e in told["events"]]
            assert told["next"] == cursor[1]["millrace-cursor"]
            cursor = self.poll(at, name, f"?max_events=4&cursor={told['next']}")
        assert sorted(seen, key=int) == [str(i) for i in range(30)]
        # What comes later is seen from there, wherever it goes.
        publish(at, name, b"", EVENT | {"ce-id": "late"}, "?partition=1")
        late = self.poll(at, name, f"?cursor={cursor[1]['millrace-cursor']}&wait_ms=60000")
        assert [e["event"]["id"] for e in json.loads(late[2])["events"]] == ["late"]

    def test_no_partition_waits_for_ever(self, at, topic):
        name = topic(partitions=2)
        for partition in (0, 1):
            for i in range(6):
                publish(at, name, b"", EVENT | {"ce-id": f"{partition}"}, f"?partition={partition}")
        first = self.poll(at, name, "?max_events=2")
        second = self.poll(at, name, f"?max_events=2&cursor={first[1]['millrace-cursor']}")
        served = [json.loads(p[2])["events"][0]["record"]["partition"] for p in (first, second)]
        assert sorted(served) == [0, 1]

    def test_it_goes_on_when_partitions_are_added_and_records_go(self, door, at, topic):
        name = topic(partitions=1)
        for i in range(3):
            publish(at, name, b"", EVENT | {"ce-id": str(i)})
        cursor = self.poll(at, name, "?max_events=1")[1]["millrace-cursor"]
        grown = ask(at, "PATCH", f"/v1/topics/{name}", '{"partitions":2}', {"Content-Type": "application/json"})
        assert grown[0] == 200
        publish(at, name, b"", EVENT | {"ce-id": "other"}, "?partition=1")
        ask(at, "POST", f"/v1/topics/{name}/trim", '{"offset":2,"partitions":[0]}', {"Content-Type": "application/json"})
        gone = self.poll(at, name, f"?cursor={cursor}")
        assert (gone[0], json.loads(gone[2])["type"]) == (410, "urn:millrace:problem:offset-gone")
        on = self.poll(at, name, f"?cursor={gone[1]['millrace-cursor']}")
        assert sorted(e["event"]["id"] for e in json.loads(on[2])["events"]) == ["2", "other"]

    def test_more_partitions_than_a_url_holds_are_read_one_by_one(self, at, topic):
        name = topic(partitions=4_000)
        for path in (f"/v1/topics/{name}/events", f"/v1/topics/{name}/events/stream"):
            status, _, body = ask(at, "GET", path)
            assert status == 400 and "4000 partitions" in json.loads(body)["detail"]
        assert read(at, name, partition=3_999)[0] == 204
        assert ask(at, "DELETE", f"/v1/topics/{name}")[0] == 204

    @pytest.mark.parametrize("query", ["?cursor=x", "?cursor=0.1-2-3-4", "?cursor=0.", "?cursor=0.-1", "?offset=1",
                                       "?cursor=0.0&from=latest"])  # fmt: skip
    def test_a_cursor_that_is_none(self, query, at, topic):
        assert self.poll(at, topic(partitions=2), query)[0] == 400


TEXTS = ["plain", "with space", "100%", '"quoted"', "größe ☃", "%41", "a,b;c=d", "😀"]
DATA = [None, b"{}", b'{"a": [1, 2.50]}', b"text", b"\x00\xff", "größe".encode(), b'"a string"']


# What protobuf leaves of a time: the moment, in UTC.
TIMES = {
    "2026-01-02T03:04:05Z": "2026-01-02T03:04:05Z",
    "2026-01-02T03:04:05.123456789+05:30": "2026-01-01T21:34:05.123456789Z",
}


def generated(seed):
    dice = random.Random(seed)
    members = structured(id=f"id-{seed}", source=dice.choice(["/a", "urn:x:1", "https://example.com/ü".replace("ü", "u")]))
    for name in ("subject", "extone", "exttwo"):
        if dice.random() < 0.6:
            members[name] = dice.choice(TEXTS)
    if dice.random() < 0.5:
        members["time"] = dice.choice(list(TIMES))
    kind = dice.choice(["application/json", "text/plain", "application/octet-stream", "application/xml"])
    data = dice.choice([d for d in DATA if not (kind == "application/json" and d in (b"text", b"\x00\xff", "größe".encode()))])
    members["datacontenttype"] = kind
    return members, data


class TestEveryPath:
    """Published by any path and read by any path, an event is the same."""

    def by_binary(self, door, at, name, members, data):
        quoted = {f"ce-{k}": http_quoted(v) for k, v in members.items() if k != "datacontenttype"}
        assert publish(at, name, data or b"", quoted | {"Content-Type": members["datacontenttype"]})[0] == 200

    def by_structured(self, door, at, name, members, data):
        assert publish(at, name, as_json(members, data), STRUCTURED)[0] == 200

    def by_batch(self, door, at, name, members, data):
        assert publish(at, name, b"[" + as_json(members, data) + b"]", BATCH)[0] == 200

    def by_kafka(self, door, at, name, members, data):
        headers = [("content-type", members["datacontenttype"].encode())]
        headers += [(f"ce_{k}", v.encode()) for k, v in members.items() if k != "datacontenttype"]
        with Connection(door.address) as c:
            assert c.produce(name, 0, batches.build([Record(None, data, tuple(headers), 1)]))["error_code"] == 0

    def by_kafka_structured(self, door, at, name, members, data):
        headers = (("content-type", b"application/cloudevents+json"),)
        with Connection(door.address) as c:
            batch = batches.build([Record(None, as_json(members, data), headers, 1)])
            assert c.produce(name, 0, batch)["error_code"] == 0

    def by_protobuf(self, door, at, name, members, data):
        assert publish(at, name, as_protobuf(members, data), protobuf.AS_EVENT)[0] == 200

    def by_protobuf_batch(self, door, at, name, members, data):
        assert publish(at, name, protobuf.batch([as_protobuf(members, data)]), protobuf.AS_BATCH)[0] == 200

    def by_kafka_protobuf(self, door, at, name, members, data):
        headers = (("content-type", b"application/cloudevents+protobuf"),)
        with Connection(door.address) as c:
            batch = batches.build([Record(None, as_protobuf(members, data), headers, 1)])
            assert c.produce(name, 0, batch)["error_code"] == 0

    PATHS = ["by_binary", "by_structured", "by_batch", "by_kafka", "by_kafka_structured", "by_protobuf",
             "by_protobuf_batch", "by_kafka_protobuf"]  # fmt: skip

    @pytest.mark.parametrize("seed", range(25))
    def test_an_event_is_the_same_by_every_path(self, seed, door, at, topic):
        members, data = generated(seed)
        name = topic()
        for path in self.PATHS:
            getattr(self, path)(door, at, name, members, data)
        for offset, path in enumerate(self.PATHS):
            where = f"?offset={offset}"
            in_utc = members | ({"time": TIMES[members["time"]]} if "time" in members else {})
            seen = in_utc if "protobuf" in path else members
            status, fields, body = read(at, name, query=where)
            assert status == 200
            got = {f[3:]: http_unquoted(v) for f, v in fields.items() if f.startswith("ce-")}
            assert got | {"datacontenttype": fields["content-type"]} == seen, path
            assert body == (data or b""), path
            told = json.loads(read(at, name, query=where, headers={"Accept": "application/cloudevents+json"})[2])
            assert {k: v for k, v in told.items() if k not in ("data", "data_base64")} == seen, path
            assert data_of(told) == (data and json_value(members, data)), path
            raw = read(at, name, query=where, headers={"Accept": protobuf.EVENT_TYPE})[2]
            told, _, held = protobuf.parsed(raw)
            assert (told, held and held[1]) == (in_utc, data), path


def as_protobuf(members, data):
    written = protobuf.text if data is not None and is_text(members, data) else protobuf.binary
    return protobuf.event(members, b"" if data is None else written(data))


def http_quoted(text):
    return "".join(c if "!" <= c <= "~" and c not in '"%' else "".join(f"%{b:02X}" for b in c.encode()) for c in text)


def http_unquoted(text):
    out, i, raw = bytearray(), 0, text.encode("latin-1")
    while i < len(raw):
        if raw[i : i + 1] == b"%":
            out.append(int(raw[i + 1 : i + 3], 16))
            i += 3
        else:
            out.append(raw[i])
            i += 1
    return out.decode()


def is_text(members, data):
    if members["datacontenttype"] not in ("text/plain", "application/xml"):
        return False
    try:
        return all(c >= " " for c in data.decode())
    except UnicodeDecodeError:
        return False


def json_value(members, data):
    if members["datacontenttype"] == "application/json":
        return json.loads(data)
    return data.decode() if is_text(members, data) else data


def as_json(members, data):
    head = json.dumps(members)[:-1].encode()
    if data is None:
        return head + b"}"
    if members["datacontenttype"] == "application/json":
        return head + b',"data":' + data + b"}"
    if is_text(members, data):
        return head + b',"data":' + json.dumps(data.decode()).encode() + b"}"
    return head + b',"data_base64":"' + base64.b64encode(data) + b'"}'


def data_of(told):
    if "data_base64" in told:
        raw = base64.b64decode(told["data_base64"])
        return raw
    return told.get("data")


class TestValidation:
    def produce(self, door, topic, headers, value=b"{}"):
        with Connection(door.address) as c:
            return c.produce(topic, 0, batches.build([
                Record(None, b"{}", good(), 1), Record(None, value, tuple(headers), 1)]), version=8)

    def test_a_topic_may_ask_for_events(self, door, at, topic):
        name = topic(**{"cloudevents.validation": "strict"})
        assert self.produce(door, name, good())["error_code"] == 0
        answer = self.produce(door, name, [h for h in good() if h[0] != "ce_id"])
        assert answer["error_code"] == 87
        assert [(e["batch_index"], "CORE-2" in e["batch_index_error_message"]) for e in answer["record_errors"]] == [(1, True)]
        assert [o for o, _ in stored(door, name)] == [0, 1], "none of the refused batch is stored"

    def test_strict_refuses_what_is_forgiven_otherwise(self, door, at, topic):
        lenient, strict = (topic(**{"cloudevents.validation": v}) for v in ("binary-or-structured", "strict"))
        odd = list(good()) + [("ce_subject", None)]
        assert self.produce(door, lenient, odd)["error_code"] == 0
        assert self.produce(door, strict, odd)["error_code"] == 87

    def test_a_structured_event_is_judged_too(self, door, at, topic):
        name = topic(**{"cloudevents.validation": "binary-or-structured"})
        kind = [("content-type", b"application/cloudevents+json")]
        assert self.produce(door, name, kind, json.dumps(structured()).encode())["error_code"] == 0
        assert self.produce(door, name, kind, b"{")["error_code"] == 87

    def test_an_event_in_protobuf_is_judged_too(self, door, topic):
        name = topic(**{"cloudevents.validation": "strict"})
        kind = [("content-type", protobuf.EVENT_TYPE.encode())]
        assert self.produce(door, name, kind, protobuf.event(structured()))["error_code"] == 0
        answer = self.produce(door, name, kind, protobuf.event(structured(subject=5)))
        assert answer["error_code"] == 87
        assert [("PB-5" in e["batch_index_error_message"]) for e in answer["record_errors"]] == [True]
        assert self.produce(door, name, kind, b"{")["error_code"] == 87

    def test_without_it_everything_passes(self, door, topic):
        assert self.produce(door, topic(), [("ce_time", b"no time")])["error_code"] == 0


def good():
    return (("ce_specversion", b"1.0"), ("ce_id", b"1"), ("ce_source", b"/s"), ("ce_type", b"t"))


def test_events_survive_a_crash_once_they_are_answered(own_broker):
    listener = f"127.0.0.1:{free_port()}"
    broker = own_broker(http_listeners=listener)
    broker.start()
    name = create_topic(broker.address, "kept", 1)
    for i in range(5):
        assert publish(listener, name, b"x", EVENT | {"ce-id": str(i)})[0] == 200
    broker.kill()
    broker.start()
    body = read(listener, name, headers={"Accept": "application/cloudevents-batch+json"})[2]
    assert [e["id"] for e in json.loads(body)] == ["0", "1", "2", "3", "4"]


class TestStream:
    def test_events_come_as_they_are_published(self, at, topic):
        name = topic(partitions=3)
        with Stream(at, name) as stream:
            assert stream.answer.status == 200
            assert stream.answer.getheader("content-type") == "text/event-stream"
            for i in range(9):
                publish(at, name, json.dumps(structured(id=str(i), data={"n": i}), indent=2), STRUCTURED, f"?partition={i % 3}")
            seen = [stream.next() for _ in range(9)]
        assert {kind for kind, _, _ in seen} == {"cloudevent"}
        assert sorted(json.loads(data)["id"] for _, _, data in seen) == [str(i) for i in range(9)]

    def test_who_comes_back_goes_on_behind_the_last_event(self, at, topic):
        name = topic(partitions=2)
        for i in range(10):
            publish(at, name, b"", EVENT | {"ce-id": str(i)}, f"?partition={i % 2}")
        seen, last = [], None
        for _ in range(5):
            with Stream(at, name, "?from=earliest", last) as stream:
                for _ in range(2):
                    _, last, data = stream.next()
                    seen.append(json.loads(data)["id"])
        assert sorted(seen, key=int) == [str(i) for i in range(10)]

    def test_only_what_is_wanted_comes(self, at, topic):
        name = topic()
        for i in range(6):
            publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-kind": "odd" if i % 2 else "even"})
        with Stream(at, name, "?from=earliest&attribute.kind=odd") as stream:
            assert [json.loads(stream.next()[2])["id"] for _ in range(3)] == ["1", "3", "5"]

    def test_it_says_why_it_ends(self, at, topic):
        name = topic()
        publish(at, name, b"", EVENT)
        with Stream(at, name, "?from=earliest") as stream:
            assert stream.next()[0] == "cloudevent"
            assert ask(at, "DELETE", f"/v1/topics/{name}")[0] == 204
            kind, _, data = stream.next()
            assert (kind, json.loads(data)["status"]) == ("problem", 404)
            assert stream.next() is None

    def test_what_is_asked_is_judged(self, at, topic):
        name = topic()
        for target in ("?cursor=x", "?offset=1", "?from=soon", "?unheard=1"):
            assert ask(at, "GET", f"/v1/topics/{name}/events/stream{target}")[0] == 400
        assert ask(at, "GET", "/v1/topics/nowhere/events/stream")[0] == 404
        accept = {"Accept": "application/json"}
        assert ask(at, "GET", f"/v1/topics/{name}/events/stream", headers=accept)[0] == 406

    def test_it_does_not_keep_the_broker_from_stopping(self, own_broker):
        listener = f"127.0.0.1:{free_port()}"
        broker = own_broker(http_listeners=listener)
        broker.start()
        name = create_topic(broker.address, "streamed", 1)
        with Stream(listener, name) as stream:
            publish(listener, name, b"", EVENT)
            assert stream.next()[0] == "cloudevent"
            broker.stop()
            assert stream.next() is None


class TestProtobuf:
    """Events in protobuf, in and out."""

    MANY = {"Accept": protobuf.BATCH_TYPE}

    def test_an_event_is_stored_as_its_topic_has_it(self, door, at, topic):
        sent = protobuf.event(structured(count=5, time="2026-01-02T03:04:05Z", datacontenttype="text/plain"),
                              protobuf.text("sold")) + protobuf.number(100, 1)  # fmt: skip
        for storage in ("binary", "structured", "preserve"):
            name = topic(**{"cloudevents.storage.mode": storage})
            assert publish(at, name, sent, protobuf.AS_EVENT)[0] == 200
            ((_, record),) = stored(door, name)
            headers = dict(record.headers)
            if storage == "binary":
                assert record.value == b"sold"
                assert (headers["ce_time"], headers["ce_count"]) == (b"2026-01-02T03:04:05Z", b"5")
            elif storage == "structured":
                assert headers == {"content-type": b"application/cloudevents+json"}
                assert json.loads(record.value) == structured(
                    count=5, time="2026-01-02T03:04:05Z", datacontenttype="text/plain", data="sold")  # fmt: skip
            else:
                assert headers == {"content-type": b"application/cloudevents+protobuf"}
                assert record.value == sent, "byte for byte, with what is not known here"

    def test_a_batch_keeps_the_bytes_of_each_where_the_topic_keeps_them(self, door, at, topic):
        name = topic(**{"cloudevents.storage.mode": "preserve"})
        sent = [protobuf.event(structured(id=str(i), n=i)) for i in range(3)]
        status, _, told = publish(at, name, protobuf.batch(sent), protobuf.AS_BATCH)
        assert (status, told["count"]) == (200, 3)
        assert [record.value for _, record in stored(door, name)] == sent
        assert read(at, name, headers=self.MANY)[2] == protobuf.batch(sent)
        assert publish(at, name, b"", protobuf.AS_BATCH)[::2] == (200, {"count": 0, "results": []})

    def test_types_of_extensions_come_back_where_protobuf_is_kept(self, at, topic):
        members = structured(
            flag=True, count=-5, text="5", raw=b"\x00\xff", where=("uri", "urn:a"), near=("uri_ref", "a/b"),
            since=("timestamp", protobuf.timestamp("2026-01-02T03:04:05.5Z")))  # fmt: skip
        name = topic(**{"cloudevents.storage.mode": "preserve"})
        publish(at, name, protobuf.event(members), protobuf.AS_EVENT)
        _, kinds, _ = protobuf.parsed(read(at, name, headers={"Accept": protobuf.EVENT_TYPE})[2])
        assert kinds == {"flag": "boolean", "count": "integer", "text": "string", "raw": "bytes", "where": "uri",
                         "near": "uri_ref", "since": "timestamp"}  # fmt: skip
        told = json.loads(read(at, name, headers={"Accept": "application/cloudevents+json"})[2])
        assert told == structured(flag=True, count=-5, text="5", raw="AP8=", where="urn:a", near="a/b",
                                  since="2026-01-02T03:04:05.500Z")  # fmt: skip

    def test_a_message_as_data_comes_back_as_one(self, door, at, topic):
        url = "type.googleapis.com/example.Sold"
        name = topic()
        publish(at, name, protobuf.event(structured(), protobuf.message(url, b"\x08\x05")), protobuf.AS_EVENT)
        ((_, record),) = stored(door, name)
        headers = dict(record.headers)
        assert (record.value, headers["content-type"], headers["ce_dataschema"]) == (
            b"\x08\x05", b"application/protobuf", url.encode())  # fmt: skip
        _, _, data = protobuf.parsed(read(at, name, headers={"Accept": protobuf.EVENT_TYPE})[2])
        assert data == ("message", protobuf.block(1, url) + protobuf.block(2, b"\x08\x05"))

    def test_a_message_whose_type_no_attribute_says_is_kept_as_it_came(self, door, at, topic):
        name = topic()
        sent = protobuf.event(structured(dataschema="urn:registry:7"), protobuf.message("t/example.Sold", b"\x08\x05"))
        publish(at, name, sent, protobuf.AS_EVENT)
        assert stored(door, name)[0][1].value == sent
        assert read(at, name, headers={"Accept": protobuf.EVENT_TYPE})[2] == sent
        _, fields, body = read(at, name)
        assert (fields["ce-dataschema"], body) == ("urn:registry:7", b"\x08\x05")

    def test_what_is_wrong_is_pointed_at(self, door, at, topic):
        name = topic()
        status, _, problem = publish(at, name, protobuf.event(structured(subject=5)), protobuf.AS_EVENT)
        assert (status, problem["type"]) == (400, "urn:millrace:problem:invalid-cloudevent")
        assert [(e["pointer"], e["rule"]) for e in problem["errors"]] == [("/subject", "PB-5")]
        events = [protobuf.event(structured()), protobuf.event(structured(specversion="0.3"))]
        status, _, problem = publish(at, name, protobuf.batch(events), protobuf.AS_BATCH)
        assert (status, problem["type"]) == (400, "urn:millrace:problem:invalid-batch")
        assert [(e["pointer"], e["rule"]) for e in problem["errors"]] == [("/1/specversion", "CORE-26")]
        for broken in (b"{", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05"):
            for kind in (protobuf.AS_EVENT, protobuf.AS_BATCH):
                status, _, problem = publish(at, name, broken, kind)
                assert (status, problem["type"]) == (400, "urn:millrace:problem:malformed-event"), problem
        assert stored(door, name) == []

    def test_it_is_offered(self, at, topic):
        name = topic()
        accepted = ask(at, "OPTIONS", f"/v1/topics/{name}/events")[1]["accept-post"]
        assert protobuf.EVENT_TYPE in accepted and protobuf.BATCH_TYPE in accepted
        publish(at, name, b"x", EVENT)
        publish(at, name, b"y", EVENT)
        status, fields, body = ask(at, "GET", f"/v1/topics/{name}/events", headers=self.MANY)
        assert (status, fields["content-type"]) == (200, protobuf.BATCH_TYPE)
        assert [data for _, _, data in protobuf.events(body)] == [("binary", b"x"), ("binary", b"y")]
        wanted = read(at, name, query="?offset=1", headers={"Accept": protobuf.EVENT_TYPE})
        assert (wanted[1]["content-type"], wanted[1]["millrace-offset"]) == (protobuf.EVENT_TYPE, "1")

    def test_where_it_is_is_told_in_it_if_asked_for(self, at, topic):
        name = topic(**{"cloudevents.storage.mode": "preserve"})
        publish(at, name, protobuf.event(structured(n=5)), protobuf.AS_EVENT)
        raw = read(at, name, query="?offset=0&extensions=kafka", headers={"Accept": protobuf.EVENT_TYPE})[2]
        members, kinds, _ = protobuf.parsed(raw)
        assert members == structured(n=5, kafkatopic=name, kafkapartition="0", kafkaoffset="0")
        assert kinds["n"] == "integer"

    def test_it_is_found_by_its_attributes_and_in_the_catalogue(self, door, at, topic):
        name = topic()
        with Connection(door.address) as c:
            for kind in ("first", "second"):
                record = Record(None, protobuf.event(structured(type=kind, n=5)),
                                (("content-type", protobuf.EVENT_TYPE.encode()),), 1)  # fmt: skip
                assert c.produce(name, 0, batches.build([record]))["error_code"] == 0
        found = read(at, name, query="?offset=0&type=second&attribute.n=5", headers=self.MANY)[2]
        assert [members["type"] for members, _, _ in protobuf.events(found)] == ["second"]
        told = TestCatalogue().seen(at, name, 2)
        assert {row["type"] for row in told["events"]} == {"first", "second"}


class TestCatalogue:
    """A new team finds what there is."""

    def seen(self, at, topic, count):
        """The catalogue of the topic once that many events and records are in it."""

        def look():
            told = door_http.get(at, f"/v1/catalog?topic={topic}")
            totals = told["topics"][0] if told["topics"] else {"events": 0, "other_records": 0}
            return told if totals["events"] + totals["other_records"] >= count else None

        return wait_until(look, f"{count} records in the catalogue")

    def test_types_and_sources_are_counted_whichever_way_they_came(self, door, at, topic):
        name = topic(partitions=2)
        for i in range(3):
            publish(at, name, b"", EVENT | {"ce-id": str(i), "ce-dataschema": "https://example.com/order.json"}, "?partition=0")
        TestEveryPath().by_kafka(door, at, name, structured(type="other", datacontenttype="text/plain"), b"x")
        with Connection(door.address) as c:
            assert c.produce(name, 1, batches.build([Record(None, b"no event", (), 1)]))["error_code"] == 0
        TestAwait().commit(door, "reader", name, 1)
        told = self.seen(at, name, 5)
        rows = {row["type"]: row for row in told["events"]}
        order = rows["com.example.order"]
        assert (order["count"], order["source"], order["newest"]) == (3, "/shop", {"partition": 0, "offset": 2})
        assert (order["dataschema"], order["groups"]) == ("https://example.com/order.json", ["reader"])
        assert order["first_seen"] <= order["last_seen"] and order["per_second"] >= 0
        assert (rows["other"]["count"], rows["other"]["datacontenttype"]) == (1, "text/plain")
        (totals,) = told["topics"]
        assert totals == {"topic": name, "events": 4, "other_events": 0, "other_records": 1, "passed_over": 0}

    def test_what_is_deleted_is_forgotten(self, at, topic):
        name = topic()
        publish(at, name, b"", EVENT)
        self.seen(at, name, 1)
        assert ask(at, "DELETE", f"/v1/topics/{name}")[0] == 204
        wait_until(lambda: name not in json.dumps(door_http.get(at, "/v1/catalog")), "the topic leaves the catalogue")
        assert ask(at, "GET", f"/v1/catalog?topic={name}")[0] == 404

    def test_it_knows_what_came_before_the_broker_started(self, own_broker):
        listener = f"127.0.0.1:{free_port()}"
        broker = own_broker(http_listeners=listener)
        broker.start()
        name = create_topic(broker.address, "old", 1)
        publish(listener, name, b"", EVENT)
        broker.restart()
        assert self.seen(listener, name, 1)["events"][0]["type"] == "com.example.order"


class TestAwait:
    """Whoever has published an event can wait until what reads it has taken it in."""

    def wait_for(self, at, group, topic, offset, timeout_ms):
        query = f"?topic={topic}&partition=0&offset={offset}&timeout_ms={timeout_ms}"
        status, _, body = ask(at, "GET", f"/v1/groups/{group}/await{query}")
        return status, json.loads(body)

    def commit(self, door, group, topic, offset):
        part = {"partition_index": 0, "committed_offset": offset, "committed_leader_epoch": -1, "committed_metadata": ""}
        with Connection(door.address) as c:
            answer = c.call("OffsetCommit", 7, {
                "group_id": group, "generation_id_or_member_epoch": -1, "member_id": "",
                "topics": [{"name": topic, "partitions": [part]}]})
        assert answer["topics"][0]["partitions"][0]["error_code"] == 0

    def test_it_ends_with_the_commit(self, door, at, topic):
        name = topic()
        offset = publish(at, name, b"x", EVENT)[2]["offset"]
        got = []
        waiter = threading.Thread(target=lambda: got.append(self.wait_for(at, name, name, offset, 60_000)))
        waiter.start()
        self.commit(door, name, name, offset)
        status, early = self.wait_for(at, name, name, offset, 0)
        assert (status, early["is_past"], early["committed"]) == (200, False, offset)
        self.commit(door, name, name, offset + 1)
        waiter.join()
        assert got[0] == (200, {"group": name, "topic": name, "partition": 0, "offset": 0, "committed": 1, "is_past": True})

    def test_nobody_reads_it(self, at, topic):
        status, told = self.wait_for(at, "nobody", topic(), 0, 1)
        assert (status, told["committed"], told["is_past"]) == (200, None, False)

    def test_what_is_asked_is_judged(self, at, topic):
        assert self.wait_for(at, "g", "nowhere", 0, 1)[0] == 404
        assert self.wait_for(at, "g", topic(), -1, 1)[0] == 400
        assert self.wait_for(at, "g", topic(), 0, 300_001)[0] == 400
        assert ask(at, "GET", f"/v1/groups/g/await?topic={topic()}")[0] == 400
