"""The journal: what happened to each service, over restarts of Stoker and whatever becomes of the file."""

import os
import signal
import sqlite3
import subprocess
import time

import pytest

from harness import recorder, wait_for

SOON = {"base": "10ms"}
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts file systems, which only root may")


def ended(stoker, name, count=1):
    """The runs of a service, newest first, once so many of them have ended."""

    def runs():
        found = stoker.history(name)
        return found if sum(run["outcome"] != "open" for run in found) >= count else None

    return wait_for(f"{count} ends of {name} in its history", runs)


def kill_and_start(stoker):
    stoker.kill()
    return stoker.start()


def stop_and_start(stoker):
    assert stoker.stop() == 0
    return stoker.start()


both_ends = pytest.mark.parametrize("again", [stop_and_start, kill_and_start], ids=["a clean restart", "kill -9"])


# -- the history -----------------------------------------------------------------------------------------------------------


@both_ends
def test_the_history_tells_cause_end_time_and_last_words_and_outlives_stoker(make_stoker, again):
    then = "echo one; echo two >&2; [ $(wc -l < crash.starts) -gt 2 ] && exec sleep 1000; exit 7"
    stoker = make_stoker(
        services={
            "crash": recorder("crash", then=then, restart={"backoff": SOON}),
            "shot": recorder("shot", then="while [ ! -e go ]; do sleep 0.02; done; echo bang; kill -SEGV $$", restart={"policy": "never"}),
            "absent": {"command": ["/nonexistent/program"], "restart": {"max_attempts": 1, "backoff": SOON}},
            "unready": recorder("unready", then="exit 0", ready={"notify": "s6"}, restart={"policy": "never"}),
            "hooked": recorder("hooked", hooks={"pre_start": "echo no; exit 9"}, restart={"policy": "never"}),
        }
    ).start()
    stoker.wait_status("shot", "running")
    begin = time.monotonic()
    third = wait_for("a third run", lambda: stoker.service("crash")["restart_count"] == 2 and stoker.wait_status("crash", "running"))
    lived = time.monotonic() - begin
    (stoker.directory / "go").touch()
    for name in ("shot", "absent", "unready", "hooked"):
        stoker.wait_status(name, "failed")
    known = {name: ended(stoker, name, count) for name, count in (("crash", 2), ("shot", 1), ("absent", 2), ("unready", 1), ("hooked", 1))}

    assert [run["outcome"] for run in known["crash"]] == ["open", "ended", "ended"], "newest first"
    assert known["crash"][0]["pid"] == third["pid"]
    assert [run["restart_reason"] for run in known["crash"]] == ["exit", "exit", None]
    first = known["crash"][2]
    assert "started with Stoker" in first["cause"]
    assert (first["exit_code"], first["exit_signal"], first["end_cause"]) == (7, None, "exited with code 7")
    assert sorted(first["last_lines"]) == ["one", "two"]
    assert 0 <= first["run_seconds"] < 60 and first["started_at"] <= first["ended_at"]
    assert [run["run"] for run in known["crash"]] == sorted({run["run"] for run in known["crash"]}, reverse=True)
    (shot,) = known["shot"]
    assert (shot["exit_code"], shot["exit_signal"], shot["last_lines"]) == (None, signal.SIGSEGV, ["bang"])
    assert lived <= shot["run_seconds"] < lived + 60
    for failure in known["absent"]:
        assert (failure["outcome"], failure["stage"]) == ("start_failed", "spawn") and "No such file" in failure["error"]
    assert (known["hooked"][0]["outcome"], known["hooked"][0]["stage"]) == ("start_failed", "hook") and "9" in known["hooked"][0]["error"]
    assert known["unready"][0]["outcome"] == "ended" and known["unready"][0]["exit_code"] == 0

    stoker.wait_written()
    again(stoker)
    for name, runs in known.items():
        old = [run for run in stoker.history(name) if run["run"] <= runs[0]["run"]]
        if name == "crash":
            # The run that was open has gone on, or was stopped with the rest.
            assert old[0]["outcome"] == ("open" if again is kill_and_start else "ended")
            old, runs = old[1:], runs[1:]
        assert old == runs, name
    runs = [run["run"] for run in stoker.history("crash")]
    assert runs == sorted(set(runs), reverse=True) and len(runs) == (3 if again is kill_and_start else 4), "runs are numbered on"


