"""Several services on one standard output, one pipe for both outputs of a service, and the output of all on the terminal."""

import os
import re
import sys

import pytest

from harness import recorder, wait_for
from log_lines import numbered, numbers_of, wait_written, written
from standard_output import Output, Reader, ends, lines_of

NOBODY = 65534
NAMES = ["a", "bb", "longer"]
# Of Stoker's own log; on a terminal without the date.
OWN_LINE = re.compile(rb"(\d{4}-\d\d-\d\dT)?\d\d:\d\d:\d\d\.\d{3}Z? (info|note|warn|error) .*")


def on(path, **keys):
    return {"path": path, "timestamps": False, **keys}


@pytest.mark.parametrize("kind, both", [("pipe", False), ("pipe", True), ("socket", False), ("socket", True), ("terminal", False)])
def test_every_line_of_three_services_arrives_whole_with_its_name(make_stoker, kind, both):
    """With `both`, standard error is the same thing: Stoker's own lines are there as well, and one service names that."""
    count = 5000
    services = {name: numbered(name, count, chunk=37, log=on("/dev/stderr" if both and name == "bb" else "/dev/stdout")) for name in NAMES}
    if os.geteuid() == 0:
        script = f"i=1; while [ $i -le {count} ]; do echo $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; i=$((i+1)); done"
        services["bb"] = {"command": script, "restart": {"policy": "on-failure"}, "directory": "/", "user": str(NOBODY), "group": str(NOBODY), "log": services["bb"]["log"]}
    services["other"] = numbered("other", chunk=1, pause=0.01)
    stoker = make_stoker(services=services)
    reading, writing = ends(kind)
    output = Output(stoker, writing, "--plain", both=both)
    # Nobody reads, and nothing else waits for that.
    wait_written(stoker, "other", 100)
    reader = Reader(reading, size=3000)
    reader.wait_last(NAMES, count)
    assert output.end() == 0
    text = reader.end().replace(b"\r\n", b"\n")
    if both:
        text = b"\n".join(line for line in text.splitlines() if not OWN_LINE.fullmatch(line))
    lines = lines_of(text, NAMES)
    for name in NAMES:
        assert [int(line.split()[0]) for line in lines[name]] == list(range(1, count + 1)), name
        assert {len(line) - len(line.split()[0]) for line in lines[name]} <= set(range(20, 100)), name


def test_the_names_come_and_go_with_a_reload(make_stoker):
    one = {"one": recorder("one", then="while :; do echo ping; sleep 0.02; done", log=on("/dev/stdout"))}
    two = {**one, "second": recorder("second", then="while :; do echo pong; sleep 0.02; done", log=on("/dev/stdout"))}
    stoker = make_stoker(services=one)
    reading, writing = ends("pipe")
    output = Output(stoker, writing)
    reader = Reader(reading)
    reader.wait(b"ping\n", 3)
    assert set(bytes(reader.text).splitlines()) == {b"ping"}
    pid = stoker.service("one")["pid"]
    assert stoker.reload(two)["unchanged"] == ["one"]
    reader.wait(b"\none    | ping\n", 3)
    reader.wait(b"second | pong\n", 3)
    stoker.reload(one)
    wait_for("a line without a name", lambda: reader.text.endswith(b"\nping\nping\n"))
    assert stoker.service("one")["pid"] == pid
    assert output.end() == 0
    assert set(reader.end().splitlines()) == {b"ping", b"one    | ping", b"second | pong"}


def test_an_unfinished_line_waits_for_its_end_and_is_ended_with_its_writer(make_stoker):
    services = {
        "slow": recorder("slow", then="printf half; while ! [ -e go ]; do sleep 0.01; done; echo ' and half'; printf last", restart={"policy": "never"}, log=on("/dev/stdout")),
        "quick": recorder("quick", then="while :; do echo quick; sleep 0.01; done", log=on("/dev/stdout")),
    }
    stoker = make_stoker(services=services)
    reading, writing = ends("pipe")
    output = Output(stoker, writing)
    reader = Reader(reading)
    reader.wait(b"quick | quick\n", 5)
    assert b"half" not in reader.text
    assert "half" in stoker.get("/service/slow/logs?tail=5").text
    (stoker.directory / "go").touch()
    reader.wait(b"\nslow  | half and half\n")
    reader.wait(b"\nslow  | last\n")
    assert output.end() == 0
    reader.end()


