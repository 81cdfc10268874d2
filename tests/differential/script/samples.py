"""Every API in every version that both serve: one request that is right."""

from harness import samples
from language import ALL, Script, batch, ref

script = Script("samples")
script.topic("sampled", 2)
TOPIC, GROUP = "sampled", "sampled-group"
ID = {"topic_id": ref("id of sampled")}

script.call(
    "InitProducerId", "once ids are there", samples.sample("InitProducerId", TOPIC, GROUP), until={"error_code": 0}
)
produce = {
    "transactional_id": None,
    "acks": -1,
    "timeout_ms": 5000,
    "topic_data": [ID | {"name": TOPIC, "partition_data": [{"index": 0, "records": batch()}]}],
}
script.call("Produce", "a record", produce, versions=ALL)
fetch = samples.sample("Fetch", TOPIC)
fetch["topics"][0] |= ID
script.call("Fetch", "from the start", fetch, versions=ALL)
commit = samples.sample("OffsetCommit", TOPIC, GROUP)
commit["topics"][0] |= ID
script.call("OffsetCommit", "without a member", commit, versions=ALL)
back = samples.sample("OffsetFetch", TOPIC, GROUP)
back["groups"][0]["topics"][0] |= ID
script.call("OffsetFetch", "of one partition", back, versions=ALL)
for api in [
    "ListOffsets",
    "Metadata",
    "DeleteRecords",
    "OffsetForLeaderEpoch",
    "FindCoordinator",
    "Heartbeat",
    "LeaveGroup",
    "SyncGroup",
    "DescribeGroups",
    "ListGroups",
    "CreateTopics",
    "DeleteTopics",
    "InitProducerId",
]:
    script.call(api, "as everyone sends it", samples.sample(api, TOPIC, GROUP), versions=ALL)
