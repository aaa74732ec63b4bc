"""The command line in a real terminal: the live screen, the live tables of a start and a stop, progress."""

import os
import re
import signal
import subprocess

import pytest

from harness import STOKER, marked, wait_for
from terminal import Terminal


def sleeper(name, **keys):
    return {"command": "exec sleep 1000", "environment": {"E2E_SERVICE": name}, **keys}


CHAIN = {
    "dao": sleeper("dao", restart={"backoff": {"base": "20s"}}),
    "edge": sleeper("edge", depends_on=["dao"]),
    "harvest": sleeper("harvest", depends_on=["edge"]),
    "onion": {"command": "echo onion says hello; exec sleep 1000", "environment": {"E2E_SERVICE": "onion"}, "depends_on": {"dao": {"optional": True}}},
    "broken": {"command": "exit 3", "ready": {"log": "never"}, "restart": {"max_attempts": 1, "backoff": {"base": "100ms"}}},
    "stuck": sleeper("stuck", depends_on=["broken"]),
}


@pytest.fixture
def open_terminal():
    terminals = []

    def make(*arguments, **keys):
        terminals.append(Terminal(*arguments, **keys))
        return terminals[-1]

    yield make
    for terminal in terminals:
        terminal.close()


@pytest.fixture
def chain(make_stoker):
    stoker = make_stoker(services=CHAIN).start()
    stoker.wait_status("broken", "failed")
    return stoker


def open_top(open_terminal, stoker, *arguments, columns=120, rows=24, **keys):
    terminal = open_terminal(stoker, columns=columns, rows=rows, **keys)
    terminal.run(" ".join(["stoker top", *arguments]))
    terminal.wait("NAME", "live", "dao")
    return terminal


# -- top -----------------------------------------------------------------------------------------------------------------


def test_a_wide_screen_shows_every_column_and_of_each_that_is_not_up_the_root_cause(open_terminal, chain):
    terminal = open_top(open_terminal, chain, columns=160)
    screen = terminal.wait("end-to-end  unhealthy, not ready", "6 services: 1 waiting, 4 running, 1 failed", "gave up: exited with code 3")
    assert "waits for broken, which failed: exited with code 3" in screen
    assert [line[4:].split()[0] for line in screen.split("\n") if line[2:3] in set("●✖…")][:2] == ["broken", "stuck"]
    titles = next(line for line in screen.split("\n") if "NAME" in line)
    assert titles.split() == ["NAME", "STATE▲", "HEALTH", "SINCE", "RESTARTS", "CPU%", "MEM", "PID", "NOTE"]
    assert str(chain.service("dao")["pid"]) in terminal.row("dao")
    wait_for("what dao uses", lambda: any(word.endswith(("K", "M")) for word in terminal.row("dao")))
    assert "R restart" in screen and "? help" in screen and "q quit" in screen


def test_a_narrow_screen_keeps_names_states_and_reasons(open_terminal, chain):
    terminal = open_top(open_terminal, chain, columns=60, rows=16)
    terminal.wait("✖ broken", "gave up: exited", "… stuck", "waits for broken", "? help", "q quit")
    terminal.tmux("resize-window", "-x", "160", "-y", "24")
    terminal.wait("RESTARTS", "waits for broken, which failed: exited with code 3")
    terminal.tmux("resize-window", "-x", "50", "-y", "10")
    terminal.wait("q quit", without=["RESTARTS"])


def test_services_are_sorted_filtered_and_chosen_by_keys(open_terminal, chain):
    terminal = open_top(open_terminal, chain, "--sort", "name")

    def order():
        return [line[4:].split()[0] for line in terminal.lines() if line[2:3] in set("●✖…↻▲▼○")]

    assert order() == sorted(CHAIN)
    terminal.press("r")
    wait_for("the reverse order", lambda: order() == sorted(CHAIN, reverse=True))
    terminal.press("r", ">")
    wait_for("the worst first", lambda: order()[:2] == ["broken", "stuck"])
    terminal.press("j", "Down")
    wait_for("the third to be chosen", lambda: any(line.startswith("> ● dao") for line in terminal.lines()))
    terminal.press("/", "o", "n", "i")
    terminal.wait("shown: 1, 'oni'", "filter: oni")
    assert order() == ["onion"]
    terminal.press("Enter", "Escape")
    wait_for("all of them", lambda: len(order()) == len(CHAIN))
    terminal.press("t")
    wait_for("the troubled ones", lambda: order() == ["broken", "stuck"])


