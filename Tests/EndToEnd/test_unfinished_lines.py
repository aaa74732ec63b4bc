"""Lines whose newline has not come yet: prompts and progress bars."""

import pytest

from harness import recorder, wait_for
from terminal import Terminal
from test_following import Follower, following, interrupt

STEPS = "while [ ! -e go{0} ]; do sleep 0.02; done; "
ASK = "printf 'waiting for the lock... '; " + STEPS.format(1) + "printf 'still '; " + STEPS.format(2) + "echo got it; exec sleep 1000"
BAR = "for i in 1 2 3 4 5; do printf '\\r%s of 5' $i; done; " + STEPS.format(1) + "echo; exec sleep 1000"
BOTH = "printf half; printf 'warn' >&2; " + STEPS.format(1) + "echo ' whole'; echo ing >&2; exec sleep 1000"


@pytest.fixture
def asking(make_stoker):
    return make_stoker(services={"ask": {"command": ASK}, "bar": {"command": BAR}, "both": {"command": BOTH}}).start()


def go(stoker, step=1):
    (stoker.directory / f"go{step}").touch()


def text(stoker, name, query=""):
    return stoker.get(f"/service/{name}/logs?{query}").text


def test_an_unfinished_line_is_the_last_one_and_stands_once_when_it_is_finished(asking):
    wait_for("the prompt", lambda: text(asking, "ask") == "waiting for the lock... ")
    wait_for("the last state", lambda: text(asking, "bar") == "5 of 5")
    assert asking.command("logs", "ask").stdout == "waiting for the lock... "
    wait_for("both streams", lambda: sorted(text(asking, "both").split("\n")) == ["half", "warn"])
    assert text(asking, "both", "stream=stderr") == "warn" and text(asking, "both", "tail=0") == ""
    lines = asking.command("logs", "ask", "both").stdout.splitlines()
    assert sorted(lines) == ["ask  | waiting for the lock... ", "both | half", "both | warn"]
    go(asking)
    go(asking, 2)
    wait_for("the whole line", lambda: text(asking, "ask") == "waiting for the lock... still got it\n")
    wait_for("the bar's end", lambda: text(asking, "bar") == "".join(f"\r{i} of 5" for i in range(1, 6)) + "\n")
    log = (asking.state / "logs" / "ask.log").read_text()
    assert log.count("waiting") == 1 and log.endswith(" waiting for the lock... still got it\n")


def test_a_follower_gets_the_rest_of_a_line_as_it_comes(asking):
    followers = {name: Follower(asking, name).reading() for name in ("ask", "bar")}
    process, output = following(asking, "ask")
    followers["ask"].wait(b"waiting for the lock... ")
    followers["bar"].wait(b"5 of 5")
    wait_for("the command line", lambda: output.read_bytes() == b"waiting for the lock... ")
    go(asking)
    followers["ask"].wait(b"still ")
    go(asking, 2)
    followers["ask"].wait(b"got it\n")
    assert followers["ask"].bytes == b"waiting for the lock... still got it\n"
    followers["bar"].wait(b"5 of 5\n")
    wait_for("the command line", lambda: output.read_bytes() == b"waiting for the lock... still got it\n")
    interrupt(process)
    for follower in followers.values():
        follower.close()


def test_a_terminal_shows_the_last_state_in_place(asking):
    terminal = Terminal(asking, columns=80)
    try:
        terminal.run("stoker logs bar; stoker logs -f ask bar -n 1")
        terminal.wait("\n5 of 5\n", " | ")
        go(asking)
        go(asking, 2)
        terminal.wait("ask | waiting for the lock... still got it", "bar | ")
    finally:
        terminal.close()


def test_a_direct_log_shows_it_too(make_stoker):
    stoker = make_stoker(services={"ask": {"command": ASK, "log": {"mode": "direct"}}}).start()
    wait_for("the prompt", lambda: text(stoker, "ask") == "waiting for the lock... ")
    go(stoker)
    go(stoker, 2)
    wait_for("the whole line", lambda: text(stoker, "ask") == "waiting for the lock... still got it\n")
