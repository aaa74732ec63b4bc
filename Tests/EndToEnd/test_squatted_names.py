"""Another user who takes the names that Stoker uses, fills its sockets and holds its locks: nothing is influenced, and no start held up."""

import contextlib
import errno
import fcntl
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys

import pytest

from harness import DEADLINE, become, fnv, former_ledger_of, ledger_of, pipes_of, recorder, runtime_of, wait_for
from notifying import environment, tell, wait_socket
from numbered_lines import numbers, said, writer

NOBODY = 65534
OLD = os.environ.get("STOKER_OLD")

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user: run it as root")
upgrade = pytest.mark.skipif(not OLD, reason="make upgrade builds version 0.1.0")


@contextlib.contextmanager
def nobody(body):
    """Runs a function in a process of user nobody, which keeps what it has until the end."""
    ready, there = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            become(NOBODY)
            kept = body()  # noqa: F841
            os.write(there, b"1")
            signal.pause()
        os._exit(1)
    os.close(there)
    said = os.read(ready, 1)
    os.close(ready)
    try:
        assert said, "it could not do that"
        yield child
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def attempt(body):
    """What user nobody gets for a call: 0, or the errno."""
    child = os.fork()
    if child == 0:
        code = 255
        with contextlib.suppress(BaseException):
            become(NOBODY)
            try:
                body()
                code = 0
            except OSError as error:
                code = error.errno
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def squat(ledger):
    """Takes the names of a ledger and of the folder of FIFOs beside it; its FIFOs are open to everybody."""
    output = ledger.with_name(ledger.name + ".output")

    def body():
        os.close(os.open(ledger, os.O_CREAT | os.O_EXCL, 0o666))
        os.mkdir(output, 0o777)
        os.umask(0)
        for name in ("w.1.out", "w.1.err", "w.2.out", "w.2.err"):
            os.mkfifo(output / name, 0o666)

    assert attempt(body) == 0
    return ledger, output


def sweep(paths):
    for path in paths:
        shutil.rmtree(path, ignore_errors=True)
        path.unlink(missing_ok=True)


def check_read_on(stoker):
    """The output of `w` is read: what it says from now on is in its log."""
    number = said(stoker, "w")
    wait_for("its output", lambda: any(n > number + 10 for _, _, n in numbers((stoker.state / "logs/w.log").read_bytes(), "out")))


def send(address, text="READY=1"):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.sendto(text.encode(), address)


SERVICES = {
    "n": recorder("n", ready={"notify": "systemd"}),
    "user": recorder("user", user="nobody", directory="/", ready={"notify": "systemd"}) | {"command": ["sleep", "1000"]},
}


def test_another_user_neither_sends_to_a_socket_nor_takes_its_place(make_stoker):
    stoker = make_stoker(services=SERVICES).start(ready=False)
    pid = wait_socket(stoker, "n")
    address = environment(pid)["NOTIFY_SOCKET"]
    assert address == str(runtime_of(stoker.state) / "notify" / "n")
    assert attempt(lambda: send(address)) == errno.EACCES
    assert attempt(lambda: os.unlink(address)) == errno.EACCES
    assert attempt(lambda: os.listdir(os.path.dirname(address))) == errno.EACCES
    # A service's user reaches the socket of its service, and no other.
    users = wait_socket(stoker, "user")
    assert attempt(lambda: send(environment(users)["NOTIFY_SOCKET"])) == 0
    stoker.wait_status("user", "running")
    assert stoker.service("n")["status"] == "starting"
    # After a kill the same sockets are there again.
    stoker.kill()
    assert attempt(lambda: os.unlink(address)) == errno.EACCES
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.service("user")["status"] == "running")
    wait_for("its socket", lambda: attempt(lambda: send(address)) == errno.EACCES and tell(pid, "READY=1"))
    assert stoker.wait_status("n", "running")["pid"] == pid
    assert stoker.stop() == 0
    assert not os.path.exists(os.path.dirname(address))


def test_a_service_that_sends_without_end_is_alone_with_it(make_stoker):
    flood = "import os, socket\ns = socket.socket(socket.AF_UNIX, 2)\nwhile True: s.sendto(b'STATUS=x\\nREADY=1\\n' * 100, os.environ['NOTIFY_SOCKET'])"
    services = {
        "loud": recorder("loud", ready={"notify": "systemd"}) | {"command": [sys.executable, "-S", "-c", flood]},
        "n": recorder("n", ready={"notify": "systemd"}),
    }
    stoker = make_stoker(services=services).start(ready=False)
    stoker.wait_status("loud", "running")
    tell(wait_socket(stoker, "n"), "READY=1")
    stoker.wait_status("n", "running")
    assert stoker.stop() == 0


