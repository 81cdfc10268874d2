"""Record batches (magic 2), built and read byte by byte, so that a test can also build wrong ones."""

import gzip
import struct
from dataclasses import dataclass

import crc32c
import lz4.frame
import snappy
import zstandard

from .records import Record

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]
_HEADER = struct.Struct(">qiibIhiqqqhii")
_CRC_FROM = 21


def compress(codec, data):
    if codec == "gzip":
        return gzip.compress(data)
    if codec == "snappy":
        return snappy.compress(data)
    if codec == "lz4":
        return lz4.frame.compress(data)
    if codec == "zstd":
        return zstandard.ZstdCompressor().compress(data)
    return data


def _snappy_decompress(data):
    magic = b"\x82SNAPPY\x00"
    if not data.startswith(magic):
        return snappy.decompress(data)
    out, at = bytearray(), 16
    while at < len(data):
        (size,) = struct.unpack_from(">i", data, at)
        out += snappy.decompress(data[at + 4 : at + 4 + size])
        at += 4 + size
    return bytes(out)


def decompress(codec, data):
    if codec == "gzip":
        return gzip.decompress(data)
    if codec == "snappy":
        return _snappy_decompress(data)
    if codec == "lz4":
        return lz4.frame.decompress(data)
    if codec == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(data)
    return data


def zigzag(value):
    value = (value << 1) ^ (value >> 63)
    out = bytearray()
    while value >= 0x80:
        out.append((value & 0x7F) | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _blob(data):
    return zigzag(-1) if data is None else zigzag(len(data)) + data


def encode_record(record, offset_delta, timestamp_delta):
    body = b"\x00" + zigzag(timestamp_delta) + zigzag(offset_delta) + _blob(record.key) + _blob(record.value)
    body += zigzag(len(record.headers))
    for name, value in record.headers:
        body += _blob(name.encode()) + _blob(value)
    return zigzag(len(body)) + body


def build(
    records,
    *,
    codec="none",
    payload=None,
    base_offset=0,
    magic=2,
    attributes=None,
    crc=None,
    count=None,
    last_offset_delta=None,
    producer_id=-1,
    producer_epoch=-1,
    base_sequence=-1,
    length=None,
    max_timestamp=None,
):
    """One batch. Whatever is named replaces the right value; `payload` replaces the compressed records."""
    base = records[0].timestamp or 0
    if payload is None:
        raw = b"".join(encode_record(r, i, (r.timestamp or 0) - base) for i, r in enumerate(records))
        payload = compress(codec, raw)
    tail = struct.pack(
        ">hiqqqhii",
        CODECS.index(codec) if attributes is None else attributes,
        len(records) - 1 if last_offset_delta is None else last_offset_delta,
        base,
        max(r.timestamp or 0 for r in records) if max_timestamp is None else max_timestamp,
        producer_id,
        producer_epoch,
        base_sequence,
        len(records) if count is None else count,
    )
    right_crc = crc32c.crc32c(tail + payload)
    head = struct.pack(
        ">qiibI",
        base_offset,
        len(tail) + len(payload) + 9 if length is None else length,
        -1,
        magic,
        right_crc if crc is None else crc,
    )
    return head + tail + payload


@dataclass
class Batch:
    base_offset: int
    leader_epoch: int
    attributes: int
    last_offset_delta: int
    base_timestamp: int
    max_timestamp: int
    producer_id: int
    producer_epoch: int
    base_sequence: int
    count: int
    payload: bytes
    raw: bytes

    @property
    def codec(self):
        return CODECS[self.attributes & 7]

    @property
    def next_offset(self):
        return self.base_offset + self.last_offset_delta + 1

    def records(self):
        """(offset, Record) of every record, with its own timestamp."""
        return list(_walk(decompress(self.codec, self.payload), self))


def _walk(data, batch):
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return (value >> 1) ^ -(value & 1)

    def blob():
        nonlocal at
        size = varint()
        if size < 0:
            return None
        at += size
        return bytes(data[at - size : at])

    for _ in range(batch.count):
        end = varint()
        end += at
        at += 1
        timestamp = batch.base_timestamp + varint()
        offset = batch.base_offset + varint()
        key, value = blob(), blob()
        headers = tuple((blob().decode(), blob()) for _ in range(varint()))
        assert at == end, "a record is longer or shorter than it says"
        yield offset, Record(key, value, headers, timestamp)
    assert at == len(data), "bytes after the last record"


def split(data):
    """The whole batches at the start of a fetch answer; a cut last one is left out. Checks each CRC."""
    out, at = [], 0
    while at + _HEADER.size <= len(data):
        fields = _HEADER.unpack_from(data, at)
        end = at + 12 + fields[1]
        if end > len(data):
            break
        base_offset, _, epoch, magic, crc = fields[:5]
        assert magic == 2, f"magic {magic}"
        assert crc32c.crc32c(bytes(data[at + _CRC_FROM : end])) == crc, f"wrong CRC at offset {base_offset}"
        out.append(Batch(base_offset, epoch, *fields[5:], bytes(data[at + 61 : end]), bytes(data[at:end])))
        at = end
    return out
