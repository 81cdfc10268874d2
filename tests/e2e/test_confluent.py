"""python3-confluent-kafka 1.7.0: the client contract, and the admin calls of its AdminClient."""

import confluent_kafka
import pytest
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic

from harness.admin import require, topic_names
from harness.broker import wait_until
from harness.confluent import ConfluentClient
from harness.contract import ClientContract
from harness.records import Record, text_records

TIMEOUT = 30


class TestConfluent(ClientContract):
    client = ConfluentClient()

    def test_watermarks_follow_the_log(self, address, topic):
        self.client.produce(address, topic(), text_records(12))
        consumer = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": "unused"})
        where = TopicPartition(topic.last, 0)
        assert consumer.get_watermark_offsets(where, timeout=TIMEOUT) == (0, 12)
        consumer.close()

    def test_offsets_for_times_answers_per_partition(self, address, topic):
        topic(partitions=3)
        for partition in range(2):
            sent = [Record(b"k", b"v", (), 1_700_000_000_000 + i * 10) for i in range(10 * (partition + 1))]
            self.client.produce(address, topic.last, sent, partition=partition)
        consumer = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": "unused"})
        asked = [TopicPartition(topic.last, p, 1_700_000_000_095) for p in range(3)]
        found = consumer.offsets_for_times(asked, timeout=TIMEOUT)
        assert [f.error for f in found] == [None] * 3
        assert found[1].offset == 10
        # librdkafka turns the broker's "none" into the end of the partition.
        assert [found[0].offset, found[2].offset] == [confluent_kafka.OFFSET_END] * 2
        consumer.close()

    def test_a_record_above_the_limit_is_refused(self, address, topic):
        reports = self.client.produce(address, topic(), [Record(b"k", bytes(1_200_000))])
        assert reports == [(None, "MSG_SIZE_TOO_LARGE")]

    def test_log_append_time_is_the_brokers_clock(self, address, topic):
        topic(message_timestamp_type="LogAppendTime")
        self.client.produce(address, topic.last, [Record(b"k", b"v", (), 1_000_000)])
        consumer = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": "unused"})
        consumer.assign([TopicPartition(topic.last, 0, 0)])
        message = wait_until(lambda: consumer.poll(0.2), "the record")
        kind, timestamp = message.timestamp()
        assert kind == confluent_kafka.TIMESTAMP_LOG_APPEND_TIME
        assert timestamp > 1_600_000_000_000
        consumer.close()


@pytest.fixture
def admin(address):
    return AdminClient({"bootstrap.servers": address})


def outcome(futures):
    """{name: None or error name}"""
    out = {}
    for name, future in futures.items():
        try:
            future.result(TIMEOUT)
            out[name] = None
        except KafkaException as e:
            out[name] = e.args[0].name()
    return out