def test_names_that_were_seen_and_taken_are_left_to_who_took_them(make_stoker):
    stoker = make_stoker(services={"w": writer("w"), "r": recorder("r")}).start()
    check_read_on(stoker)
    # As long as they are there, nobody else can have them.
    for path in (ledger_of(stoker.state), pipes_of(stoker.state)):
        assert attempt(lambda path=path: os.rename(path, f"{path}.mine")) == errno.EPERM
        assert attempt(lambda path=path: os.open(path, os.O_RDONLY)) == errno.EACCES
    assert stoker.post("/restart/r").status == 200
    seen = ledger_of(stoker.state)
    assert stoker.stop() == 0
    taken = squat(seen)
    try:
        stoker.start()
        for path in taken:
            stoker.wait_said(f"'{path}' belongs to another user, who has taken a name that was ours: another name is used")
        assert ledger_of(stoker.state).stat().st_uid == 0 and ledger_of(stoker.state) != seen
        assert stoker.service("r")["restart_count"] == 1
        pid = stoker.service("w")["pid"]
        stoker.kill()
        stoker.start()
        assert stoker.service("w")["pid"] == pid
        stoker.wait_said("the output is read on")
        check_read_on(stoker)
        assert stoker.service("r")["restart_count"] == 1
        assert stoker.stop() == 0
        assert all(path.stat().st_uid == NOBODY for path in taken)
    finally:
        sweep(taken)


def test_names_that_anybody_can_compute_are_worth_nothing(make_stoker):
    stoker = make_stoker(services={"w": writer("w")})
    stoker.state.mkdir(mode=0o700)
    taken = squat(former_ledger_of(stoker.state))
    try:
        for _ in range(2):
            stoker.start()
            assert stoker.service("w")["restart_count"] == 0
            stoker.kill()
        stoker.start()
        stoker.wait_said("the output is read on", count=2)
        check_read_on(stoker)
        assert stoker.stop() == 0
        assert [path.stat().st_uid for path in taken] == [NOBODY, NOBODY]
    finally:
        sweep(taken)


def test_a_held_lock_of_a_folder_holds_up_nothing(make_stoker):
    stoker = make_stoker(services={"w": writer("w")})
    sockets = stoker.directory / "sockets"
    sockets.mkdir()
    stoker.write({"w": writer("w")}, supervisor={"listen": [f"127.0.0.1:{stoker.port}", f"unix:{sockets}/s"]})
    # Everybody who can read a folder can lock it.
    with contextlib.ExitStack() as locks:
        for folder in (sockets, "/dev/shm", "/run"):
            held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            locks.callback(os.close, held)
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for _ in range(2):
            stoker.start()
            stoker.kill()
        stoker.start()
        check_read_on(stoker)
        assert stoker.stop() == 0
        assert list(sockets.iterdir()) == []


# -- SIGTERM at every moment of the start -----------------------------------------------------------------------------------------


# A name server that never answers, in a network of its own.
DEAF = """
import fcntl, os, socket, struct, sys
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
fcntl.ioctl(server, 0x8914, struct.pack("16sH14x", b"lo", 1))  # SIOCSIFFLAGS: IFF_UP
server.bind(("127.0.0.1", 53))
server.set_inheritable(True)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def test_a_stop_does_not_wait_for_a_resolver(make_stoker, tmp_path):
    (tmp_path / "resolv.conf").write_text("nameserver 127.0.0.1\noptions timeout:30 attempts:5\n")
    (tmp_path / "nsswitch.conf").write_text("hosts: files dns\n")
    script = 'mount --bind "$0/resolv.conf" /etc/resolv.conf && mount --bind "$0/nsswitch.conf" /etc/nsswitch.conf && exec "$@"'
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.through = ["unshare", "-m", "-n", "sh", "-c", script, str(tmp_path), sys.executable, "-S", "-c", DEAF]
    stoker.write({"a": recorder("a")}, supervisor={"listen": ["slow.example:0"]})
    stoker.start(ready=False)
    stoker.wait_said("supervises one service")
    assert stoker.running()
    assert stoker.stop(deadline=10) == 0
    assert stoker.starts("a") == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGPWR])
def test_a_stop_does_not_wait_for_a_start_that_is_held_up(make_stoker, number):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.state.mkdir(mode=0o700)
    # The lock of a Stoker that is dead, and whose last child is just being started, is waited for.
    with open(stoker.state / "lock", "w") as lock:
        dead = subprocess.Popen(["true"])
        dead.wait()
        lock.write(f"{dead.pid}\n")
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        stoker.start(ready=False)
        threads = pathlib.Path(f"/proc/{stoker.process.pid}/task")
        wait_for("the start", lambda: "stoker-start\n" in [path.read_text() for path in threads.glob("*/comm")])
        stoker.process.send_signal(signal.SIGUSR1)  # holds up nothing
        stoker.process.send_signal(number)
        assert stoker.process.wait(DEADLINE) == 1
        assert f"{number.name} while the start was held up: no service was started or stopped" in stoker.output.read_text()


# -- From 0.1.0 -------------------------------------------------------------------------------------------------------------------


def start_old(stoker):
    stoker.process = subprocess.Popen(
        [OLD, "run", "--config", str(stoker.file)], cwd=stoker.directory, stdin=subprocess.DEVNULL, stdout=open(stoker.output, "ab"),
        stderr=subprocess.STDOUT, env={**os.environ, stoker.mark.split("=")[0]: stoker.mark.split("=")[1]},
    )


DOG = """
import os, socket, time
address = os.environ["NOTIFY_SOCKET"]
while True:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        try: sender.sendto(b"WATCHDOG=1\\nSTATUS=%d" % time.monotonic_ns(), address.replace("@", "\\0", 1))
        except OSError: pass
    time.sleep(0.05)
