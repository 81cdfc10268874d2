"""millrace, the command line, as a process."""

import os
import pathlib
import subprocess

from .broker import binary

DONE, REFUSED, WRONG_USAGE, UNREACHABLE = 0, 1, 2, 3


def path():
    return str(pathlib.Path(binary()).parent.parent / "cli" / "millrace")


def command(*arguments, server=None):
    return [path(), *([f"--server={server}"] if server else []), *map(str, arguments)]


def surroundings(environment=None):
    return {"PATH": os.environ["PATH"], "HOME": "/nonexistent"} | (environment or {})


def millrace(*arguments, server=None, environment=None, stdin="", text=True):
    """Runs it to its end."""
    return subprocess.run(
        command(*arguments, server=server), input=stdin, capture_output=True, text=text, timeout=60,
        env=surroundings(environment),
    )  # fmt: skip


def start(*arguments, server=None, environment=None, **streams):
    """Runs it beside the test, which ends it."""
    return subprocess.Popen(
        command(*arguments, server=server), env=surroundings(environment), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, **streams,
    )  # fmt: skip


def said(done):
    assert (done.returncode, done.stderr) == (DONE, ""), (done.returncode, done.stderr, done.stdout)
    return done.stdout
