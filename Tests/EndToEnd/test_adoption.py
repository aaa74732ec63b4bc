"""A new Stoker goes on with what a killed one left: it knows how it stands with each service, and hears and notices what comes."""

import os
import platform
import re
import signal

import pytest

from harness import alive, end, recorder, wait_for
from test_commands import no_doubles

SOON = {"backoff": {"base": "10ms"}}
NEVER = {"policy": "never"}
EXIT_KNOWN = tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (6, 15)


def kill_and_start(stoker, **start):
    stoker.kill()
    return stoker.start(**start)


def states(stoker, name):
    """The seconds in each state."""
    series = ((family, dict(labels), value) for (family, labels), value in stoker.metrics().items())
    return {labels["state"]: value for family, labels, value in series if "state_seconds" in family and labels["name"] == name}


# scenario 67 b
def test_what_was_counted_is_counted_on(make_stoker):
    stoker = make_stoker(
        services={
            "steady": recorder("steady"),
            "crashed": recorder("crashed", then="[ $(wc -l < crashed.starts) -gt 3 ] && exec sleep 1000; exit 3", restart=SOON),
        }
    ).start()
    for _ in range(2):
        assert stoker.post("/restart/steady").status == 200
    wait_for("three restarts", lambda: stoker.service("crashed")["restart_count"] == 3 and stoker.wait_status("crashed", "running"))
    before = {name: stoker.service(name) for name in ("steady", "crashed")}
    stoker.wait_written()
    page = stoker.metrics()
    kill_and_start(stoker)
    for name, service in before.items():
        now = stoker.service(name)
        for key in ("pid", "status", "restart_count", "restart_attempts"):
            assert now[key] == service[key], (name, key)
    later = stoker.metrics()
    counters = ("_restarts_total", "_exits_total", "_start_failures_total", "_stop_kills_total", "_restart_attempts")
    compared = [key for key in page if key[0].startswith("stoker_service") and key[0].endswith(counters)]
    assert len(compared) > 2 * 15
    for key in compared:
        assert later[key] == page[key], key
    for key in [key for key in page if key[0] == "stoker_service_start_time_seconds"]:
        assert later[key] == pytest.approx(page[key], abs=0.001), key
    for key in [key for key in page if key[0] == "stoker_service_last_restart_timestamp_seconds"]:
        assert later[key] == pytest.approx(page[key], abs=0.002), key
    assert later["stoker_service_exits_total", frozenset({"name": "crashed", "outcome": "failure"}.items())] == 3
    # The attempts that were used are used: the next crash is the last.
    assert stoker.service("crashed")["restart_attempts"] == 3
    os.kill(stoker.service("crashed")["pid"], signal.SIGKILL)
    stoker.wait_status("crashed", "failed")
    assert stoker.service("steady")["pid"] == before["steady"]["pid"]


# scenario 67 b
def test_time_goes_on_in_the_state_that_a_service_was_left_in(make_stoker):
    stoker = make_stoker(services={"up": recorder("up"), "down": recorder("down", enabled=False)}).start()
    wait_for("some time", lambda: states(stoker, "up")["running"] > 0.2)
    before = {name: states(stoker, name) for name in ("up", "down")}
    kill_and_start(stoker)
    for name, state in (("up", "running"), ("down", "stopped")):
        now = states(stoker, name)
        assert now[state] > before[name][state], name
        for other in set(now) - {state}:
            assert now[other] == pytest.approx(before[name][other], abs=0.001), (name, other)


# scenario 67 e
def test_health_is_checked_again_and_acted_upon(make_stoker, health_server):
    server = health_server()
    check = {"http": {"url": server.url}, "interval": "100ms", "start_interval": "100ms", "failure_threshold": 2}
    stoker = make_stoker(services={"a": recorder("a", health=check, restart=SOON)}).start()
    stoker.wait_health("a", "healthy")
    pid = stoker.service("a")["pid"]
    checks = stoker.metric("stoker_health_checks_total", name="a")
    kill_and_start(stoker)
    asked = server.asked
    wait_for("two more checks", lambda: server.asked >= asked + 2)
    stoker.wait_health("a", "healthy")
    assert stoker.service("a")["pid"] == pid
    assert stoker.metric("stoker_health_checks_total", name="a") > checks
    server.status = 500
    wait_for("it to be restarted", lambda: stoker.service("a")["restart_count"] >= 1 and not alive(pid))
    server.status = 200
    stoker.wait_health("a", "healthy")
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="unhealthy") >= 1
    stoker.wait_instances("a", 1)