def test_a_service_that_is_killed_shows_at_once_with_its_next_attempt(open_terminal, chain):
    terminal = open_top(open_terminal, chain)
    os.kill(chain.service("dao")["pid"], signal.SIGKILL)
    terminal.wait("↻ dao", "restarts in 1", "killed by SIGKILL", "1 backoff")


def test_a_restart_by_key_names_who_is_affected_asks_and_says_how_it_went(open_terminal, chain):
    terminal = open_top(open_terminal, chain, "--sort", "name")
    before = chain.service("dao")["pid"]
    terminal.press("j")
    wait_for("dao to be chosen", lambda: any(line.startswith("> ● dao") for line in terminal.lines()))
    terminal.press("R")
    terminal.wait("Restart dao? Meanwhile edge and harvest run without it. onion uses it.", "y: restart  n: no")
    terminal.press("n")
    terminal.wait("nothing was changed")
    assert chain.service("dao")["pid"] == before
    terminal.press("R", "y")
    terminal.wait("Service 'dao' restarted successfully (")
    assert chain.service("dao")["pid"] != before
    terminal.press("S")
    terminal.wait("Stop dao?", "edge and harvest require it", "y: stop all, dependents first  f: only dao  n: no")
    terminal.press("y")
    terminal.wait("3 stopped")
    assert chain.service("harvest")["status"] == "stopped"
    assert chain.service("onion")["status"] == "running"
    terminal.press("G", "k", "k")
    wait_for("harvest to be chosen", lambda: any(line.startswith("> ○ harvest") for line in terminal.lines()))
    terminal.press("U")
    terminal.wait("Start harvest? edge and dao are started too.")
    terminal.press("y")
    terminal.wait("Service 'harvest' started successfully", "4 running")


def test_pages_tell_all_of_a_service_why_it_is_so_and_what_it_writes(open_terminal, chain):
    terminal = open_top(open_terminal, chain, "--sort", "name", rows=40)
    terminal.press("G")
    wait_for("stuck to be chosen", lambda: any(line.startswith("> … stuck") for line in terminal.lines()))
    terminal.press("w")
    terminal.wait("why is stuck in this state?", "stuck waits for broken", "stoker start broken")
    terminal.press("Escape", "k", "k", "k", "k")
    wait_for("edge or so to be chosen", lambda: any(line.startswith("> ") and "stuck" not in line for line in terminal.lines()))
    terminal.press("g", "Enter")
    terminal.wait("broken failed", "Last runs", "exited with code 3", "needed by   stuck")
    terminal.press("Escape", "G", "k")
    wait_for("onion to be chosen", lambda: any(line.startswith("> ● onion") for line in terminal.lines()))
    terminal.press("l")
    terminal.wait("log of onion, following", "onion says hello")
    chain.command("restart", "onion", "--config", str(chain.file))
    wait_for("what it says anew", lambda: terminal.text().count("onion says hello") == 2)
    terminal.press("?")
    terminal.wait("select a service", "in back-off")
    terminal.press("q")
    terminal.wait("NAME▲")


def test_a_lost_connection_is_said_and_found_again(open_terminal, chain):
    terminal = open_top(open_terminal, chain)
    chain.kill()
    terminal.wait("CONNECTION LOST", "no Stoker")
    chain.start()
    terminal.wait("live", "1 waiting, 4 running, 1 failed", without=["CONNECTION LOST"])


@pytest.mark.parametrize("way", ["q", "C-c", "SIGTERM", "SIGHUP", "SIGINT"])
def test_the_terminal_is_as_it_was_after_every_way_out(open_terminal, chain, way):
    terminal = open_terminal(chain, columns=100, rows=24)
    terminal.run("echo before; stty -g > mode.before")
    terminal.wait("before")
    terminal.run("stoker top; stty -g > mode.after; echo after")
    terminal.wait("NAME", "live")
    assert terminal.flag("alternate_on") == "1" and terminal.flag("cursor_flag") == "0"
    if way.startswith("SIG"):
        [pid] = [pid for pid in marked(chain.mark) if open(f"/proc/{pid}/cmdline").read().split("\0")[1:2] == ["top"]]
        os.kill(pid, getattr(signal, way))
    else:
        terminal.press(way)
    terminal.wait("before", without=["NAME"])
    if way == "SIGINT":  # the shell ends the line too, for a program that died of it
        terminal.run("stty -g > mode.after; echo after")
    terminal.wait("after")
    assert terminal.flag("alternate_on") == "0" and terminal.flag("cursor_flag") == "1"
    assert (chain.directory / "mode.after").read_text() == (chain.directory / "mode.before").read_text()


