"""An HTTP door that says what a test has written down, and keeps what it was asked: for what a command line asks in
which order, which a broker's answer does not show."""

import contextlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Door:
    """answers are {"GET /path?query": (status, body)}, or a list of them, one for each time; `asked` is a list of
    (method and target, body), `types` one of their content types."""

    def __init__(self, answers):
        self.answers = {place: list(told) if isinstance(told, list) else told for place, told in answers.items()}
        self.asked, self.types = [], []
        door = self

        class Handler(BaseHTTPRequestHandler):
            def answer(self):
                place = f"{self.command} {self.path}"
                length = int(self.headers.get("Content-Length") or 0)
                body = json.loads(self.rfile.read(length)) if length else None
                door.asked.append((place, body))
                door.types.append(self.headers.get("Content-Type"))
                status, told = door.told(place)
                content = told.encode() if isinstance(told, str) else b"" if told is None else json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self.server.server_port}"

    def told(self, place):
        told = self.answers.get(place, (404, {"title": "There is no such thing", "detail": f"{place} is not here"}))
        if isinstance(told, list):
            return told.pop(0) if len(told) > 1 else told[0]
        return told


@contextlib.contextmanager
def door(answers):
    opened = Door(answers)
    thread = threading.Thread(target=opened.server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield opened
    finally:
        opened.server.shutdown()
        opened.server.server_close()
        thread.join()
