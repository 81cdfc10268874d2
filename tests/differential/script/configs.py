"""DescribeConfigs, IncrementalAlterConfigs, AlterConfigs."""

from language import ALL, Script

script = Script("configs")
TOPIC, BROKER, GROUP = 2, 4, 32
script.topic("plain")
script.topic("tuned", configs={"retention.ms": "1000000", "max.message.bytes": "5000", "cleanup.policy": "delete"})
SHARED = [
    "cleanup.policy",
    "compression.type",
    "index.interval.bytes",
    "max.message.bytes",
    "message.timestamp.after.max.ms",
    "message.timestamp.before.max.ms",
    "message.timestamp.type",
    "min.insync.replicas",
    "preallocate",
    "retention.bytes",
    "retention.ms",
    "segment.bytes",
    "segment.index.bytes",
    "segment.ms",
]


def describe(title, *resources, keys=None, versions="newest", synonyms=True, documentation=False, until=None):
    script.call(
        "DescribeConfigs",
        title,
        {
            "resources": [{"resource_type": t, "resource_name": n, "configuration_keys": keys} for t, n in resources],
            "include_synonyms": synonyms,
            "include_documentation": documentation,
        },
        versions=versions,
        until=until or {},
    )


describe("of a topic", (TOPIC, "plain"), keys=SHARED, versions=ALL)
describe("of a tuned topic", (TOPIC, "tuned"), keys=SHARED, versions=ALL)
describe("without synonyms", (TOPIC, "tuned"), keys=SHARED, synonyms=False, versions=ALL)
describe("with documentation", (TOPIC, "tuned"), keys=SHARED, documentation=True, versions=[3, 4])
describe("of all keys", (TOPIC, "plain"), versions=[4])
describe("of no keys", (TOPIC, "plain"), keys=[], versions=ALL)
describe("of one key", (TOPIC, "plain"), keys=["retention.ms"])
describe("of a key that is none", (TOPIC, "plain"), keys=["no.such.key"])
describe("of one key twice", (TOPIC, "plain"), keys=["retention.ms", "retention.ms"])
describe("of an unknown topic", (TOPIC, "nowhere"), versions=ALL)
describe("of an illegal name", (TOPIC, "no blanks"), versions=ALL)
describe("of an empty name", (TOPIC, ""))
describe("of one topic twice", (TOPIC, "plain"), (TOPIC, "plain"), keys=["retention.ms"])
describe("of nothing", versions=ALL)
describe("of a kind that is none", (99, "x"), versions=ALL)
describe("of kind 0", (0, "x"))
describe("of a broker's loggers", (8, "1"), keys=["root"])
describe("of a group", (GROUP, "simple"), versions=[4])
describe("of a group without a name", (GROUP, ""))
TIMEOUT, INTERVAL = "consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"
describe("of a group's times", (GROUP, "simple"), keys=[TIMEOUT, INTERVAL], versions=ALL)
describe("of client metrics", (16, "m"), versions=[4])
describe("of another broker", (BROKER, "7"), keys=["message.max.bytes"])
describe("of a broker that is no number", (BROKER, "one"), keys=["message.max.bytes"])
describe(
    "of the broker",
    (BROKER, "1"),
    keys=[
        "message.max.bytes",
        "log.retention.ms",
        "log.segment.bytes",
        "num.partitions",
        "auto.create.topics.enable",
        "log.cleanup.policy",
        "compression.type",
    ],
    versions=ALL,
)
describe(
    "of the broker itself",
    (BROKER, "1"),
    keys=[
        "advertised.listeners",
        "auto.create.topics.enable",
        "broker.id",
        "connections.max.idle.ms",
        "group.consumer.heartbeat.interval.ms",
        "group.consumer.session.timeout.ms",
        "group.initial.rebalance.delay.ms",
        "group.max.session.timeout.ms",
        "group.max.size",
        "group.min.session.timeout.ms",
        "listeners",
        "log.cleaner.backoff.ms",
        "log.cleaner.dedupe.buffer.size",
        "log.dirs",
        "log.flush.offset.checkpoint.interval.ms",
        "log.flush.scheduler.interval.ms",
        "log.retention.check.interval.ms",
        "max.connections",
        "max.connections.per.ip",
        "max.incremental.fetch.session.cache.slots",
        "node.id",
        "num.network.threads",
        "num.partitions",
        "offset.metadata.max.bytes",
        "offsets.retention.check.interval.ms",
        "offsets.retention.minutes",
        "offsets.topic.num.partitions",
        "producer.id.expiration.ms",
        "socket.request.max.bytes",
    ],
    versions=[1, 4],
)
describe("of all brokers", (BROKER, ""), keys=["message.max.bytes"])
describe("of an internal topic", (TOPIC, "__consumer_offsets"), keys=["compression.type", "segment.bytes"])

