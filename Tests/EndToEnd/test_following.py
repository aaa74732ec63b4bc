"""Following logs, over the API and on the command line: over rotations and restarts, by readers who are slow, silent or gone."""

import concurrent.futures
import http.client
import os
import pty
import re
import signal
import socket
import subprocess
import threading

import pytest

from harness import API, STOKER, recorder, wait_for
from log_lines import check_complete, numbered, numbers_of, wait_written, written

MIB = 1 << 20


class Follower:
    """A reader of `GET …/logs?follow=1`."""

    def __init__(self, stoker, name, query="tail=100"):
        self.connection = http.client.HTTPConnection("127.0.0.1", stoker.port, timeout=120)
        self.connection.request("GET", f"{API}/service/{name}/logs?follow=1&{query}")
        self.socket = self.connection.sock
        self.response = self.connection.getresponse()
        assert self.response.status == 200 and self.response.getheader("Content-Type") == "text/plain; charset=utf-8"
        self.bytes = b""
        self.end = None
        self.thread = threading.Thread(target=self.read, daemon=True)

    def reading(self):
        self.thread.start()
        return self

    def read(self):
        try:
            while block := self.response.read1(65536):
                self.bytes += block
            self.end = "ended"
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.end = error

    def whole(self):
        """The lines that are there, without one that is still coming."""
        return self.bytes[: self.bytes.rfind(b"\n") + 1]

    def wait(self, what, deadline=60):
        wait_for(f"{what!r} to be read", lambda: what in self.bytes, deadline)

    def close(self):
        self.socket.shutdown(socket.SHUT_RDWR)
        if self.thread.is_alive():
            self.thread.join()
        self.connection.close()


def clients(stoker):
    return stoker.metric("stoker_event_stream_clients")


def following(stoker, *arguments, output="follow.out"):
    """`stoker logs -f …` in the background, its output in a file; both streams."""
    process = stoker.spawn("logs", "-f", "--config", str(stoker.file), *arguments, output=stoker.directory / output)
    return process, stoker.directory / output


def interrupt(process):
    """What Ctrl-C does; a shell sees an end by SIGINT as 130."""
    process.send_signal(signal.SIGINT)
    assert process.wait(60) in (0, 130, -signal.SIGINT)


@pytest.mark.parametrize("mode", ["pipe", "direct"])
def test_who_follows_sees_each_line_once_over_rotations_and_restarts(make_stoker, mode):  # scenario 34
    count = 15_000
    log = {"mode": mode, "max_size": "100KB", "max_files": 3, "memory_lines": 100_000}
    stoker = make_stoker(services={"a": numbered("a", count, run=2_345, chunk=20, pause=0.002, log=log, enabled=False), "b": recorder("b")}).start()
    assert clients(stoker) == 0
    follower = Follower(stoker, "a", "tail=0").reading()
    process, output = following(stoker, "a", "-n", "0")
    wait_for("both to be counted", lambda: clients(stoker) == 2)
    assert stoker.post("/start/a?wait=none").status == 202
    stoker.wait_status("a", "completed")
    follower.wait(b"\n%d x" % count)
    wait_for("it on the command line", lambda: b"\n%d x" % count in output.read_bytes())
    wait_for("whole lines", lambda: output.read_bytes().endswith(b"\n") and follower.bytes.endswith(b"\n"))
    check_complete(follower.bytes, 1, count)
    check_complete(output.read_bytes(), 1, count)
    assert len(list((stoker.state / "logs").glob("a.log*"))) == 3
    interrupt(process)
    follower.close()
    wait_for("nobody to be counted", lambda: clients(stoker) == 0)
    late = Follower(stoker, "a", "tail=3").reading()
    late.wait(b"%d x" % count)
    check_complete(late.whole(), count - 2, count)
    late.close()


