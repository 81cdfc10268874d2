"""millrace, the command line, against a real daemon: what it prints, and what it exits with."""

import json
import os
import pathlib
import subprocess

import pytest

from harness import batches, cli
from harness.broker import Broker, binary, free_port
from harness.cli import DONE, REFUSED, UNREACHABLE, WRONG_USAGE, millrace, said
from harness.records import Record
from harness.wire import Connection, create_topic

@pytest.fixture(scope="module")
def broker(workshop):
    broker = Broker(workshop / "cli", http_listeners=f"127.0.0.1:{free_port()}", group_initial_rebalance_delay_ms=0)
    broker.start()
    create_topic(broker.address, "orders", 3, {"retention.ms": 86_400_000})
    with Connection(broker.address) as c:
        for _ in range(7):
            assert c.produce("orders", 1, batches.build([Record(b"k", b"v" * 100, (), 1)]))["error_code"] == 0
        part = {"partition_index": 1, "committed_offset": 2, "committed_leader_epoch": -1, "committed_metadata": ""}
        commit = {"group_id": "billing", "generation_id_or_member_epoch": -1, "member_id": ""}
        topics = [{"name": "orders", "partitions": [part]}]
        answer = c.call("OffsetCommit", 8, commit | {"topics": topics})
        assert answer["topics"][0]["partitions"][0]["error_code"] == 0
    yield broker
    broker.stop()
    broker.assert_quiet_log()


@pytest.fixture
def ask(broker):
    return lambda *arguments: millrace(*arguments, server=broker.settings["http_listeners"])


def test_who_is_behind_and_by_how_much(ask):
    assert said(ask("group", "ls")) == "GROUP    STATE  PROTOCOL\nbilling  Empty  classic\n"
    assert said(ask("group", "describe", "billing")) == (
        "group     billing\n"
        "state     Empty\n"
        "protocol  classic\n"
        "lag       5, and 2 partitions without a committed offset\n"
        "since     1970-01-01T00:00:00.001Z\n"
        "\n"
        "TOPIC   PARTITION  COMMITTED  END  LAG  BEHIND SINCE\n"
        "orders          0          -    0    -  -\n"
        "orders          1          2    7    5  1970-01-01T00:00:00.001Z\n"
        "orders          2          -    0    -  -\n"
    )


def test_topics(ask):
    lines = said(ask("topic", "ls")).splitlines()
    assert lines[0].split() == ["TOPIC", "PARTITIONS"]
    assert ["orders", "3"] in [line.split() for line in lines]
    described = said(ask("topic", "describe", "orders"))
    rows = [line.split() for line in described.splitlines()]
    assert ["PARTITION", "START", "END", "SIZE"] in rows
    assert [row[:3] for row in rows if row and row[0] in ("0", "1", "2")] == [["0", "0", "0"], ["1", "0", "7"], ["2", "0", "0"]]
    assert ["retention.ms", "86400000"] in rows


def test_the_cluster(ask, broker):
    rows = dict(line.split(None, 1) for line in said(ask("cluster")).splitlines())
    assert rows["cluster"] in broker.log_text() and rows["data"] == str(broker.data)
    assert (rows["topics"], rows["partitions"], rows["kafka"]) == ("1", "3", broker.address)


def test_json_is_what_the_broker_said_and_id_is_for_a_pipe(ask):
    assert json.loads(said(ask("-o", "json", "group", "describe", "billing")))["offsets"][1]["lag"] == 5
    assert json.loads(said(ask("group", "describe", "billing", "-o", "json")))["lag"] == 5
    assert "orders" in said(ask("topic", "ls", "-o", "id")).splitlines()
    assert said(ask("group", "ls", "-o", "id")) == "billing\n"


