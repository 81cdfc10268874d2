"""Classic groups: the life of members, and every way of being refused."""

from language import ALL, Script, ref, text

script = Script("groups")
META = b"\0\1\0\0\0\1\0\6joined\xff\xff\xff\xff\0\0\0\0"
script.topic("joined", 2)


def join(title, group, member="", versions="newest", on="main", mode="call", bind=None, instance=None, **more):
    fields = {
        "group_id": group,
        "session_timeout_ms": 30_000,
        "rebalance_timeout_ms": 30_000,
        "member_id": member,
        "group_instance_id": instance,
        "protocol_type": "consumer",
        "protocols": [{"name": "range", "metadata": META}],
        "reason": "for a test",
    } | more
    step = script.send if mode == "send" else script.call
    step("JoinGroup", title, fields, versions=versions, on=on, bind=bind or {})


def sync(
    title, group, member, generation=1, versions="newest", on="main", assignments=(), mode="call", instance=None, **more
):
    given = [{"member_id": m, "assignment": a} for m, a in assignments]
    fields = {
        "group_id": group,
        "generation_id": generation,
        "member_id": member,
        "group_instance_id": instance,
        "protocol_type": "consumer",
        "protocol_name": "range",
        "assignments": given,
    } | more
    (script.send if mode == "send" else script.call)("SyncGroup", title, fields, versions=versions, on=on)


def beat(title, group, member, generation=1, versions="newest", instance=None, **more):
    script.call(
        "Heartbeat",
        title,
        {"group_id": group, "generation_id": generation, "member_id": member, "group_instance_id": instance},
        versions=versions,
        **more,
    )


def leave(title, group, member, versions="newest", instance=None, others=()):
    members = [{"member_id": member, "group_instance_id": instance, "reason": "test"}, *others]
    script.call("LeaveGroup", title, {"group_id": group, "member_id": member, "members": members}, versions=versions)


def describe(title, *groups, versions=ALL):
    script.call(
        "DescribeGroups", title, {"groups": list(groups), "include_authorized_operations": True}, versions=versions
    )


def list_groups(title, states=(), types=(), versions=ALL):
    script.call("ListGroups", title, {"states_filter": list(states), "types_filter": list(types)}, versions=versions)


# Refused before anything is remembered.
join("an empty group id", "", versions=ALL)
join("a session too short", "refused", session_timeout_ms=5_999, versions=ALL)
join("a session too long", "refused", session_timeout_ms=1_800_001, versions=ALL)
join("a member that nobody knows", "g", "nobody", versions=ALL)
join("no protocols", "refused", protocols=[], versions=[0, 4, 9])
join("no protocol type", "refused", protocol_type="", versions=[0, 4, 9])
join("a negative session", "refused", session_timeout_ms=-1)
join("a group name of 300 letters", text("g", 300), "nobody")
beat("of nobody", "g", "nobody", versions=ALL)
beat("of an empty group id", "", "nobody", versions=ALL)
beat("of an empty member", "g", "", versions=[0, 4])
sync("of nobody", "g", "nobody", versions=ALL)
sync("of an empty group id", "", "nobody", versions=ALL)
leave("of nobody", "g", "nobody", versions=ALL)
leave("of an empty group id", "", "nobody", versions=ALL)
leave("of an unknown instance", "g", "", instance="ghost", versions=[3, 4, 5])
describe("of nobody", "g")
describe("of an empty group id", "")
describe("of nothing")
describe("of one group twice", "g", "g")

# One member, in every version.
for v in range(10):
    group, me = f"life-{v}", f"member-{v}"
    if v >= 4:
        join("is given an id first", group, versions=[v], bind={me: "member_id"})
        join("joins with that id", group, ref(me), versions=[v])
    else:
        join("joins at once", group, versions=[v], bind={me: "member_id"})
    w = min(v, 4)
    beat("before the assignment", group, ref(me), versions=[w])
    sync("leads", group, ref(me), versions=[min(v, 5)], assignments=[(ref(me), b"mine %d" % v)])
    sync("asks again", group, ref(me), versions=[min(v, 5)])
    beat("is alive", group, ref(me), versions=[w])
    join("joins again", group, ref(me), versions=[v])
    sync("leads again", group, ref(me), 2, versions=[min(v, 5)], assignments=[(ref(me), b"mine again")])

G, M = "life-9", ref("member-9")
beat("of an old generation", G, M, 1, versions=ALL)
beat("of a generation to come", G, M, 9)
beat("of generation -1", G, M, -1)
beat("of a stranger", G, "stranger", 2)
beat("with an instance id of nobody", G, M, 2, instance="ghost", versions=[3, 4])
sync("of an old generation", G, M, 1, versions=ALL)
sync("of a stranger", G, "stranger", 2)
sync("of another protocol type", G, M, 2, protocol_type="connect")
sync("of another protocol", G, M, 2, protocol_name="roundrobin")
sync("of null types", G, M, 2, protocol_type=None, protocol_name=None)
join("of a stranger in a group that lives", G, "stranger", versions=ALL)
join("of another protocol type", G, protocol_type="connect", versions=[0, 4, 9])
join("of no common protocol", G, protocols=[{"name": "sticky", "metadata": b""}], versions=[0, 4, 9])
describe("of a stable group", "life-9", "life-0")
list_groups("all")
list_groups("stable ones", ["Stable"], versions=[4, 5])
list_groups("stable ones in small letters", ["stable"], versions=[4, 5])
list_groups("of a state that is none", ["Happy"], versions=[4, 5])
list_groups("classic ones", [], ["classic"], versions=[5])
list_groups("consumer ones", [], ["consumer"], versions=[5])
list_groups("of a type that is none", [], ["modern"], versions=[5])
leave("of a stranger", G, "stranger", versions=ALL)
leave(
    "of me and a stranger",
    "life-8",
    ref("member-8"),
    versions=[4],
    others=[{"member_id": "stranger", "group_instance_id": None}],
)
for v in range(6):
    leave("of me", f"life-{v}", ref(f"member-{v}"), versions=[v])
    leave("of me again", f"life-{v}", ref(f"member-{v}"), versions=[v])