def test_one_stream_is_followed_alone(make_stoker):
    script = "echo out1; echo err1 >&2; while [ ! -e go ]; do sleep 0.02; done; echo err2 >&2; echo out2; exec sleep 1000"
    stoker = make_stoker(services={"a": recorder("a", then=script)}).start()
    wait_for("the first lines", lambda: len(stoker.get("/service/a/logs").text.splitlines()) == 2)
    followers = {stream: Follower(stoker, "a", f"stream={stream}").reading() for stream in ("stdout", "stderr")}
    process, output = following(stoker, "a", "--stream", "stderr")
    for stream, word in (("stdout", b"out1\n"), ("stderr", b"err1\n")):
        followers[stream].wait(word)
    wait_for("the command line", lambda: output.read_text() == "err1\n")
    (stoker.directory / "go").touch()
    followers["stdout"].wait(b"out2\n")
    followers["stderr"].wait(b"err2\n")
    assert (followers["stdout"].bytes, followers["stderr"].bytes) == (b"out1\nout2\n", b"err1\nerr2\n")
    wait_for("the command line", lambda: output.read_text() == "err1\nerr2\n")
    interrupt(process)
    for follower in followers.values():
        follower.close()


def said_by(name, **keys):
    """A service that says one line, and another with each file that is made for it."""
    return recorder(name, then=f"echo {name} 1; while [ ! -e {name}.go ]; do sleep 0.02; done; echo {name} 2; exec sleep 1000", **keys)


def test_lines_of_several_services_begin_with_whose_they_are_and_are_coloured_on_a_terminal_alone(make_stoker):
    remote = {"kind": "external", "health": {"exec": {"command": ["true"]}, "start_interval": "100ms"}}
    stoker = make_stoker(services={"a": said_by("a"), "longer": said_by("longer"), "third": said_by("third"), "remote": remote}).start()
    for name in ("a", "longer", "third"):
        wait_for("its line", lambda: stoker.get(f"/service/{name}/logs").text == f"{name} 1\n")
    single, one = following(stoker, "a", output="one")
    two, both = following(stoker, "a", "longer", output="both")
    every, everything = following(stoker, "--all", output="all")
    terminals = {}
    for no_colour in ("", "1"):
        parent, child = pty.openpty()
        environment = {**os.environ, "NO_COLOR": no_colour}
        command = [STOKER, "logs", "-f", "--all", "--config", stoker.file]
        terminals[no_colour] = (subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=environment, start_new_session=True), parent)
        os.close(child)
    try:
        wait_for("the first lines", lambda: everything.exists() and len(everything.read_text().splitlines()) == 3)
        wait_for("the first lines", lambda: one.read_text() == "a 1\n" and len(both.read_text().splitlines()) == 2)
        seen = {key: os.read(parent, 65536) for key, (_, parent) in terminals.items()}
        (stoker.directory / "longer.go").touch()
        wait_for("the next", lambda: "longer 2" in everything.read_text() and "longer 2" in both.read_text())
        (stoker.directory / "a.go").touch()
        wait_for("the next", lambda: "a 2" in everything.read_text() and "a 2" in one.read_text() and "a 2" in both.read_text())
        for key, (_, parent) in terminals.items():
            while not (b"a 2" in seen[key] and b"longer 2" in seen[key] and b"third 1" in seen[key]):
                seen[key] += os.read(parent, 65536)
    finally:
        for process, parent in terminals.values():
            process.send_signal(signal.SIGINT)
            process.wait(60)
            os.close(parent)
    assert one.read_text() == "a 1\na 2\n"
    assert sorted(both.read_text().splitlines()) == ["a      | a 1", "a      | a 2", "longer | longer 1", "longer | longer 2"]
    assert everything.read_text().splitlines()[3:] == ["longer | longer 2", "a      | a 2"]
    plain = seen["1"].decode().replace("\r\n", "\n").splitlines()
    assert sorted(plain) == sorted(everything.read_text().splitlines())
    coloured = seen[""].decode().replace("\r\n", "\n").splitlines()
    found = {}
    for line in coloured:
        match = re.fullmatch(r"\x1b\[(\d+)m(\w+) *\|\x1b\[0m (.*)", line)
        assert match, repr(line)
        found.setdefault(match[2], set()).add(match[1])
    assert set(found) == {"a", "longer", "third"} and all(len(colours) == 1 for colours in found.values())
    assert len(set.union(*found.values())) == 3, "a colour of its own"
    for process in (single, two, every):
        interrupt(process)
    # Without -f as well.
    shown = stoker.command("logs", "a", "longer", "-n", "1", "--config", str(stoker.file)).stdout
    assert shown == "a      | a 2\nlonger | longer 2\n"


