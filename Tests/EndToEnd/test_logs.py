"""Logs under fire: floods, rotation, odd bytes, last words, and what people do to the files meanwhile."""

import datetime
import json
import os
import re
import shutil
import signal
import sys
import threading
import time

import pytest

from harness import DEADLINE, alive, recorder, wait_for
from log_lines import check_complete, contents, files_of, numbered, numbers_of, wait_packed, wait_written, written

MIB = 1 << 20


def resident(stoker, line="VmHWM"):
    """The most memory that Stoker ever had, in bytes."""
    with open(f"/proc/{stoker.process.pid}/status") as file:
        return next(int(row.split()[1]) * 1024 for row in file if row.startswith(line))


def python(script, *arguments, **keys):
    return {"kind": "oneshot", "command": [sys.executable, "-S", "-E", "-c", script, *arguments], **keys}


def log_of(stoker, name):
    return stoker.state / "logs" / f"{name}.log"


def total(stoker, what, name, stream="stdout"):
    return stoker.metric(f"stoker_service_log_{what}_total", name=name, stream=stream)


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
    tail = stoker.get("/service/flood/logs?tail=1000").text.encode()
    check_complete(tail, count - 999, count)
    now = written(stoker, "ticker")
    wait_written(stoker, "ticker", now + 10)
    assert stoker.post("/stop/ticker").status == 200
    check_complete(contents(log_of(stoker, "ticker")), 1, numbers_of(log_of(stoker, "ticker").read_bytes())[-1])
    assert numbers_of(log_of(stoker, "ticker").read_bytes())[-1] >= now + 10
    if kind != "none":
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
    script = "import os,sys\nb = (bytes(v for v in range(256) if v != 10) * 257)\nfor _ in range(320):\n v = memoryview(b)\n while v: v = v[os.write(1, v):]\nos.write(1, b'\\nlast \\0 \\xff\\xc3 words')"
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
    script = "import os,sys\nb = memoryview(b''.join(b'%d\\n' % n for n in range(1, 20001)) + b'last of ' + sys.argv[1].encode())\nwhile b: b = b[os.write(1, b):]\nos._exit(0)"
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
    script = "import os,sys\nfor n in range(1, 5001): os.write(1 + n % 2, b'%d ' % n); os.write(1 + n % 2, b'x' * 50 + b'\\n')"
    stoker = make_stoker(services={"both": python(script, log={"max_size": "100KB", "max_files": 100})}).start()
    stoker.wait_status("both", "completed")
    wait_for("all of it", lambda: total(stoker, "lines", "both") + total(stoker, "lines", "both", "stderr") == 5000)
    wait_packed(log_of(stoker, "both"))
    lines = contents(log_of(stoker, "both")).splitlines()
    # The unfinished line of one stream is ended when the other speaks.
    whole = [line for line in lines if re.fullmatch(rb"\S{24} (\d+ )?x{50}", line)]
    assert all(re.fullmatch(rb"\S{24} ((\d+ )?x{50}|\d+ )", line) for line in lines), "no line of one in a line of the other"
    assert len(whole) == 5000
    odd = stoker.get("/service/both/logs?tail=1000&stream=stderr").text.encode()
    found = numbers_of(odd)
    assert found == list(range(found[0], 5000, 2)) and found[-1] == 4999


