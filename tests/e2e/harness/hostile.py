"""Sends what no client would send, many connections at a time, and tells what became of each.

An attack is one connection: the bytes go out, the sending side is closed, and everything that comes back is read until
the broker closes. A broker that neither answers nor closes is reported as hanging.
"""

import socket
import struct
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .schema import uvarint
from .wire import Connection, encode_request, frame, split_address

HANG_TIMEOUT = 15.0
PATIENCE = 1.0
THREADS = 16
# Requests that the protocol lets wait: a bent field may make that wait long, and a half-closed peer may still be there.
MAY_WAIT = {"Produce", "Fetch", "JoinGroup", "SyncGroup"}


def attack(address, data, timeout=HANG_TIMEOUT):
    """'closed', 'answered' or 'waiting'."""
    got = 0
    try:
        with socket.create_connection(split_address(address), timeout=HANG_TIMEOUT) as s:
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the broker was faster in closing
            s.settimeout(timeout)
            while chunk := s.recv(65536):
                got += len(chunk)
            return "answered" if got else "closed"
    except TimeoutError:
        return "answered" if got else "waiting"
    except ConnectionError:
        return "answered" if got else "closed"


def attack_all(address, cases, may_wait=False):
    """Runs every (name, bytes); none may hang, unless waiting is allowed. Gives how often each outcome was seen."""
    cases = list(cases)
    timeout = PATIENCE if may_wait else HANG_TIMEOUT
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = list(pool.map(lambda case: attack(address, case[1], timeout), cases))
    hung = [name for (name, _), outcome in zip(cases, outcomes) if outcome == "waiting"]
    assert may_wait or not hung, f"{len(hung)} of {len(cases)} connections hang: {hung[:8]}"
    return Counter(outcomes)


def truncations(name, version, values):
    """Every proper prefix of a request, as a frame whose length is right."""
    payload, _ = encode_request(name, version, values)
    for size in range(len(payload)):
        yield f"{name} v{version} cut to {size}", frame(payload[:size])


def bent_lengths(name, version, values):
    """Every length field of a request set to every value that a careless reader could trip over."""
    payload, marks = encode_request(name, version, values)
    for mark in marks:
        remaining = len(payload) - mark.at - mark.width
        for value in (-2, -1, 0, 1, remaining, remaining + 1, (1 << 15) - 1, (1 << 31) - 1):
            bent = _encoded(mark.kind, value)
            changed = payload[: mark.at] + bent + payload[mark.at + mark.width :]
            yield f"{name} v{version} {mark.what}={value}", frame(changed)


def _encoded(kind, value):
    if kind == "uvarint":
        return uvarint(value & 0xFFFFFFFF)
    if kind == "i16":
        return struct.pack(">h", max(min(value, 32767), -32768))
    return struct.pack(">i", value)


def bit_flips(name, version, values, step=1):
    payload, _ = encode_request(name, version, values)
    for bit in range(0, len(payload) * 8, step):
        changed = bytearray(payload)
        changed[bit // 8] ^= 1 << (bit % 8)
        yield f"{name} v{version} bit {bit}", frame(bytes(changed))


class Bystander:
    """A healthy client on a connection of its own: it was there before the attack and must be served after it."""

    def __init__(self, address, topic):
        self.address = address
        self.topic = topic
        self.connection = Connection(address, timeout=30)
        self.sent = 0

    def assert_served(self, batch):
        for connection in (self.connection, Connection(self.address, timeout=30)):
            answer = connection.produce(self.topic, 0, batch)
            assert answer["error_code"] == 0, answer
            self.sent += 1
            read = connection.fetch(self.topic, 0, answer["base_offset"])
            assert read["error_code"] == 0 and read["records"], read
            if connection is not self.connection:
                connection.close()

    def close(self):
        self.connection.close()


class Background:
    """Runs something beside an attack until told to stop; an exception in it fails the test."""

    def __init__(self, step):
        self._step = step
        self._stop = threading.Event()
        self._error = None
        self.rounds = 0
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        try:
            while not self._stop.is_set():
                self._step()
                self.rounds += 1
        except BaseException as e:  # noqa: BLE001 - it is raised again in the test's thread
            self._error = e

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join(60)
        assert not self._thread.is_alive(), "the background client hangs"
        if self._error:
            raise self._error
