"""Kafka's wire protocol, byte by byte: every version of every request, and what clients rely on between the lines."""

import pathlib
import struct
import threading
import time

import pytest

from harness import batches, wire
from harness.admin import advertised, require, topic_names
from harness.broker import wait_until
from harness.records import Record, now_ms, random_bytes, text_records
from harness.samples import ALL, sample, small_batch
from harness.wire import Connection

NONE, OFFSET_OUT_OF_RANGE, CORRUPT, UNKNOWN_TOPIC, TOO_LARGE = 0, 1, 2, 3, 10
INVALID_TOPIC, INVALID_ACKS, TOPIC_EXISTS, INVALID_TIMESTAMP, UNSUPPORTED_VERSION = 17, 21, 36, 32, 35
OUT_OF_ORDER, BAD_EPOCH, FENCED_EPOCH, UNKNOWN_EPOCH, UNSUPPORTED_CODEC, INVALID_RECORD = 45, 47, 74, 75, 76, 87


@pytest.fixture
def connection(address):
    with Connection(address) as c:
        yield c


class TestVersions:
    # What the project promises to serve at first; a broker may serve more, never less.
    PROMISED = {
        "Produce": (0, 13), "Fetch": (4, 18), "ListOffsets": (1, 11), "Metadata": (0, 13), "OffsetCommit": (2, 10),
        "OffsetFetch": (1, 10), "FindCoordinator": (0, 6), "JoinGroup": (0, 9), "Heartbeat": (0, 4), "LeaveGroup": (0, 5),
        "SyncGroup": (0, 5), "DescribeGroups": (0, 6), "ListGroups": (0, 5), "ApiVersions": (0, 4),
        "CreateTopics": (2, 7), "DeleteTopics": (1, 6), "DeleteRecords": (0, 2), "InitProducerId": (0, 5),
        "DescribeConfigs": (1, 4), "CreatePartitions": (0, 3), "AlterConfigs": (0, 2), "IncrementalAlterConfigs": (0, 1),
        "ElectLeaders": (0, 2), "AlterPartitionReassignments": (0, 1), "ListPartitionReassignments": (0, 0),
        "DescribeCluster": (0, 2),
        "DeleteGroups": (0, 2), "OffsetDelete": (0, 0),
        "OffsetForLeaderEpoch": (2, 4),
        "DescribeLogDirs": (1, 5),
        "DescribeQuorum": (0, 2), "AlterReplicaLogDirs": (1, 2),
        "DescribeProducers": (0, 0),
        "DescribeTopicPartitions": (0, 0),
        "ListConfigResources": (0, 1),
        "ConsumerGroupHeartbeat": (0, 1),
        "ConsumerGroupDescribe": (0, 1),
    }  # fmt: skip

    def test_the_promised_versions_are_advertised(self, address):
        found = advertised(address)
        for name, (low, high) in self.PROMISED.items():
            assert name in found, f"{name} is not advertised"
            assert found[name][0] <= low and found[name][1] >= high, f"{name}: {found[name]}, promised {low}-{high}"

    @pytest.mark.parametrize("name", ALL)
    def test_every_advertised_version_is_answered_as_its_layout_says(self, name, address, topic, connection):
        topic()
        low, high = advertised(address).get(name, (0, -1))
        if name == "Produce":
            low = 3  # 0 is advertised for old librdkafka and not served
        newest_known = {"Produce": 13, "Fetch": 18, "OffsetCommit": 10, "OffsetFetch": 10, "InitProducerId": 5}.get(name, 99)
        if high < low:
            pytest.skip(f"{name} is not advertised")
        for version in range(low, min(high, newest_known) + 1):
            connection.call(name, version, sample(name, topic.last, topic.name("group")))

    @pytest.mark.parametrize("version", [99, 32767, -1])
    def test_an_api_versions_request_of_another_time_is_answered_with_version_0(self, version, connection):
        connection.send_bytes(wire.frame(struct.pack(">hhih", 18, version, 7, 3) + b"e2e\0"))
        payload = connection.read_frame()
        correlation_id, error, count = struct.unpack_from(">ihi", payload)
        assert (correlation_id, error) == (7, UNSUPPORTED_VERSION)
        keys = {struct.unpack_from(">hhh", payload, 10 + i * 6) for i in range(count)}
        assert len(payload) == 10 + count * 6
        assert 18 in {key for key, _, _ in keys}
        assert connection.call("ApiVersions", 3, sample("ApiVersions", ""))["error_code"] == NONE

    def test_api_versions_may_be_asked_again(self, connection):
        for version in (0, 3, 1, 2, 0):
            assert connection.call("ApiVersions", version, sample("ApiVersions", ""))["error_code"] == NONE

    @pytest.mark.parametrize("key, version", [(0, 99), (3, 99), (4, 0), (1000, 0), (-1, 0), (1, -5)])
    def test_an_unknown_api_or_version_closes_the_connection(self, key, version, connection):
        connection.send_bytes(wire.frame(struct.pack(">hhih", key, version, 1, -1)))
        assert connection.wait_closed()

    def test_bytes_after_the_last_field_are_tolerated(self, topic, connection):
        payload, _ = wire.encode_request("Metadata", 4, sample("Metadata", topic()), 5)
        connection.send_bytes(wire.frame(payload + b"\0"))
        correlation_id, body = wire.decode_response("Metadata", 4, connection.read_frame())
        assert correlation_id == 5 and body["topics"][0]["error_code"] == NONE

    def test_unknown_tagged_fields_are_skipped(self, topic, connection):
        payload, _ = wire.encode_request("Metadata", 9, sample("Metadata", topic()), 5)
        assert payload.endswith(b"\0")
        connection.send_bytes(wire.frame(payload[:-1] + b"\x02" + b"\x64\x03abc" + b"\x65\x00"))
        _, body = wire.decode_response("Metadata", 9, connection.read_frame())
        assert body["topics"][0]["error_code"] == NONE

    def test_a_null_client_id_is_fine(self, connection):
        connection.send_bytes(wire.frame(struct.pack(">hhih", 18, 0, 3, -1)))
        assert wire.decode_response("ApiVersions", 0, connection.read_frame())[0] == 3


