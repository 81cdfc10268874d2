"""What lies in the data folder, as Kafka's own reader of segments sees it."""

import pathlib
import re

from records import topic
from stage import Fault, equal
from tools import has

CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
RECORDS = 3000


def play(stage, tools):
    stage.scenario("dump-log: segments of every codec, their indexes, and the offsets of groups", lambda: dump(stage, tools))


def dump(stage, tools):
    name, group = topic(stage, tools, "dump", "--config", "segment.bytes=1048576"), stage.name("dump")
    for codec in CODECS:
        words = ["--topic", name, "--num-records", RECORDS, "--record-size", 1000, "--throughput", -1]
        has(tools("ProducerPerformance", *words, "--command-property", f"compression.type={codec}"), f"{RECORDS} records sent")
    tools("consumer.ConsoleConsumer", "--topic", name, "--group", group, "--from-beginning", "--max-messages", 10)
    stage.ask("stop")
    folder = pathlib.Path(stage.data) / f"{name}-0"
    segments = sorted(folder.glob("*.log"))
    if len(segments) < 3:
        raise Fault(f"{len(segments)} segments do not show what happens between two")
    batches(tools, segments)
    indexes = sorted([*folder.glob("*.index"), *folder.glob("*.timeindex")])
    equal(2 * len(segments), len(indexes), "indexes")
    told = tools.offline("DumpLogSegments", "--index-sanity-check", "--files", ",".join(map(str, indexes)))
    equal(len(indexes), told.count("passed sanity check"), "indexes that pass")
    told = tools.offline("DumpLogSegments", "--files", ",".join(map(str, indexes)))
    equal([], re.findall(r"(?i).*(?:mismatch|out of order|not found|error).*", told), "complaints about the indexes")
    offsets(tools, pathlib.Path(stage.data), group, name)


def batches(tools, segments):
    told = tools.offline("DumpLogSegments", "--deep-iteration", "--files", ",".join(map(str, segments)))
    equal(set(CODECS), set(re.findall(r"compresscodec: (\w+)", told)), "codecs")
    equal({"true"}, set(re.findall(r"isvalid: (\w+)", told)), "checksums")
    found = [int(offset) for offset in re.findall(r"^\| offset: (\d+)", told, re.MULTILINE)]
    equal(list(range(len(CODECS) * RECORDS)), found, "offsets of the records")
    starts = [int(offset) for offset in re.findall(r"^Log starting offset: (\d+)", told, re.MULTILINE)]
    equal([int(segment.stem) for segment in segments], starts, "where the segments begin")


def offsets(tools, data, group, topic):
    files = [f for f in sorted(data.glob("__consumer_offsets-*/*.log")) if f.stat().st_size]
    told = tools.offline("DumpLogSegments", "--offsets-decoder", "--files", ",".join(map(str, files)))
    has(told, '{"type":"1","data":{"group":"%s","topic":"%s","partition":0}}' % (group, topic), '"offset":10,')
    has(told, '{"type":"2","data":{"group":"%s"}}' % group)
