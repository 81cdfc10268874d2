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


def topic_names(address):
    with wire.Connection(address) as c:
        return {t["name"] for t in c.call("Metadata", 5, {"topics": None})["topics"]}
