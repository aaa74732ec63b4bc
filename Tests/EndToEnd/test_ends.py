"""How processes begin and end: deadlines, signals as causes of death, out of memory, what a child inherits (scenarios 20 to 25)."""

import contextlib
import os
import pathlib
import signal
import socket
import time
import uuid

import pytest

from harness import EXECUTED, recorder, wait_for

DEAF = "trap '' TERM"

# -- The end that was asked for ------------------------------------------------------------------------------------------------


def test_who_ignores_term_is_killed_at_the_deadline_and_counted_apart_from_who_ends_by_itself(make_stoker):
    """Scenario 20."""
    stoker = make_stoker(
        services={
            "deaf": recorder("deaf", first=DEAF, stop={"timeout": "2s"}),
            "polite": recorder("polite", first="trap 'exit 3' TERM", then="sleep 1000 & wait", stop={"timeout": "50s"}),
        }
    ).start()
    for name in ("deaf", "polite"):
        stoker.wait_starts(name)
    took = {}
    for name in ("deaf", "polite"):
        began = time.monotonic()
        assert stoker.post(f"/stop/{name}").status == 200
        took[name] = time.monotonic() - began
    assert 2 <= stoker.metric("stoker_service_last_stop_duration_seconds", name="deaf") < 3.5
    assert took["polite"] < 20
    for name, kills, outcome in (("deaf", 1, "signal"), ("polite", 0, "success")):
        assert stoker.metric("stoker_service_stop_kills_total", name=name) == kills
        assert stoker.metric("stoker_service_exits_total", name=name, outcome=outcome) == 1
        assert 0 < stoker.metric("stoker_service_last_stop_duration_seconds", name=name) < took[name]
    assert stoker.history("deaf")[0]["exit"] == "killed by SIGKILL"
    assert stoker.history("polite")[0]["exit_code"] == 3


def test_a_program_in_the_background_is_told_as_such_and_what_a_main_process_left_is_ended(make_stoker):
    once = {"restart": {"max_attempts": 0}, "stop": {"timeout": "5s"}}
    is_there = f"{EXECUTED}; "
    stoker = make_stoker(
        services={
            "daemon": recorder("daemon", then=f"setsid sleep 1000 & {is_there}echo $! > left.pid", **once),
            "crash": recorder("crash", then=f"sleep 1000 & {is_there}sleep 1001 & {is_there}exit 3", **once),
            "job": recorder("job", then=f"sleep 1000 & {is_there}exit 0", kind="oneshot"),
        }
    ).start()
    left = "instead of staying in the foreground, and left 1 process running (sleep), which Stoker ends"
    for name, status, words in (
        ("daemon", "failed", f"exited with code 0 {left}"),
        ("crash", "failed", "exited with code 3 and left 2 processes running (the first is sleep), which Stoker ends"),
        ("job", "completed", "exited with code 0 and left 1 process running (sleep), which Stoker ends"),
    ):
        stoker.wait_status(name, status)
        note = stoker.get("/services").json["services"][name]["note"]
        why = stoker.command("why", name).stdout
        assert words in note and words in why and ("--nodaemon" in why) == (name == "daemon"), (note, why)
        assert f"{name}: stopping ({words})" in stoker.output.read_text()
        wait_for("the history", lambda name=name: stoker.history(name))
        assert stoker.history(name)[0]["end_cause"].startswith(words), stoker.history(name)
    assert left in stoker.service("daemon")["last_error"] and left in stoker.command("status").stdout
    pid = int((stoker.directory / "left.pid").read_text())
    wait_for("the end of the daemon", lambda: not pathlib.Path(f"/proc/{pid}").exists())