describe("of an empty group", "life-1", versions=[0, 5])
list_groups("empty ones", ["Empty"], versions=[4, 5])

# Two members, the second of which waits.
join("first gets an id", "pair", versions=[5], bind={"first": "member_id"})
join("first joins", "pair", ref("first"), versions=[5])
sync("first leads", "pair", ref("first"), versions=[3], assignments=[(ref("first"), b"all")])
join("second gets an id", "pair", versions=[5], bind={"second": "member_id"}, on="b")
join("second joins and waits", "pair", ref("second"), versions=[5], on="b", mode="send")
beat("first hears of it", "pair", ref("first"), until={"error_code": 27})
describe("of a group that rebalances", "pair", versions=[5])
sync("first is too late", "pair", ref("first"), versions=[3])
join("first joins again", "pair", ref("first"), versions=[5])
script.receive("JoinGroup", "second is in", versions=[5], on="b")
describe("of a group that waits for its leader", "pair", versions=[5])
sync("second waits", "pair", ref("second"), 2, versions=[3], on="b", mode="send")
beat("second is alive meanwhile", "pair", ref("second"), 2)
script.call(
    "OffsetCommit",
    "second commits meanwhile",
    {
        "group_id": "pair",
        "generation_id_or_member_epoch": 2,
        "member_id": ref("second"),
        "group_instance_id": None,
        "retention_time_ms": -1,
        "topics": [
            {
                "name": "joined",
                "topic_id": ref("id of joined"),
                "partitions": [
                    {
                        "partition_index": 0,
                        "committed_offset": 1,
                        "committed_leader_epoch": -1,
                        "committed_metadata": "",
                    }
                ],
            }
        ],
    },
    versions=ALL,
)
sync(
    "first leads again",
    "pair",
    ref("first"),
    2,
    versions=[3],
    assignments=[(ref("first"), b"half"), (ref("second"), b"other half"), ("stranger", b"nothing")],
)
script.receive("SyncGroup", "second has its half", versions=[3], on="b")
describe("of two members", "pair", versions=[5])
join("second joins again without a change", "pair", ref("second"), versions=[5], on="b")

# Static members.
join("static joins", "fixed", instance="i-1", versions=[5], bind={"static": "member_id"})
sync("static leads", "fixed", ref("static"), versions=[3], instance="i-1", assignments=[(ref("static"), b"fixed")])
beat("static is alive", "fixed", ref("static"), instance="i-1", versions=[3, 4])
beat("static without its instance id", "fixed", ref("static"), versions=[3, 4])
join("static comes back", "fixed", instance="i-1", versions=[9], bind={"static 2": "member_id"})
beat("the one before is fenced", "fixed", ref("static"), instance="i-1", versions=[3, 4])
sync("the one before is fenced", "fixed", ref("static"), instance="i-1", versions=[5])
join("the one before is fenced", "fixed", ref("static"), instance="i-1", versions=[5, 9])
beat("the new one is alive", "fixed", ref("static 2"), instance="i-1")
join("an instance with a stranger's id", "fixed", "stranger", instance="i-1", versions=[9])
join("an empty instance id", "fixed-2", instance="", versions=[5, 9])
describe("of a static member", "fixed", versions=[4, 5])
leave("of a static member with the old id", "fixed", ref("static"), instance="i-1", versions=[3, 4, 5])
leave("of a static member by its instance", "fixed", "", instance="i-1", versions=[5])

L = ref("member-7")
join("of a sole member that changes all of its protocols", "life-7", L, protocols=[{"name": "sticky", "metadata": b""}])

# Those who say nothing. Their sessions ran while the rest was asked.
join(
    "joins and is never heard of again", "silent", versions=[3], session_timeout_ms=6_000, bind={"silent": "member_id"}
)
sync("leads, and is never heard of again", "silent", ref("silent"), versions=[3], assignments=[(ref("silent"), b"all")])
join("joins, and does not join again", "late", versions=[3], rebalance_timeout_ms=1_500, bind={"late": "member_id"})
sync("leads, and does not join again", "late", ref("late"), versions=[3], assignments=[(ref("late"), b"all")])
join("waits for the one who does not join again", "late", versions=[3], rebalance_timeout_ms=1_500, on="b", mode="send")
script.receive("JoinGroup", "is alone in the end", versions=[3], on="b", bind={"alone": "member_id"})
beat("of the one who did not join again", "late", ref("late"), 1)
sync("never comes", "late", "nobody", 2, versions=[3], on="b")
script.call(
    "DescribeGroups",
    "of a group whose member is silent",
    {"groups": ["silent"]},
    until={"groups.0.group_state": "Empty"},
)
beat("after a silence", "silent", ref("silent"))
describe("of a group whose leader never assigned", "late", versions=[5])