def test_a_kill_of_stoker_leaves_whole_lines_and_the_next_goes_on(make_stoker):
    count = 30_000
    stoker = make_stoker(services={name: numbered(name, count, chunk=20, log=on("/dev/stdout")) for name in NAMES})
    reading, writing = ends("pipe")
    Output(stoker, writing, close=False)
    reader = Reader(reading)
    for part in (1, 2):
        for name in NAMES:
            wait_written(stoker, name, part * count // 4)
        stoker.kill()
        Output(stoker, writing, close=False)
        wait_for("the next", lambda: stoker.running() and stoker.get("/services").json["initialized"])
    reader.wait_last(NAMES, count)
    assert stoker.stop() == 0
    os.close(writing)
    lines = lines_of(reader.end(), NAMES)
    for name in NAMES:
        # The rest of a line whose beginning a dead Stoker had read comes as a line: at most one for each kill.
        whole = [line for line in lines[name] if re.fullmatch(rb"\d+ x+", line) and len(line) == 99]
        assert len(lines[name]) - len(whole) <= 2, name
        found = numbers_of(b"\n".join(whole))
        assert found == sorted(set(found)) and found[0] == 1 and found[-1] == count, name
        # Each kill loses what was read and not written: one block and a line.
        assert len(found) >= count - 2 * (128 + 64) * 1024 // 100, (name, len(found))


ALTERNATING = """
import os, sys, time
for number in range(1, int(sys.argv[1]) + 1):
    os.write(1 + number % 2, b"%d \\n" % number)
    if number == int(sys.argv[1]) // 2:
        open("half", "w").close()
        while not os.path.exists("go"): time.sleep(0.01)
while not os.path.exists("end"): time.sleep(0.01)
"""


def test_merged_outputs_keep_their_order_over_a_kill(make_stoker):
    count = 4000
    service = {"command": [sys.executable, "-S", "-E", "-c", ALTERNATING, str(count)], "restart": {"policy": "never"}, "log": {"streams": "merged", "timestamps": False, "memory_lines": 100_000}}
    stoker = make_stoker(services={"app": service}).start(ready=False)
    wait_for("the half", (stoker.directory / "half").exists)
    wait_for("the half in the log", lambda: (stoker.state / "logs" / "app.log").read_bytes().count(b"\n") == count // 2)
    stoker.kill()
    (stoker.directory / "go").touch()
    stoker.start()
    (stoker.directory / "end").touch()
    stoker.wait_status("app", "completed")
    wait_for("all lines", lambda: (stoker.state / "logs" / "app.log").read_bytes().count(b"\n") == count)
    assert numbers_of((stoker.state / "logs" / "app.log").read_bytes()) == list(range(1, count + 1))
    assert stoker.get("/service/app/logs?tail=10&stream=stderr").text == ""
    assert f"{count} " in stoker.get("/service/app/logs?tail=1&stream=stdout").text
    assert "is lost" not in stoker.output.read_text()


def test_other_streams_restart_the_service(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", then="echo out; echo err >&2; exec sleep 1000")}).start()
    answer = stoker.reload({"a": recorder("a", then="echo out; echo err >&2; exec sleep 1000", log={"streams": "merged"})})
    assert answer["restarted"] == ["a"] and answer["changes"][0]["reasons"] == ["log.streams"]
    stoker.wait_starts("a", 2)
    wait_for("its lines", lambda: stoker.get("/service/a/logs?stream=stdout&tail=2").text.split()[-2:] == ["out", "err"])


# -- run --output --------------------------------------------------------------------------------------------------------------


def test_run_shows_the_output_of_all_with_their_names_and_of_new_ones(make_stoker):
    services = {
        "web": recorder("web", then="echo hello; echo 'to stderr' >&2; exec sleep 1000"),
        "db": recorder("db", then="echo ready; trap 'echo bye; exit 0' TERM; while :; do sleep 0.01; done"),
        "there": recorder("there", then="echo already there; exec sleep 1000", log=on("/dev/stdout")),
    }
    stoker = make_stoker(services=services)
    reading, writing = ends("pipe")
    output = Output(stoker, writing, "--output")
    reader = Reader(reading)
    for line in (b"web | hello\n", b"web | to stderr\n", b"db  | ready\n", b"already there\n"):
        reader.wait(line)
    stoker.reload({**services, "added": recorder("added", then="echo new; exec sleep 1000")})
    reader.wait(b"added | new\n")
    assert output.end() == 0
    text = reader.end()
    assert text.count(b"already there") == 1, "it stands there by itself"
    assert b"db    | bye\n" in text, "the last lines are waited for"
    assert b"hello" in (stoker.state / "logs" / "web.log").read_bytes()


def test_a_terminal_obeys_no_line_that_run_shows(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", then="printf 'a\\033[2Jb\\n'; exec sleep 1000")})
    reading, writing = ends("terminal")
    output = Output(stoker, writing, "--output")
    reader = Reader(reading)
    reader.wait(b"a\\x1b[2Jb")
    assert output.end() == 0
    assert b"\x1b[2J" not in reader.end()


def test_a_reader_that_reads_nothing_holds_no_service_up_and_sees_what_it_missed(make_stoker):
    stoker = make_stoker(services={"flood": numbered("flood", 200_000, chunk=100)})
    reading, writing = ends("pipe")
    output = Output(stoker, writing, "--output")
    stoker.wait_status("flood", "completed")
    reader = Reader(reading)
    reader.wait(b"flood | 200000 ")
    assert output.end() == 0
    missed, seen = 0, 0
    for line in lines_of(reader.end(), ["flood"])["flood"]:
        if match := re.fullmatch(rb"\[(\d+) lines? written faster than they were shown\]", line):
            missed += int(match[1])
        else:
            seen += 1
    assert missed > 0 and missed + seen == 200_000
    assert written(stoker, "flood") == 200_000
