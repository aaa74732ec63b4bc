"""When a start is done: sd_notify, s6's descriptor, a line of the log; and what else a process says of itself."""

import contextlib
import os
import shutil
import signal
import sys
import time

import pytest

from harness import alive, recorder, series, wait_for
from notifying import environment, tell, wait_socket

NOTIFIES = {"ready": {"notify": "systemd"}}
ONCE = {"max_attempts": 1, "backoff": {"base": "100ms"}}
NOBODY = 65534
GATE = "while ! [ -e open ]; do sleep 0.1; done"

SENDER = """
import os, socket, time
def tell(text):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.sendto(text.encode(), os.environ["NOTIFY_SOCKET"])
"""


def program(stoker, name, text):
    """A program that can `tell`, as a command."""
    (stoker.directory / name).write_text(SENDER + text)
    return [sys.executable, "-S", name]


# -- Three ways to say it -----------------------------------------------------------------------------------------------------


def test_a_start_is_done_when_the_process_says_so_and_not_before(make_stoker):
    stoker = make_stoker(
        services={
            "a": recorder("a", **NOTIFIES),
            "waits": recorder("waits", depends_on=["a"]),
            "early": recorder("early", depends_on={"a": {"condition": "started"}}),
        }
    ).start(ready=False)
    pid = wait_socket(stoker, "a")
    stoker.wait_status("early", "running")
    assert (stoker.service("a")["status"], stoker.service("waits")["status"]) == ("starting", "waiting")
    page = stoker.request("GET", "/metrics").text
    assert (series(page, "stoker_service_ready", name="a"), series(page, "stoker_service_up", name="a")) == (0, 1)
    assert stoker.request("GET", "/-/ready").status == 503
    tell(pid, "STATUS=nearly there")
    tell(pid, "READY=0")
    wait_for("its word", lambda: stoker.get("/service/a").json["said"] == "nearly there")
    assert stoker.service("a")["status"] == "starting"
    tell(pid, "READY=1")
    stoker.wait_status("a", "running")
    stoker.wait_status("waits", "running")
    assert stoker.metric("stoker_service_ready", name="a") == 1
    assert stoker.metric("stoker_service_last_start_duration_seconds", name="a") > 0
    assert stoker.request("GET", "/-/ready").status == 200
    assert stoker.service("a")["pid"] == pid


def test_a_program_of_ones_own_and_systemds_tool_are_heard(make_stoker):
    stoker = make_stoker()
    services = {"own": {"command": program(stoker, "own.py", 'tell("READY=1\\nSTATUS=mine"); time.sleep(1000)'), **NOTIFIES}}
    if shutil.which("systemd-notify"):
        services["tool"] = {"command": "systemd-notify --ready --status='by the tool'; exec sleep 1000", **NOTIFIES}
    stoker.write(services)
    stoker.start()
    for name in services:
        said = wait_for("a word", lambda: stoker.wait_status(name, "running") and stoker.get(f"/service/{name}").json["said"])
        assert said == {"own": "mine", "tool": "by the tool"}[name]


def test_a_newline_on_descriptor_3_is_s6s_way(make_stoker):
    stoker = make_stoker(
        services={
            "says": recorder("says", then=f"printf x >&3; : > x; {GATE}; echo >&3; exec sleep 1000", ready={"notify": "s6"}),
            "closes": recorder("closes", then="exec 3>&-; exec sleep 1000", ready={"notify": "s6", "timeout": "1s"}, restart={"policy": "never"}),
        }
    ).start(ready=False)
    wait_for("the first letter", lambda: stoker.running() and (stoker.directory / "x").exists())
    pid = wait_for("its pid", lambda: stoker.service("says")["pid"])
    assert stoker.service("says")["status"] == "starting"
    assert "NOTIFY_SOCKET" not in environment(pid)
    (stoker.directory / "open").touch()
    stoker.wait_status("says", "running")
    assert stoker.wait_status("closes", "failed")["last_error"] == "it was not ready in time"


