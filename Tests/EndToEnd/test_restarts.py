"""The restart engine: back-off, giving up, force, slow starts, and what a failure does to the uptime."""

import os
import signal

from harness import FOG, free_port, recorder, series, wait_for


def test_a_crashing_service_is_restarted_after_2_4_and_8_seconds_and_then_failed_until_forced(make_stoker):
    stoker = make_stoker(
        services={
            "crash": recorder("crash", then="[ -e mended ] && exec sleep 1000; exit 7"),
            "dependent": recorder("dependent", depends_on=["crash"]),
        }
    ).start(ready=False)
    failed = wait_for("an answer", lambda: stoker.running() and stoker.wait_status("crash", "failed"))

    times = [when for when, _ in stoker.starts("crash")]
    gaps = [later - earlier for earlier, later in zip(times, times[1:])]
    assert len(gaps) == 3, gaps
    for gap, delay in zip(gaps, (2, 4, 8)):
        assert delay - 0.02 <= gap < 1.9 * delay, gaps
    assert (failed["restart_count"], failed["restart_attempts"], failed["pid"]) == (3, 3, None)
    assert failed["last_error"] and "7" in failed["last_error"]
    page = stoker.request("GET", "/metrics").text
    assert series(page, "stoker_service_restart_limit_reached", name="crash") == 1
    assert series(page, "stoker_service_restarts_total", name="crash", reason="exit") == 3
    assert series(page, "stoker_service_exits_total", name="crash", outcome="failure") == 4
    assert stoker.service("dependent")["restart_count"] == 0
    assert stoker.request("GET", "/-/ready").status == 503

    refused = stoker.post("/restart/crash")
    assert (refused.status, refused.json["error"]) == (409, "restart_limit_exceeded")
    why = stoker.get("/service/crash/why").text
    assert "7" in why and "stoker start crash" in why, "says what happened and what to do"
    assert stoker.starts("crash")[3:] and len(stoker.starts("crash")) == 4, "nothing was started"

    # What a person asks for is tried.
    tried = stoker.post("/start/crash")
    assert (tried.status, tried.json["error"], tried.json["restart_attempts"]) == (409, "start_failed", 0)
    assert "exited with code 7" in tried.json["message"]

    (stoker.directory / "mended").touch()
    forced = stoker.post("/restart/crash", {"force": True})
    assert forced.status == 200, forced.text
    assert (forced.json["status"], forced.json["restart_attempts"]) == ("running", 0)
    stoker.wait_instances("crash", 1)
    page = stoker.request("GET", "/metrics").text
    assert series(page, "stoker_service_restart_limit_reached", name="crash") == 0


def test_a_restart_names_the_end_that_it_answers_also_after_a_clean_one(make_stoker):
    """The first end is a failure, all later ones are clean, and the policy is to run always."""
    stoker = make_stoker(
        services={
            "x": {
                "command": "if [ -e done ]; then exit 0; fi; touch done; exit 3",
                "restart": {"policy": "always", "max_attempts": 20, "backoff": {"base": "100ms", "factor": 1}},
            }
        }
    ).start(ready=False)
    history = wait_for("three restarts", lambda: (lambda told: told if len(told) >= 3 else None)(stoker.get("/service/x").json["restart_history"]))
    assert [(each["cause"], each["previous_exit"]) for each in history[:3]] == [
        ("automatic: exited with code 3", "exited with code 3"),
        ("automatic: exited with code 0", "exited with code 0"),
        ("automatic: exited with code 0", "exited with code 0"),
    ]
    assert [each["last_error"] for each in history[:2]] == ["exited with code 3", "exited with code 0"]
    # While a run lives, the service is well.
    wait_for("the last error", lambda: stoker.service("x")["last_error"] == "exited with code 0")


def test_a_crash_of_a_degraded_service_is_answered_as_a_crash(make_stoker, tmp_path):
    """The last check had failed, but that is not why there is no process."""
    flag = tmp_path / "flag"
    flag.touch()
    check = {"file": {"path": str(flag)}, "interval": "100ms", "start_interval": "100ms", "failure_threshold": 1000}
    stoker = make_stoker(services={"weak": recorder("weak", health=check, restart={"backoff": {"base": "10ms"}})}).start()
    stoker.wait_health("weak", "healthy")
    flag.unlink()
    stoker.wait_health("weak", "degraded")
    os.kill(stoker.service("weak")["pid"], signal.SIGKILL)
    wait_for("another run", lambda: stoker.service("weak")["restart_count"] == 1 and stoker.wait_status("weak", "running"))
    service = stoker.get("/service/weak").json
    (restart,) = service["restart_history"]
    assert (restart["reason"], restart["cause"], restart["attempt"]) == ("signal", "automatic: killed by SIGKILL", 1)
    assert restart["previous_exit"] == restart["last_error"] == service["last_error"] == "killed by SIGKILL"
    stoker.wait_said("weak: restart 1 of 3 (killed by SIGKILL)")


