"""`stoker events`: what happens, as it happens, over breaks and restarts of Stoker."""

import contextlib
import json
import os
import re
import signal

import pytest

from harness import DEADLINE, recorder, wait_for
from terminal import Terminal


@contextlib.contextmanager
def events(stoker, *arguments):
    """A running `stoker events` and the file that it writes to."""
    output = stoker.directory / f"events-{len(list(stoker.directory.glob('events-*')))}"
    process = stoker.spawn("events", "--config", str(stoker.file), *arguments, output=output)
    try:
        yield process, output
    finally:
        process.kill()
        process.wait(DEADLINE)


def wait_said(output, text, count=1):
    wait_for(f"{count} times {text!r} in {output}", lambda: output.read_text().count(text) >= count)


TWO = {"dao": recorder("dao", restart={"backoff": {"base": "100ms"}}), "edge": recorder("edge", restart={"backoff": {"base": "100ms"}})}


def test_a_kill_is_told_in_plain_words_as_it_happens(make_stoker):
    stoker = make_stoker(services=TWO).start()
    with events(stoker, "-f") as (_, output):
        wait_said(output, "Stoker ")
        os.kill(stoker.service("dao")["pid"], signal.SIGKILL)
        wait_said(output, "  dao: restarts in 100 ms (killed by SIGKILL)")
        wait_said(output, "  dao: running, pid ")
        assert "\x1b" not in output.read_text()


def test_events_go_on_after_a_restart_of_stoker_which_is_said(make_stoker):
    stoker = make_stoker(services=TWO).start()
    with events(stoker) as (process, output):
        wait_said(output, "Stoker ")
        assert stoker.stop() == 0
        wait_said(output, "dao: stopped")
        wait_said(output, "stoker: the connection is lost and is tried again every second")
        stoker.start()
        wait_said(output, "stoker: connected again")
        wait_said(output, "Stoker was started again")
        os.kill(stoker.service("edge")["pid"], signal.SIGKILL)
        wait_said(output, "edge: restarts in 100 ms (killed by SIGKILL)")
        assert process.poll() is None
        assert output.read_text().count("connection is lost") == 1


def test_json_is_one_event_a_line_and_a_service_can_be_chosen(make_stoker):
    stoker = make_stoker(services=TWO).start()
    with events(stoker, "--json", "--service", "edge") as (_, output):
        wait_said(output, '"hello"')
        for name in TWO:
            stoker.wait_starts(name)  # or it dies before it has said that it was there
            os.kill(stoker.service(name)["pid"], signal.SIGKILL)
            stoker.wait_starts(name, 2)
        wait_said(output, '"to":"running"')
        told = [json.loads(line) for line in output.read_text().splitlines()]
        assert {event.get("service") for event in told} <= {"edge", None}
        backoff = next(event for event in told if event.get("to") == "backoff")
        assert (backoff["kind"], backoff["from"], backoff["cause"]) == ("status", "running", "killed by SIGKILL")


def test_exit_codes_tell_what_went_wrong(make_stoker):
    stoker = make_stoker(services=TWO)
    result = stoker.command("events", "--config", str(stoker.file))
    assert result.returncode == 69 and "no Stoker is running" in result.stderr
    stoker.start()
    result = stoker.command("events", "--config", str(stoker.file), "--service", "daoo")
    assert result.returncode == 1 and "did you mean 'dao'" in result.stderr
    assert stoker.command("events", "--servce", "dao").returncode == 64
    with events(stoker) as (process, output):
        wait_said(output, "Stoker ")
        process.send_signal(signal.SIGINT)
        assert process.wait(DEADLINE) == -signal.SIGINT


@pytest.mark.parametrize("way", ["unix", "tcp", "environment"])
def test_events_and_all_that_asks_reach_a_stoker_by_its_address(make_stoker, way):
    stoker = make_stoker(services=TWO).start()
    unix, tcp = f"unix:{stoker.state}/stoker.sock", f"http://127.0.0.1:{stoker.port}"
    options = {"unix": ["--url", unix], "tcp": ["--url", tcp], "environment": []}[way]
    environment = {"STOKER_URL": tcp} if way == "environment" else {}
    for verb in (["status"], ["health"], ["why", "dao"], ["logs", "dao"], ["restart", "dao"], ["stop", "edge"], ["start", "edge"], ["reload", "--dry-run"]):
        result = stoker.command(*verb, *options, environment=environment)
        assert result.returncode == 0, (verb, result)
    output = stoker.directory / "told"
    process = stoker.spawn("events", *options, output=output, environment=environment)
    wait_said(output, "Stoker ")
    process.kill()
    process.wait(DEADLINE)


def test_on_a_terminal_events_have_colours(make_stoker):
    stoker = make_stoker(services=TWO).start()
    terminal = Terminal(stoker)
    try:
        terminal.run("stoker events")
        terminal.wait("Stoker ")
        os.kill(stoker.service("dao")["pid"], signal.SIGKILL)
        terminal.wait("dao: restarts in", "dao: running")
        assert re.search(r"\x1b\[33m[^\n]*: restarts in 100 ms \(killed by SIGKILL\)", terminal.text(colours=True))
    finally:
        terminal.close()