@pytest.mark.parametrize("stream", ["1", "2"], ids=["stdout", "stderr"])
def test_a_line_of_the_log_can_say_it(make_stoker, stream):
    line = f"echo not listening yet; {GATE}; echo listening on 7001 >&{stream}"
    stoker = make_stoker(
        services={
            "a": recorder("a", then=f"{line}; exec sleep 1000", ready={"log": "^listening on [0-9]+"}),
            "waits": recorder("waits", depends_on=["a"]),
        }
    ).start(ready=False)
    wait_for("its first line", lambda: stoker.running() and "not listening" in stoker.get("/service/a/logs").text)
    assert (stoker.service("a")["status"], stoker.service("waits")["status"]) == ("starting", "waiting")
    (stoker.directory / "open").touch()
    stoker.wait_status("waits", "running")
    for number in (1, 2):  # each run has to say it anew, and then it says it at once
        assert stoker.post("/restart/a").status == 200
        assert (stoker.service("a")["status"], stoker.service("a")["restart_count"]) == ("running", number)


# -- Starts that are never done ------------------------------------------------------------------------------------------------


def test_who_is_not_ready_in_time_is_restarted_for_that_reason(make_stoker):
    late = {"ready": {"notify": "systemd", "timeout": "700ms"}, "restart": ONCE}
    stoker = make_stoker(services={"a": recorder("a", then="sleep 1000 & exec sleep 1000", **late), "b": recorder("b", depends_on=["a"])})
    stoker.start(ready=False)
    began = time.monotonic()
    failed = wait_for("an answer", lambda: stoker.running() and stoker.wait_status("a", "failed"))
    assert time.monotonic() - began >= 1.3
    assert len(stoker.starts("a")) == 2
    assert stoker.instances("a") == []
    assert failed["last_error"] == "it was not ready in time"
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="start_timeout") == 1
    assert stoker.metric("stoker_service_start_failures_total", name="a", stage="ready") == 2
    assert (stoker.service("b")["status"], stoker.starts("b")) == ("waiting", [])
    assert stoker.metric("stoker_service_restart_limit_reached", name="a") == 1


def test_who_ends_before_it_is_ready_has_failed_to_start_however_clean_its_end(make_stoker):
    stoker = make_stoker(
        services={
            "clean": recorder("clean", then="exit 0", restart={**ONCE, "policy": "on-failure"}, **NOTIFIES),
            "unclean": recorder("unclean", then="exit 3", restart=ONCE, **NOTIFIES),
        }
    ).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("clean", "failed"))
    stoker.wait_status("unclean", "failed")
    for name, reason in (("clean", "start_failed"), ("unclean", "exit")):
        assert len(stoker.starts(name)) == 2
        assert stoker.metric("stoker_service_start_failures_total", name=name, stage="ready") == 2
        assert stoker.metric("stoker_service_restarts_total", name=name, reason=reason) == 1
    assert stoker.service("clean")["last_error"] == "it ended before it was ready"


def test_more_time_is_given_to_who_asks_for_it_in_time(make_stoker):
    """EXTEND_TIMEOUT_USEC: in the start, and in a stop."""
    stoker = make_stoker()
    minute = 'tell("EXTEND_TIMEOUT_USEC=60000000")'
    stoker.write(
        {
            "a": {
                "command": program(
                    stoker,
                    "a.py",
                    f"import signal\ndef end(*_): {minute}; time.sleep(2.5); os._exit(0)\nsignal.signal(signal.SIGTERM, end)\n"
                    f'{minute}; time.sleep(4); tell("READY=1")\nwhile True: time.sleep(1)\n',
                ),
                "ready": {"notify": "systemd", "timeout": "3s"},
                "stop": {"timeout": "1500ms"},
            }
        }
    )
    stoker.start()
    assert stoker.metric("stoker_service_last_start_duration_seconds", name="a") >= 4
    assert stoker.service("a")["restart_count"] == 0
    assert stoker.post("/stop/a").status == 200
    assert stoker.metric("stoker_service_stop_kills_total", name="a") == 0
    assert stoker.history("a")[0]["exit"] == "exited with code 0"


