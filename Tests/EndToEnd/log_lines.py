"""Services that write numbered lines, and what has come of these: none may be lost, none doubled."""

import gzip
import re
import sys

from harness import wait_for

# Goes on where its predecessor stopped; of lines that are killed away the test must not speak.
WRITER = r"""
import os, sys, time
name, last, run, size, chunk, pause = sys.argv[1], *map(int, sys.argv[2:6]), float(sys.argv[6])
os.set_blocking(1, True)
try: number = int(open(name + ".next").read())
except OSError: number = 1
end = min(last, number + run - 1)
while number <= end:
    some = range(number, min(end, number + chunk - 1) + 1)
    block = memoryview(b"".join(b"%d " % n + b"x" * (size - 2 - len(str(n))) + b"\n" for n in some))
    while block: block = block[os.write(1, block):]
    number = some[-1] + 1
    open(name + ".next.new", "w").write(str(number)); os.rename(name + ".next.new", name + ".next")
    if pause: time.sleep(pause)
sys.exit(0 if number > last else 1)
"""

FOREVER = 10**12


def numbered(name, lines=FOREVER, run=FOREVER, size=100, chunk=100, pause=0.0, **keys):
    """A service that writes so many lines of `size` bytes, each with its number, and ends well; after each `run` of them it ends with 1."""
    return {
        "command": [sys.executable, "-S", "-E", "-c", WRITER, name, *(str(value) for value in (lines, run, size, chunk, pause))],
        "environment": {"E2E_SERVICE": name},
        "restart": {"policy": "on-failure", "max_attempts": "unlimited", "backoff": {"base": "1ms", "max": "1ms"}},
        **keys,
    }


def written(stoker, name):
    """How many lines the service has written so far, by its own account."""
    path = stoker.directory / f"{name}.next"
    return int(path.read_text()) - 1 if path.exists() else 0


def wait_written(stoker, name, count):
    wait_for(f"{count} lines of {name}", lambda: written(stoker, name) >= count)


def log_of(stoker, name):
    return stoker.state / "logs" / f"{name}.log"


def total(stoker, what, name, stream="stdout"):
    """One of the counters of what a service said: lines, bytes, dropped_bytes."""
    return stoker.metric(f"stoker_service_log_{what}_total", name=name, stream=stream)


def files_of(path):
    """The files of a log, oldest first."""
    numbers = {}
    for file in path.parent.glob(f"{path.name}.*"):
        if match := re.fullmatch(r"\.(\d+)(\.gz)?", file.name[len(path.name) :]):
            assert int(match[1]) not in numbers, f"two files for place {match[1]}"
            numbers[int(match[1])] = file
    assert sorted(numbers) == list(range(1, len(numbers) + 1)), sorted(numbers)
    return [numbers[number] for number in sorted(numbers, reverse=True)] + ([path] if path.exists() else [])


def wait_packed(path):
    """Waits until all that is to be packed is."""

    def packed():
        left = [file for file in path.parent.glob(f"{path.name}.*") if not re.fullmatch(r"\.1|\.\d+\.gz", file.name[len(path.name) :])]
        if left:
            raise ValueError(left)
        return True

    wait_for("older files to be packed", packed)


def wait_shrunk(path, max_size):
    """Waits until a direct log is as small as it is to be: its head is moved away after its service has ended, too."""
    wait_for("the head of the log to be moved away", lambda: path.stat().st_blocks * 512 <= max_size)


def contents(path):
    """All that a log has, from its oldest file to its present one."""
    return b"".join(gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes() for file in files_of(path))


def numbers_of(text):
    """The numbers of lines, in their order; a line that is not one of :func:`numbered` is an error."""
    found = []
    lines = text.splitlines()
    for place, line in enumerate(lines):
        match = re.fullmatch(rb"(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z )?(\d+) (x*)", line)
        assert match, f"after {lines[max(0, place - 2) : place]}: {line[:200]}"
        found.append(int(match[1]))
    return found


def check_complete(text, first, last):
    """Each line once, and in order."""
    found = numbers_of(text)
    if found != list(range(first, last + 1)):
        breaks = [(a, b) for a, b in zip(found, found[1:]) if b != a + 1]
        raise AssertionError(f"{len(found)} lines from {found[:1]} to {found[-1:]} instead of {first}-{last}; breaks at {breaks[:10]}")
