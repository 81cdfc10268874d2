"""Runs other people's test suites against the daemon: python3 runner.py BUILD-FOLDER, and then the words that run.sh takes.

A test that does not end as expected among others is tried once more alone, with a broker of its own, for many measure time.
"""

import contextlib
import os
import pathlib
import shutil
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "interop"), str(HERE.parent / "e2e")]

import expected
import kafka_python
import librdkafka
from harness.broker import Broker
from install import Unavailable


class Report:
    def __init__(self, suite, protocol):
        self.suite, self.table, self.passed, self.failed = suite, expected.of(suite, protocol), 0, 0
        self.name = suite if protocol == "classic" else f"{suite} ({protocol} protocol)"

    def agrees(self, test, verdict):
        wanted = self.table[test].verdict if test in self.table else "nothing"
        return verdict in (("passed", "failed") if wanted == "varies" else (wanted,))

    def take(self, test, verdict, seconds, why):
        if self.agrees(test, verdict):
            self.passed += 1
            note = f" ({verdict}: {self.table[test].why})" if verdict != "passed" else ""
            print(f"ok {self.name} {test}, {seconds:.1f} s{note}", flush=True)
        elif verdict == "passed" and test in self.table:
            self.passed += 1
            print(f"ok {self.name} {test}, {seconds:.1f} s (better than expected.toml says)", flush=True)
        else:
            wanted = self.table[test].verdict if test in self.table else "not in expected.toml"
            self.fail(f"{test}: {verdict}, expected: {wanted}: {why}")

    def fail(self, what):
        self.failed += 1
        print(f"not ok {self.name} {what}", flush=True)


@contextlib.contextmanager
def started(folder, **settings):
    broker = Broker(folder, **settings)
    broker.settings["advertised_listeners"] = broker.address
    broker.start()
    try:
        yield broker
    finally:
        broker.kill()


def run_librdkafka(build, folder, report, options, wanted, protocol):
    librdkafka.install(build)
    known = librdkafka.names(build)
    chosen = [name for name in known if not wanted or any(name.startswith(w) for w in wanted)]
    if protocol == "consumer" and not options["--consumer-protocol"]:
        groups = expected.with_groups("librdkafka")
        chosen = [name for name in chosen if name in groups]
    if not options["--all"] and not wanted:
        chosen = [name for name in chosen if name not in report.table or not report.table[name].slow]
    left_out = {test for test, e in report.table.items() if e.verdict == "left out"}
    chosen = [name for name in chosen if name not in left_out]
    for test in set(report.table) - set(known):
        report.fail(f"{test}: there is no such test")
    for scenario, settings in librdkafka.SCENARIOS.items():
        mine = [name for name in chosen if librdkafka.scenario_of(build, name) == scenario]
        found = {}

        def play(tests, tries, side_by_side):
            with started(folder / f"broker-{scenario}-{tries}", **librdkafka.BROKER, **settings) as broker:

                def one(number):
                    place = folder / f"{scenario}-{number}-{tries}"
                    return librdkafka.play(build, broker, number, place, protocol, scenario)

                with ThreadPoolExecutor(side_by_side) as pool:
                    for verdicts in pool.map(one, librdkafka.jobs(tests)):
                        found.update({test: verdict for test, verdict in verdicts.items() if test in tests})
                quiet(broker, report)

        play(mine, "first", librdkafka.SIDE_BY_SIDE)
        if again := {test for test in mine if not report.agrees(test, found.get(test, ("missing",))[0])}:
            play(again, "second", 1)
        for test in mine:
            report.take(test, *found.get(test, ("missing", 0.0, "its process said nothing of it")))


def run_kafka_python(build, folder, report, _options, wanted, _protocol):
    kafka_python.install(build)
    left_out = {t for t, e in report.table.items() if e.verdict == "left out"}
    with started(folder / "broker", **kafka_python.BROKER) as broker:
        found = kafka_python.play(build, broker, folder, wanted, left_out)
        if again := [t for t, (verdict, *_) in found.items() if not report.agrees(t, verdict)]:
            found |= kafka_python.play(build, broker, folder, [t.split("[")[0] for t in again], ())
        for test, (verdict, seconds, why) in found.items():
            report.take(test, verdict, seconds, why)
        for test in set(report.table) - set(found) - left_out if not wanted else ():
            report.fail(f"{test}: did not run")
        quiet(broker, report)


def quiet(broker, report):
    try:
        broker.assert_quiet_log()
    except AssertionError as e:
        report.fail(str(e).replace("\n", " / "))


PLAYS = [
    ("librdkafka", "classic", run_librdkafka),
    ("librdkafka", "consumer", run_librdkafka),
    ("kafka-python", "classic", run_kafka_python),
]


def plays(suite, options):
    """Those of a suite, or all; in the one protocol that was asked for, or in both."""
    chosen = [play for play in PLAYS if suite in (None, play[0])]
    return [play for play in chosen if play[1] == "consumer"] if options["--consumer-protocol"] else chosen


def main(build, *words):
    options = {word: word in words for word in ("--all", "--consumer-protocol")}
    suite, *wanted = [word for word in words if word not in options] or [None]
    build = pathlib.Path(build).resolve()
    memory = pathlib.Path("/dev/shm")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-suites-", dir=memory if memory.is_dir() else build))
    passed = failed = 0
    try:
        for name, protocol, play in plays(suite, options):
            report, began = Report(name, protocol), time.monotonic()
            place = folder / f"{name}-{protocol}"
            place.mkdir()
            try:
                play(build, place, report, options, wanted, protocol)
            except Unavailable as e:
                print(f"skipped {report.name}: {e}")
                if os.environ.get("CI") == "true":
                    report.fail(f"cannot be installed: {e}")
            took = time.monotonic() - began
            print(f"{report.name}: {report.passed} as expected, {report.failed} not, {took:.0f} s", flush=True)
            passed, failed = passed + report.passed, failed + report.failed
    finally:
        if failed:
            shutil.copytree(folder, build / "failed", dirs_exist_ok=True, ignore=shutil.ignore_patterns("data"))
        shutil.rmtree(folder, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