# -- What else is said -----------------------------------------------------------------------------------------------------------


def test_what_a_process_says_it_does_is_shown_until_its_next_run_without_control_characters(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", **NOTIFIES)}).start(ready=False)
    pid = wait_socket(stoker, "a")
    tell(pid, "READY=1", "STATUS=serving \x1b[31m100% \tof é", "UNKNOWN=1", "no equals sign")
    said = wait_for("its word", lambda: stoker.get("/service/a").json["said"])
    assert said == "serving  [31m100%  of é"
    assert stoker.post("/restart/a?wait=none").status == 202
    wait_for("the next process", lambda: stoker.service("a")["pid"] not in (None, pid))
    assert stoker.get("/service/a").json["said"] is None
    tell(wait_socket(stoker, "a"), "READY=1")
    stoker.wait_status("a", "running")


def test_another_process_of_the_service_can_take_the_lead(make_stoker):
    """MAINPID: the end that counts is that one's, and its exit code is known."""
    stoker = make_stoker()
    stoker.write(
        {
            "a": {
                "command": program(
                    stoker,
                    "a.py",
                    "child = os.fork()\n"
                    "if child: tell(f'MAINPID={child}\\nREADY=1'); os._exit(0)\n"
                    "while not os.path.exists('end'): time.sleep(0.1)\n"
                    "os.remove('end'); os._exit(5)\n",
                ),
                "restart": {"backoff": {"base": "100ms"}},
                "hooks": {"pre_stop": "echo $MAINPID > asked"},
                **NOTIFIES,
            }
        }
    )
    stoker.start()

    def led_by_another(but=0):
        pid = stoker.service("a")["pid"]
        return stoker.service("a")["status"] == "running" and pid != but and alive(pid) and os.getsid(pid) != pid and pid

    pid = wait_for("the new main process", led_by_another)
    assert stoker.service("a")["restart_count"] == 0
    (stoker.directory / "end").touch()
    wait_for("a restart", lambda: stoker.service("a")["restart_count"] == 1)
    other = wait_for("the next main process", lambda: led_by_another(but=pid))
    assert stoker.metric("stoker_service_last_exit_code", name="a") == 5
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="exit") == 1
    assert stoker.post("/stop/a").status == 200
    assert (stoker.directory / "asked").read_text() == f"{other}\n"
    assert not alive(other)


