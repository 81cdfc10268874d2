"""Records by the console and by the thousand, and where they are."""

import re

from stage import equal
from tools import has

CONSOLE = ["--reader-property", "parse.key=true", "--reader-property", "parse.headers=true"]
PRINTED = ["print.key", "print.headers", "print.partition", "print.offset", "null.literal=~"]


def play(stage, tools):
    stage.scenario("console producer and consumer: keys, values, headers", lambda: console(stage, tools))
    stage.scenario("perf producer and consumer", lambda: perf(stage, tools))
    stage.scenario("get-offsets: earliest, latest, of a time, of the newest", lambda: offsets(stage, tools))
    stage.scenario("delete-records", lambda: delete_records(stage, tools))


def topic(stage, tools, what, *words, partitions=1):
    name = stage.name(what)
    tools("TopicCommand", "--create", "--topic", name, "--partitions", partitions, *words)
    return name


def send(tools, topic, count):
    tools("ConsoleProducer", "--topic", topic, sent="".join(f"value {i}\n" for i in range(count)))


def shown(words):
    return [word for name in words for word in ("--formatter-property", name if "=" in name else f"{name}=true")]


def console(stage, tools):
    name = topic(stage, tools, "console", partitions=2)
    sent = [("one:1,two:2", f"key {i}", f"value {i}") for i in range(50)] + [("same:1,same:2", "ключ", "значение ☃")]
    for codec in ("lz4", "zstd"):
        lines = "".join("\t".join(line) + "\n" for line in sent)
        tools("ConsoleProducer", "--topic", name, "--compression-codec", codec, *CONSOLE, sent=lines)
    words = ["--topic", name, "--from-beginning", "--max-messages", 2 * len(sent), *shown(PRINTED)]
    lines = [line.split("\t") for line in tools("consumer.ConsoleConsumer", *words).splitlines()]
    equal(sorted(sent * 2), sorted(tuple(line[2:]) for line in lines), "what came back")
    for partition in ("Partition:0", "Partition:1"):
        offsets = [line[1] for line in lines if line[0] == partition]
        equal([f"Offset:{i}" for i in range(len(offsets))], offsets, f"offsets of {partition}")


def perf(stage, tools):
    name = topic(stage, tools, "perf", partitions=3)
    words = ["--topic", name, "--num-records", 20_000, "--record-size", 200, "--throughput", -1]
    has(tools("ProducerPerformance", *words), "20000 records sent")
    ends = [int(line.split(":")[2]) for line in tools("GetOffsetShell", "--topic", name).split()]
    equal(20_000, sum(ends), "records in the topic")
    told = tools("ConsumerPerformance", "--topic", name, "--num-records", 20_000).splitlines()
    equal("20000", told[-1].split(", ")[4], "records that were read")


def offsets(stage, tools):
    name = topic(stage, tools, "offsets")
    lines = "".join(f"{i}\n" for i in range(10))
    tools("ConsoleProducer", "--topic", name, "--batch-size", 1, sent=lines)
    words = ["--topic", name, "--from-beginning", "--max-messages", 10, *shown(["print.timestamp", "print.value=false"])]
    times = [int(t) for t in re.findall(r"CreateTime:(\d+)", tools("consumer.ConsoleConsumer", *words))]
    equal(10, len(times), "timestamps")
    expected = {"earliest": 0, "latest": 10, "max-timestamp": times.index(max(times)), times[0]: 0}
    for time, offset in expected.items():
        equal(f"{name}:0:{offset}\n", tools("GetOffsetShell", "--topic", name, "--time", time), f"offset of {time}")
    later = times[-1] + 60_000
    equal("", tools("GetOffsetShell", "--topic", name, "--time", later), "offset of a time that none has reached")


def delete_records(stage, tools):
    name = topic(stage, tools, "cut")
    send(tools, name, 10)
    wanted = stage.file("cut.json", '{"partitions":[{"topic":"%s","partition":0,"offset":4}],"version":1}' % name)
    has(tools("DeleteRecordsCommand", "--offset-json-file", wanted), f"partition: {name}-0\tlow_watermark: 4")
    equal(f"{name}:0:4\n", tools("GetOffsetShell", "--topic", name, "--time", "earliest"), "earliest")
    words = ["--topic", name, "--from-beginning", "--max-messages", 6]
    equal([f"value {i}" for i in range(4, 10)], tools("consumer.ConsoleConsumer", *words).splitlines(), "what is left")
