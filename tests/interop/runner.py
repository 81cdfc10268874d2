"""Starts a broker for each client, runs the client's scenarios and counts: python3 runner.py BUILD-FOLDER [CLIENT…]

A client is a program that is told an address, a prefix for its names and, in the environment, which APIs are served. It
says one line for each scenario; README.md has the contract.
"""

import os
import pathlib
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

HERE = pathlib.Path(__file__).parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import clients
from harness import wire
from harness.broker import Broker, free_port
from install import Unavailable

SIDE_BY_SIDE = 2
SILENCE_SECONDS = 240.0  # no scenario takes this long
BROKER = {
    "group_initial_rebalance_delay_ms": 0,
    "group_min_session_timeout_ms": 1000,
    "offsets_topic_num_partitions": 4,
    "compaction_check_interval_ms": 100,
}


class Report:
    """What one client did, kept together when several run at a time."""

    def __init__(self, client):
        self.client, self.lines, self.passed, self.failed, self.off = client, [], 0, 0, 0

    def take(self, line):
        word, _, rest = line.partition(" ")
        if line.startswith("ok "):
            self.passed += 1
            self.lines.append(f"ok {self.client}: {rest}")
        elif line.startswith("not ok "):
            self.failed += 1
            self.lines.append(f"not ok {self.client}: {line[7:]}")
        elif word == "off":
            self.off += 1
            self.lines.append(f"off {self.client}: {rest}")

    def fail(self, why):
        self.take(f"not ok {why}")


class Program:
    """The client as a process; its lines come by a queue, so that waiting for them has a bound."""

    def __init__(self, command, environment, log):
        self.log = log.open("ab")
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
            env=environment,
            text=True,
            errors="replace",
            bufsize=1,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def next_line(self):
        return self.lines.get(timeout=SILENCE_SECONDS)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self):
        self.process.kill()
        self.process.wait(30)
        self.log.close()


def served(address):
    """"key:min-max …" as the broker advertises them; the program decides by it what it can try."""
    with wire.Connection(address) as c:
        keys = c.call("ApiVersions", 0)["api_keys"]
    return " ".join(f"{k['api_key']}:{k['min_version']}-{k['max_version']}" for k in keys)


def play(client, report, folder, build):
    log = build / f"{client.name}.log"
    log.unlink(missing_ok=True)
    door = f"127.0.0.1:{free_port()}"
    collector = f"127.0.0.1:{free_port()}"
    tracing = {"tracing_endpoint": f"http://{collector}/v1/traces"} if client.collects else {}
    broker = Broker(folder / client.name, http_listeners=door, **BROKER, **tracing)
    program = None
    try:
        broker.start()
        environment = os.environ | client.environment | {"APIS": served(broker.address), "DATA_DIR": str(broker.data)}
        environment |= {"HTTP": door, "COLLECTOR": collector}
        program = Program([*client.command, broker.address, client.name], environment, log)
        converse(program, broker, report)
    except queue.Empty:
        report.fail(f"no line for {SILENCE_SECONDS:.0f} s; its last words are in {log}")
    except Exception as e:
        report.fail(f"the runner stumbled: {type(e).__name__}: {e}")
    finally:
        if program:
            program.end()
        broker.kill()
    try:
        broker.assert_quiet_log()
        report.take("ok the broker's log is quiet")
    except AssertionError as e:
        report.fail(str(e).replace("\n", " / "))


def converse(program, broker, report):
    """Until the program ends. It asks with a line of one word for what it cannot do itself."""
    while (line := program.next_line()) is not None:
        with open(program.log.name, "a") as log:
            print(line, file=log)
        if line == "crash":
            broker.crash_and_restart()
            program.say("restarted")
        elif line == "stop":
            broker.stop()
            program.say("stopped")
        else:
            report.take(line)
    code = program.process.wait(30)
    if code != 0:
        report.fail(f"exit code {code}; its last words are in {program.log.name}")
    if not report.passed:
        report.fail("no scenario passed")


def run(client, folder, build):
    report, began = Report(client.name), time.monotonic()
    try:
        client.install(client, build)
        report.lines.append(f"{client.name}: installed after {time.monotonic() - began:.0f} s")
        play(client, report, folder, build)
    except Unavailable as e:
        report.lines.append(f"skipped {client.name}: {e}")
        if os.environ.get("CI") == "true":
            report.fail(f"cannot be installed: {e}")
    except Exception as e:
        report.fail(f"cannot be installed: {type(e).__name__}: {e}")
    report.lines.append(
        f"{client.name} {client.version}: {report.passed} ok, {report.failed} not ok, {report.off} off,"
        f" {time.monotonic() - began:.0f} s"
    )
    print("\n".join(report.lines), flush=True)
    return report


def main(build, *wanted):
    build = pathlib.Path(build).resolve()
    chosen = [c for c in clients.ALL if not wanted or c.name in wanted]
    unknown = set(wanted) - {c.name for c in clients.ALL}
    if unknown:
        print(f"no client {', '.join(unknown)}; there are {', '.join(c.name for c in clients.ALL)}")
        return 2
    memory = pathlib.Path("/dev/shm")
    folder = pathlib.Path(tempfile.mkdtemp(prefix="millrace-interop-", dir=memory if memory.is_dir() else build))
    try:
        with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            reports = list(pool.map(lambda c: run(c, folder, build), chosen))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    passed, failed = sum(r.passed for r in reports), sum(r.failed for r in reports)
    print(f"{passed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