class TestAdmin:
    def test_topics_are_created_listed_and_deleted(self, admin, address, topic):
        names = [topic.name() for _ in range(3)]
        futures = admin.create_topics([NewTopic(n, i + 1, 1) for i, n in enumerate(names)], operation_timeout=10)
        assert outcome(futures) == dict.fromkeys(names)
        found = wait_until(lambda: _listed(admin, names), "the new topics")
        assert [len(found[n].partitions) for n in names] == [1, 2, 3]
        assert outcome(admin.delete_topics(names, operation_timeout=10)) == dict.fromkeys(names)
        wait_until(lambda: not topic_names(address) & set(names), "the deletion")

    def test_creating_a_topic_twice_is_refused(self, admin, topic):
        topic()
        assert outcome(admin.create_topics([NewTopic(topic.last, 1, 1)])) == {topic.last: "TOPIC_ALREADY_EXISTS"}

    @pytest.mark.parametrize("name", ["with space", "slash/y", "a" * 250, ".", "..", "../up", "nul\u00e9", "semi;"])
    def test_invalid_topic_names_are_refused(self, name, admin):
        assert outcome(admin.create_topics([NewTopic(name, 1, 1)])) == {name: "TOPIC_EXCEPTION"}

    def test_a_name_of_249_characters_is_fine(self, admin, address, topic):
        name = (topic.name() + "-" + "n" * 249)[:249]
        assert outcome(admin.create_topics([NewTopic(name, 1, 1)], operation_timeout=10)) == {name: None}
        ConfluentClient().produce(address, name, [Record(b"k", b"v")])
        assert ConfluentClient().consume(address, name, 1)[0].record.value == b"v"
        assert outcome(admin.delete_topics([name])) == {name: None}

    @pytest.mark.parametrize(
        "partitions, replicas, error", [(1, 2, "INVALID_REPLICATION_FACTOR"), (0, 1, "INVALID_PARTITIONS")]
    )
    def test_impossible_layouts_are_refused(self, partitions, replicas, error, admin, topic):
        name = topic.name()
        assert outcome(admin.create_topics([NewTopic(name, partitions, replicas)])) == {name: error}

    def test_an_unknown_configuration_is_refused(self, admin, topic):
        name = topic.name()
        futures = admin.create_topics([NewTopic(name, 1, 1, config={"no.such.thing": "1"})])
        assert outcome(futures) == {name: "INVALID_CONFIG"}

    @pytest.mark.parametrize("key, value", [("retention.ms", "soon"), ("cleanup.policy", "burn"), ("segment.bytes", "-1")])
    def test_a_bad_configuration_value_is_refused(self, key, value, admin, topic):
        name = topic.name()
        assert outcome(admin.create_topics([NewTopic(name, 1, 1, config={key: value})])) == {name: "INVALID_CONFIG"}

    def test_validate_only_creates_nothing(self, admin, address, topic):
        name = topic.name()
        assert outcome(admin.create_topics([NewTopic(name, 1, 1)], validate_only=True)) == {name: None}
        assert name not in topic_names(address)

    def test_deleting_an_unknown_topic_says_so(self, admin, topic):
        name = topic.name()
        assert outcome(admin.delete_topics([name])) == {name: "UNKNOWN_TOPIC_OR_PART"}

    def test_a_deleted_topic_comes_back_empty(self, admin, address, topic):
        client = ConfluentClient()
        client.produce(address, topic(), text_records(5))
        assert outcome(admin.delete_topics([topic.last], operation_timeout=10)) == {topic.last: None}
        wait_until(lambda: topic.last not in topic_names(address), "the deletion")

        def created():
            return outcome(admin.create_topics([NewTopic(topic.last, 1, 1)], operation_timeout=10))[topic.last] is None

        wait_until(created, "the second creation")
        again = text_records(3, seed=9)
        assert client.produce(address, topic.last, again)[0] == (0, None)
        assert [c.record.value for c in client.consume(address, topic.last, 3)] == [r.value for r in again]

    def test_configurations_of_a_topic_are_described(self, admin, topic):
        topic(retention_ms=123456789, segment_bytes=1_048_576 * 3)
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic.last)
        found = admin.describe_configs([resource])[resource].result(TIMEOUT)
        assert found["retention.ms"].value == "123456789"
        assert found["segment.bytes"].value == "3145728"
        assert not found["retention.ms"].is_default
        defaults = {"max.message.bytes": "1048588", "cleanup.policy": "delete", "compression.type": "producer"}
        for name, value in defaults.items():
            assert found[name].value == value and found[name].is_default, name

    def test_configurations_of_the_broker_are_described(self, admin, address):
        broker = next(iter(admin.list_topics(timeout=TIMEOUT).brokers))
        resource = ConfigResource(ConfigResource.Type.BROKER, str(broker))
        found = admin.describe_configs([resource])[resource].result(TIMEOUT)
        assert found, "a broker has configuration"

    def test_configurations_of_an_unknown_topic_are_an_error(self, admin, topic):
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic.name())
        with pytest.raises(KafkaException) as e:
            admin.describe_configs([resource])[resource].result(TIMEOUT)
        assert e.value.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART

    def test_partitions_are_added(self, admin, address, topic):
        require(address, "CreatePartitions")
        topic(partitions=1)
        assert outcome(admin.create_partitions([NewPartitions(topic.last, 3)], operation_timeout=10)) == {topic.last: None}
        wait_until(lambda: len(_listed(admin, [topic.last])[topic.last].partitions) == 3, "three partitions")

    def test_configurations_are_altered(self, admin, address, topic):
        require(address, "AlterConfigs")
        topic()
        resource = ConfigResource(ConfigResource.Type.TOPIC, topic.last, set_config={"retention.ms": "4711"})
        admin.alter_configs([resource])[resource].result(TIMEOUT)
        found = wait_until(lambda: admin.describe_configs([resource])[resource].result(TIMEOUT), "the description")
        assert found["retention.ms"].value == "4711"

    def test_groups_are_listed(self, admin, address, topic):
        topic()
        group = topic.name("group")
        consumer = confluent_kafka.Consumer({"bootstrap.servers": address, "group.id": group})
        consumer.subscribe([topic.last])
        wait_until(lambda: consumer.poll(0.1) or consumer.assignment(), "an assignment")
        found = {g.id: g for g in admin.list_groups(timeout=TIMEOUT)}
        assert found[group].protocol_type == "consumer"
        assert found[group].state == "Stable"
        assert [m.client_id for m in found[group].members] == ["rdkafka"]
        consumer.close()
        wait_until(lambda: admin.list_groups(group, timeout=TIMEOUT)[0].state == "Empty", "the empty group")

    def test_the_cluster_has_an_id_and_a_controller(self, admin):
        found = admin.list_topics(timeout=TIMEOUT)
        assert found.controller_id in found.brokers
        assert len(found.cluster_id) == 22


def _listed(admin, names):
    found = admin.list_topics(timeout=TIMEOUT).topics
    return found if all(n in found and found[n].partitions for n in names) else None
