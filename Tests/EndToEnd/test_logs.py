"""Logs under fire: floods, rotation, odd bytes, last words, and what people do to the files meanwhile."""

import datetime
import json
import os
import re
import sys
import threading
import time

import pytest

from harness import DEADLINE, alive, recorder, wait_for
from log_lines import check_complete, contents, files_of, log_of, numbered, numbers_of, total, wait_packed, wait_shrunk, wait_written, written

MIB = 1 << 20


def resident(stoker, line="VmHWM"):
    """The most memory that Stoker ever had, in bytes."""
    with open(f"/proc/{stoker.process.pid}/status") as file:
        return next(int(row.split()[1]) * 1024 for row in file if row.startswith(line))


def python(script, *arguments, **keys):
    return {"kind": "oneshot", "command": [sys.executable, "-S", "-E", "-c", script, *arguments], **keys}


@pytest.mark.parametrize("kind", ["file", "none", "direct"])
def test_a_flood_of_100_mb_is_bounded_in_memory_and_holds_up_nobody(make_stoker, kind):  # scenarios 30, 39
    log = {"file": {"max_size": "10MB"}, "none": {"path": "none"}, "direct": {"mode": "direct", "max_size": "10MB"}}[kind]
    count = 1_000_000
    stoker = make_stoker(
        services={"flood": numbered("flood", count, chunk=2000, log=log, enabled=False), "ticker": numbered("ticker", chunk=1, pause=0.01)}
    ).start()
    stoker.get("/service/flood/logs")
    wait_written(stoker, "ticker", 10)
    before = resident(stoker)
    assert stoker.post("/start/flood?wait=none").status == 202
    stoker.wait_status("flood", "completed")
    assert resident(stoker) - before < 24 * MIB
    wait_for("all of it", lambda: total(stoker, "bytes", "flood") == count * 100)
    if kind != "direct":
        assert total(stoker, "lines", "flood") == count
    assert total(stoker, "dropped_bytes", "flood") == 0
    # A direct log that is being made smaller has no lines for anybody at that moment.
    tail = wait_for("its last lines", lambda: stoker.get("/service/flood/logs?tail=500").text.encode())
    check_complete(tail, count - 499, count)
    now = written(stoker, "ticker")
    wait_written(stoker, "ticker", now + 10)
    assert stoker.post("/stop/ticker").status == 200
    check_complete(contents(log_of(stoker, "ticker")), 1, numbers_of(log_of(stoker, "ticker").read_bytes())[-1])
    assert numbers_of(log_of(stoker, "ticker").read_bytes())[-1] >= now + 10
    if kind != "none":
        wait_shrunk(log_of(stoker, "flood"), 10 * 10**6)
        wait_packed(log_of(stoker, "flood"))
        kept = numbers_of(contents(log_of(stoker, "flood")).partition(b"\n")[2])  # a direct one begins where it was cut
        assert kept == list(range(kept[0], count + 1)) and len(files_of(log_of(stoker, "flood"))) == 5


def test_a_slow_sink_costs_lines_which_are_counted_and_not_time(make_stoker):  # scenario 30
    count = 500_000
    log = {"path": "sink", "timestamps": False}
    stoker = make_stoker(services={"flood": numbered("flood", count, chunk=2000, log=log), "ticker": numbered("ticker", chunk=1, pause=0.01)})
    sink = stoker.directory / "sink"
    os.mkfifo(sink)
    reader = os.open(sink, os.O_RDONLY | os.O_NONBLOCK)
    is_over = threading.Event()
    read = []

    def sip():
        while not is_over.wait(0.02):
            try:
                read.append(len(os.read(reader, 1000)))
            except BlockingIOError:
                pass

    thread = threading.Thread(target=sip)
    thread.start()
    try:
        stoker.start()
        before = resident(stoker, "VmRSS")
        stoker.wait_status("flood", "completed")
        assert resident(stoker) - before < 24 * MIB
        wait_for("all of it to be read", lambda: total(stoker, "bytes", "flood") == count * 100)
        dropped = total(stoker, "dropped_bytes", "flood")
    finally:
        is_over.set()
        thread.join()
    with open(reader, "rb", buffering=0) as rest:
        while True:
            try:
                block = rest.read(65536)
            except BlockingIOError:
                break
            if not block:
                break
            read.append(len(block))
    assert 0 < dropped < count * 100
    # A line that was cut off is ended before the next.
    assert 0 <= sum(read) + dropped - count * 100 < 1000
    wait_written(stoker, "ticker", 20)
    assert stoker.post("/stop/ticker").status == 200
    found = contents(log_of(stoker, "ticker"))
    check_complete(found, 1, len(found.splitlines()))


