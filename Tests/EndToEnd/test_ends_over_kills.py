"""The ends of services while no Stoker is there, and those that were counted just before: each is counted once."""

import os
import platform
import re
import signal

import pytest

from harness import end, recorder, wait_for
from test_commands import no_doubles

SOON = {"backoff": {"base": "10ms"}}
NEVER = {"policy": "never"}
EXIT_KNOWN = tuple(map(int, re.findall(r"\d+", platform.release())[:2])) >= (6, 15)
# What ended while Stoker was down was waited for by somebody else: nobody can know how.
MEANWHILE = "ended while Stoker was down"


def kill_and_start(stoker, **start):
    stoker.kill()
    return stoker.start(**start)


# scenario 67 e
@pytest.mark.skipif(not EXIT_KNOWN, reason="how a process ended that is not our child is known from Linux 6.15 on")
def test_how_an_adopted_process_ends_is_known(make_stoker):
    stoker = make_stoker(
        services={
            "code": recorder("code", then="while [ ! -e go ]; do sleep 0.02; done; echo last words; exit 7", restart=NEVER),
            "clean": recorder("clean", then="while [ ! -e go ]; do sleep 0.02; done", restart={"policy": "on-failure"}),
            "signal": recorder("signal", restart=SOON),
        }
    ).start()
    pid = stoker.service("signal")["pid"]
    stoker.wait_written()
    kill_and_start(stoker)
    (stoker.directory / "go").touch()
    os.kill(pid, signal.SIGUSR1)
    assert "7" in stoker.wait_status("code", "failed")["last_error"]
    stoker.wait_status("clean", "completed")
    wait_for("a new run", lambda: stoker.service("signal")["restart_count"] == 1)
    assert stoker.metric("stoker_service_last_exit_code", name="code") == 7
    assert stoker.metric("stoker_service_last_exit_signal", name="signal") == signal.SIGUSR1
    assert stoker.metric("stoker_service_exits_total", name="clean", outcome="success") == 1
    assert stoker.metric("stoker_service_restarts_total", name="signal", reason="signal") == 1

    def ended(name):
        return [run for run in stoker.history(name) if run["outcome"] == "ended"]

    (run,) = wait_for("its end in the history", lambda: ended("code"))
    assert (run["exit_code"], run["exit_signal"], run["last_lines"]) == (7, None, ["last words"])
    (run,) = wait_for("its end in the history", lambda: ended("signal"))
    assert (run["exit_code"], run["exit_signal"], run["pid"]) == (None, signal.SIGUSR1, pid)


# scenario 67 e
def test_what_ended_meanwhile_is_noticed_counted_and_treated_by_its_policy(make_stoker):
    names = ("always", "never", "given_up")
    stoker = make_stoker(
        services={
            "always": recorder("always", restart=SOON),
            "never": recorder("never", restart=NEVER),
            "given_up": recorder("given_up", restart={"max_attempts": 0}),
            "other": recorder("other"),
        }
    ).start()
    pids = {name: stoker.wait_instances(name, 1)[0] for name in (*names, "other")}
    stoker.wait_written()
    stoker.kill()
    end([pids[name] for name in names])
    stoker.start()
    again = stoker.wait_status("always", "running")
    assert again["restart_count"] == 1 and again["pid"] != pids["always"]
    stoker.wait_status("never", "failed")
    stoker.wait_status("given_up", "failed")
    assert stoker.post("/restart/given_up").json["error"] == "restart_limit_exceeded"
    for name in names:
        assert stoker.metric("stoker_service_exits_total", name=name, outcome="failure") == 1, name
        stoker.wait_said(f"{name}: {MEANWHILE}")
        run = stoker.history(name)[-1]
        assert (run["outcome"], run["pid"], run["exit_code"], run["exit_signal"]) == ("ended", pids[name], None, None)
        assert "Stoker was down" in run["end_cause"]
    assert stoker.service("other")["pid"] == pids["other"]
    assert stoker.metric("stoker_service_exits_total", name="other", outcome="failure") == 0
    # That is history now: another Stoker does not count it again.
    kill_and_start(stoker)
    for name in names:
        assert stoker.metric("stoker_service_exits_total", name=name, outcome="failure") == 1, name
    assert stoker.service("always")["pid"] == again["pid"]
    assert [stoker.service(name)["status"] for name in ("never", "given_up")] == ["failed", "failed"]


