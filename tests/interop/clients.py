"""Every client that is driven: its version, how it is installed, how it is started."""

import pathlib
from typing import Callable, NamedTuple

import install

HERE = pathlib.Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "interop"
EVENTS = HERE / "cloudevents" / "events.json"


class Client(NamedTuple):
    name: str
    version: str
    install: Callable
    command: list  # the broker's address and the client's name are added
    folder: str = ""
    environment: dict = {}
    pom: str = "pom.xml"
    collects: bool = False  # the broker is told to send its traces to it


def java(name, version, folder="java", words=()):
    place = BUILD / name
    # The client compiler alone: these are short lives.
    command = ["java", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx512m", "-cp", f"{place}/classes:{place}/libs/*"]
    return Client(name, version, install.maven, [*command, "Scenarios", *words], folder)


def go(name, version):
    return Client(name, version, install.go, [str(BUILD / name / "scenarios")], name)


def python(name, version, module):
    scenarios = str(HERE / "python" / "scenarios.py")
    return Client(name, version, install.pip, [str(BUILD / name / "bin" / "python"), "-B", scenarios, module], "python")


def events_python(version, module):
    name = f"cloudevents-python-{version[0]}"
    scenarios = str(HERE / "cloudevents-python" / "scenarios.py")
    return Client(
        name, version, install.pip, [str(BUILD / name / "bin" / "python"), "-B", scenarios, module], "cloudevents-python"
    )


ALL = [
    java("java-4", "4.4.0"),
    Client(
        "kafkajs",
        "2.2.4",
        install.npm,
        ["node", "--no-warnings", str(HERE / "kafkajs" / "scenarios.js")],
        "kafkajs",
        {"KAFKAJS_NO_PARTITIONER_WARNING": "1", "NODE_PATH": str(BUILD / "kafkajs" / "node_modules")},
    ),
    java("java-3", "3.9.2"),
    Client(
        "kafka-tools",
        "4.4.0",
        install.maven,
        ["/usr/bin/python3", "-B", str(HERE / "kafka-tools" / "scenarios.py"), str(BUILD / "kafka-tools")],
        "kafka-tools",
    ),
    go("franz-go", "1.22.3"),
    go("sarama", "1.61.1"),
    go("kafka-go", "0.4.51"),
    python("kafka-python", "3.0.12", "kafka_python"),
    python("confluent-kafka", "2.16.1", "confluent"),
    python("aiokafka", "0.14.0", "aio"),
    Client(
        "schemathesis",
        "4.32.5",
        install.pip,
        [str(BUILD / "schemathesis" / "bin" / "python"), "-B", str(HERE / "schemathesis" / "scenarios.py")],
        "schemathesis",
    ),
    Client(
        "otlp",
        "1.45.2",
        install.pip,
        [str(BUILD / "otlp" / "bin" / "python"), "-B", str(HERE / "otlp" / "scenarios.py")],
        "otlp",
        collects=True,
    ),
    Client("rust-rdkafka", "0.39.0", install.cargo, [str(BUILD / "rust-rdkafka" / "debug" / "scenarios")], "rust-rdkafka"),
    Client(
        "cloudevents-js",
        "10.0.0",
        install.npm,
        ["node", "--no-warnings", str(HERE / "cloudevents-js" / "scenarios.js")],
        "cloudevents-js",
        {"NODE_PATH": str(BUILD / "cloudevents-js" / "node_modules")},
    ),
    events_python("1.13.0", "v1"),
    events_python("2.2.0", "v2"),
    Client(
        "cloudevents-go", "2.16.2", install.go, [str(BUILD / "cloudevents-go" / "scenarios"), str(EVENTS)], "cloudevents-go"
    ),
    java("cloudevents-java", "4.0.1", "cloudevents-java", [str(EVENTS)]),
]
