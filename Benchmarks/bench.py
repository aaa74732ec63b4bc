#!/usr/bin/env python3
"""Measures Stoker beside other supervisors and beside `floor`, the least a supervisor could do; prints tables, and which aims are met.

  A  start     from just before fork of the supervisor to the first instruction of the last service
  B  restart   from kill -9 of one of 100 services to the first instruction of its next process
  C  idle      memory and CPU of the supervisor with all services up
  D  stop      from the order until all services and the supervisor are gone, also with services that ignore SIGTERM
  E  output    how fast a service can write into its log, and what gets lost
  F  kill -9   of the supervisor: who lives, who is there twice, whose output is heard
  G  storm     100 services that exit at once
  S  scrape    GET /metrics, as it is and gzipped (Stoker alone)

Each round measures one subject after the other; "times floor" is the median over the rounds of a figure divided by floor's of the same
round, since a machine that others share changes more between rounds than within one. Everything runs in temporary directories and on
loopback. Peers that are missing are installed (Debian; circus in an environment of its own) or left out, and that is said.

`make bench BENCH=quick`, or any of the options below in BENCH. What each figure means: supervision.py."""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import platform
import resource
import shlex
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import adapters
import peers
from processes import prefer
from run import Programs
from supervision import TESTS
from tables import COUNTED, TABLES, Results, print_aims, print_table

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
# Where exposition.py finds what it measures beside.
SUITE = pathlib.Path(os.environ.get("BENCH_SUITE", ROOT.parent / "shared" / "bench")).resolve()
STOKER = pathlib.Path(os.environ.get("STOKER", ROOT / ".build" / "release" / "stoker")).resolve()

PEERS = {"s6": adapters.S6, "runit": adapters.Runit, "supervisord": adapters.Supervisord, "circus": adapters.Circus}
ROUNDS = {"A": 5, "B": 3, "C": 1, "D": 3, "E": 3, "F": 1, "G": 1}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def read(results):
    records = [json.loads(line) for line in results.read_text().splitlines()]
    for record in records:
        if "error" in record:
            sys.exit(f"{record['subject']}: {record['error']}")
    return records


def figures(records, test, subject, key, **fields):
    """The figures of all rounds, in their order."""
    return [
        record[key]
        for record in records
        if record["test"] == test and record["subject"] == subject and all(record.get(name) == value for name, value in fields.items())
    ]


def ratio(ours, floors):
    return statistics.median(a / b for a, b in zip(ours, floors))


