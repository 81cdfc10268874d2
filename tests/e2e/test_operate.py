"""What an operator sees and sets of the broker itself, over HTTP: configurations, levels of diagnostics, log directories."""

import json
import subprocess
import threading

import pytest
from kafka import KafkaProducer
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient

from harness import batches, http
from harness.broker import free_port, wait_until
from harness.members import Member, wait_for_shares
from harness.rdk import LibrdkafkaClient
from harness.records import Record
from harness.wire import Connection, create_topic

JSON = {"Content-Type": "application/json"}


SETTINGS = {"retention_bytes": 5_000_000}  # of the broker behind the door


def patch(at, target, body):
    status, _, answer = http.request(at, "PATCH", target, json.dumps(body), JSON)
    return status, answer


def configs(at):
    return {row["name"]: row for row in http.get(at, "/v1/config")["configs"]}


class TestConfig:
    def test_each_key_has_its_value_default_and_source(self, at):
        told = configs(at)
        assert len(told) == len(http.get(at, "/v1/config")["configs"]), "each once"
        fields = ("kafka_name", "value", "default", "source", "in_file", "reloadable", "settable")
        rows = {name: tuple(told[name][field] for field in fields)
                for name in ("retention_bytes", "threads", "log.cleanup.policy", "log_level")}
        assert rows == {
            "retention_bytes": ("log.retention.bytes", "5000000", "-1", "file", True, True, True),
            "threads": ("num.network.threads", "0", "0", "default", True, False, False),
            "log.cleanup.policy": ("log.cleanup.policy", "delete", "delete", "default", False, False, True),
            "log_level": ("log_level", "info", "info", "default", True, True, False),
        }
        assert all(row["about"] for row in told.values())

    def test_what_is_set_is_in_force_at_once_and_is_what_kafka_clients_see(self, door, at):
        create_topic(door.address, "follows", 1, {})
        status, answer = patch(at, "/v1/config", {"configs": {"retention_ms": 123_456}})
        assert status == 200
        (row,) = answer["configs"]
        assert (row["name"], row["value"], row["source"], row["default"]) == ("retention_ms", "123456", "set", "604800000")
        assert http.get(at, "/v1/topics/follows")["configs"]["retention.ms"] == "123456"
        admin = KafkaAdminClient(bootstrap_servers=door.address)
        (said,) = admin.describe_configs([ConfigResource(ConfigResourceType.BROKER, "1")])
        admin.close()
        values = {entry[0]: entry[1] for entry in said.resources[0][4]}
        assert values["log.retention.ms"] == "123456"
        assert patch(at, "/v1/config", {"configs": {"log.retention.ms": None}})[0] == 200
        assert configs(at)["retention_ms"]["source"] == "default"

    def test_a_dry_run_changes_nothing(self, at):
        status, answer = http.request(
            at, "PATCH", "/v1/config?dry_run=true", json.dumps({"configs": {"retention_ms": 5}}), JSON)[::2]
        assert status == 200 and answer["dry_run"] is True
        (row,) = answer["configs"]
        assert (row["value"], row["source"]) == ("5", "set")
        assert configs(at)["retention_ms"]["source"] == "default"

    @pytest.mark.parametrize(
        "body, said",
        [
            ({"configs": {"listeners": "127.0.0.1:1"}}, "listeners: is set in the broker's file"),
            ({"configs": {"num.network.threads": 3}}, "num.network.threads: is set in the broker's file"),
            ({"configs": {"retention": 3}}, "retention: is no configuration of a broker"),
            ({"configs": {"retention_ms": "soon"}}, "soon"),
            ({"configs": {"retention_ms": 1, "log.retention.ms": 2}}, "stands there twice"),
            ({"configs": {"retention_ms": [1]}}, "configs.retention_ms: [1] is not a text"),
            ({"configs": {}}, "configs: there is nothing to set"),
            ({}, "configs: there is nothing to set"),
            ({"config": {}}, "config is not a field of this request"),
        ],
    )
    def test_what_cannot_be_set_is_named(self, body, said, at):
        before = configs(at)
        status, answer = patch(at, "/v1/config", body)
        assert status == 400 and said in answer["detail"]
        assert configs(at) == before

    def test_many_at_once(self, at):
        def change(value):
            assert patch(at, "/v1/config", {"configs": {"segment_bytes": value}})[0] == 200

        threads = [threading.Thread(target=change, args=(1_000_000 + n,)) for n in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        row = configs(at)["segment_bytes"]
        assert row["source"] == "set" and 1_000_000 <= int(row["value"]) < 1_000_020
        assert patch(at, "/v1/config", {"configs": {"segment_bytes": None}})[0] == 200

    def test_it_outlives_a_restart(self, own_broker):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}")
        broker.start()
        at = broker.settings["http_listeners"]
        assert patch(at, "/v1/config", {"configs": {"retention_ms": 77_777}})[0] == 200
        broker.crash_and_restart()
        assert configs(at)["retention_ms"]["value"] == "77777"


