"""Fixtures: an address to talk to, topics with names of their own, and brokers that a test may kill."""

import itertools
import os
import pathlib
import shutil
import sys
import tempfile

import kafka
import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
pytest.register_assert_rewrite("harness.contract", "harness.records", "harness.wire", "harness.schema")

from harness import members, wire  # noqa: E402
from harness.broker import Broker, free_port  # noqa: E402


# It gives the question what the broker is two seconds; on a busy machine that is no sign of anything.
for _client in (kafka.KafkaClient, kafka.KafkaProducer, kafka.KafkaConsumer, kafka.KafkaAdminClient):
    _client.DEFAULT_CONFIG["api_version_auto_timeout_ms"] = 60_000

_numbers = itertools.count()
MEMORY_DISK = pathlib.Path("/dev/shm")
MEMORY_DISK_BYTES = 2 << 30


@pytest.fixture(scope="session")
def workshop(tmp_path_factory):
    """A directory for brokers whose test is not about the disk: in memory where there is room, since a disk that others
    keep busy makes a flush take seconds, and a session time out that the test is not about."""
    if not MEMORY_DISK.is_dir() or shutil.disk_usage(MEMORY_DISK).free < MEMORY_DISK_BYTES:
        yield tmp_path_factory.mktemp("workshop")
        return
    path = pathlib.Path(tempfile.mkdtemp(prefix="millrace-e2e-", dir=MEMORY_DISK))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def shared_broker(workshop, request):
    """One daemon for the tests of a file that only talk to it; None when the address is somebody else's broker."""
    if os.environ.get("MILLRACE_E2E_ADDRESS"):
        yield None
        return
    # The three seconds that a new group waits for more members would be most of the time of these tests.
    broker = Broker(workshop / request.module.__name__, group_initial_rebalance_delay_ms=0)
    broker.start()
    yield broker
    broker.stop()
    broker.assert_quiet_log()


@pytest.fixture(scope="module")
def door(workshop, request):
    """One daemon with its HTTP door open for the tests of a file, which may have SETTINGS for it."""
    settings = {"group_initial_rebalance_delay_ms": 0, **getattr(request.module, "SETTINGS", {})}
    broker = Broker(workshop / request.module.__name__, http_listeners=f"127.0.0.1:{free_port()}", **settings)
    broker.start()
    yield broker
    broker.stop()
    broker.assert_quiet_log()


@pytest.fixture(scope="module")
def at(door):
    """Where its HTTP door is."""
    return door.settings["http_listeners"]


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
def own_broker(tmp_path, workshop, request):
    """A factory of daemons that the test may kill, stop and start again; stops what is left and checks its log.

    Their data is on the disk if the test is marked `on_disk`, else in the workshop."""
    if os.environ.get("MILLRACE_E2E_ADDRESS"):
        pytest.skip("needs a daemon of its own")
    brokers = []
    place = tmp_path if request.node.get_closest_marker("on_disk") else workshop / f"own{next(_numbers)}"

    def make(**settings):
        broker = Broker(place / f"broker{len(brokers)}", **settings)
        brokers.append(broker)
        return broker

    yield make
    members.crash_all()
    for broker in brokers:
        broker.kill()
        broker.assert_quiet_log()
    if place != tmp_path and request.node.stash.get(PASSED, False):
        shutil.rmtree(place, ignore_errors=True)


PASSED = pytest.StashKey[bool]()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if call.when == "call":
        item.stash[PASSED] = report.passed
        if report.failed and "own_broker" in item.fixturenames:
            # What is in memory is gone after the session, so the log goes into the report.
            for log in sorted((item.funcargs.get("workshop") or pathlib.Path()).glob("own*/broker*/log")):
                report.sections.append((f"log of {log.parent}", log.read_text(errors="replace")[-4000:]))


@pytest.fixture(autouse=True)
def no_member_outlives_its_test():
    yield
    members.crash_all()