def test_a_suspended_screen_comes_back(open_terminal, chain):
    terminal = open_terminal(chain, columns=100, rows=24)
    terminal.run("stoker top")
    terminal.wait("NAME", "live")
    terminal.press("C-z")
    wait_for("the shell's screen", lambda: terminal.flag("alternate_on") == "0")
    terminal.wait("Stopped")
    terminal.run("fg")
    terminal.wait("NAME", "live", "dao")
    terminal.press("q")
    wait_for("the shell's screen", lambda: terminal.flag("alternate_on") == "0")


def test_colours_say_what_is_meant_and_are_left_out_where_somebody_says_so(open_terminal, chain):
    coloured = open_top(open_terminal, chain)
    coloured.press("j")
    wait_for("a failure in red", lambda: "\x1b[31mfailed" in coloured.text(colours=True))
    plain = open_top(open_terminal, chain, environment={"NO_COLOR": "1"})
    plain.wait("failed")
    assert "\x1b[3" not in plain.text(colours=True)
    plain.press("q")
    wait_for("the shell's screen", lambda: plain.flag("alternate_on") == "0")
    plain.run("stoker status")
    plain.wait("waits for broken, which failed: exited with code 3")
    assert "\x1b[3" not in plain.text(colours=True)


def test_where_there_is_no_terminal_one_sentence_says_what_to_use_instead(chain):
    result = chain.command("top")
    assert (result.returncode, result.stdout) == (64, "")
    assert "stoker status" in result.stderr and len(result.stderr.splitlines()) == 1


def test_top_where_no_stoker_runs_says_so_and_leaves_the_terminal_alone(open_terminal, make_stoker):
    terminal = open_terminal(make_stoker(services=CHAIN))
    terminal.run("stoker top; echo code $?")
    terminal.wait("no Stoker is running", "code 69")


# -- run -----------------------------------------------------------------------------------------------------------------


SLOW = {
    "dao": sleeper("dao", command="sleep 2; echo ready; exec sleep 1000", ready={"log": "ready"}),
    "edge": sleeper("edge", depends_on=["dao"]),
    "last": sleeper("last", command="trap '' TERM; while :; do sleep 0.1; done", stop={"timeout": "2s"}),
}


def test_a_start_and_a_stop_are_live_tables_below_the_log(open_terminal, make_stoker):
    stoker = make_stoker(services=SLOW)
    terminal = open_terminal(stoker, columns=100, rows=40)
    terminal.run("stoker run; echo code $?")
    terminal.wait("▲ dao", "… edge  waiting", "waits for dao", "● last", "1 of 3 runs; waits for dao", "last: running, pid")
    screen = terminal.wait("3 of 3 run", "every service has settled", "● edge")
    assert screen.count("of 3 run") == 1 and screen.count("● edge ") == 1, "redrawn in place"
    table = screen.index("3 of 3 run")
    assert screen.index("edge: running, pid") < table, "log lines stand above"
    pid = stoker.service("edge")["pid"]
    os.kill(pid, signal.SIGKILL)
    screen = terminal.wait("edge: restarts in")
    assert screen.index("edge: restarts in") > screen.index("3 of 3 run"), "plain lines afterwards"
    stoker.wait_status("edge", "running")
    terminal.press("C-c")
    terminal.wait("▼ last", "2 of 3 stopped; waits for last (Ctrl-C kills at once)")
    screen = terminal.wait("3 of 3 stopped", "all 3 services stopped in", "had to be killed: last", "code 10")
    assert screen.count("of 3 stopped") == 1
    assert screen.index("3 of 3 stopped") < screen.index("all 3 services stopped in"), "the last line is the sum"


def test_more_services_than_lines_are_counted_the_unfinished_first(open_terminal, make_stoker):
    services = {f"s{number:02}": sleeper(f"s{number:02}") for number in range(60)}
    services["zz"] = sleeper("zz", ready={"log": "never"})
    stoker = make_stoker(services=services)
    terminal = open_terminal(stoker, columns=60, rows=70)
    terminal.run("stoker run")
    screen = terminal.wait("60 of 61 run; waits for zz", "more running")
    lines = screen.split("\n")
    assert sum(line.startswith((" ●", " ▲")) for line in lines) == 40
    assert next(line for line in lines if line.startswith((" ●", " ▲"))).startswith(" ▲ zz")
    assert "… and 21 more running" in screen
    assert all(len(line) <= 60 for line in lines)