"""


def upgraded(make_stoker):
    stoker = make_stoker(
        services={
            "w": writer("w"),
            "r": recorder("r"),
            "n": recorder("n", ready={"notify": "systemd", "timeout": "1h"}),
            "dog": recorder("dog", watchdog="1s") | {"command": [sys.executable, "-S", "-c", DOG]},
        }
    )
    start_old(stoker)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("r", "running"))
    assert stoker.post("/restart/r").status == 200
    stoker.wait_status("dog", "running")
    pids = {name: wait_socket(stoker, name) for name in ("n", "dog")} | {"w": stoker.service("w")["pid"]}
    check_read_on(stoker)
    stoker.wait_recorded(*pids)
    stoker.kill()
    return stoker, pids


@upgrade
def test_services_of_0_1_0_are_heard_and_read_on_where_it_had_their_channels(make_stoker):
    stoker, pids = upgraded(make_stoker)
    assert former_ledger_of(stoker.state).exists()
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.service("dog")["status"] == "running")
    assert stoker.service("r")["restart_count"] == 1, "its counters go on"
    assert not former_ledger_of(stoker.state).exists()
    wait_for("its socket", lambda: tell(pids["n"], "READY=1"))
    stoker.wait_status("n", "running")
    before = wait_for("a sign of life", lambda: stoker.get("/service/dog").json["said"])
    wait_for("more of them", lambda: stoker.get("/service/dog").json["said"] != before)
    stoker.wait_said("the output is read on")
    check_read_on(stoker)
    # Once more, by ourselves.
    stoker.kill()
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.service("dog")["status"] == "running")
    stoker.wait_said("the output is read on", count=2)
    assert {name: stoker.service(name)["pid"] for name in pids} == pids
    # What is started anew has the new channels.
    assert stoker.post("/restart/dog").status == 200
    assert environment(wait_socket(stoker, "dog"))["NOTIFY_SOCKET"].startswith("/run/stoker/")
    assert stoker.stop() == 0
    former = former_ledger_of(stoker.state)
    assert not former.with_name(former.name + ".output").exists()


@upgrade
def test_a_name_of_0_1_0_that_was_taken_is_reported_and_disturbs_no_service(make_stoker):
    stoker, pids = upgraded(make_stoker)
    mark = f"{fnv(str(stoker.state)):016x}"

    def take():
        sockets = []
        for name in ("dog", "n"):
            sockets.append(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM))
            sockets[-1].bind(f"\0stoker/{mark}/{name}")
        return sockets

    with nobody(take):
        stoker.start(ready=False)
        wait_for("an answer", lambda: stoker.running() and stoker.service("dog")["status"] == "running")
        for name in ("dog", "n"):
            stoker.wait_said(f"{name}: its notifications cannot be received: Address already in use (EADDRINUSE)")
        # Longer than its watchdog would have waited: 600 lines, of which no 200 come in a second.
        number = said(stoker, "w")
        wait_for("three seconds", lambda: said(stoker, "w") > number + 600)
        check_read_on(stoker)
        assert stoker.service("dog")["pid"] == pids["dog"] and stoker.service("dog")["restart_count"] == 0
    assert stoker.stop() == 0
