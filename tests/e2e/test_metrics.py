"""GET /metrics, and what the command line makes of the same list."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import threading
import time
import uuid

import confluent_kafka
import pytest

from harness import batches, http
from harness.broker import binary, free_port, wait_until
from harness.confluent import ConfluentClient
from harness.metrics import Samples, scrape
from harness.records import Record, now_ms, text_records
from harness.subscriptions import Subscription
from harness.wire import Closed, Connection, create_topic, frame

ROOT = pathlib.Path(__file__).parent.parent.parent
HOUR = 3600


@pytest.fixture(scope="module")
def broker(door):
    return door


def old_batch(age_seconds, count=1, value=b"v"):
    return batches.build([Record(b"k", value, (), now_ms() - age_seconds * 1000)] * count)


def produced(connection, topic, partition, batch):
    assert connection.produce(topic, partition, batch)["error_code"] == 0


def commit(connection, group, topic, offsets):
    """As a consumer that assigns partitions to itself."""
    parts = [
        {"partition_index": p, "committed_offset": o, "committed_leader_epoch": -1, "committed_metadata": ""}
        for p, o in offsets.items()
    ]
    values = {"group_id": group, "generation_id_or_member_epoch": -1, "member_id": ""}
    answer = connection.call("OffsetCommit", 7, values | {"topics": [{"name": topic, "partitions": parts}]})
    assert {p["error_code"] for p in answer["topics"][0]["partitions"]} == {0}, answer


class TestTraffic:
    def test_a_topic_counts_exactly_what_a_client_produced_and_consumed(self, broker, at):
        topic = create_topic(broker.address, "counted", 2)
        records = text_records(3000)
        client = ConfluentClient()
        client.produce(broker.address, topic, records[:1000], partition=0)
        client.produce(broker.address, topic, records[1000:], partition=1, codec="lz4")
        after = scrape(at)
        stored = sum(p["bytes"] for p in http.get(at, f"/v1/topics/{topic}")["partitions"])
        assert after.value("millrace_topic_received_records_total", topic=topic) == 3000
        assert after.value("millrace_topic_received_bytes_total", topic=topic) == stored
        assert after.value("millrace_topic_log_bytes", topic=topic) == stored
        assert after.value("millrace_topic_log_segments", topic=topic) == 2
        assert after.value("millrace_topic_partitions", topic=topic) == 2
        assert after.value("millrace_topic_offline_partitions", topic=topic) == 0
        assert after.value("millrace_topic_sent_records_total", topic=topic) == 0
        client.consume(broker.address, topic, 1000, partition=0)
        client.consume(broker.address, topic, 2000, partition=1)
        read = scrape(at)
        assert read.value("millrace_topic_sent_records_total", topic=topic) == 3000
        assert read.value("millrace_topic_sent_bytes_total", topic=topic) == stored
        assert read.value("millrace_topic_received_records_total", topic=topic) == 3000

    def test_what_was_sent_before_the_offset_that_was_asked_for_is_no_record_more(self, broker, at):
        topic = create_topic(broker.address, "middle")
        with Connection(broker.address) as c:
            produced(c, topic, 0, old_batch(1, 10))
            assert c.fetch(topic, 0, 7)["records"]
        assert scrape(at).value("millrace_topic_sent_records_total", topic=topic) == 3

    def test_a_duplicate_and_a_refused_batch_are_not_counted_as_received(self, broker, at):
        topic = create_topic(broker.address, "twice")
        before = scrape(at)
        with Connection(broker.address) as c:
            producer = c.call("InitProducerId", 1, {"transactional_id": None, "transaction_timeout_ms": 1000})
            batch = batches.build(
                [Record(b"k", b"v", (), now_ms())] * 5,
                producer_id=producer["producer_id"], producer_epoch=producer["producer_epoch"], base_sequence=0,
            )  # fmt: skip
            produced(c, topic, 0, batch)
            produced(c, topic, 0, batch)
            assert c.produce(topic, 0, batches.build([Record(b"k", b"v")], crc=1))["error_code"] == 2
            assert c.produce("nobody", 0, old_batch(1))["error_code"] == 3
        after = scrape(at)
        assert after.value("millrace_topic_received_records_total", topic=topic) == 5
        for reason, more in (("corrupt_message", 1), ("unknown_topic_or_partition", 1), ("invalid_record", 0)):
            counts = [s.value("millrace_produce_refused_total", reason=reason) for s in (before, after)]
            assert counts[1] - counts[0] == more, reason

    def test_requests_are_timed_by_api(self, broker, at):
        topic = create_topic(broker.address, "timed")
        before = scrape(at)
        with Connection(broker.address) as c:
            for _ in range(7):
                produced(c, topic, 0, old_batch(1))
            c.fetch(topic, 0, 7, max_wait_ms=300)  # nothing is there: it waits
        after = scrape(at)
        name = "millrace_kafka_request_duration_seconds"

        def more(part, **labels):
            return after.value(name + part, **labels) - before.value(name + part, **labels)

        assert more("_count", api="Produce") == 7
        assert more("_bucket", api="Produce", le="+Inf") == 7
        assert more("_count", api="Fetch") == 1
        assert 0.3 <= more("_sum", api="Fetch") < 30
        assert more("_bucket", api="Fetch", le="0.25") == 0, "a fetch that waited is no quick one"

    def test_flushes_are_timed(self, broker, at):
        topic = create_topic(broker.address, "flushed")
        before = scrape(at)
        with Connection(broker.address) as c:
            for _ in range(5):
                produced(c, topic, 0, old_batch(1))
        after = scrape(at)
        for name in ("millrace_flush_duration_seconds_count", "millrace_flush_queue_duration_seconds_count"):
            assert after.value(name) - before.value(name) >= 5, name
        assert after.value("millrace_flush_failures_total") == 0


class TestLag:
    def test_a_group_is_behind_by_records_and_by_the_age_of_the_first_of_them(self, broker, at):
        topic = create_topic(broker.address, "late", 3)
        with Connection(broker.address) as c:
            for age in (3 * HOUR, 2 * HOUR, HOUR):
                produced(c, topic, 0, old_batch(age, 10))
            produced(c, topic, 1, old_batch(60, 5))
            commit(c, "late-group", topic, {0: 10, 1: 0})

            def told():
                s = scrape(at)
                where = {"group": "late-group", "topic": topic}
                return s.value("millrace_group_lag_records", **where), s.value("millrace_group_lag_age_seconds", **where)

            def is_about(age):
                return pytest.approx(age, abs=120)

            assert told() == (25, is_about(2 * HOUR))
            commit(c, "late-group", topic, {0: 20})
            assert told() == (15, is_about(HOUR))
            commit(c, "late-group", topic, {0: 25})
            assert told() == (10, is_about(HOUR)), "the batch counts in whose middle it stands"
            commit(c, "late-group", topic, {0: 30})
            assert told() == (5, is_about(60)), "the other partition is the oldest now"
            commit(c, "late-group", topic, {1: 5})
            assert told() == (0, 0)
            produced(c, topic, 1, old_batch(300))
            assert told() == (1, is_about(300))

    def test_the_age_is_known_after_a_restart(self, own_broker):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}").start()
        topic = create_topic(broker.address, "kept")
        with Connection(broker.address) as c:
            produced(c, topic, 0, old_batch(5 * HOUR))
            produced(c, topic, 0, old_batch(4 * HOUR))
            commit(c, "g", topic, {0: 1})
        broker.restart()
        after = scrape(broker.settings["http_listeners"])
        assert after.value("millrace_group_lag_age_seconds", group="g", topic=topic) == pytest.approx(4 * HOUR, abs=120)
        assert after.value("millrace_topic_received_records_total", topic=topic) == 0, "counters begin with the process"

    def test_records_without_a_time_have_no_age(self, broker, at):
        topic = create_topic(broker.address, "timeless")
        with Connection(broker.address) as c:
            produced(c, topic, 0, batches.build([Record(b"k", b"v", (), -1)]))
            commit(c, "timeless-group", topic, {0: 0})
        told = scrape(at)
        assert told.value("millrace_group_lag_records", group="timeless-group", topic=topic) == 1
        assert told.value("millrace_group_lag_age_seconds", group="timeless-group", topic=topic) == 0

    def test_members_that_come_and_go_are_rebalances(self, broker, at):
        topic = create_topic(broker.address, "shared", 2)
        before = scrape(at)
        settings = {"bootstrap.servers": broker.address, "group.id": "shared", "auto.offset.reset": "earliest"}
        consumer = confluent_kafka.Consumer(settings)
        consumer.subscribe([topic])
        wait_until(lambda: consumer.poll(0.05) or consumer.assignment(), "an assignment")
        after = scrape(at)
        name = "millrace_group_rebalances_total"
        assert after.value(name, protocol="classic") - before.value(name, protocol="classic") == 1
        assert after.value("millrace_group_members") - before.value("millrace_group_members") == 1
        assert after.value("millrace_groups") - before.value("millrace_groups") == 1
        consumer.close()
        left = scrape(at)
        assert left.value("millrace_group_members") == before.value("millrace_group_members")
        assert left.value(name, protocol="consumer") == before.value(name, protocol="consumer")

    def test_epochs_of_the_consumer_protocol_are_rebalances_too(self, broker, at):
        topic = create_topic(broker.address, "newer", 2)
        name, who = "millrace_group_rebalances_total", {"group_id": "newer", "member_id": str(uuid.uuid4())}
        nothing_new = {
            "instance_id": None, "rack_id": None, "rebalance_timeout_ms": -1, "subscribed_topic_names": None,
            "subscribed_topic_regex": None, "server_assignor": None, "topic_partitions": None,
        }  # fmt: skip
        joins = {"member_epoch": 0, "rebalance_timeout_ms": 30_000, "subscribed_topic_names": [topic], "topic_partitions": []}
        counts = [scrape(at).value(name, protocol="consumer")]
        with Connection(broker.address) as c:
            for step in (joins, {"member_epoch": -1}):
                assert c.call("ConsumerGroupHeartbeat", 1, who | nothing_new | step)["error_code"] == 0
                counts.append(scrape(at).value(name, protocol="consumer"))
        assert counts == [counts[0], counts[0] + 1, counts[0] + 2]


class TestRefusals:
    @pytest.mark.parametrize(
        "reason, sent",
        [
            ("frame_length", struct.pack(">i", -5)),
            ("frame_length", struct.pack(">i", 2_000_000_000)),
            ("header", frame(b"\x00")),
            ("unknown_api", frame(struct.pack(">hhih", 9999, 0, 1, -1))),
            ("unsupported_version", frame(struct.pack(">hhihb", 3, 999, 1, -1, 0))),
            ("body", frame(struct.pack(">hhihi", 3, 0, 1, -1, 2_000_000_000))),
        ],
    )
    def test_what_is_no_request_is_counted_by_its_reason(self, reason, sent, broker, at):
        before = scrape(at)
        with Connection(broker.address) as c:
            c.send_bytes(sent)
            assert c.wait_closed()
        after = scrape(at)
        for label in before.labels("millrace_kafka_refused_total"):
            counts = [s.value("millrace_kafka_refused_total", **label) for s in (before, after)]
            assert counts[1] - counts[0] == (1 if label["reason"] == reason else 0), label

    def test_http_problems_are_counted_by_their_kind(self, at):
        before = scrape(at)
        assert http.request(at, "GET", "/nothing")[0] == 404
        assert http.request(at, "GET", "/v1/topics/nobody")[0] == 404
        assert http.request(at, "PUT", "/v1/topics")[0] == 405
        assert http.exchange(at, b"GET /metrics HTTP/1.1\r\nHost: evil.example\r\n\r\n")[0][0] == 421
        after = scrape(at)
        wanted = {"not-found": 2, "method-not-allowed": 1, "wrong-host": 1}
        for label in before.labels("millrace_http_refused_total"):
            counts = [s.value("millrace_http_refused_total", **label) for s in (before, after)]
            assert counts[1] - counts[0] == wanted.get(label["kind"], 0), label
        name = "millrace_http_answers_total"
        assert after.value(name, status="4xx") - before.value(name, status="4xx") == 4
        assert after.value(name, status="2xx") > before.value(name, status="2xx")

    def test_connections_are_counted_at_both_doors(self, own_broker):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}", max_connections=3, max_connections_per_address=2)
        broker.start()
        at = broker.settings["http_listeners"]
        idle = wait_until(lambda: (s := scrape(at)).value("millrace_connections", door="kafka") == 0 and s, "nobody")
        with Connection(broker.address) as one, Connection(broker.address) as two:
            assert one.api_versions() and two.api_versions()
            with contextlib.suppress(Closed), Connection(broker.address) as three:
                assert three.wait_closed()
            # The connection of the scrape before may not have been counted off yet.
            here = "millrace_connections"
            busy = wait_until(lambda: (s := scrape(at)).value(here, door="http") == 1 and s, "the scrape alone")
        assert busy.value(here, door="kafka") == 2
        name = "millrace_connections_accepted_total"
        assert busy.value(name, door="kafka") - idle.value(name, door="kafka") == 2
        refused = "millrace_connections_refused_total"
        assert busy.value(refused, door="kafka", reason="max_connections_per_address") == 1
        assert busy.value(refused, door="kafka", reason="max_connections") == 0
        wait_until(lambda: scrape(at).value("millrace_connections", door="kafka") == 0, "their going")

    def test_the_end_of_space_is_told(self, own_broker):
        broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}", min_free_bytes=1 << 60)
        broker.start()
        broker.expect_error("disk nearly full")
        told = scrape(broker.settings["http_listeners"])
        assert told.value("millrace_out_of_space") == 1
        assert told.value("millrace_disk_free_min_bytes") == 1 << 60
        free, _, size = os.statvfs(broker.data), None, shutil.disk_usage(broker.data).total
        assert told.value("millrace_disk_free_bytes") == pytest.approx(free.f_bavail * free.f_frsize, rel=0.2)
        assert told.value("millrace_disk_size_bytes") == size


class TestProcess:
    def test_the_process_is_told_as_the_system_sees_it(self, broker, at):
        before = time.time()
        told = scrape(at)
        assert told.value("process_resident_memory_bytes") == pytest.approx(broker.rss_kib() * 1024, rel=0.5)
        assert told.value("process_open_fds") == pytest.approx(broker.descriptors(), abs=20)
        assert told.value("process_cpu_seconds_total") <= broker.cpu_seconds() + 0.05
        started = told.value("process_start_time_seconds")
        assert 0 < before - started < 3600
        assert told.value("millrace_uptime_seconds") <= time.time() - started + 1
        version = subprocess.run([binary(), "--version"], capture_output=True, text=True).stdout.split()[-1]
        assert told.value("millrace_build_info", version=version) == 1

    def test_memory_is_told_by_budget_and_given_back(self, broker, at):
        topic = create_topic(broker.address, "budgets")
        with Connection(broker.address) as c:
            # A fetch that waits holds its request; its session is remembered.
            c.send("Fetch", 11, {
                "replica_id": -1, "max_wait_ms": 20_000, "min_bytes": 1, "max_bytes": 1 << 20, "isolation_level": 0,
                "topics": [{"topic": topic, "partitions": [{
                    "partition": 0, "current_leader_epoch": -1, "fetch_offset": 0, "last_fetched_epoch": -1,
                    "log_start_offset": -1, "partition_max_bytes": 1 << 20}]}],
            })  # fmt: skip
            waiting = wait_until(
                lambda: (s := scrape(at)).value("millrace_kafka_requests_in_flight") == 1 and s, "the fetch that waits"
            )
            assert waiting.value("millrace_memory_used_bytes", budget="requests") > 0
        done = wait_until(lambda: (s := scrape(at)).value("millrace_kafka_requests_in_flight") == 0 and s, "its end")
        assert done.value("millrace_memory_used_bytes", budget="requests") == 0
        assert done.value("millrace_memory_used_bytes", budget="answers") == 0
        for budget in ("fetch_sessions", "group_offsets", "group_members", "compaction"):
            used, limit = (done.value(f"millrace_memory_{n}_bytes", budget=budget) for n in ("used", "limit"))
            assert 0 <= used < limit, budget


def promtool(*arguments, stdin=None):
    done = subprocess.run(["promtool", *arguments], input=stdin, capture_output=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).decode()


ODD_GROUPS = ['say "hello"', "back\\slash", "line\nbreak", "größe ☃", '{a="b"}', "tab\tand ' quote", "\\xff", "", " "]


class TestFormat:
    def test_promtool_finds_nothing_wrong_with_odd_names_under_load(self, broker, at):
        topic = create_topic(broker.address, "odd.topic-with_every.sign-allowed")
        with Connection(broker.address) as c:
            produced(c, topic, 0, old_batch(10, 5))
            for group in ODD_GROUPS:
                commit(c, group, topic, {0: 1})
            commit(c, b"\xff\xfe", topic, {0: 2})  # no text at all
        over = threading.Event()

        def load():
            with Connection(broker.address) as c:
                while not over.is_set():
                    produced(c, topic, 0, old_batch(0, 20, b"v" * 500))
                    c.fetch(topic, 0, 0)

        thread = threading.Thread(target=load)
        thread.start()
        try:
            texts = [scrape(at).text for _ in range(3)]
        finally:
            over.set()
            thread.join()
        for text in texts:
            code, said = promtool("check", "metrics", stdin=text.encode())
            assert (code, said) == (0, ""), said
        groups = {label["group"] for label in Samples(texts[0]).labels("millrace_group_lag_records")}
        assert groups >= set(ODD_GROUPS) | {"\\xff\\xfe"}

    def test_every_metric_of_the_page_is_told_and_no_other(self, broker, at):
        topic = create_topic(broker.address, "of-the-page", 1, {"cloudevents.dedupe.window.ms": "1000"})
        with Connection(broker.address) as c:
            commit(c, "of-the-page", topic, {0: 0})
        create_topic(broker.address, "dlq.somebody.of-the-page", 1, {"errors.deadletterqueue.group.enable": "true"})
        Subscription(at, topic)
        page = (ROOT / "docs" / "metrics.md").read_text()
        listed = set(re.findall(r"^\| `([a-z_]+)` \| (\w+) \|", page, re.MULTILINE))
        told = scrape(at)
        assert set(told.types.items()) == listed
        with_samples = {re.sub("_(bucket|sum|count)$", "", name) for name, _ in told.all}
        assert with_samples == {name for name, _ in listed}, "a metric that nobody ever tells a value of"

    def test_a_second_scrape_within_a_second_gets_the_same_answer(self, at):
        first = scrape(at)
        began = time.monotonic()
        answers = [http.request(at, "GET", "/metrics")[2] for _ in range(20)]
        took = time.monotonic() - began
        assert len({first.text, *answers}) <= 2 + took, "at most one a second is made"

    def test_many_at_once_are_all_answered(self, at):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(http.request(at, "GET", "/metrics"))) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [status for status, _, _ in answers] == [200] * 20


TOPICS_MAX, GROUP_TOPICS_MAX = 2_000, 2_000


def test_what_strangers_make_is_told_up_to_a_bound(own_broker):
    broker = own_broker(http_listeners=f"127.0.0.1:{free_port()}", durability="os").start()
    at = broker.settings["http_listeners"]
    names = [f"t{i:05}" for i in range(TOPICS_MAX + 20)]
    with Connection(broker.address, timeout=300) as c:
        for first in range(0, len(names), 100):
            wanted = [{"name": n, "num_partitions": 1, "replication_factor": 1} for n in names[first : first + 100]]
            made = c.call("CreateTopics", 4, {"topics": wanted, "timeout_ms": 60_000})["topics"]
            assert {t["error_code"] for t in made} == {0}
        produced(c, names[0], 0, old_batch(1))
        for i in range(GROUP_TOPICS_MAX + 7):
            commit(c, f"group-{i}", names[0], {0: 0})
    told = scrape(at)
    own = [t["name"] for t in http.get(at, "/v1/topics")["topics"] if t["internal"]]
    topics = {label["topic"] for label in told.labels("millrace_topic_log_bytes")}
    assert len(topics) == TOPICS_MAX and topics >= {*own, names[0]}
    assert told.value("millrace_topics") == len(names) + len(own)
    assert told.value("millrace_metrics_left_out", what="topics") == len(names) + len(own) - TOPICS_MAX
    assert len(told.labels("millrace_group_lag_records")) == GROUP_TOPICS_MAX
    assert told.value("millrace_metrics_left_out", what="group_topics") == 7
    # Of those that are told, not all could be looked up at once; all of them are soon.
    wait_until(lambda: scrape(at).value("millrace_metrics_left_out", what="lag_ages") == 0, "every age")
    ages = [v for (n, _), v in scrape(at).all.items() if n == "millrace_group_lag_age_seconds"]
    assert len(ages) == GROUP_TOPICS_MAX and min(ages) >= 1


def generate(*words):
    path = pathlib.Path(binary()).parent.parent / "cli" / "millrace"
    done = subprocess.run([str(path), "generate", *words], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


class TestGenerated:
    def test_prometheus_takes_the_alerts_and_the_configuration(self, tmp_path):
        (tmp_path / "millrace-alerts.yml").write_text(generate("alerts"))
        code, said = promtool("check", "rules", str(tmp_path / "millrace-alerts.yml"))
        assert code == 0 and "SUCCESS" in said, said
        config = tmp_path / "prometheus.yml"
        config.write_text(generate("prometheus", "--target", "127.0.0.1:8080", "--target", "[::1]:9090"))
        code, said = promtool("check", "config", str(config))
        assert code == 0 and "FAILED" not in said, said

    def test_alerts_are_told_when_they_should_be(self, tmp_path):
        (tmp_path / "alerts.yml").write_text(generate("alerts"))
        broker = 'job="millrace",instance="b:8080"'
        series = {
            f'up{{{broker}}}': "0x30",
            f'millrace_out_of_space{{{broker}}}': "0x10 1x20",
            f'millrace_offline_partitions{{{broker}}}': "0x10 2x20",
            f'millrace_disk_free_bytes{{{broker}}}': "9x30",
            f'millrace_disk_size_bytes{{{broker}}}': "100x30",
            f'millrace_group_lag_age_seconds{{{broker},group="stuck",topic="t"}}': "0+60x40",
            f'millrace_group_lag_age_seconds{{{broker},group="keeps-up",topic="t"}}': "400x40",
            f'millrace_kafka_refused_total{{{broker},reason="body"}}': "0+5x30",
            f'millrace_kafka_refused_total{{{broker},reason="header"}}': "3x30",
            f'millrace_flush_duration_seconds_bucket{{{broker},le="0.5"}}': "0x30",
            f'millrace_flush_duration_seconds_bucket{{{broker},le="1"}}': "0+10x30",
            f'millrace_flush_duration_seconds_bucket{{{broker},le="+Inf"}}': "0+10x30",
        }  # fmt: skip
        firing = {
            "MillraceDown": "critical",
            "MillraceOutOfSpace": "critical",
            "MillracePartitionOffline": "critical",
            "MillraceDiskNearlyFull": "warning",
            "MillraceLagAgeGrowing": "warning",
            "MillraceRequestsRefused": "warning",
            "MillraceSlowFlush": "warning",
        }
        more = {"MillraceLagAgeGrowing": ',group="stuck",topic="t"', "MillraceRequestsRefused": ',reason="body"'}
        expected = [
            {"value": 1, "labels": f'ALERTS{{alertname="{name}",alertstate="firing",severity="{severity}",{broker}'
                                   f'{more.get(name, "")}}}'}
            for name, severity in firing.items()
        ]  # fmt: skip
        asked = {"expr": 'ALERTS{alertstate="firing"}', "eval_time": "25m", "exp_samples": expected}
        test = {
            "rule_files": ["alerts.yml"],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": s, "values": v} for s, v in series.items()],
                    "promql_expr_test": [asked],
                }
            ],
        }
        (tmp_path / "test.yml").write_text(json.dumps(test))
        code, said = promtool("test", "rules", str(tmp_path / "test.yml"))
        assert code == 0, said

    def test_the_dashboard_asks_for_what_the_broker_tells(self, at):
        dashboard = json.loads(generate("dashboard"))
        expressions = [t["expr"] for p in dashboard["panels"] for t in p.get("targets", [])]
        assert len(expressions) > 20
        told = set(scrape(at).types)
        for expression in expressions:
            asked = set(re.findall(r"\b(?:millrace|process)_\w+", expression))
            assert asked and {re.sub("_(bucket|sum|count)$", "", n) if n not in told else n for n in asked} <= told, expression

    def test_a_target_that_is_none_is_refused(self):
        path = pathlib.Path(binary()).parent.parent / "cli" / "millrace"
        for wrong in ("host", "http://h:1/path", "h:0", "unix:/a"):
            done = subprocess.run([str(path), "generate", "prometheus", "--target", wrong], capture_output=True, text=True)
            assert done.returncode == 2 and wrong in done.stderr and done.stdout == ""

