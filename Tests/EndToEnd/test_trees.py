"""Everything that a service has started: groups, daemons, orphans, probes' children, cgroups (scenarios 13 to 19)."""

import os
import pathlib
import signal
import time
import uuid

import pytest

from harness import alive, end, marked, recorder, unified, wait_for, zombies_of

DEAF = "trap '' TERM"


needs_cgroups = pytest.mark.skipif(
    not (unified("self") and os.access(unified("self")[1], os.W_OK)), reason="needs a cgroup of version 2 that can be written: run it as root"
)


class Hidden:
    """Processes without an environment to find them by: known by an argument, and ended after the test."""

    def __init__(self):
        self.argument = f"0.{uuid.uuid4().int}"  # `sleep` adds it to the others
        self.program = f"sleep 1000 {self.argument}"

    def pids(self):
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                arguments = pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if self.argument.encode() in arguments and arguments[0].endswith(b"sleep"):
                found.append(int(pid))
        return found


@pytest.fixture
def hidden(request):
    hidden = Hidden()
    yield hidden
    end(hidden.pids())


# -- What leaves its group, its session and its environment --------------------------------------------------------------------


@needs_cgroups
@pytest.mark.parametrize("deaf", [False, True], ids=["polite", "deaf"])
def test_a_daemon_that_left_its_session_and_cleared_its_environment_is_found_by_its_cgroup(make_stoker, hidden, deaf):
    """Scenario 14: double fork, setsid, no variable left of those that it was given."""
    first = f"{DEAF}; " if deaf else ""
    stoker = make_stoker(
        services={
            "daemon": recorder(
                "daemon", then=f"({first}exec env -i setsid --fork {hidden.program}) & wait; exec sleep 1000", stop={"timeout": "2s"}
            )
        }
    ).start()
    (daemon,) = wait_for("the daemon", hidden.pids)
    leader = stoker.service("daemon")["pid"]
    wait_for("its adoption", lambda: parent(daemon) == stoker.process.pid)
    assert marked(stoker.mark).count(daemon) == 0, "nothing in its environment tells whose it is"
    assert os.getsid(daemon) != os.getsid(leader)
    assert unified(daemon) == unified(leader)

    assert stoker.post("/stop/daemon").status == 200
    assert hidden.pids() == []
    assert stoker.metric("stoker_service_stop_kills_total", name="daemon") == int(deaf)
    assert zombies_of(stoker.process.pid) == []


@needs_cgroups
def test_such_a_daemon_is_gone_before_the_next_run_of_its_service(make_stoker, hidden):
    """Scenario 14, when the leader dies by itself, and when all is stopped."""
    stoker = make_stoker(
        services={"daemon": recorder("daemon", then=f"env -i setsid --fork {hidden.program}; exec sleep 1000", restart={"backoff": {"base": "50ms"}})}
    ).start()
    (before,) = wait_for("the daemon", hidden.pids)
    os.kill(stoker.service("daemon")["pid"], signal.SIGKILL)
    stoker.wait_starts("daemon", 2)
    wait_for("the next daemon alone", lambda: len(hidden.pids()) == 1 and hidden.pids() != [before])
    assert stoker.stop() == 0
    assert hidden.pids() == []


def test_without_cgroups_a_daemon_is_found_by_its_environment_and_that_is_said(make_unprivileged):
    """Scenario 14: a user who may make no cgroup. Such a daemon becomes Stoker's child, and bears its mark."""
    stoker = make_unprivileged(
        services={"daemon": recorder("daemon", then="setsid --fork sleep 1000; exec sleep 1000", stop={"timeout": "2s"})}
    ).start()
    stoker.wait_instances("daemon", 2)
    assert stoker.post("/stop/daemon").status == 200
    assert stoker.instances("daemon") == []
    assert stoker.stop() == 0
    (line,) = [line for line in stoker.output.read_text().splitlines() if "control groups" in line]
    assert "cannot be made: Permission denied" in line and "run as root" in line


def test_a_daemon_that_cleared_its_environment_without_a_cgroup_to_find_it_by_is_ended_with_all_or_named(make_unprivileged, hidden):
    """Scenario 14: whose it was nobody can tell, but it is Stoker's child by then."""
    stoker = make_unprivileged(services={"daemon": recorder("daemon", then=f"env -i setsid --fork {hidden.program}; exec sleep 1000")}).start()
    (daemon,) = wait_for("the daemon", hidden.pids)
    wait_for("its adoption", lambda: parent(daemon) == stoker.process.pid)
    stoker.process.send_signal(signal.SIGTERM)
    assert stoker.process.wait(50) in (0, 10, 11)
    assert hidden.pids() == [] or str(daemon) in stoker.output.read_text()


