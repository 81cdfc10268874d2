"""CreateTopics, DeleteTopics and Metadata: good ones, and every way of being refused."""

from language import ALL, Script, ref, text

script = Script("topics")


def create(title, *topics, versions="newest", **more):
    whole = {"num_partitions": 1, "replication_factor": 1}
    fields = {"topics": [whole | t for t in topics], "timeout_ms": 10_000} | more
    script.call("CreateTopics", title, fields, versions=versions)


def names(*names_):
    return [{"name": n} for n in names_]


def look(title, topics, versions="newest", **more):
    script.call("Metadata", title, {"topics": topics, "allow_auto_topic_creation": False} | more, versions=versions)


look("of nobody, before there is a topic", [], ALL)
script.topic("ground", 3)
look("of one topic", names("ground"), ALL)
look("of none", [], ALL)
look("of all", None, list(range(1, 13)))
look("of an unknown topic", names("nowhere"), list(range(4, 13)))
look("of an illegal name", names("no blanks"), ALL)
look("of an empty name", names(""), ALL)
look("of a dot", names("."))
look("of a name of 249 letters", names(text("n", 249)))
look("of a name of 250 letters", names(text("n", 250)))
look("of one topic twice", names("ground", "ground"))
look(
    "with authorized operations",
    names("ground"),
    list(range(8, 13)),
    include_cluster_authorized_operations=True,
    include_topic_authorized_operations=True,
)
look("by id", [{"name": None, "topic_id": ref("id of ground")}], [12])
look("by an unknown id", [{"name": None, "topic_id": b"\7" * 16}], [12])
look("by id and name", [{"name": "ground", "topic_id": ref("id of ground")}], [12])
look("by id before its time", [{"name": None, "topic_id": ref("id of ground")}], [10, 11])
look("by a zero id and no name", [{"name": None}], [12])
script.call(
    "Metadata",
    "creates what is missing",
    {"topics": names("auto-{v}"), "allow_auto_topic_creation": True},
    versions=ALL,
    until={"topics.0.error_code": 0},
)
script.call(
    "Metadata",
    "creates nothing of an illegal name",
    {"topics": names("auto/{v}"), "allow_auto_topic_creation": True},
    versions=ALL,
)

create("one", {"name": "one-{v}"}, versions=ALL)
create("one more time", {"name": "one-{v}"}, versions=ALL)
create("only to validate", {"name": "valid-{v}"}, versions=ALL, validate_only=True)
create("only to validate what exists", {"name": "ground"}, validate_only=True)
look("of what was only validated", names("valid-7"))
create(
    "of the broker's numbers", {"name": "standard-{v}", "num_partitions": -1, "replication_factor": -1}, versions=ALL
)
create("no partitions", {"name": "bad", "num_partitions": 0}, versions=ALL)
create("-2 partitions", {"name": "bad", "num_partitions": -2})
create("no replicas", {"name": "bad", "replication_factor": 0}, versions=ALL)
create("-2 replicas", {"name": "bad", "replication_factor": -2})
create("two replicas on one node", {"name": "bad", "replication_factor": 2}, versions=ALL)
for bad in ["", ".", "..", "no blanks", "slash/ed", "üml", text("n", 250)]:
    create(f"named {bad[:12]!r}", {"name": bad}, versions=[2, 7])
create("named with 249 letters", {"name": text("n", 249)})
create("dots and underscores", {"name": "a.b"})
create("that collide", {"name": "a_b"})
create("of one name twice", {"name": "twice"}, {"name": "twice"}, versions=ALL)
look("of what was asked twice", names("twice"))
create("a good one beside a bad one", {"name": "good-neighbour"}, {"name": "bad neighbour"}, versions=[7])
create("of nothing", versions=ALL)
# Only to validate: whether Kafka creates it in time is a race, and later steps list what there is.
create("without time", {"name": "hasty"}, timeout_ms=0, validate_only=True)


def assigned(title, name, *lists, versions="newest", counts=(-1, -1)):
    assignments = [{"partition_index": i, "broker_ids": ids} for i, ids in lists]
    topic = {"name": name, "num_partitions": counts[0], "replication_factor": counts[1], "assignments": assignments}
    create(title, topic, versions=versions)


assigned("assigned", "assigned-{v}", (0, [1]), (1, [1]), versions=ALL)
assigned("assigned, and counted as well", "bad", (0, [1]), counts=(1, 1))
assigned("assigned, and partitions counted as well", "bad", (0, [1]), counts=(1, -1))
assigned("assigned to a stranger", "bad", (0, [7]), versions=ALL)
assigned("assigned twice to one", "bad", (0, [1, 1]))
assigned("assigned to none", "bad", (0, []))
assigned("assigned from 1", "bad", (1, [1]))
assigned("assigned with a hole", "bad", (0, [1]), (2, [1]))
assigned("assigned one partition twice", "bad", (0, [1]), (0, [1]))
assigned("assigned to a negative partition", "bad", (-1, [1]))


