"""Records what Kafka clients and a broker say to each other, one exchange per API and version.

    record.py LISTEN_PORT BROKER_PORT FOLDER CLIENT [--lower N]

Listens on 127.0.0.1:LISTEN_PORT, passes everything to 127.0.0.1:BROKER_PORT, and writes the last exchange of every
API and version to FOLDER/<api>_v<version>_<client>.hex when it is interrupted. Two things are changed on the way to
the client, and neither is recorded: the broker's port in answers (so that the client stays with us), and the newest
versions in the answer to ApiVersions, which are lowered to the ones that millrace serves, minus N where the range
allows. So a client is made to speak every version that it knows.
"""
import argparse
import asyncio
import os
import re
import signal
import struct

APIS = {  # key: (file name, oldest, newest, flexible from)
    0: ("produce", 3, 13, 9), 1: ("fetch", 4, 18, 12), 2: ("list_offsets", 1, 11, 6), 3: ("metadata", 0, 13, 9),
    8: ("offset_commit", 2, 10, 8), 9: ("offset_fetch", 1, 10, 6), 10: ("find_coordinator", 0, 6, 3),
    11: ("join_group", 0, 9, 6), 12: ("heartbeat", 0, 4, 4), 13: ("leave_group", 0, 5, 4), 14: ("sync_group", 0, 5, 4),
    15: ("describe_groups", 0, 6, 5), 16: ("list_groups", 0, 5, 3), 18: ("api_versions", 0, 4, 3),
    19: ("create_topics", 2, 7, 5), 20: ("delete_topics", 1, 6, 4), 21: ("delete_records", 0, 2, 2),
    22: ("init_producer_id", 0, 5, 2), 32: ("describe_configs", 1, 4, 4),
}


def lowered(frame, version, lower):
    """An ApiVersions answer whose newest versions are ours, minus `lower`."""
    frame = bytearray(frame)
    at = 4 + 2  # correlation id, error code
    if version >= 3:
        count, at, step = 0, at, 7
        shift = 0
        while True:
            byte = frame[at]
            at += 1
            count |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        count -= 1
    else:
        (count,), at, step = struct.unpack_from(">i", frame, at), at + 4, 6
    for _ in range(count):
        key, oldest, newest = struct.unpack_from(">hhh", frame, at)
        if key in APIS:
            ours = max(APIS[key][1], oldest, APIS[key][2] - lower)
            if key == 3 and APIS[1][2] - lower >= 13:
                ours = max(ours, 10)  # clients fetch by topic id only when they are told ids
            struct.pack_into(">h", frame, at + 4, min(newest, ours))
        at += step
    return bytes(frame)


class Recorder:
    def __init__(self, arguments):
        self.arguments = arguments
        self.exchanges = {}
        self.here = b"127.0.0.1" + struct.pack(">i", arguments.listen)
        self.there = b"127.0.0.1" + struct.pack(">i", arguments.broker)

    async def serve(self, client_in, client_out):
        broker_in, broker_out = await asyncio.open_connection("127.0.0.1", self.arguments.broker)
        asked = {}
        await asyncio.gather(self.requests(client_in, broker_out, asked), self.answers(broker_in, client_out, asked))

    async def frames(self, source, sink):
        try:
            while True:
                (size,) = struct.unpack(">i", await source.readexactly(4))
                yield await source.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError):
            sink.close()

    async def requests(self, source, sink, asked):
        async for frame in self.frames(source, sink):
            key, version, correlation = struct.unpack_from(">hhi", frame)
            asked[correlation] = (key, version, frame)
            sink.write(struct.pack(">i", len(frame)) + frame)

    async def answers(self, source, sink, asked):
        async for frame in self.frames(source, sink):
            key, version, request = asked.pop(struct.unpack_from(">i", frame)[0])
            if key in APIS and APIS[key][1] <= version <= APIS[key][2]:
                self.keep(key, version, request, frame)
            if key == 18 and version <= 4:
                frame = lowered(frame, version, self.arguments.lower)
            frame = frame.replace(self.there, self.here)
            sink.write(struct.pack(">i", len(frame)) + frame)

    def keep(self, key, version, request, answer):
        """The longest answer of an exchange says most: an empty fetch teaches little."""
        kept = self.exchanges.get((key, version))
        if kept is None or len(answer) > len(kept[1]):
            self.exchanges[key, version] = (request, answer)

    def store(self):
        for (key, version), (request, answer) in self.exchanges.items():
            name = f"{APIS[key][0]}_v{version}_{self.arguments.client}.hex"
            with open(os.path.join(self.arguments.folder, name), "w", encoding="ascii") as out:
                for title, frame in (("request", request), ("response", answer)):
                    out.write(f"{title}\n" + re.sub("(.{96})", "\\1\n", frame.hex()).rstrip("\n") + "\n")


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("listen", type=int)
    parser.add_argument("broker", type=int)
    parser.add_argument("folder")
    parser.add_argument("client")
    parser.add_argument("--lower", type=int, default=0)
    recorder = Recorder(parser.parse_args())
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", recorder.arguments.listen)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with server:
        await stop.wait()
    recorder.store()


asyncio.run(main())