class TestPipelining:
    def test_answers_leave_in_the_order_of_the_requests(self, topic, connection):
        topic()
        sent = []
        fetch = sample("Fetch", topic.last) | {"max_wait_ms": 300}
        for i in range(30):
            sent.append(("Fetch", 11, connection.send("Fetch", 11, fetch)) if i == 0 else None)
            sent.append(("Produce", 7, connection.send("Produce", 7, sample("Produce", topic.last))))
            sent.append(("Metadata", 4, connection.send("Metadata", 4, sample("Metadata", topic.last))))
            sent.append(("ApiVersions", 0, connection.send("ApiVersions", 0)))
        offsets = []
        for name, version, correlation_id in filter(None, sent):
            got, body = connection.receive(name, version)
            assert got == correlation_id
            if name == "Produce":
                offsets.append(body["responses"][0]["partition_responses"][0]["base_offset"])
        assert offsets == list(range(0, 60, 2))

    def test_requests_that_arrive_in_single_bytes_are_served(self, topic, connection):
        payload, _ = wire.encode_request("Metadata", 5, sample("Metadata", topic()), 9)
        for byte in wire.frame(payload):
            connection.send_bytes(bytes([byte]))
        assert wire.decode_response("Metadata", 5, connection.read_frame())[0] == 9

    def test_a_half_closed_connection_is_still_answered_or_closed(self, topic, connection):
        connection.send("ApiVersions", 0)
        connection.socket.shutdown(1)
        assert connection.wait_closed()


class TestMetadata:
    def test_null_means_all_topics_and_empty_means_none(self, topic, connection):
        topic()
        for version in (1, 5, 9):
            everything = connection.call("Metadata", version, {"topics": None})["topics"]
            assert topic.last in {t["name"] for t in everything}
            assert connection.call("Metadata", version, {"topics": []})["topics"] == []
        assert topic.last in {t["name"] for t in connection.call("Metadata", 0, {"topics": []})["topics"]}

    def test_an_unknown_topic_is_made_when_asked_for_and_only_then(self, address, topic, connection):
        quiet, wanted = topic.name(), topic.name()
        answer = connection.call("Metadata", 5, {"topics": [{"name": quiet}], "allow_auto_topic_creation": False})
        assert answer["topics"][0]["error_code"] == UNKNOWN_TOPIC

        def made():
            asked = {"topics": [{"name": wanted}], "allow_auto_topic_creation": True}
            return connection.call("Metadata", 5, asked)["topics"][0]["error_code"] == NONE

        wait_until(made, "the new topic")
        names = topic_names(address)
        assert wanted in names and quiet not in names

    @pytest.mark.parametrize("name", ["a b", "../x", "a" * 250, ".", "..", "", "x/y", "é", "a\0b", "a\nb"])
    def test_an_invalid_name_is_never_made(self, name, address, connection):
        asked = {"topics": [{"name": name}], "allow_auto_topic_creation": True}
        assert connection.call("Metadata", 5, asked)["topics"][0]["error_code"] == INVALID_TOPIC
        assert name not in topic_names(address)

    def test_a_topic_keeps_its_id_and_a_new_one_of_the_same_name_gets_another(self, topic, connection):
        def topic_id():
            found = connection.call("Metadata", 10, {"topics": [{"name": topic.last}]})["topics"][0]
            return found["topic_id"] if found["error_code"] == NONE else None

        topic()
        first = topic_id()
        assert first not in (None, bytes(16)) and topic_id() == first
        connection.call("DeleteTopics", 3, {"topic_names": [topic.last], "timeout_ms": 10_000})
        wait_until(lambda: topic_id() is None, "the deletion")
        create = {"topics": [{"name": topic.last, "num_partitions": 1, "replication_factor": 1}], "timeout_ms": 10_000}

        def created():
            return connection.call("CreateTopics", 4, create)["topics"][0]["error_code"] in (NONE, TOPIC_EXISTS)

        wait_until(created, "the second creation")
        assert wait_until(topic_id, "the new topic") not in (first, bytes(16))

    def test_topics_are_found_by_their_id(self, topic, connection):
        topic()
        topic_id = connection.call("Metadata", 12, {"topics": [{"name": topic.last}]})["topics"][0]["topic_id"]
        found = connection.call("Metadata", 12, {"topics": [{"topic_id": topic_id, "name": None}]})["topics"][0]
        assert (found["error_code"], found["name"]) == (NONE, topic.last)
        # The Java client says the id and an empty name.
        assert connection.call("Metadata", 12, {"topics": [{"topic_id": topic_id, "name": ""}]})["topics"] == [found]
        unknown = connection.call("Metadata", 12, {"topics": [{"topic_id": b"\x17" * 16, "name": None}]})["topics"][0]
        assert unknown["error_code"] == 100

    def test_internal_topics_say_so(self, address, topic, connection):
        topic()
        connection.call("FindCoordinator", 1, {"key": "some-group", "key_type": 0})
        commit = sample("OffsetCommit", topic.last, topic.name("group"))
        wait_until(
            lambda: connection.call("OffsetCommit", 5, commit)["topics"][0]["partitions"][0]["error_code"] == 0, "a commit"
        )
        found = {t["name"]: t["is_internal"] for t in connection.call("Metadata", 5, {"topics": None})["topics"]}
        assert found["__consumer_offsets"] is True
        assert found[topic.last] is False


