"""librdkafka's own tests: its sources come inside a package of npm, its runner is built once, each test is a process."""

import contextlib
import json
import os
import re
import shutil
import subprocess

import clients
from install import fresh, maven, need, run

PACKAGE, VERSION = "@confluentinc/kafka-javascript@1.10.1", "2.15.1"
# As the suite's own clusters have it; two consumers that start together are to join together.
BROKER = {"num_partitions": 4, "group_initial_rebalance_delay_ms": 1000, "group_min_session_timeout_ms": 1000}
SCENARIOS = {"default": {}, "noautocreate": {"auto_create_topics": "false"}}
SIDE_BY_SIDE = 6  # they mostly wait
KAFKA_VERSION = "4.2.0"  # the tests of what is newer are for a broker that is
TEST_SECONDS = 900  # 0113 takes ten minutes in the consumer protocol


TOPICS = """#!/bin/sh
exec java -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp '{libs}/*' org.apache.kafka.tools.TopicCommand "$@"
"""


def install(build):
    """`test-runner` below the build folder; of the package nothing else is run. Kafka's tools come from interop."""
    need("npm")
    need("make")
    place = build / "librdkafka"
    (tools,) = [client for client in clients.ALL if client.name == "kafka-tools"]
    maven(tools, clients.BUILD)
    script = place / "kafka" / "bin" / "kafka-topics.sh"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(TOPICS.format(libs=clients.BUILD / "kafka-tools" / "libs"))
    script.chmod(0o755)
    done = fresh(place, [], f"{PACKAGE} 1")
    if done:
        shutil.rmtree(place / "package", ignore_errors=True)
        packed = run(["npm", "pack", "--silent", PACKAGE], place).split()[-1]
        run(["tar", "xzf", packed], place)
        sources = _sources(build)
        compiler = "ccache " if shutil.which("ccache") else ""
        flags = {"CC": f"{compiler}gcc", "CXX": f"{compiler}g++", "CFLAGS": "-O1", "CXXFLAGS": "-O1"}
        options = ["--disable-gssapi", "--disable-curl", "--disable-lz4-ext"]
        run(["./configure", *options], sources, unreachable=False, **flags)
        run(["make", f"-j{os.cpu_count()}", "libs"], sources, unreachable=False)
        run(["make", f"-j{os.cpu_count()}", "-C", "tests", "build"], sources, unreachable=False)
        done()


def _sources(build):
    return build / "librdkafka" / "package" / "deps" / "librdkafka"


def _table(build):
    """What test.c says of each test: its flags and its scenario."""
    source = (_sources(build) / "tests" / "test.c").read_text()
    table = source[source.index("struct test tests[] = {") : source.index("{NULL}};")]
    return {words.split(",")[0].strip(): words for words in table.split("_TEST(")[1:]}


def names(build):
    """The tests that want a broker; the others have one of their own that only looks like Kafka."""
    own = ("TEST_F_LOCAL", "TEST_F_MANUAL")
    tests = _table(build).items()
    return [name for name, words in tests if not name.endswith("_mock") and not any(flag in words for flag in own)]


def scenario_of(build, test):
    return "noautocreate" if "noautocreate" in _table(build)[test] else "default"


def jobs(wanted):
    """What is one process: all tests of a number."""
    return sorted({name.split("_")[0] for name in wanted})


def play(build, broker, number, folder, protocol, scenario):
    """{test: (verdict, seconds, why)} of a number, from the report that its process leaves."""
    folder.mkdir()
    if not (folder.parent / "src").exists():  # one test reads a file beside the folder that it is started in
        with contextlib.suppress(FileExistsError):
            (folder.parent / "src").symlink_to(_sources(build) / "src")
    (folder / "test.conf").write_text(f"bootstrap.servers={broker.address}\ntest.timeout.multiplier=3\n")
    report = folder / "report.json"
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | {
        "TESTS": number,
        "TEST_REPORT": str(report),
        "TEST_KAFKA_VERSION": KAFKA_VERSION,
        "KAFKA_PATH": str(build / "librdkafka" / "kafka"),
        "BROKERS": broker.address,
        "TEST_SCENARIO": scenario,
        "TEST_CONSUMER_GROUP_PROTOCOL": protocol,
        "LD_LIBRARY_PATH": f"{_sources(build)}/src:{_sources(build)}/src-cpp",
        "RDKAFKA_TEST_CONF": str(folder / "test.conf"),
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [_sources(build) / "tests" / "test-runner", "-p1", "-L"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            process.wait(TEST_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    said = (folder / "log").read_text(errors="replace")
    return dict(_verdicts(report, number, said))


def _verdicts(report, number, said):
    try:
        tests = json.loads(report.read_text())["tests"].values()
    except (OSError, ValueError):  # it crashed, or did not end
        return
    for test in tests:
        if test["name"].startswith(number):
            verdict = {"PASSED": "passed", "SKIPPED": "skipped"}.get(test["state"], "failed")
            yield test["name"], (verdict, test["duration"], _why(said, test["name"], verdict))


def _why(said, test, verdict):
    """What the summary says beside the test, or where it failed."""
    plain = re.sub(r"\x1b\[\d+m", "", said)
    where = re.findall(rf'### Test "{test}.*?failed at .*\n(.*)', plain) if verdict == "failed" else []
    beside = re.findall(rf"\| *{test} +\| +\w+ \|[^|]*\|(.*)", plain)
    return " / ".join(where or beside)[:300].strip()
