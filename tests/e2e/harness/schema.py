"""Kafka messages from a one-line notation: encode, decode, and know where every length field stands.

The notation is the one of the protocol reference: `name:type`, `[]{…}` for an array of structs, `[t]` for an array of
primitives, `?` nullable (`?(n+)` only from version n), `@n`, `@n+`, `@≤n`, `@a-b` for the versions that have the
field, `#n` for tagged field n. It is independent of the broker's own descriptions, which is the point: a field that the
broker has misplaced in both directions is noticed here.
"""

import re
import struct
from dataclasses import dataclass, field

_FIXED = {"i8": ">b", "i16": ">h", "i32": ">i", "i64": ">q", "u16": ">H", "f64": ">d", "bool": ">?"}
_TOKEN = re.compile(r"[a-z0-9_]+")
_RANGE = re.compile(r"@(?:(≤)(\d+)|(\d+)(\+|-(\d+))?)")


@dataclass
class Field:
    name: str
    type: str = ""  # a primitive, or "" for a struct
    array: bool = False
    fields: list = field(default_factory=list)
    nullable_from: int | None = None
    first: int = 0
    last: int = 1 << 15
    tag: int | None = None

    def in_version(self, version):
        return self.first <= version <= self.last

    def nullable(self, version):
        return self.nullable_from is not None and version >= self.nullable_from


class _Parser:
    def __init__(self, text):
        self.text = text
        self.at = 0

    def fields(self):
        out = []
        while True:
            while self._peek() == " ":
                self.at += 1
            if self._peek() in ("", "}"):
                return out
            out.append(self._field())

    def _peek(self):
        return self.text[self.at : self.at + 1]

    def _word(self):
        match = _TOKEN.match(self.text, self.at)
        assert match, f"no name at: {self.text[self.at:self.at + 20]!r}"
        self.at = match.end()
        return match.group()

    def _braced(self):
        self.at += 1
        inner = self.fields()
        assert self._peek() == "}", self.text[self.at :]
        self.at += 1
        return inner

    def _field(self):
        out = Field(self._word())
        if self._peek() == ":":
            self.at += 1
            out.type = self._word()
        elif self._peek() == "[":
            out.array = True
            self.at += 1
            if self._peek() != "]":
                out.type = self._word()
            self.at += 1
            if not out.type:
                out.fields = self._braced()
        else:
            out.fields = self._braced()
        self._modifiers(out)
        return out

    def _modifiers(self, out):
        while True:
            rest = self.text[self.at :]
            if match := re.match(r"\?\((\d+)\+\)", rest):
                out.nullable_from = int(match.group(1))
            elif match := re.match(r"\?", rest):
                out.nullable_from = 0
            elif match := re.match(r"#(\d+)", rest):
                out.tag = int(match.group(1))
            elif match := _RANGE.match(rest):
                at_most, top, low, more, high = match.groups()
                if at_most:
                    out.last = int(top)
                else:
                    out.first = int(low)
                    out.last = out.last if more == "+" else int(high or low)
            else:
                return
            self.at += match.end()


def parse(text):
    return _Parser(text).fields()


@dataclass(frozen=True)
class Mark:
    """One length or count field of an encoded message: where it stands, how wide it is, what it says."""

    at: int
    width: int
    kind: str  # i16, i32 or uvarint
    what: str


def uvarint(value):
    out = bytearray()
    value &= (1 << 64) - 1
    while value >= 0x80:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


