"""millraced as a process: start, wait until it serves, kill, stop, and read what it said.

Waiting is polling with a bound; nothing here sleeps to let something happen.
"""

import contextlib
import fcntl
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile

from . import wire
from .waiting import wait_until

READY = re.compile(r"\binfo +app: ready kafka=(\S+)")
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|UndefinedBehaviorSanitizer)")
ERROR_LINE = re.compile(r"^\S+Z error |^millraced stops:|terminate called|CHECK")
START_TIMEOUT = 90.0
STOP_TIMEOUT = 90.0


_next_port = 20_000 + (os.getpid() * 37) % 12_000


def _claim(port):
    """Until this process ends no other test process takes the port, whether somebody listens there or not."""
    path = pathlib.Path(tempfile.gettempdir()) / "millrace-test-ports"
    path.mkdir(exist_ok=True)
    claim = (path / str(port)).open("w")
    try:
        fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        claim.close()
        return False
    _claims[port] = claim
    return True


_claims = {}


def free_port(host="127.0.0.1"):
    """A port that nobody has now, outside the range the kernel hands to clients, so that nobody takes it later;
    never the same twice in a row, so that a client of an earlier test does not find a later broker."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    global _next_port
    for _ in range(12_000):
        port = _next_port = _next_port + 1 if _next_port < 31_999 else 20_000
        if port not in _claims and not _claim(port):
            continue
        with contextlib.closing(socket.socket(family)) as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                s.bind((host, port))
                return port
    raise RuntimeError("no free port")


def binary():
    path = os.environ.get("MILLRACED")
    assert path, "MILLRACED does not name the daemon"
    return path


class Broker:
    """Settings are flags of the daemon: group_initial_rebalance_delay_ms=0 is --group-initial-rebalance-delay-ms=0."""

    def __init__(self, directory, *, port=None, host="127.0.0.1", arguments=(), environment=None, **settings):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data = self.directory / "data"
        self.log_path = self.directory / "log"
        self.host = host
        self.port = port or free_port(host)
        self.settings = settings
        self.arguments = list(arguments)
        self.environment = environment or {}
        self.process = None
        self.expected_errors = []
        self._log_from = 0

    @property
    def address(self):
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    def command(self):
        flags = [f"--data-dir={self.data}", f"--listeners={self.address}"]
        flags += [f"--{name.replace('_', '-')}={value}" for name, value in self.settings.items()]
        return [binary(), *flags, *self.arguments]

    def spawn(self, preexec=None):
        """Starts the process and does not wait for anything."""
        assert self.process is None or self.process.poll() is not None
        self._log_from = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            environment = {"PATH": os.environ["PATH"], "HOME": str(self.directory)}
            if "http_listeners" not in self.settings:
                environment["MILLRACE_HTTP_LISTENERS"] = ""  # else all brokers would want the same port
            # Without a bound, freed memory that AddressSanitizer keeps would count as the broker's.
            environment["ASAN_OPTIONS"] = "quarantine_size_mb=8:malloc_context_size=15"
            for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"):
                if name in os.environ:
                    environment[name] = f"{environment[name]}:{os.environ[name]}" if name in environment else os.environ[name]
            self.process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=environment | self.environment,
                preexec_fn=preexec,
            )
        return self

    def start(self, preexec=None):
        self.spawn(preexec)
        return self.wait_ready()

    def wait_ready(self, timeout=START_TIMEOUT):
        def ready():
            assert self.running(), f"the daemon ended with {self.process.returncode}:\n{self.log_tail()}"
            return READY.search(self.log_of_this_run())

        wait_until(ready, "the ready line", timeout, step=0.005)
        wire.alive(self.address)
        return self

    def running(self):
        return self.process is not None and self.process.poll() is None

    def kill(self):
        """kill -9; returns once the process is gone."""
        if self.running():
            self.process.send_signal(signal.SIGKILL)
        if self.process is not None:
            self.process.wait(STOP_TIMEOUT)

    def stop(self):
        """SIGTERM; the daemon must drain and exit with 0."""
        assert self.running(), f"the daemon is already gone:\n{self.log_tail()}"
        self.process.terminate()
        code = self.process.wait(STOP_TIMEOUT)
        assert code == 0, f"exit code {code} after SIGTERM:\n{self.log_tail()}"

    def restart(self):
        self.stop()
        return self.start()

    def crash_and_restart(self):
        self.kill()
        return self.start()

    def log_text(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def log_of_this_run(self):
        if not self.log_path.exists():
            return ""
        return self.log_path.read_bytes()[self._log_from :].decode(errors="replace")

    def log_tail(self, lines=40):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def expect_error(self, pattern):
        """Error lines that match are part of the test."""
        self.expected_errors.append(re.compile(pattern))

    def assert_quiet_log(self):
        text = self.log_text()
        assert not SANITIZER.search(text), f"a sanitizer spoke:\n{self.log_tail(120)}"
        for line in text.splitlines():
            expected = any(p.search(line) for p in self.expected_errors)
            assert expected or not ERROR_LINE.search(line), f"unexpected error in the log: {line}"

    def rss_kib(self):
        return self._status("VmRSS")

    def peak_rss_kib(self):
        return self._status("VmHWM")

    def reset_peak_rss(self):
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5")

    def _status(self, name):
        text = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE).group(1))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))
