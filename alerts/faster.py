#!/usr/bin/env python3
"""Prints the rules (or an Alertmanager configuration) with all times divided, to see in seconds what else takes minutes:

    alerts/faster.py 60 > /tmp/fast.rules.yml
    alerts/faster.py 60 examples/prometheus/alertmanager.yml > /tmp/fast-alertmanager.yml

Divided are `for`, `keep_firing_for` and a group's `interval`, ranges, subqueries and offsets, and Alertmanager's `group_wait`,
`group_interval` and `repeat_interval`. A range keeps at least 5 s, since it must hold several scrapes; scrape and evaluate every second.
Stoker's own times are not divided: to see a crash loop as one alert, give the services a shorter `restart.backoff` as well.
Texts, names, thresholds and numbers inside expressions stay as they are: the 120 s of StokerHealthCheckStale are no range.
"""

import pathlib
import re
import sys

UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
LEAST_RANGE = 5
DURATION = r"((?:\d+(?:ms|[smhdwy]))+)"
KEY = re.compile(rf"^(\s*(?:- )?(?:for|keep_firing_for|interval|group_wait|group_interval|repeat_interval): ){DURATION}(?=\s*(?:#.*)?$)")
RANGE = re.compile(rf"\[{DURATION}(:?)\]")
OFFSET = re.compile(rf"\b(offset ){DURATION}")


def divided(text, factor, least=0.0):
    """`5m` divided by 60 is `5s`; in whole milliseconds, since durations have no fractions."""
    seconds = sum(int(number) * UNITS[unit] for number, unit in re.findall(r"(\d+)(ms|[smhdwy])", text))
    milliseconds = max(1, round(max(least, seconds / factor) * 1000)) if seconds else 0
    return f"{milliseconds // 1000}s" if milliseconds % 1000 == 0 else f"{milliseconds}ms"


def faster(text, factor):
    lines = []
    for line in text.splitlines():
        if not line.lstrip().startswith("#"):
            line = KEY.sub(lambda found: found[1] + divided(found[2], factor), line)
            line = RANGE.sub(lambda found: f"[{divided(found[1], factor, LEAST_RANGE)}{found[2]}]", line)
            line = OFFSET.sub(lambda found: found[1] + divided(found[2], factor), line)
        lines.append(line)
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(print(__doc__))
    if not 2 <= len(sys.argv) <= 3 or not re.fullmatch(r"[0-9]+(\.[0-9]+)?", sys.argv[1]) or float(sys.argv[1]) == 0:
        sys.exit(__doc__)
    file = pathlib.Path(sys.argv[2]) if len(sys.argv) == 3 else pathlib.Path(__file__).parent / "stoker.rules.yml"
    try:
        sys.stdout.write(faster(file.read_text(), float(sys.argv[1])))
    except OSError as error:
        sys.exit(f"cannot read {file}: {error.strerror}")
