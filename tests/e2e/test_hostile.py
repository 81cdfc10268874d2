"""Strangers on the port: garbage, cut and bent requests, bombs, other protocols, connections that do nothing.

After every family of attacks a bystander's connection must still be served, a new one too, memory must be bounded, and
the daemon must be the same process.
"""

import os
import random
import socket
import ssl
import struct
import time
import zlib

import pytest
import zstandard

from harness import batches, wire
from harness.admin import advertised, topic_names
from harness.broker import wait_until
from harness.hostile import MAY_WAIT, Background, Bystander, attack, attack_all, bent_lengths, bit_flips, truncations
from harness.records import Record, random_bytes, text_records
from harness.samples import ALL, sample, small_batch
from harness.wire import Connection

MIB_KIB = 1024
# What the broker may grow by during one family: buffers of a few hundred connections, not what the frames announce.
GROWTH_KIB = 192 * MIB_KIB
FLIP_STEP = int(os.environ.get("MILLRACE_E2E_FLIP_STEP", "3"))


@pytest.fixture
def bystander(shared_broker, address, topic):
    """Served before, during and after; its log must hold exactly what it wrote."""
    broker = shared_broker
    b = Bystander(address, topic(partitions=1))
    b.assert_served(small_batch(1))
    if broker:
        before = broker.process.pid, broker.rss_kib()
        broker.reset_peak_rss()
    yield b
    b.assert_served(small_batch(1))
    assert b.connection.list_offset(b.topic, 0, -1)["offset"] == b.sent, "somebody else's records are in the log"
    if broker:
        assert broker.running() and broker.process.pid == before[0], broker.log_tail()
        grown = broker.peak_rss_kib() - before[1]
        assert grown <= GROWTH_KIB, f"memory grew by {grown // MIB_KIB} MiB"
    b.close()


def versions(address, name):
    """The lowest and the highest version that the tests can write."""
    low, high = advertised(address).get(name, (0, -1))
    if high < low:
        pytest.skip(f"{name} is not advertised")
    newest = {"Produce": 13, "Fetch": 18, "OffsetCommit": 10, "OffsetFetch": 10, "InitProducerId": 5}.get(name, high)
    return sorted({max(low, 3) if name == "Produce" else low, min(high, newest)})


BY_API = pytest.mark.parametrize("name", ALL)


class TestRequests:
    @BY_API
    def test_every_truncation_is_answered_or_closed(self, name, address, topic, bystander):
        target = topic(partitions=1)
        for version in versions(address, name):
            attack_all(address, truncations(name, version, sample(name, target, target)), name in MAY_WAIT)

    @BY_API
    def test_every_length_field_may_say_anything(self, name, address, topic, bystander):
        target = topic(partitions=1)
        for version in versions(address, name):
            attack_all(address, bent_lengths(name, version, sample(name, target, target)), name in MAY_WAIT)

    @BY_API
    def test_every_bit_may_be_wrong(self, name, address, topic, bystander):
        target = topic(partitions=1)
        version = versions(address, name)[-1]
        attack_all(address, bit_flips(name, version, sample(name, target, target), FLIP_STEP), name in MAY_WAIT)

    def test_unknown_apis_and_versions_close_the_connection(self, address, bystander):
        known = {api.key: advertised(address).get(api.name) for api in wire.BY_KEY.values()}
        cases = []
        for key in [-32768, -1, *range(0, 110), 1000, 32767]:
            for version in (-32768, -1, 99, 32767):
                if key != 18 and (known.get(key) is None or version > 13 or version < 0):
                    header = struct.pack(">hhih", key, version, 1, -1)
                    cases.append((f"key {key} version {version}", wire.frame(header + bytes(20))))
        assert set(attack_all(address, cases)) == {"closed"}


