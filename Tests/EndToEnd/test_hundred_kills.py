"""Stoker is killed a hundred times at random moments under load, and another goes on: nothing is lost, doubled or miscounted."""

import collections
import os
import random
import re
import threading
import time

import pytest

from harness import _read, alive, http_request, recorder, wait_for
from numbered_lines import check_all_there, log_size, said, writer
from test_commands import check_no_doubles, no_doubles

KILLS = 100
STEADY = {"s0": 1, "s1": 1, "s2": 1, "family": 3, "w0": 1, "w1": 1}  # and how many processes each has
CRASHING = ("c0", "c1", "c2")
# What outlives a kill; everything else begins anew.
LASTING = (
    "restarts_total", "exits_total", "start_failures_total", "stop_kills_total", "oom_kills_total", "state_seconds_total",
    "checks_total", "check_failures_total",
)  # fmt: skip


def services(slower=1):
    """Services of every kind; those that write wait so many times as long between their lines."""
    again = {"max_attempts": "unlimited", "backoff": {"base": "100ms", "factor": 1}}
    return {
        "s0": no_doubles("s0", "exec sleep 1000"),
        "s1": no_doubles("s1", "exec sleep 1000") | {"depends_on": ["s0"]},
        "s2": no_doubles("s2", "exec sleep 1000") | {"health": {"exec": {"command": ["true"]}, "interval": "200ms"}},
        # One member in its session, and one that left it.
        "family": no_doubles("family", "sleep 1000 & (setsid sleep 1000 &); exec sleep 1000"),
        "w0": writer("w0", "out err", burst=20, pause=0.01 * slower, filling=60),
        "w1": writer("w1", "out", burst=200, pause=0.05 * slower, filling=100),
        "c0": no_doubles("c0", "exit 1") | {"restart": again},
        "c1": no_doubles("c1", "kill -SEGV $$") | {"restart": again},
        "c2": no_doubles("c2", "echo about to end; exit 0") | {"restart": again},
        "restarted": no_doubles("restarted", "exec sleep 1000"),
        "done": recorder("done", then="exit 0", kind="oneshot"),
        "off": recorder("off", enabled=False),
    }


def processes(stoker):
    """The pids of the runs of all services, in one walk."""
    found = collections.defaultdict(set)
    mark = stoker.mark.encode()
    for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
        environment = _read(f"/proc/{pid}/environ").split(b"\0")
        if mark in environment and alive(pid):
            variables = dict(variable.decode().split("=", 1) for variable in environment if b"=" in variable)
            # A check is a run of its own, in the environment of its service.
            if (name := variables.get("E2E_SERVICE")) == variables.get("STOKER_RUN", ":").split(":")[1]:
                found[name].add(pid)
    return found


def session(pid):
    return int((_read(f"/proc/{pid}/stat").rpartition(b")")[2].split() or b"0000")[3])


def counters(stoker):
    """The series that outlive a kill, and when they were read at the earliest and at the latest."""
    begin = time.monotonic()
    page = stoker.request("GET", "/metrics").text
    rows = re.findall(r"^(stoker_(?:service|health)_[a-z_]+)(\{.*\}) ([0-9.e+-]+)$", page, re.MULTILINE)
    return {(family, labels): float(value) for family, labels, value in rows if family.endswith(LASTING)}, (begin, time.monotonic())


def check_counters(before, after):
    """Nothing has become less, and no more time has been counted than has passed."""
    (old, (begin, _)), (new, (_, end)) = before, after
    assert old.keys() == new.keys()
    for series, value in old.items():
        assert new[series] >= value, (series, value, new[series])
    time_of = collections.Counter()
    for (family, labels), value in new.items():
        if family == "stoker_service_state_seconds_total":
            time_of[re.search(r'name="(\w+)"', labels)[1]] += value - old[family, labels]
    for name, seconds in time_of.items():
        assert seconds <= end - begin + 0.05, f"{seconds} s were counted for {name} in {end - begin} s"


class Restarts(threading.Thread):
    """Asks for a restart again and again, as long as somebody listens."""

    def __init__(self, stoker):
        super().__init__(daemon=True)
        self.port, self.accepted = stoker.port, 0
        self.listened, self.is_over = threading.Event(), False

    def run(self):
        while not self.is_over:
            try:
                answer = http_request(self.port, "POST", "/api/orchestration/restart/restarted?wait=running", timeout=10)
                self.accepted += answer.status == 200
            except Exception:  # killed in the middle of its answer
                self.listened.clear()
                self.listened.wait(10)

    def end(self):
        self.is_over = True
        self.listened.set()
        self.join()


