"""What the scenarios are told in: names, waiting with a bound, one line for each scenario."""

import os
import sys
import threading
import time
import traceback

from client import Record, Refused


class Fault(Exception):
    """Why a story ended badly."""


class Stage:
    """`again` starts this program as a member of a group: the group, the topic, the address and the prefix follow."""

    def __init__(self, client, prefix, again):
        self.client, self.prefix, self.again = client, prefix, again
        self.apis = {int(word.split(":")[0]) for word in os.environ.get("APIS", "").split()}
        self.names = 0

    def scenario(self, what, story, *needs):
        missing = [key for key in needs if key not in self.apis]
        if missing:
            print(f"off {what}: API {missing[0]} is not served", flush=True)
            return
        try:
            story()
            print(f"ok {what}", flush=True)
        except Exception as e:
            traceback.print_exc()
            why = str(e) if isinstance(e, Fault) else f"{type(e).__name__}: {e}"
            print(f"not ok {what}: {' '.join(why.split())[:500]}", flush=True)

    def name(self, what):
        self.names += 1
        return f"{self.prefix}-{what}-{self.names}"

    def topic(self, what, partitions=1):
        name = self.name(what)
        self.client.create_topic(name, partitions)
        return name

    def send(self, topic, records, **how):
        producer = self.client.producer(**how)
        try:
            return producer.send(topic, records)
        finally:
            producer.close()

    def read(self, topic, count, partition=0, **place):
        reader = self.client.reader(topic, partition, **place)
        try:
            return take(reader, count)
        finally:
            reader.close()

    def ask(self, word):
        """Asks the runner for something it does to the broker, and waits until it has."""
        print(word, flush=True)
        sys.stdin.readline()


def take(reader, count):
    got, end = [], time.monotonic() + 30
    while len(got) < count:
        if time.monotonic() > end:
            raise Fault(f"{len(got)} of {count} records within 30 s")
        got += reader.next(1)
    return got


def texts(count, partition=0):
    return [Record(b"k%d" % (i % 7), b"value %d" % i, partition) for i in range(count)]


def within(seconds, what, condition):
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise Fault("; ".join([f"{what}: not within {seconds} s", *Polling.troubles]))
        time.sleep(0.01)
    return value


def equal(expected, found, what):
    if expected != found:
        raise Fault(f"{what}: expected {str(expected)[:200]}, found {str(found)[:200]}")


def refused(code, what, call, *arguments, **more):
    try:
        call(*arguments, **more)
    except Refused as e:
        equal(code, e.code, what)
    else:
        raise Fault(f"{what} was not refused")


class Polling:
    """A thread that calls `turn` until it is told to end, then `last`; what went wrong in it is raised by `end`."""

    troubles = []  # of all of them, for whoever waits for what such a thread does

    def __init__(self, turn, last):
        self._turn, self._last = turn, last
        self._ending, self.trouble = False, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            while not self._ending:
                self._turn()
            self._last()
        except Exception as e:
            self.trouble = e
            Polling.troubles.append(f"a thread has ended: {type(e).__name__}: {e}")

    def end(self):
        self._ending = True
        self._thread.join(30)
        if self._thread.is_alive():
            raise Fault("it did not end within 30 s")
        if self.trouble:
            raise self.trouble
