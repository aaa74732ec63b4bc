"""A Stoker under load for MINUTES (60): what it holds must be flat after the first ten. Run as a program; `make soak`.

Thirty services of all kinds are restarted 20 times a second, by crashes and by command, while it is scraped, reloaded, asked and followed
by clients that come and go. Every ten seconds its memory, threads, descriptors, files, children and tables are counted; at the end they
are printed, and judged where the run was long enough. STOKER names the program."""

import collections
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time

import harness
from harness import HealthServer, Stoker, fnv, http_request, ledger_of, pipes_of, runtime_of, wait_for, words_of

MINUTES = float(os.environ.get("MINUTES", "60"))
RESTARTS = 20  # a second
WARM_UP = 10 * 60  # seconds that may grow
INTERVAL = 10
RESTARTERS = 4  # some of them wait for a restart
FOLLOWERS = 6
MIB = 1 << 20
ACCEPTED = (
    "*/*",
    "text/plain; version=0.0.4",
    "application/openmetrics-text; version=1.0.0",
    "application/openmetrics-text; version=0.0.1",
    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited",
)
# Each figure: its unit, and the growth after the warm-up that is still flat, as a share of it and absolute. None: shown, but not judged.
# Proportional memory is less while a verb runs, which shares the program's pages. Swift's pool has a few threads more after the machine was
# busy: up to twice the processors for each of its queues.
FIGURES = {
    "resident memory": ("MiB", 0.02, MIB),
    "proportional memory": ("MiB", None, None),
    "private memory": ("MiB", 0.02, MIB),
    "threads": ("", 0, 0.5),
    "threads of Swift": ("", 0, 2 * (os.cpu_count() or 1)),
    "descriptors": ("", 0.02, 1),
    "files": ("", 0.02, 1),
    "bytes of files": ("MiB", 0.02, MIB),
    "cgroups": ("", 0.02, 1),
    "children": ("", 0.02, 1),
    "zombies": ("", 0, 1),
    "registry entries": ("", 0.02, 2),
    "series": ("", 0.02, 10),
    "journal backlog": ("", 0.02, 100),
    "streams": ("", None, None),
    "connections": ("", None, None),
}

NOTIFYING = """
import os, socket, time
sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sender.connect(os.environ["NOTIFY_SOCKET"])
sender.send(b"READY=1")
while True:
    sender.send(b"WATCHDOG=1\\nSTATUS=%d" % time.monotonic_ns())
    time.sleep(0.5)
"""
CHATTING = """
import sys, time
print("listening", flush=True)
while True:
    for number in range(20):
        print("a line of output", number, "x" * 100, flush=True)
    print("a line of complaint", file=sys.stderr, flush=True)
    time.sleep(0.2)
"""


def python(program):
    return [sys.executable, "-S", "-E", "-c", program]