class TestLoggers:
    def levels(self, at):
        return {row["name"]: row["level"] for row in http.get(at, "/v1/loggers")["loggers"]}

    def test_a_level_is_in_force_at_once(self, door, at):
        before = self.levels(at)
        assert set(before) >= {"app", "http", "kafka", "runtime"}
        assert patch(at, "/v1/loggers", {"levels": {"http": "debug"}})[0] == 200
        assert self.levels(at) == before | {"http": "debug"}
        _, fields, _ = http.request(at, "GET", "/v1/cluster")
        wait_until(lambda: f"request id={fields['x-request-id']}" in door.log_text(), "the request's line")
        assert patch(at, "/v1/loggers", {"levels": {"http": "error"}})[0] == 200
        _, fields, _ = http.request(at, "GET", "/v1/cluster")
        assert patch(at, "/v1/loggers", {"levels": {"http": before["http"]}})[0] == 200
        assert fields["x-request-id"] not in door.log_text()

    @pytest.mark.parametrize(
        "body, said",
        [
            ({"levels": {"nobody": "info"}}, "levels.nobody: there is no such logger"),
            ({"levels": {"http": "loud"}}, 'levels.http: "loud" is none of error, warn, info, debug'),
            ({"levels": {"http": None}}, "levels.http"),
            ({"levels": {}}, "levels: there is nothing to set"),
            ({"level": "info"}, "level is not a field of this request"),
        ],
    )
    def test_what_cannot_be_is_named_and_changes_nothing(self, body, said, at):
        before = self.levels(at)
        status, answer = patch(at, "/v1/loggers", body)
        assert status == 400 and said in answer["detail"]
        assert self.levels(at) == before


def test_log_directories_say_what_takes_the_room(door, at):
    create_topic(door.address, "large", 2, {})
    with Connection(door.address) as c:
        for _ in range(4):
            assert c.produce("large", 1, batches.build([Record(None, b"v" * 50_000, (), 1)]))["error_code"] == 0
    (directory,) = http.get(at, "/v1/log-directories")["log_directories"]
    assert directory["path"] == http.get(at, "/v1/cluster")["data_directory"]["path"]
    assert 0 < directory["free_bytes"] <= directory["total_bytes"]
    first = directory["topics"][0]
    assert (first["name"], first["partitions"], first["offline_partitions"]) == ("large", 2, 0)
    assert 200_000 < first["bytes"] < 210_000
    assert directory["log_bytes"] == sum(topic["bytes"] for topic in directory["topics"])
    assert directory["partitions"] == sum(topic["partitions"] for topic in directory["topics"])


def test_a_copy_of_a_stopped_broker_is_a_backup(own_broker):
    """docs/operating.md, "Backup and restore"."""
    broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}")
    broker.start()
    create_topic(broker.address, "orders", 2, {"retention.ms": 77_000_000})
    with Connection(broker.address) as c:
        for n in range(5):
            assert c.produce("orders", 1, batches.build([Record(b"k", b"%d" % n, (), 1)]))["error_code"] == 0
        part = {"partition_index": 1, "committed_offset": 3, "committed_leader_epoch": -1, "committed_metadata": ""}
        commit = {"group_id": "billing", "generation_id_or_member_epoch": -1, "member_id": ""}
        c.call("OffsetCommit", 8, commit | {"topics": [{"name": "orders", "partitions": [part]}]})
    at = broker.settings["http_listeners"]
    before = [http.get(at, t) for t in ("/v1/topics/orders", "/v1/groups/billing", "/v1/cluster")]
    broker.stop()
    restored = own_broker(http_listeners=f"127.0.0.1:{free_port()}")
    subprocess.run(["cp", "-a", "--sparse=always", broker.data, restored.data], check=True)
    restored.start()
    at = restored.settings["http_listeners"]
    after = [http.get(at, t) for t in ("/v1/topics/orders", "/v1/groups/billing", "/v1/cluster")]
    assert after[:2] == before[:2]
    assert after[2]["cluster_id"] == before[2]["cluster_id"]
    records = LibrdkafkaClient().consume(restored.address, "orders", 5, partition=1)
    assert [r.record.value for r in records] == [b"%d" % n for n in range(5)]