def test_a_process_of_somebody_else_cannot_take_the_lead(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", **NOTIFIES), "b": recorder("b")}).start(ready=False)
    pid = wait_socket(stoker, "a")
    stoker.wait_status("b", "running")
    for stranger in (os.getpid(), 1, stoker.process.pid, stoker.service("b")["pid"], 2**22 + 1, -1):
        tell(pid, f"MAINPID={stranger}")
    tell(pid, "READY=1")
    stoker.wait_status("a", "running")
    assert stoker.service("a")["pid"] == pid
    assert stoker.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can speak as another user: run it as root")
def test_what_another_user_says_is_nothing(make_stoker):
    stoker = make_stoker(
        services={
            "roots": recorder("roots", **NOTIFIES),
            "users": recorder("users", user="nobody", directory="/", **NOTIFIES) | {"command": ["sleep", "1000"]},
        }
    ).start(ready=False)
    roots, users = wait_socket(stoker, "roots"), wait_socket(stoker, "users")
    for pid in (roots, users):
        assert not tell(pid, "READY=1", "STATUS=stranger", user=NOBODY if pid == roots else NOBODY - 1), "it is not even taken"
        tell(pid, "STATUS=known")  # root may always speak, and is heard after the others
    for name in ("roots", "users"):
        wait_for("the word of root", lambda: stoker.get(f"/service/{name}").json["said"] == "known")
        assert stoker.service(name)["status"] == "starting"
    assert tell(users, "READY=1", "STATUS=the user itself", user=NOBODY)
    stoker.wait_status("users", "running")
    assert stoker.get("/service/users").json["said"] == "the user itself"
    assert "stranger" not in stoker.output.read_text()


def test_a_process_of_the_same_user_is_heard_unless_the_main_process_alone_is(make_stoker):
    """The test is the neighbour: of the same user, and no descendant of the services."""
    stoker = make_stoker()
    child = program(stoker, "child.py", 'tell("READY=1\\nSTATUS=child")\ntime.sleep(1000)\n')
    command = f"{GATE}; {' '.join(child)} & exec sleep 1000"
    stoker.write({name: recorder(name, command, ready={"notify": "systemd", "from": name}, watchdog="3s") for name in ("any", "main")})
    stoker.start(ready=False)
    pids = {name: wait_socket(stoker, name) for name in ("any", "main")}
    for pid in pids.values():
        tell(pid, "READY=1", "STATUS=neighbour", "WATCHDOG=1")
    stoker.wait_status("any", "running")
    stoker.wait_said(f"main: a notification of process {os.getpid()} was refused (ready.from: main): it does not descend from the main process.")
    assert (stoker.service("main")["status"], stoker.get("/service/main").json["said"]) == ("starting", None)
    (stoker.directory / "open").touch()
    stoker.wait_status("main", "running")
    assert stoker.get("/service/main").json["said"] == "child"

    def is_restarted():
        for pid in pids.values():
            with contextlib.suppress(OSError):
                tell(pid, "WATCHDOG=1")
        return stoker.service("main")["restart_count"]

    wait_for("the watchdog that heard no neighbour", is_restarted)
    assert stoker.metric("stoker_service_restarts_total", name="main", reason="watchdog") == 1
    assert (stoker.service("any")["restart_count"], stoker.service("any")["pid"]) == (0, pids["any"])


def test_a_word_that_is_too_long_or_no_text_does_no_harm(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", **NOTIFIES)}).start(ready=False)
    pid = wait_socket(stoker, "a")
    tell(pid, "STATUS=" + 20_000 * "x", "READY=1")
    tell(pid, "EXTEND_TIMEOUT_USEC=99999999999999999999999", "EXTEND_TIMEOUT_USEC=-1", "MAINPID=x", "WATCHDOG=", "ERRNO=x", "=", "\0\0")
    tell(pid, "STATUS=still there")
    wait_for("its last word", lambda: stoker.get("/service/a").json["said"] == "still there")
    assert stoker.service("a")["status"] == "starting"
    tell(pid, "READY=1")
    stoker.wait_status("a", "running")


def test_a_process_that_is_gone_before_its_word_is_read_was_ready(make_stoker):
    stoker = make_stoker()
    command = program(stoker, "a.py", 'tell("READY=1\\nSTATUS=last words"); os._exit(6)')
    stoker.write({"a": {"command": command, "restart": {"policy": "never"}, **NOTIFIES}})
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("a", "failed"))
    assert stoker.metric("stoker_service_start_failures_total", name="a", stage="ready") == 0
    assert (stoker.get("/service/a").json["said"], stoker.history("a")[0]["exit_code"]) == ("last words", 6)


def test_a_stop_before_it_is_ready_is_a_stop(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", **NOTIFIES)}).start(ready=False)
    wait_socket(stoker, "a")
    assert stoker.post("/stop/a").status == 200
    assert stoker.instances("a") == []
    assert stoker.metric("stoker_service_start_failures_total", name="a", stage="ready") == 0
    stoker.process.send_signal(signal.SIGTERM)
    assert stoker.process.wait(50) == 0
