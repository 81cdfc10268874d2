"""A collector of traces: takes OTLP over HTTP, as well or as badly as a test wants."""

import contextlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .waiting import wait_until

SERVER, INTERNAL, FAILED = 2, 1, 2


def attributes_of(pairs):
    told = {}
    for pair in pairs:
        assert pair.key not in told, f"{pair.key} is told twice"
        told[pair.key] = getattr(pair.value, pair.value.WhichOneof("value"))
    return told


class Span:
    """A span as a person reads it: ids in hexadecimal, attributes as a dict."""

    def __init__(self, told, resource):
        self.told, self.resource, self.name, self.kind = told, resource, told.name, told.kind
        self.trace, self.id, self.parent = told.trace_id.hex(), told.span_id.hex(), told.parent_span_id.hex()
        self.attributes = attributes_of(told.attributes)
        self.links = [(link.trace_id.hex(), link.span_id.hex()) for link in told.links]
        self.has_failed = told.status.code == FAILED
        assert len(told.trace_id) == 16 and len(told.span_id) == 8 and len(told.parent_span_id) in (0, 8), self
        assert 0 < told.start_time_unix_nano <= told.end_time_unix_nano, self

    def __repr__(self):
        lines = [f"{self.name}  trace {self.trace} span {self.id} parent {self.parent or '-'}"]
        lines += [f"  {key} = {value}" for key, value in self.attributes.items()]
        lines += [f"  link {trace} {span}" for trace, span in self.links]
        return "\n".join(lines)


class Collector:
    """`answer` is told how many requests there were and says (status, header fields, body); None: it never answers."""

    def __init__(self, decode, port=0, answer=None):
        self.spans, self.requests, self.faults, self.heads = [], 0, [], []
        self.decode = decode
        self.answer = answer or (lambda requests: (200, {}, b""))
        self.released = threading.Event()
        collector = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.requests += 1
                collector.heads.append((self.path, dict(self.headers)))
                said = collector.answer(collector.requests)
                if said is None:
                    collector.released.wait(60)
                    self.close_connection = True
                    return
                status, fields, content = said
                if status == 200:
                    collector.take(body)
                with contextlib.suppress(OSError):
                    self.send_response(status)
                    for name, value in fields.items():
                        self.send_header(name, value)
                    self.send_header("Content-Length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)

            def log_message(self, *_):
                pass

        ThreadingHTTPServer.allow_reuse_address = True
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        serve = {"target": self.server.serve_forever, "kwargs": {"poll_interval": 0.02}}
        threading.Thread(daemon=True, **serve).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
        assert not self.faults, self.faults

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server.server_address[1]}/v1/traces"

    def take(self, body):
        try:
            for of_resource in self.decode(body).resource_spans:
                resource = attributes_of(of_resource.resource.attributes)
                for of_scope in of_resource.scope_spans:
                    self.spans += [Span(told, resource) for told in of_scope.spans]
        except Exception as e:
            self.faults.append(repr(e))

    def wait_for(self, name, count=1):
        """At least so many spans of this name."""

        def there():
            assert not self.faults, self.faults
            found = [span for span in self.spans if span.name == name]
            return found if len(found) >= count else None

        return wait_until(there, f"{count} spans \"{name}\"")


def main(port):
    """Prints every span that comes."""
    from . import otlp

    with Collector(otlp.decode, port=int(port)) as collector:
        while True:
            wait_until(lambda: collector.spans, "a span", timeout=float("inf"), step=0.1)
            print(collector.spans.pop(0), flush=True)


if __name__ == "__main__":
    import sys

    main(*sys.argv[1:])