class TestConnections:
    def test_each_says_who_it_is_and_what_it_did(self, door, at):
        producer = KafkaProducer(bootstrap_servers=door.address, client_id="the-shop")
        producer.send("large", b"x").get(timeout=30)
        rows = http.get(at, "/v1/connections")["connections"]
        mine = [row for row in rows if row["client_id"] == "the-shop" and row["door"] == "kafka"]
        assert mine and all(row["requests"] >= 1 and row["received_bytes"] > 0 and row["sent_bytes"] > 0 for row in mine)
        assert [row["since"] for row in rows] == sorted(row["since"] for row in rows)
        (asking,) = [row for row in rows if row["door"] == "http"]
        assert asking["requests"] == 0 and asking["received_bytes"] > 0, "this very request is not answered yet"
        producer.close()
        wait_until(lambda: not [r for r in http.get(at, "/v1/connections")["connections"] if r["client_id"] == "the-shop"],
                   "the end of its connections")

    def test_the_clients_software_is_told(self, door, at):
        member = Member("librdkafka", door.address, "named", "large")
        wait_for_shares([member], "large", 2)
        software = {row["software"] for row in http.get(at, "/v1/connections")["connections"]}
        assert any(each and each.startswith("librdkafka ") for each in software)
        member.close()


def test_rates_are_those_of_what_is_produced(door, at):
    create_topic(door.address, "steady", 1, {})
    batch = batches.build([Record(None, b"v" * 1_000, (), 1) for _ in range(10)])

    def rates():
        with Connection(door.address) as c:
            assert c.produce("steady", 0, batch)["error_code"] == 0
        return http.get(at, "/v1/topics/steady")["rates"]

    wait_until(lambda: (rates() or {}).get("received_records", 0) > 0, "a rate", timeout=30)
    told = rates()
    assert told["sent_records"] == 0
    assert told["received_bytes"] / told["received_records"] == pytest.approx(len(batch) / 10)


def test_a_group_says_since_when_it_is_behind(door, at):
    """The time of the first record that it has not committed past, of each partition and of all."""
    create_topic(door.address, "old", 2, {})
    with Connection(door.address) as c:
        for partition, time in [(0, 1_700_000_000_000), (0, 1_700_000_100_000), (1, 1_600_000_000_000), (1, 1_700_000_200_000)]:
            assert c.produce("old", partition, batches.build([Record(None, b"v", (), time)]))["error_code"] == 0
        parts = [{"partition_index": p, "committed_offset": o, "committed_leader_epoch": -1, "committed_metadata": ""}
                 for p, o in [(0, 1), (1, 1)]]
        commit = {"group_id": "slow", "generation_id_or_member_epoch": -1, "member_id": ""}
        c.call("OffsetCommit", 8, commit | {"topics": [{"name": "old", "partitions": parts}]})
        told = http.get(at, "/v1/groups/slow")
        assert [(row["lag"], row["behind_since"]) for row in told["offsets"]] == [
            (1, "2023-11-14T22:15:00.000Z"), (1, "2023-11-14T22:16:40.000Z")]
        assert told["behind_since"] == "2023-11-14T22:15:00.000Z"
        parts = [p | {"committed_offset": 2} for p in parts]
        c.call("OffsetCommit", 8, commit | {"topics": [{"name": "old", "partitions": parts}]})
        told = http.get(at, "/v1/groups/slow")
        assert (told["lag"], told["behind_since"]) == (0, None)
        assert [row["behind_since"] for row in told["offsets"]] == [None, None]
