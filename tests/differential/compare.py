"""Two answers, field by field: what is equal by value, what by role, and what remains.

By role: an id that a broker draws (cluster, topic, member, producer, session) and a port must stand for the same thing
on both sides throughout the run; a time must be the present on both; a text for people must be there or not. Arrays whose
elements have a name are compared by name, not by place. Everything else is compared by value.
"""

import re
import time
import uuid

from harness import batches

IDENTITIES = {"cluster_id", "topic_id", "session_id", "producer_id", "member_id", "leader", "port", "log_dir"}
TEXTS = {"error_message", "batch_index_error_message", "documentation"}
SIZES = {"total_bytes", "usable_bytes", "finalized_features_epoch"}
KEYS = [
    "name",
    "topic",
    "topic_name",
    "topic_id",
    "resource_name",
    "group_id",
    "key",
    "group",
    "partition_index",
    "partition",
    "partition_id",
    "index",
    "api_key",
    "node_id",
    "broker_id",
    "log_dir",
    "member_id",
]
IN_ORDER = {"synonyms", "records", "content", "record_errors"}
_MEMBER = re.compile(r"(.*?)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[A-Za-z0-9_-]{22})", re.DOTALL)
ABSENT = "absent"


class Comparison:
    """Remembers over the run which drawn value of one side stands for which of the other."""

    def __init__(self, started=None):
        self.started = int((started or time.time()) * 1000)
        self.pairs = {}  # role → ({kafka: millrace}, {millrace: kafka})
        self.topics = ({}, {})  # of each side: {topic id: name}, so that a topic that goes by id is called by its name

    def differences(self, kafka, millrace):
        """[(path, Kafka's value, millrace's value)]"""
        out = []
        for side, answer in enumerate((kafka, millrace)):
            self._learn(side, answer)
        self._value("", kafka, millrace, out)
        return out

    def _learn(self, side, value):
        if isinstance(value, dict):
            if value.get("name") and value.get("topic_id", bytes(16)) != bytes(16):
                self.topics[side][value["topic_id"]] = value["name"]
            value = list(value.values())
        for item in value if isinstance(value, list) else ():
            self._learn(side, item)

    def _value(self, path, a, b, out):
        name = path.rsplit("/", 1)[-1]
        if name == "records":
            a, b = self._batches(a), self._batches(b)
        if isinstance(a, dict) and isinstance(b, dict):
            for key in [*a, *(k for k in b if k not in a)]:
                self._value(f"{path}/{key}".lstrip("/"), a.get(key, ABSENT), b.get(key, ABSENT), out)
        elif isinstance(a, list) and isinstance(b, list):
            left, right = self._keyed(name, a, 0), self._keyed(name, b, 1)
            for key in [*left, *(k for k in right if k not in left)]:
                self._value(f"{path}/{key}", left.get(key, ABSENT), right.get(key, ABSENT), out)
        elif not self._same(name, a, b):
            out.append((path, self._shown(name, a), self._shown(name, b)))

    def _keyed(self, name, items, side):
        out = {}
        for place, item in enumerate(items):
            key = self._key(item, side) if isinstance(item, dict) and name not in IN_ORDER else None
            key = str(place) if key is None else key
            while key in out:
                key += "'"
            out[key] = item
        return out

    def _key(self, item, side):
        for field in KEYS:
            if item.get(field) in (None, ""):
                continue
            value = item[field]
            if field == "topic_id" and value in self.topics[side]:
                return self.topics[side][value]
            if field in IDENTITIES and value != bytes(16):
                return self._drawn(field, value, side)
            return value.hex() if isinstance(value, bytes) else str(value)
        return None

    def _drawn(self, field, value, side):
        forth, back = self.pairs.get(field, ({}, {}))
        if side == 1:
            value = back.get(value)
        return f"{field} {list(forth).index(value) + 1 if value in forth else 'new'}"

    def _same(self, name, a, b):
        if name in TEXTS and isinstance(a, str) and isinstance(b, str):
            return bool(a) == bool(b)
        if name in SIZES and isinstance(a, int) and isinstance(b, int):
            return (a > 0) == (b > 0)
        if name in IDENTITIES and type(a) is type(b):
            return self._same_drawn("member_id" if name == "leader" else name, a, b)
        if "time" in name and isinstance(a, int) and isinstance(b, int):
            return a == b or self._present(a) and self._present(b)
        return type(a) is type(b) and a == b

    def _same_drawn(self, role, a, b):
        if a in (None, "", 0, -1, bytes(16)) or b in (None, "", 0, -1, bytes(16)):
            # Kafka's first producer id is 0.
            if not (role == "producer_id" and a is not None and b is not None and min(a, b) >= 0):
                return a == b
        if role == "member_id":
            left, right = _MEMBER.fullmatch(a), _MEMBER.fullmatch(b)
            if bool(left) != bool(right) or left and left.group(1) != right.group(1):
                return False
        forth, back = self.pairs.setdefault(role, ({}, {}))
        return forth.setdefault(a, b) == b and back.setdefault(b, a) == a

    def _present(self, value):
        return self.started - 2000 <= value <= time.time() * 1000 + 2000

    def _batches(self, data):
        if not isinstance(data, bytes):
            return data
        try:
            return [self._batch(b) for b in batches.split(data)]
        except Exception as e:  # noqa: BLE001  (whatever a broker sends is an answer to compare)
            return f"{type(e).__name__} {e}: {data.hex()}"

    @staticmethod
    def _batch(b):
        names = [
            "base_offset",
            "leader_epoch",
            "attributes",
            "last_offset_delta",
            "base_timestamp",
            "max_timestamp",
            "producer_id",
            "producer_epoch",
            "base_sequence",
            "count",
        ]
        control = b.attributes & 0x20
        inner = (
            {"control": b.payload}
            if control
            else {
                "content": [
                    {"offset": o, "key": r.key, "value": r.value, "headers": repr(r.headers), "timestamp": r.timestamp}
                    for o, r in b.records()
                ]
            }
        )
        return {n: getattr(b, n) for n in names} | inner

    @staticmethod
    def _shown(name, value):
        if name in TEXTS and isinstance(value, str) and value != ABSENT:
            return f"text {value!r}" if value else "''"
        if isinstance(value, (dict, list)):
            return "present"
        if isinstance(value, bytes):
            return str(uuid.UUID(bytes=value)) if len(value) == 16 and name == "topic_id" else f"x{value.hex()}"
        return ABSENT if value is ABSENT else repr(value)
