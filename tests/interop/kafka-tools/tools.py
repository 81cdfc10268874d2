"""Kafka's command-line tools as an operator starts them: words in, text out."""

import os
import struct
import subprocess
import sys

sys.path.append(os.path.join(os.path.dirname(__file__), "..", "python"))

from stage import Fault

PACKAGE = "org.apache.kafka.tools."
# The client compiler alone: these are short lives.
JAVA = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp"]


class Tools:
    def __init__(self, address, place):
        self.address, self.path = address, f"{place}/classes:{place}/libs/*"
        self.host = subprocess.Popen([*JAVA, self.path, "Host"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __call__(self, tool, *words, sent="", fails=False):
        """What the tool says on its standard output; if it `fails`, what it complains about, too."""
        return self.offline(tool, *words, "--bootstrap-server", self.address, sent=sent, fails=fails)

    def first(self, tool, *words):
        """For a tool that wants the address before all other words."""
        return self.offline(tool, "--bootstrap-server", self.address, *words)

    def offline(self, tool, *words, sent="", fails=False):
        code, out, errors = self._ask([PACKAGE + tool, *map(str, words)], sent)
        print(tool, *words, out[-2000:], errors[-2000:], sep="\n", file=sys.stderr)
        failed = code != 0 or out.lstrip().startswith("Error: ")  # consumer-groups always ends with 0
        if failed != fails:
            raise Fault(f"{tool}: exit code {code}: {(out + errors)[-300:]}")
        return out + errors if fails else out

    def start(self, tool, *words):
        """A tool that goes on until it is killed."""
        command = [*JAVA, self.path, PACKAGE + tool, *map(str, words), "--bootstrap-server", self.address]
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def _ask(self, words, sent):
        asked = [word.encode() for word in [*words, sent]]
        text = b"".join(struct.pack(">i", len(word)) + word for word in asked)
        self.host.stdin.write(struct.pack(">i", len(words)) + text)
        self.host.stdin.flush()
        return self._int(), self._text(), self._text()

    def _int(self):
        got = self.host.stdout.read(4)
        if len(got) < 4:
            raise Fault("the tools' process ended")
        return struct.unpack(">i", got)[0]

    def _text(self):
        return self.host.stdout.read(self._int()).decode()


def rows(text):
    """The lines that have words, as words."""
    return [line.split() for line in text.splitlines() if line.split()]


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise Fault(f"no {part!r} in {text[-400:]!r}")