def test_a_restart_of_an_unhealthy_service_says_what_its_check_said(make_stoker, health_server):
    server = health_server()
    check = {"http": {"url": server.url}, "interval": "50ms", "start_interval": "50ms", "failure_threshold": 2}
    stoker = make_stoker(services={"sick": recorder("sick", health=check, restart={"backoff": {"base": "10ms"}})}).start()
    stoker.wait_health("sick", "healthy")
    server.status = 500
    wait_for("a restart", lambda: stoker.service("sick")["restart_count"] >= 1)
    restart = stoker.get("/service/sick").json["restart_history"][0]
    assert restart["reason"] == "unhealthy" and restart["last_error"].startswith("unhealthy: ") and "500" in restart["last_error"]
    assert restart["cause"] == f"automatic: {restart['last_error']}"


def test_restarts_after_a_spawn_that_cannot_succeed_name_its_error(make_stoker):
    hooked = recorder("hooked", hooks={"pre_start": "echo no database; exit 9"}, restart={"max_attempts": 1, "backoff": {"base": "10ms"}})
    absent = {"command": ["/nonexistent/program"], "restart": {"max_attempts": 2, "backoff": {"base": "10ms"}}}
    stoker = make_stoker(services={"absent": absent, "hooked": hooked}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("absent", "failed"))
    stoker.wait_status("hooked", "failed")
    error = "executing '/nonexistent/program': No such file or directory (ENOENT)"
    service = stoker.get("/service/absent").json
    assert service["last_error"] == error
    assert [(each["cause"], each["attempt"], each["last_error"]) for each in service["restart_history"]] == [
        (f"automatic: {error}", 1, error),
        (f"automatic: {error}", 2, error),
    ]
    for attempt in (1, 2):
        stoker.wait_said(f"absent: restart {attempt} of 2 ({error})")
    (restart,) = stoker.get("/service/hooked").json["restart_history"]
    assert (restart["reason"], restart["cause"]) == ("start_failed", "automatic: pre-start hook: it exited with code 9: no database")


def test_the_journal_has_of_each_run_the_restart_that_began_it(make_stoker):
    soon = {"backoff": {"base": "10ms"}}
    edge = recorder("edge", depends_on={"dao": {"on_restart": "restart"}}, restart=soon)
    stoker = make_stoker(services={"dao": recorder("dao", restart=soon), "edge": edge}).start()

    def until(count):
        wait_for(f"restart {count}", lambda: stoker.service("edge")["restart_count"] == count and stoker.wait_status("edge", "running"))

    assert stoker.post("/restart/edge").status == 200
    until(1)
    os.kill(stoker.service("edge")["pid"], signal.SIGKILL)
    until(2)
    assert stoker.post("/restart/dao").status == 200
    until(3)
    os.kill(stoker.service("dao")["pid"], signal.SIGKILL)
    until(4)
    assert stoker.post("/stop/edge").status == 200
    assert stoker.post("/start/edge").status == 200

    told = stoker.get("/service/edge").json["restart_history"]
    runs = stoker.history("edge")[::-1]
    assert [each["reason"] for each in told] == ["manual", "signal", "dependency", "dependency"]
    assert told[0]["cause"].startswith("requested by api 127.0.0.1")
    assert [each["cause"] for each in told[1:]] == ["automatic: killed by SIGKILL", *(2 * ["automatic: because of dao"])]
    assert [run["restart_reason"] for run in runs] == [None, *(each["reason"] for each in told), None], "a start is no restart"
    assert [(run["cause"], run["started_at"]) for run in runs[1:5]] == [(each["cause"], each["timestamp"]) for each in told]
    assert runs[0]["cause"] == "because of dao", "for which it had waited"
    assert runs[5]["cause"].startswith("requested by api 127.0.0.1")


def test_a_service_that_needs_20_seconds_to_come_up_survives_the_defaults(make_stoker):
    port = free_port()
    stoker = make_stoker(
        services={
            "slow": {
                "command": ["fog-service", "slow", "--port", str(port), "--delay", "20s"],
                "health": {"http": {"url": f"http://127.0.0.1:{port}/health"}},
            }
        }
    ).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.get("/services").json)
    pid = stoker.wait_status("slow", "running")["pid"]
    stoker.wait_health("slow", "healthy")
    slow = stoker.service("slow")
    assert (slow["pid"], slow["restart_count"]) == (pid, 0)


