"""OffsetCommit and OffsetFetch, FindCoordinator, DeleteGroups, OffsetDelete."""

from language import ALL, Script, ref, text

script = Script("commits")
script.topic("kept", 3)


def commit(title, group, *parts, topic="kept", generation=-1, member="", versions="newest", **more):
    """parts: (partition, offset, metadata)"""
    given = [
        {"partition_index": p, "committed_offset": o, "committed_leader_epoch": -1, "committed_metadata": m} | more
        for p, o, m in parts
    ]
    script.call(
        "OffsetCommit",
        title,
        {
            "group_id": group,
            "generation_id_or_member_epoch": generation,
            "member_id": member,
            "group_instance_id": None,
            "retention_time_ms": -1,
            "topics": [{"name": topic, "topic_id": ref(f"id of {topic}"), "partitions": given}],
        },
        versions=versions,
    )


def fetch(title, group, *partitions, topic="kept", everything=False, versions="newest", **more):
    named = {"name": topic, "partition_indexes": list(partitions)}
    known = named | {"topic_id": ref(f"id of {topic}")}
    script.call(
        "OffsetFetch",
        title,
        {
            "group_id": group,
            "topics": None if everything else [named],
            "require_stable": False,
            "groups": [{"group_id": group, "member_epoch": -1, "topics": None if everything else [known]}],
        }
        | more,
        versions=versions,
    )


commit("a note", "simple", (0, 5, "a note"), versions=ALL)
fetch("the note", "simple", 0, versions=ALL)
commit("an empty and no note", "simple", (0, 6, ""), (1, 7, None), versions=ALL)
fetch("all", "simple", 0, 1, 2, versions=ALL)
fetch("everything", "simple", everything=True, versions=list(range(2, 11)))
fetch("stable", "simple", 0, versions=list(range(7, 11)), require_stable=True)
fetch("of nobody", "nobody", 0, versions=ALL)
fetch("everything of nobody", "nobody", everything=True, versions=list(range(2, 11)))
fetch("of an unknown topic", "simple", 0, topic="nowhere", versions=ALL)
fetch("of a partition too many", "simple", 9, versions=ALL)
fetch("of partition -1", "simple", -1)
fetch("of one partition twice", "simple", 0, 0, versions=[1, 8])
fetch("of an empty group id", "", 0, versions=ALL)
fetch("no partitions", "simple", versions=ALL)
script.call(
    "OffsetFetch",
    "of no topics",
    {"group_id": "simple", "topics": [], "groups": [{"group_id": "simple", "member_epoch": -1, "topics": []}]},
    versions=ALL,
)
script.call(
    "OffsetFetch",
    "of many groups",
    {
        "groups": [
            {
                "group_id": g,
                "member_epoch": -1,
                "topics": [{"name": "kept", "topic_id": ref("id of kept"), "partition_indexes": [0]}],
            }
            for g in ["simple", "nobody", "simple", ""]
        ]
    },
    versions=[8, 9, 10],
)
script.call("OffsetFetch", "of no groups", {"groups": []}, versions=[8, 9, 10])
commit("a negative offset", "simple", (2, -1, ""), versions=ALL)
commit("an offset of -2", "simple", (2, -2, ""))
commit("a large offset", "simple", (2, (1 << 63) - 1, ""))
commit("with an epoch", "simple", (2, 9, "x"), versions=[6, 8], committed_leader_epoch=4)
fetch("with an epoch", "simple", 2, versions=ALL)
commit("a note of 4096 bytes", "simple", (0, 8, text("n", 4096)), versions=ALL)
commit("a note of 4097 bytes", "simple", (0, 9, text("n", 4097)), versions=ALL)
commit("a note of 2049 wide letters", "simple", (0, 9, text("ü", 2049)))
commit("a long and a short note", "simple", (0, 9, text("n", 4097)), (1, 9, "short"))
commit("to an unknown topic", "simple", (0, 1, ""), topic="nowhere", versions=ALL)
commit("to a partition too many", "simple", (9, 1, ""), versions=ALL)
commit("to partition -1", "simple", (-1, 1, ""))
commit("to an illegal name", "simple", (0, 1, ""), topic="no blanks")
commit("to good and bad partitions", "simple", (0, 1, ""), (9, 1, ""))
commit("of an empty group id", "", (0, 1, ""), versions=ALL)
commit("of a generation that is none", "new", (0, 1, ""), generation=3, versions=ALL)
commit("of a member that is none", "new", (0, 1, ""), generation=3, member="stranger", versions=ALL)
commit("of a member without a generation", "new", (0, 1, ""), member="stranger", versions=ALL)
commit("of a generation below -1", "new", (0, 1, ""), generation=-2)
script.call(
    "OffsetCommit",
    "of nothing",
    {"group_id": "simple", "generation_id_or_member_epoch": -1, "member_id": "", "retention_time_ms": -1, "topics": []},
    versions=ALL,
)
commit("to a group with members", "pair", (0, 1, ""), versions=ALL)
commit("by its member", "pair", (0, 12, "by a member"), generation=2, member=ref("first"), versions=ALL)
commit("by its member of an old generation", "pair", (0, 1, ""), generation=1, member=ref("first"), versions=ALL)
commit("by its member of generation -1", "pair", (0, 1, ""), member=ref("first"))
commit("by a stranger", "pair", (0, 1, ""), generation=2, member="stranger", versions=ALL)
fetch("of a group with members", "pair", 0)
commit("to a topic that goes", "leaver", (0, 1, ""))


def find(title, *keys, type_=0, versions=ALL):
    script.call(
        "FindCoordinator",
        title,
        {"key": keys[0] if keys else "", "key_type": type_, "coordinator_keys": list(keys)},
        versions=versions,
    )


find("of a group", "simple")
find("of an empty group id", "")
find("of two groups", "simple", "pair", versions=[4])
find("of one group twice", "simple", "simple", versions=[4])
find("of nothing", versions=[4])
find("of a kind that is none", "simple", type_=9, versions=[1, 2, 3, 4])
find("of kind -1", "simple", type_=-1, versions=[1, 4])


def delete(title, *groups):
    script.call("DeleteGroups", title, {"groups_names": list(groups)}, versions=ALL)


def forget(title, group, *parts, topic="kept"):
    script.call(
        "OffsetDelete",
        title,
        {"group_id": group, "topics": [{"name": topic, "partitions": [{"partition_index": p} for p in parts]}]},
    )


forget("of one partition", "simple", 0)
forget("of one partition again", "simple", 0)
forget("of a partition never committed", "simple", 8)
forget("of an unknown topic", "simple", 0, topic="nowhere")
forget("of nobody", "nobody", 0)
forget("of an empty group id", "", 0)
forget("of a group with members, a topic they read", "pair", 0, topic="joined")
forget("of a group with members, another topic", "pair", 0)
fetch("everything after that", "simple", everything=True)
delete("of nobody", "nobody")
delete("of an empty group id", "")
delete("of a group with members", "pair")
delete("of a simple group and one twice", "simple", "new", "simple")
delete("of nothing")
fetch("of a deleted group", "simple", 0)
script.call("DescribeGroups", "of a deleted group", {"groups": ["simple"]}, versions=ALL)