class TestFrames:
    def test_garbage_is_closed(self, address, bystander):
        dice = random.Random(11)
        cases = [(f"{size} random bytes", dice.randbytes(size)) for size in [1, 2, 3, 4, 5, 8, 16, 100, 1000, 65536] * 20]
        cases += [(f"framed {n}", wire.frame(dice.randbytes(n))) for n in [0, 1, 2, 4, 7, 8, 9, 12, 40, 300, 5000] * 20]
        attack_all(address, cases)

    @pytest.mark.parametrize("size", [-1, -2, -(1 << 31), 0, 1, 3, 7, (1 << 31) - 1, 100 * 1024 * 1024 + 1])
    def test_an_impossible_length_closes_the_connection(self, size, address, bystander):
        # Kafka answers nothing and closes; a frame too short for a header is closed once its bytes are there.
        with Connection(address) as c:
            c.send_bytes(struct.pack(">i", size) + bytes(min(max(size, 0), 16)))
            assert c.wait_closed()

    def test_announced_bytes_are_not_allocated(self, shared_broker, address, bystander):
        if shared_broker is None:
            pytest.skip("Apache Kafka allocates what is announced, and dies of it")
        held = [Connection(address) for _ in range(200)]
        for c in held:
            c.send_bytes(struct.pack(">i", 100 * 1024 * 1024) + b"\0\0\0\7" * 4)
        bystander.assert_served(small_batch(1))
        for c in held:
            c.close()

    def test_half_frames_do_not_disturb_others(self, address, bystander):
        payload, _ = wire.encode_request("Metadata", 5, sample("Metadata", bystander.topic))
        data = wire.frame(payload)
        held = []
        for i in range(200):
            held.append(Connection(address))
            held[-1].send_bytes(data[: i % len(data)])
        bystander.assert_served(small_batch(1))
        for i, c in enumerate(held):
            c.send_bytes(data[i % len(data) :])
        for c in held:
            wire.decode_response("Metadata", 5, c.read_frame())
            c.close()

    def test_slow_senders_do_not_slow_others(self, address, bystander):
        payload, _ = wire.encode_request("Produce", 7, sample("Produce", bystander.topic))
        slow = [Connection(address) for _ in range(100)]
        data = wire.frame(payload)[:-1]  # they never finish
        with Background(lambda: bystander.assert_served(small_batch(1))) as good:
            for byte in data:
                for c in slow:
                    c.send_bytes(bytes([byte]))
        assert good.rounds > 0
        for c in slow:
            c.close()

    def test_connections_that_vanish_at_once_are_forgotten(self, shared_broker, address, bystander):
        before = shared_broker.descriptors() if shared_broker else 0
        for _ in range(500):
            c = Connection(address)
            c.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            c.close()  # a reset
        bystander.assert_served(small_batch(1))
        if shared_broker:
            wait_until(lambda: shared_broker.descriptors() < before + 20, "the end of the connections")

    def test_a_flood_of_pipelined_requests_is_bounded(self, address, bystander):
        """Requests keep coming and no answer is ever read: the broker must stop reading instead of remembering."""
        payload, _ = wire.encode_request("Metadata", 5, {"topics": None})
        data = wire.frame(payload) * 1000
        with Connection(address) as c:
            c.socket.setblocking(False)
            sent = 0
            deadline = time.monotonic() + 3
            while time.monotonic() < deadline and sent < 64 * 1024 * 1024:
                try:
                    sent += c.socket.send(data)
                except BlockingIOError:
                    bystander.assert_served(small_batch(1))
                except OSError:
                    break
            bystander.assert_served(small_batch(1))

    def test_readers_that_never_read_do_not_fill_the_memory(self, address, topic, bystander):
        big = topic(partitions=1)
        with Connection(address) as c:
            for i in range(20):
                assert c.produce(big, 0, batches.build([Record(b"k", random_bytes(1_000_000, i), (), 0)]))["error_code"] == 0
        held = []
        values = sample("Fetch", big) | {"max_bytes": 50 << 20}
        values["topics"][0]["partitions"][0]["partition_max_bytes"] = 50 << 20
        for _ in range(50):
            s = socket.socket()
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            s.connect(wire.split_address(address))
            payload, _ = wire.encode_request("Fetch", 11, values)
            s.sendall(wire.frame(payload) * 3)
            held.append(s)
        bystander.assert_served(small_batch(1))
        for s in held:
            s.close()