def test_an_unhealthy_service_is_restarted_and_stays_unhealthy_until_it_recovered(make_stoker, health_server):
    server = health_server()
    stoker = make_stoker(
        services={
            "sick": recorder(
                "sick",
                health={"http": {"url": server.url}, "interval": "200ms", "start_interval": "200ms"},
                restart={"backoff": {"base": "1s"}, "max_attempts": "unlimited"},
            )
        }
    ).start()
    stoker.wait_health("sick", "healthy")
    server.status = 500
    stoker.wait_health("sick", "unhealthy")
    wait_for("a restart", lambda: stoker.service("sick")["restart_count"] >= 2)
    assert stoker.health("sick") == "unhealthy", "through the whole restart loop"
    server.status = 200
    stoker.wait_health("sick", "healthy")
    page = stoker.request("GET", "/metrics").text
    assert series(page, "stoker_service_restarts_total", name="sick", reason="unhealthy") >= 2
    stoker.wait_instances("sick", 1)


def test_a_failed_service_lowers_its_uptime(make_stoker, health_server):
    stoker = make_stoker(
        services={
            "weak": recorder(
                "weak", health={"http": {"url": health_server().url}, "interval": "200ms"}, restart={"max_attempts": 0}
            )
        }
    ).start()
    stoker.wait_health("weak", "healthy")
    wait_for("a perfect uptime", lambda: stoker.get("/health").json["services"]["weak"]["uptime_1h"])
    os.kill(stoker.service("weak")["pid"], signal.SIGKILL)
    stoker.wait_status("weak", "failed")

    def uptime():
        return stoker.get("/health").json["services"]["weak"]["uptime_1h"]

    first = wait_for("the uptime to fall", lambda: uptime() < 100 and uptime())
    wait_for("the uptime to fall on", lambda: uptime() < first)
    ratio = series(stoker.request("GET", "/metrics").text, "stoker_service_uptime_ratio", name="weak", window="1h")
    assert 0 <= ratio < 1
    assert stoker.health("weak") == "unhealthy"


def test_every_end_has_its_reason_and_outcome(make_stoker):
    ends = {"clean": "exit 0", "unclean": "exit 3", "killed": "kill -SEGV $$", "absent": None}
    services = {name: recorder(name, then=then, restart={"max_attempts": 1, "backoff": {"base": "100ms"}}) for name, then in ends.items() if then}
    services["absent"] = {"command": ["/nonexistent/program"], "restart": {"max_attempts": 1, "backoff": {"base": "100ms"}}}
    services["nowhere"] = {"command": ["sleep", "1"], "directory": "/nonexistent", "restart": {"max_attempts": 0}}
    services["once"] = {"command": ["true"], "kind": "oneshot"}
    services["forgiven"] = recorder("forgiven", then="exit 5", restart={"policy": "on-failure", "success_exit_codes": [0, 5]})
    services["never"] = recorder("never", then="exit 5", restart={"policy": "never"})
    stoker = make_stoker(services=services).start(ready=False)
    for name in ("clean", "unclean", "killed", "absent", "nowhere", "never"):
        wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, "failed"))
    for name in ("once", "forgiven"):
        stoker.wait_status(name, "completed")

    page = stoker.request("GET", "/metrics").text
    for name, reason, outcome in (("clean", "exit", "success"), ("unclean", "exit", "failure"), ("killed", "signal", "signal")):
        assert series(page, "stoker_service_restarts_total", name=name, reason=reason) == 1, name
        assert series(page, "stoker_service_exits_total", name=name, outcome=outcome) == 2, name
    assert series(page, "stoker_service_last_exit_code", name="unclean") == 3
    assert series(page, "stoker_service_last_exit_signal", name="killed") == signal.SIGSEGV
    assert series(page, "stoker_service_start_failures_total", name="absent", stage="spawn") == 2
    assert "/nonexistent/program" in stoker.service("absent")["last_error"]
    assert "No such file or directory" in stoker.service("absent")["last_error"]
    assert "/nonexistent" in stoker.service("nowhere")["last_error"]
    assert "SIGSEGV" in stoker.service("killed")["last_error"]
    assert [len(stoker.starts(name)) for name in ("forgiven", "never")] == [1, 1]


