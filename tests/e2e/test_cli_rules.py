"""millrace rule against a broker."""

import json

import pytest

from harness.cli import REFUSED, WRONG_USAGE, millrace, said
from harness.wire import create_topic


@pytest.fixture
def ask(at):
    return lambda *arguments, **more: millrace(*arguments, server=at, **more)


def test_a_rule_is_made_shown_changed_and_deleted(ask, door):
    create_topic(door.address, "orders", 1)
    create_topic(door.address, "rest", 1)
    assert said(ask("rule", "create", "big", "--topic", "orders", "--filter", "total > 10", "-o", "id")) == "big\n"
    said(ask("rule", "create", "all", "--topic", "rest", "--position", "9"))
    assert [line.split(None, 2) for line in said(ask("rule", "ls")).splitlines()[1:]] == [
        ["0", "big", "total > 10  orders"], ["9", "all", "all         rest"]]  # fmt: skip
    shown = "rule      big\nevents    total > 10\ngo to     orders\nposition  0\n"
    assert said(ask("rule", "show", "big")) == shown
    whole = {"topic": "orders", "filters": [{"exact": {"region": "eu"}}]}
    said(ask("rule", "create", "big", "-f", "-", "--position", "3", stdin=json.dumps(whole)))
    assert json.loads(said(ask("rule", "show", "big", "-o", "json"))) == {"name": "big"} | whole | {"position": 3}
    assert said(ask("rule", "delete", "big", "--yes")) == ""
    gone = ask("rule", "show", "big")
    assert gone.returncode == REFUSED and "millrace rule ls" in gone.stderr


def test_what_cannot_be_one_is_refused(ask):
    done = ask("rule", "create", "r", "--topic", "nowhere")
    assert done.returncode == REFUSED and "nowhere" in done.stderr
    done = ask("rule", "create", "r", "--filter", "type = 'a'")
    assert done.returncode == WRONG_USAGE and "--topic" in done.stderr
