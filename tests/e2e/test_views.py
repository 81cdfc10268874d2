"""Views: a part of a topic, read as a topic by any Kafka client and over HTTP."""

import json

import confluent_kafka
import kafka
import pytest
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from harness import batches, http, kcat
from harness.broker import free_port, wait_until
from harness.confluent import ConfluentClient
from harness.events import WRAPPED, Stream, ask, publish, structured, topics
from harness.kafka_python import KafkaPythonClient
from harness.kcat import KcatClient
from harness.records import Record
from harness.wire import Connection

CLIENTS = [ConfluentClient(), KafkaPythonClient(), KcatClient()]
CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
TIMEOUT = 60


@pytest.fixture
def topic(door, request):
    return topics(door, request)


def event(i, region, **more):
    """A record that is an event in binary mode."""
    headers = {"ce_specversion": "1.0", "ce_id": str(i), "ce_source": "/shop", "ce_type": "placed", "ce_region": region} | more
    return Record(f"k{i}".encode(), f"value-{i}".encode(), tuple((n, v.encode()) for n, v in headers.items()), 1_700_000_000_000 + i)


def show(at, name, topic, expression="region = 'eu'"):
    status, _, answer = http.request(at, "PUT", f"/v1/views/{name}", json.dumps({"topic": topic, "filter": expression}),
                                     {"Content-Type": "application/json"})
    assert status in (200, 201), answer
    return name


def send(door, topic, records, partition=0, **more):
    with Connection(door.address) as c:
        answer = c.produce(topic, partition, batches.build(records, **more))
    assert answer["error_code"] == 0, answer


@pytest.fixture
def eu(door, at, topic):
    """A view of a topic with events 0 to 9, of which 2, 5 and 8 pass; its name, its topic's name, the events."""
    name = topic()
    sent = [event(i, "eu" if i % 3 == 2 else "us") for i in range(10)]
    for i in range(0, 10, 5):
        send(door, name, sent[i : i + 5])
    return show(at, f"{name}.eu", name), name, sent


class TestKafkaClients:
    @pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
    def test_what_passes_is_read_at_its_offsets(self, door, eu, client):
        view, _, sent = eu
        got = client.consume(door.address, view, 3)
        assert [(each.offset, each.record) for each in got] == [(i, sent[i]) for i in (2, 5, 8)]

    @pytest.mark.parametrize("codec", CODECS)
    @pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.name)
    def test_compressed_batches_of_a_producer(self, door, at, topic, client, codec):
        name = topic()
        sent = [event(i, "eu" if i % 7 == 3 else "us", ce_note="squeeze me " * 20) for i in range(200)]
        ConfluentClient().produce(door.address, name, sent, codec=codec, idempotent=True, **{"linger.ms": 200})
        wanted = [i for i in range(200) if i % 7 == 3]
        got = client.consume(door.address, show(at, f"{name}.eu", name), len(wanted))
        assert [(each.offset, each.record) for each in got] == [(i, sent[i]) for i in wanted]

    def test_it_is_listed_with_an_id_of_its_own_and_the_partitions_of_its_topic(self, door, at, topic):
        name = topic(3)
        view = show(at, f"{name}.eu", name)
        with Connection(door.address) as c:
            for asked in (None, [{"name": name}, {"name": view}]):
                found = {t["name"]: t for t in c.call("Metadata", 12, {"topics": asked})["topics"]}
                assert found[view]["topic_id"] not in (found[name]["topic_id"], b"\0" * 16)
                assert found[view]["partitions"] == found[name]["partitions"]
                assert not found[view]["is_internal"]
        assert view in kafka.KafkaConsumer(bootstrap_servers=door.address).topics()

    def test_beginning_and_end_are_those_of_its_topic(self, door, eu):
        view, name, _ = eu
        with Connection(door.address) as c:
            for timestamp in (-2, -1, 1_700_000_000_004):
                assert c.list_offset(view, 0, timestamp) == c.list_offset(name, 0, timestamp)

    def test_a_reader_at_the_end_comes_to_the_end(self, door, eu):
        view, _, _ = eu
        done = kcat.run("-C", "-q", "-b", door.address, "-t", view, "-p", "0", "-o", "beginning", "-e", "-f", "%o ")
        assert done.stdout == b"2 5 8 ", "it ends though the last event does not pass"

    def test_the_position_moves_on_though_nothing_passes(self, door, at, topic):
        name = topic()
        view = show(at, f"{name}.eu", name)
        send(door, name, [event(i, "us") for i in range(10)])
        consumer = kafka.KafkaConsumer(bootstrap_servers=door.address, enable_auto_commit=False, fetch_max_wait_ms=50)
        where = kafka.TopicPartition(view, 0)
        consumer.assign([where])
        consumer.seek(where, 0)
        wait_until(lambda: not consumer.poll(100) and consumer.position(where) == 10, "the end", TIMEOUT)
        consumer.close()

    def test_librdkafka_goes_on_however_long_nothing_passes(self, door, at, topic):
        """It takes an answer of nothing but empty batches for one that was cut off, and gives up after ten doublings."""
        name = topic()
        view = show(at, f"{name}.eu", name)
        consumer = confluent_kafka.Consumer({"bootstrap.servers": door.address, "group.id": f"{name}-group",
                                             "enable.auto.commit": False, "fetch.wait.max.ms": 20})
        where = confluent_kafka.TopicPartition(view, 0, 0)
        consumer.assign([where])
        for i in range(40):
            send(door, name, [event(i, "us")])
            message = consumer.poll(0.05)
            assert message is None or message.error() is None, message.error()
        send(door, name, [event(40, "eu")])
        message = consumer.poll(TIMEOUT)
        assert (message.error(), message.offset()) == (None, 40)
        consumer.close()

    def test_a_fetch_waits_for_what_passes(self, door, at, topic):
        name = topic()
        view = show(at, f"{name}.eu", name)
        send(door, name, [event(0, "us")])
        with Connection(door.address) as reader:
            sent = reader.send("Fetch", 11, _fetch(view, 0, max_wait_ms=30_000))
            send(door, name, [event(1, "us")])
            send(door, name, [event(2, "eu")])
            answered, answer = reader.receive("Fetch", 11)
        assert answered == sent
        records = answer["responses"][0]["partitions"][0]["records"]
        got = batches.split(records)
        assert [offset for b in got if not b.attributes & 0x20 for offset, _ in b.records()] == [2]

    def test_a_batch_of_which_all_passes_is_sent_byte_for_byte(self, door, at, topic):
        name = topic()
        send(door, name, [event(i, "eu") for i in range(5)])
        view = show(at, f"{name}.eu", name)
        with Connection(door.address) as c:
            assert c.fetch(view, 0, 0)["records"] == c.fetch(name, 0, 0)["records"]