def test_who_asked_for_a_start_and_a_stop_is_in_the_history(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    assert stoker.command("restart", "a", "--config", str(stoker.file)).returncode == 0
    assert stoker.post("/stop/a").status == 200
    second, first = ended(stoker, "a", 2)
    assert first["cause"] == "started with Stoker" and first["exit_signal"] == signal.SIGTERM
    assert second["restart_reason"] == "manual" and "command line" in second["cause"]
    assert "api 127.0.0.1" in second["end_cause"] or "SIGTERM" in second["end_cause"]


def test_the_history_can_be_asked_for_in_part_and_wrong_questions_are_answered(make_stoker):
    services = {"a": recorder("a", then="exit 1", restart={"max_attempts": 4, "backoff": {**SOON, "factor": 1}})}
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("a", "failed"))
    runs = ended(stoker, "a", 5)
    assert len(runs) == 5
    assert stoker.history("a", "?limit=2") == runs[:2]
    assert stoker.history("a", "?limit=1000") == runs
    for wrong in ("0", "-1", "1001", "many", "", "1.5", "99999999999999999999"):
        answer = stoker.get(f"/service/a/history?limit={wrong}")
        assert answer.status == 400 and "limit" in answer.json["message"], wrong
    unknown = stoker.get("/service/b/history")
    assert (unknown.status, unknown.json["error"]) == (404, "service_not_found")
    assert stoker.post("/service/a/history").status == 405
    assert stoker.get("/service/a/history").json["complete"] is True


@both_ends
def test_uptime_and_counts_outlive_stoker(make_stoker, health_server, again):
    server = health_server()
    check = {"http": {"url": server.url}, "interval": "50ms", "start_interval": "50ms", "failure_threshold": 1000}
    stoker = make_stoker(services={"a": recorder("a", health=check)}).start()
    stoker.wait_health("a", "healthy")
    server.status = 500

    def uptime():
        return stoker.get("/health").json["services"]["a"]

    wait_for("some failures", lambda: uptime()["uptime_1h"] < 90)
    server.status = 200
    stoker.post("/restart/a")
    count = stoker.service("a")["restart_count"]
    assert count == 1
    stoker.wait_written()
    before = uptime()
    server.status = 200
    again(stoker)
    for window in ("uptime_1h", "uptime_24h", "uptime_7d"):
        assert abs(uptime()[window] - before[window]) < 20 and uptime()[window] < 100, "it goes on from where it was"
    assert stoker.service("a")["restart_count"] == count
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="manual") == 1
    ratio = stoker.metric("stoker_service_uptime_ratio", name="a", window="7d")
    assert 0 < ratio < 1


# -- what can become of its file -------------------------------------------------------------------------------------------


def database(stoker):
    return stoker.state / "stoker.sqlite"


def usable(stoker):
    return stoker.metric("stoker_journal_usable")


def remembered(make_stoker):
    """A Stoker that was stopped and has something to remember: two ends of `a`, and that `b` is not wanted."""
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b")}).start()
    assert stoker.post("/restart/a").status == 200
    stoker.wait_starts("b")
    assert stoker.post("/stop/b").status == 200
    ended(stoker, "a")
    stoker.wait_written()
    assert stoker.stop() == 0
    return stoker


def check_that_it_works(stoker):
    """Services run, and are commanded, whatever the journal does."""
    count = len(stoker.starts("a"))
    assert stoker.post("/restart/a").status == 200
    stoker.wait_starts("a", count + 1)
    assert stoker.service("a")["pid"] in [run["pid"] for run in stoker.history("a")], "at least what is in memory"


