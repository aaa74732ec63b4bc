"""`kill -9` of Stoker and a new start: what runs is taken over, there are never two of one, and no stranger is harmed (rule 26)."""

import fcntl
import json
import os
import pathlib
import random
import signal
import socket
import stat
import subprocess

import pytest

from harness import UnixConnection, alive, end, http_request, marked, recorder, wait_for
from test_commands import check_no_doubles, no_doubles

NAMES = [f"s{number}" for number in range(8)]
LOCKED = 75


def without(stoker, *names):
    """Takes services out of the file."""
    config = json.loads(stoker.file.read_text())
    for name in names:
        del config["services"][name]
    stoker.file.write_text(json.dumps(config))


# scenarios 67 a to c
def test_a_stoker_that_is_killed_while_it_starts_and_a_new_one_never_leave_two(make_stoker):
    seed = random.randrange(1 << 32)
    print("seed", seed)  # shown if the test fails
    chance = random.Random(seed)
    services = {name: no_doubles(name, "exec sleep 1000") for name in NAMES}
    services["s1"]["depends_on"] = ["s0"]
    services["s2"] = no_doubles("s2", "sleep 1000 & sleep 1000 & wait")  # with members
    services["s3"] = no_doubles("s3", "setsid sleep 1000 & exec sleep 1000")  # with one that left the session
    stoker = make_stoker(services=services)
    for _ in range(5):
        stoker.start(ready=False)
        # At a random moment of the start: from before the first service to after the last.
        moment = chance.randrange(len(NAMES) + 1)
        wait_for("some starts", lambda: stoker.running() and sum(len(stoker.starts(name)) for name in NAMES) >= moment)
        stoker.kill()
    stoker.start()

    def one_of_each():
        services = stoker.get("/services").json["services"]
        for name in NAMES:
            assert services[name]["status"] == "running", (name, services[name])
            expected = {"s2": 3, "s3": 2}.get(name, 1)
            if len(stoker.instances(name)) != expected:
                raise ValueError((name, stoker.instances(name)))
        return True

    wait_for("one of each", one_of_each)
    for name in NAMES:
        assert len(stoker.starts(name)) == 1, "what was started once was taken over ever after"
        assert stoker.service(name)["pid"] == stoker.starts(name)[0][1]
        assert stoker.service(name)["restart_count"] == 0
    check_no_doubles(stoker)
    assert stoker.stop() in (0, 10)
    assert marked(stoker.mark) == []


# scenario 67 a, b
def test_services_live_on_when_stoker_is_killed_and_the_next_goes_on_with_them(make_stoker):
    stoker = make_stoker(services={name: recorder(name) for name in ("a", "b")}).start()
    before = {name: stoker.service(name)["pid"] for name in ("a", "b")}
    for name in before:
        stoker.wait_starts(name)
    stoker.kill()
    assert all(map(alive, before.values()))
    stoker.start()
    for name, pid in before.items():
        service = stoker.service(name)
        assert (service["pid"], service["status"], service["health"], service["restart_count"]) == (pid, "running", "healthy", 0)
        assert stoker.instances(name) == [pid] and len(stoker.starts(name)) == 1
    stoker.wait_said("a: adopted from an earlier Stoker, pid")
    assert stoker.stop() == 0, "they end as others do"
    assert not any(map(alive, before.values()))


def test_a_child_that_is_held_up_before_its_program_does_not_keep_the_next_stoker_from_starting(make_stoker):
    """The owner of a program can stop the child that is about to execute it, and such a child still has the lock."""
    stoker = make_stoker(services={"a": recorder("a")}).start()
    pid = stoker.service("a")["pid"]
    stoker.kill()
    descriptor = os.open(stoker.state / "lock", os.O_RDWR)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    child = subprocess.Popen(["sleep", "1000"], pass_fds=[descriptor])
    os.close(descriptor)
    try:
        stoker.start()
        assert child.wait() == -signal.SIGKILL
    finally:
        child.kill()
    assert stoker.service("a")["pid"] == pid


def test_services_that_are_no_longer_in_the_file_are_stopped(make_stoker):
    stoker = make_stoker(services={"kept": recorder("kept"), "gone": no_doubles("gone", "setsid sleep 1000 & exec sleep 1000")}).start()
    (kept,) = stoker.wait_instances("kept", 1)
    gone = stoker.wait_instances("gone", 2)
    stoker.kill()
    without(stoker, "gone")
    stoker.start()
    assert not any(map(alive, gone))
    assert stoker.service("kept")["pid"] == kept and alive(kept)
    stoker.wait_said("gone: left over from an earlier Stoker")