SET, DELETE, APPEND, SUBTRACT = range(4)


def alter(title, *changes, name="tuned", kind=TOPIC, versions=ALL, validate=False):
    script.call(
        "IncrementalAlterConfigs",
        title,
        {
            "resources": [
                {
                    "resource_type": kind,
                    "resource_name": name,
                    "configs": [{"name": n, "config_operation": o, "value": v} for n, o, v in changes],
                }
            ],
            "validate_only": validate,
        },
        versions=versions,
    )


def after(keys):
    describe("after that", (TOPIC, "tuned"), keys=keys)


alter("sets", ("retention.ms", SET, "2000000"))
after(["retention.ms", "max.message.bytes"])
alter("sets only to validate", ("retention.ms", SET, "3000000"), validate=True)
after(["retention.ms"])
alter("deletes", ("max.message.bytes", DELETE, None))
after(["retention.ms", "max.message.bytes"])
alter("deletes what is not set", ("segment.ms", DELETE, None))
alter("deletes what is no key", ("no.such.key", DELETE, None))
alter("sets what is no key", ("no.such.key", SET, "1"))
alter("sets a wrong value", ("retention.ms", SET, "long"))
alter("sets null", ("retention.ms", SET, None))
alter("sets an empty name", ("", SET, "1"))
alter("appends to a list", ("cleanup.policy", APPEND, "compact"))
after(["cleanup.policy"])
alter("appends what is there", ("cleanup.policy", APPEND, "compact"))
alter("subtracts from a list", ("cleanup.policy", SUBTRACT, "compact"))
after(["cleanup.policy"])
alter("subtracts what is not there", ("cleanup.policy", SUBTRACT, "compact"))
alter("subtracts the last", ("cleanup.policy", SUBTRACT, "delete"))
after(["cleanup.policy"])
alter("appends to a number", ("retention.ms", APPEND, "1"))
alter("subtracts from a number", ("retention.ms", SUBTRACT, "1"))
alter("operation 4", ("retention.ms", 4, "1"))
alter("operation -1", ("retention.ms", -1, "1"))
alter("one key twice", ("retention.ms", SET, "1"), ("retention.ms", SET, "2"))
alter("nothing")
alter("a right and a wrong one", ("retention.bytes", SET, "5"), ("segment.ms", SET, "-7"))
after(["retention.bytes", "segment.ms"])
alter("an unknown topic", ("retention.ms", SET, "1"), name="nowhere")
alter("an illegal name", ("retention.ms", SET, "1"), name="no blanks")
alter("an empty name", ("retention.ms", SET, "1"), name="")
alter("a kind that is none", ("retention.ms", SET, "1"), kind=99)
alter("kind 0", ("retention.ms", SET, "1"), kind=0)
alter("another broker", ("message.max.bytes", SET, "1000000"), kind=BROKER, name="7")
alter("a broker that is no number", ("message.max.bytes", SET, "1000000"), kind=BROKER, name="one")
alter("what no broker can change", ("log.dirs", SET, "/tmp"), kind=BROKER, name="1")
alter("what no broker can change, for all brokers", ("num.partitions", SET, "3"), kind=BROKER, name="")
alter("takes back what no broker can change", ("log.dirs", DELETE, None), kind=BROKER, name="1")
THROTTLES = [
    "leader.replication.throttled.rate",
    "follower.replication.throttled.rate",
    "replica.alter.log.dirs.io.max.bytes.per.second",
]
alter("takes back what a broker has not set", *((name, DELETE, None) for name in THROTTLES), kind=BROKER, name="1")
alter("takes back what all brokers have not set", *((name, DELETE, None) for name in THROTTLES), kind=BROKER, name="")
alter("takes back what is no key from a broker", ("no.such.key", DELETE, None), kind=BROKER, name="1")
alter("nothing of a broker", kind=BROKER, name="1")
alter(
    "takes back what a topic has not set",
    ("leader.replication.throttled.replicas", DELETE, None),
    ("follower.replication.throttled.replicas", DELETE, None),
)


