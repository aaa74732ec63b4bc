"""What version 0.1.0 left when it was killed is taken over: its services, their counters, their output and their notifications.

`make upgrade` builds that version and lets it start the services. Without it they are started as it did, with the names that it used."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

import harness
from harness import alive, end, fnv, marked, recorder, wait_for
from notifying import environment, heard, notifier, run_of
from numbered_lines import check_all_there, log_size, said, writer
from test_commands import check_no_doubles, no_doubles

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can start services of other users")
OLD = os.environ.get("STOKER_OLD")
KINDS = ("_restarts_total", "_exits_total", "_start_failures_total", "_stop_kills_total", "_restart_attempts")

SERVICES = {
    "steady": no_doubles("steady", "exec sleep 1000"),
    "family": no_doubles("family", "sleep 1000 & exec sleep 1000"),
    "changes": no_doubles("changes", "exec setpriv --reuid 65534 --clear-groups sleep 1000"),
    "nobody": {"user": "nobody", "command": "exec sleep 1000", "environment": {"E2E_SERVICE": "nobody"}},
    "cleared": no_doubles("cleared", "exec env -i $(env | grep E2E_MARK) /bin/sleep 1000"),
    "notifier": notifier("notifier"),
    "w": writer("w", "out err", burst=10, pause=0.02),
    "direct": writer("direct", burst=10, pause=0.02) | {"log": {"mode": "direct"}},
    "done": recorder("done", then="exit 0", kind="oneshot"),
    "crashed": recorder("crashed", then="[ $(wc -l < crashed.starts) -gt 3 ] && exec sleep 1000; exit 3", restart={"backoff": {"base": "10ms"}}),
}
RUNNING = [name for name in SERVICES if name != "done"]


def counters(stoker):
    return {series: value for series, value in stoker.metrics().items() if series[0].startswith("stoker_service") and series[0].endswith(KINDS)}


def lines(stoker, name):
    return (stoker.state / "logs" / f"{name}.log").read_bytes()


# -- Version 0.1.0 -------------------------------------------------------------------------------------------------------


def shared_memory(state):
    """Its name for a state directory, in /dev/shm."""
    status = state.stat()
    return pathlib.Path(f"/dev/shm/stoker-{status.st_uid}-{fnv(f'{status.st_dev} {status.st_ino} {os.path.realpath(state)}'):x}")


def start_time(pid):
    return int(pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def play(stoker, name, run, variables, pipes):
    """Starts a service as that version did; returns its record."""
    service, logs = SERVICES[name], stoker.state / "logs"
    user = 65534 if "user" in service else None
    mark = str(stoker.state).replace("%", "%25").replace(":", "%3A")
    variables = variables | service["environment"] | {"STOKER_RUN": f"{mark}:{name}:{run}"}
    if "watchdog" in service:
        variables |= {"NOTIFY_SOCKET": f"@stoker/{fnv(mark):016x}/{name}", "WATCHDOG_USEC": "30000000"}
    if service.get("log", {}).get("mode") == "direct":
        ends = [os.open(logs / f"{name}.log", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)] * 2
    else:
        ends = []
        for stream in ("out", "err"):
            path = f"{pipes}/{name}.{run}.{stream}"
            os.mkfifo(path, 0o600)
            ends.append(os.open(path, os.O_RDWR))
            if user:
                os.chown(path, user, user)
    command = service["command"] if isinstance(service["command"], list) else ["/bin/sh", "-c", service["command"]]
    settings = {"user": user, "group": user, "extra_groups": []} if user else {}
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=ends[0], stderr=ends[1], cwd=stoker.directory, env=variables, start_new_session=True, **settings
    )
    threading.Thread(target=process.wait, daemon=True).start()  # it shall not stay there as our zombie
    for descriptor in set(ends):
        os.close(descriptor)
    facts = {"name": name, "run": run, "pid": process.pid, "startTime": start_time(process.pid), "startedAt": time.time_ns(), "isReady": True}
    return facts | {"bootID": pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()}


def start_as_before(stoker):
    """Has this version make counters and history, and puts the rest in the place of what that version would have left."""
    stoker.start()
    state, counted, [ledger] = settle(stoker), counters(stoker), stoker.shared_memory()
    variables = environment(state["steady"]["pid"])
    runs = {record["name"]: record["run"] for record in json.loads((stoker.state / "runtime.json").read_text())["running"]}
    stoker.kill()
    end(marked(stoker.mark))
    old = shared_memory(stoker.state)
    ledger.rename(old)
    shutil.rmtree(f"{ledger}.output", ignore_errors=True)
    shutil.rmtree(f"/run/stoker/{fnv(os.path.realpath(stoker.state)):016x}", ignore_errors=True)
    for path in stoker.state.iterdir():
        if path.name not in ("lock", "logs", "stoker.sqlite", "stoker.sqlite-wal", "stoker.sqlite-shm"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for name in ("w", "direct"):
        (stoker.state / f"logs/{name}.log").unlink()
        (stoker.directory / f"{name}.count").unlink()
    pipes = old.with_name(old.name + ".output")
    pipes.mkdir(0o700)
    variables = {name: value for name, value in variables.items() if name not in ("STOKER_RUN", "NOTIFY_SOCKET")}
    records = [play(stoker, name, runs[name], variables, pipes) for name in RUNNING]
    for record in records:
        state[record["name"]]["pid"] = record["pid"]
    (stoker.state / "runtime.json").write_text(json.dumps({"version": 2, "running": records}))
    return state, counted


def start_before(stoker, monkeypatch):
    """Has that version itself start the services, and kills it."""
    with monkeypatch.context() as patch:
        patch.setattr(harness, "STOKER", OLD)
        stoker.start()
    state, counted = settle(stoker), counters(stoker)
    wait_for("a word of the notifier", lambda: heard(stoker, "notifier"))
    stoker.kill()
    return state, counted


def settle(stoker):
    """The services once they have come to rest and all is written down."""
    for name in RUNNING:
        stoker.wait_status(name, "running")
    stoker.wait_status("done", "completed")
    wait_for("three restarts", lambda: stoker.service("crashed")["restart_count"] == 3)
    stoker.wait_asleep("family", 2)
    wait_for("some lines", lambda: said(stoker, "w") > 100 and said(stoker, "direct") > 100)
    stoker.wait_written()
    stoker.wait_recorded(*RUNNING)
    wait_for("the changed ids", lambda: os.stat(f"/proc/{stoker.service('changes')['pid']}").st_uid == 65534)
    return {name: stoker.service(name) for name in SERVICES}


# -- The tests -----------------------------------------------------------------------------------------------------------


def test_ten_services_of_version_0_1_0_are_taken_over(open_directory, make_stoker, monkeypatch):
    stoker = make_stoker(open_directory / "node", services=SERVICES, supervisor={"control": "loopback"})
    before, counted = start_before(stoker, monkeypatch) if OLD else start_as_before(stoker)
    kills = [log_size(stoker, "w")]
    until = said(stoker, "w")
    wait_for("lines that nobody reads", lambda: said(stoker, "w") > until)
    for _ in range(2):
        stoker.start()
        for name, service in before.items():
            now = stoker.service(name)
            for key in ("pid", "status", "restart_count", "restart_attempts"):
                assert now[key] == service[key], (name, key)
        assert counters(stoker) == counted
        assert len(stoker.starts("done")) == 1
        for name in ("steady", "changes", "nobody"):
            assert stoker.instances(name) == [before[name]["pid"]]
        stoker.wait_asleep("family", 2)
        check_no_doubles(stoker)
        number = wait_for("the notifier to be heard", lambda: heard(stoker, "notifier"))
        wait_for("it to be heard again", lambda: heard(stoker, "notifier") > number)
        # The next one takes over from us.
        stoker.wait_recorded(*RUNNING)
        kills.append(log_size(stoker, "w"))
        stoker.kill()
    stoker.start()
    until = {name: said(stoker, name) for name in ("w", "direct")}
    for stream in ("out", "err"):
        wait_for("the last lines", lambda: check_all_there(lines(stoker, "w"), stream, kills) >= until["w"])
    numbers = [int(number) for number in re.findall(rb"out (\d{8})", lines(stoker, "direct"))]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= until["direct"]

    run = run_of(before["steady"]["pid"])
    assert stoker.post("/restart/steady").status == 200
    wait_for("its next run", lambda: run_of(stoker.service("steady")["pid"]) == run + 1)
    assert not alive(before["steady"]["pid"])
    assert stoker.stop() == 0
    assert not any(alive(service["pid"]) for service in before.values() if service["pid"])
