"""`kill -9` of Stoker and a new start: never two of one service, and no stranger is harmed (rule 26)."""

import json
import random
import subprocess

import pytest

from harness import alive, end, marked, recorder, wait_for
from test_commands import check_no_doubles, no_doubles

NAMES = [f"s{number}" for number in range(8)]


def test_a_killed_stoker_and_a_new_start_never_leave_two(make_stoker):
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
        already = sum(len(stoker.starts(name)) for name in NAMES)
        moment = already + chance.randrange(len(NAMES) + 1)
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
    check_no_doubles(stoker)
    assert stoker.stop() in (0, 10)
    assert marked(stoker.mark) == []


def test_a_leftover_that_is_deaf_to_term_is_killed_before_its_successor_starts(make_stoker):
    stoker = make_stoker(services={"deaf": no_doubles("deaf", "exec sleep 1000", first="trap '' TERM") | {"stop": {"timeout": "1s"}}})
    stoker.start()
    stoker.wait_starts("deaf")
    (before,) = stoker.wait_instances("deaf", 1)
    stoker.kill()
    stoker.start()
    assert not alive(before)
    stoker.wait_instances("deaf", 1)
    check_no_doubles(stoker)


def test_while_leftovers_are_being_stopped_commands_are_put_off_and_signals_are_heard(make_stoker):
    stoker = make_stoker(
        services={
            "deaf": no_doubles("deaf", "exec sleep 1000", first="trap '' TERM") | {"stop": {"timeout": "1h"}},
            "plain": no_doubles("plain", "exec sleep 1000"),
        }
    )
    stoker.start()
    stoker.wait_starts("deaf")
    stoker.kill()
    stoker.start(ready=False)
    answer = wait_for("an answer", lambda: stoker.running() and stoker.post("/stop/plain"))
    assert (answer.status, answer.json["error"]) == (503, "starting"), answer
    assert stoker.request("GET", "/-/ready").status == 503
    assert stoker.stop() == 0, "the hour of the leftover's deadline is not waited for"
    stoker.wait_instances("deaf", 1)  # asked to end, still there, and the next Stoker's business


def test_services_live_on_when_stoker_is_killed_and_are_replaced_by_the_next(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b")}).start()
    before = {name: stoker.wait_instances(name, 1) for name in ("a", "b")}
    stoker.kill()
    for pids in before.values():
        assert alive(pids[0])
    stoker.start()
    for name, pids in before.items():
        assert not alive(pids[0])
        stoker.wait_instances(name, 1)
    assert "leftover" in stoker.output.read_text().lower() or "left over" in stoker.output.read_text().lower()


def test_leftovers_of_services_that_are_no_longer_in_the_file_are_stopped_too(make_stoker):
    stoker = make_stoker(services={"kept": recorder("kept"), "gone": recorder("gone")}).start()
    gone = stoker.wait_instances("gone", 1)
    stoker.kill()
    config = json.loads(stoker.file.read_text())
    del config["services"]["gone"]
    stoker.file.write_text(json.dumps(config))
    stoker.start()
    assert not alive(gone[0])


def test_leftovers_are_found_without_the_record(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    before = stoker.wait_instances("a", 1)
    stoker.kill()
    (stoker.state / "runtime.json").unlink()
    stoker.start()
    assert not alive(before[0])
    stoker.wait_instances("a", 1)


@pytest.mark.parametrize("content", [b"", b"{", b"\0" * 100, b"[1,2,3]", b'{"version":99}'], ids=["empty", "torn", "zeros", "foreign", "newer"])
def test_a_damaged_record_is_no_obstacle(make_stoker, content):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    before = stoker.wait_instances("a", 1)
    stoker.kill()
    (stoker.state / "runtime.json").write_bytes(content)
    stoker.start()
    assert not alive(before[0])
    stoker.wait_instances("a", 1)


def test_a_stranger_with_the_pid_of_a_dead_service_is_left_alone(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    (pid,) = stoker.wait_instances("a", 1)
    stoker.kill()
    end([pid])
    stranger = subprocess.Popen(["sleep", "1000"], start_new_session=True)
    try:
        record = stoker.state / "runtime.json"
        text = record.read_text()
        assert str(pid) in text
        record.write_text(text.replace(str(pid), str(stranger.pid)))
        stoker.start()
        assert stranger.poll() is None, "its start time is another"
        stoker.wait_instances("a", 1)
    finally:
        stranger.kill()
        stranger.wait()


def test_ten_stops_and_starts_in_a_row_always_bind_again(make_stoker):
    stoker = make_stoker(services={"a": {"command": ["sleep", "1000"]}})
    for _ in range(10):
        stoker.start()
        assert stoker.request("GET", "/metrics").status == 200
        assert stoker.stop() == 0
