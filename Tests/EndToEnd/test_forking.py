"""Programs that go into the background: their pid file, what it may say, and who is believed (rule 96)."""

import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import pytest

from harness import EXECUTED, recorder, wait_for

# A daemon as they are written: it forks, leads a session, forks again, and leaves its number; with a worker of its own.
DAEMON = """
import os, signal, sys, time
path, mode = sys.argv[1], sys.argv[2]
if os.fork(): os._exit(0)
os.setsid()
if os.fork(): os._exit(0)
worker = os.fork()
if not worker: signal.pause()
if mode == "late":
    while not os.path.exists("go"): time.sleep(0.01)
with open(path + ".new", "w") as file: file.write(f"{os.getpid()}\\n")
os.rename(path + ".new", path)
signal.pause()
"""
QUICK = {"max_attempts": "unlimited", "backoff": {"base": "100ms"}}
NEVER = {"policy": "never"}


def forking(name, command, **keys):
    return {"kind": "forking", "command": command, "environment": {"E2E_SERVICE": name}, **keys}


def daemon(mode="at once", **keys):
    command = [sys.executable, "-S", "-c", DAEMON, "daemon.pid", mode]
    return forking("daemon", command, **{"pid_file": "daemon.pid", "restart": QUICK, **keys})


def number(stoker):
    return int((stoker.directory / "daemon.pid").read_text())


def test_a_daemon_is_supervised_by_its_pid_file_and_an_old_number_is_not_believed(make_stoker):
    stoker = make_stoker(services={"daemon": daemon("late"), "after": recorder("after", depends_on=["daemon"])})
    stranger = subprocess.Popen(["sleep", "1000"])
    (stoker.directory / "daemon.pid").write_text(f"{stranger.pid}\n")
    try:
        stoker.start(ready=False)
        wait_for("the number of a stranger", lambda: f"names process {stranger.pid}, which is not proved to be of this run" in stoker.output.read_text())
        assert (stoker.service("daemon")["status"], stoker.service("after")["status"]) == ("starting", "waiting")
        (stoker.directory / "go").touch()
        stoker.wait_status("after", "running")
        pid = number(stoker)
        service = stoker.service("daemon")
        assert (service["status"], service["pid"], service["kind"], service["restart_count"]) == ("running", pid, "forking", 0)
        assert stranger.poll() is None
        # Its end is seen with its exit, and what it leaves is ended.
        os.kill(pid, signal.SIGKILL)
        wait_for("another run", lambda: stoker.service("daemon")["status"] == "running" and number(stoker) not in (pid, stranger.pid))
        assert stoker.service("daemon")["pid"] == number(stoker)
        assert stoker.metric("stoker_service_restarts_total", name="daemon", reason="signal") == 1
        assert [run["exit"] for run in stoker.history("daemon") if "exit" in run] == ["killed by SIGKILL"]
        assert len(stoker.instances("daemon")) == 2
        assert stoker.post("/stop/daemon", {"cascade": True}).status == 200
        assert stoker.instances("daemon") == [] and stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_daemon_is_taken_over_after_a_kill_of_stoker_also_before_it_is_known(make_stoker):
    stoker = make_stoker(services={"daemon": daemon("late")}).start(ready=False)
    wait_for("the daemon", lambda: stoker.running() and len(stoker.instances("daemon")) == 2 and stoker.service("daemon")["status"] == "starting")
    stoker.wait_written()
    stoker.kill()
    (stoker.directory / "go").touch()
    stoker.start()
    service = stoker.wait_status("daemon", "running")
    assert (service["pid"], service["restart_count"]) == (number(stoker), 0)
    stoker.wait_written()
    stoker.kill()
    stoker.start()
    assert (stoker.service("daemon")["pid"], stoker.service("daemon")["status"]) == (number(stoker), "running")
    os.kill(number(stoker), signal.SIGTERM)
    wait_for("a restart", lambda: stoker.service("daemon")["restart_count"] == 1 and stoker.service("daemon")["status"] == "running")


