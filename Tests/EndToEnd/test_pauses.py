"""Stoker itself is stopped for a while. Services that did meanwhile, in time, what was asked of them are left alone; those that did not
have the consequences. `make pauses` stops it for 1, 5 and 60 s."""

import contextlib
import os
import pathlib
import signal
import socket
import sys
import threading
import time

import pytest

from harness import HealthServer, http_request, wait_for

PAUSES = [float(word) for word in os.environ.get("PAUSES", "1 5").split()]
LIMIT = 3  # seconds: everything that is asked of a service has this limit
WAIT = "while ! [ -e paused ]; do sleep 0.05; done; sleep 0.1"  # something that is done while Stoker is stopped
NEVER = "sleep 1000"

SPEAKER = """
import os, socket, sys, time
address = os.environ["NOTIFY_SOCKET"].replace("@", "\\0", 1)
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.settimeout(0.1)
def say(message):
    try:
        sender.sendto(message, address)
    except OSError:  # the queue is full
        pass
if sys.argv[1] == "beat":
    say(b"READY=1")
    while sys.argv[2] == "on" or not os.path.exists("paused"):
        say(b"WATCHDOG=1")
        time.sleep(0.1)
else:
    while not os.path.exists("paused"):
        time.sleep(0.05)
    say(b"READY=1")
time.sleep(1000)
"""


class Patient(HealthServer):
    """Answers once Stoker is stopped, or never."""

    def __init__(self, answers):
        super().__init__()
        handler = self.server.RequestHandlerClass
        answer = handler.do_GET

        def wait(connection):
            if answers.wait(300):
                with contextlib.suppress(OSError):  # nobody waits for it any more
                    answer(connection)

        handler.do_GET = wait


