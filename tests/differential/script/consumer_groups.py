"""Groups of the consumer protocol (KIP-848)."""

from language import ALL, Script, ref

script = Script("consumer groups", needs="ConsumerGroupHeartbeat")
script.topic("consumed", 2)


def beat(title, group, member, epoch, versions="newest", until=None, **more):
    fields = {
        "group_id": group,
        "member_id": member,
        "member_epoch": epoch,
        "instance_id": None,
        "rack_id": None,
        "rebalance_timeout_ms": -1,
        "subscribed_topic_names": None,
        "subscribed_topic_regex": None,
        "server_assignor": None,
        "topic_partitions": None,
    } | more
    script.call("ConsumerGroupHeartbeat", title, fields, versions=versions, until=until or {})


JOIN = {"rebalance_timeout_ms": 30_000, "subscribed_topic_names": ["consumed"], "topic_partitions": []}
OWNED = [{"topic_id": ref("id of consumed"), "partitions": [0, 1]}]
beat("an empty group id", "", "m", 0, versions=ALL, **JOIN)
beat("an empty member id", "c", "", 0, versions=[1], **JOIN)
beat("of a stranger", "c", "m", 5, versions=ALL)
beat("joins without a subscription", "c", "m", 0, versions=ALL, rebalance_timeout_ms=30_000, topic_partitions=[])
beat("joins without a timeout", "c", "m", 0, versions=ALL, subscribed_topic_names=["consumed"], topic_partitions=[])
beat(
    "joins without saying what it owns",
    "c",
    "m",
    0,
    versions=ALL,
    rebalance_timeout_ms=30_000,
    subscribed_topic_names=["consumed"],
)
beat("joins with partitions already", "c", "m", 0, **(JOIN | {"topic_partitions": OWNED}))
beat("an unknown assignor", "c", "m", 0, versions=ALL, **JOIN, server_assignor="dice")
beat("an empty instance id", "c", "m", 0, versions=ALL, **JOIN, instance_id="")
beat("an empty rack", "c", "m", 0, versions=ALL, **JOIN, rack_id="")
beat("an empty assignor", "c", "m", 0, versions=ALL, **JOIN, server_assignor="")
beat(
    "a wrong expression",
    "c",
    "m",
    0,
    versions=[1],
    rebalance_timeout_ms=30_000,
    topic_partitions=[],
    subscribed_topic_regex="[",
)
beat("epoch -3", "c", "m", -3, versions=ALL, **JOIN)
beat("leaves a group that is none", "c", "m", -1, versions=ALL)
beat("joins", "c", "member-1", 0, versions=[1], **JOIN)
beat(
    "has its partitions",
    "c",
    "member-1",
    0,
    versions=[1],
    **JOIN,
    until={"assignment.topic_partitions.0.partitions": [0, 1]},
)
script.call(
    "ConsumerGroupDescribe", "of a member", {"group_ids": ["c"], "include_authorized_operations": True}, versions=ALL
)
script.call("ConsumerGroupDescribe", "of nobody", {"group_ids": ["nobody"]}, versions=ALL)
script.call("ConsumerGroupDescribe", "of an empty group id", {"group_ids": [""]}, versions=ALL)
script.call("ConsumerGroupDescribe", "of a classic group", {"group_ids": ["pair"]}, versions=ALL)
script.call("ConsumerGroupDescribe", "of nothing", {"group_ids": []}, versions=ALL)
script.call("DescribeGroups", "the classic way", {"groups": ["c"]}, versions=ALL)
script.call("ListGroups", "of type consumer", {"states_filter": [], "types_filter": ["Consumer"]}, versions=[5])
beat("an epoch to come", "c", "member-1", 1000, versions=ALL)
beat("a stranger in a group that lives", "c", "stranger", 3, versions=ALL)
# A classic group whose members speak the consumer protocol, and one who comes with the new one.
META = b"\0\1\0\0\0\1\0\x08consumed\xff\xff\xff\xff\0\0\0\0"
MINE = b"\0\0\0\0\0\1\0\x08consumed\0\0\0\2\0\0\0\0\0\0\0\1\xff\xff\xff\xff"
classic = {
    "group_id": "old",
    "session_timeout_ms": 45_000,
    "rebalance_timeout_ms": 30_000,
    "group_instance_id": None,
    "protocol_type": "consumer",
    "protocols": [{"name": "range", "metadata": META}],
}
script.call(
    "JoinGroup", "a classic member gets an id", classic | {"member_id": ""}, versions=[5], bind={"old": "member_id"}
)
script.call("JoinGroup", "a classic member joins", classic | {"member_id": ref("old")}, versions=[5])
script.call(
    "SyncGroup",
    "a classic member leads",
    {
        "group_id": "old",
        "generation_id": 1,
        "member_id": ref("old"),
        "assignments": [{"member_id": ref("old"), "assignment": MINE}],
    },
    versions=[3],
)
beat("joins a classic group with members", "old", "m", 0, versions=[1], **JOIN)
script.call(
    "Heartbeat",
    "the classic member hears of it",
    {"group_id": "old", "generation_id": 1, "member_id": ref("old")},
    until={"error_code": 27},
)
script.call(
    "JoinGroup", "a classic member joins a consumer group", classic | {"group_id": "c", "member_id": ""}, versions=[5]
)
beat("leaves", "c", "member-1", -1, versions=ALL)
beat("leaves again", "c", "member-1", -1, versions=ALL)
script.call("ConsumerGroupDescribe", "of an empty group", {"group_ids": ["c"]}, versions=ALL)
beat("a static member", "s", "static-1", 0, versions=[1], **JOIN, instance_id="i-1")
beat("another with its instance id", "s", "static-2", 0, versions=[1], **JOIN, instance_id="i-1")
beat("a static member goes for now", "s", "static-1", -2, versions=[1], instance_id="i-1")
beat("and another takes its place", "s", "static-2", 0, versions=[1], **JOIN, instance_id="i-1")
script.call("DeleteGroups", "of an empty and a living group", {"groups_names": ["c", "s"]}, versions=ALL)
