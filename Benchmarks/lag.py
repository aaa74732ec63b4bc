#!/usr/bin/env python3
"""Measures how late the supervisor's timers are without scrapes and with one a second, beside many processes, and prints a table.

1,000 services of ten processes each, all checked every 10 s, so that about a hundred timers fall due each second. The figures are those
of `stoker_loop_lag_seconds`, read before and after each stretch; quantiles are interpolated within its buckets, as Prometheus does. The
stretches alternate, since a machine that others share changes between them."""

import argparse
import json
import math
import os
import re
import statistics
import sys
import time
import urllib.request

from bench import STOKER, free_port, machine, stoker

QUANTILES = (0.5, 0.99, 0.999)


def fetch(port, path, **headers):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return answer.read()


def lag(port):
    """The cumulative counts of the lag's buckets: [(bound, count)]."""
    page = fetch(port, "/metrics?name[]=stoker_loop_lag_seconds").decode()
    lines = re.findall(r'_bucket\{le="(.+?)"\} (\d+)', page)
    return [(float(bound.replace("+Inf", "inf")), int(count)) for bound, count in lines]


def quantile(before, after, q):
    """In milliseconds, of what came between the two."""
    counts = [(bound, late - early) for (bound, early), (_, late) in zip(before, after)]
    wanted = q * counts[-1][1]
    lower, below = 0.0, 0
    for bound, count in counts:
        if count >= wanted and count > below:
            return 1000 * (lower if math.isinf(bound) else lower + (bound - lower) * (wanted - below) / (count - below))
        lower, below = bound, count
    return math.nan


def service(processes):
    """One of so many processes, checked every 10 s by a look at a file that is there: this one."""
    command = "for i in $$(seq %d); do sleep 1000000 & done; exec sleep 1000000" % (processes - 1)
    return {"command": command, "log": {"path": "none"}, "health": {"file": {"path": os.path.abspath(__file__)}, "interval": "10s"}}


def wait_until_all_run(process, said, port, services):
    end = time.monotonic() + 120
    while True:
        if process.poll() is not None or time.monotonic() > end:
            sys.exit(said.read_text()[-2000:] + "\nthe services did not come up")
        try:
            if json.loads(fetch(port, "/api/orchestration/metrics"))["metrics"]["running_services"] == services:
                return
        except OSError:
            pass  # not listening yet
        time.sleep(0.5)


def stretch(port, seconds, scrapes):
    """The lag's quantiles over some seconds, and how long the scrapes took."""
    before, times = lag(port), []
    end = time.monotonic() + seconds
    while (now := time.monotonic()) < end:
        if scrapes:
            fetch(port, "/metrics", **{"Accept-Encoding": "gzip"})
            times.append(time.monotonic() - now)
        time.sleep(max(0, 1 - (time.monotonic() - now)))
    after = lag(port)
    return [quantile(before, after, q) for q in QUANTILES], times


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--processes", type=int, default=10, help="of each service")
    parser.add_argument("--seconds", type=int, default=20, help="of each stretch")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    if not STOKER.exists():
        sys.exit(f"{STOKER} is missing: run 'make build' first, or set STOKER")
    found, times = {False: [], True: []}, []
    port = free_port()
    with stoker({f"s{number:05}": service(arguments.processes) for number in range(arguments.services)}, port) as (process, said):
        print(f"starting {arguments.services * arguments.processes:,} processes …", file=sys.stderr, flush=True)
        wait_until_all_run(process, said, port, arguments.services)
        stretch(port, 12, False)  # the checks' first round, all at once
        for number in range(arguments.rounds):
            for scrapes in (False, True):
                print(f"round {number + 1}, {'with' if scrapes else 'without'} scrapes …", file=sys.stderr, flush=True)
                quantiles, taken = stretch(port, arguments.seconds, scrapes)
                found[scrapes].append(quantiles)
                times += taken
    print(f"\n{machine()}\n")
    print(f"Lag of the supervisor's timers beside {arguments.services * arguments.processes:,} processes, ms\n")
    print("| | median | 99th percentile | 99.9th |\n|---|---|---|---|")
    for scrapes, what in ((False, "without scrapes"), (True, f"a scrape a second, of {1000 * statistics.median(times):.0f} ms each")):
        print(f"| {what} |" + "".join(f" {statistics.median(column):.2g} |" for column in zip(*found[scrapes])))
    worse = statistics.median(b[1] - a[1] for a, b in zip(found[False], found[True]))
    print(f"\n99th percentile with scrapes less that without, median of the rounds: {worse:+.2f} ms (aim: at most 1): {'met' if worse <= 1 else 'not met'}")


if __name__ == "__main__":
    main()
