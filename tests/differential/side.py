"""One of the two brokers, as the script sees it: named connections, named values, an outcome for each step.

An outcome is {"answer": …}, {"closed": True} when the broker closed the connection instead, {"silent": True} when
nothing is to come, or {"undecodable": why} when the bytes do not fit the layout. It never raises for what a broker does.
"""

import socket
import struct
import time

from harness import wire
from harness.messages import BY_NAME
from language import at_path, resolve

TIMEOUT = 20.0  # for what has to come


class Side:
    def __init__(self, name, address):
        self.name = name
        self.address = address
        self.known = {}
        self.connections = {}
        with wire.Connection(address) as c:
            self.ranges = c.api_versions()

    def connection(self, name):
        if name not in self.connections:
            self.connections[name] = wire.Connection(self.address, timeout=TIMEOUT)
        return self.connections[name]

    def close(self):
        for c in self.connections.values():
            c.close()

    def _drop(self, name):
        self.connections.pop(name).close()

    def run(self, step, version):
        if step.mode == "raw":
            return self._raw(step.raw)
        fields = resolve(step.fields, self.known, version)
        deadline = time.monotonic() + TIMEOUT
        while True:
            outcome = self._once(step, version, fields)
            answer = outcome.get("answer")
            done = not step.until or all(at_path(answer, path) == want for path, want in step.until.items())
            if done or time.monotonic() > deadline or "closed" in outcome:
                break
            time.sleep(0.02)
        for name, path in step.bind.items():
            self.known[name] = at_path(answer, path)
        return outcome

    def _once(self, step, version, fields):
        try:
            c = self.connection(step.on)
            if step.mode != "receive":
                c.send(step.api, version, fields)
            if step.mode == "send" or (step.api == "Produce" and fields.get("acks") == 0):
                return {"silent": True}
            c.socket.settimeout(step.patience)
            payload = c.read_frame()
        except wire.Closed:
            self._drop(step.on)
            return {"closed": True}
        except TimeoutError:
            self._drop(step.on)
            return {"silent": f"for {step.patience} s"}
        try:
            return {"answer": wire.decode_response(step.api, version, payload)[1]}
        except (AssertionError, struct.error, UnicodeDecodeError) as e:
            return {"undecodable": f"{e}: {payload.hex()}"}

    def _raw(self, data):
        with socket.create_connection(wire.split_address(self.address), timeout=TIMEOUT) as s:
            out = bytearray()
            try:
                s.sendall(data)
                s.shutdown(socket.SHUT_WR)
                while part := s.recv(65536):
                    out += part
            except TimeoutError:
                return {"silent": f"for {TIMEOUT} s"}
            except OSError:
                pass  # closed in the middle of it
        return {"answer": {"bytes": bytes(out)}} if out else {"closed": True}

    def serves(self, api, version):
        low, high = self.ranges.get(api, self.ranges.get(BY_NAME[api].key, (0, -1)))
        return low <= version <= high
