#!/usr/bin/env python3
"""Measures Stoker beside `floor`, the least a supervisor could do, and prints one table.

  start     from just before fork of the supervisor to the first instruction of the last service
  restart   from kill -9 of one of 100 services to the first instruction of its next process, without back-off
  idle      CPU and memory of the supervisor with all services up: never scraped, and scraped every 5 s
  stop      from SIGTERM until all services and the supervisor are gone
  scrape    GET /metrics, as it is and gzipped

Start and stop are measured in interleaved rounds; the ratio is the median over the rounds of stoker's figure to floor's of the
same round, since a machine that others share changes more between rounds than within one. What measures is not part of this
repository: BENCH_SUITE is the folder of the black-box suite (default: ../shared/bench beside it), whose README says what each figure means."""

import argparse
import contextlib
import gzip
import http.client
import json
import os
import pathlib
import platform
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SUITE = pathlib.Path(os.environ.get("BENCH_SUITE", ROOT.parent / "shared" / "bench")).resolve()
STOKER = pathlib.Path(os.environ.get("STOKER", ROOT / ".build" / "release" / "stoker")).resolve()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_suite(results, environment, subjects, tests, *arguments):
    """One run of the suite; its JSON lines are appended to `results`."""
    command = [
        sys.executable, SUITE / "supbench.py", "--adapter", HERE / "stoker_adapter.py", "--subjects", subjects, "--tests", tests,
        "--reps", "1", "--json", results, *arguments,
    ]  # fmt: skip
    print("measuring", tests, "of", subjects, "…", file=sys.stderr, flush=True)
    done = subprocess.run([str(part) for part in command], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + f"\nthe benchmark suite failed ({done.returncode})")


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
def stoker(services, port):
    """A Stoker with these services that listens there, ended afterwards: its process, and the file of what it says."""
    with tempfile.TemporaryDirectory(prefix="stoker-bench-") as directory:
        file, said = pathlib.Path(directory, "stoker.yaml"), pathlib.Path(directory, "out")
        settings = {"name": "bench", "listen": [f"127.0.0.1:{port}"], "state_dir": directory + "/state"}
        file.write_text(json.dumps({"version": 1, "stoker": settings, "services": services}))
        with open(said, "wb") as out:
            process = subprocess.Popen([STOKER, "run", "--config", file], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        try:
            yield process, said
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(120)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def scrape_times(count, scrapes):
    """Milliseconds of GET /metrics with `count` services up: [(encoding, times, bytes, series)]."""
    port = free_port()
    with stoker({f"s{number:04}": {"command": ["sleep", "1000000"]} for number in range(count)}, port) as (process, said):
        connection = None
        while connection is None:
            if process.poll() is not None:
                sys.exit(said.read_text())
            try:
                connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
                connection.request("GET", "/api/orchestration/services")
                if not json.loads(connection.getresponse().read())["initialized"]:
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=1000, help="services for start, idle and stop")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of start and stop")
    parser.add_argument("--idle", type=int, default=30, help="seconds of each idle measurement")
    parser.add_argument("--scrapes", type=int, default=50, help="scrapes of each encoding")
    parser.add_argument("--keep", metavar="FILE", help="keep the suite's JSON lines here")
    arguments = parser.parse_args()
    if not (SUITE / "supbench.py").exists():
        sys.exit(f"the benchmark suite is not at {SUITE}: set BENCH_SUITE to the folder that holds supbench.py")
    if not STOKER.exists():
        sys.exit(f"{STOKER} is missing: run 'make build' first, or set STOKER")
    if not shutil.which("gcc"):
        sys.exit("gcc is needed to build the suite's yardstick: apt-get install gcc libc6-dev")

    environment = {**os.environ, "STOKER": str(STOKER), "STOKER_BENCH_PORT": str(free_port())}
    n = arguments.services
    with tempfile.TemporaryDirectory(prefix="stoker-bench-") as directory:
        results = pathlib.Path(arguments.keep or directory + "/results.jsonl")
        results.unlink(missing_ok=True)
        svc = directory + "/svc"
        subprocess.run(["gcc", "-O2", "-static", "-o", svc, SUITE / "svc.c"], check=True)
        common = ["--svc", svc, "--n", str(n), "--quiet-wait", "5", "--start-timeout", "60"]
        for _ in range(arguments.rounds):
            for subject in ("floor", "stoker"):
                run_suite(results, environment, subject, "A", *common)
        for subject in ("floor", "stoker"):
            run_suite(results, environment, subject, "B", *common)
        idle = ["--idle-s", str(arguments.idle)]
        for subject in ("floor", "stoker", "stoker-scraped"):
            run_suite(results, environment, subject, "C", *common, *idle)
        records = read(results)
    scrapes = scrape_times(n, arguments.scrapes)

    def both(test, key):
        return figures(records, test, "floor", key), figures(records, test, "stoker", key)

    def row(what, floor, ours, times=""):
        print(f"| {what} | {floor} | {ours} | {times} |")

    print(f"\n{machine()}\n")
    print("| | floor | stoker | times floor |\n|---|---|---|---|")
    for what, test, key in (
        (f"start of {n} services, s", "A", "wall_s"),
        ("… supervisor's CPU, s", "A", "sup_cpu_s"),
        (f"stop of {n} services, s", "D", "all_gone_s"),
    ):
        floor, ours = both(test, key)
        spread = f"{statistics.median(ours):.3g} (best {min(ours):.3g})"
        row(what, f"{statistics.median(floor):.3g} (best {min(floor):.3g})", spread, f"{ratio(ours, floor):.2g}" if min(floor) > 0 else "")
    for what, key in (("crash to restart, ms, median", "p50_ms"), ("… 99th percentile", "p99_ms")):
        (floor,), (ours,) = both("B", key)
        row(what, f"{floor:.3g}", f"{ours:.3g}", f"{ours / floor:.2g}")
    for what, subject in (("never scraped", "stoker"), ("scraped every 5 s", "stoker-scraped")):
        for text, key, scale in (("resident memory, MiB", "rss_kb", 1 / 1024), ("CPU, s a minute", "cpu_s_per_60s", 1)):
            floor, ours = figures(records, "C", "floor", key)[0], figures(records, "C", subject, key)[0]
            row(f"idle with {n}, {what}: {text}", f"{floor * scale:.3g}" if subject == "stoker" else "", f"{ours * scale:.3g}")
    for encoding, times, size, lines in scrapes:
        ordered = sorted(times)
        worst = ordered[int(0.99 * (len(ordered) - 1))]
        row(f"scrape of {lines} series, {encoding}, ms", "", f"{statistics.median(times):.3g} (p99 {worst:.3g}), {size / 1e6:.2g} MB")
    lost = figures(records, "B", "stoker", "not_restarted_in_20s")[0]
    if lost:
        sys.exit(f"{lost} killed services were not restarted within 20 s")


if __name__ == "__main__":
    main()
