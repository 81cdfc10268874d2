"""What every client must be able to do with the broker; one test class per client inherits this.

A subclass sets `client`, a driver with `name`, `codecs`, `idempotent`, `can_send`, `produce` and `consume`. Everything is
read back twice: by the same client, and as raw batches, so that a codec that silently fell back is noticed.
"""

import pytest

from . import wire
from .records import Record, assert_contiguous, assert_same_records, corpus, now_ms, random_bytes, text_records

CODECS = ["none", "gzip", "snappy", "lz4", "zstd"]


def raw_batches(address, topic, partition=0):
    with wire.Connection(address) as c:
        return c.read_log(topic, partition)


def raw_records(address, topic, partition=0):
    return [r for batch in raw_batches(address, topic, partition) for _, r in batch.records()]


def codecs_used(address, topic):
    return {batch.codec for batch in raw_batches(address, topic)}


class ClientContract:
    client = None

    def sendable(self, records):
        return [r for r in records if self.client.can_send(r)]

    def need(self, codec):
        if codec not in self.client.codecs:
            pytest.skip(f"{self.client.name} cannot compress with {codec}")

    def assert_delivered(self, reports, first=0):
        errors = [error for _, error in reports if error]
        assert not errors, f"{len(errors)} records failed: {errors[0]}"
        offsets = [offset for offset, _ in reports if offset is not None]
        assert offsets == list(range(first, first + len(offsets)))

    # Timestamps are compared wherever the client can set one.
    timestamps = True

    @pytest.mark.parametrize("codec", CODECS)
    def test_every_shape_of_record_comes_back_whole_with(self, codec, address, topic):
        self.need(codec)
        sent = self.sendable(corpus())
        self.assert_delivered(self.client.produce(address, topic(), sent, codec=codec))
        got = self.client.consume(address, topic.last, len(sent))
        assert_same_records(sent, got, timestamps=self.timestamps)
        assert_contiguous(got)

    @pytest.mark.parametrize("codec", CODECS)
    def test_batches_are_stored_with_the_codec_they_were_sent_with(self, codec, address, topic):
        self.need(codec)
        # Each record can be squeezed alone: librdkafka sends a batch as it is when compressing does not make it smaller.
        sent = [Record(b"k", b"squeezable " * 40 + b"%d" % i, (), now_ms()) for i in range(300)]
        self.assert_delivered(self.client.produce(address, topic(), sent, codec=codec))
        assert codecs_used(address, topic.last) == {codec}
        assert [r.value for r in raw_records(address, topic.last)] == [r.value for r in sent]

    @pytest.mark.parametrize("acks", ["0", "1", "all"])
    def test_records_arrive_in_order_with_acks(self, acks, address, topic):
        sent = text_records(200)
        topic(partitions=1)
        self.client.produce(address, topic.last, sent, acks=acks)
        got = self.client.consume(address, topic.last, len(sent))
        assert_same_records(sent, got, timestamps=self.timestamps)

    @pytest.mark.parametrize("codec", CODECS)
    def test_an_idempotent_producer_leaves_numbered_batches_with(self, codec, address, topic):
        self.need(codec)
        if not self.client.idempotent:
            pytest.skip(f"{self.client.name} has no idempotent producer")
        sent = text_records(500)
        self.assert_delivered(self.client.produce(address, topic(), sent, codec=codec, idempotent=True))
        stored = raw_batches(address, topic.last)
        assert len({b.producer_id for b in stored}) == 1 and stored[0].producer_id >= 0
        assert [b.base_sequence for b in stored] == [b.base_offset for b in stored]
        assert [r.value for r in raw_records(address, topic.last)] == [r.value for r in sent]

    @pytest.mark.parametrize("codec", CODECS)
    def test_records_of_a_mebibyte_pass_with(self, codec, address, topic):
        self.need(codec)
        # Incompressible, and as large as a batch of 1 MiB + 12 bytes lets a record be in every codec's envelope.
        sent = [Record(b"large", random_bytes(1_048_000, seed=i), (), now_ms()) for i in range(2)]
        reports = self.client.produce(address, topic(), sent, codec=codec, **self.large_record_settings())
        self.assert_delivered(reports)
        assert_same_records(sent, self.client.consume(address, topic.last, 2), timestamps=self.timestamps)

    def large_record_settings(self):
        return {"batch.num.messages": 1}

    def test_twenty_thousand_small_records_keep_their_order_in_every_partition(self, address, topic):
        topic(partitions=4)
        for partition in range(4):
            sent = text_records(5000, size=60, seed=partition)
            self.assert_delivered(self.client.produce(address, topic.last, sent, partition=partition, codec="lz4"))
            got = self.client.consume(address, topic.last, len(sent), partition=partition)
            assert_same_records(sent, got, timestamps=self.timestamps)
            assert_contiguous(got)

    def test_reading_starts_at_the_offset_that_was_asked(self, address, topic):
        sent = text_records(400)
        self.client.produce(address, topic(), sent, codec="gzip")
        got = self.client.consume(address, topic.last, 27, start=373)
        assert_same_records(sent[373:], got, timestamps=self.timestamps)
        assert_contiguous(got, first=373)

    def test_reading_by_time_starts_at_the_first_record_that_is_not_older(self, address, topic):
        start = now_ms() - 60_000
        sent = [Record(b"k", b"%d" % i, (), start + i * 100) for i in range(50)]
        with wire.Connection(address) as c:
            answer = c.produce(topic(), 0, wire.batches.build(sent, codec="zstd"))
            assert answer["error_code"] == 0
        for asked, first in [(start, 0), (start + 1, 1), (start + 2000, 20), (start + 4900, 49)]:
            got = self.client.consume(address, topic.last, 50 - first, start=f"time:{asked}")
            assert_same_records(sent[first:], got)

    def test_records_of_this_client_are_read_by_the_raw_protocol_and_back(self, address, topic):
        sent = self.sendable(corpus())
        self.client.produce(address, topic(), sent, codec="snappy")
        with wire.Connection(address) as c:
            stored = c.read_log(topic.last, 0)
            again = topic(partitions=1)
            for batch in stored:
                payload = wire.batches.build([r for _, r in batch.records()], codec="lz4")
                assert c.produce(again, 0, payload)["error_code"] == 0
        assert_same_records(sent, self.client.consume(address, again, len(sent)), timestamps=self.timestamps)