@contextlib.contextmanager
def stoker(services, port, program=STOKER, **own):
    """A Stoker with these services that listens there, ended afterwards: its process, and the file of what it says."""
    with tempfile.TemporaryDirectory(prefix="stoker-bench-") as directory:
        file, said = pathlib.Path(directory, "stoker.yaml"), pathlib.Path(directory, "out")
        settings = {"name": "bench", "listen": [f"127.0.0.1:{port}"], "state_dir": directory + "/state", **own}
        file.write_text(json.dumps({"version": 1, "stoker": settings, "services": services}))
        with open(said, "wb") as out:
            process = subprocess.Popen([program, "run", "--config", file], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            yield process, said
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def scrape_times(count, scrapes, program):
    """Milliseconds of GET /metrics with `count` services up: [(encoding, times, bytes, series)]."""
    port = free_port()
    with stoker({f"s{number:04}": {"command": ["sleep", "1000000"]} for number in range(count)}, port, program) as (process, said):
        connection = None
        while connection is None:
            if process.poll() is not None:
                sys.exit(said.read_text())
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("GET", "/api/orchestration/services")
                # Until it has begun, it says so instead.
                if not json.loads(connection.getresponse().read()).get("initialized"):
                    connection = None
            except OSError:
                connection = None
                time.sleep(0.05)
        found = []
        for encoding in ("identity", "gzip"):
            times = []
            for _ in range(scrapes):
                began = time.perf_counter()
                connection.request("GET", "/metrics", headers={"Accept-Encoding": encoding})
                body = connection.getresponse().read()
                times.append(1000 * (time.perf_counter() - began))
            page = gzip.decompress(body) if encoding == "gzip" else body
            lines = sum(1 for line in page.splitlines() if not line.startswith(b"#"))
            found.append((encoding, times, len(body), lines))
        return found


def machine():
    model = next(
        (line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), platform.processor()
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB, Linux {platform.release()}, {time.strftime('%Y-%m-%d')}"


def parse(words):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", nargs="?", choices=("full", "quick"), default="full", help="quick: few services, one short round, to try it")
    parser.add_argument("--tests", default="ABCDEFGS", help="letters of the list above")
    parser.add_argument("--peers", default=",".join(PEERS), help="separated by commas, or 'none' (default: %(default)s)")
    parser.add_argument("--before", metavar="PROGRAM", help="an earlier build of Stoker, measured in the same rounds")
    parser.add_argument("--services", type=int, help="services for A, C, D and S (1000; quick: 100)")
    parser.add_argument("--rounds", type=int, help="rounds of each test (A: 5, B, D, E: 3, others: 1; quick: 1)")
    parser.add_argument("--kills", type=int, help="kills in B, at the most (50; quick: 10)")
    parser.add_argument("--idle", type=float, help="seconds of C (30; quick: 5)")
    parser.add_argument("--flood", type=float, help="seconds of writing in E (5; quick: 2)")
    parser.add_argument("--storm", type=float, help="seconds of G (30; quick: 10)")
    parser.add_argument("--scrapes", type=int, help="of each encoding in S (50; quick: 10)")
    parser.add_argument("--quiet", type=float, help="seconds to wait, at the most, for an idle machine before a measurement (5; quick: 1)")
    parser.add_argument("--nice", type=int, default=-10, help="priority of all of it, as far as allowed (default: %(default)s)")
    parser.add_argument("--tmp", help="where the runs have their directories (default: the system's)")
    parser.add_argument("--no-install", action="store_true", help="leave out what is missing")
    parser.add_argument("--keep", metavar="FILE", help="append each measurement to this file, a line of JSON each")
    parser.add_argument("--show", metavar="FILE", help="measure nothing: print the tables of what was kept")
    settings = parser.parse_args(words)
    is_quick = settings.mode == "quick"
    for name, full, quick in (
        ("services", 1000, 100), ("kills", 50, 10), ("idle", 30, 5), ("flood", 5, 2), ("storm", 30, 10), ("scrapes", 50, 10), ("quiet", 5, 1),
    ):  # fmt: skip
        if getattr(settings, name) is None:
            setattr(settings, name, quick if is_quick else full)
    if is_quick and settings.rounds is None:
        settings.rounds = 1
    settings.settle, settings.idle_settle = (1, 3) if is_quick else (4, 8)
    settings.stop_timeout, settings.start_timeout = 2, 120
    settings.peers = [] if settings.peers == "none" else settings.peers.split(",")
    if unknown := set(settings.peers) - set(PEERS):
        parser.error("no such peer: " + ", ".join(sorted(unknown)))
    if unknown := set(settings.tests) - set("ABCDEFGS"):
        parser.error("no such test: " + ", ".join(sorted(unknown)))
    return settings


class Bench:
    """The rounds: who is measured, and what came of it."""

    def __init__(self, settings):
        self.settings = settings
        self.records = []
        # They read from the environment where the binary is, and on which port it shall listen.
        os.environ |= {"STOKER": str(STOKER), "STOKER_BENCH_PORT": str(free_port())}
        if settings.before:
            os.environ["STOKER_BEFORE"] = str(pathlib.Path(settings.before).resolve())
        import stoker_adapter

        adapters.Floor.program = settings.programs.floor
        missing = peers.look(settings.peers, may_install=not settings.no_install)
        self.subjects = [adapters.Floor, stoker_adapter.Stoker] + ([stoker_adapter.StokerBefore] if settings.before else [])
        # Other settings of Stoker, shown beside: in which rounds.
        self.further = {
            "B": (stoker_adapter.StokerByDefault, {1}), "C": (stoker_adapter.StokerScraped, {1}),
            "E": (stoker_adapter.StokerStamping, range(100)), "G": (stoker_adapter.StokerByDefault, {1}),
        }  # fmt: skip
        for subject in self.subjects:
            self.add({"about": subject.name, "version": subject().version(), "note": subject.note, "subject": subject.name})
        for name, variant in {"stoker, in G": subject.storm, **{kind.name: kind for kind, _ in self.further.values()}}.items():
            self.add({"about": name, "version": "", "note": variant.note, "subject": "stoker"})
        for name in settings.peers:
            peer = PEERS[name]
            if name in missing:
                self.add({"about": name, "skipped": missing[name], "subject": name})
                continue
            self.add({"about": name, "version": peer().version(), "note": peer.note, "subject": name})
            self.subjects.append(peer)

    def add(self, record):
        record["when"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.records.append(record)
        if self.settings.keep:
            with open(self.settings.keep, "a") as file:
                file.write(json.dumps(record) + "\n")

    def measure(self, test):
        rounds = self.settings.rounds or ROUNDS[test]
        for turn in range(1, rounds + 1):
            further, turns = self.further.get(test, (None, ()))
            subjects = self.subjects + ([further] if turn in turns else [])
            # Forth and back, so that nobody always comes after the same one.
            for subject in subjects if turn % 2 else reversed(subjects):
                self.measure_once(test, subject, turn, rounds)

    def measure_once(self, test, subject, turn, rounds):
        print(f"{time.strftime('%H:%M:%S')} {test}, round {turn} of {rounds}: {subject.name} …", file=sys.stderr, flush=True)
        for function, wants_logs in TESTS[test]:
            kind = subject.logging if wants_logs and subject.logging else subject.storm if test == "G" and subject.storm else subject
            try:
                for record in function(kind(), self.settings):
                    self.add({**record, "subject": subject.name, "round": turn, "is_peer": subject.is_peer})
            except Exception as problem:  # one that fails must not end it for the others
                self.add({"failed": test, "subject": subject.name, "round": turn, "error": f"{type(problem).__name__}: {problem}"})
                print(f"  failed: {problem}", file=sys.stderr, flush=True)

    def measure_scrapes(self):
        programs = {"stoker": STOKER} | ({"stoker before": self.settings.before} if self.settings.before else {})
        services = self.settings.services
        for turn in range(1, (3 if self.settings.before else 1) + 1):
            for subject, program in list(programs.items())[:: 1 if turn % 2 else -1]:
                for encoding, times, size, lines in scrape_times(services, self.settings.scrapes, program):
                    about = {"scrape": encoding, "services": services, "bytes": size, "series": lines, "subject": subject, "round": turn}
                    self.add({**about, "ms": times})


def print_all(records):
    results = Results(records)
    print("\n" + next((record["machine"] for record in records if "machine" in record), machine()) + "\n")
    for record in records:
        if "skipped" in record:
            print(f"- {record['about']}: LEFT OUT: {record['skipped']}")
        elif "about" in record:
            print(f"- {record['about']}" + (f" ({record['version']})" if record["version"] else "") + f": {record['note']}")
    for table in TABLES:
        print_table(results, table)
    scrapes = [record for record in records if "scrape" in record]
    if scrapes:
        print(f"\nS. Scrape, {scrapes[0]['services']} services, {scrapes[0]['series']} series\n")
        print("| | median, ms | p99, ms | MB |\n|---|---|---|---|")
    for (subject, encoding), records in grouped(scrapes).items():
        record = records[0]
        times = sorted(time for record in records for time in record["ms"])
        worst = times[int(0.99 * (len(times) - 1))]
        print(f"| {subject}, {encoding} | {statistics.median(times):.3g} | {worst:.3g} | {record['bytes'] / 1e6:.2g} |")
    print_aims(results)
    print_comparison(results, scrapes)


def grouped(scrapes):
    """The rounds of each subject and encoding."""
    groups = {}
    for record in scrapes:
        groups.setdefault((record["subject"], record["scrape"]), []).append(record)
    return groups


def print_comparison(results, scrapes):
    """Each figure divided by that of the earlier build: in the same round, or where there are no rounds, of the medians."""
    rows = [
        (table.test, table.title.format(**found[0]), table.first.heading, results.ratio(table, "stoker", "stoker before"))
        for table in TABLES
        if (found := results.of(table))
    ]
    rounds = grouped(scrapes)
    for encoding in ("identity", "gzip"):
        ours, theirs = ([statistics.median(record["ms"]) for record in rounds.get((subject, encoding), [])] for subject in ("stoker", "stoker before"))
        rows.append(("S", "Scrape", encoding, ratio(ours, theirs) if ours and theirs else None))
    if any(row[3] is not None for row in rows):
        print("\nTimes the earlier build\n\n| | | figure | ratio |\n|---|---|---|---|")
        for test, title, heading, times in rows:
            if times is not None:
                print(f"| {test} | {title} | {heading} | {times:.3g} |")


def main():
    settings = parse(shlex.split(os.environ.get("BENCH", "")) + sys.argv[1:])
    if settings.show:
        return print_all([json.loads(line) for line in pathlib.Path(settings.show).read_text().splitlines()])
    if not STOKER.exists():
        sys.exit(f"{STOKER} is missing: run 'make build' first, or set STOKER")
    # So that what was started is ended.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit("ended by a signal"))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with tempfile.TemporaryDirectory(prefix="stoker-bench-", dir=settings.tmp) as directory:
        peers.look([], may_install=not settings.no_install)  # the compiler
        settings.programs = Programs(directory)
        bench = Bench(settings)
        bench.add({"machine": machine(), "subject": "machine"})
        prefer(settings.nice)
        for test in settings.tests:
            if test == "S":
                bench.measure_scrapes()
            else:
                bench.measure(test)
    print_all(bench.records)
    failures = [record for record in bench.records if "failed" in record and record["subject"] == "stoker"]
    if failures:
        sys.exit("stoker could not be measured: " + failures[0]["error"])


if __name__ == "__main__":
    main()
