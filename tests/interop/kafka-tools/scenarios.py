"""Kafka's own tools against the daemon: scenarios.py PLACE ADDRESS PREFIX."""

import os
import pathlib
import sys
import tempfile

from tools import Tools

import administration
import records
import segments
from stage import Stage


class ToolStage(Stage):
    """Names, as for the clients, and what the tools want in files."""

    def __init__(self, prefix, folder):
        super().__init__(None, prefix, None)
        self.data, self.folder = os.environ["DATA_DIR"], pathlib.Path(folder)

    def file(self, name, text):
        path = self.folder / name
        path.write_text(text)
        return path


def main(place, address, prefix):
    with tempfile.TemporaryDirectory() as folder:
        stage, tools = ToolStage(prefix, folder), Tools(address, place)
        for story in (records, administration, segments):  # the last one stops the broker
            story.play(stage, tools)


main(*sys.argv[1:])
