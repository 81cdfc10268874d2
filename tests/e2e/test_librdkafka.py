"""librdkafka 2.0.2 as a C program would use it."""

import subprocess

import pytest

from harness.contract import ClientContract, raw_batches
from harness.rdk import LibrdkafkaClient, program
from harness.records import Record, assert_same_records, random_bytes, text_records


class TestLibrdkafka(ClientContract):
    client = LibrdkafkaClient()

    def test_reading_from_latest_sees_only_what_comes_after(self, address, topic):
        self.client.produce(address, topic(partitions=1), text_records(10, seed=1))
        command = [program("rdk_consume"), "--broker", address, "--topic", topic.last, "--start", "latest", "--count", "5"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as reader:
            assert reader.stdout.readline().strip() == "assigned\t10"
            later = text_records(5, seed=2)
            self.client.produce(address, topic.last, later)
            lines = reader.stdout.read().splitlines()
        assert [bytes.fromhex(line.split("\t")[5]) for line in lines] == [r.value for r in later]

    def test_the_end_of_a_partition_is_reported(self, address, topic):
        sent = text_records(30)
        self.client.produce(address, topic(partitions=1), sent)
        assert_same_records(sent, self.client.consume(address, topic.last, 0))

    def test_a_record_above_the_topic_limit_is_refused_and_its_neighbours_pass(self, address, topic):
        small, large = Record(b"a", b"small"), Record(b"b", random_bytes(1_100_000))
        reports = self.client.produce(
            address, topic(partitions=1), [small, large, small], **{"batch.num.messages": 1, "message.max.bytes": 2_000_000}
        )
        assert [error for _, error in reports] == [None, "MSG_SIZE_TOO_LARGE", None]
        assert [b.count for b in raw_batches(address, topic.last)] == [1, 1]

    def test_a_large_record_passes_when_it_compresses_below_the_limit(self, address, topic):
        large = Record(b"zeros", bytes(3_500_000))
        reports = self.client.produce(address, topic(partitions=1), [large], codec="zstd")
        assert reports == [(0, None)]
        assert_same_records([large], self.client.consume(address, topic.last, 1))

    @pytest.mark.parametrize("partition", [1, 1000])
    def test_a_partition_that_does_not_exist_is_reported(self, partition, address, topic):
        reports = self.client.produce(address, topic(partitions=1), [Record(b"k", b"v")], partition=partition)
        assert reports == [(None, "_UNKNOWN_PARTITION")]

    def test_reading_beyond_the_end_is_out_of_range(self, address, topic):
        self.client.produce(address, topic(partitions=1), text_records(3))
        command = [program("rdk_consume"), "--broker", address, "--topic", topic.last, "--start", "99", "--count", "1"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 2
        assert done.stdout.splitlines()[-1] in ("error\t_AUTO_OFFSET_RESET", "error\tOFFSET_OUT_OF_RANGE")