class TestProduce:
    def test_acks_0_is_not_answered(self, topic, connection):
        connection.produce(topic(), 0, small_batch(), acks=0)
        connection.call("ApiVersions", 0)  # the next answer belongs to the next request
        wait_until(lambda: connection.list_offset(topic.last, 0, -1)["offset"] == 2, "the records")

    def test_a_failed_produce_with_acks_0_closes_the_connection(self, topic, connection):
        connection.produce(topic.name(), 0, small_batch(), acks=0)
        assert connection.wait_closed()

    @pytest.mark.parametrize("acks", [-2, 2, 32767])
    def test_impossible_acks_are_refused(self, acks, topic, connection):
        assert connection.produce(topic(), 0, small_batch(), acks=acks)["error_code"] == INVALID_ACKS
        assert connection.list_offset(topic.last, 0, -1)["offset"] == 0

    def test_each_partition_is_answered_for_itself(self, topic, connection):
        topic(partitions=2)
        bad = batches.build([Record(b"k", b"v", (), now_ms())], crc=1)
        parts = [{"index": 0, "records": bad}, {"index": 1, "records": small_batch()}, {"index": 7, "records": bad}]
        values = sample("Produce", topic.last) | {"topic_data": [{"name": topic.last, "partition_data": parts}]}
        answer = connection.call("Produce", 7, values)["responses"][0]["partition_responses"]
        assert {p["index"]: p["error_code"] for p in answer} == {0: CORRUPT, 1: NONE, 7: UNKNOWN_TOPIC}

    RECORDS = [Record(b"k", b"v%d" % i, (), 1_700_000_000_000 + i) for i in range(3)]
    WRONG = {
        "a wrong CRC": (dict(crc=0x12345678), CORRUPT),
        "a count above the records": (dict(count=4), INVALID_RECORD),
        "a count below the records": (dict(count=2), INVALID_RECORD),
        "no records": (dict(count=0, last_offset_delta=-1, payload=b""), INVALID_RECORD),
        "a negative count": (dict(count=-1), INVALID_RECORD),
        "a last delta that disagrees": (dict(last_offset_delta=7), INVALID_RECORD),
        "the control bit": (dict(attributes=0x20), INVALID_RECORD),
        "a base offset": (dict(base_offset=5), INVALID_RECORD),
        "half of a record": (dict(payload=batches.encode_record(Record(b"k", b"v"), 0, 0)[:-1]), INVALID_RECORD),
    }

    @pytest.mark.parametrize("wrong", WRONG)
    def test_a_batch_is_refused_for(self, wrong, topic, connection):
        changes, error = self.WRONG[wrong]
        answer = connection.produce(topic(), 0, batches.build(self.RECORDS, **changes))
        assert answer["error_code"] == error
        assert connection.list_offset(topic.last, 0, -1)["offset"] == 0
        assert connection.produce(topic.last, 0, batches.build(self.RECORDS))["base_offset"] == 0

    def test_a_producer_cannot_claim_the_brokers_time(self, topic, connection):
        answer = connection.produce(topic(), 0, batches.build(self.RECORDS, attributes=0x08))
        if answer["error_code"] == NONE:  # Kafka takes the claim back, and with it the CRC
            assert connection.read_log(topic.last, 0)[0].attributes == 0
        else:
            assert answer["error_code"] == INVALID_TIMESTAMP

    def test_two_batches_for_one_partition_are_refused(self, topic, connection):
        answer = connection.produce(topic(), 0, small_batch() + small_batch())
        assert answer["error_code"] == INVALID_RECORD
        assert connection.list_offset(topic.last, 0, -1)["offset"] == 0

    def test_zstd_needs_version_7(self, topic, connection):
        batch = batches.build(self.RECORDS, codec="zstd")
        assert connection.produce(topic(), 0, batch, version=6)["error_code"] == UNSUPPORTED_CODEC
        assert connection.produce(topic.last, 0, batch, version=7)["error_code"] == NONE

    def test_the_size_limit_is_exact(self, topic, connection):
        limit = 1_048_588
        overhead = len(batches.build([Record(b"k", bytes(1_000_000), (), 0)])) - 1_000_000
        fits, above = (batches.build([Record(b"k", bytes(limit - overhead + n), (), 0)]) for n in (0, 1))
        assert (len(fits), len(above)) == (limit, limit + 1)
        assert connection.produce(topic(), 0, above)["error_code"] == TOO_LARGE
        assert connection.produce(topic.last, 0, fits)["error_code"] == NONE
        assert connection.read_log(topic.last, 0)[0].raw[61:] == fits[61:]

    def test_a_topic_has_its_own_size_limit(self, topic, connection):
        topic(max_message_bytes=2000)
        assert connection.produce(topic.last, 0, batches.build([Record(b"k", bytes(1500), (), 0)]))["error_code"] == NONE
        assert connection.produce(topic.last, 0, batches.build([Record(b"k", bytes(2500), (), 0)]))["error_code"] == TOO_LARGE

    def test_a_stored_batch_is_the_one_that_was_sent(self, topic, connection):
        for codec in batches.CODECS:
            sent = batches.build(text_records(50), codec=codec)
            answer = connection.produce(topic(), 0, sent)
            assert (answer["error_code"], answer["base_offset"]) == (NONE, 0)
            stored = connection.read_log(topic.last, 0)
            assert len(stored) == 1
            assert stored[0].raw[8:12] == sent[8:12] and stored[0].raw[16:] == sent[16:], "bytes changed on the way"

    def test_log_append_time_is_set_by_the_broker(self, topic, connection):
        topic(message_timestamp_type="LogAppendTime")
        before = now_ms()
        answer = connection.produce(topic.last, 0, batches.build(self.RECORDS))
        after = now_ms()
        assert answer["error_code"] == NONE and before <= answer["log_append_time_ms"] <= after
        stored = connection.read_log(topic.last, 0)[0]
        assert stored.attributes & 8 and stored.max_timestamp == answer["log_append_time_ms"]
        assert connection.list_offset(topic.last, 0, before)["offset"] == 0

    def test_a_timestamp_from_the_future_is_refused(self, topic, connection):
        batch = batches.build([Record(b"k", b"v", (), now_ms() + 7_200_000)])
        assert connection.produce(topic(), 0, batch)["error_code"] == INVALID_TIMESTAMP

    def test_a_record_without_a_key_is_refused_on_a_compacted_topic(self, topic, connection):
        topic(cleanup_policy="compact")
        keyless = [Record(b"k", b"v", (), 0), Record(None, b"v", (), 0), Record(None, None, (), 0)]
        answer = connection.produce(topic.last, 0, batches.build(keyless), version=8)
        assert answer["error_code"] == INVALID_RECORD
        assert [each["batch_index"] for each in answer["record_errors"]] == [1, 2]
        assert connection.produce(topic.last, 0, batches.build([Record(b"k", b"v", (), 0)]))["base_offset"] == 0

    def test_a_wrong_largest_timestamp_is_put_right(self, topic, connection):
        batch = batches.build(self.RECORDS, max_timestamp=1)
        assert connection.produce(topic(), 0, batch)["error_code"] == NONE
        assert connection.read_log(topic.last, 0)[0].max_timestamp == 1_700_000_000_002

    def test_an_unknown_topic_is_an_error_and_is_not_made(self, address, topic, connection):
        name = topic.name()
        assert connection.produce(name, 0, small_batch())["error_code"] == UNKNOWN_TOPIC
        assert name not in topic_names(address)