def test_headings_are_bold_on_a_terminal_unless_it_is_not_wanted(broker):
    def shown(*arguments, **environment):
        end, terminal = os.openpty()
        command = cli.command("group", "ls", *arguments, server=broker.settings["http_listeners"])
        subprocess.run(command, stdout=terminal, check=True, timeout=60, env=cli.surroundings({"TERM": "xterm"} | environment))
        os.close(terminal)
        text = os.read(end, 4096).decode()
        os.close(end)
        return text.splitlines()[0]

    assert shown() == "\x1b[1mGROUP    STATE  PROTOCOL\x1b[0m"
    plain = "GROUP    STATE  PROTOCOL"
    assert shown(NO_COLOR="1") == shown(TERM="dumb") == shown("--color", "never") == plain
    assert shown("--color", "always", NO_COLOR="1").startswith("\x1b[1m")


def test_what_does_not_exist_is_said_on_the_other_stream(ask):
    for noun in ("topic", "group"):
        done = ask(noun, "describe", "no/body")
        assert (done.returncode, done.stdout) == (REFUSED, "")
        assert f"{noun} no/body does not exist" in done.stderr and f"millrace {noun} ls" in done.stderr


def test_a_topic_is_made_altered_and_deleted(ask):
    tried = said(ask("topic", "create", "made", "--partitions", "2", "-c", "retention.ms=5000", "--dry-run"))
    assert "nothing was changed" in tried and ask("topic", "describe", "made").returncode == REFUSED
    assert said(ask("topic", "create", "made", "-p", "2", "-c", "retention.ms=5000", "-o", "id")) == "made\n"
    again = ask("topic", "create", "made")
    assert again.returncode == REFUSED and "made" in again.stderr
    described = json.loads(said(ask("topic", "describe", "made", "-o", "json")))
    assert (len(described["partitions"]), described["configs"]["retention.ms"]) == (2, "5000")
    altered = said(ask("topic", "alter", "made", "--set", "segment.bytes=1048576", "--unset", "retention.ms"))
    rows = [line.split() for line in altered.splitlines()]
    assert ["retention.ms", "604800000"] in rows and ["segment.bytes", "1048576"] in rows
    assert "partitions  4" in said(ask("topic", "alter", "made", "-p", "4"))
    refused = ask("topic", "alter", "made", "--set", "retention.ms=soon")
    assert refused.returncode == REFUSED and "retention.ms" in refused.stderr
    asked = ask("topic", "rm", "made")  # nobody is at the terminal, for there is none
    assert asked.returncode == WRONG_USAGE and "--yes" in asked.stderr
    assert said(ask("topic", "ls", "-o", "id")).splitlines().count("made") == 1
    assert said(ask("topic", "rm", "made", "--yes")) == ""
    assert "made" not in said(ask("topic", "ls", "-o", "id")).splitlines()


