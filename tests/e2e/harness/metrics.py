"""Prometheus's text format, read the way that its page describes it: `name{label="value",…} number`, a sample a line."""

import re

from . import http
from .broker import wait_until

_NAME = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"(?:,|(?=\}))')
_ESCAPES = {"\\n": "\n", '\\"': '"', "\\\\": "\\"}


def _unescaped(text):
    return re.sub(r"\\.", lambda found: _ESCAPES[found.group()], text)


class Samples:
    """value("name", label="value") of one scrape."""

    def __init__(self, text):
        self.text = text
        self.types = {}
        self.all = {}
        for line in text.split("\n"):
            if line.startswith("# TYPE "):
                name, kind = line.split(" ")[2:]
                assert name not in self.types, f"{name} is told twice"
                self.types[name] = kind
            elif line and not line.startswith("#"):
                self._add(line)

    def _add(self, line):
        name = _NAME.match(line).group()
        at, labels = len(name), []
        if line[at] == "{":
            at += 1
            while line[at] != "}":
                found = _LABEL.match(line, at)
                assert found, f"not a label: {line[at:]}"
                labels.append((found.group(1), _unescaped(found.group(2))))
                at = found.end()
            at += 1
        key = (name, frozenset(labels))
        assert key not in self.all, f"told twice: {line}"
        self.all[key] = float(line[at:])

    def value(self, name, **labels):
        return self.all[name, frozenset(labels.items())]

    def get(self, name, **labels):
        """None when there is no such series."""
        return self.all.get((name, frozenset(labels.items())))

    def labels(self, name):
        """[{label: value}] of all series of that name."""
        return [dict(labels) for found, labels in self.all if found == name]


def scrape(at):
    """What was counted after this was called: an answer that is a second old is asked for again."""

    def once():
        status, fields, body = http.request(at, "GET", "/metrics")
        assert status == 200, body
        assert fields["content-type"].replace(" ", "").startswith("text/plain;version=0.0.4"), fields
        return Samples(body)

    made = "millrace_metrics_collections_total"
    first = once().value(made)
    return wait_until(lambda: (s := once()).value(made) > first and s, "a new answer")