class TestIdempotence:
    def producer(self, connection):
        body = connection.call("InitProducerId", 1, {"transactional_id": None, "transaction_timeout_ms": 60_000})
        assert body["error_code"] == NONE and body["producer_epoch"] == 0
        return body["producer_id"]

    def send(self, connection, topic, producer, sequence, count=3, epoch=0):
        batch = batches.build(
            text_records(count), producer_id=producer, producer_epoch=epoch, base_sequence=sequence
        )
        answer = connection.produce(topic, 0, batch)
        return answer["error_code"], answer["base_offset"]

    def test_producer_ids_are_never_given_twice(self, connection):
        ids = [self.producer(connection) for _ in range(20)]
        assert len(set(ids)) == 20

    def test_a_repeated_batch_is_answered_with_its_first_offset(self, topic, connection):
        producer = self.producer(connection)
        topic()
        assert [self.send(connection, topic.last, producer, s) for s in (0, 3, 6, 9, 12)] == [
            (NONE, o) for o in (0, 3, 6, 9, 12)
        ]
        # The last five are remembered.
        assert [self.send(connection, topic.last, producer, s) for s in (0, 12, 6)] == [(NONE, 0), (NONE, 12), (NONE, 6)]
        assert connection.list_offset(topic.last, 0, -1)["offset"] == 15

    def test_a_gap_is_refused(self, topic, connection):
        producer = self.producer(connection)
        assert self.send(connection, topic(), producer, 0) == (NONE, 0)
        assert self.send(connection, topic.last, producer, 6)[0] == OUT_OF_ORDER
        assert self.send(connection, topic.last, producer, 3) == (NONE, 3)

    def test_a_new_epoch_starts_at_zero_and_fences_the_old_one(self, topic, connection):
        producer = self.producer(connection)
        assert self.send(connection, topic(), producer, 0) == (NONE, 0)
        assert self.send(connection, topic.last, producer, 3, epoch=1)[0] == OUT_OF_ORDER
        assert self.send(connection, topic.last, producer, 0, epoch=1) == (NONE, 3)
        assert self.send(connection, topic.last, producer, 3, epoch=0)[0] == BAD_EPOCH

    def test_sequences_wrap_around(self, topic, connection):
        producer = self.producer(connection)
        last = (1 << 31) - 1
        assert self.send(connection, topic(), producer, last - 2)[0] == NONE
        assert self.send(connection, topic.last, producer, 0) == (NONE, 3)

    def test_partitions_count_for_themselves(self, topic, connection):
        producer = self.producer(connection)
        for name in (topic(), topic()):
            assert self.send(connection, name, producer, 0) == (NONE, 0)


