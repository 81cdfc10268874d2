"""Sends the script to Apache Kafka and to millraced and compares: python3 runner.py BUILD-FOLDER [CHAPTER…]"""

import os
import pathlib
import shutil
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import apache_kafka
import differences
from compare import Comparison
from harness.broker import Broker
from language import ALL
from script import chapters
from side import Side

# What both are started with; everything else is the default of each.
KAFKA = {"group.initial.rebalance.delay.ms": 0, "offsets.topic.num.partitions": 4}
MILLRACE = {"group_initial_rebalance_delay_ms": 0, "offsets_topic_num_partitions": 4}
OLDEST = {"Produce": 3}  # advertised from 0, served from here


class Run:
    def __init__(self, kafka, millrace, explained):
        self.kafka, self.millrace = Side("Kafka", kafka), Side("millrace", millrace)
        self.comparison = Comparison()
        self.explained = explained
        self.passed = self.failed = self.left_out = 0

    def report(self, good, name, lines=()):
        self.passed, self.failed = self.passed + good, self.failed + (not good)
        print(("ok" if good else "not ok"), name, flush=True)
        for line in lines[:8]:
            print("   ", line)
        if len(lines) > 8:
            print(f"    and {len(lines) - 8} more fields")

    def versions(self, step):
        if step.mode == "raw":
            return [0]
        both = [
            v
            for v in range(OLDEST.get(step.api, 0), 100)
            if self.kafka.serves(step.api, v) and self.millrace.serves(step.api, v)
        ]
        if isinstance(step.versions, list):
            return [v for v in step.versions if v in both]
        return both if step.versions == ALL else both[-1:]

    def play_all(self, chapter):
        if not all(side.serves(chapter.needs, 0) for side in (self.kafka, self.millrace)):
            self.left_out += len(chapter.steps)
            return
        for step in chapter.steps:
            self.play(step)

    def play(self, step):
        versions = self.versions(step)
        self.left_out += not versions
        for version in versions:
            name = step.name(version)
            left, right = self.kafka.run(step, version), self.millrace.run(step, version)
            found = self.comparison.differences(left, right)
            found = [(path.removeprefix("answer/"), a, b) for path, a, b in found]
            bad = [d for d in found if not any([e.covers(name, *d) for e in self.explained])]
            # Bytes that our layouts do not describe prove nothing, even if both sides send the same.
            bad += [("undecodable", str(o), "") for o in (left, right) if "undecodable" in o]
            self.report(not bad, name, [f"{path}: Kafka {a[:300]}, millrace {b[:300]}" for path, a, b in bad])

    def stale(self):
        for entry in self.explained:
            for part in entry.stale():
                self.report(False, f"an explained difference no longer occurs: {entry.what} ({part})")

    def close(self):
        self.kafka.close()
        self.millrace.close()


def main(build, *wanted):
    began = time.monotonic()
    try:
        libs = apache_kafka.artifacts(build)
    except apache_kafka.Unreachable as e:
        ci = os.environ.get("CI") == "true"
        print(f"{'not ok' if ci else 'skipped'}: Apache Kafka's Maven artifacts cannot be reached: {e}")
        print(f"0 passed, {int(ci)} failed")
        return int(ci)
    folder = pathlib.Path(tempfile.mkdtemp(prefix="differential-", dir=build)).resolve()
    kafka = apache_kafka.Kafka(libs, folder / "kafka", KAFKA)
    millrace = Broker(folder / "millrace", **MILLRACE)
    try:
        millrace.spawn()
        kafka.start()
        millrace.wait_ready()
        run = Run(kafka.address, millrace.address, differences.load())
        for chapter in chapters():
            if not wanted or chapter.name in ("unknown", *wanted):  # the first one wakes the coordinator
                run.play_all(chapter)
        run.close()
        if not wanted:
            run.stale()
        millrace.stop()
        millrace.assert_quiet_log()
    finally:
        kafka.stop()
        millrace.kill()
        if "KEEP" not in os.environ:
            shutil.rmtree(folder)
    if run.left_out:
        print(f"{run.left_out} steps left out: millrace does not serve their APIs")
    print(f"Apache Kafka {apache_kafka.version()}, {time.monotonic() - began:.0f} s")
    print(f"{run.passed} passed, {run.failed} failed")
    return int(run.failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