def test_with_scope_process_the_leader_alone_is_asked_and_looks_after_its_own(make_stoker):
    child = "(trap 'echo told >> {0}.told; exit 0' TERM; trap 'exit 0' USR1; : > {0}.child; while :; do sleep 0.1; done) & child=$!"
    ask = {"process": "kill -USR1 $child; ", "group": ""}
    services = {
        name: recorder(
            name,
            first=f"{child.format(name)}; trap '{ask[name]}wait $child; exit 0' TERM",
            then="while :; do sleep 0.1; done",
            stop={"timeout": "50s", "scope": name},
        )
        for name in ("process", "group")
    }
    deaf = "(trap '' TERM; : > careless.child; exec sleep 1000) & exec sleep 1000"
    services["careless"] = recorder("careless", then=deaf, stop={"timeout": "1s", "scope": "process"})
    services["heedless"] = recorder("heedless", then="sleep 1000 & exec sleep 1000", stop={"timeout": "50s", "scope": "process"})
    stoker = make_stoker(services=services).start()
    wait_for("the children", lambda: all((stoker.directory / f"{name}.child").exists() for name in ("process", "group", "careless")))
    for name in ("careless", "heedless"):
        stoker.wait_instances(name, 2)
    for name in services:
        stoker.wait_starts(name)
        assert stoker.post(f"/stop/{name}").status == 200
        assert stoker.instances(name) == []
    told = [name for name in ("process", "group") if (stoker.directory / f"{name}.told").exists()]
    assert told == ["group"]
    kills = {name: stoker.metric("stoker_service_stop_kills_total", name=name) for name in services}
    assert kills == {"process": 0, "group": 0, "careless": 1, "heedless": 0}, "what the leader leaves is asked, and killed at the deadline"


def test_another_stop_signal_reaches_everything(make_stoker):
    trap = "trap 'echo $NAME >> usr1; exit 0' USR1"
    stoker = make_stoker(
        services={
            "a": recorder(
                "a",
                first=f"(NAME=child; {trap}; : > child; while :; do sleep 0.1; done) & NAME=leader; {trap}",
                then="while :; do sleep 0.1; done",
                stop={"signal": "USR1", "timeout": "50s"},
            )
        }
    ).start()
    wait_for("the child", lambda: (stoker.directory / "child").exists())
    stoker.wait_starts("a")
    assert stoker.post("/stop/a").status == 200
    assert sorted((stoker.directory / "usr1").read_text().split()) == ["child", "leader"]
    assert stoker.metric("stoker_service_stop_kills_total", name="a") == 0


def test_a_hangup_during_the_full_stop_neither_cancels_it_nor_reloads(make_stoker):
    """Scenario 22; a second SIGTERM or SIGINT is in test_stopping.py."""
    gate = "trap 'while ! [ -e open ]; do sleep 0.1; done; exit 0' TERM"
    stoker = make_stoker(services={"slow": recorder("slow", first=gate, then="while :; do sleep 0.1; done", stop={"timeout": "50s"})}).start()
    stoker.wait_starts("slow")
    stoker.process.send_signal(signal.SIGTERM)
    stoker.wait_status("slow", "stopping")
    stoker.write({"other": recorder("other")})
    for _ in range(3):
        stoker.process.send_signal(signal.SIGHUP)
    wait_for("a word about it", lambda: "SIGHUP" in stoker.output.read_text())
    assert stoker.post("/reload").status == 409
    assert stoker.service("slow")["status"] == "stopping"
    (stoker.directory / "open").touch()
    assert stoker.process.wait(50) == 0
    assert stoker.starts("other") == []


# -- The end that was not -----------------------------------------------------------------------------------------------------

HARMLESS = {signal.SIGCHLD, signal.SIGCONT, signal.SIGSTOP, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGURG, signal.SIGWINCH}
FATAL = [*sorted(set(range(1, signal.SIGSYS + 1)) - HARMLESS), int(signal.SIGRTMIN)]
NAMES = {16: "SIGSTKFLT", signal.SIGIO: "SIGIO", signal.SIGRTMIN: f"SIG{signal.SIGRTMIN}"}  # without a name in Python, or with two


