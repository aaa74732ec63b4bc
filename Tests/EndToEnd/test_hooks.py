"""The commands around a run: their order and environment, what their failure means, and how long they may take."""

import os
import pwd
import time

import pytest

from harness import recorder, wait_for

HOOKS = ["pre_start", "post_start", "pre_stop", "post_stop"]


def note(words="$STOKER_HOOK ${MAINPID:-none}"):
    return f'echo "{words}" >> events'


def events(stoker):
    path = stoker.directory / "events"
    return path.read_text().splitlines() if path.exists() else []


def wait_events(stoker, count):
    return wait_for(f"{count} events", lambda: len(events(stoker)) >= count and events(stoker))


def test_hooks_run_in_order_around_the_process_and_know_which_and_whose_they_are(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder(
                "a",
                first="trap 'echo term >> events; exit 0' TERM",
                then=": > there; while :; do sleep 0.1; done",
                hooks={hook: note() for hook in HOOKS},
                stop={"command": note(), "timeout": "50s"},
            )
        }
    ).start()
    wait_events(stoker, 2)
    pid = stoker.service("a")["pid"]
    wait_for("the trap", lambda: (stoker.directory / "there").exists())
    assert stoker.post("/stop/a").status == 200
    assert events(stoker) == ["pre_start none", f"post_start {pid}", f"pre_stop {pid}", f"stop {pid}", "term", "post_stop none"]
    assert stoker.post("/restart/a").status == 200
    wait_events(stoker, 8)
    assert events(stoker)[6:] == ["pre_start none", f"post_start {stoker.service('a')['pid']}"]
    wait_for("the trap", lambda: len(stoker.starts("a")) == 2)
    assert stoker.stop() == 0
    assert [event.split()[0] for event in events(stoker)[8:]] == ["pre_stop", "stop", "term", "post_stop"]


def test_the_start_waits_for_the_hook_before_it_and_dependents_wait_for_the_start(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder("a", hooks={"pre_start": "while ! [ -e open ]; do sleep 0.1; done"}),
            "b": recorder("b", depends_on=["a"]),
        }
    ).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("a", "starting"))
    assert (stoker.service("a")["pid"], stoker.service("b")["status"]) == (None, "waiting")
    (stoker.directory / "open").touch()
    stoker.wait_status("b", "running")
    for name in ("a", "b"):
        stoker.wait_starts(name)


def test_what_hooks_say_is_in_the_log_of_their_service_and_they_have_its_environment_and_directory(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder(
                "a",
                first="echo it runs",
                hooks={hook: f"echo {hook} of $E2E_SERVICE in $PWD; echo {hook} fails >&2" for hook in HOOKS},
                stop={"command": ["sh", "-c", 'echo "as a list: $0 $1"', "$HOME", "100%"]},
            )
        }
    ).start()
    for last in ("post_start fails", "it runs"):
        wait_for("the last words of the start", lambda: last in stoker.get("/service/a/logs").text)
    assert stoker.post("/stop/a").status == 200
    text = stoker.get("/service/a/logs").text
    for hook in HOOKS:
        assert f"{hook} of a in {stoker.directory}\n" in text and f"{hook} fails\n" in text
    assert "as a list: $HOME 100%\n" in text
    assert text.index("pre_start of a") < text.index("it runs") < text.index("pre_stop of a") < text.index("as a list") < text.index("post_stop of a")
    on_disk = (stoker.state / "logs" / "a.log").read_text()
    assert on_disk.count("\n") == text.count("\n") and "pre_start of a" in on_disk
    assert stoker.get("/service/a/logs?stream=stderr").text.splitlines() == [f"{hook} fails" for hook in HOOKS]


# -- When they fail -----------------------------------------------------------------------------------------------------------


