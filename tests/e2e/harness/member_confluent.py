"""A group member on python3-confluent-kafka; speaks the lines of librdkafka/rdk_member.cpp."""

import confluent_kafka
import member_loop
from member_loop import say


def main():
    arguments, properties = member_loop.parse_arguments()
    settings = {"bootstrap.servers": arguments.broker, "group.id": arguments.group, "enable.auto.commit": False}
    consumer = confluent_kafka.Consumer(settings | properties)
    consumer.subscribe(
        arguments.topics.split(","),
        on_assign=lambda _, partitions: say("assigned", member_loop.names(partitions)),
        on_revoke=lambda _, partitions: say("revoked", member_loop.names(partitions)),
        on_lost=lambda _, partitions: say("lost", member_loop.names(partitions)),
    )
    while True:
        message = consumer.poll(0.05)
        if message is not None and message.error():
            say("error", message.error().name())
        elif message is not None:
            kind, timestamp = message.timestamp()
            fields = message.key(), message.value(), message.headers()
            member_loop.say_record(message.partition(), message.offset(), timestamp, *fields)
        for command in member_loop.commands():
            if command.startswith("commit"):
                commit(consumer)
            elif command == "close":
                consumer.close()
                say("closed")
                return


def commit(consumer):
    held = [p for p in consumer.position(consumer.assignment()) if p.offset >= 0]
    try:
        done = consumer.commit(offsets=held, asynchronous=False)
        say("committed", ",".join(f"{p.topic}:{p.partition}:{p.offset}" for p in done))
    except confluent_kafka.KafkaException as e:
        say("error", e.args[0].name())


main()
