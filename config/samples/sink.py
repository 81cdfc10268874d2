#!/usr/bin/python3
"""A web hook that refuses everything until it is mended.

usage: sink.py DIRECTORY

It listens on a free port of 127.0.0.1, which it writes to DIRECTORY/port, says yes to whoever asks whether it wants events
(CloudEvents' web hooks, section 4), and answers 503 to each event until DIRECTORY/mended is there. What it has taken is in
DIRECTORY/taken, the id of an event a line. It ends when DIRECTORY is gone.
"""

import pathlib
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def serve(directory):
    class Sink(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self, status, **fields):
            self.send_response(status)
            for name, value in fields.items():
                self.send_header(name.replace("_", "-"), value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_OPTIONS(self):
            self.answer(200, WebHook_Allowed_Origin="*", WebHook_Allowed_Rate="*")

        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"]))
            if not (directory / "mended").exists():
                return self.answer(503)
            with (directory / "taken").open("a") as taken:
                print(self.headers["ce-id"], file=taken)
            self.answer(204)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    (directory / "port").write_text(f"{server.server_port}\n")
    while directory.exists():
        threading.Event().wait(1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    serve(pathlib.Path(sys.argv[1]))