class TestFetch:
    def fill(self, connection, topic, batches_of=10, count=5, size=1000):
        for i in range(count):
            batch = batches.build(text_records(batches_of, size=size, seed=i))
            assert connection.produce(topic, 0, batch)["error_code"] == NONE

    def test_the_batch_that_holds_the_offset_comes_first(self, topic, connection):
        self.fill(connection, topic())
        for offset, base in [(0, 0), (9, 0), (10, 10), (37, 30), (49, 40)]:
            got = batches.split(connection.fetch(topic.last, 0, offset)["records"])
            assert got[0].base_offset == base

    def test_at_least_one_whole_batch_comes_whatever_the_limits(self, topic, connection):
        self.fill(connection, topic())
        for limits in ({"max_bytes": 1}, {"partition_max_bytes": 1}, {"max_bytes": 1, "partition_max_bytes": 1}):
            got = batches.split(connection.fetch(topic.last, 0, 12, **limits)["records"])
            assert [b.base_offset for b in got] == [10]

    def test_the_limit_of_a_partition_is_kept(self, topic, connection):
        self.fill(connection, topic())
        one = len(batches.split(connection.fetch(topic.last, 0, 0)["records"])[0].raw)
        answer = connection.fetch(topic.last, 0, 0, partition_max_bytes=2 * one + one // 2)
        assert 2 <= len(batches.split(answer["records"])) <= 3
        assert len(answer["records"]) <= 2 * one + one // 2

    def test_the_limit_of_the_answer_is_kept_across_partitions(self, topic, connection):
        topic(partitions=3)
        for partition in range(3):
            batch = batches.build([Record(b"k", random_bytes(10_000), (), 0)])
            assert connection.produce(topic.last, partition, batch)["error_code"] == NONE
        values = sample("Fetch", topic.last)
        part = values["topics"][0]["partitions"][0]
        values["topics"][0]["partitions"] = [part | {"partition": p} for p in range(3)]
        values["max_bytes"] = 15_000
        answer = connection.call("Fetch", 11, values)["responses"][0]["partitions"]
        sizes = [len(p["records"] or b"") for p in answer]
        assert sum(sizes) <= 15_000 and sum(len(batches.split(p["records"] or b"")) for p in answer) == 1

    def test_the_offsets_of_the_log_are_told(self, topic, connection):
        self.fill(connection, topic())
        answer = connection.fetch(topic.last, 0, 0)
        assert (answer["high_watermark"], answer["last_stable_offset"], answer["log_start_offset"]) == (50, 50, 0)
        committed = connection.fetch(topic.last, 0, 0, isolation_level=1)
        assert committed["records"] and not committed["aborted_transactions"]

    @pytest.mark.parametrize("offset", [51, 1 << 40, -1, -2])
    def test_an_offset_outside_the_log_is_out_of_range(self, offset, topic, connection):
        self.fill(connection, topic())
        assert connection.fetch(topic.last, 0, offset)["error_code"] == OFFSET_OUT_OF_RANGE

    def test_the_end_of_the_log_is_not_an_error(self, topic, connection):
        self.fill(connection, topic())
        answer = connection.fetch(topic.last, 0, 50, max_wait_ms=0)
        assert answer["error_code"] == NONE and not answer["records"]

    def test_a_long_poll_waits_for_its_time(self, topic, connection):
        topic()
        started = time.monotonic()
        assert not connection.fetch(topic.last, 0, 0, max_wait_ms=400)["records"]
        assert 0.35 <= time.monotonic() - started < 20

    def test_a_long_poll_is_woken_by_the_record_it_waits_for(self, address, topic, connection):
        topic()
        got = []
        reader = threading.Thread(target=lambda: got.append(connection.fetch(topic.last, 0, 0, max_wait_ms=20_000)))
        connection.socket.settimeout(30)
        started = time.monotonic()
        reader.start()
        with Connection(address) as other:
            assert other.produce(topic.last, 0, small_batch())["error_code"] == NONE
        reader.join(30)
        assert time.monotonic() - started < 10
        assert batches.split(got[0]["records"])[0].base_offset == 0

    def test_a_long_poll_waits_for_enough_bytes(self, address, topic, connection):
        topic()
        got = []
        wanted = 3 * len(small_batch())
        connection.socket.settimeout(30)
        reader = threading.Thread(
            target=lambda: got.append(connection.fetch(topic.last, 0, 0, max_wait_ms=20_000, min_bytes=wanted))
        )
        reader.start()
        with Connection(address) as other:
            for _ in range(3):
                assert other.produce(topic.last, 0, small_batch())["error_code"] == NONE
        reader.join(30)
        assert len(got[0]["records"]) >= wanted

    def test_an_error_in_one_partition_answers_at_once(self, topic, connection):
        values = sample("Fetch", topic(partitions=2)) | {"max_wait_ms": 20_000}
        part = values["topics"][0]["partitions"][0]
        values["topics"][0]["partitions"] = [part, part | {"partition": 1, "fetch_offset": 5}]
        connection.socket.settimeout(30)
        started = time.monotonic()
        answer = connection.call("Fetch", 11, values)["responses"][0]["partitions"]
        assert {p["partition_index"]: p["error_code"] for p in answer} == {0: NONE, 1: OFFSET_OUT_OF_RANGE}
        assert time.monotonic() - started < 10

    @pytest.mark.parametrize("epoch, error", [(-1, NONE), (1000, UNKNOWN_EPOCH)])
    def test_the_leader_epoch_of_the_asker_is_checked(self, epoch, error, topic, connection):
        values = sample("Fetch", topic())
        values["topics"][0]["partitions"][0]["current_leader_epoch"] = epoch
        answer = connection.call("Fetch", 11, values)["responses"][0]["partitions"][0]
        assert answer["error_code"] == error

    def test_a_topic_that_is_deleted_ends_the_long_poll(self, address, topic, connection):
        topic()
        got = []
        connection.socket.settimeout(40)
        reader = threading.Thread(target=lambda: got.append(connection.fetch(topic.last, 0, 0, max_wait_ms=30_000)))
        started = time.monotonic()
        reader.start()
        with Connection(address) as other:
            other.call("DeleteTopics", 3, {"topic_names": [topic.last], "timeout_ms": 10_000})
        reader.join(40)
        assert time.monotonic() - started < 25
        assert got[0]["error_code"] in (UNKNOWN_TOPIC, 6)


class TestListOffsets:
    def test_first_last_and_largest_timestamp(self, topic, connection):
        topic()
        for stamp in (100, 900, 300, 700):
            batch = batches.build([Record(b"k", b"v", (), 1_700_000_000_000 + stamp)])
            assert connection.produce(topic.last, 0, batch)["error_code"] == NONE
        assert connection.list_offset(topic.last, 0, -2)["offset"] == 0
        assert connection.list_offset(topic.last, 0, -1)["offset"] == 4
        largest = connection.list_offset(topic.last, 0, -3, version=7)
        assert (largest["offset"], largest["timestamp"]) == (1, 1_700_000_000_900)

    def test_time_finds_the_first_record_that_is_not_older_even_out_of_order(self, topic, connection):
        base = 1_700_000_000_000
        topic()
        for stamps in ([10, 50, 20], [30, 40], [60, 5]):
            batch = batches.build([Record(b"k", b"v", (), base + s) for s in stamps], codec="gzip")
            assert connection.produce(topic.last, 0, batch)["error_code"] == NONE
        for asked, offset, stamp in [(0, 0, 10), (11, 1, 50), (50, 1, 50), (51, 5, 60), (60, 5, 60)]:
            found = connection.list_offset(topic.last, 0, base + asked)
            assert (found["offset"], found["timestamp"]) == (offset, base + stamp), f"asked {asked}"
        none = connection.list_offset(topic.last, 0, base + 61)
        assert (none["error_code"], none["offset"], none["timestamp"]) == (NONE, -1, -1)

    def test_an_unknown_partition_is_an_error(self, topic, connection):
        assert connection.list_offset(topic(), 3, -1)["error_code"] == UNKNOWN_TOPIC


class TestDeleteRecords:
    def delete(self, connection, topic, offset):
        asked = [{"name": topic, "partitions": [{"partition_index": 0, "offset": offset}]}]
        answer = connection.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 10_000})
        part = answer["topics"][0]["partitions"][0]
        return part["error_code"], part["low_watermark"]

    def test_the_log_starts_where_it_was_told_to(self, topic, connection):
        for _ in range(3):
            connection.produce(topic.last or topic(), 0, batches.build(text_records(10)))
        assert self.delete(connection, topic.last, 15) == (NONE, 15)
        assert connection.list_offset(topic.last, 0, -2)["offset"] == 15
        assert connection.fetch(topic.last, 0, 14)["error_code"] == OFFSET_OUT_OF_RANGE
        answer = connection.fetch(topic.last, 0, 15)
        assert (answer["error_code"], answer["log_start_offset"]) == (NONE, 15)
        assert self.delete(connection, topic.last, 10) == (NONE, 15)
        assert self.delete(connection, topic.last, -1) == (NONE, 30)
        assert connection.produce(topic.last, 0, batches.build(text_records(1)))["base_offset"] == 30

    def test_an_offset_beyond_the_log_is_refused(self, topic, connection):
        connection.produce(topic(), 0, small_batch())
        assert self.delete(connection, topic.last, 3)[0] == OFFSET_OUT_OF_RANGE
        assert connection.list_offset(topic.last, 0, -2)["offset"] == 0


