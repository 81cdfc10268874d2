"""HTTP with nothing between the test and the bytes."""

import http.client
import json
import socket


def parse(raw):
    """[(status, {field: value}, body)] of every answer in the bytes."""
    answers = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
        length = int(fields.get("content-length", 0))
        answers.append((status, fields, rest[:length]))
        raw = rest[length:]
    return answers


def exchange(address, data, *, timeout=60.0, end=True):
    """Every answer to these bytes, until the broker closes; `end`: nothing more is to come from us."""
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host.strip("[]"), int(port)), timeout=timeout) as s:
        return talk(s, data, end)


def talk(s, data, end=True):
    got = bytearray()
    try:
        s.sendall(data)
        if end:
            s.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # it has closed already: what it said is still to be read
    try:
        while more := s.recv(65536):
            got += more
    except ConnectionResetError:
        pass
    return parse(bytes(got))


def request(address, method, target, body=None, fields=None):
    """(status, fields, JSON or text) as an ordinary client gets it."""
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request(method, target, body=body, headers=fields or {})
    answer = connection.getresponse()
    text = answer.read().decode()
    headers = {name.lower(): value for name, value in answer.getheaders()}
    connection.close()
    return answer.status, headers, json.loads(text) if "json" in headers.get("content-type", "") else text


def get(address, target):
    status, _, body = request(address, "GET", target)
    assert status == 200, body
    return body
