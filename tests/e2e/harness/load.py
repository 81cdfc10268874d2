"""Clients that go on through crashes, each in a thread, writing into a journal what they were promised."""

import threading

import confluent_kafka
from confluent_kafka import TopicPartition

# Fast to come back, so that a test spends its time in crashes and not in waiting.
PATIENT = {
    "reconnect.backoff.ms": 10,
    "reconnect.backoff.max.ms": 100,
    "topic.metadata.refresh.fast.interval.ms": 50,
    "socket.connection.setup.timeout.ms": 2000,
}


class _Worker:
    def __init__(self):
        self._stop = threading.Event()
        self._error = None
        self._thread = threading.Thread(target=self._guarded, daemon=True)

    def start(self):
        self._thread.start()
        return self

    def _guarded(self):
        try:
            self._run()
        except BaseException as e:  # noqa: BLE001 - raised again by stop()
            self._error = e

    def stop(self, timeout=120):
        self._stop.set()
        self._thread.join(timeout)
        assert not self._thread.is_alive(), f"{type(self).__name__} does not end"
        if self._error:
            raise self._error


class Producing(_Worker):
    """Sends numbered values to all partitions in turn; stop() returns when each has its delivery report."""

    def __init__(self, journal, address, topic, partitions, name="p", idempotent=True, **settings):
        super().__init__()
        self.journal, self.topic, self.partitions, self.name = journal, topic, partitions, name
        settings = {
            "bootstrap.servers": address,
            "acks": "all",
            "enable.idempotence": idempotent,
            "linger.ms": 1,
            "batch.num.messages": 50,
            "message.timeout.ms": 120_000,
            "retry.backoff.ms": 20,
        } | settings
        self.producer = confluent_kafka.Producer(settings | PATIENT)

    def _report(self, value):
        def call(error, message):
            if error:
                self.journal.note_failed(value, error.name())
            else:
                self.journal.note_acked(message.partition(), message.offset(), value)

        return call

    def _run(self):
        number = 0
        while not self._stop.is_set():
            value = f"{self.name}-{number}".encode()
            try:
                partition = number % self.partitions
                self.journal.note_sent(self.name, value)
                self.producer.produce(self.topic, value, b"k", partition, on_delivery=self._report(value))
            except BufferError:
                with self.journal.lock:
                    self.journal.sent[self.name].pop()
                self.producer.poll(0.01)
                continue
            number += 1
            # A few hundred at a time in flight keeps the load even on a slow machine.
            while len(self.producer) > 300 and not self._stop.is_set():
                self.producer.poll(0.01)
            self.producer.poll(0)
        left = self.producer.flush(110)
        assert left == 0, f"{left} records have no delivery report"


class Reading(_Worker):
    """Reads every partition from the beginning, without a group, and notes what it sees."""

    def __init__(self, journal, address, topic, partitions):
        super().__init__()
        self.journal = journal
        settings = {"bootstrap.servers": address, "group.id": "reading", "enable.auto.commit": False}
        settings |= {"fetch.wait.max.ms": 50, "auto.offset.reset": "error"}
        self.consumer = confluent_kafka.Consumer(settings | PATIENT)
        self.consumer.assign([TopicPartition(topic, p, 0) for p in range(partitions)])

    def _run(self):
        while not self._stop.is_set():
            for message in self.consumer.consume(500, timeout=0.1):
                if message.error() is None:
                    self.journal.note_seen(message.partition(), message.offset(), message.value())
                elif message.error().code() == confluent_kafka.KafkaError._AUTO_OFFSET_RESET:
                    self.journal.trouble.append(f"C-3: the reader's offset is out of range: {message.error()}")
        self.consumer.close()


class Committing(_Worker):
    """Commits a rising offset for one partition again and again and notes what was acknowledged."""

    def __init__(self, journal, address, group, topic, partition=0):
        super().__init__()
        self.journal, self.group, self.topic, self.partition = journal, group, topic, partition
        settings = {"bootstrap.servers": address, "group.id": group, "enable.auto.commit": False}
        self.consumer = confluent_kafka.Consumer(settings | PATIENT)

    def _run(self):
        offset = 1
        while not self._stop.is_set():
            try:
                self.consumer.commit(offsets=[TopicPartition(self.topic, self.partition, offset)], asynchronous=False)
                self.journal.note_commit(self.group, self.partition, offset)
                offset += 1
            except confluent_kafka.KafkaException:
                pass  # not acknowledged, so nothing was promised
        self.consumer.close()
