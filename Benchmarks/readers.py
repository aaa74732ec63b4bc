#!/usr/bin/env python3
"""Measures the resident memory of Stoker beside its bound: 24 clients that ask for a long page and do not read it, for one page after the
other and for all at once, with a registry that is full and 100 services."""

import contextlib
import os
import pathlib
import sys
import threading

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))

from bench import STOKER, free_port, machine, stoker
from lag import fetch, wait_until_all_run
from slow_readers import PAGES, beats, fill, resident, slow

READERS, BOUND = 24, 64 << 20


class Peak(threading.Thread):
    """The highest resident memory of a process, looked at all the time."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.highest, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.01):
            self.highest = max(self.highest, resident(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.join()
        self.highest = max(self.highest, resident(self.pid))


def main():
    if not STOKER.exists():
        sys.exit(f"{STOKER} is missing: run 'make build' first, or set STOKER")
    size = 8 if os.environ.get("BENCH", "").startswith("quick") else 32
    port = free_port()
    services = {f"s{number:03}": {"command": ["sleep", "1000000"], "log": {"path": "none"}} for number in range(100)}
    with stoker(services, port, control="loopback", registry={"max_size": f"{size}MiB"}) as (process, said):
        wait_until_all_run(process, said, port, len(services))
        empty = resident(process.pid)
        # Many entries make a long page of metrics, too; between two readers some change, so that no two get the same page.
        entries = fill(port, 2100)
        for _, fields in PAGES[1:4]:
            fetch(port, "/metrics", **dict(line.split(": ") for line in fields.split("\r\n") if line))
        full = resident(process.pid)
        print(f"\n{machine()}\n")
        print(f"Memory under {READERS} readers that do not read, resident MiB (the registry: {entries:,} entries, {size} MiB)\n")
        print("| page | before | with the readers | at the peak | beside the bound of 64 |\n|---|---|---|---|---|")

        worst, beat = 0, beats(port, entries)
        everything = [(path, fields, 1) for path, fields in PAGES]
        for pages in [[page] for page in everything] + [[(path, fields, 20) for path, fields, _ in everything[:1]], everything]:
            before = resident(process.pid)
            with Peak(process.pid) as peak, contextlib.ExitStack() as readers:
                for path, fields, ahead in pages:
                    readers.enter_context(slow(port, READERS, path, fields, ahead, beat))
                after = resident(process.pid)
            path, fields, ahead = pages[0]
            what = "each of these, at once" if len(pages) > 1 else f"`{path}` {fields.strip()}" + (f", asked {ahead} times ahead" if ahead > 1 else "")
            growth = peak.highest - full
            worst = max(worst, growth)
            print(f"| {what} | {before / 2**20:.0f} | {after / 2**20:.0f} | {peak.highest / 2**20:.0f} | {growth / 2**20:+.0f} |")
        print(f"\nEmpty registry: {empty / 2**20:.0f} MiB, full: {full / 2**20:.0f} MiB. "
              f"More than with a full registry, at the worst: {worst / 2**20:.0f} MiB (aim: under 64): {'met' if worst < BOUND else 'not met'}")  # fmt: skip


if __name__ == "__main__":
    main()
