"""DescribeConfigs, IncrementalAlterConfigs, AlterConfigs."""

from language import ALL, Script

script = Script("configs")
TOPIC, BROKER = 2, 4
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


def describe(title, *resources, keys=None, versions="newest", synonyms=True, documentation=False):
    script.call(
        "DescribeConfigs",
        title,
        {
            "resources": [{"resource_type": t, "resource_name": n, "configuration_keys": keys} for t, n in resources],
            "include_synonyms": synonyms,
            "include_documentation": documentation,
        },
        versions=versions,
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
describe("of a group", (32, "simple"), versions=[4])
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
after(["retention.ms", "segment.ms", "cleanup.policy"])
script.call("AlterConfigs", "of nothing", {"resources": [], "validate_only": False}, versions=ALL)
script.call("ListConfigResources", "of topics", {"resource_types": [TOPIC]}, versions=[1])
script.call("ListConfigResources", "of a kind that is none", {"resource_types": [99]}, versions=[1])
script.call("ListConfigResources", "of the broker", {"resource_types": [BROKER, 8]}, versions=ALL)
script.call("ListConfigResources", "of groups and metrics", {"resource_types": [16, 32]}, versions=[1])
script.call("ListConfigResources", "of all", {"resource_types": []}, versions=ALL)
script.call("ListConfigResources", "of one twice", {"resource_types": [BROKER, BROKER]}, versions=[1])
script.call("ListConfigResources", "of one that is known and one that is none", {"resource_types": [BROKER, 0]}, versions=[1])
