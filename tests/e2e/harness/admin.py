"""What the broker says it can do, so that tests of later APIs wait until the broker advertises them."""

import pytest

from . import wire


def advertised(address):
    with wire.Connection(address) as c:
        return c.api_versions()


def require(address, api, version=0):
    """Skips the test unless `api` is advertised with at least `version`: what is not built is not advertised."""
    low, high = advertised(address).get(api, (0, -1))
    if high < version or low > high:
        pytest.skip(f"{api} v{version} is not advertised")


def require_compaction(address):
    """Skips the test on a broker that refuses compacted topics, as one that does not compact must."""
    topic = {
        "name": "compaction-asked",
        "num_partitions": 1,
        "replication_factor": 1,
        "configs": [{"name": "cleanup.policy", "value": "compact"}],
    }
    with wire.Connection(address) as c:
        answer = c.call("CreateTopics", 4, {"topics": [topic], "timeout_ms": 5000, "validate_only": True})["topics"][0]
    if answer["error_code"]:
        assert answer["error_code"] == 40 and "compact" in answer["error_message"], answer
        pytest.skip(answer["error_message"])


def topic_names(address):
    with wire.Connection(address) as c:
        return {t["name"] for t in c.call("Metadata", 5, {"topics": None})["topics"]}