def test_ctrl_c_ends_it_without_a_word(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", then="echo hello; exec sleep 1000")}).start()
    process = subprocess.Popen([STOKER, "logs", "-f", "a", "--config", stoker.file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "hello\n"
    wait_for("it to be counted", lambda: clients(stoker) == 1)
    interrupt(process)
    assert process.communicate() == ("", "")
    wait_for("it to be counted no more", lambda: clients(stoker) == 0)


TALKATIVE = recorder("a", first="trap 'echo last words; exit 0' TERM; echo hello", then="while :; do sleep 1000 & wait; done")


def test_following_ends_when_stoker_stops(make_stoker):
    stoker = make_stoker(services={"a": TALKATIVE}).start()
    follower = Follower(stoker, "a").reading()
    follower.wait(b"hello\n")
    process, output = following(stoker, "a")
    wait_for("it on the command line", lambda: output.read_text() == "hello\n")
    assert stoker.stop() == 0
    follower.thread.join(60)
    assert follower.end == "ended" and follower.bytes == b"hello\nlast words\n"
    assert process.wait(60) == 0 and output.read_text() == "hello\nlast words\n"


def test_following_ends_when_a_reload_removes_the_service(make_stoker):
    stays = recorder("stays")
    stoker = make_stoker(services={"a": TALKATIVE, "stays": stays}).start()
    follower = Follower(stoker, "a").reading()
    process, output = following(stoker, "a")
    follower.wait(b"hello\n")
    wait_for("it on the command line", lambda: output.read_text() == "hello\n")
    stoker.reload({"stays": stays})
    follower.thread.join(30)
    assert follower.end == "ended" and follower.bytes == b"hello\nlast words\n"
    assert process.wait(60) == 0 and output.read_text() == "hello\nlast words\n"
    assert clients(stoker) == 0


def test_following_goes_on_over_a_reload(make_stoker):
    service = recorder("a", then='echo run; exec sleep 1000')
    stoker = make_stoker(services={"a": service}).start()
    follower = Follower(stoker, "a").reading()
    follower.wait(b"run\n")
    stoker.reload({"b": recorder("b"), "a": {**service, "nice": 1, "log": {"memory_lines": 5}}})
    wait_for("the line of the next run", lambda: follower.bytes == b"run\nrun\n")
    stoker.reload({"b": recorder("b"), "a": {**service, "nice": 1, "log": {"memory_lines": 5, "path": "elsewhere.log"}}})
    stoker.wait_starts("a", 3)
    wait_for("the line of the run after", lambda: follower.bytes == b"run\nrun\nrun\n")
    follower.close()


def test_a_reader_slower_than_the_service_is_told_how_many_lines_it_missed(make_stoker):  # scenario 38
    count = 200_000
    stoker = make_stoker(services={"a": numbered("a", count, chunk=1000, enabled=False)}).start()
    slow = Follower(stoker, "a", "tail=0")
    wait_for("it to be counted", lambda: clients(stoker) == 1)
    assert stoker.post("/start/a?wait=none").status == 202
    stoker.wait_status("a", "completed")
    wait_for("all of it", lambda: stoker.metric("stoker_service_log_lines_total", name="a", stream="stdout") == count)
    slow.reading().wait(b"\n%d x" % count)
    wait_for("a whole line", lambda: slow.bytes.endswith(b"\n"))
    lines = slow.bytes.splitlines()
    notes = [re.fullmatch(rb"\[(\d+) lines were written faster than they were read\]", line) for line in lines]
    missed = sum(int(note[1]) for note in notes if note)
    found = numbers_of(b"\n".join(line for line, note in zip(lines, notes) if not note))
    assert missed > 0 and missed + len(found) == count
    assert found == sorted(set(found))
    # Each note stands where the gap is.
    number = 0
    for line, note in zip(lines, notes):
        number = number + int(note[1]) if note else number + 1
        assert note or line.startswith(b"%d x" % number), line
    slow.close()


def test_a_reader_that_never_reads_costs_bounded_memory_and_is_cut_off(make_stoker):  # scenario 38
    # It goes on: the kernel takes megabytes for a reader before anybody notices that he does not read.
    flood = numbered("flood", chunk=1000, pause=0.01, enabled=False, log={"max_files": 2})
    stoker = make_stoker(services={"flood": flood, "ticker": numbered("ticker", chunk=1, pause=0.02)}).start()
    good = Follower(stoker, "ticker", "tail=0").reading()

    def resident():
        with open(f"/proc/{stoker.process.pid}/status") as file:
            return next(int(row.split()[1]) * 1024 for row in file if row.startswith("VmRSS"))

    wait_written(stoker, "ticker", 10)
    before = resident()
    silent = []
    for _ in range(20):
        silent.append(socket.create_connection(("127.0.0.1", stoker.port)))
        silent[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        silent[-1].sendall(f"GET {API}/service/flood/logs?follow=1&tail=0 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    wait_for("all to be counted", lambda: clients(stoker) == 21)
    assert stoker.post("/start/flood?wait=none").status == 202
    wait_written(stoker, "flood", 300_000)
    assert resident() - before < 32 * MIB
    wait_for("them to be cut off", lambda: clients(stoker) == 1, 120)
    for connection in silent:
        connection.close()
    first = written(stoker, "ticker")
    good.wait(b"\n%d x" % (first + 20))
    check_complete(good.whole(), numbers_of(good.whole())[0], len(numbers_of(good.whole())) + numbers_of(good.whole())[0] - 1)
    good.close()
    assert stoker.service("ticker")["restart_count"] == 0


def test_readers_that_come_and_go_leave_nothing(make_stoker):
    stoker = make_stoker(services={"ticker": numbered("ticker", chunk=10, pause=0.01)}).start()

    def descriptors():
        return len(os.listdir(f"/proc/{stoker.process.pid}/fd"))

    Follower(stoker, "ticker").reading().close()
    wait_for("nobody", lambda: clients(stoker) == 0)
    before = descriptors()

    def visit(number):
        follower = Follower(stoker, "ticker", f"tail={number}").reading()
        wait_for("a line", lambda: b"\n" in follower.bytes)
        follower.close()

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        list(pool.map(visit, range(100)))
    wait_for("nobody", lambda: clients(stoker) == 0)
    wait_for("no descriptor to be left", lambda: descriptors() <= before + 2)
    assert stoker.stop() == 0


def test_bad_questions_about_logs_are_answered_with_a_sentence(make_stoker):
    remote = {"kind": "external", "health": {"exec": {"command": ["true"]}, "start_interval": "100ms"}}
    stoker = make_stoker(services={"dao": recorder("dao"), "remote": remote}).start()
    for path, status, error in (
        ("/service/daoo/logs?follow=1", 404, "service_not_found"),
        ("/service/remote/logs?follow=1", 409, "no_log"),
        ("/service/dao/logs?follow=perhaps", 400, "malformed"),
        ("/service/dao/logs?follow=1&tail=-1", 400, "malformed"),
        ("/service/dao/logs?follow=1&tail=many", 400, "malformed"),
        ("/service/dao/logs?stream=both", 400, "malformed"),
    ):
        answer = stoker.get(path)
        assert (answer.status, answer.json["error"]) == (status, error), (path, answer.text)
        assert answer.json["success"] is False and answer.json["message"], path
    assert stoker.request("HEAD", f"{API}/service/dao/logs?follow=1").status == 200
    assert stoker.request("POST", f"{API}/service/dao/logs?follow=1").status == 405
    for arguments, code, word in (
        (("daoo",), 1, "did you mean 'dao'"), (("dao", "daoo"), 1, "daoo"), (("remote",), 1, "no log"), ((), 64, "--all"),
        (("--all", "dao"), 64, "--all"), (("dao", "-n", "-1"), 64, "-n"), (("dao", "--stream", "both"), 64, "both"),
    ):  # fmt: skip
        result = stoker.command("logs", "-f", "--config", str(stoker.file), *arguments)
        assert result.returncode == code and word in result.stderr, (arguments, result)
    assert clients(stoker) == 0
    stoker.stop()
    result = stoker.command("logs", "-f", "dao", "--config", str(stoker.file))
    assert result.returncode == 69 and "no Stoker is running" in result.stderr
