"""The cause of a failure is said where people look: the last line on stderr, the error of a start, who asked for a stop, and for how long."""

import os
import re
import resource
import signal
import subprocess

from harness import API, DEADLINE, STOKER, end, http_request, recorder, wait_for

NEVER = {"policy": "never"}
LINE = 'exited with code 1: "could not connect to database"'


def over_socket(stoker, path):
    return http_request(stoker.state / "stoker.sock", "GET", API + path).json


def read(stoker, name):
    row = over_socket(stoker, "/services")["services"][name]
    return row["last_error"], row["note"], over_socket(stoker, f"/service/{name}/why")["sentence"]


def test_a_start_that_waits_for_what_has_failed_says_so_at_once(make_stoker):
    stoker = make_stoker(
        services={
            "migrate": {"kind": "oneshot", "enabled": False, "command": "echo no such table >&2; exit 3", "restart": NEVER},
            "seed": {"kind": "oneshot", "enabled": False, "command": "exit 0", "depends_on": ["migrate"]},
            "web": {"enabled": False, "command": "exec sleep 1000", "depends_on": ["seed"]},
        }
    ).start()
    result = stoker.command("start", "seed", "--wait", "completed")
    assert result.returncode == 1, result
    assert "seed waits for migrate to complete; migrate failed" in result.stderr and '"no such table"' in result.stderr
    answer = stoker.post("/start/web")
    assert (answer.status, answer.json["error"]) == (409, "dependency_failed"), answer.text
    # What it waits for through another is known, too; and it is still wanted.
    assert stoker.post("/stop/migrate", {"force": True}).status == 200
    answer = stoker.post("/start/web")
    assert (answer.status, answer.json["error"]) == (409, "start_failed"), answer.text
    assert answer.json["status"] == "waiting" and "migrate failed" in answer.json["message"]


def test_the_last_line_of_a_run_that_stoker_ended_outlives_a_kill(make_stoker):
    stoker = make_stoker(services={"quiet": {"command": "echo deadlock >&2; exec sleep 1000", "watchdog": "500ms", "restart": NEVER}}).start()
    error = wait_for("its line", lambda: "deadlock" in (stoker.service("quiet")["last_error"] or "") and stoker.service("quiet")["last_error"])
    stoker.wait_written()
    stoker.kill()
    stoker.start()
    assert stoker.service("quiet")["last_error"] == error


def test_the_last_line_on_stderr_is_the_cause_wherever_a_failure_is_shown(make_stoker):
    noise = "echo to stdout; printf '\\033[31mcould not\\033[0m connect to database\\n\\n' >&2; echo more to stdout; exit 1"
    stoker = make_stoker(
        services={
            "web": {"command": noise, "restart": NEVER, "health": {"file": {"path": "never"}}},
            "direct": {"command": "echo could not connect to database >&2; exit 1", "log": {"mode": "direct"}, "restart": NEVER},
            "silent": {"command": "echo to stdout; exit 1", "restart": NEVER},
            "above": {"command": "exec sleep 1000", "depends_on": {"web": {"condition": "healthy"}}},
        }
    ).start(ready=False)
    for name in ("web", "direct"):
        stoker.wait_status(name, "failed")
        error, note, sentence = wait_for(f"the line of {name}", lambda: LINE in str(read(stoker, name)) and read(stoker, name))
        assert (error, note) == (LINE, LINE)
        assert re.fullmatch(rf'{name} failed \d+ s ago: exited with code 1, and its restart policy allows no restart: "could not connect to database"', sentence)
        assert stoker.service(name)["last_error_at"] <= stoker.get("/services").json["at"]
    assert stoker.wait_status("silent", "failed")["last_error"] == "exited with code 1"
    assert read(stoker, "above")[1] == f"waits for web, which failed: {LINE}"
    assert read(stoker, "above")[2].endswith('allows no restart: "could not connect to database"')
    status = stoker.command("status").stdout
    assert LINE in next(line for line in status.splitlines() if line.startswith("web "))
    assert re.search(r"last error, \d+s ago: " + re.escape(LINE), stoker.command("why", "web").stdout)
    started = stoker.command("start", "web")
    assert started.returncode == 1 and f"failed: {LINE}" in started.stderr, started.stderr
    ended = wait_for("its end in the history", lambda: [run for run in stoker.history("web") if run["outcome"] == "ended"])
    assert (ended[0]["exit"], ended[0]["end_cause"]) == ("exited with code 1", "exited with code 1")
    # Who may read no output gets none.
    stoker.wait_written()
    stoker.kill()
    stoker.start(ready=False)
    assert stoker.wait_status("web", "failed")["last_error"].startswith("exited with code 1")
    assert read(stoker, "web")[0] == LINE, "it is known after a kill of Stoker too"