def test_a_first_process_that_outlives_a_killed_stoker_still_goes_into_the_background(make_stoker):
    command = "while [ ! -e go ]; do sleep 0.01; done; setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' & exit 0"
    stoker = make_stoker(services={"daemon": forking("daemon", command, pid_file="daemon.pid", restart=NEVER)}).start(ready=False)
    wait_for("the first process", lambda: stoker.running() and stoker.service("daemon")["pid"])
    stoker.wait_written()
    stoker.kill()
    stoker.start(ready=False)
    wait_for("the takeover", lambda: stoker.running() and stoker.service("daemon")["status"] == "starting")
    (stoker.directory / "go").touch()
    assert stoker.wait_status("daemon", "running")["pid"] == number(stoker)


LEFT = "sleep 1000 & "
FAULTS = {
    "missing": (LEFT, "does not exist"),
    "empty": (LEFT + ": > faulty.pid; ", "is empty"),
    "words": (LEFT + "echo none > faulty.pid; ", "holds something else than the number of a process"),
    "two": (LEFT + 'echo "$! 17" > faulty.pid; ', "holds something else than the number of a process"),
    "own": (LEFT + "echo 1 > faulty.pid; ", "holds something else than the number of a process"),
    "gone": (LEFT + "(:) & echo $! > faulty.pid; wait $!; ", "which does not live"),
    "link": (LEFT + "echo $! > real.pid; ln -s real.pid faulty.pid; ", "is no regular file; it may not be a link"),
    "pipe": (LEFT + "mkfifo faulty.pid; ", "is no regular file"),
    "open": (LEFT + "echo $! > faulty.pid; chmod 666 faulty.pid; ", "everybody may write it"),
    **({"foreign": (LEFT + "echo $! > faulty.pid; chown 65534 faulty.pid; ", "belongs to another user")} if os.geteuid() == 0 else {}),
}


@pytest.mark.parametrize("kind", FAULTS)
def test_a_pid_file_that_proves_nothing_fails_the_start_with_its_reason(make_stoker, kind):
    line, words = FAULTS[kind]
    service = forking("faulty", line + "exit 0", pid_file="faulty.pid", ready={"timeout": "1s"}, restart=NEVER)
    stoker = make_stoker(services={"faulty": service}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("faulty", "failed"))
    error = stoker.service("faulty")["last_error"]
    assert "faulty.pid" in error and words in error, error
    assert words in stoker.command("why", "faulty").stdout
    assert stoker.instances("faulty") == []


def test_a_first_process_that_fails_or_leaves_nothing_or_stays_is_no_start(make_stoker):
    commands = {"fails": f"sleep 1000 & {EXECUTED}; exit 3", "alone": "exit 0", "stays": "exec sleep 1000"}
    keys = {"pid_file": "none.pid", "restart": NEVER, "ready": {"timeout": "2s"}}
    stoker = make_stoker(services={name: forking(name, command, **keys) for name, command in commands.items()}).start(ready=False)
    for name, words in (
        ("fails", "exited with code 3 and left 1 process running (sleep)"),
        ("alone", "it ended before it was ready"),
        ("stays", "its first process has not ended to go into the background"),
    ):
        wait_for("an answer", lambda name=name: stoker.running() and stoker.wait_status(name, "failed"))
        assert words in stoker.command("why", name).stdout, stoker.command("why", name).stdout
        assert stoker.instances(name) == []
    assert stoker.history("alone")[0]["exit_code"] == 0


def test_a_stop_before_the_main_process_is_known_reaches_all_of_the_run(make_stoker):
    stop = {"scope": "process", "timeout": "50s"}
    stoker = make_stoker(services={"daemon": forking("daemon", LEFT + "sleep 1001 & exit 0", pid_file="none.pid", stop=stop)})
    stoker.start(ready=False)
    wait_for("the daemon", lambda: stoker.running() and [pathlib.Path(f"/proc/{pid}/comm").read_text() for pid in stoker.instances("daemon")] == ["sleep\n"] * 2)
    assert stoker.post("/stop/daemon").status == 200
    assert stoker.instances("daemon") == [] and stoker.metric("stoker_service_stop_kills_total", name="daemon") == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_daemon_of_another_user_may_own_its_pid_file(make_stoker):
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 65534, 65534)
        path = pathlib.Path(folder) / "daemon.pid"
        command = "setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' & exit 0"
        stoker = make_stoker(services={"daemon": forking("daemon", command, user="65534", directory=folder, pid_file=str(path))}).start()
        assert path.stat().st_uid == 65534 and stoker.service("daemon")["pid"] == int(path.read_text())
        assert stoker.stop() == 0
