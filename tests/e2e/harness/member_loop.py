"""What the Python members share: the line protocol of librdkafka/rdk_member.cpp."""

import argparse
import select
import sys


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--broker", required=True)
    parser.add_argument("--group", required=True)
    parser.add_argument("--topics", required=True)
    parser.add_argument("-X", action="append", default=[], dest="properties")
    arguments = parser.parse_args()
    return arguments, dict(p.split("=", 1) for p in arguments.properties)


def say(kind, text=""):
    sys.stdout.write(f"{kind}\t{text}\n" if text or kind != "closed" else "closed\n")
    sys.stdout.flush()


def say_record(partition, offset, timestamp, key, value, headers):
    text = ["-" if b is None else b.hex() for b in (key, value)]
    pairs = ",".join(f"{n.encode().hex()}={'-' if v is None else v.hex()}" for n, v in headers or ())
    say("record", f"{partition}\t{offset}\t{timestamp}\t{text[0]}\t{text[1]}\t{pairs}")


def names(partitions):
    return ",".join(f"{p.topic}:{p.partition}" for p in partitions)


def commands():
    """The command lines that wait on stdin now."""
    while select.select([sys.stdin], [], [], 0)[0]:
        line = sys.stdin.readline()
        yield line.strip() if line else "close"
