"""kafka-python's integration tests: the source archive of its release, and a virtual environment for it."""

import os
import pathlib
import shutil
import subprocess
import xml.etree.ElementTree as xml

from install import fresh, run

VERSION = "3.0.12"
HERE = pathlib.Path(__file__).parent
LIST = HERE / "kafka-python.txt"
# The archive's fixtures would start a broker with this number, and members that are let go after three seconds.
BROKER = {"broker_id": 0, "num_partitions": 4, "group_initial_rebalance_delay_ms": 0, "group_min_session_timeout_ms": 1000}
KAFKA_VERSION = "4.3"  # what the client takes the broker for
FILES = ("admin", "consumer", "producer")
SECONDS = 300


def install(build):
    place = build / "kafka-python"
    done = fresh(place, [LIST, HERE / "service.py"])
    if done:
        run(["/usr/bin/python3", "-m", "venv", "--clear", place], build)
        pip = [place / "bin" / "pip"]
        run([*pip, "install", "--no-input", "--no-deps", "--only-binary", ":all:", "-r", LIST], build)
        source = ["download", "--no-input", "--no-deps", "--no-binary", ":all:", "-d", place]
        run([*pip, *source, f"kafka-python=={VERSION}"], build)
        run(["tar", "xzf", f"kafka_python-{VERSION}.tar.gz"], place)
        shutil.copy(HERE / "service.py", _sources(build) / "test")
        (_sources(build) / "test" / "__init__.py").touch()
        done()


def _sources(build):
    return build / "kafka-python" / f"kafka_python-{VERSION}"


def play(build, broker, folder, wanted, left_out):
    """{test: (verdict, seconds, why)}; of all tests but those left out when none is wanted by name."""
    report = folder / "report.xml"
    host, port = broker.address.split(":")
    environment = os.environ | {
        "KAFKA_URI": f"kafka://{host}:{port}",
        "KAFKA_VERSION": KAFKA_VERSION,
        "KAFKA_ROOT": str(folder),  # no broker is started, but the fixtures want it to be there
        "PYTHONPATH": f"{HERE}:{_sources(build)}",
    }
    command = [build / "kafka-python" / "bin" / "python", "-B", "-m", "pytest", "-p", "asks_the_broker"]
    command += ["-p", "no:cacheprovider", "-o", "log_level=CRITICAL", "--timeout=60", "--timeout-method=signal", f"--junitxml={report}"]
    command += [f"test/integration/test_{name}_integration.py" for name in FILES]
    if wanted:
        command += ["-k", " or ".join(wanted)]
    elif left_out:
        command += ["-k", " and ".join(f"not {test}" for test in left_out)]
    with (folder / "log").open("wb") as log:
        subprocess.run(command, cwd=_sources(build), env=environment, stdout=log, stderr=log, timeout=SECONDS)
    return dict(_verdict(case) for case in xml.parse(report).iter("testcase"))


def _verdict(case):
    name, seconds = case.get("name"), float(case.get("time"))
    for kind, verdict in (("failure", "failed"), ("error", "failed"), ("skipped", "skipped")):
        if (found := case.find(kind)) is not None:
            return name, (verdict, seconds, " ".join((found.get("message") or "").split())[:300])
    return name, ("passed", seconds, "")
