"""Topics, configurations, groups and the node, as an operator sees them."""

import json

from records import send, topic
from stage import Fault, equal, within
from tools import has, rows

GROUPS = "consumer.group.ConsumerGroupCommand"


def play(stage, tools):
    for what, story in (
        ("topics: create, describe, add partitions, list, delete", topics),
        ("configs: describe, add, delete", configs),
        ("configs: the broker's", broker_configs),
        ("consumer-groups: of a group with a member", members),
        ("consumer-groups: list, describe, reset and delete offsets, delete", empty_group),
        ("log-dirs", log_directories),
        ("leader-election, reassign-partitions", leaders),
        ("transactions: the producers of a partition", producers),
        ("broker-api-versions, cluster", cluster),
        ("metadata-quorum, features", quorum),
    ):
        stage.scenario(what, lambda story=story: story(stage, tools))


def topics(stage, tools):
    name = topic(stage, tools, "admin", "--config", "retention.ms=5000000", partitions=2)
    told = rows(tools("TopicCommand", "--describe", "--topic", name))
    equal("PartitionCount: 2 ReplicationFactor: 1 Configs: retention.ms=5000000".split(), told[0][4:], "description")
    alone = "Leader: 1 Replicas: 1 Isr: 1".split()
    equal([alone, alone], [line[4:10] for line in told[1:]], "partitions")
    has(tools("TopicCommand", "--create", "--topic", name, fails=True), "already exists")
    tools("TopicCommand", "--alter", "--topic", name, "--partitions", 3)
    has(tools("TopicCommand", "--describe", "--topic", name), "PartitionCount: 3")
    equal(True, [name] in rows(tools("TopicCommand", "--list")), "whether it is listed")
    tools("TopicCommand", "--delete", "--topic", name)
    equal(False, [name] in rows(tools("TopicCommand", "--list")), "whether it is listed when it is deleted")


def set_configs(tools, name):
    """The configurations of a topic that are not defaults."""
    return {line[0] for line in rows(tools("ConfigCommand", "--describe", "--topic", name)) if "=" in line[0]}


def configs(stage, tools):
    name = topic(stage, tools, "configs")
    alter = ["ConfigCommand", "--alter", "--topic", name]
    equal(set(), set_configs(tools, name), "at first")
    tools(*alter, "--add-config", "retention.ms=7000000,segment.bytes=2000000")
    equal({"retention.ms=7000000", "segment.bytes=2000000"}, set_configs(tools, name), "what was added")
    has(tools(*alter, "--add-config", "retention.ms=soon", fails=True), "InvalidConfigurationException")
    tools(*alter, "--delete-config", "retention.ms", "--add-config", "segment.bytes=3000000")
    equal({"segment.bytes=3000000"}, set_configs(tools, name), "what is left")
    every = tools("ConfigCommand", "--describe", "--topic", name, "--all")
    has(every, "retention.ms=604800000", "cleanup.policy=delete", "min.insync.replicas=1")


def broker_configs(stage, tools):
    has(tools("ConfigCommand", "--describe", "--broker", 1, "--all"), "All configs for broker 1", "compression.type=producer")
    mine, all_of_them = ["--broker", 1], ["--broker-defaults"]
    tools("ConfigCommand", "--alter", *all_of_them, "--add-config", "log.retention.bytes=2000000")
    tools("ConfigCommand", "--alter", *mine, "--add-config", "log.retention.bytes=1000000")
    has(
        tools("ConfigCommand", "--describe", *mine),
        "log.retention.bytes=1000000",
        "DYNAMIC_BROKER_CONFIG:log.retention.bytes=1000000",
        "DYNAMIC_DEFAULT_BROKER_CONFIG:log.retention.bytes=2000000",
    )
    tools("ConfigCommand", "--alter", *mine, "--delete-config", "log.retention.bytes")
    has(tools("ConfigCommand", "--describe", *all_of_them), "log.retention.bytes=2000000")
    tools("ConfigCommand", "--alter", *all_of_them, "--delete-config", "log.retention.bytes")
    wrong = tools("ConfigCommand", "--alter", *mine, "--add-config", "log.dirs=/elsewhere", fails=True)
    has(wrong, "log.dirs", "cannot be altered")


def described(tools, group, *words):
    """The lines below the one that names the columns."""
    lines = rows(tools(GROUPS, "--describe", "--group", group, *words))
    return lines[[line[0] for line in lines].index("GROUP") + 1 :]


def members(stage, tools):
    name, group = topic(stage, tools, "members", partitions=2), stage.name("members")
    words = ["--topic", name, "--group", group, "--from-beginning", "--command-property", "client.id=someone"]
    member = tools.start("consumer.ConsoleConsumer", *words)
    try:
        within(60, "it is a member", lambda: [group, "Stable"] in rows(tools(GROUPS, "--list", "--state")))
        found = described(tools, group, "--members", "--verbose")
        equal([group, "/127.0.0.1", "someone", "2"], [found[0][i] for i in (0, 2, 3, 4)], "member")
        has(" ".join(found[0]), f"{name}:0,1")
        equal(["range", "Stable", "1"], described(tools, group, "--state")[0][-3:], "state")
        has(tools(GROUPS, "--delete", "--group", group, fails=True), "could not be deleted")
        reset = ["--reset-offsets", "--to-latest", "--topic", name, "--group", group, "--execute"]
        has(tools(GROUPS, *reset, fails=True), "Stable")
    finally:
        member.kill()
        member.wait()


