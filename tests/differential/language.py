"""The language of the script: a request, the versions to send it in, and what to remember of the answer.

A step is data. The same steps go to both brokers, each with values of its own for what a broker draws: `bind` names a
part of an answer, `ref` stands for it in a later request. A path is written with dots: `topics.0.topic_id`.
"""

import time
from dataclasses import dataclass, field

import harness  # noqa: F401  (on the path of the runner)
from harness import batches
from harness.records import Record

ALL = "all"  # every version that both brokers serve
NEWEST = "newest"
# The time at which records of the script were written: the same for both, and past for both.
T0 = int(time.time()) * 1000 - 3_600_000


@dataclass(frozen=True)
class Ref:
    """What `bind` named, on the side that is asked."""

    name: str


ref = Ref


@dataclass
class Made:
    """Bytes that hold references: built once these are known."""

    build: object
    arguments: dict


@dataclass
class Step:
    script: str
    title: str
    api: str
    fields: dict
    versions: object = NEWEST
    on: str = "main"  # the connection
    bind: dict = field(default_factory=dict)  # name → path in the answer
    until: dict = field(default_factory=dict)  # path → value: asked again until the answer says so
    mode: str = "call"  # or "send", "receive", "raw"
    raw: bytes = b""
    patience: float = 20  # seconds to wait for an answer

    def name(self, version):
        return f"{self.script}: {self.title} ({self.api} v{version})"


class Script:
    """A chapter: steps in the order in which they are sent. Where `needs` is not served, nothing of it is."""

    def __init__(self, name, needs="ApiVersions"):
        self.name = name
        self.needs = needs
        self.steps = []

    def call(self, api, title, fields=None, **more):
        """A request, and its answer on the same connection."""
        self.steps.append(Step(self.name, title, api, fields or {}, **more))

    def send(self, api, title, fields=None, **more):
        """A request whose answer is fetched later by receive(), so that others can be sent meanwhile."""
        self.steps.append(Step(self.name, title, api, fields or {}, mode="send", **more))

    def receive(self, api, title, **more):
        self.steps.append(Step(self.name, title, api, {}, mode="receive", **more))

    def raw(self, title, frame, **more):
        """Bytes as they are, on a connection of their own; what comes back is compared as bytes."""
        self.steps.append(Step(self.name, title, "bytes", {}, mode="raw", raw=frame, versions=[0], **more))

    def topic(self, name, partitions=1, configs=None, bind=None):
        """Creates a topic and waits until it is served: a chapter's ground, compared as well."""
        config = [{"name": k, "value": v} for k, v in (configs or {}).items()]
        topic = {"name": name, "num_partitions": partitions, "replication_factor": 1, "configs": config}
        self.call("CreateTopics", f"create {name}", {"topics": [topic], "timeout_ms": 10_000})
        self.call(
            "Metadata",
            f"{name} is there",
            {"topics": [{"name": name}], "allow_auto_topic_creation": False},
            until={"topics.0.error_code": 0},
            bind={bind or f"id of {name}": "topics.0.topic_id"},
        )
        all_ = [{"partition_index": i, "current_leader_epoch": -1, "timestamp": -1} for i in range(partitions)]
        self.call(
            "ListOffsets",
            f"{name} is served",
            {"replica_id": -1, "topics": [{"name": name, "partitions": all_}], "timeout_ms": 1000},
            until={f"topics.0.partitions.{i}.error_code": 0 for i in range(partitions)},
        )


def record(value=b"value", key=b"key", at=0, headers=()):
    return Record(key, value, headers, T0 + at)


def batch(*records, **bent):
    """A record batch; whatever is named replaces the right value, and may be a reference."""
    return Made(lambda **known: batches.build(list(records or [record()]), **known), bent)


def text(name, value):
    """A string of as many letters as wanted, for limits."""
    return (name * value)[:value]


def resolve(value, known, version):
    """`value` with references replaced and `{v}` in strings by the version."""
    if isinstance(value, Ref):
        return known.get(value.name)
    if isinstance(value, Made):
        return value.build(**resolve(value.arguments, known, version))
    if isinstance(value, dict):
        return {k: resolve(v, known, version) for k, v in value.items()}
    if isinstance(value, list):
        return [resolve(v, known, version) for v in value]
    if isinstance(value, str):
        return value.replace("{v}", str(version))
    return value


def at_path(answer, path):
    """None where the answer has no such part."""
    for part in path.split("."):
        if isinstance(answer, list):
            answer = answer[int(part)] if int(part) < len(answer) else None
        elif isinstance(answer, dict):
            answer = answer.get(part)
        if answer is None:
            return None
    return answer
