"""No room where Stoker keeps its state: it supervises on, says so and counts it, and writes again when there is room."""

import contextlib
import os
import subprocess

import pytest

from harness import alive, recorder, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems, which only root may")


@pytest.fixture
def small_state(make_stoker):
    """Makes Stokers whose state directory is a file system of 4 MiB."""
    mounted = []

    def make(**arguments):
        stoker = make_stoker(**arguments)
        stoker.state.mkdir(mode=0o700)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "none", stoker.state], check=True)
        mounted.append(stoker)
        return stoker

    yield make
    for stoker in mounted:
        stoker.finish()
        subprocess.run(["umount", "--lazy", stoker.state], check=True)


def fill(stoker):
    """Takes all the room there is, to the last byte."""
    with open(stoker.state / "filler", "ab", buffering=0) as file:
        for size in (65536, 4096, 1):
            with contextlib.suppress(OSError):
                while file.write(bytes(size)):
                    pass


def restart(stoker):
    assert stoker.post("/restart/a").status == 200


def usable(stoker):
    return stoker.metric("stoker_journal_usable") == 1


# scenarios 35 and 69
def test_a_disk_that_is_full_takes_nothing_that_was_durable_and_is_written_again_when_there_is_room(small_state):
    stoker = small_state(services={"a": recorder("a"), "b": recorder("b"), "off": recorder("off", critical=False)}).start()
    restart(stoker)
    stoker.wait_starts("off")
    assert stoker.post("/stop/off").status == 200
    wait_for("the first end", lambda: [run["outcome"] for run in stoker.history("a")] == ["open", "ended"])
    stoker.wait_written()
    durable = stoker.history("a")
    assert usable(stoker) and stoker.metric("stoker_journal_errors_total") == 0

    fill(stoker)
    for _ in range(3):
        restart(stoker)
    stoker.wait_said("the journal is not written, Stoker runs on without it")
    wait_for("it to be counted", lambda: stoker.metric("stoker_journal_errors_total") >= 1 and not usable(stoker))
    wait_for("what waits in memory to be shown", lambda: [run["outcome"] for run in stoker.history("a")] == ["open"] + ["ended"] * 4)
    assert stoker.metric("stoker_journal_pending_records") > 0
    assert stoker.get("/service/a/history").json["complete"] is False
    assert stoker.request("GET", "/-/ready").status == 200

    # Another Stoker finds the disk as full.
    pids = {name: stoker.service(name)["pid"] for name in ("a", "b")}
    stoker.kill()
    stoker.start()
    assert {name: stoker.service(name)["pid"] for name in pids} == pids, "found by its environment, if the record was not written"
    assert stoker.service("off")["status"] == "stopped", "what people want was durable"
    assert stoker.service("a")["restart_count"] == 4, "the counters are not on this disk"
    assert len(stoker.starts("off")) == 1
    kept = [run for run in stoker.history("a") if run["run"] <= durable[0]["run"]]
    assert kept[1:] == durable[1:] and kept[0]["pid"] == durable[0]["pid"]
    restart(stoker)
    wait_for("it to be counted", lambda: stoker.metric("stoker_journal_errors_total") >= 1 and not usable(stoker))

    (stoker.state / "filler").unlink()
    wait_for("it to be written again", lambda: usable(stoker))
    stoker.wait_said("the journal is written again")
    stoker.wait_written()
    newest = stoker.history("a")[0]
    stoker.kill()
    assert all(alive(pid) for pid in stoker.instances("b"))
    stoker.start()
    again = stoker.history("a")
    assert again[0] == newest and again[-1] == durable[-1]
    assert stoker.stop() == 0


# scenario 69
def test_a_stoker_that_begins_on_a_full_disk_supervises_all_the_same(small_state):
    stoker = small_state(services={"a": recorder("a")})
    (stoker.state / "lock").touch(0o600)
    fill(stoker)
    stoker.start()
    restart(stoker)
    stoker.wait_instances("a", 1)
    wait_for("it to be counted", lambda: stoker.metric("stoker_journal_errors_total") >= 1 and not usable(stoker))
    stoker.wait_said("the journal is not written, Stoker runs on without it")
    assert len(stoker.history("a")) == 2
    pid = stoker.service("a")["pid"]
    stoker.kill()
    stoker.start()
    assert stoker.service("a")["pid"] == pid, "nothing was written down of it but its environment"
    (stoker.state / "filler").unlink()
    wait_for("it to be written", lambda: usable(stoker))
    restart(stoker)
    stoker.wait_written()
    assert stoker.stop() == 0
    stoker.start()
    assert stoker.service("a")["restart_count"] == 2


# scenario 69
def test_a_state_directory_that_is_read_only_is_refused_in_one_sentence_since_nobody_could_hold_it(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    (pid,) = stoker.wait_instances("a", 1)
    stoker.kill()
    subprocess.run(["mount", "--bind", stoker.state, stoker.state], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", stoker.state], check=True)
        result = stoker.command("run", "--config", str(stoker.file))
        assert result.returncode == 73
        assert str(stoker.state) in result.stderr and "Read-only file system" in result.stderr
        assert stoker.instances("a") == [pid], "nothing is started, nothing is stopped"
    finally:
        subprocess.run(["umount", stoker.state], check=True)
    stoker.start()
    assert stoker.service("a")["pid"] == pid
