"""Too few descriptors: said before anything is started, or everything works; and when they run out later, nothing ends and nothing spins."""

import contextlib
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess

import pytest

from harness import API, DEADLINE, http_request, marked, recorder, runtime_of, wait_for, unified
from notifying import notifier

STEP = int(os.environ.get("DESCRIPTOR_STEP", "120"))  # `make descriptors` has more
TOO_FEW = 71
SENTENCE = re.compile(r"stoker: 10 services need (\d+) descriptors with what Stoker itself needs, and its limit is (\d+): raise it to \1 at least, .*; nothing was started\n")


def services(health):
    """Ten services, with everything that takes a descriptor."""
    often = {"interval": "200ms"}
    return {
        "plain": recorder("plain"),
        "talks": recorder("talks", then="while :; do echo here; sleep 0.1; done"),
        "direct": recorder("direct", then="while :; do echo here; sleep 0.1; done", log={"mode": "direct"}),
        "notifies": notifier("notifies"),
        "tells": recorder("tells", then="echo >&3; exec sleep 1000", ready={"notify": "s6"}),
        "http": recorder("http", health={"http": {"url": health.url}, **often}),
        "tcp": recorder("tcp", health={"tcp": {"address": f"localhost:{health.server.server_port}"}, **often}),
        "exec": recorder("exec", health={"exec": {"command": ["true"]}, **often}),
        "file": recorder("file", health={"file": {"path": "/dev/null"}, **often}),
        "hooked": recorder("hooked", hooks={"pre_start": ["true"], "post_stop": ["true"]}),
    }


@pytest.fixture
def make_ten(make_stoker, health_server):
    def make(name="node"):
        return make_stoker(name, services=services(health_server()))

    return make


def descriptors(stoker):
    return {int(name) for name in os.listdir(f"/proc/{stoker.process.pid}/fd")}


