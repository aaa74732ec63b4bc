"""Checks of every kind, thresholds, and the state of the whole."""

import os
import socket
import threading
import time

from harness import recorder, wait_for


def checked(kind, **keys):
    return {"health": {**kind, "interval": "1h", "start_interval": "200ms", "auto_recovery": False, **keys}}


def step(stoker, name):
    """One check, now; the service's entry after it."""
    answer = stoker.post("/health/check-now")
    assert answer.status == 200, answer.text
    entry = stoker.get("/health").json["services"][name]
    return answer.json["results"][name]["passed"], entry["status"], entry["consecutive_failures"], entry["consecutive_successes"]


def test_three_failures_make_unhealthy_and_two_successes_recover(make_stoker, health_server):
    server = health_server()
    stoker = make_stoker(services={"web": recorder("web", **checked({"http": {"url": server.url}}))}).start()
    stoker.wait_health("web", "healthy")

    server.status = 503
    assert step(stoker, "web") == (False, "degraded", 1, 0)
    assert step(stoker, "web") == (False, "degraded", 2, 0)
    assert stoker.get("/health").json["composite_health"] == "degraded"
    assert stoker.get("/health").json["degraded_services"] == ["web"]
    assert step(stoker, "web") == (False, "unhealthy", 3, 0)
    assert stoker.get("/health").json["composite_health"] == "unhealthy"
    assert stoker.get("/health").json["unhealthy_services"] == ["web"]
    server.status = 200
    assert step(stoker, "web") == (True, "unhealthy", 0, 1)
    assert step(stoker, "web") == (True, "healthy", 0, 2)
    assert stoker.service("web")["restart_count"] == 0, "auto_recovery is off"

    server.status = 503
    assert step(stoker, "web") == (False, "degraded", 1, 0)
    server.status = 200
    assert step(stoker, "web") == (True, "healthy", 0, 1), "one success lifts degraded"


def test_every_kind_of_check(make_stoker, health_server):
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen()

    def serve():
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                if connection.recv(16) == b"PING\r\n":
                    connection.sendall(b"+PONG\r\n")

    threading.Thread(target=serve, daemon=True).start()
    server = health_server()
    stoker = make_stoker(
        services={
            "http": recorder("http", **checked({"http": {"url": server.url, "body": '"ok": *true'}})),
            "tcp": recorder(
                "tcp", **checked({"tcp": {"address": "127.0.0.1:%d" % listener.getsockname()[1], "send": "PING\r\n", "expect": "PONG"}})
            ),
            "exec": recorder("exec", **checked({"exec": {"command": ["test", "-e", "well"]}})),
            "hung": recorder("hung", **checked({"exec": {"command": "sleep 1000 & sleep 1000"}}, timeout="500ms")),
            "file": recorder("file", **checked({"file": {"path": "alive", "max_age": "1m"}})),
            "beats": recorder("beats", **checked({"heartbeat": {}})),
            "alive": recorder("alive"),
            "remote": {"kind": "external", **checked({"http": {"url": server.url}})},
        }
    )
    for name in ("well", "alive"):
        (stoker.directory / name).touch()
    stoker.start(ready=False)
    for name in ("http", "tcp", "exec", "file", "alive", "remote"):
        wait_for("an answer", lambda: stoker.running() and stoker.wait_health(name, "healthy"))
    stoker.wait_status("beats", "running")  # an earlier beat would not be this run's
    assert stoker.post("/registry/beats/heartbeat").status == 200
    stoker.wait_health("beats", "healthy")
    assert stoker.service("remote")["pid"] is None

    results = stoker.post("/health/check-now").json["results"]
    assert {name for name, result in results.items() if result["passed"]} == {"http", "tcp", "exec", "file", "beats", "alive", "remote"}
    assert "0.5 s" in results["hung"]["message"] or "500" in results["hung"]["message"], results["hung"]
    wait_for("the hung check's children to be killed", lambda: len(stoker.instances("hung")) == 1)

    listener.shutdown(socket.SHUT_RDWR)  # also wakes the thread that accepts
    listener.close()
    (stoker.directory / "well").unlink()
    os.utime(stoker.directory / "alive", (0, 0))
    server.body = b'{"ok":false}'
    results = stoker.post("/health/check-now").json["results"]
    assert {name for name, result in results.items() if result["passed"]} == {"beats", "alive", "remote"}
    assert results["http"]["details"] == {"ok": False}
    assert stoker.post("/registry/beats/heartbeat", {"status": "unhealthy"}).status == 200
    stoker.wait_health("beats", "degraded", "unhealthy")
    # The next checks say the same, however fresh the beat is, until one says otherwise.
    result = stoker.post("/health/check-now").json["results"]["beats"]
    assert (result["passed"], result["message"]) == (False, "its heartbeat reports unhealthy")
    assert stoker.post("/registry/beats/heartbeat").status == 200
    assert stoker.post("/health/check-now").json["results"]["beats"]["passed"]


