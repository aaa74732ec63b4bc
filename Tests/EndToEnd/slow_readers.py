"""Clients that ask and do not read, and the memory that they cost. Needs nothing but Python, for the benchmarks too."""

import contextlib
import http.client
import json
import pathlib
import re
import resource
import socket

API = "/api/orchestration"
# The pages that can be long: path and header fields.
PAGES = [
    (f"{API}/registry", ""), ("/metrics", ""), ("/metrics", "Accept-Encoding: gzip\r\n"), ("/metrics", "Accept: application/openmetrics-text\r\n"),
    (f"{API}/services", ""), (f"{API}/metrics", ""), (f"{API}/events?after=0-0", ""), (f"{API}/dependencies", "Accept-Encoding: gzip\r\n"),
]  # fmt: skip


def resident(pid):
    """The resident memory of a process, in bytes."""
    # Not smaps_rollup, which holds the process up while it counts.
    return resource.getpagesize() * int(pathlib.Path(f"/proc/{pid}/statm").read_text().split()[1])


def fill(port, size=15_000, kind="kind", most=10_000):
    """Registers entries with so many bytes until the registry is full, or there are so many. Returns how many there are."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire:
        file = wire.makefile("rb")
        for number in range(most):
            body = json.dumps({"ttl": 604800, "type": kind % number if "%" in kind else kind, "metadata": {"x": "x" * size}}).encode()
            wire.sendall(
                f"POST {API}/registry/entry-{number} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n".encode() + body
            )
            head = b"".join(iter(file.readline, b"\r\n"))
            answer = file.read(int(re.search(rb"content-length: (\d+)", head, re.I)[1]))
            if b" 200 " not in head.split(b"\r\n")[0]:
                assert b" 429 " in head and b"registry_full" in answer, (head, answer)
                return number
    return most


def beats(port, entries):
    """A function that changes ten entries all over a registry, so that the next page is another one."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def beat():
        for number in range(0, entries, entries // 10 + 1):
            connection.request("POST", f"{API}/registry/entry-{number}/heartbeat")
            assert connection.getresponse().read()

    return beat


def look(wire):
    """What has come, which stays unread."""
    with contextlib.suppress(ConnectionError):
        return wire.recv(12, socket.MSG_PEEK)
    return b""


@contextlib.contextmanager
def read_until(port, path, end):
    """A client that reads a page until these bytes have come, and no further."""
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        wire.settimeout(60)
        wire.connect(("127.0.0.1", port))
        wire.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        last = b""
        while end not in last:
            more = wire.recv(4096)
            assert more, "the page ended before"
            last = last[-len(end) :] + more
        yield wire


@contextlib.contextmanager
def slow(port, count, path, fields="", ahead=1, between=lambda: None):
    """So many clients that ask for a page, each so many times ahead, and do not read; `between` is called after each. Gives the first bytes
    that came for each; none for one that was cut."""
    with contextlib.ExitStack() as wires:
        first = []
        for _ in range(count):
            wire = wires.enter_context(socket.socket())
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            wire.settimeout(60)
            wire.connect(("127.0.0.1", port))
            wire.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode() * ahead)
            first.append(wire)
            between()
        yield [look(wire) for wire in first]