def test_plain_and_what_is_no_terminal_get_log_lines_alone(open_terminal, make_stoker):
    stoker = make_stoker(services={"dao": sleeper("dao")})
    terminal = open_terminal(stoker)
    terminal.run("stoker run --plain; echo code $?")
    terminal.wait("every service has settled")
    terminal.press("C-c")
    terminal.wait("the service stopped in", "code 0")
    assert "1 of 1" not in terminal.history()
    stoker.start()
    stoker.stop()
    assert "\x1b" not in stoker.said() and "1 of 1" not in stoker.said()


def test_a_terminal_that_is_stopped_does_not_keep_supervision_from_its_work(open_terminal, make_stoker):
    stoker = make_stoker(services={"dao": sleeper("dao", restart={"backoff": {"base": "100ms"}}), "slow": sleeper("slow", ready={"log": "never"})})
    terminal = open_terminal(stoker)
    terminal.run("stoker run")
    terminal.wait("1 of 2 runs; waits for slow")
    terminal.press("C-s")
    first = stoker.service("dao")["pid"]
    os.kill(first, signal.SIGKILL)
    wait_for("dao to be restarted", lambda: stoker.service("dao")["pid"] not in (None, first))
    terminal.press("C-q")
    terminal.wait("dao: restarts in 100 ms")


# -- progress and status -------------------------------------------------------------------------------------------------


def test_a_restart_on_a_terminal_tells_its_progress_in_one_line(open_terminal, chain):
    terminal = open_terminal(chain)
    terminal.run("stoker restart edge; echo code $?")
    screen = terminal.wait("code 0")
    assert "edge: stopping … starting … running (" in screen
    assert "successfully" not in screen, "who has just read it need not read it twice"
    terminal.run("clear; stoker stop --cascade edge")
    terminal.wait("edge: stopping … stopped (", "(also stopped: harvest)")
    result = chain.command("restart", "edge")
    assert (result.stdout, result.stderr) == ("Service 'edge' restarted successfully\n", "")


def test_status_leaves_columns_out_until_the_reasons_fit(open_terminal, chain):
    terminal = open_terminal(chain, columns=64)
    terminal.run("clear; stoker status")
    screen = terminal.wait("waits for broken")
    assert "PID" not in screen and "RESTARTS" not in screen
    result = chain.command("status")
    assert "PID" in result.stdout and "RESTARTS" in result.stdout
    assert "waits for broken, which failed: exited with code 3" in result.stdout


def test_the_terminal_layer_is_not_needed_for_help():
    for verb in ("top", "events", "completions", "run"):
        assert subprocess.run([STOKER, verb, "--help"], capture_output=True).returncode == 0


# -- Text of services ------------------------------------------------------------------------------------------------------------


def test_the_terminal_obeys_no_text_of_a_service_but_colours(open_terminal, make_stoker):
    text = r"\033]0;stolen\007\033[31mred\033[2J\342\200\256\302\233m tail\n"
    stoker = make_stoker(services={"evil": {"command": f"printf '{text}plain\\n'; exec sleep 1000"}}).start()
    written = b"\x1b]0;stolen\x07\x1b[31mred\x1b[2J\xe2\x80\xae\xc2\x9bm tail\nplain\n".decode()
    wait_for("its output", lambda: stoker.command("logs", "evil", "--config", str(stoker.file)).stdout == written)
    terminal = open_terminal(stoker, columns=120)
    shown = r"\x1b]0;stolen\x07red\x1b[2J\u{202e}\u{9b}m tail"
    terminal.run("stoker logs evil")
    terminal.wait(shown, "plain")
    assert "\x1b[31mred" in terminal.text(colours=True)
    assert re.search("\x1b\\[(0|39)m\n*plain", terminal.text(colours=True)), "a colour ends with its line"
    terminal.run("clear; NO_COLOR=1 stoker logs -f evil")
    terminal.wait(shown, "plain")
    assert "\x1b[31m" not in terminal.text(colours=True)
    terminal.press("C-c")
    assert terminal.flag("pane_title") != "stolen"
    terminal.run("clear; stoker logs --raw evil")
    terminal.wait("plain")
    wait_for("what it asked for", lambda: terminal.flag("pane_title") == "stolen")
