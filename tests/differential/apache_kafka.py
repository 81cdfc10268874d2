"""One node of Apache Kafka on loopback, from its Maven artifacts: fetch, format, start, stop."""

import pathlib
import signal
import subprocess
import time

from harness import wire
from harness.broker import free_port

HERE = pathlib.Path(__file__).parent
HEAP = "256m"
START_TIMEOUT = 90.0


class Unreachable(Exception):
    """The artifacts can be neither found nor fetched."""


def version():
    pom = (HERE / "pom.xml").read_text()
    return pom.split("<kafka.version>")[1].split("<")[0]


def artifacts(folder):
    """The folder with Kafka's jars; fetched once for a version, from the local repository if it has them."""
    libs = pathlib.Path(folder) / f"kafka-{version()}"
    done = libs / ".complete"
    if done.exists():
        return libs
    libs.mkdir(parents=True, exist_ok=True)
    command = ["mvn", "-q", "-B", "-f", str(HERE / "pom.xml"), "dependency:copy-dependencies"]
    try:
        for offline in (["-o"], []):
            ran = subprocess.run(
                [*command, *offline, f"-DoutputDirectory={libs.resolve()}"],
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=300,
            )
            if ran.returncode == 0:
                done.touch()
                return libs
    except (FileNotFoundError, subprocess.TimeoutExpired) as e:
        raise Unreachable(str(e)) from e
    lines = [line for line in ran.stdout.splitlines() if "ERROR" in line]
    raise Unreachable(lines[0] if lines else ran.stdout[-300:])


class Kafka:
    """Settings are Kafka's names."""

    def __init__(self, libs, directory, settings):
        self.libs = libs
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True)
        self.port, self.controller_port = free_port(), free_port()
        self.address = f"127.0.0.1:{self.port}"
        self.log_path = self.directory / "log"
        self.process = None
        own = {
            "process.roles": "broker,controller",
            "node.id": 1,
            "controller.quorum.bootstrap.servers": f"127.0.0.1:{self.controller_port}",
            "listeners": f"PLAINTEXT://{self.address},CONTROLLER://127.0.0.1:{self.controller_port}",
            "advertised.listeners": f"PLAINTEXT://{self.address}",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
            "log.dirs": self.directory / "data",
            "offsets.topic.replication.factor": 1,
            "transaction.state.log.replication.factor": 1,
            "transaction.state.log.min.isr": 1,
            "share.coordinator.state.topic.replication.factor": 1,
            "share.coordinator.state.topic.min.isr": 1,
        }
        self.properties = self.directory / "server.properties"
        self.properties.write_text("".join(f"{k}={v}\n" for k, v in (own | settings).items()))
        (self.directory / "log4j2.properties").write_text(
            "rootLogger.level=warn\nrootLogger.appenderRef.out.ref=out\n"
            "appender.out.type=Console\nappender.out.name=out\n"
            "appender.out.layout.type=PatternLayout\nappender.out.layout.pattern=%d %p %c %m%n\n"
        )

    def _java(self, *arguments):
        return [
            "java",
            f"-Xms{HEAP}",
            f"-Xmx{HEAP}",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            f"-Dlog4j2.configurationFile={self.directory}/log4j2.properties",
            "-cp",
            f"{self.libs}/*",
            *map(str, arguments),
        ]

    def start(self):
        with self.log_path.open("ab") as log:
            streams = {"stdin": subprocess.DEVNULL, "stdout": log, "stderr": subprocess.STDOUT}
            subprocess.run(
                self._java(
                    "kafka.tools.StorageTool",
                    "format",
                    "--standalone",
                    "-t",
                    "AAAAAAAAAAAAAAAAAAAAAQ",
                    "-c",
                    self.properties,
                ),
                check=True,
                **streams,
            )
            self.process = subprocess.Popen(self._java("kafka.Kafka", self.properties), **streams)
        deadline = time.monotonic() + START_TIMEOUT
        while not self._serves():
            assert self.process.poll() is None, f"Kafka ended:\n{self.log_tail()}"
            assert time.monotonic() < deadline, f"Kafka does not come up:\n{self.log_tail()}"
            time.sleep(0.05)
        return self

    def _serves(self):
        try:
            with wire.Connection(self.address, timeout=5) as c:
                found = c.call("Metadata", 1, {"topics": []})
                return found["controller_id"] == 1 and len(found["brokers"]) == 1
        except (OSError, wire.Closed):
            return False

    def log_tail(self):
        return "\n".join(self.log_path.read_text(errors="replace").splitlines()[-30:])

    def stop(self):
        """What it stored is of no use to anyone, so it goes at once."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        if self.process:
            self.process.wait(30)