def test_a_log_that_is_deleted_moved_truncated_or_whose_folder_goes_is_made_anew(make_stoker):  # scenario 36
    stoker = make_stoker(services={"ticker": numbered("ticker", chunk=1, pause=0.005, log={"path": "logs/ticker.log", "timestamps": False})}).start()
    path = stoker.directory / "logs" / "ticker.log"

    def more():
        wait_for("lines", lambda: path.exists() and len(numbers_of(path.read_bytes()[: path.read_bytes().rfind(b"\n") + 1])) > 20)

    more()
    moved = stoker.directory / "moved.log"
    path.rename(moved)
    more()
    text = moved.read_bytes() + path.read_bytes()
    text = text[: text.rfind(b"\n") + 1]
    check_complete(text, 1, numbers_of(text)[-1])  # moved away, none is lost
    for disturb in (path.unlink, lambda: os.truncate(path, 0), lambda: shutil.rmtree(path.parent), lambda: path.write_bytes(b"")):
        disturb()
        more()
        found = numbers_of(path.read_bytes()[: path.read_bytes().rfind(b"\n") + 1])
        assert found == list(range(found[0], found[-1] + 1))
    # A folder where the file was: nothing can be written, and the service does not notice.
    path.unlink()
    path.mkdir()
    wait_for("drops", lambda: total(stoker, "dropped_bytes", "ticker") > 0)
    now = written(stoker, "ticker")
    wait_written(stoker, "ticker", now + 20)
    path.rmdir()
    more()
    wait_for("to be told", lambda: f"'{path}' can be written to again" in stoker.output.read_text())
    assert stoker.output.read_text().count(f"cannot write to '{path}'") == 1
    assert stoker.service("ticker")["restart_count"] == 0
    assert stoker.stop() == 0


def test_one_file_for_two_logs_is_refused_however_it_is_written(make_stoker):  # scenario 37
    stoker = make_stoker(services={"x": recorder("x")})
    (stoker.directory / "link").symlink_to(".")
    own = f"{stoker.state}/logs/a.log"
    for one, other in (({"path": "one.log"}, {"path": "one.log"}), ({"path": "one.log"}, {"path": "./sub/../one.log"}), ({}, {"path": own})):
        stoker.write({"a": recorder("a", log=one), "b": recorder("b", log=other), "c": recorder("c", log={"path": "none"}), "d": recorder("d", log={"path": "none"})})
        for verb in ("check", "run"):
            result = stoker.command(verb, "--config", str(stoker.file))
            assert result.returncode == 65, (one, other, verb, result.stderr)
            assert "'a'" in result.stderr and "'b'" in result.stderr and "one log file" in result.stderr
    stoker.write({"a": recorder("a", log={"path": "a.log"}), "b": recorder("b"), "off": recorder("off", log={"path": "none"})})
    assert stoker.command("check", "--config", str(stoker.file)).returncode == 0


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


def test_a_direct_log_is_exact_over_rotation_and_kill_9_of_stoker(make_stoker):
    count = 40_000
    log = {"mode": "direct", "max_size": "200KB", "max_files": 1000}
    stoker = make_stoker(services={"direct": numbered("direct", count, run=15_000, chunk=20, log=log)}).start()
    for part in (1, 2, 3):
        wait_written(stoker, "direct", part * count // 5)
        stoker.kill()
        seen = written(stoker, "direct")
        wait_for("the service to go on, or to have ended", lambda: written(stoker, "direct") > seen + 100 or not stoker.instances("direct"))
        stoker.start()
    stoker.wait_status("direct", "completed")
    path = log_of(stoker, "direct")
    wait_for("its head to be moved away", lambda: path.stat().st_size <= 200_000)
    wait_packed(path)
    assert contents(path) == b"".join(b"%d " % n + b"x" * (98 - len(str(n))) + b"\n" for n in range(1, count + 1))
    assert len(files_of(path)) > 5 and stoker.get("/service/direct/logs?tail=1").text.startswith(f"{count} ")
    assert [line for line in stoker.output.read_text().splitlines() if path.name in line] == []
    assert stoker.stop() == 0


def test_a_service_killed_in_a_flood_has_all_that_it_wrote_in_its_log(make_stoker):
    stoker = make_stoker(services={"flood": numbered("flood", chunk=10, log={"max_size": "1MB", "max_files": 1000, "timestamps": False})}).start()
    wait_written(stoker, "flood", 20_000)
    os.kill(stoker.service("flood")["pid"], signal.SIGSTOP)
    sure = written(stoker, "flood")
    os.kill(stoker.service("flood")["pid"], signal.SIGKILL)
    wait_for("the restart", lambda: stoker.service("flood")["restart_count"] == 1)
    assert stoker.post("/stop/flood").status == 200
    wait_packed(log_of(stoker, "flood"))
    found = [int(number) for number in re.findall(rb"^(\d+) x", contents(log_of(stoker, "flood")), re.MULTILINE)]
    assert set(range(1, sure + 1)) <= set(found)