@needs_cgroups
def test_stoker_has_a_leaf_of_its_own_each_service_another_and_at_the_end_all_are_gone(make_stoker):
    stoker = make_stoker(services={name: recorder(name, then="sleep 1000 & exec sleep 1000") for name in ("a", "b")}).start()
    _, own = unified(stoker.process.pid)
    folders = {name: unified(stoker.service(name)["pid"])[1] for name in ("a", "b")}
    assert own.name == "supervisor"
    for name, folder in folders.items():
        pids = stoker.wait_instances(name, 2)
        assert folder == own.parent / f"service-{name}" / "main"
        assert sorted(map(int, (folder / "cgroup.procs").read_text().split())) == sorted(pids)
    assert own.parent.parent == unified("self")[1]
    assert stoker.stop() == 0
    assert not own.parent.exists()


@needs_cgroups
def test_checks_and_hooks_are_in_the_cgroup_of_their_service_with_its_limits_but_not_in_its_run(make_stoker, hidden):
    say = "{ grep ^0: /proc/self/cgroup; ulimit -n; nice; umask; } > $NAME.part && mv $NAME.part $NAME; env -i setsid --fork " + hidden.program
    stoker = make_stoker(
        services={
            "all": recorder(
                "all",
                then="exec sleep 1000",
                limits={"nofile": 77},
                nice=3,
                umask="027",
                health={"exec": {"command": f"NAME=check; {say}"}, "interval": "1h", "start_interval": "1h"},
                hooks={hook: f"NAME={hook}; {say}" for hook in ("pre_start", "post_start", "pre_stop", "post_stop")},
                stop={"command": f"NAME=stop; {say}; kill $MAINPID"},
            )
        }
    ).start()
    group = unified(stoker.service("all")["pid"])[0]
    assert group.endswith("/service-all/main")
    stoker.post("/health/check-now")
    wait_for("the first hooks", lambda: (stoker.directory / "post_start").exists())
    # What checks and hooks leave behind is ended, the service is not.
    wait_for("the end of what they left", lambda: hidden.pids() == [])
    assert stoker.service("all")["restart_count"] == 0
    assert stoker.post("/stop/all").status == 200
    numbers = set()
    for name in ("check", "pre_start", "post_start", "pre_stop", "stop", "post_stop"):
        place, *properties = (stoker.directory / name).read_text().split()
        folder, number = place.removeprefix("0::").rsplit("/", 1)
        assert folder == group.removesuffix("main") + "commands", name
        assert properties == ["77", "3", "0027"], name
        numbers.add(number)
    assert len(numbers) == 6
    wait_for("the end of what they left", lambda: hidden.pids() == [])
    assert list((unified(stoker.process.pid)[1].parent / "service-all" / "commands").glob("*/")) == []
    assert stoker.stop() == 0


@needs_cgroups
def test_a_service_that_was_killed_at_its_deadline_runs_again(make_stoker):
    """Since Linux 6.14 whatever is born in a cgroup that was killed is killed too."""
    stoker = make_stoker(services={"deaf": recorder("deaf", first=DEAF, then="sleep 1000 & wait", stop={"timeout": "200ms"})}).start()
    for number in (1, 2, 3):
        stoker.wait_starts("deaf", number)
        stoker.wait_instances("deaf", 2)
        answer = stoker.post("/restart/deaf")
        assert answer.status == 200, answer.text
    pid = stoker.wait_status("deaf", "running")["pid"]
    stoker.wait_starts("deaf", 4)
    assert alive(pid) and stoker.service("deaf")["restart_count"] == 3
    assert stoker.metric("stoker_service_exits_total", name="deaf", outcome="signal") == 3


# -- Many at once ------------------------------------------------------------------------------------------------------------


def test_five_hundred_services_that_exit_at_once_are_all_noticed_with_their_codes(make_stoker):
    """Scenario 16: SIGCHLD says once what has happened five hundred times."""
    count = 500
    # Each opens the gate, which lets all of them through when somebody opens its other end.
    command = "[ -e first-$NAME ] && { : > second-$NAME; exec sleep 1000; }; : > first-$NAME; read line < gate; exit $CODE"
    services = {
        f"s{number}": {"command": command, "environment": {"NAME": f"s{number}", "CODE": f"{number % 255 + 1}"}, "log": {"path": "none"}}
        for number in range(count)
    }
    stoker = make_stoker(services=services, defaults={"restart": {"backoff": {"base": "100ms"}}})
    os.mkfifo(stoker.directory / "gate")
    stoker.start(ready=False)
    wait_for("all of them at the gate", lambda: stoker.running() and len(list(stoker.directory.glob("first-*"))) == count)

    def are_all_there_again():
        os.close(os.open(stoker.directory / "gate", os.O_RDWR))  # again and again: some may not have been quite there
        return len(list(stoker.directory.glob("second-*"))) == count

    wait_for("a second run of each", are_all_there_again)
    wait_for("it to know", lambda: stoker.get("/metrics").json["metrics"]["running_services"] == count)
    metrics = stoker.metrics()
    for number in range(count):
        name = f"s{number}"
        assert metrics["stoker_service_last_exit_code", frozenset({"name": name}.items())] == number % 255 + 1
        assert metrics["stoker_service_exits_total", frozenset({"name": name, "outcome": "failure"}.items())] == 1
        assert metrics["stoker_service_restarts_total", frozenset({"name": name, "reason": "exit"}.items())] == 1
    assert zombies_of(stoker.process.pid) == []
    assert stoker.stop() == 0