class Load:
    """The service file and its variants, and all who do something to the Stoker; each has a thread."""

    def __init__(self, directory):
        self.health = HealthServer()
        self.health.server.handle_error = lambda *_: None  # a check that is cancelled is no news
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.alive = directory / "alive"
        self.alive.touch()
        defaults = {
            "restart": {"max_attempts": "unlimited", "backoff": {"base": "100ms", "factor": 1}},
            "stop": {"timeout": "2s"},
            "log": {"max_size": "64KiB", "max_files": 4},
        }
        self.stoker = Stoker(directory, self.services(), defaults)
        self.defaults = defaults
        self.over = threading.Event()
        self.done = collections.Counter()
        self.failures = collections.Counter()
        self.entries = {}
        self.counts = collections.Counter()
        self.began = time.monotonic()
        self.threads = []

    # The services.

    def services(self):
        sleep = ["sleep", "1000000"]
        tcp = f"127.0.0.1:{self.listener.getsockname()[1]}"
        often = {"interval": "1s", "timeout": "20s"}
        services = {f"plain-{number}": {"command": sleep} for number in range(5)}
        services["stubborn"] = {"command": "trap '' TERM; while :; do sleep 1000000; done", "stop": {"timeout": "300ms"}}
        services |= {f"notify-{number}": {"command": python(NOTIFYING), "ready": {"notify": "systemd"}, "watchdog": "1m"} for number in range(3)}
        services["http-0"] = {"command": sleep, "health": {"http": {"url": self.health.url}, **often}}
        services["http-1"] = {"command": sleep, "health": {"http": {"url": self.health.url, "body": "ok"}, **often}}
        services["tcp"] = {"command": sleep, "health": {"tcp": {"address": tcp}, **often}}
        services["exec"] = {"command": sleep, "health": {"exec": {"command": ["true"]}, **often}}
        services["file"] = {"command": sleep, "health": {"file": {"path": str(self.alive)}, **often}}
        services["beating"] = {"command": sleep, "health": {"heartbeat": {}, **often}}
        services["chatty-0"] = {"command": python(CHATTING)}
        services["chatty-1"] = {"command": python(CHATTING), "ready": {"log": "^listening"}, "log": {"timestamps": False}}
        services["direct"] = {"command": python(CHATTING), "log": {"mode": "direct"}}
        services["hooked"] = {"command": sleep, "hooks": {when: ["true"] for when in ("pre_start", "post_start", "pre_stop", "post_stop")}}
        # They say little, and must have all their log files within the first minutes.
        small = {"log": {"max_size": "1KiB"}}
        services |= {f"once-{number}": {"kind": "oneshot", "command": "echo done", **small} for number in range(2)}
        services["loop-0"] = {"command": "echo up; sleep 1; exit 1", **small}
        services["loop-1"] = {"command": ["./missing"], "restart": {"backoff": {"base": "1s"}}}
        services["base"] = {"command": sleep}
        edge = {"base": {"on_restart": "restart"}}
        services |= {f"dependent-{number}": {"command": sleep, "depends_on": edge} for number in range(4)}
        services["outside"] = {"kind": "external", "health": {"http": {"url": self.health.url}, **often}}
        return services

    def variant(self, number):
        """The service file with one service more, one changed, one less, or as it was."""
        services = self.services()
        match number % 4:
            case 1:
                services["more"] = {"command": ["sleep", "1000000"], "depends_on": ["plain-1"]}
            case 2:
                services["plain-0"]["environment"] = {"VARIANT": str(number)}
                services["chatty-0"]["log"] = {"max_files": 3}
            case 3:
                del services["plain-4"]
        return services

    # Threads.

    def start(self):
        self.stoker.start()
        self.began = time.monotonic()
        deeds = [*[(self.restart, 0.1)] * RESTARTERS, (self.look, 1), (self.scrape, 1), (self.ask, 0.5), (self.reload, 4), (self.beat, 0.5), (self.run_verb, 5)]
        for deed, pause in [*deeds, *[(self.follow, 0.2)] * FOLLOWERS]:
            self.threads.append(threading.Thread(target=self.repeat, args=(deed, pause)))
            self.threads[-1].start()

    def repeat(self, deed, pause):
        while not self.over.wait(pause):
            try:
                deed()
            except Exception as error:  # whatever it is: it is counted, and the load goes on
                if not self.over.is_set():
                    self.failures[f"{deed.__name__}: {type(error).__name__}: {str(error)[:150]}"] += 1

    def finish(self):
        """Ends all that was started."""
        self.over.set()
        for thread in self.threads:
            thread.join()
        self.stoker.finish()
        self.health.close()
        self.listener.close()

    def request(self, method, path, body=None, headers=None, expected=(200,)):
        answer = http_request(self.stoker.port, method, path, body, headers)
        if answer.status not in expected:
            raise ValueError(f"{method} {path}: {answer.status}")
        return answer

    # Deeds.

    def restart(self):
        """Restarts the service that was restarted the least, unless there were enough so far."""
        if sum(self.counts.values()) >= RESTARTS * (time.monotonic() - self.began):
            return
        names = [name for name, entry in self.entries.items() if entry["kind"] != "external"]
        if not names:
            return
        name = min(random.sample(names, min(3, len(names))), key=lambda name: self.counts[name])
        pid = self.entries[name]["pid"]
        if pid and random.random() < 0.5:
            self.crash(pid)
        else:
            wait = random.choice(("none", "none", "none", "running"))
            self.request("POST", f"{harness.API}/restart/{name}?wait={wait}", expected=(200, 202, 404, 409, 504))
            self.done["restarts by command"] += 1

    def crash(self, pid):
        """Kills a process if it is still one of these services."""
        with contextlib.suppress(ProcessLookupError, FileNotFoundError):
            descriptor = os.pidfd_open(pid)
            try:
                if self.stoker.mark.encode() in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    signal.pidfd_send_signal(descriptor, random.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGSEGV)))
                    self.done["crashes"] += 1
            finally:
                os.close(descriptor)

    def look(self):
        """Adds up the restarts: a service that was out of the file counts from 0 again."""
        entries = self.request("GET", f"{harness.API}/services").json["services"]
        for name, entry in entries.items():
            before = self.entries.get(name, {"restart_count": 0})["restart_count"]
            count = entry["restart_count"]
            self.counts[name] += count - before if count >= before else count
        self.entries = entries

    def scrape(self):
        accepted = {"Accept": random.choice(ACCEPTED), "Accept-Encoding": random.choice(("gzip", "identity"))}
        self.request("GET", "/metrics", headers=accepted)
        self.done["scrapes"] += 1

    def ask(self):
        name = random.choice(list(self.entries) or ["base"])
        of_one = [f"service/{name}", f"service/{name}/why", f"service/{name}/history", f"service/{name}/logs?lines=50", f"registry/{name}"]
        path = random.choice([*of_one, "dependencies", "metrics", "health", "registry", "discovery/prometheus", "nothing"])
        headers = {"Accept-Encoding": random.choice(("gzip", "identity"))}
        self.request("GET", f"{harness.API}/{path}", headers=headers, expected=(200, 404, 409))
        self.done["questions"] += 1

    def reload(self):
        """Reads another variant: by request, or by signal."""
        whole = self.stoker.file
        self.stoker.file = whole.with_suffix(".new")
        self.stoker.write(self.variant(self.done["reloads"]), self.defaults)
        self.stoker.file.replace(whole)
        self.stoker.file = whole
        if random.random() < 0.5:
            self.request("POST", "/-/reload")
        else:
            self.stoker.process.send_signal(signal.SIGHUP)
        self.done["reloads"] += 1

    def beat(self):
        """Beats for a service, and has new names registered, which beat once or twice, and expire."""
        path = f"{harness.API}/registry"
        self.request("POST", f"{path}/beating/heartbeat", {"status": "healthy"})
        name = f"guest-{self.done['guests']}"
        self.request("POST", f"{path}/{name}", {"ttl": 1, "version": "1", "endpoints": {"http": "http://127.0.0.1:1"}, "metadata": {"of": "soak"}})
        self.request("POST", f"{path}/{name}/heartbeat", {"details": {"number": self.done["guests"]}})
        self.done["guests"] += 1
        if random.random() < 0.1:
            self.request("DELETE", f"{path}/{name}")

    def run_verb(self):
        verb = random.choice((["status"], ["why", "base"], ["health"], ["logs", "chatty-0"]))
        result = self.stoker.command(*verb)
        if result.returncode not in ((0, 1, 2, 3) if verb == ["health"] else (0,)):
            raise ValueError(f"{verb}: {result.stderr}")
        self.done["verbs"] += 1

    def follow(self):
        """One follower: it reads for a while or not at all, and goes in order or without a word."""
        name = random.choice(("chatty-0", "chatty-1", "loop-0"))
        # Now and then longer than Stoker waits for those that do not read.
        seconds = random.choice((random.uniform(0, 2), random.uniform(2, 15), 40))
        self.done["followers"] += 1
        if random.random() < 0.2:
            self.follow_by_verb(random.choice((["logs", "-f", name], ["events"])), seconds)
            return
        path = random.choice(("/events", f"/events?service={name}", f"/service/{name}/logs?follow=1"))
        with socket.create_connection(("127.0.0.1", self.stoker.port)) as connection:
            connection.sendall(f"GET {harness.API}{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            connection.settimeout(0.5)
            reads, ends = random.random() < 0.8, time.monotonic() + seconds
            while time.monotonic() < ends and not self.over.is_set():
                if not reads:
                    self.over.wait(0.5)
                    continue
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1 << 16):
                        break
            if random.random() < 0.5:  # a reset instead of an end
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def follow_by_verb(self, verb, seconds):
        process = self.stoker.spawn(*verb, output="/dev/null")
        try:
            self.over.wait(seconds)
            process.send_signal(random.choice((signal.SIGKILL, signal.SIGTERM)))
        finally:
            wait_for("the end of a verb", lambda: process.poll() is not None)