class TestOffsetForLeaderEpoch:
    def test_the_end_of_the_current_epoch_is_the_end_of_the_log(self, address, topic, connection):
        require(address, "OffsetForLeaderEpoch", 4)
        connection.produce(topic(), 0, small_batch())
        epoch = connection.call("Metadata", 7, {"topics": [{"name": topic.last}]})["topics"][0]["partitions"][0]["leader_epoch"]
        values = sample("OffsetForLeaderEpoch", topic.last)
        values["topics"][0]["partitions"][0]["leader_epoch"] = epoch
        found = connection.call("OffsetForLeaderEpoch", 3, values)["topics"][0]["partitions"][0]
        assert (found["error_code"], found["leader_epoch"], found["end_offset"]) == (NONE, epoch, 2)


class TestDescribeLogDirs:
    def test_a_partition_is_as_large_as_its_batches_in_the_configured_directory(self, shared_broker, topic, connection):
        batch = small_batch()
        connection.produce(topic(), 0, batch)
        answer = connection.call("DescribeLogDirs", 4, {"topics": [{"topic": topic.last, "partitions": [0, 0, 99]}]})
        (directory,) = answer["results"]
        assert (answer["error_code"], directory["error_code"]) == (NONE, NONE)
        assert pathlib.Path(directory["log_dir"]).resolve() == shared_broker.data.resolve()
        assert 0 < directory["usable_bytes"] <= directory["total_bytes"]
        (found,) = directory["topics"][0]["partitions"]
        assert (found["partition_index"], found["partition_size"]) == (0, len(batch))
        assert (found["offset_lag"], found["is_future_key"]) == (0, False)

    def test_null_topics_mean_all_and_empty_means_none(self, topic, connection):
        topic()
        (everything,) = connection.call("DescribeLogDirs", 2, {"topics": None})["results"]
        assert topic.last in {t["name"] for t in everything["topics"]}
        (nothing,) = connection.call("DescribeLogDirs", 2, {"topics": []})["results"]
        assert nothing["topics"] == []