def test_a_deletion_asks_whoever_sits_there(broker, ask):
    for typed, is_deleted in (("no\n", False), ("asked\n", True)):
        if not is_deleted:
            said(ask("topic", "create", "asked"))
        end, terminal = os.openpty()
        os.write(end, typed.encode())
        command = [str(pathlib.Path(binary()).parent.parent / "cli" / "millrace"), "topic", "rm", "asked"]
        done = subprocess.run(
            [*command, f"--server={broker.settings['http_listeners']}"],
            stdin=terminal, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        os.close(terminal)
        os.close(end)
        assert "Type its name" in done.stderr and (done.returncode == DONE) == is_deleted
        assert ("asked" in said(ask("topic", "ls", "-o", "id")).splitlines()) != is_deleted


def test_health_exits_by_what_it_finds(ask):
    assert said(ask("health")) == "ready\n"
    done = millrace("health", server=f"127.0.0.1:{free_port()}")
    assert done.returncode == UNREACHABLE and "no broker answers" in done.stderr and "--server" in done.stderr


def test_the_server_is_found(broker, tmp_path):
    listener = broker.settings["http_listeners"]
    for server in (listener, f"http://{listener}", f"http://{listener}/", f"unix:{broker.data}/admin.sock"):
        assert millrace("health", server=server).returncode == DONE, server
    assert millrace("health", environment={"MILLRACE_SERVER": listener}).returncode == DONE
    home = tmp_path / ".local/share"
    home.mkdir(parents=True)
    (home / "millrace").symlink_to(broker.data)
    assert millrace("health", environment={"HOME": str(tmp_path)}).returncode == DONE
    assert millrace("health", environment={"XDG_DATA_HOME": str(home)}).returncode == DONE


@pytest.mark.parametrize(
    "arguments",
    [[], ["topic"], ["topic", "describe"], ["nonsense"], ["-o", "xml", "cluster"], ["-o", "raw", "cluster"], ["cluster", "more"], ["--server=x", "health"],
     ["topic", "create", "x", "-c", "novalue"], ["topic", "create", "x", "-p", "0"], ["topic", "alter", "x"]],
)
def test_wrong_usage_is_told_apart(arguments, ask):
    done = millrace(*arguments)
    assert done.returncode == WRONG_USAGE and done.stdout == "" and done.stderr


@pytest.mark.parametrize(
    "arguments, words",
    [
        ([], 'after "millrace" comes one of cluster, health, topic, group'),
        (["topic"], 'after "topic" comes one of ls, describe, create, alter, trim, rm'),
        (["topi"], "topi"),
        (["-o", "xml", "cluster"], "xml"),
        (["topic", "describe"], "topic is required"),
    ],
)
def test_wrong_usage_says_what_is_wrong(arguments, words):
    assert words in millrace(*arguments).stderr


def test_somebody_else_is_not_taken_for_a_broker(broker):
    done = millrace("health", server=broker.address)  # its Kafka port, which hangs up
    assert done.returncode == UNREACHABLE


def test_help_and_version_are_answers(ask):
    assert "topic" in said(millrace("--help"))
    assert said(millrace("--version")).startswith("millrace ")


class TestConfig:
    def test_one_is_set_and_let_go(self, ask):
        assert "log.retention.ms" in said(ask("config", "get", "retention_ms"))
        assert said(ask("config", "get", "log.retention.ms", "-o", "id")) == "604800000\n"
        told = said(ask("config", "set", "retention_ms=5000", "--dry-run"))
        assert told.startswith("nothing was changed")
        assert said(ask("config", "get", "retention_ms", "-o", "id")) == "604800000\n"
        assert said(ask("config", "set", "retention_ms=5000")).splitlines() == [
            "KEY           VALUE  DEFAULT    FROM  CHANGED BY", "retention_ms  5000   604800000  set   config set"]
        assert said(ask("config", "get", "retention_ms", "-o", "id")) == "5000\n"
        assert "default" in said(ask("config", "unset", "retention_ms"))

    def test_all_are_listed_by_name(self, ask):
        names = said(ask("config", "ls", "-o", "id")).splitlines()
        assert names == sorted(names) and {"retention_ms", "listeners", "log_level"} <= set(names)
        assert "file, restart" in said(ask("config", "ls"))

    def test_what_cannot_be_set_says_why(self, ask):
        done = ask("config", "set", "listeners=127.0.0.1:1")
        assert done.returncode == REFUSED and "set in the broker's file" in done.stderr
        assert ask("config", "set", "retention_ms").returncode == WRONG_USAGE
        assert ask("config", "get", "nothing").returncode == REFUSED

    def test_levels(self, ask):
        told = json.loads(said(ask("config", "log-level", "runtime=debug", "-o", "json")))
        assert {"name": "runtime", "level": "debug"} in told["loggers"]
        assert "runtime   info" in said(ask("config", "log-level", "runtime=info"))
        assert ask("config", "log-level", "runtime=loud").returncode == REFUSED


def test_who_is_connected(broker, ask):
    with Connection(broker.address) as c:
        c.call("ApiVersions", 0)
        rows = [line.split() for line in said(ask("cluster", "connections")).splitlines()]
    assert rows[0][:4] == ["DOOR", "PEER", "CLIENT", "SOFTWARE"]
    assert {row[0] for row in rows[1:]} == {"kafka", "http"}


def test_what_takes_the_room(ask):
    told = json.loads(said(ask("cluster", "log-dirs", "-o", "json")))
    (directory,) = told["log_directories"]
    assert said(ask("cluster", "log-dirs", "-o", "id")) == directory["path"] + "\n"
    lines = said(ask("cluster", "log-dirs")).splitlines()
    assert lines[0] == "path  " + directory["path"]
    assert any(line.startswith("orders") for line in lines)
    assert said(ask("cluster")).startswith("cluster ")
