"""Sinks of web hooks: one that answers by a script and keeps what it was sent, and nginx, which nobody here wrote."""

import collections
import contextlib
import pathlib
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .broker import free_port
from .waiting import wait_until

Request = collections.namedtuple("Request", "method path fields body")

CONSENT = (200, {"WebHook-Allowed-Origin": "*", "WebHook-Allowed-Rate": "*"})


class Sink:
    """`answer(request)` and `consent(request)` say (status, header fields); None: it does not answer until closed."""

    def __init__(self, answer=None, consent=None, port=0):
        self.answer = answer or (lambda request: (204, {}))
        self.consent = consent or (lambda request: CONSENT)
        self.requests, self.questions = [], []
        self.released = threading.Event()
        sink = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                fields = {name.lower(): value for name, value in self.headers.items()}
                request = Request(self.command, self.path, fields, body)
                is_question = self.command == "OPTIONS"
                (sink.questions if is_question else sink.requests).append(request)
                said = (sink.consent if is_question else sink.answer)(request)
                if said is None:
                    sink.released.wait(120)
                    self.close_connection = True
                    return
                with contextlib.suppress(OSError):
                    self.send_response(said[0])
                    for name, value in said[1].items():
                        self.send_header(name, value)
                    if said[0] != 204:
                        self.send_header("Content-Length", "0")
                    self.end_headers()

            do_POST = do_PUT = do_PATCH = do_OPTIONS = handle_one

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256  # as many connections as come at once

        self.server = Server(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        threading.Thread(daemon=True, target=self.server.serve_forever, kwargs={"poll_interval": 0.02}).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, path="/hook"):
        return f"http://127.0.0.1:{self.port}{path}"

    def wait_for(self, count, timeout=60):
        wait_until(lambda: len(self.requests) >= count, lambda: f"{count} requests, of {len(self.requests)}", timeout)
        return self.requests


class Nginx:
    """Answers 204, 422 or 503 by the path of a request: /ok, /no, /busy; and consents to everybody. It writes down the
    id of each event in binary mode with its status."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.port = free_port()
        self.process = None
        self.log = self.directory / "requests"
        answers = {"ok": 204, "no": 422, "busy": 503}
        paths = "\n".join(f"location = /{name} {{ return {status}; }}" for name, status in answers.items())
        temporary = "\n".join(
            f"{kind}_temp_path {self.directory}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (self.directory / "nginx.conf").write_text(
            f"""
            daemon off; master_process off; pid {self.directory}/pid; error_log {self.directory}/errors warn;
            events {{ worker_connections 256; }}
            http {{
              {temporary}
              log_format event '$request_method $uri $status $http_ce_id';
              access_log {self.log} event;
              server {{
                listen 127.0.0.1:{self.port};
                add_header WebHook-Allowed-Origin * always;
                add_header WebHook-Allowed-Rate * always;
                {paths}
              }}
            }}
            """
        )

    def url(self, path):
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self):
        command = ["nginx", "-p", str(self.directory), "-c", str(self.directory / "nginx.conf")]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(lambda: (self.directory / "pid").exists(), "nginx")
        return self

    def stop(self):
        self.process.terminate()
        self.process.wait(30)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def events(self, path):
        """[(status, id)] of the events that came to a path."""
        lines = [line.split(" ") for line in self.log.read_text().splitlines()] if self.log.exists() else []
        return [(int(status), id) for method, at, status, id in lines if method == "POST" and at == path]
