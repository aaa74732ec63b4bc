"""Logs behind symbolic links, and logs that are Stoker's own standard output: a pipe, a socket, a terminal, a file."""

import os
import re
import threading

import pytest

from harness import wait_for
from log_lines import numbered, numbers_of, wait_written, written
from standard_output import Output, ends, read_all

NOBODY = 65534


def test_a_linked_log_is_rotated_at_its_target(make_stoker, tmp_path):
    (tmp_path / "target").mkdir()
    services = {}
    for mode in ("pipe", "direct"):
        os.symlink(f"target/{mode}.real", tmp_path / f"{mode}.log")
        services[mode] = numbered(mode, chunk=10, pause=0.005, log={"path": str(tmp_path / f"{mode}.log"), "mode": mode, "max_size": "20KB", "max_files": 3})
    stoker = make_stoker(services=services).start()
    for mode in services:
        wait_for("rotation", lambda: (tmp_path / "target" / f"{mode}.real.1").exists())
        assert os.readlink(tmp_path / f"{mode}.log") == f"target/{mode}.real"
        assert [name for name in os.listdir(tmp_path) if name.startswith(f"{mode}.log")] == [f"{mode}.log"]
    assert stoker.stop() == 0


USERS = [None] + ([NOBODY] if os.geteuid() == 0 else [])


@pytest.mark.parametrize("user", USERS)
@pytest.mark.parametrize("kind", ["pipe", "socket", "terminal"])
@pytest.mark.parametrize("mode", ["pipe", "direct"])
def test_standard_output_gets_every_line_from_every_user(make_stoker, mode, kind, user):
    count = 3000
    log = {"path": "/dev/stdout", "mode": mode} | ({"timestamps": False} if mode == "pipe" else {})
    app = {"command": f"i=1; while [ $i -le {count} ]; do echo $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; i=$((i+1)); done; exec sleep 1000",
           "log": log, "directory": "/"}
    if user:
        app |= {"user": str(user), "group": str(user)}
    stoker = make_stoker(services={"app": app, "other": numbered("other", chunk=1, pause=0.01)})
    reading, writing = ends(kind)
    output = Output(stoker, writing)
    try:
        wait_for("the start", lambda: stoker.service("app")["status"] == "running")
        # Nobody reads, and nothing else waits for that.
        wait_written(stoker, "other", written(stoker, "other") + 100)
        text = b""
        while text.count(b"\n") < count:
            text += os.read(reading, 65536)
        assert [int(number) for number in re.findall(rb"^(\d+) x+\r?$", text, re.MULTILINE)] == list(range(1, count + 1))
        assert "cannot" not in stoker.output.read_text()
    finally:
        drain = threading.Thread(target=lambda: read_all(reading))
        drain.start()
        code = output.end()
        drain.join()
        os.close(reading)
    assert code == 0


def test_a_pipe_behind_standard_output_keeps_its_owner(make_stoker):
    """A service of another user that has Stoker's standard output directly does not get the pipe itself."""
    if os.geteuid() != 0:
        pytest.skip("needs root and a second user")
    log = {"path": "/dev/stdout", "mode": "direct"}
    stoker = make_stoker(services={"app": {"command": "echo up; exec sleep 1000", "log": log, "directory": "/", "user": str(NOBODY), "group": str(NOBODY)}})
    reading, writing = os.pipe()
    output = Output(stoker, writing)
    try:
        assert os.read(reading, 100) == b"up\n"
        assert os.fstat(reading).st_uid == 0
    finally:
        assert output.end() == 0
        os.close(reading)


def test_a_file_behind_standard_output_is_written_on_and_never_rotated(make_stoker, tmp_path):
    stoker = make_stoker(services={"app": numbered("app", 1000, chunk=10, log={"path": "/dev/stdout", "max_size": "10KB", "max_files": 3, "timestamps": False})})
    file = tmp_path / "said"
    file.write_bytes(b"before\n")
    output = Output(stoker, os.open(file, os.O_WRONLY | os.O_APPEND))
    wait_for("all lines", lambda: file.read_bytes().count(b"\n") == 1001)
    assert output.end() == 0
    assert file.read_bytes().startswith(b"before\n") and numbers_of(file.read_bytes()[7:]) == list(range(1, 1001))
    assert [name for name in os.listdir(tmp_path) if name.startswith("said")] == ["said"]