def echo(answers):
    """The same for a line over TCP. Returns the address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            connection, _ = listener.accept()
            if answers.wait(300):
                connection.sendall(b"hello")

    threading.Thread(target=serve, daemon=True).start()
    return f"127.0.0.1:{listener.getsockname()[1]}"


def services(paused, never):
    """Pairs: `x` does what it is asked while Stoker is stopped, `x_not` does not."""
    limit, found = f"{LIMIT}s", {}

    def pair(name, **cases):
        for suffix, keys in zip(("", "_not"), zip(*[value if isinstance(value, tuple) else (value, value) for value in cases.values()])):
            found[name + suffix] = {"enabled": False, "restart": {"policy": "never"}, **dict(zip(cases, keys))}

    speaker = [sys.executable, "-c", SPEAKER]
    checked = {"timeout": limit, "interval": "1h", "start_interval": "100ms"}
    pair("notified", command=([*speaker, "ready"], NEVER), ready={"notify": "systemd", "timeout": limit})
    pair("logged", command=(f"{WAIT}; echo up; exec {NEVER}", NEVER), ready={"log": "up", "timeout": limit})
    pair("prepared", command=f"echo up; exec {NEVER}", hooks=({"pre_start": WAIT}, {"pre_start": NEVER}), ready={"log": "up", "timeout": limit})
    pair("watched", command=([*speaker, "beat", "on"], [*speaker, "beat", "off"]), ready={"notify": "systemd"}, watchdog=limit, enabled=True)
    lasting = "while :; do sleep 0.1; done"
    pair("stopped", command=(f"trap '{WAIT}; exit 0' TERM; {lasting}", f"trap '' TERM; {lasting}"), stop={"timeout": limit}, enabled=True)
    pair("asked", command=f"exec {NEVER}", stop=({"command": WAIT, "timeout": limit}, {"command": NEVER, "timeout": limit}), enabled=True)
    pair("executed", command=NEVER, health=({"exec": {"command": WAIT}, **checked}, {"exec": {"command": NEVER}, **checked}))
    pair("fetched", command=NEVER, health=tuple({"http": {"url": Patient(event).url}, **checked} for event in (paused, never)))
    pair("connected", command=NEVER, health=tuple({"tcp": {"address": echo(event), "expect": "hello"}, **checked} for event in (paused, never)))
    found["backing_off"] = {
        "command": f"[ -e paused ] || exit 1; exec {NEVER}", "enabled": False, "restart": {"backoff": {"base": limit}},
    }
    for name in ("beating", "beating_not"):
        found[name] = {"kind": "external", "health": {"heartbeat": {}, "interval": "500ms"}, "heartbeat": {"timeout": limit}}
    return found


def stopped_in_time(make_stoker, number):
    """A Stoker that is stopped while everything is under way; nil if this machine was too slow for that."""
    paused, never = threading.Event(), threading.Event()
    given = services(paused, never)
    stoker = make_stoker(f"node{number}", services=given).start(ready=False)
    enabled = [name for name, keys in given.items() if keys.get("enabled") is True]
    for name in enabled:
        stoker.wait_status(name, "running")
    for name in ("entry", "entry_not"):
        assert stoker.post(f"/registry/{name}", {"ttl": LIMIT}).status == 200

    def beat():
        while stoker.process.poll() is None:
            try:
                for name in ("beating", "entry"):
                    http_request(stoker.port, "POST", f"/api/orchestration/registry/{name}/heartbeat", {}, timeout=300)
            except OSError:  # it has ended
                pass
            time.sleep(0.2)

    stoker.post("/registry/beating_not/heartbeat", {})
    threading.Thread(target=beat, daemon=True).start()
    began = time.monotonic()
    for name, keys in given.items():
        if name.startswith(("stopped", "asked")):
            assert stoker.post(f"/stop/{name}?wait=none").status == 202
        elif keys.get("enabled") is False:
            assert stoker.post(f"/start/{name}?wait=none").status == 202
    stoker.wait_status("backing_off", "backoff")
    time.sleep(max(0, began + LIMIT - 0.6 - time.monotonic()))  # until all limits are near
    os.kill(stoker.process.pid, signal.SIGSTOP)
    wait_for("its stop", lambda: pathlib.Path(f"/proc/{stoker.process.pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T")
    (stoker.directory / "paused").touch()
    paused.set()
    if time.monotonic() < began + LIMIT - 0.3:
        return stoker, never
    os.kill(stoker.process.pid, signal.SIGCONT)
    return None


@pytest.mark.parametrize("seconds", PAUSES)
def test_who_did_it_in_time_is_left_alone_and_who_did_not_is_not(make_stoker, seconds):
    stoker, never = next(filter(None, (stopped_in_time(make_stoker, number) for number in range(10))))
    time.sleep(seconds)  # the length of its absence is what is tested
    os.kill(stoker.process.pid, signal.SIGCONT)
    back = time.monotonic()
    kills = lambda name: stoker.metric("stoker_service_stop_kills_total", name=name)  # noqa: E731
    failures = lambda name: stoker.metric("stoker_health_check_failures_total", name=name)  # noqa: E731
    expirations = lambda name: stoker.metric("stoker_registry_expirations_total", name=name)  # noqa: E731
    outcomes = {
        "notified": lambda name: stoker.service(name)["status"] == "failed",
        "logged": lambda name: stoker.service(name)["status"] == "failed",
        "prepared": lambda name: stoker.service(name)["status"] == "failed",
        "watched": lambda name: stoker.service(name)["status"] == "failed",
        "stopped": lambda name: kills(name) == 1,
        "asked": lambda name: kills(name) == 1,
        "executed": lambda name: failures(name) >= 1,
        "fetched": lambda name: failures(name) >= 1,
        "connected": lambda name: failures(name) >= 1,
        "beating": lambda name: expirations(name) >= 1,
        "entry": lambda name: expirations(name) >= 1,
    }
    for name, punished in outcomes.items():
        wait_for(f"{name}_not to have the consequence", lambda: punished(f"{name}_not"))
        print(f"{seconds:g} s: {name}_not had it {time.monotonic() - back:.1f} s after Stoker was back")
    stoker.wait_status("backing_off", "running")
    for name in ("notified", "logged", "prepared"):
        stoker.wait_status(name, "running")
    for name in ("stopped", "asked"):
        stoker.wait_status(name, "stopped")
    for name in ("executed", "fetched", "connected"):
        stoker.wait_health(name, "healthy")
    for name, punished in outcomes.items():
        assert not punished(name), name
    assert stoker.service("watched")["status"] == "running"
    assert [name for name in outcomes if name != "entry" and stoker.service(name)["restart_count"]] == []
    never.set()
