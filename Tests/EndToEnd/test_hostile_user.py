"""A Stoker of root beside a local user without rights who attacks it at every moment: nothing is adopted, held up or disturbed, and nothing
is written where it should not be."""

import contextlib
import json
import os
import pathlib
import time

import pytest

import test_hundred_kills as hundred_kills
from harness import fnv, recorder, wait_for
from hostile import NOBODY, STRANGER, Canary, Hostile
from notifying import environment, heard, notifier, run_of
from numbered_lines import check_all_there, log_size, said, writer
from test_commands import check_no_doubles, no_doubles

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user"),
    pytest.mark.xdist_group("hostile user"),
]
KILLS = int(os.environ.get("KILLS", "10"))  # `make hostile` has more


@pytest.fixture
def make_hostile():
    """Starts attackers."""
    attackers = []

    def make(stoker, user=STRANGER, **deeds):
        attackers.append(Hostile(stoker, user, **deeds))
        return attackers[-1]

    yield make
    for attacker in attackers:
        attacker.finish()


def stranger(make_hostile, stoker, names, immortals, **more):
    """Another user of the machine, who knows the names of services and paths."""
    run = pathlib.Path(f"/run/stoker/{fnv(os.path.realpath(stoker.state)):016x}")
    locks = [stoker.directory, stoker.file, stoker.directory / "sockets", stoker.state, stoker.state / "lock", run.parent, run, run / "lock"]
    return make_hostile(stoker, services=list(names), immortals=immortals, locks=list(map(str, locks)), **more)


def check_report(attacker):
    report = attacker.report()
    print(json.dumps(report["done"]))
    assert not report["wrong"], report["wrong"]
    return report["done"]


def written(stoker, name, then, **log):
    """A service of another user, with its log in a folder of that user."""
    return {
        "user": "nobody",
        "command": then,
        "directory": str(stoker.directory / "own"),
        "environment": {"E2E_SERVICE": name},
        "log": {"max_size": 4096, "max_files": 3} | log,
        "restart": {"max_attempts": "unlimited", "backoff": {"base": "100ms", "factor": 1}},
    }


def test_an_attack_at_every_moment_of_a_life(open_directory, make_stoker, make_hostile):
    stoker = make_stoker(open_directory / "node")
    for name in ("own", "own/logs"):
        (stoker.directory / name).mkdir()
        os.chown(stoker.directory / name, NOBODY, NOBODY)
    (stoker.directory / "sockets").mkdir()
    stoker.state.mkdir(mode=0o700)
    canary = Canary(open_directory / "canary")
    steady = {
        "steady": no_doubles("steady", "exec sleep 1000"),
        "family": no_doubles("family", "(setsid sleep 1000 &); exec sleep 1000"),
        "notifier": notifier("notifier"),
        "w": writer("w", "out err", burst=5, pause=0.05),
    }
    # What their own user does to these two is that user's affair, as long as nobody else suffers.
    theirs = {
        "piped": written(stoker, "piped", "while :; do echo a line that fills the file; sleep 0.02; done", path="own/piped.log"),
        "direct": written(stoker, "direct", "printf %02000d 1; sleep 0.2; exit 1", path="own/logs/direct.log", mode="direct"),
    }
    services = steady | theirs | {"done": recorder("done", then="exit 0", kind="oneshot")}
    supervisor = {"control": "loopback", "listen": [f"127.0.0.1:{stoker.port}", f"unix:{stoker.directory}/sockets/api.sock"]}
    stoker.write(services, supervisor=supervisor)

    logs = [f"{stoker.directory}/own/{log}.log" for log in ("piped", "moved", "logs/direct", "logs/moved")]
    made = [log + end for log in logs for end in ("", ".1", ".2", ".1.gz", ".2.gz", ".gz.tmp", ".moving.tmp")]
    # Links to one file in two logs, to the service file or to another log are faults of a service file, but not of this one.
    targets = [*canary.targets(), *3 * [str(stoker.file), str(stoker.state / "logs/w.log")]]
    neighbour = make_hostile(stoker, NOBODY, planted=made, folders=[f"{stoker.directory}/own/logs"], targets=targets)
    attacker = stranger(make_hostile, stoker, services, immortals=100)

    stoker.start()
    for name in steady:
        stoker.wait_status(name, "running")
    stoker.wait_status("done", "completed")
    stoker.wait_asleep("family", 2)
    pids = {name: stoker.service(name)["pid"] for name in steady}
    address = environment(pids["notifier"])["NOTIFY_SOCKET"]
    attacker.tell(addresses=[address], seen=list(map(str, stoker.shared_memory())))

    def check():
        for name in steady:
            service = stoker.service(name)
            assert (service["pid"], service["status"], service["restart_count"]) == (pids[name], "running", 0), name
        assert stoker.service("done")["status"] == "completed" and len(stoker.starts("done")) == 1
        assert not attacker.pids() & set(stoker.recorded().values())
        check_no_doubles(stoker)
        canary.check()

    check()
    ends = []
    for _ in range(3):
        stoker.kill()
        ends.append(log_size(stoker, "w"))
        stoker.start()
        check()
    before = wait_for("the notifier to be heard", lambda: heard(stoker, "notifier"))
    wait_for("it to be heard again", lambda: heard(stoker, "notifier") > before)

    # A reload moves logs, and adds a service.
    services["piped"]["log"]["path"] = "own/moved.log"
    services["direct"]["log"]["path"] = "own/logs/moved.log"
    stoker.reload(services | {"more": no_doubles("more", "exec sleep 1000")}, supervisor=supervisor)
    text = stoker.file.read_text()
    stoker.wait_status("more", "running")
    check()

    # No foreign mark has moved the number of a run.
    assert run_of(pids["steady"]) == 1
    assert stoker.post("/restart/steady").status == 200
    wait_for("its next run", lambda: run_of(stoker.service("steady")["pid"]) == 2)
    until = said(stoker, "w")
    for stream in ("out", "err"):
        wait_for("the last lines", lambda: check_all_there((stoker.state / "logs/w.log").read_bytes(), stream, ends) >= until)

    check_report(attacker)
    check_report(neighbour)
    canary.check()
    assert stoker.file.read_text() == text
    for log in (logs[1], logs[3]):
        wait_for(f"{log} to be written again", lambda: os.path.isfile(log) and os.path.getsize(log) > 0)
    canary.check()
    assert stoker.stop() == 0


def test_random_kills_under_load(open_directory, make_stoker, make_hostile):
    stoker = make_stoker(open_directory / "node", services=hundred_kills.services(slower=max(1, KILLS / 100)), supervisor={"control": "loopback"})
    stoker.state.mkdir(mode=0o700)
    attacker = stranger(make_hostile, stoker, hundred_kills.services(), immortals=50, seconds=3600 + 10 * KILLS)

    def check():
        with contextlib.suppress(FileNotFoundError):  # there is none in the first moment
            assert not attacker.pids() & set(stoker.recorded().values())

    began = time.monotonic()
    figures = hundred_kills.survive(stoker, KILLS, check)
    figures = {"kills": KILLS, "seconds": round(time.monotonic() - began)} | figures | check_report(attacker)
    print("\n" + "\n".join(f"{value:>12} {name}" for name, value in figures.items()))
