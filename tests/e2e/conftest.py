"""Fixtures: an address to talk to, topics with names of their own, and brokers that a test may kill."""

import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
pytest.register_assert_rewrite("harness.contract", "harness.records", "harness.wire", "harness.schema")

from harness import wire  # noqa: E402
from harness.broker import Broker  # noqa: E402


@pytest.fixture(scope="module")
def shared_broker(tmp_path_factory):
    """One daemon for the tests of a file that only talk to it; None when the address is somebody else's broker."""
    if os.environ.get("MILLRACE_E2E_ADDRESS"):
        yield None
        return
    # The three seconds that a new group waits for more members would be most of the time of these tests.
    broker = Broker(tmp_path_factory.mktemp("broker"), group_initial_rebalance_delay_ms=0)
    broker.start()
    yield broker
    broker.stop()
    broker.assert_quiet_log()


@pytest.fixture
def address(shared_broker):
    if shared_broker is None:
        return os.environ["MILLRACE_E2E_ADDRESS"]
    assert shared_broker.running(), f"the daemon died:\n{shared_broker.log_tail()}"
    return shared_broker.address


class Topics:
    """topic(partitions=n) creates a topic with a new name; `last` is the newest; name() is a name not used yet."""

    _counter = 0

    def __init__(self, address, base):
        self.address = address
        self.base = base
        self.last = None

    def name(self, prefix="topic"):
        Topics._counter += 1
        return f"{prefix}-{self.base}-{os.getpid()}-{Topics._counter}"

    def __call__(self, partitions=1, **configs):
        configs = {name.replace("_", "."): value for name, value in configs.items()}
        self.last = wire.create_topic(self.address, self.name(), partitions, configs)
        return self.last


@pytest.fixture
def topic(address, request):
    base = "".join(c if c.isalnum() else "-" for c in request.node.originalname or "t")[:60]
    return Topics(address, base)


@pytest.fixture
def own_broker(tmp_path):
    """A factory of daemons that the test may kill, stop and start again; stops what is left and checks its log."""
    if os.environ.get("MILLRACE_E2E_ADDRESS"):
        pytest.skip("needs a daemon of its own")
    brokers = []

    def make(**settings):
        broker = Broker(tmp_path / f"broker{len(brokers)}", **settings)
        brokers.append(broker)
        return broker

    yield make
    for broker in brokers:
        broker.kill()
        broker.assert_quiet_log()