class Encoder:
    def __init__(self, version, flexible):
        self.version = version
        self.flexible = flexible
        self.out = bytearray()
        self.marks = []

    def _length(self, count, kind, what):
        """`count` is None for null."""
        at = len(self.out)
        if self.flexible:
            self.out += uvarint(0 if count is None else count + 1)
            kind = "uvarint"
        else:
            self.out += struct.pack({"i16": ">h", "i32": ">i"}[kind], -1 if count is None else count)
        self.marks.append(Mark(at, len(self.out) - at, kind, what))

    def _primitive(self, kind, value, what):
        if kind in _FIXED:
            self.out += struct.pack(_FIXED[kind], value if value is not None else 0)
        elif kind == "uuid":
            self.out += value or bytes(16)
        else:
            data = value.encode() if isinstance(value, str) else value
            self._length(None if data is None else len(data), "i16" if kind == "str" else "i32", what)
            self.out += data or b""

    def struct(self, fields, values, path=""):
        unknown = set(values) - {f.name for f in fields}
        assert not unknown, f"no such field: {unknown}"
        for f in fields:
            if f.tag is None and f.in_version(self.version):
                self._value(f, values, f"{path}{f.name}")
        if self.flexible:
            self._tags(fields, values)

    def _value(self, f, values, what):
        value = values.get(f.name, [] if f.array else {} if not f.type else None)
        if f.name not in values and f.type in ("str", "bytes", "records") and not f.array:
            value = None if f.nullable(self.version) else b""
        if f.array:
            self._length(None if value is None else len(value), "i32", what)
            for item in value or []:
                if f.type:
                    self._primitive(f.type, item, what + "[]")
                else:
                    self.struct(f.fields, item, what + "[].")
        elif f.type:
            self._primitive(f.type, value, what)
        else:
            if f.nullable(self.version) and f.tag is None:
                self.out += b"\xff" if value is None else b"\1"
            if value is not None:
                self.struct(f.fields, value, what + ".")

    def _tags(self, fields, values):
        given = [f for f in fields if f.tag is not None and f.in_version(self.version) and f.name in values]
        at = len(self.out)
        self.out += uvarint(len(given))
        self.marks.append(Mark(at, 1, "uvarint", "tag count"))
        for f in sorted(given, key=lambda f: f.tag):
            inner = Encoder(self.version, True)
            inner._value(f, values, f.name)
            self.out += uvarint(f.tag) + uvarint(len(inner.out)) + inner.out


class Decoder:
    """Raises on anything that does not fit: an answer of the broker must be exactly right."""

    def __init__(self, data, version, flexible):
        self.data = data
        self.version = version
        self.flexible = flexible
        self.at = 0

    def take(self, count):
        assert 0 <= count <= len(self.data) - self.at, f"{count} bytes wanted, {len(self.data) - self.at} left"
        self.at += count
        return self.data[self.at - count : self.at]

    def uvarint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7
            assert shift < 64, "endless varint"

    def _length(self, kind):
        if self.flexible:
            return self.uvarint() - 1
        return struct.unpack({"i16": ">h", "i32": ">i"}[kind], self.take(2 if kind == "i16" else 4))[0]

    def _primitive(self, kind, nullable):
        if kind in _FIXED:
            return struct.unpack(_FIXED[kind], self.take(struct.calcsize(_FIXED[kind])))[0]
        if kind == "uuid":
            return bytes(self.take(16))
        length = self._length("i16" if kind == "str" else "i32")
        if length < 0:
            assert length == -1 and (nullable or kind == "records"), f"null where a {kind} must stand"
            return None
        data = bytes(self.take(length))
        return data.decode() if kind == "str" else data

    def struct(self, fields):
        out = {f.name: self._value(f) for f in fields if f.tag is None and f.in_version(self.version)}
        if self.flexible:
            tagged = {f.tag: f for f in fields if f.tag is not None and f.in_version(self.version)}
            for _ in range(self.uvarint()):
                tag, size = self.uvarint(), self.uvarint()
                inner = Decoder(self.take(size), self.version, True)
                if tag in tagged:
                    out[tagged[tag].name] = inner._value(tagged[tag])
                    assert inner.at == size, f"tag {tag} is {size} bytes, {inner.at} used"
        return out

    def _value(self, f):
        if not f.array:
            if f.type:
                return self._primitive(f.type, f.nullable(self.version))
            if f.nullable(self.version) and f.tag is None and self.take(1) == b"\xff":
                return None
            return self.struct(f.fields)
        count = self._length("i32")
        if count < 0:
            assert count == -1 and f.nullable(self.version), f"{f.name} is null"
            return None
        if f.type:
            return [self._primitive(f.type, False) for _ in range(count)]
        return [self.struct(f.fields) for _ in range(count)]