def test_five_hundred_members_that_end_at_once_leave_no_zombie(make_stoker):
    """Scenario 16: those of one service, when their leader is gone and Stoker has become their parent."""
    stoker = make_stoker(
        services={
            "crowd": recorder(
                "crowd",
                then="[ -e second ] && exec sleep 1000; for i in $(seq 500); do sleep 1000 & done; : > second; exit 3",
                restart={"backoff": {"base": "100ms"}},
            )
        }
    ).start(ready=False)
    wait_for("the second run alone", lambda: stoker.running() and len(stoker.starts("crowd")) == 2 and len(stoker.instances("crowd")) == 1)
    wait_for("no zombie", lambda: zombies_of(stoker.process.pid) == [])
    assert stoker.service("crowd")["restart_count"] == 1
    assert stoker.metric("stoker_service_last_exit_code", name="crowd") == 3


def test_hundreds_of_exec_probes_that_leave_children_behind_leave_nothing(make_stoker):
    """Scenario 18: each leaves daemons in sessions of their own, in the midst of executing one program after the other, and a dead child."""
    daemon = f"setsid {10 * 'env '} sleep 1000"
    probe = f"export E2E_PROBE=1; {daemon} & {daemon} & true & exit 0"
    services = {
        name: recorder(name, health={"exec": {"command": probe}, "interval": "100ms", "start_interval": "100ms", "timeout": "30s"})
        for name in ("a", "b", "c", "d")
    }
    stoker = make_stoker(services=services).start()

    def probes():
        metrics = stoker.metrics()
        return sum(metrics["stoker_health_checks_total", frozenset({"name": name}.items())] for name in services)

    wait_for("hundreds of probes", lambda: probes() >= 150)
    assert {stoker.health(name) for name in services} == {"healthy"}
    for name in services:
        assert stoker.post(f"/stop/{name}").status == 200
    wait_for("the end of all that the probes began", lambda: marked(stoker.mark, "E2E_PROBE=1") == [], deadline=10)
    assert zombies_of(stoker.process.pid) == []
    assert stoker.stop() == 0


def test_a_probe_in_flight_is_ended_with_all_its_children_when_its_time_is_over(make_stoker):
    """Scenario 43: the whole of it, a daemon too, while the service is left alone."""
    stoker = make_stoker(
        services={
            "slow": recorder(
                "slow",
                health={
                    "exec": {"command": f"{DEAF}; export E2E_PROBE=1; setsid sh -c \"{DEAF}; sleep 1000\" & sleep 1000"},
                    "interval": "1h",
                    "start_interval": "1h",
                    "timeout": "500ms",
                    "auto_recovery": False,
                },
            )
        }
    ).start()
    pid = stoker.service("slow")["pid"]
    stoker.wait_starts("slow")
    answer = stoker.post("/health/check-now").json["results"]["slow"]
    assert (answer["passed"], answer["message"]) == (False, "no exit within 500 ms, killed")
    wait_for("the end of the probe", lambda: stoker.instances("slow") == [pid])


# -- What is stopped by a signal ----------------------------------------------------------------------------------------------


def test_a_tree_that_is_stopped_by_a_signal_ends_in_time(make_stoker):
    """Scenario 19: leader and members get CONT after TERM."""
    stoker = make_stoker(
        services={
            "frozen": recorder("frozen", then="sleep 1000 & setsid --fork sleep 1000; exec sleep 1000", stop={"timeout": "50s"}),
            "deaf": recorder("deaf", first=DEAF, then="exec sleep 1000", stop={"timeout": "1s"}),
        }
    ).start()
    frozen = stoker.wait_instances("frozen", 3)
    stoker.wait_starts("deaf")
    (deaf,) = stoker.wait_instances("deaf", 1)
    for pid in [*frozen, deaf]:
        os.kill(pid, signal.SIGSTOP)
    began = time.monotonic()
    assert stoker.post("/stop/frozen").status == 200
    assert time.monotonic() - began < 20
    assert stoker.metric("stoker_service_stop_kills_total", name="frozen") == 0
    assert stoker.post("/stop/deaf").status == 200
    assert stoker.metric("stoker_service_stop_kills_total", name="deaf") == 1, "KILL ends even what is stopped"


def parent(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    return int(stat[stat.rindex(")") + 2 :].split()[1])
