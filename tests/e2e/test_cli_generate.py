"""What millrace generate makes is taken by those it is made for: bash, zsh, fish, man, systemd."""

import os
import pathlib
import shutil
import subprocess

import pytest

from harness.broker import Broker, binary, free_port
from harness.cli import WRONG_USAGE, millrace, path, said
from harness.wire import create_topic

ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture(scope="module")
def broker(workshop):
    broker = Broker(workshop / "cli-generate", http_listeners=f"127.0.0.1:{free_port()}")
    broker.start()
    for name in ("orders", "orders.dlq", "payments"):
        create_topic(broker.address, name, 1)
    yield broker
    broker.stop()


@pytest.fixture(scope="module")
def complete(broker, tmp_path_factory):
    """complete("topic", "des") gives what bash would offer for "des"."""
    script = tmp_path_factory.mktemp("completion") / "millrace.bash"
    script.write_text(said(millrace("generate", "completion", "bash")))

    def complete(*words):
        typed = " ".join(f"'{word}'" for word in ("millrace", *words))
        shell = f"source {script}; COMP_WORDS=({typed}); COMP_CWORD={len(words)}; _millrace; printf '%s\\n' \"${{COMPREPLY[@]}}\""
        done = subprocess.run(
            ["bash", "-u", "-c", shell], capture_output=True, text=True, timeout=60,
            env={"PATH": f"{pathlib.Path(path()).parent}:{os.environ['PATH']}", "HOME": "/nonexistent",
                 "MILLRACE_SERVER": broker.settings["http_listeners"]},
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout.split()

    return complete


class TestBash:
    def test_nouns_and_verbs(self, complete):
        assert {"topic", "group", "produce", "consume", "log", "generate", "cluster", "health"} <= set(complete(""))
        assert complete("top") == ["topic"]
        assert {"ls", "describe", "create", "alter", "rm"} <= set(complete("topic", ""))
        assert complete("topic", "des") == ["describe"]
        assert complete("-o", "json", "topic", "des") == ["describe"]
        assert {"ls", "create", "receive", "ack"} <= set(complete("sub", ""))
        assert complete("dlq", "jobs", "pa") == ["pause"]

    def test_options_and_what_they_take(self, complete):
        assert {"--partitions", "-c", "--dry-run", "--server", "--output"} <= set(complete("topic", "create", "-"))
        assert complete("topic", "create", "--dr") == ["--dry-run"]
        assert complete("-o", "j") == ["json"]
        assert complete("topic", "ls", "--output", "") == ["table", "json", "id", "raw"]
        assert complete("produce", "--acks", "a") == ["all"]
        assert complete("generate", "completion", "") == ["bash", "zsh", "fish"]
        assert complete("--output", "=", "js") == ["json"]
        assert complete("dlq", "redrive", "--to", "") == ["group", "topic", "sink"]

    def test_names_that_the_broker_knows(self, complete, broker):
        assert complete("topic", "describe", "or") == ["orders", "orders.dlq"]
        assert complete("consume", "pay") == ["payments"]
        assert complete("group", "describe", "") == []
        assert complete(f"--server={broker.settings['http_listeners']}", "consume", "pay") == ["payments"]
        assert complete("--server", "127.0.0.1:1", "consume", "pay") == []

    def test_files(self, complete, tmp_path):
        (tmp_path / "one.log").touch()
        assert complete("log", "dump", f"{tmp_path}/o") == [f"{tmp_path}/one.log"]
        assert complete("log", "verify", f"{tmp_path.parent}/{tmp_path.name}") == [str(tmp_path)]


def test_zsh_and_fish_take_their_scripts(tmp_path):
    (tmp_path / "_millrace").write_text(said(millrace("generate", "completion", "zsh")))
    offered = subprocess.run(
        ["zsh", "-c", "compdef() {}; compadd() { print -l -- $@ }; source $0; words=(millrace -o json topic ''); CURRENT=5; _millrace",
         tmp_path / "_millrace"],
        capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert offered.stderr == "" and {"ls", "describe", "create"} <= set(offered.stdout.split())
    (tmp_path / "millrace.fish").write_text(said(millrace("generate", "completion", "fish")))
    environment = {"PATH": f"{pathlib.Path(path()).parent}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    subprocess.run(["fish", "--no-execute", tmp_path / "millrace.fish"], check=True, timeout=60, env=environment)
    offered = subprocess.run(
        ["fish", "-c", f"source {tmp_path / 'millrace.fish'}; complete -C 'millrace topic des'"],
        capture_output=True, text=True, check=True, timeout=60, env=environment,
    )  # fmt: skip
    assert offered.stdout.split()[0] == "describe"


@pytest.mark.parametrize("name, words", [("millrace.1", ["topic create TOPIC", "--from", "MILLRACE_SERVER"]),
                                         ("millraced.8", ["--num-partitions", "SIGHUP", "--data-dir"])])  # fmt: skip
def test_man_takes_the_pages_without_a_warning(name, words):
    page = pathlib.Path(binary()).parents[2] / "man" / name
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "MANWIDTH": "200", "MANROFFOPT": "-ww"}
    done = subprocess.run(["man", "--warnings", "-l", page], capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    shown = done.stdout.replace("\u2010", "-")
    assert [word for word in words if word not in shown] == []


def test_the_manual_page_is_the_one_that_is_installed():
    page = pathlib.Path(binary()).parents[2] / "man" / "millrace.1"
    assert said(millrace("generate", "man")) == page.read_text()


class TestSystemd:
    def test_the_unit_is_the_one_that_is_shipped(self):
        assert said(millrace("generate", "systemd")) == (ROOT / "config/millrace.service").read_text()

    def test_systemd_takes_it_with_other_places(self, tmp_path):
        unit = said(millrace("generate", "systemd", "--program", binary(), "--data-dir", "/srv/m", "--user", "root"))
        assert f"ExecStart={binary()} --config /etc/millrace/millrace.toml --data-dir /srv/m\n" in unit
        if shutil.which("systemd-analyze"):
            (tmp_path / "millrace.service").write_text(unit)
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", tmp_path / "millrace.service"],
                                  capture_output=True, text=True, timeout=60)  # fmt: skip
            assert "millrace.service" not in done.stderr

    def test_what_cannot_be_is_refused(self):
        for arguments, words in ((["--data-dir", "/srv/m"], "--user"), (["--config", "x"], '--config "x"')):
            done = millrace("generate", "systemd", *arguments)
            assert (done.returncode, done.stdout) == (WRONG_USAGE, "") and words in done.stderr