# scenarios 67 c and 13
def test_what_a_dead_leader_left_is_ended_before_the_next_start(make_stoker):
    stoker = make_stoker(services={"a": no_doubles("a", "sh member & exec sleep 1000") | {"restart": SOON}})
    (stoker.directory / "member").write_text("trap 'date +%s%N > ended; exit' TERM; echo $$ >> members; while :; do sleep 0.05; done")
    stoker.start()
    member = int(wait_for("the member", lambda: (stoker.directory / "members").read_text().strip()))
    leader = stoker.service("a")["pid"]
    stoker.kill()
    end([leader])
    assert alive(member)
    stoker.start()
    stoker.wait_starts("a", 2)
    ended = int((stoker.directory / "ended").read_text()) / 1e9
    assert ended <= stoker.starts("a")[1][0], "the member was asked to end, and waited for"
    assert not alive(member)
    now = stoker.wait_status("a", "running")
    assert now["restart_count"] == 1 and now["pid"] == stoker.starts("a")[1][1]
    assert not (stoker.directory / "doubles").exists()


# scenarios 12 and 67 c
def test_a_oneshot_is_not_run_again_and_one_that_was_given_up_stays_so(make_stoker):
    stoker = make_stoker(
        services={
            "done": recorder("done", then="exit 0", kind="oneshot"),
            "after": recorder("after", depends_on=["done"]),
            "under_way": recorder("under_way", then="while [ ! -e go ]; do sleep 0.02; done; exit 0", kind="oneshot"),
            "given_up": recorder("given_up", then="exit 4", restart={"max_attempts": 1, "backoff": {"base": "10ms"}}),
            "never": recorder("never", then="exit 5", restart=NEVER),
        }
    ).start(ready=False)
    settled = {"done": "completed", "given_up": "failed", "never": "failed", "after": "running", "under_way": "running"}
    for name, status in settled.items():
        wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, status))
    pids = {name: stoker.service(name)["pid"] for name in ("after", "under_way")}
    for name in pids:
        stoker.wait_starts(name)
    for _ in range(2):
        kill_and_start(stoker, ready=False)
        wait_for("an answer", lambda: stoker.running() and stoker.get("/services").json["initialized"])
        assert [stoker.service(name)["status"] for name in ("done", "given_up", "never")] == ["completed", "failed", "failed"]
        assert {name: stoker.service(name)["pid"] for name in pids} == pids
        assert [len(stoker.starts(name)) for name in ("done", "given_up", "never", "after", "under_way")] == [1, 2, 1, 1, 1]
    assert stoker.post("/restart/given_up").json["error"] == "restart_limit_exceeded"
    assert stoker.metric("stoker_service_restart_limit_reached", name="given_up") == 1
    assert stoker.metric("stoker_service_restart_limit_reached", name="never") == 0
    (stoker.directory / "go").touch()
    if EXIT_KNOWN:
        stoker.wait_status("under_way", "completed")
        assert len(stoker.starts("under_way")) == 1


# scenario 14: without cgroups, which only root has here, a daemon is found by its environment
def test_an_unprivileged_stoker_takes_over_as_well(make_unprivileged):
    services = {
        "family": no_doubles("family", "(setsid sleep 1000 &) ; exec sleep 1000"),
        "ended": recorder("ended", restart=SOON),
        "orphaned": no_doubles("orphaned", "(setsid sleep 1000 &) ; exec sleep 1000") | {"restart": SOON},
    }
    stoker = make_unprivileged(services=services).start()
    family, orphaned = set(stoker.wait_asleep("family", 2)), set(stoker.wait_asleep("orphaned", 2))
    leader = {name: stoker.service(name)["pid"] for name in services}
    stoker.wait_recorded(*services)
    assert os.stat(f"/proc/{leader['family']}").st_uid == os.stat(stoker.directory).st_uid
    stoker.kill()
    end([leader["ended"], leader["orphaned"]])
    stoker.start()
    stoker.wait_status("ended", "running")
    stoker.wait_starts("orphaned", 2)
    assert not any(map(alive, orphaned)), "what its leader had left was ended before"
    stoker.wait_instances("orphaned", 2)
    stoker.kill()
    (stoker.state / "runtime.json").unlink()
    stoker.start()
    assert stoker.service("family")["pid"] == leader["family"] and set(stoker.instances("family")) == family
    assert not (stoker.directory / "doubles").exists()
    assert stoker.stop() == 0
    assert not any(map(alive, family))
