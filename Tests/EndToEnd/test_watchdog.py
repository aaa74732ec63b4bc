"""Signs of life: who shows them is left alone, who stops is restarted."""

import os
import signal
import time

from harness import alive, recorder, wait_for
from notifying import environment, tell, wait_socket

FAST = {"backoff": {"base": "100ms"}}


def test_signs_of_life_keep_it_and_silence_restarts_it(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder("a", watchdog="3s", restart=FAST, hooks={"pre_stop": "echo asked >> asked"}),
            "b": recorder("b", depends_on={"a": {"on_restart": "restart"}}),
        }
    ).start()
    pid = wait_socket(stoker, "a")
    assert environment(pid)["WATCHDOG_USEC"] == "3000000"
    assert "WATCHDOG_PID" not in environment(pid)
    end = time.monotonic() + 7
    while time.monotonic() < end:  # more than twice its time
        tell(pid, "WATCHDOG=1")
        assert stoker.service("a")["pid"] == pid
        time.sleep(0.05)  # a sign of life every now and then is what is tested
    assert stoker.service("a")["restart_count"] == 0
    silent = time.monotonic()
    wait_for("a restart", lambda: stoker.service("a")["restart_count"] == 1)
    assert 2 < time.monotonic() - silent < 20
    assert not alive(pid)
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="watchdog") == 1
    (restart,) = stoker.get("/service/a").json["restart_history"]
    assert restart["last_error"] == "its watchdog received no notification in time"
    assert restart["reason"] == "watchdog"
    assert not (stoker.directory / "asked").exists(), "who is stuck is not asked by hooks"
    wait_for("the restart of who depends on it", lambda: stoker.service("b")["restart_count"] == 1)


def test_a_process_can_ask_for_it_itself(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", watchdog="1h", restart=FAST)}).start()
    tell(wait_socket(stoker, "a"), "WATCHDOG=trigger")
    wait_for("a restart", lambda: stoker.metric("stoker_service_restarts_total", name="a", reason="watchdog") == 1)


def test_one_that_is_frozen_and_one_that_is_deaf_are_ended_all_the_same(make_stoker):
    stoker = make_stoker(
        services={
            "frozen": recorder("frozen", watchdog="500ms", restart={"policy": "never"}),
            "deaf": recorder("deaf", first="trap '' TERM", watchdog="500ms", stop={"timeout": "500ms"}, restart={"policy": "never"}),
        }
    ).start(ready=False)
    frozen = wait_socket(stoker, "frozen")
    os.kill(frozen, signal.SIGSTOP)
    for name in ("frozen", "deaf"):
        assert stoker.wait_status(name, "failed")["last_error"] == "its watchdog received no notification in time"
        assert stoker.instances(name) == []
    assert stoker.metric("stoker_service_stop_kills_total", name="deaf") == 1


def test_it_begins_when_the_start_is_done(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", watchdog="300ms", ready={"notify": "systemd"}, restart=FAST)}).start(ready=False)
    pid = wait_socket(stoker, "a")
    began = time.monotonic()
    wait_for("three times its time", lambda: time.monotonic() > began + 1)
    assert (stoker.service("a")["pid"], stoker.service("a")["status"]) == (pid, "starting")
    tell(pid, "READY=1")
    wait_for("a restart", lambda: stoker.service("a")["restart_count"] == 1)


def test_a_stop_that_is_under_way_is_no_silence(make_stoker):
    stoker = make_stoker(
        services={"a": recorder("a", first="trap 'sleep 1; exit 0' TERM", then="while :; do sleep 0.1; done", watchdog="2s", stop={"timeout": "50s"})}
    ).start()
    pid = wait_socket(stoker, "a")
    stoker.wait_starts("a")
    tell(pid, "WATCHDOG=1")
    assert stoker.post("/stop/a").status == 200
    assert stoker.service("a")["status"] == "stopped"
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="watchdog") == 0
