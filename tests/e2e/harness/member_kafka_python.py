"""A group member on python3-kafka; speaks the lines of librdkafka/rdk_member.cpp."""

import kafka
import member_loop
from member_loop import say


class Listener(kafka.ConsumerRebalanceListener):
    def on_partitions_assigned(self, assigned):
        say("assigned", member_loop.names(assigned))

    def on_partitions_revoked(self, revoked):
        say("revoked", member_loop.names(revoked))


ASSIGNORS = {
    "range": kafka.coordinator.assignors.range.RangePartitionAssignor,
    "roundrobin": kafka.coordinator.assignors.roundrobin.RoundRobinPartitionAssignor,
}


def main():
    arguments, properties = member_loop.parse_arguments()
    settings = {name.replace(".", "_"): int(v) if v.isdigit() else v for name, v in properties.items()}
    commits = settings.pop("enable_auto_commit", "false") == "true"
    chosen = settings.pop("partition_assignment_strategy", "range,roundrobin").split(",")
    consumer = kafka.KafkaConsumer(
        bootstrap_servers=arguments.broker,
        group_id=arguments.group,
        enable_auto_commit=commits,
        partition_assignment_strategy=[ASSIGNORS[a] for a in chosen],
        fetch_max_wait_ms=100,
        api_version_auto_timeout_ms=60_000,
        **settings,
    )
    consumer.subscribe(arguments.topics.split(","), listener=Listener())
    while True:
        for messages in consumer.poll(50).values():
            for m in messages:
                member_loop.say_record(m.partition, m.offset, m.timestamp, m.key, m.value, m.headers)
        for command in member_loop.commands():
            if command.startswith("commit"):
                commit(consumer, command[7:])
            elif command == "close":
                consumer.close(autocommit=commits)
                say("closed")
                return


def commit(consumer, metadata):
    held = {p: kafka.OffsetAndMetadata(consumer.position(p), metadata) for p in consumer.assignment()}
    try:
        consumer.commit(held)
        say("committed", ",".join(f"{p.topic}:{p.partition}:{o.offset}" for p, o in held.items()))
    except kafka.errors.KafkaError as e:
        say("error", type(e).__name__)


main()