class TestOtherProtocols:
    def new_lines(self, broker, before):
        return broker.log_text()[before:].splitlines()

    @pytest.mark.parametrize(
        "data",
        [
            b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"POST /topics/x HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello",
            b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            b"SSH-2.0-OpenSSH_9.2\r\n",
            b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
            b"*1\r\n$4\r\nPING\r\n",
            b"\n" * 64,
        ],
        ids=["http", "post", "http2", "ssh", "tls-hello", "redis", "newlines"],
    )
    def test_another_protocol_is_closed_with_one_line(self, data, shared_broker, address, bystander):
        before = len(shared_broker.log_text()) if shared_broker else 0
        with Connection(address) as c:
            c.send_bytes(data)
            assert c.wait_closed()
        bystander.assert_served(small_batch(1))
        if shared_broker:
            wait_until(lambda: self.new_lines(shared_broker, before), "its line, which comes behind the end")
            lines = self.new_lines(shared_broker, before)
            assert len(lines) == 1, lines

    def test_a_tls_client_fails_quickly(self, address, bystander):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        started = time.monotonic()
        with socket.create_connection(wire.split_address(address), timeout=20) as s, pytest.raises(OSError):
            context.wrap_socket(s)
        assert time.monotonic() - started < 10

    def test_what_a_stranger_says_cannot_write_lines_into_the_log(self, shared_broker, address, bystander):
        evil = "x\n[error] forged\x1b[31m\r\x07"
        for version in (0, 3):
            payload, _ = wire.encode_request("ApiVersions", version, sample("ApiVersions", ""), client_id=evil)
            attack(address, wire.frame(payload))
        payload, _ = wire.encode_request("Metadata", 5, {"topics": [{"name": evil}]}, client_id=evil)
        attack(address, wire.frame(payload))
        payload, _ = wire.encode_request("JoinGroup", 2, sample("JoinGroup", "t", evil), client_id=evil)
        attack(address, wire.frame(payload + b"\xff" * 3))
        attack(address, b"GET /\x1b[31m\n[error] forged HTTP/1.1\r\n\r\n")
        if shared_broker:
            text = shared_broker.log_text()
            assert "\x1b[31m" not in text
            assert not [line for line in text.splitlines() if line.startswith("[error] forged")]


