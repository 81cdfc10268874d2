"""What is not understood: versions, keys, frames, bodies; and the answer to ApiVersions itself."""

import struct

from language import ALL, Script

script = Script("unknown")

HELLO = {"client_software_name": "millrace-tests", "client_software_version": "1.0", "node_id": -1}
script.call("ApiVersions", "ranges", HELLO, versions=ALL)
script.call("ApiVersions", "a name with a blank", HELLO | {"client_software_name": "two words"}, versions=[3, 4])
script.call("ApiVersions", "an empty name", HELLO | {"client_software_name": ""}, versions=[3, 4])
script.call("ApiVersions", "a version with a slash", HELLO | {"client_software_version": "1/0"}, versions=[3])


def frame(payload):
    return struct.pack(">i", len(payload)) + payload


def header(key, version, body=b"", client=b"\0\4test"):
    return frame(struct.pack(">hhi", key, version, 7) + client + body)


script.raw("ApiVersions of a version yet to come", header(18, 99))
script.raw("ApiVersions of a version yet to come, whose header has tags", header(18, 99, b"\0\2a\2b\0"))
script.raw("ApiVersions of version -1", header(18, -1))
script.raw("a key that nobody has", header(999, 0))
script.raw("key -1", header(-1, 0))
script.raw("Produce of a version yet to come", header(0, 99))
script.raw("Produce 2, which Kafka 4 has dropped", header(0, 2))
script.raw("Fetch 3, which Kafka 4 has dropped", header(1, 3))
script.raw("Metadata of a version yet to come", header(3, 99))
script.raw("Metadata of version -1", header(3, -1))
heartbeat = b"\0\1g" + struct.pack(">i", 1) + b"\0\1m"
script.call(
    "FindCoordinator",
    "wakes the coordinator",
    {"key": "g", "key_type": 0, "coordinator_keys": ["g"]},
    until={"coordinators.0.error_code": 0},
)
script.call(
    "Heartbeat", "is answered", {"group_id": "g", "generation_id": 1, "member_id": "m"}, until={"error_code": 25}
)
script.raw("no client id", header(12, 0, heartbeat, client=b"\xff\xff"))
script.raw("an empty frame", frame(b""))
script.raw("a frame of a negative size", struct.pack(">i", -1))
script.raw("a frame of two gigabytes", struct.pack(">i", 0x7FFFFFFF))
script.raw("half a header", frame(b"\0\3"))
script.raw("a body that ends in the middle", header(3, 1, struct.pack(">i", 2) + b"\0\1a"))
script.raw("more topics than bytes", header(3, 1, struct.pack(">i", 1_000_000)))
script.raw("bytes behind the last field", header(12, 0, heartbeat + b"spare"))
script.raw("text of another protocol", b"GET / HTTP/1.1\r\n\r\n")