def test_a_run_that_has_lived_its_time_is_stopped_and_the_policy_decides_also_after_a_kill_of_stoker(make_stoker):
    once = {"max_attempts": "unlimited", "backoff": {"base": "100ms"}}
    late = "trap 'echo bye >> late.ends; exit 0' TERM; while :; do sleep 0.05; done"
    stoker = make_stoker(
        services={
            "late": recorder("late", then=late, runtime_max="1s", restart=once),
            "job": recorder("job", kind="oneshot", runtime_max="500ms", restart={"policy": "never"}),
            "quick": {"command": ["true"], "kind": "oneshot", "runtime_max": "1h"},
            "long": recorder("long", runtime_max="1h", restart=once),
        }
    ).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("job", "failed"))
    assert "ran for as long as 'runtime_max' allows" in stoker.service("job")["last_error"]
    stoker.wait_status("quick", "completed")
    wait_for("two restarts", lambda: stoker.metric("stoker_service_restarts_total", name="late", reason="runtime_max") >= 2)
    times = [when for when, _ in stoker.starts("late")]
    assert all(later - earlier >= 1 for earlier, later in zip(times, times[1:])), times
    assert (stoker.directory / "late.ends").read_text().startswith("bye")
    pid = stoker.service("long")["pid"]
    stoker.kill()
    stoker.file.write_text(stoker.file.read_text().replace("1h", "2s"))
    stoker.start(ready=False)
    wait_for("the run that was taken over to end", lambda: stoker.running() and stoker.service("long")["pid"] not in (pid, None))
    assert stoker.metric("stoker_service_restarts_total", name="long", reason="runtime_max") == 1


def test_a_brief_crash_of_one_fog_service_leaves_the_others_alone(fog):
    stoker = fog()
    pids = {name: stoker.service(name)["pid"] for name in FOG}
    os.kill(pids["onion"], signal.SIGKILL)
    wait_for("onion to be restarted", lambda: stoker.service("onion")["restart_count"] == 1 and stoker.service("onion")["status"] == "running")
    for name in FOG:
        if name != "onion":
            assert stoker.service(name)["pid"] == pids[name], name


def test_a_successor_knows_the_last_restart_and_why_a_service_was_given_up(make_stoker):
    stoker = make_stoker(
        services={
            "web": recorder("web", restart={"backoff": {"base": "10ms"}}),
            "zero": recorder("zero", then="exit 11", kind="oneshot", restart={"max_attempts": 0}),
            "edge": recorder("edge", depends_on=["zero"]),
        }
    ).start(ready=False)
    stoker.wait_status("zero", "failed")
    stoker.wait_starts("web")
    os.kill(stoker.service("web")["pid"], signal.SIGKILL)
    stoker.wait_starts("web", 2)
    stoker.wait_status("web", "running")
    [before] = stoker.get("/service/web").json["restart_history"]
    assert (before["reason"], before["cause"]) == ("signal", "automatic: killed by SIGKILL")
    stoker.wait_written()
    stoker.kill()
    stoker.start(ready=False)
    stoker.wait_status("edge", "waiting")
    [after] = stoker.get("/service/web").json["restart_history"]
    assert {key: after[key] for key in ("timestamp", "reason", "cause", "attempt")} == {
        key: before[key] for key in ("timestamp", "reason", "cause", "attempt")
    }
    rows = stoker.get("/services").json["services"]
    assert (rows["zero"]["last_error"], rows["zero"]["note"]) == ("exited with code 11", "gave up: exited with code 11")
    assert rows["edge"]["note"] == "waits for zero, which failed: exited with code 11"


def test_the_history_has_the_reason_of_each_start_also_of_those_that_failed(make_stoker):
    fails = {"hooks": {"pre_start": "exit 9"}, "restart": {"max_attempts": 1, "backoff": {"base": "10ms"}}}
    missing = {"command": ["/nonexistent"], "restart": {"max_attempts": 1, "backoff": {"base": "10ms"}}}
    stoker = make_stoker(services={"missing": missing, "hooked": recorder("hooked", **fails)}).start(ready=False)
    for name, words in (("missing", "executing '/nonexistent'"), ("hooked", "pre-start hook: it exited with code 9")):
        stoker.wait_status(name, "failed")
        second, first = wait_for("two starts", lambda: (lambda told: told if len(told) == 2 else None)(stoker.history(name)))
        assert (first["cause"], first["restart_reason"], first["outcome"]) == ("started with Stoker", None, "start_failed")
        assert (second["restart_reason"], second["outcome"]) == ("start_failed", "start_failed")
        assert second["cause"].startswith(f"automatic: {words}"), second["cause"]
