"""The README's "Five minutes": every step as it stands there, typed into two terminals, and its answers looked at."""

import pathlib
import re
import shutil
import textwrap
from urllib.parse import quote

import pytest

from harness import BINARIES, FOG, ROOT, http_request, wait_for
from terminal import Terminal


def steps():
    """The numbered steps by their titles: the text of each, with its blocks of code."""
    text = (ROOT / "README.md").read_text().split("## Five minutes\n")[1].split("\n## ")[0]
    parts = re.split(r"^\d\. \*\*(.*?)\.?\*\*", text, flags=re.M)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def blocks(step):
    return [textwrap.dedent(block).splitlines() for block in re.findall(r"^   ```\n(.*?)^   ```", step, re.S | re.M)]


class Shell(Terminal):
    """A terminal whose prompt is numbered, so that the answer to each line is known."""

    def __init__(self, stoker):
        super().__init__(stoker, columns=160, rows=50, environment={"PS1": r"<\#> "})
        self.typed = 0

    def type(self, line):
        """Types a line once the one before is done."""
        self.done()
        self.typed += 1
        self.run(line)

    def done(self):
        """Waits for the next prompt."""
        wait_for("the prompt", lambda: f"\n<{self.typed + 1}>" in "\n" + self.history())

    def answer(self, *texts):
        """What the last line has printed, once each of these patterns is in a line of it."""

        def has():
            said = ("\n" + self.history()).split(f"\n<{self.typed}>", 1)[1].split(f"\n<{self.typed + 1}>")[0]
            missing = [text for text in texts if not re.search(text, said)]
            if missing:
                raise ValueError(f"{missing} in\n{said}")
            return said

        return wait_for(f"{texts}", has)

    def interrupt(self):
        self.press("C-c")


@pytest.fixture
def terminals(make_stoker):
    """Two terminals in a folder that looks like the repository after `make build`."""
    stoker = make_stoker("repository")
    (stoker.directory / ".build").mkdir()
    (stoker.directory / ".build" / "release").symlink_to(BINARIES)
    for name in ("Makefile", "examples"):
        (stoker.directory / name).symlink_to(ROOT / name)
    made = [Shell(stoker), Shell(stoker)]
    yield stoker, *made
    for terminal in made:
        terminal.close()


def services():
    return http_request(10101, "GET", "/api/orchestration/services").json


def ask(query):
    """The value by service of each series that Prometheus has for a query, or nothing."""
    answer = http_request(9090, "GET", f"/api/v1/query?query={quote(query)}").json
    return {series["metric"]["name"]: float(series["value"][1]) for series in answer["data"]["result"]}


@pytest.mark.xdist_group("demo")
def test_every_step_of_the_readme_works_as_it_stands_there(terminals, tmp_path):
    stoker, first, second = terminals
    start, kill, fail, prometheus, stop, own = steps().items()

    title, text = start
    assert title == "Start the demo" and "`make run`" in text
    # What is built is another matter.
    first.type("make --old-file=build run")
    first.answer("Ten services are starting")
    wait_for("ten services", lambda: services()["is_ready"] and all(service["health"] == "healthy" for service in services()["services"].values()))
    before = {name: service["restart_count"] for name, service in services()["services"].items()}  # of earlier demos on this machine, too
    [lines] = blocks(text)
    for line in lines:
        second.type(line)
        if line == "stoker status":
            second.answer("10 services: 10 running")
    second.answer("betanet .*optional: .*onion")

    title, text = kill
    [[line, *rest]] = blocks(text)
    assert title == "Kill a service" and rest == ["stoker status", "stoker why betanet"]
    second.type(line)
    second.type(rest[0])
    second.answer("betanet +backoff +unhealthy .*restarts in .* killed by SIGKILL")
    second.type(rest[1])
    second.answer("betanet .*killed by SIGKILL")

    title, text = fail
    [lines] = blocks(text)
    assert title == "Make a health check fail" and lines[-1] == "stoker events"
    for line in lines:
        second.type(line)
    # By the time that the list begins, the first of three failures may be over.
    second.answer("dao.*unhealthy", "dao.*restarts in", "dao.*running, pid", "dao: healthy")
    second.interrupt()

    title, text = prometheus
    commands, queries = blocks(text)
    assert title == "See it in Prometheus" and len(queries) == 3
    empty = tmp_path / "prometheus"
    empty.mkdir()
    for line in [f"cd {empty}", *commands]:
        second.type(line)
    restarts, states, requests = (wait_for(f"an answer to {query}", lambda query=query: len(ask(query)) == len(FOG) and ask(query)) for query in queries)
    assert sorted(restarts) == sorted(states) == sorted(requests) == sorted(FOG)
    assert restarts == {name: count + (name in ("betanet", "dao")) for name, count in before.items()}
    assert set(states.values()) == {1} and min(requests.values()) > 0

    title, text = stop
    assert title == "Stop it" and "Ctrl-C in both terminals" in text
    second.interrupt()
    first.interrupt()
    first.answer("all 10 services stopped")
    first.done()

    title, text = own
    assert title == "Write a file of your own, and kill Stoker itself"
    [lines] = blocks(text)
    empty = tmp_path / "own"
    empty.mkdir()
    second.type(f"cd {empty}")
    try:
        pids = None
        for line in lines:
            if line.startswith("kill -9"):
                second.done()
                pids = running(stoker, empty)
            second.type(line)
        assert lines[-1].split()[:2] == ["stoker", "run"]
        said = second.answer("first: adopted from an earlier Stoker, pid", "second: adopted from an earlier Stoker, pid")
        assert wait_for("the same pids", lambda: running(stoker, empty)) == pids and len(pids) == 2, said
        second.interrupt()
        second.answer("all 2 services stopped")
        second.done()
    finally:
        check = stoker.command("check", "--config", str(empty / "stoker.yaml")).stdout
        shutil.rmtree(pathlib.Path(re.search("state directory +(/.*)", check)[1]), ignore_errors=True)


def running(stoker, folder):
    """The pids by service, as `stoker status` shows them in that folder."""
    rows = stoker.command("status", "--config", str(folder / "stoker.yaml")).stdout.splitlines()[3:]
    return {row.split()[0]: int(row.split()[3]) for row in rows}