def start(stoker, limit):
    stoker.popen["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    return stoker.start(ready=False)


def all_well(stoker):
    return stoker.running() and {name for name, entry in stoker.get("/health").json["services"].items() if entry["status"] == "healthy"} == {
        "plain", "talks", "direct", "notifies", "tells", "http", "tcp", "exec", "file", "hooked",
    }  # fmt: skip


def check_refused(stoker, limit):
    """One sentence and nothing else. Returns what is needed."""
    assert stoker.process.wait(DEADLINE) == TOO_FEW
    said = SENTENCE.fullmatch(stoker.output.read_text())
    assert said, stoker.output.read_text()
    needed = int(said[1])
    assert int(said[2]) == limit < needed
    assert not stoker.state.exists()
    assert not runtime_of(stoker.state).exists()
    assert marked(stoker.mark) == []
    return needed


def check_works(stoker):
    """Everything: checks, logs, both listeners, the journal, a reload, a restart, the full stop."""
    wait_for("all to be well", lambda: all_well(stoker))
    wait_for("its log", lambda: "here" in stoker.get("/service/direct/logs").text and "here" in stoker.get("/service/talks/logs").text)
    assert stoker.metric("stoker_journal_usable") == 1
    assert http_request(stoker.state / "stoker.sock", "GET", API + "/services").status == 200
    assert stoker.post("/reload").status == 200
    for name in ("http", "hooked"):
        assert stoker.post(f"/restart/{name}").status == 200
        stoker.wait_starts(name, 2)
    wait_for("all to be well", lambda: all_well(stoker))
    assert len(stoker.history("http")) == 2
    assert "EMFILE" not in stoker.output.read_text(), stoker.output.read_text()
    assert stoker.stop() == 0
    assert marked(stoker.mark) == []


def test_a_limit_is_said_to_be_too_low_or_everything_works(make_ten):
    needed = None
    for limit in range(40, 401, STEP):
        stoker = start(make_ten(f"with {limit}"), limit)
        if needed is None or limit < needed:
            needed = check_refused(stoker, limit)
        else:
            check_works(stoker)
    check_refused(start(make_ten("one less"), needed - 1), needed - 1)
    check_works(start(make_ten("enough"), needed))


def test_a_reload_that_needs_more_than_there_are_changes_nothing(make_ten):
    stoker = make_ten()
    needed = check_refused(start(stoker, 40), 40)
    stoker.output.unlink()
    start(stoker, needed)
    wait_for("all to be well", lambda: all_well(stoker))
    text = stoker.file.read_text()
    stoker.file.write_text(text.replace('"plain": {', '"more": {"command": "exec sleep 1000"}, "plain": {'))
    answer = stoker.post("/reload")
    assert answer.status == 400 and "11 services need" in answer.text, answer.text
    assert all_well(stoker)
    assert stoker.stop() == 0


def processor_time(stoker):
    fields = pathlib.Path(f"/proc/{stoker.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def set_limit(stoker, limit, hard=""):
    subprocess.run(["prlimit", f"--pid={stoker.process.pid}", f"--nofile={limit}:{hard}"], check=True)


@contextlib.contextmanager
def crowd(stoker):
    """More connections than can be accepted; the kernel answers for the rest."""
    with contextlib.ExitStack() as clients:
        for _ in range(20):
            client = clients.enter_context(socket.create_connection(("127.0.0.1", stoker.port), timeout=DEADLINE))
            client.sendall(b"GET / HTTP/1.1\r\n")
        yield


def test_a_hard_limit_that_is_lowered_while_there_is_enough_disturbs_nobody(make_stoker):
    check = {"exec": {"command": "true"}, "interval": "100ms", "start_interval": "100ms", "failure_threshold": 1}
    stoker = make_stoker(services={"dao": recorder("dao", health=check)}).start()
    wait_for("its health", lambda: stoker.health("dao") == "healthy")
    checks = lambda: stoker.metric("stoker_health_checks_total", name="dao")  # noqa: E731
    limit = len(descriptors(stoker)) + 100
    set_limit(stoker, limit, limit)
    before = checks()
    wait_for("further checks", lambda: checks() > before + 5)
    assert (stoker.health("dao"), stoker.service("dao")["restart_count"]) == ("healthy", 0)
    assert stoker.post("/restart/dao").status == 200
    stoker.wait_starts("dao", 2)
    pid = stoker.service("dao")["pid"]
    assert f"{limit} " in pathlib.Path(f"/proc/{pid}/limits").read_text().partition("Max open files")[2].partition("\n")[0]
    assert stoker.stop() == 0


def test_each_shortage_is_said_although_a_service_that_was_not_checked_has_ended(make_stoker):
    check = {"exec": {"command": "true"}, "interval": "100ms", "start_interval": "100ms"}
    services = {
        "ends": {"command": "exec sleep 1000", "health": check, "restart": {"policy": "never"}},
        "stays": {"command": "while sleep 0.1; do echo here; done", "health": check, "log": {"mode": "direct"}},
    }
    stoker = make_stoker(services=services).start()
    wait_for("both to be well", lambda: all(stoker.health(name) == "healthy" for name in services))
    pid = stoker.service("ends")["pid"]
    short = lambda: stoker.output.read_text().count("checks cannot be made, and health stays as it is: ")  # noqa: E731
    over = lambda: stoker.output.read_text().count("checks are made again")  # noqa: E731
    # What is written meanwhile marks the time: ten lines a second.
    lines = lambda: (stoker.state / "logs" / "stays.log").read_text().count("here")  # noqa: E731
    for is_first in (True, False):
        used, before = len(descriptors(stoker)), short()
        # One by one, so that each descriptor of a check is the one that is missing for a while.
        for limit in range(used + 4, used - 6, -1):
            set_limit(stoker, limit)
            at = lines()
            wait_for("four lines", lambda at=at: lines() >= at + 4)
        # At the edge the checks of the two take turns; below it none is made.
        assert short() == over() + 1 > before
        if is_first:
            os.kill(pid, signal.SIGKILL)
            stoker.wait_said("ends: failed")
        set_limit(stoker, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        wait_for("checks again", lambda: over() == short())
    place = unified(stoker.service("stays")["pid"])
    if place and place[0].endswith("/service-stays/main"):
        wait_for("the cgroups of checks to be gone", lambda: len(list((place[1].parent / "commands").glob("*/"))) <= 1)
    assert stoker.stop() == 0


@pytest.mark.parametrize("spare", [4, -8])
def test_descriptors_that_run_out_cost_checks_and_connections_and_nothing_else(make_ten, spare):
    stoker = make_ten().start()
    wait_for("all to be well", lambda: all_well(stoker))
    before = {name: entry["pid"] for name, entry in stoker.services().items()}
    limit = len(descriptors(stoker)) + spare
    set_limit(stoker, limit)
    with crowd(stoker):
        stoker.wait_said("checks cannot be made, and health stays as it is: ")
        # What is written meanwhile marks the time: ten lines a second.
        lines = lambda: (stoker.state / "logs" / "direct.log").read_text().count("here")  # noqa: E731
        at, used = lines(), processor_time(stoker)
        wait_for("thirty lines", lambda: stoker.running() and lines() >= at + 30)
        assert processor_time(stoker) - used < 1.5, "a core spins"
    set_limit(stoker, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    stoker.wait_said("checks are made again")
    wait_for("all to be well", lambda: all_well(stoker))
    assert {name: entry["pid"] for name, entry in stoker.services().items()} == before
    os.kill(before["plain"], signal.SIGKILL)
    stoker.wait_starts("plain", 2)
    stoker.wait_written()
    set_limit(stoker, len(descriptors(stoker)) + spare)
    with crowd(stoker):
        assert stoker.stop() == 0
    assert marked(stoker.mark) == []