def _fetch(topic, offset, *, max_wait_ms):
    return {"replica_id": -1, "max_wait_ms": max_wait_ms, "min_bytes": 1, "max_bytes": 1 << 20, "isolation_level": 0,
            "session_id": 0, "session_epoch": -1, "forgotten_topics_data": [], "rack_id": "",
            "topics": [{"topic": topic, "partitions": [{"partition": 0, "current_leader_epoch": -1, "fetch_offset": offset,
                                                         "log_start_offset": -1, "partition_max_bytes": 1 << 20}]}]}


class TestGroups:
    @pytest.mark.parametrize("protocol", ["classic", "consumer"])
    def test_a_group_goes_on_where_it_was(self, own_broker, protocol):
        broker = own_broker(group_initial_rebalance_delay_ms=0, http_listeners=f"127.0.0.1:{free_port()}").start()
        at = broker.settings["http_listeners"]
        with Connection(broker.address) as c:
            c.call("CreateTopics", 5, {"topics": [{"name": "orders", "num_partitions": 2, "replication_factor": 1,
                                                   "assignments": [], "configs": []}], "timeout_ms": 10_000, "validate_only": False})
        view = show(at, "orders.eu", "orders")
        for i in range(20):
            send(broker, "orders", [event(i, "eu" if i % 4 < 2 else "us")], partition=i % 2)
        settings = {"bootstrap.servers": broker.address, "group.id": "readers", "auto.offset.reset": "earliest",
                    "enable.auto.commit": False}
        if protocol == "consumer":
            if confluent_kafka.libversion()[1] < 0x020a0000:
                pytest.skip("this librdkafka speaks the classic protocol only")
            settings["group.protocol"] = "consumer"
        first = _take(settings, view, 6)
        broker.restart()
        for i in range(20, 24):
            send(broker, "orders", [event(i, "eu" if i < 22 else "us")], partition=i % 2)
        second = _take(settings, view, 6)
        assert sorted(map(int, first + second)) == [i for i in range(22) if i % 4 < 2]
        group = http.get(at, "/v1/groups/readers")
        assert {row["topic"] for row in group["offsets"]} == {view}

    def test_offsets_go_with_the_view(self, door, at, eu):
        view, name, _ = eu
        settings = {"bootstrap.servers": door.address, "group.id": f"{name}-group", "auto.offset.reset": "earliest",
                    "enable.auto.commit": False}
        assert _take(settings, view, 3) == ["2", "5", "8"]
        assert http.get(at, f"/v1/groups/{name}-group")["offsets"]
        assert http.request(at, "DELETE", f"/v1/views/{view}")[0] == 204
        wait_until(lambda: _offsets(at, f"{name}-group") == [], "the offsets of what is gone")