def configured(title, *configs, versions="newest"):
    topic = {
        "name": "configured-" + title.replace(" ", "-").replace("=", "-")[:60] + "-{v}",
        "configs": [{"name": k, "value": v} for k, v in configs],
    }
    create("configured " + title, topic, versions=versions)


configured("well", ("retention.ms", "1000000"), ("max.message.bytes", "2000"), versions=ALL)
configured("with the default", ("retention.ms", "604800000"))
configured("unknown", ("no.such.thing", "1"), versions=ALL)
configured("empty name", ("", "1"))
configured("null value", ("retention.ms", None))
configured("empty value", ("retention.ms", ""))
configured("words for a number", ("retention.ms", "long"))
configured("blanks around a number", ("retention.ms", " 1000 "), versions=[4])
configured("one key twice", ("retention.ms", "1000"), ("retention.ms", "2000"), versions=[4])
for key, values in {
    "retention.ms": ["-1", "-2", "0", "9223372036854775807", "9223372036854775808", "1.5", "+5"],
    "retention.bytes": ["-1", "-2", "0"],
    "segment.bytes": ["1048576", "65536", "13", "0", "2147483648"],
    "segment.ms": ["1", "0", "-1"],
    "max.message.bytes": ["0", "-1", "104857600"],
    "index.interval.bytes": ["0", "-1"],
    "segment.index.bytes": ["4", "3", "1024"],
    "min.insync.replicas": ["1", "0", "2"],
    "message.timestamp.type": ["CreateTime", "LogAppendTime", "createtime", "Never"],
    "message.timestamp.after.max.ms": ["0", "-1"],
    "message.timestamp.before.max.ms": ["0", "-1"],
    "compression.type": ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd", "none", "brotli", "GZIP"],
    "cleanup.policy": ["delete", "compact", "compact,delete", "delete,compact", "", "shred", "delete,delete"],
    "preallocate": ["true", "false", "TRUE", "yes"],
    "flush.messages": ["1"],
    "flush.ms": ["1000"],
    "file.delete.delay.ms": ["60000"],
    "delete.retention.ms": ["1000", "-1"],
    "min.cleanable.dirty.ratio": ["0.1", "1.5"],
    "min.compaction.lag.ms": ["0", "1000"],
    "max.compaction.lag.ms": ["1000", "0"],
    "segment.jitter.ms": ["0", "1000"],
    "unclean.leader.election.enable": ["true"],
    "leader.replication.throttled.replicas": ["*"],
    "follower.replication.throttled.replicas": ["0:1"],
    "compression.gzip.level": ["5", "77"],
    "remote.storage.enable": ["true"],
    "local.retention.ms": ["1000"],
    "message.format.version": ["3.0"],
    "message.downconversion.enable": ["false"],
}.items():
    for value in values:
        # The answer of version 4 says whether, and no more: how configurations are described is another chapter.
        configured(f"{key}={value}", (key, value), versions=[4])


def delete(title, *topics, versions="newest"):
    entries = [t if isinstance(t, dict) else {"name": t} for t in topics]
    fields = {"topics": entries, "topic_names": [t.get("name") for t in entries], "timeout_ms": 10_000}
    script.call("DeleteTopics", title, fields, versions=versions)


delete("an unknown topic", "nowhere", versions=ALL)
delete("an illegal name", "no blanks", versions=ALL)
delete("an empty name", "", versions=ALL)
delete("the same unknown topic twice", "nowhere", "nowhere", versions=ALL)
delete("nothing", versions=ALL)
for v in range(1, 7):
    create(f"to be deleted in version {v}", {"name": f"doomed-{v}"})
delete("one topic", "doomed-{v}", versions=ALL)
script.call(
    "Metadata",
    "of what is deleted",
    {"topics": names("doomed-6"), "allow_auto_topic_creation": False},
    until={"topics.0.error_code": 3},
)
script.topic("doomed", bind="id of doomed")
delete("by an unknown id", {"name": None, "topic_id": b"\7" * 16}, versions=[6])
delete("by id and name", {"name": "doomed", "topic_id": ref("id of doomed")}, versions=[6])
delete("by neither", {"name": None}, versions=[6])
script.topic("doomed-as-well")
delete("by id", {"name": None, "topic_id": ref("id of doomed-as-well")}, versions=[6])
delete("by id again", {"name": None, "topic_id": ref("id of doomed-as-well")}, versions=[6])
script.topic("doomed-as-well", bind="id of the successor")
look("by the id of a deleted topic", [{"name": None, "topic_id": ref("id of doomed-as-well")}], [12])
delete("a topic twice in one request", "doomed-as-well", "doomed-as-well")
delete("known and unknown ones", "one-2", "nowhere", "one-3")