def test_a_failing_hook_before_the_start_is_a_failed_start_with_its_last_words(make_stoker):
    stoker = make_stoker(
        services={
            "fails": recorder(
                "fails",
                hooks={"pre_start": f"{note()}; echo no database >&2; exit 3", "post_stop": note()},
                restart={"max_attempts": 2, "backoff": {"base": "300ms", "factor": 2}},
            ),
            "absent": recorder("absent", hooks={"pre_start": ["/no/such/hook"]}, restart={"policy": "never"}),
            "dies": recorder("dies", hooks={"pre_start": "kill -SEGV $$"}, restart={"policy": "never"}, limits={"core": 0}),
        }
    ).start(ready=False)
    began = time.monotonic()
    failed = wait_for("an answer", lambda: stoker.running() and stoker.wait_status("fails", "failed"))
    assert time.monotonic() - began >= 0.3 + 0.6 - 0.1, "with back-off"
    assert stoker.starts("fails") == stoker.starts("absent") == stoker.starts("dies") == []
    assert failed["last_error"] == "pre-start hook: it exited with code 3: no database"
    assert events(stoker) == 3 * ["pre_start none", "post_stop none"], "what it had begun is tidied up each time"
    assert stoker.metric("stoker_service_start_failures_total", name="fails", stage="hook") == 3
    assert stoker.metric("stoker_service_restarts_total", name="fails", reason="start_failed") == 2
    for entry in stoker.history("fails"):
        assert (entry["outcome"], entry["stage"], entry["error"]) == ("start_failed", "hook", "it exited with code 3: no database")
    assert "No such file or directory (ENOENT)" in stoker.wait_status("absent", "failed")["last_error"]
    assert stoker.wait_status("dies", "failed")["last_error"] == "pre-start hook: it was killed by SIGSEGV"


def test_the_other_hooks_may_fail_and_are_heard_of(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder(
                "a",
                hooks={hook: f"{note('$STOKER_HOOK')}; echo sorry; exit 4" for hook in HOOKS[1:]},
                stop={"command": f"{note('$STOKER_HOOK')}; exit 5", "timeout": "50s"},
            )
        }
    ).start()
    wait_for("its failure", lambda: "a: its post-start hook failed: it exited with code 4: sorry" in stoker.output.read_text())
    assert (stoker.service("a")["status"], stoker.health("a")) == ("running", "healthy")
    assert stoker.post("/stop/a").status == 200
    assert events(stoker) == ["post_start", "pre_stop", "stop", "post_stop"]
    for words, code in (("pre-stop hook", "4: sorry"), ("stop command", "5"), ("post-stop hook", "4: sorry")):
        stoker.wait_said(f"a: its {words} failed: it exited with code {code}")
    assert stoker.metric("stoker_service_stop_kills_total", name="a") == 0


def test_after_a_crash_the_last_hook_comes_before_the_next_start(make_stoker):
    stoker = make_stoker(
        services={
            "crash": recorder(
                "crash",
                first="echo start >> events",
                then="[ -e second ] && exec sleep 1000; : > second; exit 7",
                hooks={"post_stop": f"sleep 0.3; {note('$STOKER_HOOK')}", "pre_stop": note("$STOKER_HOOK")},
                restart={"backoff": {"base": "50ms"}},
            )
        }
    ).start()
    wait_for("the second run", lambda: len(stoker.starts("crash")) == 2)
    assert events(stoker) == ["start", "post_stop", "start"], "and nobody asks a dead process to stop"


# -- How long they may take ------------------------------------------------------------------------------------------------------


def test_a_hook_before_the_start_that_takes_too_long_is_killed_with_its_children(make_stoker):
    stoker = make_stoker(
        services={
            "slow": recorder(
                "slow",
                hooks={"pre_start": "trap '' TERM; sleep 1000 & setsid sleep 1000 & sleep 1000"},
                ready={"timeout": "1s"},
                restart={"max_attempts": 1, "backoff": {"base": "100ms"}},
            )
        }
    ).start(ready=False)
    began = time.monotonic()
    failed = wait_for("an answer", lambda: stoker.running() and stoker.wait_status("slow", "failed"))
    assert 1.9 <= time.monotonic() - began < 30
    assert failed["last_error"] == "its pre-start hook did not end in time"
    assert stoker.metric("stoker_service_start_failures_total", name="slow", stage="hook") == 2
    assert stoker.metric("stoker_service_restarts_total", name="slow", reason="start_timeout") == 1
    assert {(entry["outcome"], entry["stage"]) for entry in stoker.history("slow")} == {("start_failed", "hook")}
    assert stoker.starts("slow") == []
    wait_for("the end of all that it had begun", lambda: stoker.instances("slow") == [])


