"""What the scenarios ask of a Kafka client. A method that a client leaves out is a scenario of those that have it."""

from typing import NamedTuple


class Record(NamedTuple):
    """None is null; `time` is in milliseconds, None if the client may choose it."""

    key: bytes | None
    value: bytes | None
    partition: int = 0
    offset: int = 0
    headers: tuple = ()
    time: int | None = None


class Config(NamedTuple):
    value: str
    default: bool


class Group(NamedTuple):
    state: str
    members: int


class Refused(Exception):
    """The broker's answer was an error; `code` is Kafka's number."""

    def __init__(self, code):
        super().__init__(f"error {code}")
        self.code = code


class Base:
    """Traits; each client overrides what is otherwise with it. Its methods are

    producer(codec, acks, idempotent)    .send(topic, records) waits and returns offsets, .close()
    reader(topic, partition, offset, time, latest, max_wait_ms)    .next(seconds) returns records, .close()
    join(group, topic, protocol, instance, each)    `each` says of a record whether to commit; .held(), .leave()
    create_topic, delete_topic, topics, add_partitions, config, set_config, replace_configs, offset, delete_records,
    groups, group, commit, committed, delete_offset, delete_group, cluster
    and, where the client has it, elect_leader, reassignments, bytes_on_disk, last_sequences.
    """

    protocols = {}  # a way to share partitions, by the client's name for it: the APIs it needs
    empty_records = True  # a record can have neither key nor value
    null_headers = True  # a header's value can be null
    nameless_headers = True  # a header's key can be empty

    def __init__(self, address):
        self.address = address