def _offsets(at, group):
    status, _, answer = http.request(at, "GET", f"/v1/groups/{group}")
    return [] if status == 404 else answer["offsets"]


def _take(settings, topic, count):
    consumer = confluent_kafka.Consumer(settings)
    consumer.subscribe([topic])
    ids = []
    for message in consumer.consume(count, timeout=TIMEOUT):
        assert message.error() is None, message.error()
        ids.append(dict(message.headers())["ce_id"].decode())
    assert len(ids) == count
    consumer.commit(asynchronous=False)
    consumer.close()
    return ids


class TestRefusals:
    def test_nobody_writes_to_it(self, door, eu):
        view, name, _ = eu
        assert ConfluentClient().produce(door.address, view, [Record(b"k", b"v")]) == [(None, "TOPIC_EXCEPTION")]
        with Connection(door.address) as c:
            answer = c.produce(view, 0, batches.build([Record(b"k", b"v")]), version=8)
        assert answer["error_code"] == 17
        assert f"is a view: what it shows is written to {name}" in answer["error_message"]

    def test_it_is_not_administered(self, door, at, eu):
        view, name, _ = eu
        admin = AdminClient({"bootstrap.servers": door.address})
        for refused in (
            admin.create_partitions([NewPartitions(view, 5)])[view],
            admin.create_topics([NewTopic(view, 1, 1)])[view],
            next(iter(admin.alter_configs([ConfigResource("topic", view, {"retention.ms": "5"})]).values())),
        ):
            with pytest.raises(confluent_kafka.KafkaException) as why:
                refused.result(TIMEOUT)
            assert f'view "{view}" of topic "{name}"' in why.value.args[0].str()
        with Connection(door.address) as c:
            answer = c.call("DeleteRecords", 1, {"timeout_ms": 10_000, "topics": [
                {"name": view, "partitions": [{"partition_index": 0, "offset": 3}]}]})
        assert answer["topics"][0]["partitions"][0]["error_code"] == 17
        configs = next(iter(admin.describe_configs([ConfigResource("topic", view)]).values())).result(TIMEOUT)
        assert configs["retention.ms"].value == "604800000"
        assert all(entry.is_read_only for entry in configs.values())

    def test_its_topic_stays_as_long_as_it_is_there(self, door, at, eu):
        view, name, _ = eu
        admin = AdminClient({"bootstrap.servers": door.address})
        with pytest.raises(confluent_kafka.KafkaException) as why:
            admin.delete_topics([name])[name].result(TIMEOUT)
        assert "Policy violation" in why.value.args[0].str()
        other = show(at, f"{name}.also", name)
        for version, asked in ((5, {"topic_names": [name]}), (6, {"topics": [{"name": name}]})):
            with Connection(door.address) as c:
                (refused,) = c.call("DeleteTopics", version, asked | {"timeout_ms": 10_000})["responses"]
            assert (refused["name"], refused["error_code"]) == (name, 44), "POLICY_VIOLATION"
            assert refused["error_message"] == f'topic "{name}" has views, which have to be deleted first: {other}, {view}'
        assert http.request(at, "DELETE", f"/v1/views/{other}")[0] == 204
        status, _, answer = http.request(at, "DELETE", f"/v1/topics/{name}")
        assert (status, answer["type"]) == (409, "urn:millrace:problem:in-use")
        admin.delete_topics([view])[view].result(TIMEOUT)
        assert http.request(at, "GET", f"/v1/views/{view}")[0] == 404
        assert KcatClient().consume(door.address, name, 10), "what it showed is still there"
        admin.delete_topics([name])[name].result(TIMEOUT)

    def test_over_http(self, at, eu):
        view, _, _ = eu
        status, _, answer = publish(at, view, json.dumps(structured()), {"Content-Type": "application/cloudevents+json"})
        assert (status, answer["kafka_error"]) == (400, "INVALID_TOPIC_EXCEPTION")
        status, _, answer = http.request(at, "POST", f"/v1/topics/{view}/trim", '{"to": "latest"}', {"Content-Type": "application/json"})
        assert (status, answer["kafka_error"]) == (400, "INVALID_TOPIC_EXCEPTION")


