"""Configurations as a person who knows Kafka looks for them: what is told, what can be set, and that it does something."""

import re
import signal

import pytest

from harness import batches
from harness.broker import wait_until
from harness.records import Record, now_ms
from harness.wire import Connection, create_topic

TOPIC, BROKER, GROUP = 2, 4, 32
NONE, INVALID_CONFIG, INVALID_REQUEST = 0, 40, 42
SET, DELETE = 0, 1
STATIC, DEFAULT, OF_GROUP = 4, 5, 8


@pytest.fixture
def connection(address):
    with Connection(address) as c:
        yield c


def described(connection, kind, name, keys=None):
    """{name: row} of one resource."""
    asked = [{"resource_type": kind, "resource_name": name, "configuration_keys": keys}]
    values = {"resources": asked, "include_synonyms": True, "include_documentation": True}
    result = connection.call("DescribeConfigs", 4, values)["results"][0]
    assert result["error_code"] == NONE, result["error_message"]
    return {row["name"]: row for row in result["configs"]}


def altered(connection, kind, name, *changes):
    """The error of altering one resource; changes are (name, operation, value)."""
    configs = [{"name": n, "config_operation": o, "value": v} for n, o, v in changes]
    values = {"resources": [{"resource_type": kind, "resource_name": name, "configs": configs}]}
    return connection.call("IncrementalAlterConfigs", 1, values | {"validate_only": False})["responses"][0]


class TestTheBroker:
    def test_tells_its_settings_under_the_names_of_kafka(self, own_broker):
        broker = own_broker(num_partitions=3, advertised_listeners="broker.example:9092").start()
        with Connection(broker.address) as connection:
            rows = described(connection, BROKER, "1")
        values = {name: row["value"] for name, row in rows.items()}
        assert values["advertised.listeners"] == "PLAINTEXT://broker.example:9092"
        assert values["listeners"] == f"PLAINTEXT://{broker.address}"
        assert values["log.dirs"] == str(broker.data)
        assert values["node.id"] == values["broker.id"] == "1"
        assert (values["num.partitions"], rows["num.partitions"]["config_source"]) == ("3", STATIC)
        assert rows["offsets.retention.minutes"]["config_source"] == DEFAULT
        assert rows["num.partitions"]["read_only"] and rows["num.partitions"]["documentation"]
        assert not rows["message.max.bytes"]["read_only"]

    def test_tells_what_it_reads_again(self, tmp_path, own_broker):
        file = tmp_path / "m.toml"
        file.write_text("num_partitions = 2\n")
        broker = own_broker(arguments=["--config", str(file)]).start()
        with Connection(broker.address) as connection:
            assert described(connection, BROKER, "1")["num.partitions"]["value"] == "2"
            file.write_text("num_partitions = 5\noffsets_topic_num_partitions = 9\n")
            broker.process.send_signal(signal.SIGHUP)
            wait_until(lambda: re.search("restart.*offsets_topic_num_partitions", broker.log_text()), "the reload")
            rows = described(connection, BROKER, "1", ["num.partitions", "offsets.topic.num.partitions"])
            assert rows["num.partitions"]["value"] == "5"
            assert rows["offsets.topic.num.partitions"]["value"] == "16", "that waits for a restart"

    @pytest.mark.parametrize("name", ["num.partitions", "advertised.listeners", "node.id", "min_free_bytes"])
    def test_refuses_to_alter_them_and_names_them(self, name, connection):
        answer = altered(connection, BROKER, "1", (name, SET, "7"))
        assert answer["error_code"] == INVALID_REQUEST
        assert name in answer["error_message"]


