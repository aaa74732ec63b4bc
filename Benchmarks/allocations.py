#!/usr/bin/env python3
"""Compares what the hot paths allocate with thresholds.json: an event of the core, a scrape, a spawn.

Counts do not depend on the machine's speed or load, so they can be compared where times cannot. A count above its threshold fails.
A count well below it asks for a lower threshold, so that the gain is kept. `--write` writes the counts of this run as thresholds.
"""

import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
PROGRAM = pathlib.Path(os.environ.get("ALLOCATION_BENCH", HERE.parent / ".build" / "release" / "AllocationBench")).resolve()
THRESHOLDS = HERE / "thresholds.json"


def measure() -> dict[str, float]:
    """Path -> allocations."""
    with tempfile.TemporaryDirectory(prefix="stoker-bench-") as directory:
        counter, counts = pathlib.Path(directory, "count_allocations.so"), pathlib.Path(directory, "counts")
        subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", counter, HERE / "count_allocations.c"], check=True)
        counts.write_bytes(bytes(16))
        environment = {**os.environ, "LD_PRELOAD": str(counter), "COUNT_ALLOCATIONS": str(counts)}
        output = subprocess.run([PROGRAM], env=environment, check=True, capture_output=True, text=True).stdout
    return {name: float(count) for name, count in (line.split("\t") for line in output.splitlines())}


def main() -> int:
    if not PROGRAM.exists():
        sys.exit(f"{PROGRAM} is missing: run 'make allocations', or set ALLOCATION_BENCH")
    counts = measure()
    if "--write" in sys.argv:
        # A few more than measured: a reallocation more or less is no regression.
        THRESHOLDS.write_text(json.dumps({name: math.ceil(count * 1.05) for name, count in counts.items()}, indent=2) + "\n")
    thresholds = json.loads(THRESHOLDS.read_text())
    failed = thresholds.keys() != counts.keys()
    if failed:
        print(f"{THRESHOLDS.name} knows {', '.join(thresholds)}; measured were {', '.join(counts)}")
    for name in counts.keys() & thresholds.keys():
        count, threshold = counts[name], thresholds[name]
        print(f"{name}: {count:.1f} allocations, at most {threshold}")
        if count > threshold:
            failed = True
            print(f"  {name} allocates more than {THRESHOLDS.name} allows: make it allocate less, or say in the commit why it must be more")
        elif count < 0.8 * threshold:
            print(f"  {name} allocates less than its threshold: lower it with --write")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