def test_every_fatal_signal_is_a_cause_of_its_own_and_on_failure_restarts(make_stoker):
    """Scenario 21: with its label, its name in the history, and its number."""
    services = {
        f"s{number}": recorder(
            f"s{number}",
            then=f"[ -e {number}.done ] && exec sleep 1000; : > {number}.done; kill -{number} $$; exec sleep 1000",
            limits={"core": 0},
            restart={"policy": "on-failure", "backoff": {"base": "50ms"}},
        )
        for number in FATAL
    }
    never = recorder("never", then="kill -SEGV $$", limits={"core": 0}, restart={"policy": "never"})
    stoker = make_stoker(services={**services, "never": never}).start()

    def are_restarted():
        states = stoker.get("/services").json["services"]
        late = [name for name in services if (states[name]["status"], states[name]["restart_count"]) != ("running", 1)]
        if late:
            raise ValueError(late)
        return True

    wait_for("the restart of each", are_restarted)
    metrics = stoker.metrics()
    for number in FATAL:
        name = frozenset({"name": f"s{number}"}.items())
        assert metrics["stoker_service_restarts_total", name | {("reason", "signal")}] == 1
        assert metrics["stoker_service_exits_total", name | {("outcome", "signal")}] == 1
        assert metrics["stoker_service_last_exit_signal", name] == number
        end = stoker.history(f"s{number}")[1]
        assert (end["exit"], end["exit_signal"], end["exit_code"]) == (f"killed by {NAMES.get(number) or signal.Signals(number).name}", number, None)
    failed = stoker.wait_status("never", "failed")
    assert failed["last_error"] == "killed by SIGSEGV"
    assert stoker.post("/restart/s9").status == 200, "an end by SIGKILL that was not ours is nothing special"


@pytest.mark.skipif(
    pathlib.Path("/proc/sys/kernel/core_pattern").read_text().startswith("/"), reason="the kernel writes cores into a folder of its own"
)
def test_a_dumped_core_is_told_from_none(make_stoker):
    """Scenario 25."""
    services = {
        name: recorder(name, then="kill -ABRT $$", limits={"core": size}, restart={"policy": "never"})
        for name, size in (("dumps", "100MB"), ("not", 0))
    }
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("dumps", "failed"))
    stoker.wait_status("not", "failed")
    assert stoker.history("dumps")[0]["exit"] == "killed by SIGABRT (core dumped)"
    assert stoker.history("not")[0]["exit"] == "killed by SIGABRT"


@pytest.fixture
def small_memory():
    """A cgroup of version 1 that bounds memory, to be entered by whoever wants to run out of it."""
    place = pathlib.Path(f"/sys/fs/cgroup/memory/stoker-test-{uuid.uuid4().hex}")
    try:
        place.mkdir()
        (place / "memory.limit_in_bytes").write_text("16M")
        with contextlib.suppress(OSError):  # where swap is not counted
            (place / "memory.memsw.limit_in_bytes").write_text("16M")
    except OSError as error:
        pytest.skip(f"needs a memory cgroup of version 1, which root may make: {error}")
    yield place
    wait_for("it to be empty", lambda: not (place / "cgroup.procs").read_text())
    place.rmdir()


@pytest.mark.skipif(os.readlink("/proc/self/ns/pid") != "pid:[4026531836]", reason="the kernel's log has other pids in here")
def test_who_ran_out_of_memory_is_told_from_who_was_killed(make_stoker, small_memory):
    """Scenario 25: reason and outcome `oom`."""
    eat = "dd if=/dev/zero of=/dev/null bs=200M count=1"
    services = {
        "eats": recorder("eats", then=f"[ -e eaten ] && exec sleep 1000; : > eaten; echo $$ > {small_memory}/cgroup.procs; exec {eat}"),
        # The leader is another one: then the service has ended with a code, as its leader says.
        "parent": recorder(
            "parent", then=f"[ -e eaten2 ] && exec sleep 1000; : > eaten2; sh -c 'echo $$ > {small_memory}/cgroup.procs; exec {eat}'; exit 9"
        ),
        "killed": recorder("killed", then="[ -e killed.done ] && exec sleep 1000; : > killed.done; kill -KILL $$"),
    }
    stoker = make_stoker(services={name: {**service, "restart": {"backoff": {"base": "100ms"}}} for name, service in services.items()}).start()
    for name, reason, outcome, text in (
        ("eats", "oom", "oom", "killed by the kernel, out of memory"),
        ("killed", "signal", "signal", "killed by SIGKILL"),
        ("parent", "exit", "failure", "exited with code 9"),
    ):
        wait_for(f"the restart of {name}", lambda: stoker.service(name)["restart_count"] == 1 and stoker.service(name)["status"] == "running")
        assert stoker.metric("stoker_service_restarts_total", name=name, reason=reason) == 1
        assert stoker.metric("stoker_service_exits_total", name=name, outcome=outcome) == 1
        assert stoker.history(name)[1]["exit"] == text
    assert stoker.metric("stoker_service_oom_kills_total", name="eats") == 1


