"""Requests with faults at random: each gets a valid answer or the end of its connection, and Stoker stays as it was.

REQUESTS and SEED say how many and which; `make fuzz` sends 100,000."""

import concurrent.futures
import contextlib
import os
import random
import re
import socket

from fuzzed_requests import fuzzed
from harness import wait_for
from slow_readers import resident

REQUESTS = int(os.environ.get("REQUESTS", 2000))
SEED = int(os.environ.get("SEED", 1))
# All that the interface has, without 500.
STATUSES = {100, 200, 204, 207, 301, 302, 304, 308, 400, 403, 404, 405, 408, 409, 413, 414, 415, 417, 429, 431, 503, 504}


def answers(port, request):
    """Sends a request, closes our side, and reads until the server has closed its own, or streams, which it would do without end."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as wire, contextlib.suppress(ConnectionError):
        wire.sendall(request)
        with contextlib.suppress(OSError):
            wire.shutdown(socket.SHUT_WR)
        while b"\r\nCache-Control: no-store\r\n" not in received and (chunk := wire.recv(1 << 16)):
            received += chunk
    return received


def test_requests_with_faults_get_an_answer_or_an_end(make_stoker):
    stoker = make_stoker(
        services={"dao": {"command": "echo hello; exec sleep 1000", "stop": {"timeout": "1s"}, "restart": {"max_attempts": "unlimited"}}},
        supervisor={"log": {"level": "error"}, "registry": {"max_size": "1MiB"}},
    ).start()

    def send(number):
        # Each request can be had again alone, by its number.
        request = fuzzed(random.Random(f"{SEED}-{number}"))
        answer = answers(stoker.port, request)
        if answer:
            status = re.match(rb"HTTP/1\.[01] (\d{3}) ", answer)
            assert status and int(status[1]) in STATUSES, f"request {number} of seed {SEED}: {request!r}: {answer[:300]!r}"
        return len(answer)

    def answered(numbers):
        with concurrent.futures.ThreadPoolExecutor(4) as clients:
            assert sum(map(bool, clients.map(send, numbers))) > len(numbers) / 2
        assert stoker.running() and stoker.request("GET", "/-/healthy").status == 200
        wait_for("the last connection to be closed", lambda: stoker.metric("stoker_http_connections") <= 1)
        return resident(stoker.process.pid)

    early = REQUESTS // 4
    before = answered(range(early))
    after = answered(range(early, REQUESTS))
    assert after - before < 24 << 20, f"{before >> 20} MiB after {early} requests, {after >> 20} MiB after {REQUESTS}"
    assert stoker.metric("stoker_http_waiting_bytes") == 0
