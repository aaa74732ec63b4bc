"""A supervisor that was not there for a while."""

import os
import pathlib
import signal
import time

from harness import HealthServer, recorder, wait_for

def stat_fields(pid):
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()


def test_a_supervisor_that_was_frozen_makes_up_for_nothing(make_stoker):
    """Scenario 41: no burst of checks, no verdict from the time when nobody could look."""
    server = HealthServer()
    stoker = make_stoker(
        services={
            "checked": recorder("checked", health={"http": {"url": server.url}, "interval": "100ms", "start_interval": "100ms"}),
            "beats": recorder("beats", watchdog="5s"),
        }
    ).start(ready=False)
    stoker.wait_health("checked", "healthy")
    wait_for("some checks", lambda: stoker.metric("stoker_health_checks_total", name="checked") >= 5)
    os.kill(stoker.process.pid, signal.SIGSTOP)
    wait_for("its stop", lambda: stat_fields(stoker.process.pid)[0] == "T")
    asked = server.asked
    time.sleep(3)  # the length of its absence is what is tested: thirty checks long
    os.kill(stoker.process.pid, signal.SIGCONT)
    back = time.monotonic()
    wait_for("the next checks", lambda: server.asked >= asked + 5)
    elapsed = time.monotonic() - back
    assert server.asked - asked <= 10 + elapsed / 0.1, "those of the absence are not made up for"
    assert stoker.metric("stoker_health_check_failures_total", name="checked") == 0
    assert stoker.service("checked")["restart_count"] == 0
    assert stoker.metric("stoker_registry_expirations_total", name="beats") == 0
    server.close()