class TestATopic:
    def test_bounds_what_is_not_flushed_as_its_broker_does(self, topic, connection):
        name = topic(flush_messages="100")
        rows = described(connection, TOPIC, name)
        assert (rows["flush.messages"]["value"], rows["flush.ms"]["value"]) == ("100", str(2**63 - 1))
        assert altered(connection, BROKER, "1", ("log.flush.interval.ms", SET, "9000"))["error_code"] == NONE
        assert described(connection, TOPIC, name)["flush.ms"]["value"] == "9000"
        assert altered(connection, BROKER, "1", ("log.flush.interval.ms", DELETE, None))["error_code"] == NONE

    def test_keeps_the_files_of_what_is_deleted_for_a_time(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t", 1, {"segment.bytes": 65536, "file.delete.delay.ms": 3_600_000})
        with Connection(broker.address) as connection:
            for _ in range(3):
                batch = batches.build([Record(b"key", bytes(40_000), (), now_ms())])
                assert connection.produce("t", 0, batch)["error_code"] == NONE
            asked = [{"name": "t", "partitions": [{"partition_index": 0, "offset": 2}]}]
            answer = connection.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 10_000})
            assert answer["topics"][0]["partitions"][0]["low_watermark"] == 2
        kept = broker.data / "t-0" / "00000000000000000000.log.deleted"
        wait_until(kept.exists, "the renaming")
        assert kept.stat().st_size >= 40_000
        broker.restart()
        assert not list((broker.data / "t-0").glob("*.deleted"))
        with Connection(broker.address) as connection:
            assert connection.list_offset("t", 0, -2)["offset"] == 2


class TestAGroup:
    SESSION, HEARTBEAT = "consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"

    @staticmethod
    def interval(connection, group):
        """How often a member of the group is asked to speak."""
        values = {"group_id": group, "member_id": "m", "member_epoch": 0, "rebalance_timeout_ms": 30_000}
        values |= {"subscribed_topic_names": ["t"], "topic_partitions": []}
        answer = connection.call("ConsumerGroupHeartbeat", 1, values)
        assert answer["error_code"] == NONE, answer["error_message"]
        return answer["heartbeat_interval_ms"]

    def test_follows_what_is_set_for_it_alone_through_a_crash(self, own_broker):
        broker = own_broker().start()
        with Connection(broker.address) as connection:
            assert self.interval(connection, "g") == 5000
            changes = [(self.SESSION, SET, "50000"), (self.HEARTBEAT, SET, "7000")]
            assert altered(connection, GROUP, "g", *changes)["error_code"] == NONE
            assert (self.interval(connection, "g"), self.interval(connection, "other")) == (7000, 5000)
        broker.crash_and_restart()
        with Connection(broker.address) as connection:
            rows = described(connection, GROUP, "g")
            assert {name: row["value"] for name, row in rows.items()} == {self.SESSION: "50000", self.HEARTBEAT: "7000"}
            assert rows[self.SESSION]["config_source"] == OF_GROUP
            assert [s["name"] for s in rows[self.SESSION]["synonyms"]] == [self.SESSION, "group." + self.SESSION]
            assert self.interval(connection, "g") == 7000
            listed = connection.call("ListConfigResources", 1, {"resource_types": [GROUP]})["config_resources"]
            assert listed == [{"resource_name": "g", "resource_type": GROUP}]
            assert altered(connection, GROUP, "g", (self.HEARTBEAT, DELETE, None))["error_code"] == NONE
            assert self.interval(connection, "g") == 5000

    @pytest.mark.parametrize(
        "name, value",
        [(SESSION, "1"), (HEARTBEAT, "60000"), (SESSION, "soon"), ("share.session.timeout.ms", "45000"), ("nothing", "1")],
    )
    def test_refuses_what_is_out_of_bounds_or_not_served_by_name(self, name, value, connection):
        answer = altered(connection, GROUP, "refused", (name, SET, value))
        assert answer["error_code"] == INVALID_CONFIG
        assert name in answer["error_message"]

    def test_has_the_brokers_settings_as_long_as_nothing_is_set(self, connection):
        rows = described(connection, GROUP, "nobody")
        assert (rows[self.SESSION]["value"], rows[self.SESSION]["config_source"]) == ("45000", DEFAULT)