# scenarios 67 e and 69
def test_an_end_that_nobody_saw_is_noticed_without_the_record(make_stoker):
    services = {"never": recorder("never", restart=NEVER), "once": recorder("once", kind="oneshot", restart=NEVER)}
    stoker = make_stoker(services=services | {"always": recorder("always", restart=SOON)}).start()
    pids = [stoker.wait_instances(name, 1)[0] for name in ("never", "once", "always")]
    for name in ("never", "once"):
        stoker.wait_starts(name)
    stoker.kill()
    end(pids)
    (stoker.state / "runtime.json").unlink()
    stoker.start()
    for name in ("never", "once"):
        assert stoker.service(name)["status"] == "failed", "it is known that it ran, and not how it ended"
        assert len(stoker.starts(name)) == 1
    assert stoker.wait_status("always", "running")["restart_count"] == 1
    for name in ("never", "once", "always"):
        assert stoker.metric("stoker_service_exits_total", name=name, outcome="failure") == 1, name


# scenario 12: the record is written when the count is, not in the same moment; a kill may come in between
@pytest.mark.parametrize("kind, then, status", [("oneshot", "exit 0", "completed"), ("process", "exit 5", "failed")])
def test_an_end_that_was_counted_is_not_counted_again_because_the_record_was_not_written(make_stoker, kind, then, status):
    wait = "while [ ! -e go ]; do sleep 0.02; done; "
    stoker = make_stoker(services={"a": recorder("a", then=wait + then, kind=kind, restart=NEVER), "b": recorder("b")}).start()
    (pid,) = stoker.wait_instances("a", 1)
    path = stoker.state / "runtime.json"
    stoker.wait_recorded("a", "b")
    before = path.read_text()
    (stoker.directory / "go").touch()
    stoker.wait_status("a", status)
    page = stoker.metrics()
    wait_for("the next record", lambda: "a" not in stoker.recorded())
    wait_for("its end in the history", lambda: stoker.history("a")[0]["outcome"] == "ended")
    stoker.wait_written()
    stoker.kill()
    path.write_text(before)
    stoker.start()
    later = stoker.metrics()
    assert stoker.service("a")["status"] == status
    assert len(stoker.starts("a")) == 1, "it is not run again"
    for key in page:
        if key[0] == "stoker_service_exits_total":
            assert later[key] == page[key], key
    stoker.wait_written()
    (run,) = stoker.history("a")
    assert run["exit_code"] == int(then[-1]), "how it ended is known"


# scenario 13: its exit is counted when the leader ends, and it is over when its last member is
def test_an_end_that_was_counted_is_not_counted_again_when_its_members_are_ended_by_the_next(make_stoker):
    member = "trap '' TERM; touch deaf; while :; do sleep 0.05; done"
    then = f"({member}) & while [ ! -e go ]; do sleep 0.02; done; exit 5"
    slow = no_doubles("a", then) | {"restart": {"policy": "on-failure", **SOON}, "stop": {"timeout": "1h"}}
    stoker = make_stoker(services={"a": slow}).start()
    wait_for("the member", lambda: (stoker.directory / "deaf").exists())
    (stoker.directory / "go").touch()
    stoker.wait_status("a", "stopping")
    assert stoker.metric("stoker_service_exits_total", name="a", outcome="failure") == 1
    wait_for("its end in the history", lambda: stoker.history("a")[0]["outcome"] == "ended")
    stoker.wait_written()
    stoker.kill()
    (stoker.directory / "go").unlink()
    stoker.write({"a": slow | {"stop": {"timeout": "100ms"}}})
    stoker.start(ready=False)
    wait_for("a second run", lambda: stoker.running() and len(stoker.starts("a")) == 2 and stoker.wait_status("a", "running"))
    assert stoker.metric("stoker_service_exits_total", name="a", outcome="failure") == 1
    assert stoker.service("a")["restart_count"] == 1
    assert stoker.history("a")[-1]["exit_code"] == 5, "how it ended is known"
    assert not (stoker.directory / "doubles").exists()