# scenarios 67 a to e
@pytest.mark.xdist_group("hundred kills")
def test_a_hundred_kills_lose_nothing_double_nothing_and_miscount_nothing(make_stoker):
    survive(make_stoker(services=services()), KILLS)


def survive(stoker, kills, check=lambda: None):
    """Kills a Stoker of these services again and again, with a check after each kill; returns figures of what has happened."""
    seed = random.randrange(1 << 32)
    print("seed", seed)  # shown if the test fails
    chance = random.Random(seed)
    stoker.start(ready=False)
    for name in STEADY:
        wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, "running"))
    stoker.wait_status("done", "completed")
    wait_for("all of them", lambda: all(len(processes(stoker)[name]) == count for name, count in STEADY.items()))
    steady = {name: processes(stoker)[name] for name in STEADY}
    leaders = {name: stoker.service(name)["pid"] for name in STEADY}
    restarts = Restarts(stoker)
    restarts.start()
    ends = {name: [] for name in ("w0", "w1")}
    seen = counters(stoker)

    def check_processes():
        found = processes(stoker)
        for name, pids in steady.items():
            assert found[name] == pids, name
        for name in (*CRASHING, "restarted"):
            # A shell may have a child for a moment; each run is a session of its own.
            assert len([pid for pid in found[name] if session(pid) == pid]) <= 1, (name, found[name])
        assert not found["off"] and not found["done"]

    def is_taken_over():
        return stoker.running() and stoker.get("/services").json["initialized"]

    for _ in range(kills):
        if chance.random() < 0.4:
            wait_for("it to take over", is_taken_over)
            restarts.listened.set()
            now = counters(stoker)
            check_counters(seen, now)
            lines = said(stoker, "w0") + chance.randrange(200)
            wait_for("some lines", lambda: said(stoker, "w0") >= lines)
            seen = counters(stoker)
        else:
            # Somewhere in its start.
            rows = chance.randrange(30)
            begin = stoker.output.stat().st_size
            wait_for("some of its start", lambda: _read(stoker.output).count(b"\n", begin) >= rows or is_taken_over())
        stoker.kill()
        for name, sizes in ends.items():
            sizes.append(log_size(stoker, name))
        check_processes()
        check()
        stoker.start(ready=False)
    wait_for("it to take over", is_taken_over)
    check_counters(seen, counters(stoker))
    restarts.listened.set()
    restarts.end()
    stoker.wait_status("restarted", "running")
    check_processes()
    check_no_doubles(stoker)
    assert {name: stoker.service(name)["pid"] for name in STEADY} == leaders
    assert all(stoker.service(name)["restart_count"] == 0 for name in STEADY)
    assert (stoker.service("done")["status"], len(stoker.starts("done"))) == ("completed", 1)
    assert stoker.service("off")["status"] == "stopped"
    for name in CRASHING:
        # One that was started and has ended can be unknown to all of them if the kill came before it was noted down.
        # It goes on crashing while it is counted.
        began, counted = len(stoker.starts(name)), sum_of(stoker, "stoker_service_exits_total", name)
        assert began - 1 - kills <= counted <= len(stoker.starts(name)), (name, began, counted)
        assert began > kills / 4, "they crashed on"
        runs = [run["run"] for run in stoker.history(name, "?limit=1000")]
        assert runs == sorted(set(runs), reverse=True), "no run is there twice"
    assert restarts.accepted > 0 and stoker.service("restarted")["restart_count"] >= restarts.accepted
    for name, streams in (("w0", ("out", "err")), ("w1", ("out",))):
        until, log = said(stoker, name), stoker.state / "logs" / f"{name}.log"
        for stream in streams:
            wait_for("the last lines", lambda: check_all_there(log.read_bytes(), stream, ends[name]) >= until)
    return {
        "runs that crashed": sum(len(stoker.starts(name)) for name in CRASHING),
        "restarts on request": restarts.accepted,
        "lines, all there": sum(said(stoker, name) for name in ends),
    }


def sum_of(stoker, family, name):
    return sum(value for (found, labels), value in stoker.metrics().items() if found == family and ("name", name) in labels)
