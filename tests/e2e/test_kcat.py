"""kcat 1.7.1: what somebody types first."""

import json

import pytest

from harness import kcat, wire
from harness.contract import ClientContract
from harness.records import Record, text_records


class TestKcat(ClientContract):
    client = kcat.KcatClient()
    timestamps = False  # kcat stamps records itself

    def test_the_listing_shows_broker_topics_and_partitions(self, address, topic):
        topic(partitions=3)
        listing = json.loads(kcat.run("-L", "-J", "-b", address).stdout)
        assert [b["name"] for b in listing["brokers"]] == [address]
        assert listing["controllerid"] == listing["brokers"][0]["id"]
        found = {t["topic"]: t for t in listing["topics"]}[topic.last]
        assert [p["partition"] for p in found["partitions"]] == [0, 1, 2]
        leader = listing["brokers"][0]["id"]
        assert all(p["leader"] == leader and p["isrs"] == [{"id": leader}] for p in found["partitions"])

    def test_the_listing_of_one_topic_shows_only_that_topic(self, address, topic):
        topic(partitions=1)
        wanted = topic(partitions=2)
        listing = json.loads(kcat.run("-L", "-J", "-b", address, "-t", wanted).stdout)
        assert [t["topic"] for t in listing["topics"]] == [wanted]

    def test_query_by_time_gives_the_offset(self, address, topic):
        records = [Record(b"k", b"v%d" % i, (), 1_700_000_000_000 + i) for i in range(10)]
        with wire.Connection(address) as c:
            assert c.produce(topic(partitions=1), 0, wire.batches.build(records))["error_code"] == 0
        for asked, offset in [(1_700_000_000_004, 4), (-2, 0), (-1, 10), (1_700_000_000_010, -1)]:
            out = kcat.run("-Q", "-b", address, "-t", f"{topic.last}:0:{asked}").stdout.decode()
            # kcat prints the end of the log where the broker answers "none".
            assert out.split()[-1] == str(offset), out

    def test_tail_reads_the_last_records(self, address, topic):
        sent = text_records(20)
        self.client.produce(address, topic(partitions=1), sent)
        done = kcat.run("-C", "-q", "-b", address, "-t", topic.last, "-p", "0", "-o", "-5", "-e", "-f", "%s\\n")
        assert done.stdout.split() == [r.value for r in sent[-5:]]

    def test_all_partitions_are_read_to_their_ends(self, address, topic):
        topic(partitions=3)
        for partition in range(3):
            self.client.produce(address, topic.last, text_records(10, seed=partition), partition=partition)
        done = kcat.run("-C", "-q", "-b", address, "-t", topic.last, "-o", "beginning", "-e", "-f", "%p %o\\n")
        seen = sorted(tuple(map(int, line.split())) for line in done.stdout.splitlines())
        assert seen == [(p, o) for p in range(3) for o in range(10)]

    def test_producing_to_a_new_topic_creates_it(self, address, topic):
        name = topic.name()
        kcat.run("-P", "-b", address, "-t", name, input=b"first\nsecond\n")
        done = kcat.run("-C", "-q", "-b", address, "-t", name, "-o", "beginning", "-e", "-f", "%s\\n")
        assert sorted(done.stdout.split()) == [b"first", b"second"]

    def test_reading_a_topic_that_does_not_exist_says_so(self, address, topic):
        settings = ["-X", "allow.auto.create.topics=false", "-X", "topic.metadata.propagation.max.ms=0"]
        done = kcat.run("-C", "-b", address, "-t", topic.name(), "-e", *settings, check=False)
        assert done.returncode != 0
        assert b"nknown topic" in done.stderr, done.stderr

    @pytest.mark.parametrize("assignor", ["range,roundrobin", "cooperative-sticky"])
    def test_a_group_of_one_reads_everything(self, assignor, address, topic):
        topic(partitions=2)
        for partition in range(2):
            self.client.produce(address, topic.last, text_records(25, seed=partition), partition=partition)
        flags = ["-X", "auto.offset.reset=earliest", "-X", f"partition.assignment.strategy={assignor}", "-c", "50"]
        done = kcat.run("-b", address, "-G", topic.name("group"), topic.last, "-q", *flags, "-f", "%p %o\\n")
        seen = sorted(tuple(map(int, line.split())) for line in done.stdout.splitlines())
        assert seen == [(p, o) for p in range(2) for o in range(25)]
