"""A service that numbers its lines, and the proof that a log has them all: what is missing is missing where a Stoker was killed."""

import bisect
import re
import sys

# Rule 36: so much of each stream can be lost with a Stoker that is killed, at most. It has read it and not written it.
LOST_AT_MOST = 128 * 1024

PROGRAM = """
import os, sys, time
name, streams, burst, pause, filling = sys.argv[1], sys.argv[2].split(), int(sys.argv[3]), float(sys.argv[4]), "." * int(sys.argv[5])
count = os.open(name + ".count", os.O_WRONLY | os.O_CREAT)
begin = number = int(sys.argv[6])
while True:
    for stream in streams:
        text = "".join("%s %08d %s end\\n" % (stream, n, filling) for n in range(number, number + burst)).encode()
        while text:
            text = text[os.write({"out": 1, "err": 2}[stream], text):]
    number += burst
    os.pwrite(count, b"%012d" % (number - begin), 0)
    time.sleep(pause)
"""


def writer(name, streams="out", burst=1, pause=0.005, filling=0, **keys):
    """Writes `burst` numbered lines to each of the streams again and again, and notes beside the log how many there were."""
    return {
        "command": [sys.executable, "-c", PROGRAM, name, streams, str(burst), str(pause), str(filling), "1"],
        "environment": {"E2E_SERVICE": name},
        "log": {"max_size": "10GB"},
        **keys,
    }


def said(stoker, name):
    """How many lines the writer has written to each stream, by its own account."""
    path = stoker.directory / f"{name}.count"
    return int(path.read_text() or 0) if path.exists() else 0


def log_size(stoker, name):
    path = stoker.state / "logs" / f"{name}.log"
    return path.stat().st_size if path.exists() else 0


def numbers(log, stream):
    """Where in the log which whole line of a stream is: (its begin, its end, its number)."""
    pattern = re.compile(rb"^[0-9T:.-]+Z " + stream.encode() + rb" (\d{8}) \.* end\n", re.MULTILINE)
    return [(match.start(), match.end(), int(match[1])) for match in pattern.finditer(log)]


def is_composed_of(line, pieces):
    """Whether a line is there, cut into some of these pieces, in their order."""
    return line == b"" or any(
        piece and line.startswith(piece) and is_composed_of(line[len(piece) :], pieces[place + 1 :]) for place, piece in enumerate(pieces)
    )


def check_all_there(log, stream, kills=(), lost_at_most=LOST_AT_MOST):
    """No line is there twice or in the wrong place; some may be missing, but no more than one read for each Stoker that was killed, and
    there where the log ended when it was. A line may be cut in two by a kill, or by the other stream. Returns the last number."""
    kills = sorted(kills)
    lines = [(0, 0, 0), *numbers(log, stream)]
    begin, end, _ = lines[-1]
    text = re.sub(rb"\d{8}", b"%08d", log[begin:end].partition(b" ")[2].rstrip(b"\n"))
    for (_, end, number), (begin, _, following) in zip(lines, lines[1:]):
        if following == number + 1:
            continue
        assert following > number, f"{stream}: line {following} behind line {number}, at {begin}"
        rows = [row.partition(b" ")[2] for row in log[end:begin].split(b"\n")]
        pieces = [row for row in rows if not re.fullmatch(rb"(out|err) \d{8} \.* end", row)]
        missing = sum(not is_composed_of(text % line, pieces) for line in range(number + 1, following)) * len(text)
        killed = bisect.bisect_right(kills, begin) - bisect.bisect_left(kills, end)
        assert missing <= killed * (lost_at_most + 2 * len(text)), (
            f"{stream}: {missing} bytes between lines {number} and {following}, at {end} to {begin}, where {killed} Stokers were killed"
        )
    return lines[-1][2]
