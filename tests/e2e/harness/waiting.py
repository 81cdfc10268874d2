"""Waiting for what is to come: polling with a bound."""

import time


def wait_until(condition, what, timeout=60.0, step=0.01):
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        assert time.monotonic() < deadline, f"{what() if callable(what) else what} did not happen within {timeout} s"
        time.sleep(step)
    return value
