"""CloudEvents in protobuf, put together and taken apart by hand from cloudevents.proto."""

import calendar
import re
import time

EVENT_TYPE = "application/cloudevents+protobuf"
BATCH_TYPE = "application/cloudevents-batch+protobuf"
AS_EVENT = {"Content-Type": EVENT_TYPE}
AS_BATCH = {"Content-Type": BATCH_TYPE}

REQUIRED = {"id": 1, "source": 2, "specversion": 3, "type": 4}
KINDS = ["boolean", "integer", "string", "bytes", "uri", "uri_ref", "timestamp"]
DATA = {6: "binary", 7: "text", 8: "message"}


def varint(value):
    value &= (1 << 64) - 1
    out = b""
    while value > 0x7F:
        out += bytes([value & 0x7F | 0x80])
        value >>= 7
    return out + bytes([value])


def number(field, value):
    return varint(field << 3) + varint(value)


def block(field, content):
    content = content.encode() if isinstance(content, str) else content
    return varint(field << 3 | 2) + varint(len(content)) + content


def timestamp(text):
    """Of RFC 3339, as a message."""
    clock, fraction, sign, ahead = re.fullmatch(r"(.{19})(?:\.(\d+))?(?:Z|([+-])(..:..))", text).groups()
    seconds = calendar.timegm(time.strptime(clock, "%Y-%m-%dT%H:%M:%S"))
    if sign:
        offset = int(ahead[:2]) * 3600 + int(ahead[3:]) * 60
        seconds -= offset if sign == "+" else -offset
    return number(1, seconds) + number(2, int((fraction or "0")[:9].ljust(9, "0")))


def value(kind, content):
    field = KINDS.index(kind) + 1
    return number(field, int(content)) if kind in ("boolean", "integer") else block(field, content)


def typed(name, content):
    """Core attributes in their own type, others by that of the Python value, or as a pair says: ("uri", "urn:a")."""
    if isinstance(content, tuple):
        return value(*content)
    if name == "time" and isinstance(content, str):
        return value("timestamp", timestamp(content))
    if name == "dataschema" and isinstance(content, str):
        return value("uri", content)
    kinds = {bool: "boolean", int: "integer", bytes: "bytes", str: "string"}
    return value(kinds[type(content)], content)


def event(members, data=b""):
    """`data` are fields of the message: binary(…), text(…), message(…)."""
    out = b"".join(block(field, members[name]) for name, field in REQUIRED.items() if name in members)
    for name, content in members.items():
        if name not in REQUIRED:
            out += block(5, block(1, name) + block(2, typed(name, content)))
    return out + data


def binary(data):
    return block(6, data)


def text(data):
    return block(7, data)


def message(type_url, content):
    return block(8, block(1, type_url) + block(2, content))


def batch(events):
    return b"".join(block(1, each) for each in events)


def fields(raw):
    """(number, value) of a message: ints and bytes."""
    at = 0

    def take():
        nonlocal at
        got, shift = 0, 0
        while True:
            got |= (raw[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
            if raw[at - 1] < 0x80:
                return got

    while at < len(raw):
        tag = take()
        assert tag & 7 in (0, 2), tag
        if tag & 7 == 0:
            yield tag >> 3, take()
        else:
            size = take()
            assert at + size <= len(raw)
            yield tag >> 3, raw[at : at + size]
            at += size


def moment(raw):
    """The text of RFC 3339 in UTC that a Timestamp says, with as many digits as it needs."""
    parts = dict(fields(raw))
    seconds = parts.get(1, 0)
    clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds - (1 << 64) if seconds >> 63 else seconds))
    nanos = f"{parts.get(2, 0):09d}".rstrip("0")
    return f"{clock}.{nanos}Z" if nanos else f"{clock}Z"


def parsed(raw):
    """({attribute: text or value}, {attribute: kind}, (form of the data, bytes) or None)"""
    names = {field: name for name, field in REQUIRED.items()}
    members, kinds, data = {}, {}, None
    for field, content in fields(raw):
        if field in names:
            members[names[field]] = content.decode()
        elif field == 5:
            entry = dict(fields(content))
            ((which, got),) = fields(entry[2])
            name, kind = entry[1].decode(), KINDS[which - 1]
            decode = {"timestamp": moment, "boolean": bool, "integer": int, "bytes": bytes}.get(kind, bytes.decode)
            members[name], kinds[name] = decode(got), kind
        else:
            data = DATA[field], content
    return members, kinds, data


def events(raw):
    return [parsed(content) for field, content in fields(raw) if field == 1]