# -- Figures -------------------------------------------------------------------------------------------------------------


def sample(load):
    """The figures of this moment, and descriptors and threads by their kind."""
    stoker = load.stoker
    process = pathlib.Path(f"/proc/{stoker.process.pid}")
    memory = dict(re.findall(r"^(\w+): +(\d+) kB", (process / "smaps_rollup").read_text(), re.MULTILINE))
    kinds = collections.Counter()
    for descriptor in (process / "fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            kinds[f"{kind(os.readlink(descriptor))} descriptors"] += 1
    for thread in (process / "task").iterdir():
        with contextlib.suppress(OSError):
            kinds[f"threads {(thread / 'comm').read_text().strip()}"] += 1
    files = sizes(stoker)
    page = load.request("GET", "/metrics").text
    running, zombies = children(stoker.process.pid)
    return {
        "resident memory": int(memory["Rss"]) * 1024,
        "proportional memory": int(memory["Pss"]) * 1024,
        "private memory": int(memory["Private_Dirty"]) * 1024,
        "threads": sum(count for name, count in kinds.items() if name.startswith("threads ") and not is_of_swift(name)),
        "threads of Swift": sum(count for name, count in kinds.items() if is_of_swift(name)),
        "descriptors": len(list((process / "fd").iterdir())),
        "files": len(files),
        "bytes of files": sum(files),
        "cgroups": cgroups(stoker.state),
        "children": running,
        "zombies": zombies,
        "registry entries": family(page, "stoker_registry_services"),
        "series": family(page, "stoker_scrape_series"),
        "journal backlog": family(page, "stoker_journal_pending_records"),
        "streams": family(page, "stoker_event_stream_clients"),
        "connections": family(page, "stoker_http_connections"),
    }, kinds


def is_of_swift(thread):
    return "qos" in thread


def kind(target):
    if target.startswith("/"):
        return "device" if target.startswith("/dev/") and not target.startswith("/dev/shm/") else "file"
    return target.removeprefix("anon_inode:").split(":")[0].strip("[]")


def sizes(stoker):
    """The sizes of all files that it has made."""
    places = [stoker.state, runtime_of(stoker.state), pipes_of(stoker.state), *(ledger_of(stoker.state, word) for word in words_of(stoker.state))]
    found = []
    for path in {path for place in places for path in (place, *place.rglob("*"))}:
        with contextlib.suppress(FileNotFoundError):
            if not path.is_dir():
                found.append(path.lstat().st_size)
    return found


def cgroups(state):
    name = f"stoker-{fnv(str(state).replace('%', '%25').replace(':', '%3A')):016x}"
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    groups = (folder for _, mount, type, *_ in mounts if type == "cgroup2" for folder, _, _ in os.walk(mount))
    return sum(name in folder.split("/") for folder in groups)


def children(parent):
    """The numbers of those that run, and of zombies."""
    states = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
            state, ppid = stat[stat.rindex(")") + 2 :].split()[:2]
            if int(ppid) == parent:
                states.append(state)
    return len(states) - states.count("Z"), states.count("Z")


def family(page, name):
    """The sum of a family's samples."""
    return sum(float(value) for value in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", page, re.MULTILINE))


# -- Judgement -----------------------------------------------------------------------------------------------------------


def slope(points):
    """Theil-Sen: the median of the slopes between all pairs of points, which single peaks do not move."""
    slopes = [(y - x) / (b - a) for i, (a, x) in enumerate(points) for b, y in points[i + 1 :]]
    return statistics.median(slopes) if slopes else 0


def judge(samples):
    """A sentence for each figure that grew after the warm-up."""
    sentences = []
    for name, (unit, share, absolute) in FIGURES.items():
        points = [(at, values[name]) for at, values, _ in samples if at >= WARM_UP]
        if share is None or len(points) < 2:
            continue
        time_passed = points[-1][0] - points[0][0]
        growth = slope(points) * time_passed
        allowed = share * statistics.median(value for _, value in points) + absolute
        if growth > allowed:
            sentences.append(f"{name} grew by {shown(growth, unit)} in {time_passed / 60:.0f} minutes after the warm-up: flat is at most {shown(allowed, unit)}")
    return sentences


def shown(value, unit):
    return f"{value / MIB:.2f} MiB" if unit else f"{value:.1f}".removesuffix(".0")


def print_table(samples):
    """The medians of six stretches; a stretch is named by its last minute."""
    length = samples[-1][0] / 6
    stretches = [[each for each in samples if length * number < each[0] <= length * (number + 1)] for number in range(6)]
    stretches = [stretch for stretch in stretches if stretch]
    print("\n" + f"{'median until minute':28}" + "".join(f"{stretch[-1][0] / 60:14.1f}" for stretch in stretches))
    for name, (unit, _, _) in FIGURES.items():
        row = [statistics.median(values[name] for _, values, _ in stretch) for stretch in stretches]
        print(f"{name:28}" + "".join(f"{shown(value, unit):>14}" for value in row))
    for name in sorted({name for _, _, kinds in samples for name in kinds}):
        row = [statistics.median(kinds[name] for _, _, kinds in stretch) for stretch in stretches]
        print(f"  {name:26}" + "".join(f"{shown(value, ''):>14}" for value in row))


def print_load(load, seconds):
    restarts = sum(load.counts.values())
    print(f"\n{restarts} restarts, {restarts / seconds:.1f} a second; " + ", ".join(f"{count} {what}" for what, count in sorted(load.done.items())))
    for failure, count in load.failures.most_common(20):
        print(f"  failed {count} times: {failure}")


def run(load):
    """The samples, each with its time and the kinds of descriptors and threads."""
    samples = []
    while (passed := time.monotonic() - load.began) < MINUTES * 60:
        load.over.wait(max(0, min((len(samples) + 1) * INTERVAL, MINUTES * 60) - passed))
        if load.stoker.process.poll() is not None:
            print(f"Stoker has ended with {load.stoker.process.returncode}:\n{load.stoker.said()[-5000:]}")
            break
        values, kinds = sample(load)
        samples.append((time.monotonic() - load.began, values, kinds))
        if len(samples) % (60 // INTERVAL) == 0 or len(samples) == 1:
            facts = ", ".join(f"{shown(values[name], FIGURES[name][0])} {name}" for name in list(FIGURES)[:8])
            print(f"minute {samples[-1][0] / 60:.1f}: {facts}; {sum(load.counts.values())} restarts", flush=True)
    return samples


def interrupted(number, _):
    raise SystemExit(128 + number)


def main():
    harness.STOKER = pathlib.Path(os.environ.get("STOKER", harness.ROOT / ".build" / "release" / "stoker")).resolve()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    directory = pathlib.Path(tempfile.mkdtemp(prefix="stoker-soak-"))
    load = Load(directory)
    try:
        load.start()
        samples = run(load)
        has_ended = load.stoker.process.poll() is not None
        load.over.set()
        if samples:
            print_table(samples)
            print_load(load, samples[-1][0])
        code = None if has_ended else load.stoker.stop()
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        load.finish()
        shutil.rmtree(directory, ignore_errors=True)
    sentences = judge(samples)
    if code not in (0, 10):
        sentences.append(f"Stoker did not stop in order: {code}")
    if MINUTES * 60 < 2 * WARM_UP:
        print(f"\n{MINUTES:g} minutes are too short to judge what grows: {2 * WARM_UP // 60} are needed.")
    elif not sentences:
        print(f"\nFlat after the first {WARM_UP // 60} minutes.")
    for sentence in sentences:
        print(sentence, file=sys.stderr)
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main())
