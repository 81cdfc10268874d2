"""A Kafka connection with nothing between the test and the bytes: one socket, requests as dictionaries."""

import socket
import struct
import time

from . import batches
from .messages import BY_KEY, BY_NAME
from .schema import Decoder, Encoder

CLIENT_ID = "e2e"


def split_address(address):
    host, port = address.rsplit(":", 1)
    return host.strip("[]"), int(port)


def frame(payload):
    return struct.pack(">i", len(payload)) + payload


def encode_header(api_key, version, correlation_id, flexible, client_id=CLIENT_ID):
    """(bytes, encoder marks of the header)"""
    out = Encoder(0, False)
    out.out += struct.pack(">hhi", api_key, version, correlation_id)
    out._primitive("str", client_id, "client_id")
    if flexible:
        out.out.append(0)
    return bytes(out.out), out.marks


def encode_request(name, version, values=None, correlation_id=1, client_id=CLIENT_ID):
    """(payload without the frame length, marks of every length field in it)"""
    api = BY_NAME[name]
    header, marks = encode_header(api.key, version, correlation_id, api.flexible(version), client_id)
    body = Encoder(version, api.flexible(version))
    body.struct(api.request_fields(), values or {})
    shifted = [type(m)(m.at + len(header), m.width, m.kind, m.what) for m in body.marks]
    return header + bytes(body.out), list(marks) + shifted


def decode_response(name, version, payload):
    """(correlation id, body). Every byte must be used, and every byte must be there."""
    api = BY_NAME[name]
    (correlation_id,) = struct.unpack_from(">i", payload)
    flexible = api.flexible(version)
    decoder = Decoder(payload, version, flexible)
    decoder.at = 4
    if flexible and name != "ApiVersions":
        assert decoder.take(1) == b"\x00", "tags in a response header"
    body = decoder.struct(api.response_fields())
    assert decoder.at == len(payload), f"{name} v{version}: {len(payload) - decoder.at} bytes after the answer"
    return correlation_id, body


class Closed(Exception):
    """The other side closed the connection."""


class Connection:
    def __init__(self, address, timeout=30.0):
        self.socket = socket.create_connection(split_address(address), timeout=timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.correlation_id = 0

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        try:
            self.socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError) as e:
            raise Closed from e

    def _read(self, count):
        out = bytearray()
        while len(out) < count:
            try:
                data = self.socket.recv(min(count - len(out), 1 << 20))
            except ConnectionResetError as e:
                raise Closed from e
            if not data:
                raise Closed
            out += data
        return bytes(out)

    def read_frame(self):
        (size,) = struct.unpack(">i", self._read(4))
        assert 4 <= size <= 128 * 1024 * 1024, f"the broker sent a frame of {size} bytes"
        return self._read(size)

    def wait_closed(self, timeout=30.0):
        """True once the broker has closed; whatever it says before is thrown away."""
        self.socket.settimeout(timeout)
        try:
            while self.socket.recv(65536):
                pass
        except TimeoutError:
            return False
        except OSError:
            pass
        return True

    def send(self, name, version, values=None):
        self.correlation_id += 1
        payload, _ = encode_request(name, version, values, self.correlation_id)
        self.send_bytes(frame(payload))
        return self.correlation_id

    def receive(self, name, version):
        correlation_id, body = decode_response(name, version, self.read_frame())
        return correlation_id, body

    def call(self, name, version, values=None):
        sent = self.send(name, version, values)
        correlation_id, body = self.receive(name, version)
        assert correlation_id == sent, f"answer {correlation_id} to request {sent}"
        return body

    def api_versions(self):
        """{api name or key: (min, max)} as advertised."""
        body = self.call("ApiVersions", 0)
        assert body["error_code"] == 0
        names = {api.key: api.name for api in BY_KEY.values()}
        return {names.get(k["api_key"], k["api_key"]): (k["min_version"], k["max_version"]) for k in body["api_keys"]}

    def produce(self, topic, partition, batch, *, version=7, acks=-1, timeout_ms=10_000):
        """The partition's part of the answer; None with acks=0."""
        values = {
            "transactional_id": None,
            "acks": acks,
            "timeout_ms": timeout_ms,
            "topic_data": [{"name": topic, "partition_data": [{"index": partition, "records": batch}]}],
        }
        if acks == 0:
            self.send("Produce", version, values)
            return None
        return self.call("Produce", version, values)["responses"][0]["partition_responses"][0]

    def fetch(self, topic, partition, offset, *, version=11, max_wait_ms=500, min_bytes=1, max_bytes=8 << 20, **more):
        """The partition's part of the answer."""
        values = {
            "replica_id": -1,
            "max_wait_ms": max_wait_ms,
            "min_bytes": min_bytes,
            "max_bytes": max_bytes,
            "isolation_level": more.get("isolation_level", 0),
            "session_epoch": -1,
            "topics": [
                {
                    "topic": topic,
                    "partitions": [
                        {
                            "partition": partition,
                            "current_leader_epoch": -1,
                            "fetch_offset": offset,
                            "last_fetched_epoch": -1,
                            "log_start_offset": -1,
                            "partition_max_bytes": more.get("partition_max_bytes", max_bytes),
                        }
                    ],
                }
            ],
        }
        return self.call("Fetch", version, values)["responses"][0]["partitions"][0]

    def list_offset(self, topic, partition, timestamp, version=5):
        values = {
            "replica_id": -1,
            "topics": [
                {
                    "name": topic,
                    "partitions": [{"partition_index": partition, "current_leader_epoch": -1, "timestamp": timestamp}],
                }
            ],
        }
        return self.call("ListOffsets", version, values)["topics"][0]["partitions"][0]

    def read_log(self, topic, partition, start=0, end=None):
        """Every batch from `start` to `end` (the high watermark if not given)."""
        out = []
        if end is None:
            end = self.list_offset(topic, partition, -1)["offset"]
        while start < end:
            answer = self.fetch(topic, partition, start)
            assert answer["error_code"] == 0, f"fetch at {start}: error {answer['error_code']}"
            got = batches.split(answer["records"] or b"")
            assert got, f"nothing at offset {start}, though the log ends at {end}"
            out += [b for b in got if b.next_offset > start and b.base_offset < end]
            start = got[-1].next_offset
        return out


def create_topic(address, name, partitions=1, configs=None, timeout=30.0):
    """Creates a topic and waits until its partitions are served."""
    topic = {
        "name": name,
        "num_partitions": partitions,
        "replication_factor": 1,
        "configs": [{"name": k, "value": str(v)} for k, v in (configs or {}).items()],
    }
    with Connection(address, timeout=timeout) as c:
        answer = c.call("CreateTopics", 4, {"topics": [topic], "timeout_ms": 10_000})["topics"][0]
        assert answer["error_code"] == 0, answer
        deadline = time.monotonic() + timeout
        while True:
            found = c.call("Metadata", 5, {"topics": [{"name": name}]})["topics"][0]
            if found["error_code"] == 0 and len(found["partitions"]) == partitions:
                # The leader may learn of its partitions later than the controller tells of them.
                if all(c.list_offset(name, p, -1)["error_code"] == 0 for p in range(partitions)):
                    return name
            assert time.monotonic() < deadline, f"topic {name} does not come up: {found}"
            time.sleep(0.02)


def alive(address):
    """A stranger can connect and is served: what must hold after anything hostile."""
    with Connection(address) as c:
        return c.api_versions()