def test_the_last_error_goes_when_the_service_is_well_again(make_stoker):
    check = {"file": {"path": "well"}, "interval": "50ms", "start_interval": "50ms", "failure_threshold": 1000000, "start_period": "0s"}
    stoker = make_stoker(
        services={"web": {"command": "[ -e go ] && exec sleep 1000; echo not yet >&2; exit 1", "health": check, "restart": {"backoff": {"base": "50ms", "max": "50ms"}, "max_attempts": "unlimited"}}}
    ).start(ready=False)
    wait_for("its error", lambda: "not yet" in str(stoker.service("web")["last_error"]))
    wait_for("a loop", lambda: stoker.service("web")["restart_attempts"] >= 2)
    (stoker.directory / "go").touch()
    stoker.wait_status("web", "running")
    wait_for("it to fail its check", lambda: "well" in read(stoker, "web")[1] and stoker.wait_status("web", "running"))
    service = stoker.service("web")
    assert "not yet" in service["last_error"] and service["last_error_at"]
    (stoker.directory / "well").touch()
    stoker.wait_health("web", "healthy")
    service = stoker.service("web")
    row, note, why = read(stoker, "web")
    loop = r'restarted \d+ times in a row, last: exited with code 1: "not yet"'
    assert (row, service["last_error_at"]) == (None, None) and re.fullmatch(loop, note), note
    assert re.fullmatch(rf"web has been running for \d+ s and is healthy, but it was {loop}", why), why
    answer = stoker.get("/services").json
    assert ("not yet" in answer["services"]["web"]["note"]) == (answer["output_refusal"] is None)
    (stoker.directory / "well").unlink()
    stoker.wait_health("web", "degraded")
    assert "well" in read(stoker, "web")[1]


def test_a_stop_says_who_asked_for_it_and_a_failed_start_why_it_was_made(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder("a"),
            "b": recorder("b", depends_on=["a"]),
            "stubborn": recorder("stubborn", first="trap 'exit 7' TERM", then="while :; do sleep 0.02; done"),
            "slow": {"command": "exec sleep 1000", "hooks": {"pre_start": ["sleep", "1000"]}, "ready": {"timeout": "100ms"}, "restart": NEVER},
            "held": {"command": "exec sleep 1000", "hooks": {"pre_start": ["sleep", "1000"]}},
        }
    ).start(ready=False)
    stoker.wait_starts("b")
    stoker.wait_starts("stubborn")
    stoker.wait_status("held", "starting")
    assert stoker.command("stop", "--cascade", "a").returncode == 0
    assert stoker.post("/stop/stubborn").status == 200
    assert stoker.post("/stop/held").status == 200
    who = {"a": "requested by the command line ", "b": "requested by the command line ", "stubborn": "requested by api 127.0.0.1", "held": "requested by api 127.0.0.1"}
    for name, origin in who.items():
        assert f"{name} has been stopped for 0 s: {origin}" in stoker.get(f"/service/{name}/why").json["sentence"], name
    assert stoker.get("/service/stubborn/why").json["sentence"].count("exited with code") == 0
    for name in ("a", "b", "stubborn"):
        (run,) = wait_for("its end", lambda name=name: [run for run in stoker.history(name) if run["outcome"] == "ended"])
        assert run["end_cause"].startswith(who[name]), run
    stoker.wait_status("slow", "failed")
    (slow,) = stoker.history("slow")
    assert (slow["cause"], slow["error"]) == ("started with Stoker", "its pre-start hook did not end in time")
    (held,) = stoker.history("held")
    assert held["cause"] == "started with Stoker" and "stopped before it was started: requested by api" in held["error"]
    assert over_socket(stoker, "/service/held")["last_error"] is None


def test_a_stoker_that_is_healthy_is_ready_to_answer(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    for _ in range(5):
        stoker.start(ready=False)
        wait_for("its first answer", lambda: stoker.running() and stoker.request("GET", "/-/healthy").status == 200)
        answers = [stoker.get("/services").status, stoker.request("GET", "/metrics").status, stoker.post("/start/a").status]
        assert answers == [200, 200, 200]
        assert stoker.stop() == 0


def test_while_leftovers_are_stopped_a_scrape_is_answered_and_the_command_line_waits(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "deaf": recorder("deaf", first="trap '' TERM", then="exec sleep 1000")}).start()
    stoker.wait_starts("deaf")
    stoker.kill()
    stoker.write({"a": recorder("a")})
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.get("/services").status == 503)
    page = stoker.request("GET", "/metrics")
    assert page.status == 200 and "process_cpu_seconds_total" in page.text and '{name="' not in page.text
    with subprocess.Popen([STOKER, "status"], cwd=stoker.directory, stdout=subprocess.PIPE, text=True) as client:
        assert stoker.get("/services").status == 503
        end(stoker.instances("deaf"))
        assert "\na " in client.communicate(timeout=DEADLINE)[0]
    assert client.returncode == 0
    assert "stoker_service_up" in stoker.request("GET", "/metrics").text


def test_a_service_whose_processes_cannot_be_listed_says_so(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart={"backoff": {"base": "10ms"}})}).start()
    stoker.wait_starts("a")
    pid = stoker.service("a")["pid"]
    soft, hard = resource.prlimit(stoker.process.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(stoker.process.pid, resource.RLIMIT_NOFILE, (3, hard))
    try:
        os.kill(pid, signal.SIGKILL)
        stoker.wait_said("a: its processes cannot be looked at: Too many open files (EMFILE)")
    finally:
        resource.prlimit(stoker.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
    stoker.wait_said("a: its processes can be looked at again")
    stoker.wait_starts("a", 2)
    stoker.wait_status("a", "running")
    assert read(stoker, "a")[1] == ""
