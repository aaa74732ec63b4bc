#!/usr/bin/env python3
"""Records what a real Stoker shows Prometheus while something goes wrong, for the replays (`replay-*.yml`).

    python3 alerts/tests/record.py SCENARIO [--binaries .build/release] [--pages FILE]    records: minutes, in real time
    python3 alerts/tests/record.py SCENARIO --pages FILE --only-write                     writes a kept recording anew

A scenario runs a service file that says nothing but what it must, so that every number is a default, and is scraped every 15 s.
The series that the rules read go into `replay-SCENARIO.yml` in promtool's notation, behind the line `input_series:`; what stands
above it, the expectations, is written by hand and is kept. Time 0 is the first scrape: values that are points in time are moved there,
since promtool's clock begins at 0.
"""

import argparse
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RULES = HERE.parent / "stoker.rules.yml"
STEP = 15
INSTANCE = 'job="stoker",instance="fog-1:10101"'

FALLS_WHEN_BROKEN = "test ! -e broken && exec sleep 100000"


def check(*command):
    return {"exec": {"command": list(command)}}


class Scenario:
    """Services, how long to look, and what happens when: {second: what to do}. Nothing happens on a scrape, but between two."""

    def __init__(self, seconds, services, events):
        self.seconds, self.services, self.events = seconds, services, events


def register(world):
    world.post("/registry/stranger")


def beat(world):
    for name in ("judged", "stranger"):
        world.post(f"/registry/{name}/heartbeat")


SCENARIOS = {
    # Falls, and falls again at each of the three restarts, after 2, 4 and 8 s. Mended by hand 6 minutes later.
    "crash-loop": Scenario(
        900,
        {"crasher": {"command": FALLS_WHEN_BROKEN, "health": check("true")}, "steady": {"command": "exec sleep 100000", "health": check("true")}},
        {67: lambda world: (world.touch("broken"), world.kill("crasher")), 427: lambda world: (world.remove("broken"), world.force("crasher"))},
    ),
    # Lives, but fails its check from one moment on; each restart helps nothing. Mended by hand 10 minutes later.
    "unhealthy-loop": Scenario(
        1110,
        {
            "sick": {"command": "exec sleep 100000", "health": check("test", "!", "-e", "ill")},
            "steady": {"command": "exec sleep 100000", "health": check("true")},
        },
        {67: lambda world: world.touch("ill"), 667: lambda world: (world.remove("ill"), world.force("sick"))},
    ),
    # database <- api <- web. The database falls for good; the checks of the two others fail without it.
    "dead-dependency": Scenario(
        1170,
        {
            "database": {"command": FALLS_WHEN_BROKEN, "health": check("true")},
            "api": {"command": "exec sleep 100000", "depends_on": ["database"], "health": check("test", "!", "-e", "broken")},
            "web": {"command": "exec sleep 100000", "depends_on": ["api"], "health": check("test", "!", "-e", "broken")},
            "steady": {"command": "exec sleep 100000", "health": check("true")},
        },
        {67: lambda world: (world.touch("broken"), world.kill("database")), 427: lambda world: (world.remove("broken"), world.force("database"))},
    ),
    # Does not hear SIGTERM: it is killed 30 s after the order to stop.
    "hung-stop": Scenario(
        600,
        {"deaf": {"command": "trap '' TERM; while :; do sleep 100000; done"}, "steady": {"command": "exec sleep 100000"}},
        {67: lambda world: world.post("/stop/deaf?wait=none")},
    ),
    # A service that is judged by its heartbeat, and a stranger that registered itself: both beat every 60 s, fall silent after 187 s, and
    # beat again from 607 s on. The registry of the third is kept alive by Stoker, as that of every service that needs not beat for itself.
    "missed-heartbeats": Scenario(
        960,
        {"judged": {"command": "exec sleep 100000", "health": {"heartbeat": {}}}, "steady": {"command": "exec sleep 100000"}},
        {2: register, **{second: beat for second in (7, 67, 127, 187, *range(607, 960, 60))}},
    ),
}