def test_outputs_that_are_closed_or_odd_are_those_of_one_service_alone(make_stoker):  # scenario 31
    steal = "import os; os.write(1, b'one\\n'); fd = os.open('/proc/self/fd/1', os.O_RDWR); os.close(1); os.close(2); import time; time.sleep(1000)"
    stoker = make_stoker(
        services={
            "closes": recorder("closes", then="echo said; exec >&- 2>&-; exec sleep 1000"),
            "steals": {**python(steal), "kind": "process"},
            "shares": recorder("shares", then="(exec sleep 1000) & exec >&- 2>&-; exec sleep 1000"),
            "ticker": numbered("ticker", chunk=1, pause=0.01),
        }
    ).start()
    wait_for("what it said", lambda: stoker.get("/service/closes/logs").text == "said\n")

    def spent():
        with open(f"/proc/{stoker.process.pid}/stat") as file:
            return sum(map(int, file.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")

    began, before, first = time.monotonic(), spent(), written(stoker, "ticker")
    wait_written(stoker, "ticker", first + 100)
    assert spent() - before < 0.5 * (time.monotonic() - began), "nobody asks a closed pipe again and again"
    for name in ("closes", "steals", "shares"):
        service = stoker.service(name)
        assert (service["status"], service["restart_count"]) == ("running", 0) and alive(service["pid"]), name
    assert stoker.stop() == 0
    found = contents(log_of(stoker, "ticker"))
    check_complete(found, 1, len(found.splitlines()))


def test_bytes_of_all_kinds_and_no_newline_for_20_mb(make_stoker):  # scenario 32
    block = bytes(value for value in range(256) if value != 10) * 257  # 64 KiB less 1, NULs and invalid UTF-8 among them
    script = r"""
import os
block = bytes(value for value in range(256) if value != 10) * 257
for _ in range(320):
    rest = memoryview(block)
    while rest: rest = rest[os.write(1, rest):]
os.write(1, b"\nlast \0 \xff\xc3 words")
"""
    stoker = make_stoker(services={"odd": python(script, log={"timestamps": False, "max_size": "4MB", "max_files": 20})}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.get("/services"))
    before = resident(stoker, "VmRSS")
    stoker.wait_status("odd", "completed")
    assert resident(stoker) - before < 24 * MIB
    expected = block * 320 + b"\nlast \0 \xff\xc3 words"
    wait_for("all of it", lambda: total(stoker, "bytes", "odd") == len(expected))
    assert total(stoker, "lines", "odd") == 2
    wait_packed(log_of(stoker, "odd"))
    assert contents(log_of(stoker, "odd")) == expected and len(files_of(log_of(stoker, "odd"))) == 6
    answer = stoker.get("/service/odd/logs")
    lines = answer.text.split("\n")  # decodes as UTF-8
    assert len(lines) == 3 and len(lines[0].encode()) < 64 * 1024 and "\0" not in answer.text
    assert lines[1] == "last \ufffd \ufffd\ufffd words"
    wait_for("its history", lambda: stoker.history("odd")[0].get("ended_at"))
    history = stoker.get("/service/odd/history")
    assert json.loads(history.body.decode())["history"][0]["last_lines"][-1] == lines[1]
    assert stoker.command("logs", "odd", "-n", "1", "--config", str(stoker.file)).stdout == lines[1] + "\n"


def test_bursts_and_last_words_without_a_newline_are_complete(make_stoker):  # scenario 33
    script = r"""
import os, sys
rest = memoryview(b"".join(b"%d\n" % number for number in range(1, 20001)) + b"last of " + sys.argv[1].encode())
while rest: rest = rest[os.write(1, rest):]
os._exit(0)
"""
    names = [f"s{number:02}" for number in range(20)]
    half = recorder("half", then="printf half; exit 1", restart={"max_attempts": 2, "backoff": {"base": "1ms"}}, log={"timestamps": False})
    stoker = make_stoker(services={"half": half} | {name: python(script, name, log={"timestamps": False}) for name in names}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.get("/services"))
    expected = b"".join(b"%d\n" % number for number in range(1, 20001)) + b"last of "
    for name in names:
        stoker.wait_status(name, "completed")
        wait_for("the last words", lambda: stoker.get(f"/service/{name}/logs?tail=1").text == f"last of {name}\n")
        wait_for("them in the file", lambda: log_of(stoker, name).read_bytes() == expected + name.encode())
        assert total(stoker, "lines", name) == 20001
        wait_for("them in the history", lambda: stoker.history(name)[0]["last_lines"][-2:] == ["20000", f"last of {name}"])
    stoker.wait_status("half", "failed")
    wait_for("three halves", lambda: log_of(stoker, "half").read_text() == "half\nhalf\nhalf")
    assert stoker.get("/service/half/logs").text == "half\n" * 3


def test_rotation_under_load_and_over_restarts_loses_and_doubles_nothing(make_stoker):  # scenario 34
    count = 60_000
    log = {"max_size": "300KB", "max_files": 1000}
    services = {
        "plain": numbered("plain", count, run=3_777, chunk=100, log={**log, "timestamps": False}),
        "stamped": numbered("stamped", count, run=25_000, chunk=500, log=log),
        "short": numbered("short", count, run=9_999, size=12, chunk=500, log={"max_size": "10KB", "max_files": 3, "timestamps": False}),
    }
    stoker = make_stoker(services=services).start()
    for name in services:
        stoker.wait_status(name, "completed")
        wait_for("all of it", lambda: total(stoker, "lines", name) == count)
    for name in services:
        path = log_of(stoker, name)
        wait_packed(path)
        sizes = [file.stat().st_size for file in files_of(path) if file.suffix != ".gz"]
        assert max(sizes) <= 300_000
        if name != "short":
            check_complete(contents(path), 1, count)
            assert len(files_of(path)) >= count * 100 // 300_000
    # Of the short one the newest are there, from one on, and what is too many is gone.
    path = log_of(stoker, "short")
    assert [file.name for file in files_of(path)] == ["short.log.2.gz", "short.log.1", "short.log"]
    kept = numbers_of(contents(path))
    assert kept == list(range(kept[0], count + 1)) and 1500 < len(kept) <= 2502
    assert stoker.service("plain")["restart_count"] == (count - 1) // 3_777

    stamps = [line[:25].decode() for line in contents(log_of(stoker, "stamped")).splitlines()]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ", stamp) for stamp in (stamps[0], stamps[-1]))
    assert stamps == sorted(stamps)
    age = datetime.datetime.now(datetime.timezone.utc) - datetime.datetime.fromisoformat(stamps[-1].strip().replace("Z", "+00:00"))
    assert -1 < age.total_seconds() < 2 * DEADLINE


def test_two_streams_in_one_file_never_run_together(make_stoker):
    script = "import os\nfor n in range(1, 3001): os.write(1 + n % 2, b'%d ' % n); os.write(1 + n % 2, b'x' * 50 + b'\\n')"
    stoker = make_stoker(services={"both": python(script, log={"max_size": "100KB", "max_files": 100, "memory_lines": 10_000})}).start()
    stoker.wait_status("both", "completed")
    wait_for("all of it", lambda: total(stoker, "lines", "both") + total(stoker, "lines", "both", "stderr") == 3000)
    wait_packed(log_of(stoker, "both"))
    lines = contents(log_of(stoker, "both")).splitlines()
    # The unfinished line of one stream is ended when the other speaks.
    whole = [line for line in lines if re.fullmatch(rb"\S{24} (\d+ )?x{50}", line)]
    assert all(re.fullmatch(rb"\S{24} ((\d+ )?x{50}|\d+ )", line) for line in lines), "no line of one in a line of the other"
    assert len(whole) == 3000
    for stream, first in (("stdout", 2), ("stderr", 1)):
        said = stoker.get(f"/service/both/logs?tail=10000&stream={stream}").text.encode()
        assert numbers_of(said) == list(range(first, 3001, 2))


def test_memory_lines_bound_what_is_kept_and_unread_output_never_blocks(make_stoker):  # scenario 39
    log = {"path": "none"}
    services = {
        "few": numbered("few", 1000, log={**log, "memory_lines": 7}),
        "zero": numbered("zero", 1000, log={**log, "memory_lines": 0}),
        "many": numbered("many", 100_000, size=1000, log={**log, "memory_lines": 100_000}),
        "long": python("import os\nfor n in range(3): os.write(1, b'%d' % n + b'y' * 100000 + b'\\n')", log=log),
    }
    stoker = make_stoker(services=services).start()
    for name in services:
        stoker.wait_status(name, "completed")
    wait_for("all of it", lambda: total(stoker, "lines", "many") == 100_000)
    check_complete(stoker.get("/service/few/logs?tail=100000").text.encode(), 994, 1000)
    assert stoker.get("/service/zero/logs?tail=100000").text == ""
    kept = stoker.get("/service/many/logs?tail=100000").text.encode()
    assert 200_000 < len(kept) <= 256 * 1024
    check_complete(kept, 100_000 - len(kept) // 1000 + 1, 100_000)
    assert [line[0] for line in stoker.get("/service/long/logs").text.splitlines()] == ["0", "1", "2"]
    assert not (stoker.state / "logs").exists() or not list((stoker.state / "logs").iterdir())