def test_while_leftovers_are_being_stopped_commands_are_put_off_and_signals_are_heard(make_stoker):
    stoker = make_stoker(
        services={"deaf": no_doubles("deaf", "exec sleep 1000", first="trap '' TERM"), "plain": no_doubles("plain", "exec sleep 1000")}
    ).start()
    stoker.wait_starts("deaf")
    stoker.kill()
    without(stoker, "deaf")
    stoker.start(ready=False)
    answer = wait_for("an answer", lambda: stoker.running() and stoker.post("/stop/plain"))
    assert (answer.status, answer.json["error"]) == (503, "starting"), answer
    assert stoker.request("GET", "/-/ready").status == 503
    assert stoker.stop() == 0, "the leftover's deadline is not waited for"
    stoker.wait_instances("deaf", 1)  # asked to end, still there, and the next Stoker's business
    assert not stoker.instances("plain"), "adopted, and part of the full stop"
    record = json.loads((stoker.state / "runtime.json").read_text())
    assert [running["name"] for running in record["running"]] == ["deaf"], "the next Stoker can prove that it is ours"
    stoker.wait_said("is not waited for; the next Stoker stops it")


def test_a_reload_while_leftovers_are_being_stopped_waits_and_loses_nothing(make_stoker):
    stoker = make_stoker(
        services={"deaf": no_doubles("deaf", "exec sleep 1000", first="trap '' TERM"), "plain": no_doubles("plain", "exec sleep 1000"), "other": recorder("other")}
    ).start()
    stoker.wait_starts("deaf")
    assert stoker.post("/restart/plain").status == 200
    (plain,) = stoker.wait_instances("plain", 1)
    stoker.kill()
    without(stoker, "deaf")
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.post("/stop/plain").status == 503)
    without(stoker, "plain")
    stoker.process.send_signal(signal.SIGHUP)
    wait_for("the signal to be taken", lambda: "ShdPnd:\t0000000000000000" in pathlib.Path(f"/proc/{stoker.process.pid}/status").read_text())
    assert stoker.post("/stop/plain").status == 503
    assert stoker.instances("plain") == [plain], "nothing is removed before it is taken over"
    for pid in stoker.instances("deaf"):
        os.kill(pid, signal.SIGKILL)
    stoker.wait_said("plain: removed")
    wait_for("the end of plain", lambda: not stoker.instances("plain"))


def forged(stoker, change):
    """Makes another record of `runtime.json`."""
    path = stoker.state / "runtime.json"
    record = json.loads(path.read_text())
    change(record)
    path.write_text(json.dumps(record))


# scenario 69
@pytest.mark.parametrize(
    "content",
    [None, b"", b'{"running":[{"na', b"\0" * 100, b"[1,2,3]", b'{"version":99,"running":[]}', b'{"version":2,"running":[]}'],
    ids=["missing", "empty", "torn", "zeros", "foreign", "newer", "forgetful"],
)
def test_a_damaged_record_is_no_obstacle_to_taking_over(make_stoker, content):
    services = {"a": recorder("a"), "family": no_doubles("family", "setsid sleep 1000 & exec sleep 1000")}
    stoker = make_stoker(services=services).start()
    (pid,) = stoker.wait_instances("a", 1)
    family = set(stoker.wait_asleep("family", 2))
    leader = stoker.service("family")["pid"]
    stoker.kill()
    path = stoker.state / "runtime.json"
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    stoker.start()
    assert stoker.service("a")["pid"] == pid and stoker.instances("a") == [pid], "found by its environment"
    assert stoker.service("family")["pid"] == leader and set(stoker.instances("family")) == family
    check_no_doubles(stoker)
    assert stoker.stop() == 0
    assert marked(stoker.mark) == []
    assert ("going on without it" in stoker.output.read_text()) == (content not in (None, b'{"version":2,"running":[]}'))


# scenario 1
def test_a_stranger_with_the_pid_of_a_dead_service_is_left_alone(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart={"backoff": {"base": "10ms"}})}).start()
    (pid,) = stoker.wait_instances("a", 1)
    stoker.wait_recorded("a")
    stoker.kill()
    end([pid])
    stranger = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:

        def change(record):
            assert record["running"][0]["pid"] == pid
            record["running"][0]["pid"] = stranger.pid

        forged(stoker, change)
        stoker.start()
        now = stoker.wait_status("a", "running")["pid"]
        assert stoker.wait_instances("a", 1) == [now] != [stranger.pid]
        assert stoker.stop() == 0
        assert stranger.poll() is None, "its start time is another"
    finally:
        stranger.kill()
        stranger.wait()


