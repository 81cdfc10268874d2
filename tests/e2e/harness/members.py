"""Members of consumer groups, each a process of its own, so that a test can let one crash.

Every kind speaks the line protocol of librdkafka/rdk_member.cpp: events on stdout, commands on stdin.
"""

import pathlib
import signal
import subprocess
import sys
import threading
import time

from .rdk import from_line, program, properties

TIMEOUT = 90.0
_HERE = pathlib.Path(__file__).parent
KINDS = ["librdkafka", "confluent", "kafka-python"]


def _command(kind):
    if kind == "librdkafka":
        return [program("rdk_member")]
    script = {"confluent": "member_confluent.py", "kafka-python": "member_kafka_python.py"}[kind]
    return [sys.executable, "-B", str(_HERE / script)]


_running = []


def crash_all():
    """Ends every member that is still there, so that none joins the group of a later test."""
    while _running:
        member = _running.pop()
        if member.process.poll() is None:
            member.crash()


class Member:
    """`partitions` is what it owns now; `records` what it has read; `events` everything it said, in order."""

    def __init__(self, kind, address, group, topics, **settings):
        topics = topics if isinstance(topics, str) else ",".join(topics)
        command = [*_command(kind), "--broker", address, "--group", group, "--topics", topics]
        defaults = {"session.timeout.ms": 6000, "heartbeat.interval.ms": 300, "auto.offset.reset": "earliest"}
        command += properties(defaults | settings)
        self.name = f"{kind} member of {group}"
        self.partitions = set()
        self.records = []
        self.events = []
        self.changed = threading.Condition()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1
        )
        _running.append(self)
        self._stderr = []
        threading.Thread(target=self._listen, daemon=True).start()
        threading.Thread(target=self._collect_stderr, daemon=True).start()

    def _collect_stderr(self):
        self._stderr.extend(self.process.stderr)

    def _listen(self):
        for line in self.process.stdout:
            kind, _, rest = line.rstrip("\n").partition("\t")
            with self.changed:
                if kind == "record":
                    self.records.append(from_line(line))
                else:
                    self.events.append((kind, rest))
                names = {tuple(p.rsplit(":", 1)) for p in rest.split(",") if p}
                if kind == "assigned":
                    self.partitions |= {(t, int(p)) for t, p in names}
                elif kind in ("revoked", "lost"):
                    self.partitions -= {(t, int(p)) for t, p in names}
                self.changed.notify_all()
        with self.changed:
            self.events.append(("end", ""))
            self.changed.notify_all()

    def wait(self, condition, what, timeout=TIMEOUT):
        with self.changed:
            done = self.changed.wait_for(condition, timeout)
        tail = "".join(self._stderr[-5:])
        assert done, f"{self.name}: {what} did not happen; owns {self.partitions}, said {self.events[-8:]}\n{tail}"

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def ask(self, command, *answers):
        """Sends a command and gives the (kind, text) that answers it."""
        with self.changed:
            before = len(self.events)
        self.tell(command)

        def answered():
            return any(kind in answers for kind, _ in self.events[before:])

        self.wait(answered, f"an answer to {command}")
        return next(e for e in self.events[before:] if e[0] in answers)

    def commit(self, metadata=""):
        """{(topic, partition): offset} that the broker acknowledged, or the error's name."""
        kind, text = self.ask(f"commit {metadata}".strip(), "committed", "error")
        if kind == "error":
            return text
        parts = [p.rsplit(":", 2) for p in text.split(",") if p]
        return {(t, int(p)): int(o) for t, p, o in parts}

    def close(self):
        """Leaves the group and ends."""
        if self.process.poll() is None:
            self.tell("close")
            self.wait(lambda: ("end", "") in self.events, "the end")
        code = self.process.wait(TIMEOUT)
        assert code == 0, "".join(self._stderr)

    def crash(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(TIMEOUT)

    def count(self, kind):
        return sum(1 for k, _ in self.events if k == kind)


def wait_for_shares(members, topic, partitions, timeout=TIMEOUT):
    """Until the members own every partition exactly once, and each has at least one if there are enough."""
    wanted = {(topic, p) for p in range(partitions)}
    deadline = time.monotonic() + timeout
    while True:
        owned = [set(m.partitions) for m in members]
        all_of_them = set().union(*owned)
        fair = all(owned) or len(members) > partitions
        if all_of_them == wanted and sum(map(len, owned)) == len(wanted) and fair:
            return
        said = "\n".join(f"{m.name}: {sorted(m.partitions)} {m.events[-6:]} {''.join(m._stderr[-3:])}" for m in members)
        assert time.monotonic() < deadline, f"{partitions} partitions are not shared out:\n{said}"
        time.sleep(0.02)


def wait_for_records(members, count, timeout=TIMEOUT):
    deadline = time.monotonic() + timeout
    while sum(len(m.records) for m in members) < count:
        seen = [len(m.records) for m in members]
        assert time.monotonic() < deadline, f"{seen} of {count} records came"
        time.sleep(0.02)
