"""Whoever changes something over a Unix socket is named by the kernel: user and process, in log, history and events."""

import os
import subprocess

import pytest

from event_stream import EventStream
from harness import API, STOKER, http_request, recorder, wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def name_of(uid):
    import pwd

    try:
        return f"{pwd.getpwuid(uid).pw_name} ({uid})"
    except KeyError:
        return f"uid {uid}"


def causes(stoker, name):
    stoker.wait_written()
    return [run["cause"] for run in stoker.history(name)]


def test_the_command_line_and_programs_are_named_with_user_and_process(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    stream = EventStream(stoker)
    by_command = subprocess.Popen([STOKER, "restart", "a", "--config", stoker.file], stdout=subprocess.DEVNULL)
    assert by_command.wait(60) == 0
    assert http_request(stoker.state / "stoker.sock", "POST", f"{API}/restart/a").status == 200
    user = name_of(os.geteuid())
    lines = [f"requested by the command line unix: {user}, pid {by_command.pid}", f"requested by api unix: {user}, pid {os.getpid()}"]
    for line in lines:
        assert line in [event["data"].get("cause") for event in stream.until("restarted")]
        stoker.wait_said(f"a: restarted ({line})")
    assert causes(stoker, "a")[:2] == lines[::-1]


def test_over_tcp_the_address_is_all_there_is(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    assert stoker.post("/restart/a").status == 200
    assert causes(stoker, "a")[0].startswith("requested by api 127.0.0.1:")


@as_root
def test_another_user_without_a_name_is_a_number(make_unprivileged):
    stoker = make_unprivileged(services={"a": recorder("a")}).start()
    assert stoker.command("restart", "a").returncode == 0
    assert http_request(stoker.state / "stoker.sock", "POST", f"{API}/restart/a").status == 200
    by_root, by_itself = causes(stoker, "a")[:2]
    assert by_root == f"requested by api unix: root (0), pid {os.getpid()}"
    assert by_itself.startswith(f"requested by the command line unix: uid {stoker.popen['user']}, pid ")


@as_root
def test_a_process_that_stoker_cannot_see_has_no_number(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.through = ["unshare", "--pid", "--fork", "--kill-child"]
    stoker.start()
    assert http_request(stoker.state / "stoker.sock", "POST", f"{API}/restart/a").status == 200
    wait_for("the restart", lambda: stoker.service("a")["restart_count"] == 1)
    assert causes(stoker, "a")[0] == "requested by api unix: root (0)"