def followed(key, topic_key, value):
    """What the broker is then said to have, what all brokers, and what a topic has that says nothing itself."""
    until = {"results.0.configs.0.value": value}
    describe("the broker after that", (BROKER, "1"), keys=[key], until=until)
    describe("all brokers after that", (BROKER, ""), keys=[key])
    describe("a topic after that", (TOPIC, "plain"), keys=[topic_key], until=until)


SIZE = ("message.max.bytes", "max.message.bytes")
alter("the broker", ("message.max.bytes", SET, "2000000"), kind=BROKER, name="1")
followed(*SIZE, "2000000")
alter("all brokers", ("message.max.bytes", SET, "3000000"), kind=BROKER, name="")
followed(*SIZE, "2000000")
alter("the broker no more", ("message.max.bytes", DELETE, None), kind=BROKER, name="1")
followed(*SIZE, "3000000")
alter("the broker, only to validate", ("message.max.bytes", SET, "4000000"), kind=BROKER, name="1", validate=True)
followed(*SIZE, "3000000")
alter("all brokers no more", ("message.max.bytes", DELETE, None), kind=BROKER, name="")
followed(*SIZE, "1048588")
alter("the broker to what is no number", ("message.max.bytes", SET, "many"), kind=BROKER, name="1")
alter("the broker by a key that is none", ("no.such.key", SET, "1"), kind=BROKER, name="1")
alter("appends to a number of the broker", ("message.max.bytes", APPEND, "1"), kind=BROKER, name="1")
alter("one key of the broker twice", ("message.max.bytes", SET, "1"), ("message.max.bytes", SET, "2"), kind=BROKER, name="1")
script.call("IncrementalAlterConfigs", "of nothing", {"resources": [], "validate_only": False}, versions=ALL)
script.call(
    "IncrementalAlterConfigs",
    "one topic twice",
    {
        "resources": [
            {
                "resource_type": TOPIC,
                "resource_name": "tuned",
                "configs": [{"name": "retention.ms", "config_operation": SET, "value": v}],
            }
            for v in ["5000000", "6000000"]
        ],
        "validate_only": False,
    },
    versions=ALL,
)
after(["retention.ms"])


def replace(title, *configs, name="tuned", kind=TOPIC, validate=False):
    script.call(
        "AlterConfigs",
        title,
        {
            "resources": [
                {"resource_type": kind, "resource_name": name, "configs": [{"name": n, "value": v} for n, v in configs]}
            ],
            "validate_only": validate,
        },
        versions=ALL,
    )


replace("replaces all", ("segment.ms", "700000"))
after(["retention.ms", "segment.ms"])
replace("with nothing, only to validate", validate=True)
replace("with what is no key", ("no.such.key", "1"))
replace("with a wrong value", ("retention.ms", "long"))
replace("with null", ("retention.ms", None))
replace("of an unknown topic", ("retention.ms", "1"), name="nowhere")
replace("of a kind that is none", ("retention.ms", "1"), kind=99)
replace("with nothing")
replace("of a broker with nothing", kind=BROKER, name="1")
after(["retention.ms", "segment.ms", "cleanup.policy"])
replace("of the broker", ("log.retention.bytes", "1000000"), kind=BROKER, name="1")
followed("log.retention.bytes", "retention.bytes", "1000000")
replace("of the broker, with nothing", kind=BROKER, name="1")
followed("log.retention.bytes", "retention.bytes", "-1")


