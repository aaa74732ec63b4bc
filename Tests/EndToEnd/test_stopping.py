"""Stops: order, deadlines, process groups, signals to Stoker, exit codes."""

import os
import signal
import sys
import time

import pytest

from harness import DEADLINE, alive, recorder, series, wait_for, zombies_of

# Exit codes of `stoker run`; `stoker run --help` documents them.
CLEAN, SOME_KILLED = 0, 10

DEAF = "trap '' TERM"


def polite(name):
    """A service that says when it is told to end."""
    return recorder(name, first=f"trap 'date +%s%N > {name}.end; exit 0' TERM", then="sleep 1000 & wait")


def ignores_term(pid):
    """Whether a process ignores SIGTERM, by the kernel's account."""
    status = open(f"/proc/{pid}/status").read()
    mask = next(line for line in status.splitlines() if line.startswith("SigIgn:"))
    return bool(int(mask.split()[1], 16) & 1 << (signal.SIGTERM - 1))


def ended(stoker, name):
    return int((stoker.directory / f"{name}.end").read_text()) / 1e9


def test_a_full_stop_goes_in_reverse_and_kills_only_the_deaf_one(make_stoker):
    stoker = make_stoker(
        services={
            "base": polite("base"),
            "deaf": recorder("deaf", first=DEAF, depends_on=["base"], stop={"timeout": "2s"}),
            "top": {**polite("top"), "depends_on": ["deaf"]},
            "aside": polite("aside"),
        }
    ).start()
    for name in ("base", "deaf", "top", "aside"):
        stoker.wait_starts(name)
    began = time.time()
    assert stoker.stop() == SOME_KILLED
    assert ended(stoker, "top") - began < 2, "the first to stop does not wait"
    assert ended(stoker, "aside") - began < 2, "what is independent stops at once"
    assert ended(stoker, "base") - began >= 2, "only after the deaf one was killed"
    for name in ("base", "deaf", "top", "aside"):
        assert stoker.instances(name) == []
    assert "deaf" in stoker.output.read_text().splitlines()[-1] or "killed" in stoker.output.read_text()