# -- What a child begins with ---------------------------------------------------------------------------------------------------

CLEAN = {"SigBlk": 0, "SigIgn": 0, "SigCgt": 0}


def begins_badly():
    """What somebody may have left to Stoker: ignored and blocked signals."""
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGPIPE, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGUSR2, signal.SIGCHLD, signal.SIGRTMIN})


def signals(text):
    fields = dict(line.split(":\t") for line in text.splitlines() if line.startswith("Sig"))
    return {name: int(fields[name], 16) for name in CLEAN}


def test_a_child_begins_with_no_signal_blocked_ignored_or_caught(make_stoker):
    """Scenario 23: a service, a hook and a probe, whatever Stoker was started with."""
    look = ["cp", "/proc/self/status"]
    stoker = make_stoker(
        services={
            "a": {
                "command": ["sleep", "1000"],
                "hooks": {"pre_start": [*look, "hook.status"]},
                "health": {"exec": {"command": [*look, "probe.status"]}, "interval": "1h"},
            }
        }
    )
    stoker.popen["preexec_fn"] = begins_badly
    stoker.start()
    stoker.wait_health("a", "healthy")
    pid = stoker.service("a")["pid"]
    for path in (f"/proc/{pid}/status", stoker.directory / "hook.status", stoker.directory / "probe.status"):
        assert signals(pathlib.Path(path).read_text()) == CLEAN, path
    stoker.process.send_signal(signal.SIGINT)
    assert stoker.process.wait(50) == 0, "and Stoker hears what it was told to ignore"


def test_a_child_has_its_own_three_descriptors_and_no_other(make_stoker):
    """Scenario 24: with a hundred connections and many logs open, and with what Stoker itself inherited."""
    look = "ls -l /proc/self/fd > {0}.tmp && mv {0}.tmp {0}"
    services = {
        "plain": {"command": ["sleep", "1000"], "hooks": {"post_start": look.format("hook")}},
        "s6": {"command": "echo >&3; exec sleep 1000", "ready": {"notify": "s6"}},
        "systemd": {"command": ["sleep", "1000"], "watchdog": "1h"},
        "direct": {"command": ["sleep", "1000"], "log": {"mode": "direct"}},
        "silent": {"command": ["sleep", "1000"], "log": {"path": "none"}},
        "probed": {"command": ["sleep", "1000"], "health": {"exec": {"command": look.format("probe")}, "interval": "1h"}},
    }
    stoker = make_stoker(services={name: {**service, "enabled": False} for name, service in services.items()})
    inherited = os.open("/dev/zero", os.O_RDONLY)
    stoker.popen["pass_fds"] = [inherited]
    stoker.start()
    os.close(inherited)
    assert str(inherited) in os.listdir(f"/proc/{stoker.process.pid}/fd")
    with contextlib.ExitStack() as stack:
        for number in range(100):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", stoker.port)))
            connection.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        for name in services:
            assert stoker.post(f"/start/{name}").status == 200
        expected = {name: [0, 1, 2, 3] if name == "s6" else [0, 1, 2] for name in services}
        found = {name: sorted(map(int, os.listdir(f"/proc/{stoker.service(name)['pid']}/fd"))) for name in services}
        assert found == expected
        assert os.readlink(f"/proc/{stoker.service('plain')['pid']}/fd/0") == "/dev/null"
        for name in ("hook", "probe"):
            wait_for(name, (stoker.directory / name).exists)
            listed = [line.split(" -> ")[0].split()[-1] for line in (stoker.directory / name).read_text().splitlines() if " -> " in line]
            assert listed == ["0", "1", "2", "3"], "3 is the folder that ls itself reads"
    assert stoker.get("/services").json["initialized"]
