"""Writes the librdkafka_*.hex files: a listener that answers just enough of the protocol for kcat (Debian: kcat, on
librdkafka 2.0.2) to produce three records with each codec, and keeps the records field of the Produce request as it
came. Run: python3 capture_librdkafka.py"""

import pathlib
import socket
import struct
import subprocess
import threading

HERE = pathlib.Path(__file__).parent
# Produce, Fetch, ListOffsets, Metadata, FindCoordinator, ApiVersions, InitProducerId: librdkafka asks for these before
# it uses batches of magic 2, lz4, zstd and idempotence.
APIS = {0: (0, 7), 1: (0, 10), 2: (0, 1), 3: (0, 1), 10: (0, 0), 18: (0, 0), 22: (0, 1)}


def text(value):
    return struct.pack(">h", len(value)) + value


def records_of(body):
    at = 2 + max(0, struct.unpack_from(">h", body)[0])  # transactional_id
    at += 2 + 4 + 4  # acks, timeout, topic count
    at += 2 + struct.unpack_from(">h", body, at)[0]  # topic
    at += 4 + 4  # partition count, partition
    length = struct.unpack_from(">i", body, at)[0]
    return body[at + 4 : at + 4 + length]


def serve(listener, captured):
    port = listener.getsockname()[1]
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=answer, args=(connection, port, captured), daemon=True).start()


def answer(connection, port, captured):
    stream = connection.makefile("rb")
    while head := stream.read(4):
        frame = stream.read(struct.unpack(">i", head)[0])
        api, version, correlation = struct.unpack_from(">hhi", frame)
        body = frame[10 + max(0, struct.unpack_from(">h", frame, 8)[0]) :]
        if api == 18:
            error = 0 if version == 0 else 35
            reply = struct.pack(">hi", error, len(APIS)) + b"".join(
                struct.pack(">hhh", key, low, high) for key, (low, high) in APIS.items())
        elif api == 3:
            reply = struct.pack(">ii", 1, 1) + text(b"127.0.0.1") + struct.pack(">ihi", port, -1, 1)
            reply += struct.pack(">ih", 1, 0) + text(b"t") + struct.pack(">bihiiiiii", 0, 1, 0, 0, 1, 1, 1, 1, 1)
        elif api == 22:
            reply = struct.pack(">ihqh", 0, 0, 4000, 2)
        elif api == 0:
            captured.append(records_of(body))
            reply = struct.pack(">i", 1) + text(b"t") + struct.pack(">iihqqqi", 1, 0, 0, 0, -1, 0, 0)
        else:
            return
        connection.sendall(struct.pack(">ii", len(reply) + 4, correlation) + reply)


for codec in ["none", "gzip", "snappy", "lz4", "zstd"]:
    captured = []
    listener = socket.create_server(("127.0.0.1", 0))
    threading.Thread(target=serve, args=(listener, captured), daemon=True).start()
    subprocess.run(
        ["kcat", "-P", "-b", "127.0.0.1:%d" % listener.getsockname()[1], "-t", "t", "-p", "0", "-z", codec, "-K", "|",
         "-Z", "-H", "ce_id=A1", "-H", "flag", "-X", "enable.idempotence=true", "-X", "linger.ms=200"],
        input=b"order-1|placed\n|" + b"millrace " * 40 + b"\norder-1|\n", check=True, timeout=30)
    listener.close()
    assert len(captured) == 1, captured
    hexed = captured[0].hex()
    lines = [hexed[i : i + 64] for i in range(0, len(hexed), 64)]
    (HERE / f"librdkafka_{codec}.hex").write_text("\n".join(lines) + "\n")