def test_a_clean_full_stop_exits_0_and_says_so(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b", depends_on=["a"])}).start()
    assert stoker.stop() == CLEAN
    assert stoker.instances("a") == stoker.instances("b") == []
    assert not (stoker.state / "stoker.sock").exists()


def test_a_group_whose_leader_exits_first_and_whose_child_ignores_term_is_gone_at_the_deadline(make_stoker):
    stoker = make_stoker(
        services={
            "group": recorder("group", first=f"({DEAF}; sleep 1000) & trap 'exit 0' TERM", then="wait", stop={"timeout": "2s"}),
        }
    ).start()
    stoker.wait_starts("group")
    wait_for("the child to be deaf", lambda: len(stoker.instances("group")) == 2 and any(ignores_term(pid) for pid in stoker.instances("group")))
    members = stoker.instances("group")
    began = time.monotonic()
    answer = stoker.post("/stop/group")
    assert answer.status == 200, answer.text
    assert time.monotonic() - began >= 1.9, "a stop is done when nothing is left"
    assert stoker.service("group")["status"] == "stopped"
    assert not any(map(alive, members))
    assert series(stoker.request("GET", "/metrics").text, "stoker_service_stop_kills_total", name="group") == 1


def test_what_a_dead_leader_left_is_gone_before_the_next_start(make_stoker):
    stoker = make_stoker(
        services={
            "leaver": recorder(
                "leaver",
                then="exec 9> leaver.lock; flock -n 9 || { echo double > doubles; exit 1; }; "
                f"[ -e second ] && exec sleep 1000; touch second; ({DEAF}; sleep 1000) & sleep 0.2; exit 1",
                stop={"timeout": "1s"},
                restart={"backoff": {"base": "100ms"}},
            )
        }
    ).start()
    wait_for("the second run", lambda: len(stoker.starts("leaver")) == 2 and stoker.service("leaver")["status"] == "running")
    wait_for("only the new run's process", lambda: stoker.instances("leaver") == [stoker.starts("leaver")[-1][1]])
    assert not (stoker.directory / "doubles").exists(), "never two at once"


def test_a_daemon_that_left_its_session_is_found_and_stopped(make_stoker):
    stoker = make_stoker(
        services={"daemon": recorder("daemon", then="setsid sh -c 'sleep 1000 & sleep 1000' & exec sleep 1000", stop={"timeout": "2s"})}
    ).start()
    wait_for("all of them", lambda: len(stoker.instances("daemon")) >= 4)
    assert stoker.post("/stop/daemon").status == 200
    assert stoker.instances("daemon") == []


def test_an_exit_is_seen_at_once_though_a_grandchild_holds_stdout(make_stoker):
    stoker = make_stoker(
        services={"holder": recorder("holder", then=f"({DEAF}; sleep 1000) & sleep 0.5; exit 4", stop={"timeout": "50s"}, restart={"policy": "never"})}
    ).start(ready=False)

    def exits():
        return series(stoker.request("GET", "/metrics").text, "stoker_service_exits_total", name="holder", outcome="failure")

    wait_for("the exit to be counted", lambda: stoker.running() and exits() == 1, deadline=30)
    assert stoker.instances("holder"), "while its grandchild lives on"
    assert stoker.service("holder")["pid"] is None
    assert stoker.stop_at_once() == SOME_KILLED


def test_hangup_never_stops_it(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    pid = stoker.service("a")["pid"]
    for _ in range(3):
        stoker.process.send_signal(signal.SIGHUP)
    wait_for("a word about it", lambda: "SIGHUP" in stoker.output.read_text() or "reload" in stoker.output.read_text())
    assert stoker.running()
    assert stoker.service("a")["pid"] == pid
    assert stoker.stop() == CLEAN


def test_a_second_signal_kills_at_once(make_stoker):
    for second in (signal.SIGTERM, signal.SIGINT):
        stoker = make_stoker(name=second.name, services={"deaf": recorder("deaf", first=DEAF, stop={"timeout": "10m"})}).start()
        stoker.wait_starts("deaf")
        stoker.process.send_signal(signal.SIGTERM)
        stoker.wait_status("deaf", "stopping")
        stoker.process.send_signal(signal.SIGHUP)  # does not count
        stoker.insist(second)
        assert stoker.process.wait(DEADLINE) == SOME_KILLED
        assert stoker.instances("deaf") == []


def test_a_signal_during_the_start_tears_down_what_was_begun(make_stoker, health_server):
    gate = health_server(500)
    stoker = make_stoker(
        services={
            "first": recorder("first"),
            "gate": recorder("gate", depends_on=["first"], health={"http": {"url": gate.url}, "start_period": "10m"}),
            "never": recorder("never", depends_on=["gate"]),
        }
    ).start(ready=False)
    wait_for("the wait", lambda: stoker.running() and stoker.wait_status("never", "waiting"))
    stoker.wait_status("gate", "running")
    assert stoker.stop() == CLEAN
    assert stoker.starts("never") == []
    assert stoker.instances("gate") == stoker.instances("first") == []


def test_a_process_that_is_stopped_by_a_signal_still_ends(make_stoker):
    stoker = make_stoker(services={"frozen": recorder("frozen", stop={"timeout": "50s"})}).start()
    stoker.wait_starts("frozen")
    os.kill(stoker.service("frozen")["pid"], signal.SIGSTOP)
    assert stoker.stop(deadline=30) == CLEAN, "TERM is followed by CONT"


def test_no_zombies_are_left_to_linger(make_stoker):
    stoker = make_stoker(
        services={"forks": recorder("forks", then="(sleep 0.1 & sleep 0.1 & sleep 0.1 &) ; sh -c 'setsid sleep 0.1 &' ; exec sleep 1000")}
    ).start()
    wait_for("the strays to end", lambda: len(stoker.instances("forks")) == 1)
    wait_for("no zombies", lambda: zombies_of(stoker.process.pid) == [])


# -- On request ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("by_url", [False, True], ids=["through the socket", "over TCP"])
def test_shutdown_is_a_full_stop_waits_for_the_end_and_remembers_nothing(make_stoker, by_url):
    services = {"base": recorder("base"), "slow": recorder("slow", first="trap '' TERM", depends_on=["base"], stop={"timeout": "500ms"})}
    stoker = make_stoker(services=services).start()
    for name in services:
        stoker.wait_starts(name)
    where = ("--url", f"http://127.0.0.1:{stoker.port}") if by_url else ("--config", str(stoker.file))
    result = stoker.command("shutdown", *where)
    assert (result.returncode, result.stdout) == (0, "everything has stopped; had to be killed: slow\n"), result
    assert stoker.process.wait(DEADLINE) == 10
    assert "stopping everything, requested by the command line" in stoker.output.read_text()
    stoker.start()
    assert [stoker.service(name)["status"] for name in services] == ["running", "running"]
    stoker.wait_starts("slow", 2)
    result = stoker.command("shutdown", "--no-wait", *where)
    assert (result.returncode, result.stdout) == (0, "Stoker stops everything, and ends\n"), result
    assert stoker.process.wait(DEADLINE) == 10
    assert stoker.command("shutdown", *where).returncode == 69


def test_all_are_stopped_lastingly_started_and_restarted_in_order(make_stoker):
    services = {
        "db": recorder(
            "db", first="trap '[ -e web.ended ] && : > db.ended; exit 0' TERM", then="echo up; while :; do sleep 0.05; done", ready={"log": "up"}
        ),
        "web": recorder("web", first="trap ': > web.ended; exit 0' TERM", then="while :; do sleep 0.05; done", depends_on=["db"]),
        "off": recorder("off", enabled=False),
    }
    stoker = make_stoker(services=services).start()
    config = ("--config", str(stoker.file))
    for name in ("db", "web"):
        stoker.wait_starts(name)
    result = stoker.command("stop", "--all", *config)
    stay = "they stay stopped after a restart of Stoker, until they are started; 'stoker shutdown' ends Stoker itself"
    assert (result.returncode, result.stdout) == (0, f"2 services stopped; {stay}\n"), result
    assert (stoker.directory / "db.ended").exists(), "dependents first"
    assert stoker.command("stop", "--all", *config).stdout == f"Every service is stopped already; {stay}\n"
    assert stoker.stop() == 0
    stoker.start()
    assert [stoker.service(name)["status"] for name in services] == ["stopped"] * 3
    result = stoker.command("start", "--all", *config)
    assert (result.returncode, result.stdout) == (0, "2 services started\n"), result
    assert [stoker.service(name)["status"] for name in services] == ["running", "running", "stopped"]
    assert stoker.command("start", "--all", *config).stdout == "Every enabled service is up, or on its way\n"
    result = stoker.command("restart", "--all", *config)
    assert (result.returncode, result.stdout) == (0, "2 services restarted\n"), result
    assert len(stoker.starts("db")) == 3 and stoker.starts("web")[-1] > stoker.starts("db")[-1]


def test_a_service_that_fails_among_all_is_named_and_the_others_run(make_stoker):
    services = {"good": recorder("good"), "bad": recorder("bad", then="exit 3", restart={"policy": "never"})}
    stoker = make_stoker(services=services).start()
    stoker.wait_status("bad", "failed")
    assert stoker.command("stop", "--all", "--config", str(stoker.file)).returncode == 0
    result = stoker.command("start", "--all", "--config", str(stoker.file))
    assert result.returncode == 1 and "1 of 2 services started" in result.stderr, result
    assert "bad: was started, and failed: exited with code 3" in result.stderr
    assert stoker.service("good")["status"] == "running"


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_all_and_names_exclude_each_other_and_one_of_them_is_needed(make_stoker, verb):
    stoker = make_stoker(services={"a": recorder("a")})
    for arguments, words in ((["--all", "a"], "leave out their names, or --all"), ([], "name the services, or give --all")):
        result = stoker.command(verb, "--config", str(stoker.file), *arguments)
        assert result.returncode == 64 and words in result.stderr, result


def test_the_rest_that_a_main_process_leaves_is_asked_at_once(make_stoker):
    worker = "trap 'echo bye > worker.end; exit 0' TERM; : > worker.there; while :; do sleep 0.05; done"
    stoker = make_stoker(services={"a": recorder("a", then=f"({worker}) & exec sleep 1000", stop={"scope": "process", "timeout": "1h"})}).start()
    wait_for("the worker", lambda: (stoker.directory / "worker.there").exists())
    assert stoker.post("/stop/a").status == 200
    assert (stoker.directory / "worker.end").read_text() == "bye\n"
    assert stoker.metric("stoker_service_stop_kills_total", name="a") == 0


DRAINS = """
import os, signal, time
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append("term"))
signal.signal(signal.SIGUSR2, lambda *_: heard.append("drained"))
open("there", "w").close()
while "drained" not in heard: time.sleep(0.01)
end = time.monotonic() + 1
# A drain takes a second; where the stop command fails, until TERM has come, too.
while time.monotonic() < end or os.path.exists("broken") and "term" not in heard: time.sleep(0.01)
open("events", "w").write(" ".join(heard))
"""


def test_no_signal_follows_a_stop_command_that_is_enough(make_stoker):
    stop = {"command": "kill -USR2 $MAINPID; [ ! -e broken ]", "signal": "none", "timeout": "1h"}
    stoker = make_stoker(services={"a": {"command": [sys.executable, "-c", DRAINS], "stop": stop}}).start()
    wait_for("the traps", lambda: (stoker.directory / "there").exists())
    assert stoker.post("/stop/a").status == 200
    assert (stoker.directory / "events").read_text() == "drained"
    # After a command that fails SIGTERM comes all the same.
    (stoker.directory / "events").unlink()
    (stoker.directory / "there").unlink()
    (stoker.directory / "broken").touch()
    assert stoker.post("/start/a").status == 200
    wait_for("the traps", lambda: (stoker.directory / "there").exists())
    assert stoker.post("/stop/a").status == 200
    assert sorted((stoker.directory / "events").read_text().split()) == ["drained", "term"]
