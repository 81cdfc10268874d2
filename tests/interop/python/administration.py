"""What an operator does: topics, configurations, groups, and what may be asked about the node."""

from client import Config, Group
from groups import idle, send_to_all
from stage import Fault, equal, refused, texts, within

OFFSET_OUT_OF_RANGE, UNKNOWN_TOPIC, INVALID_TOPIC, TOPIC_EXISTS, INVALID_PARTITIONS = 1, 3, 17, 36, 37
INVALID_REPLICATION_FACTOR, INVALID_CONFIG, NON_EMPTY_GROUP, GROUP_ID_NOT_FOUND = 38, 40, 68, 69
ELECTION_NOT_NEEDED, GROUP_SUBSCRIBED_TO_TOPIC = 84, 86
DEFAULT_RETENTION = Config("604800000", True)


def play(stage):
    client = stage.client

    def scenario(what, story, *needs, method=None):
        if method is None or hasattr(client, method):
            stage.scenario(what, lambda: story(stage, client), *needs)

    scenario("topics: create, list, delete", topics)
    scenario("configs: describe", describe_configs)
    scenario("configs: alter incrementally", alter_configs, 44, method="set_config")
    scenario("configs: replace all", replace_configs, 33, method="replace_configs")
    scenario("partitions: add", add_partitions, 37)
    scenario("records: delete up to an offset", delete_records, 21)
    scenario("groups: list, describe, commit", describe_groups)
    scenario("groups: delete offsets", delete_offsets, 47, method="delete_offset")
    scenario("groups: delete", delete_groups, 42, method="delete_group")
    scenario("cluster: describe", lambda stage, client: equal((1, True), client.cluster(), "brokers, and a controller"))
    scenario("leaders: elect", elect_leaders, 43, method="elect_leader")
    scenario("reassignments: list", list_reassignments, 46, method="reassignments")
    scenario("log directories: describe", describe_log_dirs, 35, method="bytes_on_disk")
    scenario("producers: describe", describe_producers, 61, method="last_sequences")


def has_partitions(client, topic, count):
    """Waits, for a client may remember for a while what it knew."""
    within(60, f"{count} partitions", lambda: client.topics().get(topic, 0) == count)


def topics(stage, client):
    topic = stage.topic("admin", 3)
    has_partitions(client, topic, 3)
    refused(TOPIC_EXISTS, "the same again", client.create_topic, topic, 1)
    refused(INVALID_PARTITIONS, "no partitions", client.create_topic, stage.name("bad"), 0)
    refused(INVALID_REPLICATION_FACTOR, "three replicas", client.create_topic, stage.name("bad"), 1, replicas=3)
    refused(INVALID_TOPIC, "a slash", client.create_topic, "no/slash", 1)
    refused(INVALID_CONFIG, "a bad value", client.create_topic, stage.name("bad"), 1, configs={"retention.ms": "soon"})
    client.delete_topic(topic)
    has_partitions(client, topic, 0)
    refused(UNKNOWN_TOPIC, "delete again", client.delete_topic, topic)


def describe_configs(stage, client):
    topic = stage.name("configs")
    client.create_topic(topic, 1, configs={"retention.ms": "12345000"})
    equal(Config("12345000", False), client.config(topic, "retention.ms"), "what was set")
    equal(True, client.config(topic, "segment.bytes").default, "what was not set is a default")


def alter_configs(stage, client):
    topic = stage.topic("alter")
    client.set_config(topic, "retention.ms", "54321000")
    equal(Config("54321000", False), client.config(topic, "retention.ms"), "after the change")
    refused(INVALID_CONFIG, "a bad value", client.set_config, topic, "retention.ms", "soon")
    client.set_config(topic, "retention.ms", None)
    equal(DEFAULT_RETENTION, client.config(topic, "retention.ms"), "after the deletion")


def replace_configs(stage, client):
    topic = stage.name("replace")
    client.create_topic(topic, 1, configs={"retention.ms": "12345000"})
    client.replace_configs(topic, {"segment.bytes": "2000000"})
    equal(Config("2000000", False), client.config(topic, "segment.bytes"), "what was named")
    equal(DEFAULT_RETENTION, client.config(topic, "retention.ms"), "what was not named")


def add_partitions(stage, client):
    topic = stage.topic("grow", 1)
    client.add_partitions(topic, 4)
    has_partitions(client, topic, 4)
    refused(INVALID_PARTITIONS, "fewer than there are", client.add_partitions, topic, 2)
    send_to_all(stage, topic)
    equal(1, client.offset(topic, 3, "latest"), "end of the new partition")


def delete_records(stage, client):
    topic = stage.topic("cut")
    stage.send(topic, texts(10))
    equal(4, client.delete_records(topic, 0, 4), "low watermark")
    equal(4, client.offset(topic, 0, "earliest"), "earliest")
    equal(4, stage.read(topic, 6, offset=4)[0].offset, "first that is left")
    refused(OFFSET_OUT_OF_RANGE, "more than there are", client.delete_records, topic, 0, 11)


def describe_groups(stage, client):
    topic, group = stage.topic("members"), stage.name("members")
    member = client.join(group, topic, each=idle)
    within(60, "it holds the partition", lambda: len(member.held()) == 1)
    equal(Group("Stable", 1), client.group(group), "group")
    member.leave()
    within(60, "it is empty", lambda: client.group(group) == Group("Empty", 0))
    client.commit(group, topic, {0: 7})
    equal({0: 7}, client.committed(group, topic, 1), "committed")
    equal(True, group in client.groups(), "whether it is listed")


def delete_offsets(stage, client):
    topic, group = stage.topic("forget", 2), stage.name("forget")
    client.commit(group, topic, {0: 1, 1: 2})
    client.delete_offset(group, topic, 0)
    equal({1: 2}, client.committed(group, topic, 2), "what is left")
    member = client.join(group, topic, each=idle)
    within(60, "a member", lambda: len(member.held()) == 2)
    refused(GROUP_SUBSCRIBED_TO_TOPIC, "an offset that is in use", client.delete_offset, group, topic, 1)
    member.leave()


def delete_groups(stage, client):
    topic, group = stage.topic("gone"), stage.name("gone")
    member = client.join(group, topic, each=idle)
    within(60, "a member", lambda: len(member.held()) == 1)
    refused(NON_EMPTY_GROUP, "a group with a member", client.delete_group, group)
    member.leave()
    within(60, "it is empty", lambda: client.group(group).members == 0)
    client.delete_group(group)
    equal(False, group in client.groups(), "whether it is listed")
    refused(GROUP_ID_NOT_FOUND, "the same again", client.delete_group, group)


def elect_leaders(stage, client):
    refused(ELECTION_NOT_NEEDED, "the leader is the preferred one", client.elect_leader, stage.topic("elect"), 0)


def list_reassignments(stage, client):
    equal(0, client.reassignments(stage.topic("moves")), "moves")


def describe_log_dirs(stage, client):
    topic = stage.topic("dirs")
    stage.send(topic, texts(100))
    if (size := client.bytes_on_disk(topic, 0)) <= 0:
        raise Fault(f"{size} bytes on disk")


def describe_producers(stage, client):
    topic = stage.topic("producers")
    stage.send(topic, texts(10), idempotent=True)
    equal([9], client.last_sequences(topic, 0), "last sequences")
