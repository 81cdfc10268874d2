"""millrace view against a broker."""

import json

import pytest

from harness.cli import REFUSED, millrace, said
from harness.wire import create_topic


@pytest.fixture
def ask(at):
    return lambda *arguments, **more: millrace(*arguments, server=at, **more)


def test_a_view_is_made_shown_changed_and_deleted(ask, door):
    create_topic(door.address, "orders", 1)
    assert said(ask("view", "create", "big", "--topic", "orders", "--filter", "total > 10", "-o", "id")) == "big\n"
    assert said(ask("view", "show", "big")) == "view     big\ntopic    orders\nfilter   total > 10\n"
    assert said(ask("view", "ls")).splitlines()[1].split(None, 2) == ["big", "orders", "total > 10"]
    whole = {"topic": "orders", "filters": [{"exact": {"region": "eu"}}]}
    said(ask("view", "create", "big", "-f", "-", stdin=json.dumps(whole)))
    assert json.loads(said(ask("view", "show", "big", "-o", "json"))) == {"name": "big"} | whole
    assert said(ask("view", "delete", "big", "--yes")) == ""
    gone = ask("view", "show", "big")
    assert gone.returncode == REFUSED and "millrace view ls" in gone.stderr


def test_what_cannot_be_one_is_refused(ask):
    done = ask("view", "create", "v", "--topic", "nowhere", "--filter", "true")
    assert done.returncode == REFUSED and "nowhere" in done.stderr