DAMAGE = {
    "torn": lambda path: os.truncate(path, path.stat().st_size // 2 + 100),
    "no database": lambda path: path.write_bytes(b"all work and no play " * 1000),
    "zeros": lambda path: path.write_bytes(bytes(20_000)),
    "short": lambda path: path.write_bytes(b"SQLite"),
    "holes": lambda path: path.write_bytes(path.read_bytes()[:4096] + b"\xff" * (path.stat().st_size - 4096)),
}


# scenario 69
@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE.keys())
def test_a_damaged_journal_is_set_aside_and_a_new_one_begun(make_stoker, damage):
    stoker = remembered(make_stoker)
    damage(database(stoker))
    damaged = database(stoker).read_bytes()
    stoker.start()
    stoker.wait_said("the journal was damaged")
    check_that_it_works(stoker)
    wait_for("it to be usable", lambda: usable(stoker) == 1)
    assert stoker.metric("stoker_journal_errors_total") >= 1
    (aside,) = [path for path in stoker.state.glob("stoker.sqlite.damaged-*") if not path.name.endswith(("-wal", "-shm"))]
    assert aside.read_bytes() == damaged, "nothing of it is destroyed"
    assert str(aside) in stoker.said()
    ended(stoker, "a")
    stoker.wait_written()
    kill_and_start(stoker)
    assert [run["outcome"] for run in stoker.history("a")][-1] == "ended", "what came since is kept"


def change(path, statement):
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()


# scenario 69
@pytest.mark.parametrize(
    "statement, words",
    [("PRAGMA application_id = 1234", "another program's"), ("PRAGMA user_version = 99", "newer Stoker")],
    ids=["foreign", "newer"],
)
def test_a_journal_that_is_not_ours_is_left_untouched_and_that_is_said_and_counted(make_stoker, statement, words):
    stoker = remembered(make_stoker)
    change(database(stoker), statement)
    before = database(stoker).read_bytes()
    stoker.start()
    stoker.wait_said(words)
    check_that_it_works(stoker)
    assert usable(stoker) == 0 and stoker.metric("stoker_journal_errors_total") >= 1
    assert stoker.get("/service/a/history").json["complete"] is False
    assert stoker.stop() == 0
    assert database(stoker).read_bytes() == before
    # With the right program again all of it is there.
    change(database(stoker), "PRAGMA application_id = 1398034251")
    change(database(stoker), "PRAGMA user_version = 1")
    stoker.start()
    assert usable(stoker) == 1 and stoker.history("a")[-1]["outcome"] == "ended"
    assert stoker.service("b")["status"] == "stopped", "and what was wanted"


# scenario 69
@pytest.mark.parametrize("kind", ["folder", "fifo"])
def test_something_else_in_the_place_of_the_journal_is_no_obstacle(make_stoker, kind):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.state.mkdir(mode=0o700)
    os.mkdir(database(stoker)) if kind == "folder" else os.mkfifo(database(stoker))
    stoker.start()
    stoker.wait_said("is not a regular file")
    check_that_it_works(stoker)
    assert usable(stoker) == 0 and stoker.metric("stoker_journal_errors_total") >= 1
    os.rmdir(database(stoker)) if kind == "folder" else os.unlink(database(stoker))
    wait_for("it to be made", lambda: usable(stoker) == 1)
    stoker.wait_said("the journal is written again")
    stoker.wait_written()
    kill_and_start(stoker)
    assert len(stoker.history("a")) == 2, "what had waited in memory is in it"


# scenario 69
@needs_root
def test_a_journal_that_cannot_be_written_is_read_all_the_same(make_stoker):
    stoker = remembered(make_stoker)
    path = database(stoker)
    subprocess.run(["mount", "--bind", path, path], check=True)
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
        stoker.start()
        stoker.wait_said("can be read but not written")
        assert stoker.service("b")["status"] == "stopped", "what people want counts"
        assert len(stoker.starts("b")) == 1
        check_that_it_works(stoker)
        assert usable(stoker) == 0 and stoker.metric("stoker_journal_errors_total") >= 1
    finally:
        subprocess.run(["umount", path], check=True)
    wait_for("it to be written again", lambda: usable(stoker) == 1)
    stoker.wait_written()
    kill_and_start(stoker)
    assert len(stoker.history("a")) == 4, "two of then, and two that had waited in memory"


# scenario 69
def test_a_journal_that_is_removed_while_it_is_used_is_begun_anew(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    stoker.wait_written()
    for path in stoker.state.glob("stoker.sqlite*"):
        path.unlink()
    check_that_it_works(stoker)
    wait_for("it to be there again", lambda: database(stoker).exists() and usable(stoker) == 1)
    stoker.wait_written()
    kill_and_start(stoker)
    assert stoker.service("a")["pid"] in [run["pid"] for run in stoker.history("a")]