class World:
    """A running Stoker, and what the events do to it."""

    def __init__(self, binaries, directory, services):
        self.directory = pathlib.Path(directory)
        self.socket = 18_000 + os.getpid() % 10_000
        file = self.directory / "stoker.yaml"
        supervisor = {"name": "fog-1", "listen": [f"127.0.0.1:{self.socket}"], "state_dir": str(self.directory / "state")}
        file.write_text(json.dumps({"version": 1, "stoker": supervisor, "services": services}))
        with open(self.directory / "said", "wb") as out:
            command = [str(binaries / "stoker"), "run", "--config", str(file)]
            self.process = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd=directory)

    def ask(self, path, method="GET", body=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.socket}{path}", body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read().decode()

    def services(self):
        return json.loads(self.ask("/api/orchestration/services"))

    def post(self, path, body="{}"):
        return self.ask("/api/orchestration" + path, "POST", body.encode())

    def touch(self, name):
        (self.directory / name).touch()

    def remove(self, name):
        (self.directory / name).unlink()

    def kill(self, name):
        os.kill(self.services()["services"][name]["pid"], signal.SIGKILL)

    def force(self, name):
        self.post(f"/restart/{name}?wait=none", '{"force":true}')

    def settled(self):
        try:
            return self.services()["initialized"]
        except OSError:
            return False

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)


def record(scenario, binaries):
    """The pages of a scenario, one a step, and the time of the first."""
    with tempfile.TemporaryDirectory(prefix="stoker-record-") as directory:
        world = World(binaries, directory, scenario.services)
        try:
            while not world.settled():
                time.sleep(0.1)
            time.sleep(3)  # a check or two
            start = time.time()
            pages, todo = [], sorted(scenario.events.items())
            for second in range(0, scenario.seconds + 1, STEP):
                while todo and todo[0][0] < second:
                    at, event = todo.pop(0)
                    time.sleep(max(0, start + at - time.time()))
                    event(world)
                time.sleep(max(0, start + second - time.time()))
                pages.append(world.ask("/metrics"))
            return start, pages
        finally:
            world.end()


def series(start, pages):
    """{series: [value or None, one a page]}, with points in time counted from the first page."""
    found = {}
    for number, page in enumerate(pages):
        for line in page.splitlines():
            if not line.startswith(("stoker_", "process_start_time_")):
                continue
            name, value = line.rsplit(" ", 1)
            value = float(value)
            if "_timestamp_seconds" in name or "_start_time_seconds" in name:
                value = round(value - start, 3) if value else 0.0
            found.setdefault(name, [None] * len(pages))[number] = value
    return found


def notation(values):
    """promtool's notation: `1x3` is 1 four times, `_` no sample."""

    def text(value):
        if value is None:
            return "_"
        if value in (float("inf"), float("-inf")):
            return "+Inf" if value > 0 else "-Inf"
        return repr(int(value)) if value == int(value) else repr(round(value, 6))

    parts = []
    for value in map(text, values):
        if parts and parts[-1][0] == value:
            parts[-1][1] += 1
        else:
            parts.append([value, 1])

    def run(value, count):
        if value.endswith("Inf"):  # 2.42 does not know `+Infx3`
            return " ".join([value] * count)
        if count == 1:
            return value
        return f"_x{count}" if value == "_" else f"{value}x{count - 1}"

    return " ".join(run(*part) for part in parts)


def write(name, start, pages):
    wanted = set(re.findall(r"\b(?:stoker|process)_\w+", RULES.read_text()))
    lines = ["    input_series:", f'      - series: up{{{INSTANCE}}}', f"        values: 1x{len(pages) - 1}"]
    for key, values in sorted(series(start, pages).items()):
        family, _, labels = key.partition("{")
        if family in wanted:
            labels = labels.rstrip("}")
            lines += [f"      - series: '{family}{{{INSTANCE}{',' if labels else ''}{labels}}}'", f"        values: {notation(values)}"]
    file = HERE / f"replay-{name}.yml"
    head = file.read_text().split("    input_series:")[0] if file.exists() else ""
    file.write_text(head + "\n".join(lines) + "\n")
    return file


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("scenario", choices=SCENARIOS)
    arguments.add_argument("--binaries", type=pathlib.Path, default=ROOT / ".build" / "release")
    arguments.add_argument("--pages", type=pathlib.Path, help="keeps the pages in this file")
    arguments.add_argument("--only-write", action="store_true", help="takes the pages from the file")
    given = arguments.parse_args()
    if given.only_write:
        first, scraped = json.loads(given.pages.read_text())
    else:
        first, scraped = record(SCENARIOS[given.scenario], given.binaries.resolve())
        if given.pages:
            given.pages.write_text(json.dumps([first, scraped]))
    print(write(given.scenario, first, scraped))