# scenario 1
@pytest.mark.parametrize("name", ["a", "gone"], ids=["of a service", "of one that is no longer in the file"])
def test_the_record_of_another_boot_names_nobody_of_ours(make_stoker, name):
    stoker = make_stoker(services={"a": recorder("a", restart={"backoff": {"base": "10ms"}})}).start()
    (pid,) = stoker.wait_instances("a", 1)
    stoker.wait_recorded("a")
    stoker.kill()
    end([pid])
    stranger = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        with open(f"/proc/{stranger.pid}/stat") as file:
            began = int(file.read().rsplit(")", 1)[1].split()[19])
        boot = "0" * 8 + "-0000-4000-8000-" + "0" * 12

        def change(record):
            record["running"][0] |= {"pid": stranger.pid, "startTime": began, "bootID": boot, "name": name}

        forged(stoker, change)
        stoker.start()
        assert stoker.wait_status("a", "running")["pid"] != stranger.pid
        assert stoker.stop() == 0
        assert stranger.poll() is None, "its pid and start time are right, but they count from another boot"
    finally:
        stranger.kill()
        stranger.wait()


# scenario 68
def test_a_second_stoker_is_refused_and_the_first_goes_on_answering_at_its_socket(make_stoker):
    first = make_stoker(services={"a": recorder("a"), "b": recorder("b")}).start()
    pids = {name: first.service(name)["pid"] for name in ("a", "b")}
    first.wait_recorded(*pids)
    record = (first.state / "runtime.json").read_bytes()
    second = make_stoker(name="second", services={"c": recorder("c")}, supervisor={"state_dir": str(first.state)})
    for _ in range(3):
        result = second.command("run", "--config", str(second.file))
        assert result.returncode == LOCKED, result.stderr
        assert str(first.process.pid) in result.stderr
    assert second.starts("c") == []
    answer = http_request(first.state / "stoker.sock", "GET", "/api/orchestration/services")
    assert {name: service["pid"] for name, service in answer.json["services"].items()} == pids
    assert (first.state / "runtime.json").read_bytes() == record
    assert {name: first.instances(name) for name in pids} == {name: [pid] for name, pid in pids.items()}
    assert first.post("/restart/a").status == 200, "it still commands them"
    # Nor did that one take anything with it that the next needs to take over.
    first.kill()
    first.start()
    assert first.service("b")["pid"] == pids["b"]


# scenario 68
def test_the_socket_of_a_killed_stoker_is_replaced(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    path = stoker.state / "stoker.sock"
    stoker.kill()
    stale = os.lstat(path)
    assert stat.S_ISSOCK(stale.st_mode)
    with pytest.raises(ConnectionRefusedError):
        UnixConnection(path, 5).connect()
    stoker.start()
    assert http_request(path, "GET", "/-/healthy").status == 200
    assert stat.S_IMODE(os.lstat(path).st_mode) == 0o600


# scenario 68
def test_a_socket_at_which_somebody_listens_is_not_taken_away(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.state.mkdir(mode=0o700)
    path = stoker.state / "stoker.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        result = stoker.command("run", "--config", str(stoker.file))
        assert result.returncode == 69, result.stderr
        assert str(path) in result.stderr
        assert stoker.starts("a") == []
        UnixConnection(path, 5).connect()
        assert other.accept(), "it is there as before"


# scenario 11
def test_ten_stops_and_starts_in_a_row_always_bind_again(make_stoker):
    stoker = make_stoker(services={"a": {"command": ["sleep", "1000"]}})
    for _ in range(10):
        stoker.start()
        assert stoker.request("GET", "/metrics").status == 200
        assert stoker.stop() == 0


def test_what_a_reload_has_switched_off_is_off_for_a_successor_too(make_stoker):
    """A reload publishes everything anew, and that reaches the ledger before it is seen."""
    broken = recorder("a", then="exit 1", restart={"max_attempts": 0})
    stoker = make_stoker(services={"a": broken, "b": recorder("b")}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("a", "failed"))
    stoker.reload({"a": broken | {"enabled": False}, "b": recorder("b")})
    stoker.wait_status("a", "stopped")
    stoker.kill()
    stoker.start()
    assert stoker.service("a")["status"] == "stopped"