def test_a_hanging_check_times_out_without_holding_up_others(make_stoker):
    silent = socket.socket()  # accepts (in the kernel) and never answers
    silent.bind(("127.0.0.1", 0))
    silent.listen()
    url = "http://127.0.0.1:%d/" % silent.getsockname()[1]
    stoker = make_stoker(
        services={
            "hangs": recorder("hangs", health={"http": {"url": url}, "interval": "1h", "timeout": "3s", "auto_recovery": False}),
            "well": recorder("well", health={"exec": {"command": ["true"]}, "interval": "200ms"}),
        }
    ).start()
    wait_for("checks", lambda: len(stoker.get("/service/well").json["health_history"]) > 3)
    before = time.monotonic()
    assert stoker.request("GET", "/metrics").status == 200
    assert stoker.get("/services").status == 200
    assert time.monotonic() - before < 3, "reads do not wait for a check"
    result = stoker.post("/health/check-now").json["results"]["hangs"]
    assert result["passed"] is False and "3 s" in result["message"]
    silent.close()


def test_check_now_shares_concurrent_calls(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", **checked({"exec": {"command": "echo x >> asked; sleep 1"}}))}).start()
    stoker.wait_health("web", "healthy")
    asked = stoker.directory / "asked"
    before = len(asked.read_text())
    answers = []
    threads = [threading.Thread(target=lambda: answers.append(stoker.post("/health/check-now").status)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 20
    assert (len(asked.read_text()) - before) // 2 <= 3, "twenty calls share a few checks"


ODD_ANSWERS = {
    "bare": b"HTTP/1.1 200 OK\nContent-Length: 4\n\nwell",
    "chunks": b"HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n2\nwe\n2;x=y\nll\n0\nX-Trailer: 1\n\n",
    "capitals": b"HTTP/1.1 200 OK\r\nTRANSFER-ENCODING: Chunked\r\n\r\n4\r\nwell\r\n0\r\nX-Trailer: 1\r\n\r\n",
    "folded": b"HTTP/1.1 200 OK\r\nX-Folded: a\r\n b\r\nContent-Length:\r\n\t4\r\n\r\nwell",
    "reason": b"HTTP/1.1 200\r\nContent-Length: 4\r\n\r\nwell",
    "old": b"HTTP/1.0 200 OK\r\n\r\nwell",
    "interim": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\n\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nwell",
    "empty": b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n",
}


def test_answers_that_a_browser_would_take_are_taken(make_stoker):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    wire, _ = server.accept()
                except OSError:
                    return
                with wire:
                    request = b""
                    while b"\r\n\r\n" not in request:
                        request += wire.recv(4096)
                    wire.sendall(ODD_ANSWERS[request.split()[1].decode().strip("/")])
                    wire.shutdown(socket.SHUT_WR)
                    wire.recv(1)

        threading.Thread(target=serve, daemon=True).start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        checks = {name: {"url": f"{url}/{name}"} | ({} if name == "empty" else {"body": "^well$"}) for name in ODD_ANSWERS}
        stoker = make_stoker(services={name: recorder(name, **checked({"http": check})) for name, check in checks.items()}).start()
        results = stoker.post("/health/check-now").json["results"]
        assert {name: entry["message"] for name, entry in results.items() if not entry["passed"]} == {}
        server.shutdown(socket.SHUT_RDWR)