class TestOverHttp:
    def test_it_is_made_shown_changed_and_deleted(self, at, topic):
        name = topic()
        view, as_json = f"{name}.eu", {"Content-Type": "application/json"}
        sql = {"topic": name, "filter": "region = 'eu'"}
        status, _, answer = http.request(at, "PUT", f"/v1/views/{view}", json.dumps(sql), as_json)
        assert (status, answer) == (201, {"name": view} | sql)
        assert http.get(at, f"/v1/views/{view}") == {"name": view} | sql
        assert {"name": view} | sql in http.get(at, "/v1/views")["views"]
        objects = {"name": view, "topic": name, "filters": [{"exact": {"region": "eu"}}]}
        status, _, answer = http.request(at, "PUT", f"/v1/views/{view}", json.dumps(objects), as_json)
        assert (status, answer) == (200, objects)
        shown = http.get(at, f"/v1/topics/{view}")
        assert (shown["view_of"], len(shown["partitions"])) == (name, 1)
        assert view not in [each["name"] for each in http.get(at, "/v1/topics")["topics"]]
        assert http.request(at, "DELETE", f"/v1/views/{view}")[0] == 204
        assert http.request(at, "DELETE", f"/v1/views/{view}")[0] == 404
        assert http.request(at, "GET", f"/v1/views/{view}")[0] == 404

    @pytest.mark.parametrize(("body", "status", "where"), [
        ({"topic": "nobody", "filter": "TRUE"}, 404, None),
        ({"filter": "TRUE"}, 400, "/topic"),
        ({"topic": "x", "filter": "type ="}, 400, "/filter"),
        ({"topic": "x", "filters": [{"exact": {"type": 5}}]}, 400, "/filters/0/exact/type"),
        ({"topic": "x"}, 400, ""),
        ({"topic": "x", "filter": "TRUE", "limit": 5}, 400, "/limit"),
        ([], 400, ""),
    ])
    def test_what_is_no_view_is_refused(self, at, body, status, where):
        got, _, answer = http.request(at, "PUT", "/v1/views/some", json.dumps(body), {"Content-Type": "application/json"})
        assert got == status, answer
        if where:
            assert [each["pointer"] for each in answer["errors"]] == [where]

    def test_names_are_those_of_topics(self, at, topic):
        name = topic()
        for view, status in ((name, 409), ("a b", 400), ("__millrace_x", 400), (name.replace("-", ".").replace("_", "."), 201)):
            got, _, answer = http.request(at, "PUT", f"/v1/views/{view.replace(' ', '%20')}", json.dumps({"topic": name, "filter": "TRUE"}),
                                          {"Content-Type": "application/json"})
            assert got == status, answer

    def test_events_of_it_are_read(self, at, eu):
        view, _, _ = eu
        status, _, body = ask(at, "GET", f"/v1/topics/{view}/events?from=earliest", headers=WRAPPED)
        assert status == 200
        assert [(e["event"]["id"], e["record"]["offset"] if "record" in e else e["offset"]) for e in json.loads(body)["events"]] == [
            ("2", 2), ("5", 5), ("8", 8)]  # fmt: skip
        status, fields, body = ask(at, "GET", f"/v1/topics/{view}/partitions/0/events?offset=3",
                                   headers={"Accept": "application/cloudevents-batch+json"})
        assert (status, [e["id"] for e in json.loads(body)]) == (200, ["5", "8"])
        assert fields["millrace-next-offset"] == "10"
        assert ask(at, "GET", f"/v1/topics/{view}/partitions/0/events?offset=9")[0] == 204

    def test_events_of_it_are_streamed_as_they_come(self, door, at, eu):
        view, name, _ = eu
        with Stream(at, view, "?from=earliest") as stream:
            assert [json.loads(stream.next()[2])["id"] for _ in range(3)] == ["2", "5", "8"]
            send(door, name, [event(10, "us"), event(11, "eu")])
            assert json.loads(stream.next()[2])["id"] == "11"

    def test_a_member_of_a_group_polls_it(self, at, eu):
        view, name, _ = eu
        target = f"/v1/groups/{name}-pollers/events?topic={view}&member=me&from=earliest&wait_ms=10000"
        status, fields, body = ask(at, "GET", target, headers={"Accept": "application/cloudevents-batch+json"})
        assert (status, [e["id"] for e in json.loads(body)]) == (200, ["2", "5", "8"])
        status, _, _ = ask(at, "GET", f"/v1/groups/{name}-pollers/events?topic={view}&member=me&ack={fields['millrace-cursor']}")
        assert status == 204
        assert _offsets(at, f"{name}-pollers")[0]["topic"] == view


def test_it_survives_a_crash(own_broker):
    broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}").start()
    at = broker.settings["http_listeners"]
    with Connection(broker.address) as c:
        c.call("CreateTopics", 5, {"topics": [{"name": "orders", "num_partitions": 1, "replication_factor": 1,
                                               "assignments": [], "configs": []}], "timeout_ms": 10_000, "validate_only": False})
    send(broker, "orders", [event(0, "us"), event(1, "eu")])
    show(at, "orders.eu", "orders")
    broker.crash_and_restart()
    assert [each.offset for each in KafkaPythonClient().consume(broker.address, "orders.eu", 1)] == [1]
    assert http.get(at, "/v1/views") == {"views": [{"name": "orders.eu", "topic": "orders", "filter": "region = 'eu'"}]}
