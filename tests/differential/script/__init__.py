"""The script, a chapter a file, in the order of play."""

import importlib

ORDER = [
    "unknown",
    "topics",
    "samples",
    "produce",
    "batches",
    "sequences",
    "fetch",
    "offsets",
    "groups",
    "commits",
    "configs",
    "administration",
    "consumer_groups",
]


def chapters():
    return [importlib.import_module(f"script.{name}").script for name in ORDER]