class TestRefusals:
    """Error codes that tools tell apart; each was read off Apache Kafka."""

    INVALID_REQUEST, NOT_LEADER, INVALID_CONFIG, INCONSISTENT_PROTOCOL = 42, 6, 40, 23

    def create(self, connection, name, **topic):
        topic = {"name": name, "num_partitions": 1, "replication_factor": 1} | topic
        values = {"topics": [topic], "timeout_ms": 10_000, "validate_only": True}
        return connection.call("CreateTopics", 4, values)["topics"][0]["error_code"]

    def test_a_stranger_cannot_fetch_as_a_follower(self, topic, connection):
        values = sample("Fetch", topic()) | {"replica_id": 7}
        assert connection.call("Fetch", 11, values)["responses"][0]["partitions"][0]["error_code"] == self.NOT_LEADER

    def test_asking_twice_for_the_offset_of_one_partition_is_refused(self, topic, connection):
        part = {"partition_index": 0, "current_leader_epoch": -1, "timestamp": -1}
        values = {"replica_id": -1, "topics": [{"name": topic(), "partitions": [part, part]}]}
        answer = connection.call("ListOffsets", 5, values)["topics"][0]["partitions"]
        assert {p["error_code"] for p in answer} == {self.INVALID_REQUEST}

    def test_deleting_a_topic_twice_in_one_request_is_refused_and_keeps_it(self, address, topic, connection):
        topic()
        values = {"topic_names": [topic.last, topic.last], "timeout_ms": 10_000}
        answer = connection.call("DeleteTopics", 3, values)["responses"]
        assert {r["error_code"] for r in answer} == {self.INVALID_REQUEST}
        assert topic.last in topic_names(address)

    def test_deleting_neither_a_name_nor_an_id_is_refused(self, connection):
        values = {"topics": [{"name": None, "topic_id": bytes(16)}], "timeout_ms": 10_000}
        assert connection.call("DeleteTopics", 6, values)["responses"][0]["error_code"] == self.INVALID_REQUEST

    def test_a_topic_that_is_asked_for_twice_is_described_once(self, topic, connection):
        answer = connection.call("Metadata", 5, {"topics": [{"name": topic()}, {"name": topic.last}]})
        assert [t["name"] for t in answer["topics"]] == [topic.last]

    def test_the_offsets_topic_exists_already(self, topic, connection):
        commit = sample("OffsetCommit", topic(), topic.name("group"))
        wait_until(
            lambda: connection.call("OffsetCommit", 5, commit)["topics"][0]["partitions"][0]["error_code"] == 0, "a commit"
        )
        assert self.create(connection, "__consumer_offsets") == TOPIC_EXISTS

    def test_records_of_an_internal_topic_cannot_be_deleted(self, connection):
        asked = [{"name": "__consumer_offsets", "partitions": [{"partition_index": 0, "offset": 0}]}]
        answer = connection.call("DeleteRecords", 1, {"topics": asked, "timeout_ms": 1000})
        assert answer["topics"][0]["partitions"][0]["error_code"] == INVALID_TOPIC

    @pytest.mark.parametrize(
        "key, value",
        [
            ("unclean.leader.election.enable", "false"),
            ("segment.jitter.ms", "0"),
        ],
    )
    def test_a_topic_may_carry_the_configuration(self, key, value, topic, connection):
        assert self.create(connection, topic.name(), configs=[{"name": key, "value": value}]) == NONE

    @pytest.mark.parametrize(
        "key, value",
        [
            ("flush.messages", "10000"),
            ("flush.ms", "1000"),
            ("file.delete.delay.ms", "60000"),
        ],
    )
    def test_a_topic_may_say_when_its_files_are_flushed_or_freed(self, key, value, topic, connection):
        assert self.create(connection, topic.name(), configs=[{"name": key, "value": value}]) == NONE

    @pytest.mark.parametrize(
        "key, value",
        [
            ("cleanup.policy", "compact"),
            ("cleanup.policy", "compact,delete"),
            ("delete.retention.ms", "86400000"),
            ("min.cleanable.dirty.ratio", "0.5"),
            ("min.compaction.lag.ms", "0"),
            ("max.compaction.lag.ms", "86400000"),
        ],
    )
    def test_a_topic_may_say_how_it_is_compacted(self, key, value, topic, connection):
        assert self.create(connection, topic.name(), configs=[{"name": key, "value": value}]) == NONE

    def test_minus_one_means_the_default_in_every_version(self, topic, connection):
        asked = {"name": topic.name(), "num_partitions": -1, "replication_factor": -1}
        values = {"topics": [asked], "timeout_ms": 10_000, "validate_only": True}
        assert connection.call("CreateTopics", 2, values)["topics"][0]["error_code"] == NONE

    def test_bytes_that_are_no_batch_are_corrupt(self, topic, connection):
        assert connection.produce(topic(), 0, bytes(20))["error_code"] == CORRUPT

    def test_a_batch_that_says_it_is_longer_than_it_is_is_invalid(self, topic, connection):
        batch = batches.build([Record(b"k", b"v", (), 0)], length=500)
        assert connection.produce(topic(), 0, batch)["error_code"] == INVALID_RECORD

    def test_a_refused_batch_comes_with_the_log_start(self, topic, connection):
        future = batches.build([Record(b"k", b"v", (), now_ms() + 7_200_000)])
        answer = connection.produce(topic(), 0, future)
        assert (answer["error_code"], answer["base_offset"], answer["log_start_offset"]) == (INVALID_TIMESTAMP, -1, 0)
        assert connection.produce(topic.last, 0, batches.build([Record()], crc=1))["log_start_offset"] == -1

    def test_every_negative_epoch_of_a_fetch_means_none(self, topic, connection):
        values = sample("Fetch", topic())
        values["topics"][0]["partitions"][0]["current_leader_epoch"] = -2
        assert connection.call("Fetch", 11, values)["responses"][0]["partitions"][0]["error_code"] == NONE

    def test_a_sync_without_its_protocol_is_refused_from_version_5_on(self, connection):
        values = sample("SyncGroup", "t") | {"protocol_type": None, "protocol_name": None}
        assert connection.call("SyncGroup", 5, values)["error_code"] == self.INCONSISTENT_PROTOCOL

    @pytest.mark.parametrize("id_and_epoch", [(5, -1), (-1, 3)])
    def test_a_producer_id_and_its_epoch_come_together(self, id_and_epoch, connection):
        producer_id, epoch = id_and_epoch
        values = sample("InitProducerId", "t") | {"producer_id": producer_id, "producer_epoch": epoch}
        answer = connection.call("InitProducerId", 4, values)
        assert (answer["error_code"], answer["producer_id"], answer["producer_epoch"]) == (self.INVALID_REQUEST, -1, -1)

    def test_no_keys_mean_all_keys(self, topic, connection):
        def keys(asked):
            values = {"resources": [{"resource_type": 2, "resource_name": topic.last, "configuration_keys": asked}]}
            return {c["name"] for c in connection.call("DescribeConfigs", 1, values)["results"][0]["configs"]}

        topic()
        assert keys([]) == keys(None) != set()

    def test_a_group_knows_five_operations(self, connection):
        answer = connection.call("DescribeGroups", 5, {"groups": ["g"], "include_authorized_operations": True})
        # READ, DELETE, DESCRIBE, DESCRIBE_CONFIGS, ALTER_CONFIGS
        assert answer["groups"][0]["authorized_operations"] == sum(1 << n for n in (3, 6, 8, 10, 11))

    def test_the_defaults_of_the_cluster_can_be_described(self, connection):
        asked = [{"resource_type": 4, "resource_name": "", "configuration_keys": None}]
        assert connection.call("DescribeConfigs", 1, {"resources": asked})["results"][0]["error_code"] == NONE
