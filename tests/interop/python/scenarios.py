"""A Python client against the daemon: scenarios.py MODULE [member GROUP TOPIC] ADDRESS PREFIX.

MODULE says in the client's own words what client.py asks of it.
"""

import importlib
import sys
import time

import administration
import compaction
import durability
import groups
import places
import records
from stage import Stage


def main(module, *words):
    client = importlib.import_module(module).Client(words[-2])
    if words[0] == "member":
        client.join(words[1], words[2], each=lambda record: False)
        time.sleep(120)
        return
    stage = Stage(client, words[-1], again=[sys.executable, "-B", __file__, module, "member"])
    for story in (records, places, compaction, groups, administration, durability):
        story.play(stage)


main(*sys.argv[1:])