@pytest.mark.parametrize("where", ["pre_stop", "stop"])
def test_hooks_before_the_signal_share_the_stops_time_and_are_killed_with_the_service_at_its_end(make_stoker, where):
    hang = "sleep 1000 & sleep 1000"
    stoker = make_stoker(
        services={
            "a": recorder(
                "a",
                hooks={"pre_stop": hang} if where == "pre_stop" else {},
                stop={"timeout": "2s", **({"command": hang} if where == "stop" else {})},
            )
        }
    ).start()
    stoker.wait_starts("a")
    began = time.monotonic()
    assert stoker.post("/stop/a").status == 200
    assert 2 <= time.monotonic() - began < 6
    assert stoker.metric("stoker_service_stop_kills_total", name="a") == 1
    wait_for("the end of the hook", lambda: stoker.instances("a") == [])


def test_a_stop_command_that_does_the_job_needs_no_signal(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder(
                "a",
                first="trap 'echo term >> events' TERM; trap 'echo drained >> events; exit 0' USR1",
                then=": > there; while :; do sleep 0.1; done",
                stop={"command": "kill -USR1 $MAINPID; while kill -0 $MAINPID; do sleep 0.1; done", "timeout": "50s"},
            )
        }
    ).start()
    wait_for("the traps", lambda: (stoker.directory / "there").exists())
    assert stoker.post("/stop/a").status == 200
    assert events(stoker) == ["drained"]
    assert stoker.metric("stoker_service_stop_kills_total", name="a") == 0
    assert stoker.history("a")[0]["exit"] == "exited with code 0"


def test_a_last_hook_that_hangs_holds_nobody_up_for_ever(make_stoker):
    stoker = make_stoker(
        services={
            "base": recorder("base"),
            "a": recorder("a", depends_on=["base"], hooks={"post_stop": "sleep 1000"}, stop={"timeout": "1s"}),
        }
    ).start()
    stoker.wait_starts("a")
    began = time.monotonic()
    assert stoker.stop() in (0, 10)
    assert 1 <= time.monotonic() - began < 30
    assert stoker.instances("a") == stoker.instances("base") == []


def test_who_is_in_a_hurry_waits_for_no_hook(make_stoker):
    stoker = make_stoker(
        services={"a": recorder("a", hooks={"pre_stop": "sleep 1000", "post_stop": note("$STOKER_HOOK")}, stop={"timeout": "10m"})}
    ).start()
    stoker.wait_starts("a")
    assert stoker.stop_at_once() == 10
    assert stoker.instances("a") == events(stoker) == []


def test_a_stop_during_the_hook_before_the_start_ends_it_and_nothing_is_started(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", hooks={"pre_start": "sleep 1000", "pre_stop": note()})}).start(ready=False)
    wait_for("the hook", lambda: stoker.running() and stoker.instances("a"))
    assert stoker.post("/stop/a").status == 200
    assert stoker.service("a")["status"] == "stopped"
    assert (stoker.starts("a"), stoker.instances("a"), events(stoker)) == ([], [], [])
    assert stoker.metric("stoker_service_start_failures_total", name="a", stage="hook") == 0


def test_what_a_hook_leaves_behind_is_ended(make_stoker):
    stoker = make_stoker(
        services={"a": recorder("a", hooks={"pre_start": f"sleep 1000 & setsid {20 * 'env '} sleep 1000 &"})}
    ).start()
    stoker.wait_starts("a")
    wait_for("the end of what the hook began", lambda: stoker.instances("a") == [stoker.service("a")["pid"]])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts something as another user: run it as root")
def test_hooks_are_the_users_whose_service_it_is(make_stoker):
    nobody = pwd.getpwnam("nobody")
    whose = "echo $STOKER_HOOK $(id -u):$(id -g)"
    stoker = make_stoker(
        services={
            "a": {
                "command": ["sleep", "1000"],
                "user": "nobody",
                "directory": "/",
                "umask": "077",
                "hooks": {hook: f"{whose} $(umask)" for hook in HOOKS},
                "stop": {"command": f"{whose} $(umask)"},
            }
        }
    ).start()
    wait_for("the last hook of the start", lambda: "post_start" in stoker.get("/service/a/logs").text)
    assert stoker.post("/stop/a").status == 200
    lines = stoker.get("/service/a/logs").text.splitlines()
    assert lines == [f"{hook} {nobody.pw_uid}:{nobody.pw_gid} 0077" for hook in ("pre_start", "post_start", "pre_stop", "stop", "post_stop")]
