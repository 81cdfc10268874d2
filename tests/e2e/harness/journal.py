"""What a client was promised, and the checks that the broker kept it: C-1 to C-11 of the reliability notes.

A journal is written while the broker is being killed: every value sent, every acknowledgement with its offset, everything
a reader saw, every offset commit that was acknowledged. Transactions do not exist here, so C-4 and C-5 mean: nobody reads
what later turns out not to be in the log.
"""

import threading
from collections import defaultdict


class Journal:
    def __init__(self):
        self.lock = threading.Lock()
        self.sent = defaultdict(list)  # producer → values in the order they were handed over
        self.acked = defaultdict(dict)  # partition → {offset: value}
        self.failed = []  # (value, error name)
        self.seen = defaultdict(list)  # partition → [(offset, value)] as a reader saw them
        self.committed = defaultdict(int)  # (group, partition) → the highest acknowledged commit
        self.trouble = []

    def note_sent(self, producer, value):
        with self.lock:
            self.sent[producer].append(value)

    def note_acked(self, partition, offset, value):
        with self.lock:
            other = self.acked[partition].setdefault(offset, value)
            if other != value:
                self.trouble.append(f"C-3: offset {partition}/{offset} was promised to {other!r} and to {value!r}")

    def note_failed(self, value, error):
        with self.lock:
            self.failed.append((value, error))

    def note_seen(self, partition, offset, value):
        with self.lock:
            self.seen[partition].append((offset, value))

    def note_commit(self, group, partition, offset):
        with self.lock:
            self.committed[group, partition] = max(self.committed[group, partition], offset)

    def acks(self):
        with self.lock:
            return sum(map(len, self.acked.values()))

    def check(self, log, *, idempotent):
        """`log` is {partition: [(offset, value)]}, the whole log read after healing. Gives the list of violations."""
        out = list(self.trouble)
        every_sent = {v for values in self.sent.values() for v in values}
        for partition, content in log.items():
            held = dict(content)
            out += self._check_acked(partition, held)
            out += self._check_seen(partition, held)
            offsets = [o for o, _ in content]
            if offsets != list(range(len(offsets))):
                out.append(f"C-10: partition {partition} has holes or repeats: {_first_gap(offsets)}")
            out += [f"C-11: {partition}/{o} holds {v!r}, which nobody sent" for o, v in content if v not in every_sent]
        if idempotent:
            out += self._check_duplicates(log)
            out += self._check_order(log)
        return out

    def _check_acked(self, partition, held):
        for offset, value in self.acked[partition].items():
            if offset not in held:
                yield f"C-1: {partition}/{offset} was acknowledged and is gone: {value!r}"
            elif held[offset] != value:
                yield f"C-3: {partition}/{offset} was acknowledged as {value!r} and holds {held[offset]!r}"

    def _check_seen(self, partition, held):
        expected = None
        for offset, value in self.seen[partition]:
            if held.get(offset) != value:
                yield f"C-3/C-5: a reader saw {value!r} at {partition}/{offset}, where {held.get(offset)!r} is now"
            if expected is not None and offset != expected:
                yield f"C-6: after {partition}/{expected - 1} the reader was given {offset}"
            expected = offset + 1

    def _check_duplicates(self, log):
        where = defaultdict(list)
        for partition, content in log.items():
            for offset, value in content:
                where[value].append((partition, offset))
        return [f"C-2: {value!r} stands at {places}" for value, places in where.items() if len(places) > 1]

    def _check_order(self, log):
        rank = {v: (p, i) for p, values in self.sent.items() for i, v in enumerate(values)}
        for partition, content in log.items():
            last = {}
            for offset, value in content:
                producer, i = rank.get(value, (None, -1))
                if producer is not None and last.get(producer, -1) > i:
                    yield f"C-7: {partition}/{offset} holds {value!r} after a later record of the same producer"
                last[producer] = i

    def check_commits(self, held):
        """`held` is {(group, partition): offset} after healing."""
        return [
            f"C-9: {key} was committed at {offset} and is at {held.get(key)}"
            for key, offset in self.committed.items()
            if held.get(key, -1) < offset
        ]


def _first_gap(offsets):
    for i, offset in enumerate(offsets):
        if offset != i:
            return f"offset {offset} where {i} was expected"
    return "none"