class TestNames:
    EVIL = [
        "../../escape", "..", ".", "", "/etc/passwd", "a/b", "a\\b", "a\0b", "a b", "é", "\u202e", "a" * 250, "a" * 32000,
        "~", "$(x)", "%2e%2e", "-rf/", "a\nb", "CON:", "*",
    ]  # fmt: skip

    def test_no_name_reaches_the_file_system(self, shared_broker, address, topic, bystander):
        before = topic_names(address)
        group = topic.name("group")
        with Connection(address, timeout=30) as c:
            for name in self.EVIL:
                made = c.call("CreateTopics", 4, sample("CreateTopics", "x") | {
                    "topics": [{"name": name, "num_partitions": 1, "replication_factor": 1}], "validate_only": False,
                })  # fmt: skip
                assert made["topics"][0]["error_code"] == 17, name
                found = c.call("Metadata", 5, {"topics": [{"name": name}], "allow_auto_topic_creation": True})
                assert found["topics"][0]["error_code"] == 17, name
                assert c.produce(name, 0, small_batch())["error_code"] in (3, 17), name
                assert c.fetch(name, 0, 0, max_wait_ms=0)["error_code"] in (3, 17), name
                assert c.list_offset(name, 0, -1)["error_code"] in (3, 17), name
                gone = c.call("DeleteTopics", 3, {"topic_names": [name], "timeout_ms": 1000})
                assert gone["responses"][0]["error_code"] in (3, 17), name
                commit = c.call("OffsetCommit", 5, sample("OffsetCommit", name, group))
                assert commit["topics"][0]["partitions"][0]["error_code"] != 0, name
        assert topic_names(address) - before <= {"__consumer_offsets"}
        if shared_broker:
            outside = {p.name for p in shared_broker.directory.iterdir()}
            assert outside == {"data", "log"}, outside
            made = {p.name for p in shared_broker.data.iterdir() if p.is_dir()}
            assert not [n for n in made if "escape" in n or "passwd" in n], made

    @pytest.mark.parametrize("group", ["../../escape", "a/b", "g" * 32000, "\0", "é", "a\nb", " "])
    def test_a_group_may_be_called_anything_and_stays_a_key(self, group, shared_broker, address, bystander):
        with Connection(address, timeout=30) as c:
            deadline = time.monotonic() + 20
            while True:
                answer = c.call("OffsetCommit", 5, sample("OffsetCommit", bystander.topic, group))
                error = answer["topics"][0]["partitions"][0]["error_code"]
                if error not in (14, 15, 16) or time.monotonic() > deadline:
                    break
            assert error in (0, 24), f"error {error}"
            if error == 0:
                fetched = c.call("OffsetFetch", 5, sample("OffsetFetch", bystander.topic, group))
                assert fetched["topics"][0]["partitions"][0]["committed_offset"] == 1
        if shared_broker:
            assert {p.name for p in shared_broker.directory.iterdir()} == {"data", "log"}


class TestAmplification:
    """A few bytes that ask for much."""

    def call(self, address, name, version, values):
        with Connection(address, timeout=60) as c:
            return c.call(name, version, values)

    @pytest.mark.parametrize("count", [0, -2, 2_147_483_647, 100_000_000])
    def test_an_impossible_number_of_partitions_is_refused(self, count, address, topic, bystander):
        asked = [{"name": topic.name(), "num_partitions": count, "replication_factor": 1}]
        answer = self.call(address, "CreateTopics", 4, {"topics": asked, "timeout_ms": 5000, "validate_only": count > 0})
        assert answer["topics"][0]["error_code"] in (37, 42, 44), answer

    def test_twenty_thousand_unknown_topics_in_one_request(self, address, bystander):
        topics = [{"name": f"no-such-{i}"} for i in range(20_000)]
        answer = self.call(address, "Metadata", 5, {"topics": topics, "allow_auto_topic_creation": False})
        assert len(answer["topics"]) == 20_000

    def test_a_hundred_thousand_partitions_in_one_fetch(self, address, bystander):
        values = sample("Fetch", bystander.topic)
        part = values["topics"][0]["partitions"][0]
        values["topics"][0]["partitions"] = [part | {"partition": i + 5} for i in range(100_000)]
        attack_all(address, [("fetch", wire.frame(wire.encode_request("Fetch", 11, values)[0]))])

    def test_twenty_thousand_groups_in_one_description(self, address, bystander):
        answer = self.call(address, "DescribeGroups", 3, {"groups": [f"g{i}" for i in range(20_000)]})
        assert len(answer["groups"]) == 20_000
        assert {g["group_state"] for g in answer["groups"]} == {"Dead"}

    def test_a_member_with_megabytes_of_metadata(self, address, topic, bystander):
        values = sample("JoinGroup", "t", topic.name("group"))
        values["protocols"] = [{"name": "range", "metadata": random_bytes(20 << 20)}]
        attack_all(address, [("join", wire.frame(wire.encode_request("JoinGroup", 2, values)[0]))], may_wait=True)

    def test_ten_thousand_member_ids_that_never_come_back(self, address, topic, bystander):
        payload, _ = wire.encode_request("JoinGroup", 5, sample("JoinGroup", "t", topic.name("group")))
        attack_all(address, [("join", wire.frame(payload) * 500)] * 20, may_wait=True)

    def test_garbage_as_subscription_does_not_disturb_the_coordinator(self, address, topic, bystander):
        dice = random.Random(3)
        values = sample("JoinGroup", "t", topic.name("group"))
        cases = []
        for size in [0, 1, 2, 5, 6, 10, 50, 1000] * 5:
            values["protocols"] = [{"name": "range", "metadata": dice.randbytes(size)}]
            values["group_id"] = topic.name("group")
            cases.append((f"metadata of {size}", wire.frame(wire.encode_request("JoinGroup", 2, values)[0])))
        attack_all(address, cases, may_wait=True)