def group_after(key, value, group="simple"):
    describe("a group after that", (GROUP, group), keys=[key], until={"results.0.configs.0.value": value})


def alter_group(title, *changes, name="simple", **other):
    alter(title, *changes, kind=GROUP, name=name, **other)


alter_group("a group", (TIMEOUT, SET, "50000"), (INTERVAL, SET, "7000"))
group_after(TIMEOUT, "50000")
script.call("ListConfigResources", "of groups", {"resource_types": [GROUP]}, versions=[1])
alter_group("a group, only to validate", (TIMEOUT, SET, "55000"), validate=True)
group_after(TIMEOUT, "50000")
alter_group("a group, one of two", (INTERVAL, DELETE, None))
group_after(INTERVAL, "5000")
alter_group("a group below the bounds", (TIMEOUT, SET, "44999"))
alter_group("a group above the bounds", (INTERVAL, SET, "15001"))
alter_group("a group to what is no number", (TIMEOUT, SET, "long"))
alter_group("a group to nothing", (TIMEOUT, SET, None))
alter_group("a group by a key that is none", ("no.such.key", SET, "1"))
alter_group("deletes what is no key of a group", ("no.such.key", DELETE, None))
alter_group("appends to a number of a group", (TIMEOUT, APPEND, "1"))
alter_group("one key of a group twice", (TIMEOUT, SET, "50000"), (TIMEOUT, SET, "51000"))
alter_group("a group without a name", (TIMEOUT, SET, "50000"), name="")
alter_group("nothing of a group")
replace("of a group", (INTERVAL, "8000"), kind=GROUP, name="simple")
group_after(TIMEOUT, "45000")
group_after(INTERVAL, "8000")
replace("of a group, with nothing", kind=GROUP, name="simple")
group_after(INTERVAL, "5000")
alter_group("a group with members", (INTERVAL, SET, "7000"), name="timed")
MEMBER = {"group_id": "timed", "member_id": "m", "instance_id": None, "rack_id": None, "server_assignor": None}
JOINS = MEMBER | {"member_epoch": 0, "rebalance_timeout_ms": 30_000, "topic_partitions": []}
JOINS |= {"subscribed_topic_names": ["plain"], "subscribed_topic_regex": None}
NOTHING = {"rebalance_timeout_ms": -1, "topic_partitions": None, "subscribed_topic_names": None}
LEAVES = MEMBER | NOTHING | {"member_epoch": -1, "subscribed_topic_regex": None}
script.call("ConsumerGroupHeartbeat", "of a member of that group", JOINS, until={"heartbeat_interval_ms": 7000})
script.call("ConsumerGroupHeartbeat", "of one that leaves it", LEAVES)
script.call("AlterConfigs", "of nothing", {"resources": [], "validate_only": False}, versions=ALL)
script.call("ListConfigResources", "of topics", {"resource_types": [TOPIC]}, versions=[1])
script.call("ListConfigResources", "of a kind that is none", {"resource_types": [99]}, versions=[1])
script.call("ListConfigResources", "of the broker", {"resource_types": [BROKER, 8]}, versions=ALL)
script.call("ListConfigResources", "of groups and metrics", {"resource_types": [16, 32]}, versions=[1])
script.call("ListConfigResources", "of all", {"resource_types": []}, versions=ALL)
script.call("ListConfigResources", "of one twice", {"resource_types": [BROKER, BROKER]}, versions=[1])
script.call("ListConfigResources", "of one that is known and one that is none", {"resource_types": [BROKER, 0]}, versions=[1])
