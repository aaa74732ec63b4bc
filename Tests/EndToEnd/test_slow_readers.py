"""Clients that do not read cost little memory, and nobody else's connection (rules 75 and 76)."""

import contextlib
import os
import socket

import pytest

from harness import API, become, recorder, wait_for
from slow_readers import PAGES, beats, fill, read_until, resident, slow

READERS = 24
BOUND = 64 << 20


def test_readers_that_do_not_read_cost_less_than_their_bound(make_stoker):
    """Readers of all long pages at once, who ask for each twice, beside a registry that is full."""
    stoker = make_stoker(services={f"s{n}": {"command": "exec sleep 1000"} for n in range(20)}, supervisor={"registry": {"max_size": "8MiB"}}).start()
    # Thousands of small entries make a long page of metrics, too.
    entries = fill(stoker.port, 1_000)
    assert entries > 3000
    assert stoker.metric("stoker_registry_size_bytes") <= stoker.metric("stoker_registry_size_limit_bytes") == 8 << 20
    # The page with all entries, once: what is kept for the next one is there.
    stoker.metrics()
    beat = beats(stoker.port, entries)
    pid, before = stoker.process.pid, resident(stoker.process.pid)
    with contextlib.ExitStack() as everything:
        for path, fields in PAGES:
            answers = everything.enter_context(slow(stoker.port, READERS, path, fields, 2, beat))
            assert b"HTTP/1.1 200" in answers and set(answers) <= {b"HTTP/1.1 200", b"HTTP/1.1 503", b""}, path
            assert resident(pid) - before < BOUND, path
        # Who reads is served meanwhile.
        assert stoker.get("/registry/entry-0").status == stoker.request("GET", "/-/healthy").status == 200
    whole = stoker.get("/registry").json
    assert whole["success"] is True and list(whole["services"]) == sorted(whole["services"])
    assert len(whole["services"]) == whole["total_services"] == sum(whole["by_type"].values()) == entries + 20
    wait_for("what waited to be gone", lambda: stoker.metric("stoker_http_waiting_bytes") == 0)


def test_readers_that_stop_at_the_end_of_a_long_list_cost_as_little(make_stoker):
    """As many types as entries: what comes after the entries is as long as they are."""
    stoker = make_stoker(services={"dao": recorder("dao")}).start()
    entries = fill(stoker.port, 0, "%05d" + 251 * "\1", most=3000)
    whole = stoker.get("/registry")
    assert len(whole.json["by_type"]) == entries + 1
    rest = len(whole.text) - whole.text.index('"total_services"')
    assert rest > 4 << 20
    pid, before = stoker.process.pid, resident(stoker.process.pid)
    with contextlib.ExitStack() as wires:
        for _ in range(8):
            wires.enter_context(read_until(stoker.port, f"{API}/registry", b'"total_services"'))
        assert resident(pid) - before < 8 << 20 < 2 * rest
        assert stoker.get("/registry/entry-0").status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user")
def test_a_client_that_takes_all_connections_takes_its_share(make_stoker):
    """With 200 descriptors there is room for about 30 connections: three quarters for another user, who opens as many as it gets, and the
    rest for us."""
    stoker = make_stoker(services={"dao": recorder("dao")})
    stoker.through = ["prlimit", "--nofile=200"]
    stoker.start()
    told, tell = os.pipe()
    hold, release = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.close(release)
            become(65534)
            wires = [socket.create_connection(("127.0.0.1", stoker.port), 60, (f"127.0.0.{2 + n}", 0)) for n in range(28)]
            for wire in wires:
                wire.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            os.write(tell, b"".join(wire.recv(12)[9:12] + b" " for wire in wires))
            os.read(hold, 1)
        os._exit(0)
    try:
        os.close(tell)
        codes = os.read(told, 4096).split()
        served = codes.count(b"200")
        assert 18 < served < 26 and codes == [b"200"] * served + [b"503"] * (28 - served)
        assert stoker.get("/services").status == 200
        assert stoker.metric("stoker_http_rejected_requests_total", reason="peer_limit") == 28 - served
        with slow(stoker.port, 3, f"{API}/services") as answers:
            assert answers == [b"HTTP/1.1 200"] * 3
    finally:
        os.close(release)
        os.waitpid(child, 0)
