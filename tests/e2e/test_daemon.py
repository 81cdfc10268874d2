"""millraced as a process: configuration, signals, files, listeners, limits of the operating system."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

from harness import batches, kcat, wire
from harness.broker import Broker, binary, free_port, wait_until
from harness.records import text_records
from harness.samples import sample, small_batch
from harness.wire import Connection, create_topic

pytestmark = pytest.mark.skipif("MILLRACE_E2E_ADDRESS" in os.environ, reason="needs a daemon of its own")


def run(*arguments, environment=None, cwd=None, timeout=30):
    """millraced to its end: what it printed and its exit code."""
    surroundings = {"PATH": os.environ["PATH"], "HOME": str(cwd or "/nonexistent")} | (environment or {})
    command = [binary(), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, env=surroundings, cwd=cwd, timeout=timeout)


class TestStart:
    def test_the_ready_line_says_where_how_and_who(self, own_broker):
        broker = own_broker().start()
        ready = [line for line in broker.log_text().splitlines() if " ready " in line]
        assert len(ready) == 1
        assert f"kafka={broker.address}" in ready[0]
        assert f"data_dir={broker.data}" in ready[0]
        assert "durability=fsync" in ready[0]
        assert re.search(r"cluster_id=[A-Za-z0-9_-]{22}\b", ready[0])
        with Connection(broker.address) as c:
            assert f"cluster_id={c.call('Metadata', 5, {'topics': []})['cluster_id']}" in ready[0]

    def test_a_clean_start_logs_one_line(self, own_broker):
        broker = own_broker().start()
        broker.restart()
        assert len(broker.log_of_this_run().splitlines()) == 1, broker.log_of_this_run()

    def test_without_configuration_it_serves_loopback_and_keeps_its_data_at_home(self, tmp_path):
        """In a network of its own, since the port is the one that everybody uses."""
        if not shutil.which("unshare") or not shutil.which("ip", path=os.environ["PATH"] + ":/usr/sbin:/sbin"):
            pytest.skip("needs unshare and ip")
        script = (
            f"ip link set lo up && '{binary()}' 2>log & "
            "for i in $(seq 500); do grep -q ' ready ' log 2>/dev/null && break; sleep 0.02; done; "
            "kcat -L -b 127.0.0.1:9092 -m 10 && kcat -L -b '[::1]:9092' -m 10; code=$?; kill $!; wait $!; echo code $code $?"
        )
        command = ["unshare", "--user", "--map-root-user", "--net", "sh", "-c", script]
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin:/sbin", "HOME": str(tmp_path)}
        done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=environment, timeout=60)
        if "unshare" in done.stderr and done.returncode:
            pytest.skip(f"no network namespaces here: {done.stderr.strip()}")
        log = (tmp_path / "log").read_text()
        assert "code 0 0" in done.stdout, done.stdout + done.stderr + log
        assert "127.0.0.1:9092,[::1]:9092" in log
        assert (tmp_path / ".local/share/millrace/broker.json").exists()
        assert "broker 1 at 127.0.0.1:9092" in done.stdout and "broker 1 at ::1:9092" in done.stdout.replace("[", "").replace("]", "")

    def test_it_is_ready_soon(self, own_broker):
        broker = own_broker().start()
        took = float(re.search(r"start_ms=([\d.]+)", broker.log_text()).group(1))
        assert took < 20_000  # a sanitized build on a busy machine; the figure for the release is measured elsewhere

    def test_two_brokers_cannot_share_a_data_directory(self, own_broker):
        broker = own_broker().start()
        second = run(f"--data-dir={broker.data}", f"--listeners=127.0.0.1:{free_port()}")
        assert second.returncode not in (0, None)
        assert str(broker.process.pid) in second.stdout + second.stderr, "it must say who holds the directory"
        assert wire.alive(broker.address)

    def test_a_taken_port_is_named(self, own_broker, tmp_path):
        broker = own_broker().start()
        second = run(f"--data-dir={tmp_path / 'other'}", f"--listeners={broker.address}")
        assert second.returncode not in (0, None)
        assert broker.address in second.stderr and "in use" in second.stderr.lower()
        third = Broker(tmp_path / "third")
        third.data = tmp_path / "other"  # what the failed start left behind does not stand in the way
        third.start().stop()

    def test_a_data_directory_that_cannot_be_written_is_refused(self, tmp_path):
        (tmp_path / "file").write_text("not a directory")
        done = run(f"--data-dir={tmp_path / 'file'}", f"--listeners=127.0.0.1:{free_port()}")
        assert done.returncode not in (0, None)
        assert str(tmp_path / "file") in done.stderr

    def test_the_service_manager_is_told(self, own_broker, tmp_path):
        path = str(tmp_path / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.bind(path)
            s.settimeout(20)
            broker = own_broker(environment={"NOTIFY_SOCKET": path}).start()
            assert "READY=1" in s.recv(4096).decode().splitlines()
            broker.process.send_signal(signal.SIGHUP)
            said = ""
            while "RELOADING=1" not in said or said.count("READY=1") < 1:
                said += s.recv(4096).decode() + "\n"
            assert "MONOTONIC_USEC=" in said
            broker.process.terminate()
            while "STOPPING=1" not in said:
                said += s.recv(4096).decode() + "\n"
            assert broker.process.wait(30) == 0


class TestStop:
    def test_sigterm_ends_with_zero_soon_while_clients_are_connected(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        with Connection(broker.address) as idle, Connection(broker.address) as waiting:
            idle.api_versions()
            waiting.send("Fetch", 11, sample("Fetch", "t") | {"max_wait_ms": 60_000})
            started = time.monotonic()
            broker.stop()
            assert time.monotonic() - started < 30
            assert idle.wait_closed()

    def test_what_is_in_flight_is_answered_first(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        with Connection(broker.address, timeout=30) as c:
            c.api_versions()
            for _ in range(20):
                c.send("Produce", 7, sample("Produce", "t"))
            offsets = [c.receive("Produce", 7)[1]["responses"][0]["partition_responses"][0]["base_offset"]]
            broker.process.terminate()
            try:
                while True:
                    answer = c.receive("Produce", 7)[1]["responses"][0]["partition_responses"][0]
                    if answer["error_code"] == 0:
                        offsets.append(answer["base_offset"])
            except wire.Closed:
                pass
        assert broker.process.wait(30) == 0
        broker.start()
        with Connection(broker.address) as c:
            end = c.list_offset("t", 0, -1)["offset"]
            assert offsets == list(range(0, 2 * len(offsets), 2))
            assert end >= 2 * len(offsets), "an answered record is gone"

    def test_a_waiting_fetch_does_not_hold_it_up(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        held = [Connection(broker.address) for _ in range(50)]
        for c in held:
            c.send("Fetch", 11, sample("Fetch", "t") | {"max_wait_ms": 60_000})
        started = time.monotonic()
        broker.stop()
        assert time.monotonic() - started < 30
        for c in held:
            assert c.wait_closed()
            c.close()

    def test_a_client_that_does_not_read_does_not_hold_it_up(self, own_broker):
        broker = own_broker(shutdown_timeout_ms=1000).start()
        create_topic(broker.address, "t")
        with Connection(broker.address) as c:
            for i in range(10):
                c.produce("t", 0, batches.build(text_records(500, size=1000, seed=i)))
        payload, _ = wire.encode_request("Fetch", 11, sample("Fetch", "t"))
        with socket.create_connection(wire.split_address(broker.address)) as s:
            s.sendall(wire.frame(payload) * 30)
            started = time.monotonic()
            broker.process.terminate()
            code = broker.process.wait(30)
            assert time.monotonic() - started < 15
            assert code in (0, 3)  # 3: stopped cleanly, but somebody was not answered in time

    def test_sigint_stops_it_too(self, own_broker):
        broker = own_broker().start()
        broker.process.send_signal(signal.SIGINT)
        assert broker.process.wait(30) == 0
        assert (broker.data / "clean-shutdown").exists()

    def test_new_connections_are_not_accepted_while_it_drains(self, own_broker):
        broker = own_broker().start()
        broker.process.terminate()
        broker.process.wait(30)
        with pytest.raises(OSError):
            Connection(broker.address)

    def test_a_paused_broker_goes_on(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        with Connection(broker.address, timeout=20) as c:
            c.produce("t", 0, small_batch())
            broker.process.send_signal(signal.SIGSTOP)
            c.send("Produce", 7, sample("Produce", "t"))
            broker.process.send_signal(signal.SIGCONT)
            answer = c.receive("Produce", 7)[1]["responses"][0]["partition_responses"][0]
            assert (answer["error_code"], answer["base_offset"]) == (0, 2)


class TestConfiguration:
    def test_version_and_help(self, tmp_path):
        done = run("--version", cwd=tmp_path)
        assert done.returncode == 0 and re.fullmatch(r"millraced \d+\.\d+\.\d+\n", done.stdout)
        done = run("--help", cwd=tmp_path)
        assert done.returncode == 0 and "--data-dir" in done.stdout and "--check-config" in done.stdout
        assert list(tmp_path.iterdir()) == []

    def test_a_good_file_is_checked_without_starting(self, tmp_path):
        file = tmp_path / "m.toml"
        file.write_text(f'data_dir = "{tmp_path / "data"}"\nnum_partitions = 7\n')
        done = run("--config", file, "--check-config")
        assert (done.returncode, (tmp_path / "data").exists()) == (0, False), done.stderr

    @pytest.mark.parametrize(
        "line, named",
        [
            ('no_such_key = 1', "no_such_key"),
            ('num_partitions = 0', "num_partitions"),
            ('num_partitions = "many"', "num_partitions"),
            ('durability = "sometimes"', "durability"),
            ('listeners = ["127.0.0.1"]', "listeners"),
            ('listeners = ["0.0.0.0:9092"]', "listeners"),
            ('idle_timeout_ms = -5', "idle_timeout_ms"),
            ('max_connections = 99999999999999999999', "max_connections"),
        ],
    )  # fmt: skip
    @pytest.mark.parametrize("check", [True, False], ids=["check", "start"])
    def test_a_bad_line_is_refused_with_its_name_and_number(self, check, line, named, tmp_path):
        file = tmp_path / "m.toml"
        file.write_text(f'# a comment\n\ndata_dir = "{tmp_path / "data"}"\n{line}\n')
        done = run("--config", file, *(["--check-config"] if check else []))
        assert done.returncode == 2
        assert named in done.stderr
        if "0.0.0.0" not in line:  # that rule binds two keys, so it has no line
            assert f"{file}:4" in done.stderr, done.stderr
        assert not (tmp_path / "data").exists()

    def test_a_missing_file_is_refused(self, tmp_path):
        done = run("--config", tmp_path / "none.toml", "--check-config")
        assert done.returncode == 2 and "none.toml" in done.stderr

    @pytest.mark.parametrize("flag", ["--no-such-flag=1", "--num-partitions=x", "stray"])
    def test_a_bad_flag_is_refused(self, flag):
        done = run(flag, "--check-config")
        assert done.returncode == 2 and flag.strip("-").split("=")[0].split("-")[0] in done.stderr

    def test_flags_win_over_environment_and_that_over_the_file(self, tmp_path):
        file = tmp_path / "m.toml"
        file.write_text("num_partitions = 3\nmax_connections = 30\nsegment_ms = 77777\n")
        environment = {"MILLRACE_NUM_PARTITIONS": "4", "MILLRACE_MAX_CONNECTIONS": "40"}
        done = run("--config", file, "--print-config", "--num-partitions=5", environment=environment)
        assert done.returncode == 0, done.stderr
        found = {m[1]: (m[2], m[3]) for m in re.finditer(r"^(\w+) = (\S+) *#? *(.*)$", done.stdout, re.MULTILINE)}
        assert found["num_partitions"][0] == "5"
        assert found["max_connections"][0] == "40"
        assert found["segment_ms"][0] == "77777"
        assert found["retention_ms"][0] == "604800000"
        origins = [found[k][1] for k in ("num_partitions", "max_connections", "segment_ms", "retention_ms")]
        for origin, word in zip(origins, ["--num-partitions", "MILLRACE_MAX_CONNECTIONS", f"{file}:3", "default"]):
            assert word in origin, f"{origin!r} does not say {word}"

    def test_the_shipped_file_is_fine(self):
        shipped = pathlib.Path(__file__).parents[2] / "config" / "millrace.toml"
        done = run("--config", shipped, "--check-config")
        assert done.returncode == 0, done.stderr

    def test_sighup_takes_over_what_may_change_and_keeps_the_old_when_the_file_is_bad(self, tmp_path, own_broker):
        file = tmp_path / "m.toml"
        file.write_text("num_partitions = 2\n")
        broker = own_broker(arguments=["--config", str(file)]).start()

        def made(name):
            with Connection(broker.address) as c:
                c.call("Metadata", 5, {"topics": [{"name": name}], "allow_auto_topic_creation": True})
                return len(c.call("Metadata", 5, {"topics": [{"name": name}]})["topics"][0]["partitions"])

        def reload(text, line):
            file.write_text(text)
            before = broker.log_text().count("\n")
            broker.process.send_signal(signal.SIGHUP)
            wait_until(lambda: re.search(line, "\n".join(broker.log_text().splitlines()[before:])), line)

        assert made("first") == 2
        reload("num_partitions = 3\n", "num_partitions")
        assert made("second") == 3
        broker.expect_error("not reloaded")
        reload("num_partitions = zero\n", "m.toml:1")
        assert made("third") == 3
        reload("num_partitions = 4\noffsets_topic_num_partitions = 9\n", "restart.*offsets_topic_num_partitions")
        assert made("fourth") == 4

    def test_log_lines_can_be_json(self, own_broker):
        broker = own_broker(log_format="json")
        broker.spawn()
        wait_until(lambda: "ready" in broker.log_text(), "the ready line")
        for line in broker.log_text().splitlines():
            assert json.loads(line)["level"] == "info"
        broker.process.terminate()
        assert broker.process.wait(30) == 0


class TestListeners:
    def test_ipv6(self, own_broker):
        broker = own_broker(host="::1").start()
        listing = json.loads(kcat.run("-L", "-J", "-b", broker.address).stdout)
        assert listing["brokers"][0]["name"].replace("[", "").replace("]", "") == f"::1:{broker.port}"
        kcat.run("-P", "-b", broker.address, "-t", "t", input=b"over six\n")
        done = kcat.run("-C", "-q", "-b", broker.address, "-t", "t", "-e", "-o", "beginning")
        assert done.stdout == b"over six\n"

    def test_each_listener_tells_its_own_address(self, own_broker):
        broker = own_broker()
        six = free_port("::1")
        broker.arguments = [f"--listeners=127.0.0.1:{broker.port},[::1]:{six}"]
        broker.command = lambda: [binary(), f"--data-dir={broker.data}", *broker.arguments]
        broker.start()
        for address, host, port in [(broker.address, "127.0.0.1", broker.port), (f"[::1]:{six}", "::1", six)]:
            with Connection(address) as c:
                found = c.call("Metadata", 5, {"topics": []})["brokers"]
                assert [(b["host"], b["port"]) for b in found] == [(host, port)]
                coordinator = c.call("FindCoordinator", 1, {"key": "g", "key_type": 0})
                assert (coordinator["host"], coordinator["port"]) == (host, port)

    def test_clients_are_told_the_advertised_address(self, own_broker):
        broker = own_broker(advertised_listeners="broker.example:4711").start()
        with Connection(broker.address) as c:
            found = c.call("Metadata", 5, {"topics": []})["brokers"]
            assert [(b["host"], b["port"]) for b in found] == [("broker.example", 4711)]

    def test_port_zero_takes_any_and_says_which(self, own_broker):
        broker = own_broker()
        broker.port = 0
        broker.spawn()
        found = wait_until(lambda: re.search(r"kafka=127\.0\.0\.1:(\d+)", broker.log_text()), "the ready line")
        assert int(found.group(1)) > 0
        assert wire.alive(f"127.0.0.1:{found.group(1)}")


class TestConnectionLimits:
    def connected(self, address, count):
        """How many of `count` connections are served, and the connections."""
        held, served = [], 0
        for _ in range(count):
            try:
                c = Connection(address, timeout=30)
                held.append(c)
                c.api_versions()
                served += 1
            except (OSError, wire.Closed):
                pass
        return served, held

    @pytest.mark.parametrize("key", ["max_connections", "max_connections_per_address"])
    def test_connections_beyond_the_limit_are_closed_and_the_others_live(self, key, own_broker):
        broker = own_broker(**{key: 20}).start()
        wait_until(lambda: broker.descriptors(), "descriptors")
        served, held = self.connected(broker.address, 40)
        assert 19 <= served <= 20
        alive = [c for c in held[:19] if c.api_versions()]
        assert len(alive) == 19
        for c in held:
            c.close()
        wait_until(lambda: self.fresh(broker.address), "room for a new connection")
        lines = len(broker.log_text().splitlines())
        assert lines < 12, f"{lines} log lines: a stranger can fill the disk with refused connections"

    def fresh(self, address):
        served, held = self.connected(address, 1)
        for c in held:
            c.close()
        return served

    def test_idle_connections_are_closed_and_busy_ones_are_not(self, own_broker):
        broker = own_broker(idle_timeout_ms=5000).start()
        create_topic(broker.address, "t")
        with Connection(broker.address) as idle, Connection(broker.address, timeout=30) as busy:
            idle.api_versions()
            silent = Connection(broker.address)  # never says a word
            started = time.monotonic()
            while time.monotonic() - started < 10:
                # A long poll longer than the idle time is not idleness.
                busy.fetch("t", 0, 0, max_wait_ms=6000)
            assert idle.wait_closed()
            assert silent.wait_closed()
            busy.api_versions()

    def test_running_out_of_descriptors_does_not_spin_and_does_not_kill(self, own_broker):
        broker = own_broker(max_connections=100_000, max_connections_per_address=100_000)

        def few_descriptors():
            resource.setrlimit(resource.RLIMIT_NOFILE, (128, 128))

        broker.expect_error("descriptor|Too many open files|accept")
        broker.start(preexec=few_descriptors)
        create_topic(broker.address, "t")
        with Connection(broker.address) as good:
            assert good.produce("t", 0, small_batch())["error_code"] == 0
            held = []
            for _ in range(300):
                s = socket.socket()
                s.settimeout(2)
                try:
                    s.connect(wire.split_address(broker.address))
                    held.append(s)
                except OSError:
                    s.close()
            before, began = broker.cpu_seconds(), time.monotonic()
            time.sleep(2)  # the time over which the CPU is measured
            used, span = broker.cpu_seconds() - before, time.monotonic() - began
            assert used < 0.25 * span, f"{used:.2f} s of CPU in {span:.2f} s while it can accept nobody"
            assert good.produce("t", 0, small_batch())["error_code"] == 0
            for s in held:
                s.close()
        wait_until(lambda: self.fresh(broker.address), "room for a new connection")
        lines = len(broker.log_text().splitlines())
        assert lines < 60, f"{lines} log lines"
        broker.stop()

    def test_an_idle_broker_uses_no_cpu(self, own_broker):
        broker = own_broker().start()
        create_topic(broker.address, "t")
        held = [Connection(broker.address) for _ in range(50)]
        for c in held:
            c.api_versions()

        def used():
            before = broker.cpu_seconds()
            time.sleep(2)  # the time over which the CPU is measured
            return broker.cpu_seconds() - before

        # What a start leaves to do, and a clock that counts in hundredths, may spoil one of them.
        assert any(used() < 0.1 for _ in range(5))
        for c in held:
            c.close()

    def test_a_request_above_the_configured_size_closes_the_connection(self, own_broker):
        broker = own_broker(request_bytes_max=2_000_000).start()
        with Connection(broker.address) as c:
            c.send_bytes(struct.pack(">i", 2_000_001))
            assert c.wait_closed()
        with Connection(broker.address) as c:
            payload, _ = wire.encode_request("Metadata", 5, {"topics": [{"name": "x" * 30_000}] * 60})
            c.send_bytes(wire.frame(payload))
            assert len(c.read_frame()) > 0


def test_topics_can_be_left_to_the_administrator(own_broker):
    broker = own_broker(auto_create_topics="false").start()
    with Connection(broker.address) as c:
        asked = {"topics": [{"name": "wanted"}], "allow_auto_topic_creation": True}
        assert c.call("Metadata", 5, asked)["topics"][0]["error_code"] == 3
        names = [t["name"] for t in c.call("Metadata", 5, {"topics": None})["topics"]]
        assert "wanted" not in names


def test_retention_by_size_removes_whole_old_segments(own_broker):
    settings = {"segment_bytes": 65536, "max_message_bytes": 60000, "retention_check_interval_ms": 100}
    broker = own_broker(**settings).start()
    create_topic(broker.address, "t", configs={"retention.bytes": 200_000})
    with Connection(broker.address) as c:
        for i in range(40):
            assert c.produce("t", 0, batches.build(text_records(40, size=500, seed=i)))["error_code"] == 0
        start = wait_until(lambda: c.list_offset("t", 0, -2)["offset"], "the removal of old segments")
        assert c.list_offset("t", 0, -1)["offset"] == 1600
        # Less than this, and no further segment can go: its start stays where it is.
        most = 200_000 + settings["segment_bytes"]

        def has_less():
            with contextlib.suppress(FileNotFoundError):  # one that goes meanwhile
                return sum(p.stat().st_size for p in (broker.data / "t-0").glob("*.log")) < most

        wait_until(has_less, "less on disk")
        start = c.list_offset("t", 0, -2)["offset"]
        assert c.fetch("t", 0, start)["error_code"] == 0
        assert c.fetch("t", 0, start - 1)["error_code"] == 1
    broker.restart()
    with Connection(broker.address) as c:
        assert c.list_offset("t", 0, -2)["offset"] >= start


def test_retention_by_time_removes_what_is_old(own_broker):
    settings = {"segment_bytes": 65536, "max_message_bytes": 60000, "retention_check_interval_ms": 100}
    broker = own_broker(**settings).start()
    create_topic(broker.address, "t", configs={"retention.ms": 1000})
    with Connection(broker.address) as c:
        for i in range(10):
            old = [r._replace(timestamp=1_600_000_000_000 + i) for r in text_records(40, size=500, seed=i)]
            assert c.produce("t", 0, batches.build(old))["error_code"] == 0
        wait_until(lambda: c.list_offset("t", 0, -2)["offset"] > 0, "the removal of old segments")
        assert c.list_offset("t", 0, -1)["offset"] == 400


def test_clients_of_a_dying_broker_are_not_answered_with_errors(own_broker):
    """A crash looks like a crash: connections break, nobody is told a lie."""
    broker = own_broker().start()
    create_topic(broker.address, "t")
    answers = []

    def produce():
        try:
            with Connection(broker.address) as c:
                while True:
                    answers.append(c.produce("t", 0, small_batch())["error_code"])
        except (wire.Closed, OSError):
            pass

    threads = [threading.Thread(target=produce) for _ in range(4)]
    for t in threads:
        t.start()
    wait_until(lambda: len(answers) > 50, "some answers")
    broker.kill()
    for t in threads:
        t.join(20)
    assert set(answers) == {0}
