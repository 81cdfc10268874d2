"""python3-kafka 2.0.2: the client contract, its admin client, and its way of guessing what the broker is."""

import kafka
import pytest
from kafka import TopicPartition
from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient, NewTopic

from harness.admin import require
from harness.broker import wait_until
from harness.contract import ClientContract, raw_batches
from harness.kafka_python import KafkaPythonClient
from harness.records import Record, text_records


class TestKafkaPython(ClientContract):
    client = KafkaPythonClient()

    def large_record_settings(self):
        return {}

    def test_the_guess_of_the_brokers_release_is_recent(self, address):
        client = kafka.KafkaClient(bootstrap_servers=address)
        assert client.check_version(timeout=60) >= (2, 4)
        client.close()

    def test_batches_are_of_the_current_format(self, address, topic):
        self.client.produce(address, topic(), text_records(3))
        assert [b.count for b in raw_batches(address, topic.last)]

    def test_a_record_above_the_limit_is_refused(self, address, topic):
        reports = self.client.produce(address, topic(), [Record(b"k", bytes(1_200_000))])
        assert reports == [(None, "MessageSizeTooLargeError")]

    def test_ends_and_beginnings_of_partitions(self, address, topic):
        topic(partitions=2)
        self.client.produce(address, topic.last, text_records(7), partition=1)
        consumer = kafka.KafkaConsumer(bootstrap_servers=address)
        where = [TopicPartition(topic.last, p) for p in range(2)]
        assert consumer.beginning_offsets(where) == {where[0]: 0, where[1]: 0}
        assert consumer.end_offsets(where) == {where[0]: 0, where[1]: 7}
        consumer.close()

    def test_offsets_for_times_knows_before_within_and_after(self, address, topic):
        sent = [Record(b"k", b"v", (), 1_700_000_000_000 + i * 10) for i in range(10)]
        self.client.produce(address, topic(), sent)
        consumer = kafka.KafkaConsumer(bootstrap_servers=address)
        where = TopicPartition(topic.last, 0)
        found = [consumer.offsets_for_times({where: 1_700_000_000_000 + t})[where] for t in (-5, 0, 41, 90, 91)]
        assert [f and (f.offset, f.timestamp - 1_700_000_000_000) for f in found] == [
            (0, 0), (0, 0), (5, 50), (9, 90), None,
        ]  # fmt: skip
        consumer.close()

    def test_partitions_of_a_topic_are_known(self, address, topic):
        topic(partitions=5)
        consumer = kafka.KafkaConsumer(bootstrap_servers=address)
        assert consumer.partitions_for_topic(topic.last) == {0, 1, 2, 3, 4}
        assert topic.last in consumer.topics()
        consumer.close()


@pytest.fixture
def admin(address):
    admin = KafkaAdminClient(bootstrap_servers=address)
    yield admin
    admin.close()


class TestAdmin:
    def test_topics_are_created_described_and_deleted(self, admin, topic):
        name = topic.name()
        admin.create_topics([NewTopic(name, 3, 1)], timeout_ms=10_000)
        described = wait_until(lambda: _described(admin, name), "the new topic")
        assert sorted(p["partition"] for p in described["partitions"]) == [0, 1, 2]
        assert not described["is_internal"]
        admin.delete_topics([name], timeout_ms=10_000)
        wait_until(lambda: name not in admin.list_topics(), "the deletion")

    def test_refusals_carry_their_code(self, admin, topic):
        with pytest.raises(kafka.errors.TopicAlreadyExistsError):
            admin.create_topics([NewTopic(topic(), 1, 1)])
        with pytest.raises(kafka.errors.InvalidTopicError):
            admin.create_topics([NewTopic("no/slash", 1, 1)])
        with pytest.raises(kafka.errors.UnknownTopicOrPartitionError):
            admin.delete_topics([topic.name()])

    def test_configurations_are_described(self, admin, topic):
        topic(retention_ms=777)
        answers = admin.describe_configs([ConfigResource(ConfigResourceType.TOPIC, topic.last)])
        error, _, _, name, entries = answers[0].resources[0][:5]
        assert (error, name) == (0, topic.last)
        assert {e[0]: e[1] for e in entries}["retention.ms"] == "777"

    def test_the_cluster_is_described(self, admin, address):
        cluster = admin.describe_cluster()
        assert [f"{b['host']}:{b['port']}" for b in cluster["brokers"]] == [address]
        assert cluster["controller_id"] == cluster["brokers"][0]["node_id"]

    def test_groups_are_listed_described_and_their_offsets_shown(self, admin, address, topic):
        group = topic.name("group")
        KafkaPythonClient().produce(address, topic(), text_records(5))
        consumer = kafka.KafkaConsumer(
            topic.last, bootstrap_servers=address, group_id=group, auto_offset_reset="earliest", client_id="reader"
        )
        wait_until(lambda: consumer.poll(100), "records")
        consumer.commit()
        assert (group, "consumer") in admin.list_consumer_groups()
        described = admin.describe_consumer_groups([group])[0]
        assert (described.group, described.state, described.protocol_type) == (group, "Stable", "consumer")
        assert [m.client_id for m in described.members] == ["reader"]
        assert described.members[0].member_assignment.assignment == [(topic.last, [0])]
        offsets = admin.list_consumer_group_offsets(group)
        assert {(k.topic, k.partition): v.offset for k, v in offsets.items()} == {(topic.last, 0): 5}
        consumer.close()

    def test_an_unknown_group_is_dead(self, admin, topic):
        assert admin.describe_consumer_groups([topic.name("group")])[0].state == "Dead"

    def test_groups_are_deleted(self, admin, address, topic):
        require(address, "DeleteGroups")
        group = topic.name("group")
        consumer = kafka.KafkaConsumer(bootstrap_servers=address, group_id=group)
        consumer.assign([TopicPartition(topic(), 0)])
        consumer.commit({TopicPartition(topic.last, 0): kafka.OffsetAndMetadata(3, "")})
        consumer.close()
        assert admin.delete_consumer_groups([group])[0][1].errno == 0
        assert group not in [g for g, _ in admin.list_consumer_groups()]


def _described(admin, name):
    found = admin.describe_topics([name])[0]
    return found if found["error_code"] == 0 and found["partitions"] else None