class TestBatches:
    def produce(self, address, topic, batch):
        with Connection(address, timeout=60) as c:
            return c.produce(topic, 0, batch)["error_code"]

    def test_every_flipped_bit_of_a_batch_is_refused_or_harmless(self, address, topic, bystander):
        """What the CRC covers must be refused; the rest of the header is the broker's to set or to check."""
        target = topic(partitions=1)
        batch = batches.build(text_records(3, size=40), codec="lz4")
        accepted = []
        with Connection(address, timeout=30) as c:
            for bit in range(len(batch) * 8):
                bent = bytearray(batch)
                bent[bit // 8] ^= 1 << (bit % 8)
                if c.produce(target, 0, bytes(bent))["error_code"] == 0:
                    accepted.append(bit // 8)
        assert set(accepted) <= {12, 13, 14, 15}, f"bytes {sorted(set(accepted))} may be wrong unnoticed"

    def test_every_truncated_batch_is_refused(self, address, topic, bystander):
        target = topic(partitions=1)
        batch = batches.build(text_records(3, size=40))
        with Connection(address, timeout=30) as c:
            for size in range(len(batch)):
                assert c.produce(target, 0, batch[:size])["error_code"] != 0, f"{size} bytes"
            assert c.list_offset(target, 0, -1)["offset"] == 0

    @pytest.mark.parametrize("codec", batches.CODECS)
    def test_every_truncated_payload_with_a_right_crc_is_refused(self, codec, address, topic, bystander):
        target = topic(partitions=1)
        records = text_records(4, size=60)
        raw = b"".join(batches.encode_record(r, i, r.timestamp - records[0].timestamp) for i, r in enumerate(records))
        payload = batches.compress(codec, raw)
        accepted = []
        with Connection(address, timeout=30) as c:
            for size in range(len(payload)):
                if c.produce(target, 0, batches.build(records, codec=codec, payload=payload[:size]))["error_code"] == 0:
                    accepted.append(size)
            stored = c.read_log(target, 0)
        # A cut checksum after the data may pass, as it does with Kafka; then the records must be whole.
        for batch in stored:
            assert batch.payload and len(accepted) <= 8, f"cut to {accepted} of {len(payload)}"

    @pytest.mark.parametrize("codec", batches.CODECS[1:])
    def test_garbage_that_claims_to_be_compressed_is_refused(self, codec, address, topic, bystander):
        target = topic(partitions=1)
        records = text_records(2)
        for seed in range(50):
            batch = batches.build(records, codec=codec, payload=random_bytes(1 + seed * 5, seed))
            assert self.produce(address, target, batch) != 0

    def test_unknown_codecs_are_refused(self, address, topic, bystander):
        target = topic(partitions=1)
        for codec in (5, 6, 7):
            assert self.produce(address, target, batches.build(text_records(1), attributes=codec)) != 0

    @pytest.mark.parametrize("value", [-2, -1, 0, 1, 2, 1000, (1 << 15) - 1, (1 << 31) - 1, -(1 << 31), (1 << 62)])
    def test_lengths_inside_a_record_may_say_anything(self, value, address, topic, bystander):
        target = topic(partitions=1)
        long = batches.zigzag(value)
        body = b"\0\0\0"
        shapes = {
            "record": long + body + b"\x02k\x02v\0",
            "key": body + long + b"k\x02v\0",
            "value": body + b"\x02k" + long + b"v\0",
            "header count": body + b"\x02k\x02v" + long,
            "header key": body + b"\x02k\x02v\x02" + long + b"h\x02v",
            "header value": body + b"\x02k\x02v\x02\x02h" + long + b"v",
        }
        one = [Record(b"k", b"v", (), 0)]
        for name, record in shapes.items():
            whole = record if name == "record" else batches.zigzag(len(record)) + record
            error = self.produce(address, target, batches.build(one, payload=whole))
            if error == 0:
                with Connection(address) as c:
                    for batch in c.read_log(target, 0):
                        batch.records()  # what was taken can be read

    def bomb(self, codec, size):
        """One record with a value of `size` zeros, compressed piece by piece."""
        value_head = batches.zigzag(size)
        record = b"\0\0\0\x01" + value_head
        head = batches.zigzag(len(record) + size + 1) + record
        if codec == "gzip":
            # One deflated mebibyte, ended so that it can be repeated, saves compressing each of them.
            zeros = bytes(1 << 20)
            squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
            out = squeeze.compress(head) + squeeze.flush(zlib.Z_FULL_FLUSH)
            out += (squeeze.compress(zeros) + squeeze.flush(zlib.Z_FULL_FLUSH)) * (size >> 20)
            out += squeeze.compress(b"\0") + squeeze.flush()
            crc = zlib.crc32(head)
            for _ in range(size >> 20):
                crc = zlib.crc32(zeros, crc)
            ends = struct.pack("<II", zlib.crc32(b"\0", crc), (len(head) + size + 1) & 0xFFFFFFFF)
            return b"\x1f\x8b\x08" + bytes(6) + b"\xff" + out + ends
        if codec == "zstd":
            squeeze = zstandard.ZstdCompressor(level=3).compressobj()
            out = squeeze.compress(head)
            for _ in range(size >> 20):
                out += squeeze.compress(bytes(1 << 20))
            return out + squeeze.compress(b"\0") + squeeze.flush()
        return batches.compress(codec, head + bytes(size) + b"\0")

    BOMBS = {"gzip": 500 << 20, "zstd": 2000 << 20, "lz4": 200 << 20, "snappy": 20 << 20}

    @pytest.mark.parametrize("codec", BOMBS)
    def test_a_bomb_is_inflated_no_further_than_the_limit(self, codec, shared_broker, address, topic, bystander):
        target = topic(partitions=1)
        payload = self.bomb(codec, self.BOMBS[codec])
        batch = batches.build([Record(None, b"", (), 0)], codec=codec, payload=payload)
        assert len(batch) <= 1_048_588, f"{len(batch)} bytes would be refused for their size"
        error = self.produce(address, target, batch)
        if shared_broker and self.BOMBS[codec] > 64 << 20:
            assert error != 0, "more than the limit was inflated"

    def test_headers_of_codecs_that_lie_about_sizes_are_refused(self, address, topic, bystander):
        target = topic(partitions=1)
        lies = {
            "snappy": b"\xff\xff\xff\xff\x0f" + bytes(20),
            "lz4": b"\x04\x22\x4d\x18\x6c\x70" + b"\xff" * 8 + b"\0" + b"\xff\xff\xff\x7f" + bytes(40),
            "zstd": b"\x28\xb5\x2f\xfd\xe0" + b"\xff" * 8 + b"\x01\0\0" + bytes(10),
            "gzip": b"\x1f\x8b\x08\x1c\0\0\0\0\0\xff\xff\xff" + b"x" * 100,
        }
        for codec, payload in lies.items():
            assert self.produce(address, target, batches.build(text_records(1), codec=codec, payload=payload)) != 0
        windowed = b"\x28\xb5\x2f\xfd\x00\xff" + b"\x01\0\0"  # a window of 3.75 TiB
        batch = batches.build(text_records(1), codec="zstd", payload=windowed)
        assert self.produce(address, target, batch) != 0