def empty_group(stage, tools):
    name, group = topic(stage, tools, "groups", partitions=2), stage.name("groups")
    tools("ConsoleProducer", "--topic", name, "--reader-property", "parse.key=true", sent="a\t1\nb\t2\nc\t3\nd\t4\ne\t5\n")
    ends = [line.split(":")[2] for line in tools("GetOffsetShell", "--topic", name).split()]
    tools("consumer.ConsoleConsumer", "--topic", name, "--group", group, "--from-beginning", "--max-messages", 5)

    def offsets():
        return sorted(line[2:6] for line in described(tools, group))

    equal([[str(p), end, end, "0"] for p, end in enumerate(ends)], offsets(), "offsets and lag of what was read")
    equal(True, [group] in rows(tools(GROUPS, "--list")), "whether it is listed")
    tools(GROUPS, "--reset-offsets", "--to-earliest", "--topic", name, "--group", group, "--execute")
    equal([[str(p), "0", end, end] for p, end in enumerate(ends)], offsets(), "after the reset")
    told = tools(GROUPS, "--reset-offsets", "--shift-by", 1, "--topic", f"{name}:1", "--group", group, "--dry-run")
    equal([group, name, "1", "1"], rows(told)[-1], "what would become of it")
    has(tools(GROUPS, "--delete-offsets", "--topic", f"{name}:0", "--group", group), "Successful")
    equal([["1", "0", ends[1], ends[1]]], [line for line in offsets() if line[1] != "-"], "what is left")
    has(tools(GROUPS, "--delete", "--group", group), "was successful")
    equal(False, [group] in rows(tools(GROUPS, "--list")), "whether it is listed when it is deleted")


def log_directories(stage, tools):
    name = topic(stage, tools, "dirs", partitions=2)
    send(tools, name, 100)
    told = tools("LogDirsCommand", "--describe", "--topic-list", name)
    (broker,) = json.loads(told.splitlines()[-1])["brokers"]
    (directory,) = broker["logDirs"]
    equal(stage.data, directory["logDir"], "directory")
    sizes = {p["partition"]: p["size"] for p in directory["partitions"]}
    equal({f"{name}-0", f"{name}-1"}, set(sizes), "partitions")
    if sum(sizes.values()) < 100 * len("value 1"):
        raise Fault(f"{sizes} bytes hold a hundred records")


def leaders(stage, tools):
    name = topic(stage, tools, "leaders")
    words = ["--election-type", "PREFERRED", "--topic", name, "--partition", 0]
    has(tools("LeaderElectionCommand", *words), f"Valid replica already elected for partitions {name}-0")
    move = '{"version":1,"partitions":[{"topic":"%s","partition":0,"replicas":[%d]}]}'
    reassign = "reassign.ReassignPartitionsCommand"
    has(tools(reassign, "--list"), "No partition reassignments found.")
    stay = ["--reassignment-json-file", stage.file("stay.json", move % (name, 1))]
    has(tools(reassign, "--execute", *stay), f"Successfully started partition reassignment for {name}-0")
    has(tools(reassign, "--verify", *stay), f"Reassignment of partition {name}-0 is completed.")
    placed = {"topic": name, "partition": 0, "replicas": [1]}
    for directory, fault in ((stage.data, False), ("/nowhere", True)):
        move_to = {"version": 1, "partitions": [placed | {"log_dirs": [directory]}]}
        named = ["--reassignment-json-file", stage.file("directory.json", json.dumps(move_to)), "--timeout", 100]
        told = tools(reassign, "--execute", *named, fails=fault)
        has(told, "LogDirNotFoundException" if fault else f"Successfully started moving log directory to {directory}")
    elsewhere = stage.file("elsewhere.json", move % (name, 2))
    has(tools(reassign, "--execute", "--reassignment-json-file", elsewhere, fails=True), "Unknown broker id 2")


def producers(stage, tools):
    name = topic(stage, tools, "producers")
    send(tools, name, 10)
    transactions = ["describe-producers", "--topic", name, "--partition", 0]
    told = rows(tools.first("TransactionsCommand", *transactions))
    equal(["ProducerId", "ProducerEpoch", "LatestCoordinatorEpoch", "LastSequence"], told[0][:4], "columns")
    equal([["0", "-1", "9"]], [line[1:4] for line in told[1:]], "producers")


def cluster(stage, tools):
    has(tools("BrokerApiVersionsCommand"), f"{tools.address} (id: 1 rack: null isFenced: false)", "Produce(0): ", "Fetch(1): ")
    equal("Cluster ID:", tools("ClusterTool", "cluster-id").strip()[:11], "its id")


def quorum(stage, tools):
    status = tools.first("MetadataQuorumCommand", "describe", "--status")
    facts = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    equal("1", facts["LeaderId"].strip(), "leader")
    equal("0", facts["MaxFollowerLag"].strip(), "lag")
    replicas = rows(tools.first("MetadataQuorumCommand", "describe", "--replication"))
    equal("Leader", replicas[1][-1], "the one replica")
    has(tools.first("FeatureCommand", "describe"), "Feature: group.version", "FinalizedVersionLevel: 1")
