"""Stoker as process 1 of a container, and as a service of a service manager; and the examples for both."""

import configparser
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from harness import BINARIES, ROOT, STOKER, alive, free_port, marked, recorder, wait_for, zombies_of
from log_lines import numbered, numbers_of
from notifying import FakeManager, environment, tell, wait_socket
from standard_output import Output, Reader, ends, lines_of

# -- Process 1 -------------------------------------------------------------------------------------------------------------------

CONTAINER = ["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]


def may_unshare():
    return bool(shutil.which("unshare")) and subprocess.run([*CONTAINER, "true"], capture_output=True).returncode == 0


in_container = pytest.mark.skipif(not may_unshare(), reason="needs a namespace of processes of its own: run it as root")


def status(pid, field):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(line.split(":")[1].split() for line in lines if line.startswith(f"{field}:"))


def first(stoker):
    """The pid of process 1, as it is out here."""

    def child():
        outer = stoker.process.pid
        for pid in pathlib.Path(f"/proc/{outer}/task/{outer}/children").read_text().split():
            if status(pid, "NSpid")[-1] == "1" and os.readlink(f"/proc/{pid}/exe").endswith("/stoker"):
                return int(pid)

    return wait_for("process 1", child)


@in_container
def test_as_process_1_it_reaps_its_orphans_and_those_of_strangers(make_stoker):
    orphans = "for i in $(seq 50); do setsid --fork true; (true & true &); done"
    stoker = make_stoker(
        services={
            "a": recorder("a", then=f"{orphans}; : > done; exec sleep 1000"),
            "daemon": recorder("daemon", then="setsid --fork sleep 1000; exec sleep 1000"),
        }
    )
    stoker.through = CONTAINER
    stoker.start()
    one = first(stoker)
    wait_for("the orphans", lambda: (stoker.directory / "done").exists())
    wait_for("no zombie", lambda: zombies_of(one) == [])
    # Somebody comes in from outside, as `docker exec` does, and leaves processes behind.
    enter = ["nsenter", f"--target={one}", "--pid", "--mount"]
    subprocess.run([*enter, "sh", "-c", "for i in $(seq 50); do setsid --fork true; done"], check=True)
    subprocess.run([*enter, "setsid", "--fork", "sleep", "1000"], check=True, env={**os.environ, "E2E_STRANGER": stoker.mark})
    (stranger,) = wait_for("the stranger", lambda: marked(f"E2E_STRANGER={stoker.mark}"))
    wait_for("its adoption by process 1", lambda: status(stranger, "PPid") == [str(one)])
    wait_for("no zombie", lambda: zombies_of(one) == [])
    os.kill(stranger, signal.SIGKILL)
    wait_for("its end", lambda: not pathlib.Path(f"/proc/{stranger}").exists())
    stoker.wait_instances("daemon", 2)
    assert stoker.post("/stop/daemon").status == 200
    assert stoker.instances("daemon") == []
    assert stoker.service("a")["status"] == "running"
    os.kill(one, signal.SIGTERM)
    assert stoker.process.wait(50) == 0
    assert marked(stoker.mark) == []


@in_container
@pytest.mark.parametrize("number, code", [(signal.SIGTERM, 0), (signal.SIGINT, 0), (signal.SIGRTMIN + 3, 0), (signal.SIGTERM, 10)])
def test_a_containers_stop_is_a_full_stop_and_the_exit_code_says_how_it_went(make_stoker, number, code):
    deaf = {"first": "trap '' TERM"} if code else {}
    stoker = make_stoker(
        services={"base": recorder("base", stop={"timeout": "50s"}), "a": recorder("a", depends_on=["base"], stop={"timeout": "50s"}, **deaf)}
    )
    stoker.through = CONTAINER
    stoker.start()
    for name in ("base", "a"):
        stoker.wait_starts(name)
    one = first(stoker)
    os.kill(one, number)
    wait_for("it to be heard", lambda: "stopping everything" in stoker.output.read_text())
    if code:
        stoker.insist(pid=one)
    assert stoker.process.wait(50) == code
    assert marked(stoker.mark) == []


@in_container
def test_in_a_container_a_wrong_file_and_who_does_not_end_in_time_are_exit_codes_too(make_stoker):
    stoker = make_stoker(services={"deaf": recorder("deaf", first="trap '' TERM", stop={"timeout": "500ms"})})
    stoker.through = CONTAINER
    stoker.start()
    stoker.wait_starts("deaf")
    os.kill(first(stoker), signal.SIGTERM)
    assert stoker.process.wait(50) == 10
    wrong = make_stoker("wrong", text="version: 2\n")
    wrong.through = CONTAINER
    assert wrong.spawn("run", "--config", str(wrong.file)).wait(50) == 65


@in_container
def test_a_hangup_to_process_1_reloads(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.through = CONTAINER
    stoker.start()
    stoker.write({"a": recorder("a"), "b": recorder("b")})
    os.kill(first(stoker), signal.SIGHUP)
    stoker.wait_starts("b")
    assert stoker.service("a")["restart_count"] == 0


@in_container
def test_process_1_passes_on_the_lines_of_three_services_as_a_container_engine_reads_them(make_stoker):
    log = {"path": "/dev/stdout", "timestamps": False}
    stoker = make_stoker(services={name: numbered(name, 3000, chunk=50, log=log) for name in ("a", "b", "c")})
    stoker.through = CONTAINER
    reading, writing = ends("pipe")
    output = Output(stoker, writing)
    reader = Reader(reading, size=4096)
    reader.wait_last(["a", "b", "c"], 3000)
    os.kill(first(stoker), signal.SIGTERM)
    assert output.process.wait(50) == 0
    for name, lines in lines_of(reader.end(), ["a", "b", "c"]).items():
        assert numbers_of(b"\n".join(lines)) == list(range(1, 3001)), name


@in_container
def test_the_examples_container_runs_as_it_is_but_for_its_ports(make_stoker):
    text = (ROOT / "examples" / "container" / "stoker.yaml").read_text()
    stoker = make_stoker()
    for number, port in ((10101, stoker.port), (7002, free_port()), (7005, free_port())):
        assert str(number) in text
        text = text.replace(str(number), str(port))
    stoker.file.write_text(text.replace("/var/lib/stoker", str(stoker.state)))
    stoker.through = CONTAINER
    stoker.start(ready=False)
    wait_for("it to be ready", lambda: stoker.running() and stoker.request("GET", "/-/ready").status == 200)
    wait_for("it to be healthy", lambda: stoker.command("health", "--config", str(stoker.file)).returncode == 0)
    assert stoker.get("/services").status == 403, "what is not loopback gets the metrics and the health alone"
    os.kill(first(stoker), signal.SIGTERM)
    assert stoker.process.wait(50) == 0


def test_the_containers_service_file_is_right_and_its_image_starts_stoker_as_process_1():
    folder = ROOT / "examples" / "container"
    environment = {**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}"}
    result = subprocess.run([STOKER, "check", "--config", folder / "stoker.yaml"], capture_output=True, text=True, env=environment)
    assert result.returncode == 0, result.stderr
    assert "2 services, no errors" in result.stdout
    lines = (folder / "Dockerfile").read_text().splitlines()
    assert 'ENTRYPOINT ["stoker", "run", "--config", "/etc/stoker/stoker.yaml"]' in lines, "not by a shell, which would be process 1 instead"
    assert "STOPSIGNAL SIGTERM" in lines
    for line in lines:
        if line.startswith("COPY ") and not line.startswith("COPY .build/"):
            assert (ROOT / line.split()[1]).exists(), line


# -- A service of a service manager ------------------------------------------------------------------------------------------------


@pytest.fixture
def manager():
    manager = FakeManager()
    yield manager
    manager.close()


def test_a_service_manager_is_told_of_the_start_of_reloads_and_of_the_stop(make_stoker, manager):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.start(environment={"NOTIFY_SOCKET": manager.address})
    ready = manager.wait("READY=1")
    assert ready[1].startswith("STATUS=")
    assert manager.messages() == [ready], "and no sign of life, which nobody asked for"

    stoker.write({"a": recorder("a"), "b": recorder("b")})
    before = time.monotonic_ns() // 1000
    stoker.process.send_signal(signal.SIGHUP)
    reloading = manager.wait("RELOADING=1")
    (at,) = [int(line.removeprefix("MONOTONIC_USEC=")) for line in reloading if line.startswith("MONOTONIC_USEC=")]
    assert before <= at <= time.monotonic_ns() // 1000
    manager.wait("READY=1", count=2)
    assert stoker.get("/services").json["total_services"] == 2, "ready means that it is in place"

    stoker.file.write_text("version: 1\nservices: {a: {comand: true}}\n")
    stoker.process.send_signal(signal.SIGHUP)
    manager.wait("RELOADING=1", count=2)
    manager.wait("READY=1", count=3)  # or the manager would wait for ever
    assert stoker.get("/services").json["total_services"] == 2

    assert stoker.stop() == 0
    stopping = manager.wait("STOPPING=1")
    assert manager.messages()[-1] == stopping


def test_ready_is_said_when_it_answers_and_takes_commands(make_stoker, manager):
    stoker = make_stoker(services={"a": recorder("a", hooks={"pre_start": "while ! [ -e open ]; do sleep 0.1; done"})})
    stoker.start(ready=False, environment={"NOTIFY_SOCKET": manager.address})
    manager.wait("READY=1")
    assert stoker.request("GET", "/-/healthy").status == 200
    (stoker.directory / "open").touch()
    stoker.wait_status("a", "running")


def test_one_that_cannot_start_says_nothing(make_stoker, manager):
    stoker = make_stoker(text="version: 1\nservices: {a: {comand: true}}\n")
    process = stoker.spawn("run", "--config", str(stoker.file), environment={"NOTIFY_SOCKET": manager.address})
    assert process.wait(50) == 65
    assert manager.messages() == []


def test_a_managers_watchdog_is_shown_a_sign_of_life_at_least_each_half_of_its_time(make_stoker, manager):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.through = ["sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh"]
    stoker.start(environment={"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "3000000"})
    manager.wait("WATCHDOG=1", count=4)
    times = [when for when, lines in manager.heard if "WATCHDOG=1" in lines]
    for earlier, later in zip(times, times[1:]):
        assert 0.5 < later - earlier < 3, "half of the time, and what a busy machine adds"
    assert sum(later - earlier for earlier, later in zip(times, times[1:])) < 3 * 2.2
    assert stoker.stop() == 0


def test_a_watchdog_that_is_another_processs_is_not_served(make_stoker, manager):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.start(environment={"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
    manager.wait("READY=1")
    assert stoker.stop() == 0
    manager.wait("STOPPING=1")
    assert not any("WATCHDOG=1" in lines for lines in manager.messages())


def test_services_hooks_and_probes_do_not_inherit_the_managers_socket(make_stoker, manager):
    names = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")
    look = "env > {0}.tmp && mv {0}.tmp {0}"
    stoker = make_stoker(
        services={
            "plain": recorder(
                "plain", hooks={"post_start": look.format("hook")}, health={"exec": {"command": look.format("probe")}, "interval": "1h"}
            ),
            "notifies": recorder("notifies", ready={"notify": "systemd"}, watchdog="1h"),
        }
    )
    stoker.through = ["sh", "-c", 'WATCHDOG_PID=$$ exec "$@"', "sh"]
    stoker.start(ready=False, environment={"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "60000000"})
    pid = wait_socket(stoker, "notifies")
    assert environment(pid)["NOTIFY_SOCKET"] != manager.address
    assert (environment(pid)["WATCHDOG_USEC"], environment(pid).get("WATCHDOG_PID")) == ("3600000000", None)
    tell(pid, "READY=1", "STATUS=a service's own")
    stoker.wait_status("notifies", "running")
    assert set(names).isdisjoint(environment(stoker.service("plain")["pid"]))
    for name in ("hook", "probe"):
        wait_for(name, (stoker.directory / name).exists)
        variables = [line.split("=")[0] for line in (stoker.directory / name).read_text().splitlines()]
        assert set(names).isdisjoint(variables) and "E2E_SERVICE" in variables
    assert not any("STATUS=a service's own" in lines for lines in manager.messages())


def test_when_stoker_dies_its_services_live_as_the_unit_has_it_and_the_next_takes_them_over(make_stoker, manager):
    """KillMode=process and Restart=always: the manager kills nothing but Stoker, and starts another."""
    stoker = make_stoker(services={"a": recorder("a")}).start(environment={"NOTIFY_SOCKET": manager.address})
    pid = stoker.service("a")["pid"]
    stoker.wait_starts("a")
    stoker.kill()
    assert alive(pid)
    stoker.start(environment={"NOTIFY_SOCKET": manager.address})
    manager.wait("READY=1", count=2)
    assert stoker.service("a")["pid"] == pid
    assert len(stoker.starts("a")) == 1


UNIT = ROOT / "examples" / "systemd" / "stoker.service"


def test_the_unit_file_says_what_stoker_needs():
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters=["="], comment_prefixes=["#"])
    unit.optionxform = str
    unit.read(UNIT)
    service = dict(unit["Service"])
    for key, value in {
        "Type": "notify",
        "NotifyAccess": "main",
        "KillMode": "process",
        "Delegate": "yes",
        "Restart": "always",
        "SuccessExitStatus": "10",
        "OOMPolicy": "continue",
    }.items():
        assert service[key] == value
    assert re.fullmatch(r"\d+", service["WatchdogSec"])
    assert service["ExecReload"] == "/bin/kill -HUP $MAINPID"
    command = shlex.split(service["ExecStart"])
    assert (pathlib.Path(command[0]).name, command[1:3]) == ("stoker", ["run", "--config"])
    assert unit["Install"]["WantedBy"] == "multi-user.target"


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")
def test_systemd_takes_the_unit_file_without_a_word():
    with tempfile.TemporaryDirectory() as folder:
        unit = pathlib.Path(folder) / UNIT.name
        unit.write_text(UNIT.read_text().replace("/usr/local/bin/stoker", str(STOKER)))
        result = subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True)
    # Before systemd 254 there was no DelegateSubgroup=, as the file itself says.
    complaints = [line for line in result.stderr.splitlines() if UNIT.name in line and "'DelegateSubgroup'" not in line]
    assert (result.returncode, complaints) == (0, [])
