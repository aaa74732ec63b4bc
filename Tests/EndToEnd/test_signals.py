"""Signals to Stoker itself: which of them are a full stop, which are nothing, and which two are one (rules 25 and 81)."""

import os
import shlex
import signal
import subprocess
import sys

import pytest

from harness import BINARIES, DEADLINE, STOKER, alive, marked, recorder, wait_for

REALTIME = {f"SIGRTMIN+{offset}": signal.SIGRTMIN + offset for offset in range(1, signal.SIGRTMAX - signal.SIGRTMIN + 1)}
STOPS = {"SIGTERM", "SIGINT", "SIGQUIT", "SIGPWR", *(f"SIGRTMIN+{offset}" for offset in (3, 4, 5, 6, 13, 14, 15, 16))}
# By their numbers: Python has a name for some of them only, and another one for SIGIO.
NOTHING = {
    **{"SIGUSR1": 10, "SIGUSR2": 12, "SIGALRM": 14, "SIGSTKFLT": 16, "SIGXCPU": 24, "SIGXFSZ": 25, "SIGVTALRM": 26, "SIGPROF": 27, "SIGIO": 29},
    **{"SIGRTMIN": signal.SIGRTMIN, **{name: number for name, number in REALTIME.items() if name not in STOPS}},
}
GATE = "trap 'while ! [ -e open ]; do sleep 0.1; done; exit 0' TERM"


@pytest.mark.parametrize("name", ["SIGPWR", "SIGRTMIN+3", "SIGQUIT"])
def test_a_signal_is_a_full_stop_or_nothing(make_stoker, name):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    stoker.wait_starts("a")
    # 32 and 33 are the C library's own, which it lets nobody handle.
    for number in [*NOTHING.values(), signal.SIGPIPE, 32, 33]:
        stoker.process.send_signal(number)
    for ignored in NOTHING:
        wait_for("a word about it", lambda: f"{ignored} ignored" in stoker.output.read_text())
    assert stoker.running() and stoker.service("a")["status"] == "running"
    stoker.process.send_signal(REALTIME.get(name) or signal.Signals[name])
    assert stoker.process.wait(DEADLINE) == 0
    assert f"{name}: stopping everything" in stoker.output.read_text()
    assert stoker.instances("a") == []


@pytest.mark.parametrize("is_stopped", [False, True])
def test_two_signals_at_once_are_one_also_where_stoker_was_stopped_between_them(make_stoker, is_stopped):
    services = {"slow": recorder("slow", first=GATE, then="while :; do sleep 0.1; done", stop={"timeout": "10m"})}
    stoker = make_stoker(services=services).start()
    stoker.wait_starts("slow")
    if is_stopped:
        os.kill(stoker.process.pid, signal.SIGSTOP)
        wait_for("the stop", lambda: "T (stopped)" in open(f"/proc/{stoker.process.pid}/status").read())
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        stoker.process.send_signal(number)
    stoker.process.send_signal(signal.SIGCONT)
    wait_for("both to be heard", lambda: stoker.output.read_text().count("taken as one with the signal just before") == 2)
    (stoker.directory / "open").touch()
    assert stoker.process.wait(DEADLINE) == 0, "it ended by itself"


# -- The terminal in which it was started ---------------------------------------------------------------------------------------

# A shell in a terminal: it leads the session, and its children have the terminal.
SHELL = """
import os, pty, sys
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
sys.stdin.read()
os.close(master)
os.waitpid(pid, 0)
"""


class Window:
    """A window whose terminal runs `stoker run`, and which can be closed."""

    def __init__(self, stoker, *through):
        command = [*through, str(STOKER), "run", "--config", str(stoker.file)]
        # A shell that has more to do stays, as the leader of the session.
        line = " ".join(shlex.quote(word) for word in command) + ("" if "exec" in through else "; true")
        name, value = stoker.mark.split("=")
        self.process = subprocess.Popen(
            [sys.executable, "-c", SHELL, "sh", "-c", line],
            stdin=subprocess.PIPE,
            cwd=stoker.directory,
            env={**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}", name: value},
        )

    def close(self):
        self.process.stdin.close()


def pid_of(stoker):
    return wait_for("its lock", lambda: int((stoker.state / "lock").read_text().split()[0]))


def settled(stoker):
    return wait_for("every service to settle", lambda: stoker.get("/services").json["initialized"])


@pytest.mark.parametrize("through", [(), ("exec",), ("setsid", "--wait"), ("nohup",)], ids=["by hand", "in the shell's place", "setsid", "nohup"])
def test_closing_the_window_stops_a_stoker_that_was_started_in_it_by_hand(make_stoker, through):
    services = {"a": recorder("a", first="trap ': > a.ended; exit 0' TERM", then="while :; do sleep 0.05; done")}
    stoker = make_stoker(services=services)
    window = Window(stoker, *through)
    settled(stoker)
    stoker.wait_starts("a")
    pid = pid_of(stoker)
    # As long as the terminal is there, SIGHUP is a reload.
    stoker.write({**services, "b": recorder("b")})
    os.kill(pid, signal.SIGHUP)
    if through != ("nohup",):
        stoker.wait_starts("b")
    window.close()
    if through in ((), ("exec",)):
        assert window.process.wait(DEADLINE) == 0
        wait_for("its end", lambda: not alive(pid))
        assert (stoker.directory / "a.ended").exists(), "everything was stopped"
        assert marked(stoker.mark) == []
    else:
        window.process.kill()
        window.process.wait(DEADLINE)
        assert stoker.get("/services").json["services"]["a"]["status"] == "running"
        os.kill(pid, signal.SIGTERM)
        wait_for("its end", lambda: not alive(pid))
