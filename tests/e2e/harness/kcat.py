"""kcat as a client: what one can do on a command line."""

import itertools
import pathlib
import subprocess
import tempfile

from .records import Consumed, Record

TIMEOUT = 90
_KEY_END = "\x01"  # no test record for kcat holds it


def run(*arguments, input=None, check=True, timeout=TIMEOUT):
    # Its own five seconds for metadata and for what is asked of offsets are little on a busy machine.
    command = ["kcat", "-m", "60", *(a if isinstance(a, bytes) else str(a) for a in arguments)]
    done = subprocess.run(command, input=input, capture_output=True, timeout=timeout)
    if check:
        assert done.returncode == 0, f"{command}: {done.stderr.decode(errors='replace')}"
    return done


class KcatClient:
    name = "kcat"
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    idempotent = True

    def can_send(self, record):
        """kcat cannot say a null or nameless header, and its output separates headers by commas and lines."""
        for name, value in record.headers:
            if value is None or not name or any(byte in value for byte in b"\0\n,"):
                return False
        if record.key and any(byte in record.key for byte in b"\0\n\1"):
            return False
        empty = record.value == b"" or record.key == b""
        null = record.value is None or (record.key is None and record.value == b"")
        return not (empty and null) and (record.key, record.value) != (None, None)

    def produce(self, address, topic, records, *, partition=0, codec="none", acks="all", idempotent=False, **more):
        settings = {"acks": acks, "message.max.bytes": 4_000_000, "compression.codec": codec}
        if idempotent:
            settings["enable.idempotence"] = "true"
        settings |= more
        flags = [f"-X{name}={value}" for name, value in settings.items()]
        common = ["-P", "-b", address, "-t", topic, "-p", partition, *flags]
        for shape, group in itertools.groupby(records, key=_shape):
            self._send_group(common, shape, list(group))
        return [(None, None)] * len(records)

    def _send_group(self, common, shape, group):
        headers, keyed, null, by_file = shape
        options = [part for name, value in headers for part in ("-H", name.encode() + b"=" + value)]
        if null:
            options.append("-Z")
        if by_file:
            for r in group:
                with tempfile.NamedTemporaryFile() as file:
                    pathlib.Path(file.name).write_bytes(r.value)
                    key = ["-k", r.key.decode()] if r.key else []
                    run(*common, *options, *key, file.name)
            return
        if keyed:
            options += ["-K", _KEY_END]
        lines = [(r.key or b"") + _KEY_END.encode() + (r.value or b"") if keyed else r.value or b"" for r in group]
        run(*common, *options, input=b"".join(line + b"\n" for line in lines))

    def consume(self, address, topic, count, *, partition=0, start="earliest", **more):
        where = {"earliest": "beginning", "latest": "end"}.get(start, start)
        if str(start).startswith("time:"):
            where = "s@" + start[5:]
        flags = [f"-X{name}={value}" for name, value in more.items()]
        form = "%p %o %T %K %S %h\\n%k%s"
        until = ["-c", count] if count else ["-e"]
        done = run("-C", "-q", "-b", address, "-t", topic, "-p", partition, "-o", where, *until, "-f", form, *flags)
        return list(_parse(done.stdout))


def _shape(record):
    """Records of one shape can go through one run of kcat."""
    null = record.value is None
    by_file = record.value is not None and (b"\n" in record.value or len(record.value) > 100_000 or b"\0" in record.value)
    keyed = record.key is not None
    return record.headers, keyed, null, by_file


def _parse(data):
    while data:
        head, data = data.split(b"\n", 1)
        partition, offset, timestamp, key_size, value_size, headers = head.split(b" ", 5)
        sizes = [int(key_size), int(value_size)]
        parts = []
        for size in sizes:
            parts.append(None if size < 0 else data[: max(size, 0)])
            data = data[max(size, 0) :]
        pairs = tuple(h.split(b"=", 1) for h in headers.split(b",")) if headers else ()
        yield Consumed(
            int(partition),
            int(offset),
            Record(parts[0], parts[1], tuple((n.decode(), v) for n, v in pairs), int(timestamp)),
        )
