"""Input, terminals and files of a service's streams (rule 94)."""

import os
import sys

import pytest

from harness import alive, recorder, wait_for

# Holds its output back in a pipe, as most programs do, and says what its streams are.
BATCH = "import os, sys, time\nprint('a line', [os.isatty(n) for n in range(3)], tuple(os.get_terminal_size(1)) if os.isatty(1) else '')\nprint('an error', file=sys.stderr)\ntime.sleep(1000)"


def logs(stoker, name, *options):
    return stoker.command("logs", name, *options).stdout


def test_a_program_at_a_terminal_shows_its_lines_as_it_prints_them(make_stoker):
    # Without `flush`, what Python prints into a pipe waits for 8 KiB.
    stoker = make_stoker(services={"batch": {"command": [sys.executable, "-E", "-c", BATCH], "tty": True, "stop": {"timeout": "5s"}}}).start()
    wait_for("both lines", lambda: logs(stoker, "batch") == "a line [True, True, True] (80, 24)\nan error\n")
    assert [line.split("Z ", 1)[1] for line in (stoker.state / "logs" / "batch.log").read_text().splitlines()] == logs(stoker, "batch").splitlines()
    pid = stoker.service("batch")["pid"]
    with open(f"/proc/{pid}/stat") as file:
        assert file.read().rsplit(")", 1)[1].split()[4] == "0", "no controlling terminal"
    if os.geteuid() == 0:
        assert {os.stat(f"/proc/{pid}/fd/{number}").st_uid for number in range(3)} == {0}
    assert stoker.stop() == 0 and not alive(pid)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_terminal_belongs_to_the_user_of_the_service(make_stoker):
    line = "echo again > /dev/stdout; exec sleep 1000"
    stoker = make_stoker(services={"batch": {"command": line, "directory": "/", "user": "65534", "tty": True}}).start()
    wait_for("the line", lambda: logs(stoker, "batch") == "again\n")
    assert os.stat(f"/proc/{stoker.service('batch')['pid']}/fd/1").st_uid == 65534


def test_a_terminal_ends_with_a_stoker_that_is_killed_and_the_next_one_says_so(make_stoker):
    ticks = "trap '' HUP; while echo tick; do sleep 0.05; done 2> died; exec sleep 1000"
    stoker = make_stoker(services={"ticker": {"command": ticks, "tty": True}}).start()
    wait_for("ticks", lambda: logs(stoker, "ticker").count("tick") > 3)
    pid = stoker.service("ticker")["pid"]
    stoker.kill()
    wait_for("the error", lambda: (stoker.directory / "died").read_text() != "")
    stoker.start()
    stoker.wait_status("ticker", "running")
    assert stoker.service("ticker")["pid"] == pid
    wait_for("the warning", lambda: "is lost: ticker" in stoker.output.read_text())
    assert stoker.command("restart", "ticker").returncode == 0
    wait_for("ticks again", lambda: logs(stoker, "ticker").count("tick") > 3)


def test_a_program_whose_input_is_kept_open_lives_on_also_without_stoker(make_stoker):
    stoker = make_stoker(services={"empty": {"command": ["cat"], "restart": "on-failure"}, "kept": {"command": ["cat"], "stdin": "keep_open"}}).start()
    stoker.wait_status("empty", "completed")
    stoker.wait_status("kept", "running")
    pid = stoker.service("kept")["pid"]
    stoker.kill()
    stoker.start()
    stoker.wait_status("kept", "running")
    assert stoker.service("kept")["pid"] == pid and alive(pid)


def test_each_output_has_its_file_and_both_are_shown(make_stoker):
    says = recorder("web", then="echo out; echo error >&2; exec sleep 1000", log={"stderr_path": "web.err", "path": "web.out", "timestamps": False})
    quiet = recorder("quiet", then="echo out; echo error >&2; exec sleep 1000", log={"stderr_path": "none"})
    stoker = make_stoker(services={"web": says, "quiet": quiet}).start()
    for name in ("web", "quiet"):
        wait_for("both lines", lambda name=name: sorted(logs(stoker, name).split()) == ["error", "out"])
    assert (stoker.directory / "web.out").read_text() == "out\n" and (stoker.directory / "web.err").read_text() == "error\n"
    wait_for("the line in the file", lambda: (stoker.state / "logs" / "quiet.log").read_text().endswith(" out\n"))
    assert logs(stoker, "web", "--stream", "stderr") == "error\n"
    # A reload that gives both outputs one file starts it anew.
    says["log"] = {"path": "web.out", "timestamps": False}
    stoker.write({"web": says, "quiet": quiet})
    assert stoker.reload()["restarted"] == ["web"]
    wait_for("both in one", lambda: sorted((stoker.directory / "web.out").read_text().split()) == ["error", "out", "out"])


def test_services_that_share_a_file_are_told_apart_in_it(make_stoker):
    log = {"path": "all.log", "shared": True, "timestamps": False}
    worker = recorder("worker", then='for i in 1 2 3; do echo "line $i"; done; exec sleep 1000', instances=2, log=log)
    web = recorder("web", then="echo up; exec sleep 1000", log=log)
    stoker = make_stoker(services={"worker": worker, "web": web}).start()
    file = stoker.directory / "all.log"
    lines = sorted([f"worker@{n} | line {i}" for n in (1, 2) for i in (1, 2, 3)] + ["web      | up"])
    wait_for("all lines", lambda: file.exists() and sorted(file.read_text().splitlines()) == lines)
    # The one that is left has the file to itself.
    stoker.write({"web": web})
    stoker.reload()
    assert stoker.command("restart", "web").returncode == 0
    wait_for("a line without a name", lambda: file.read_text().splitlines()[-1] == "up")
    stoker.write({"web": web, "other": recorder("other", log={"path": "all.log"})})
    result = stoker.command("check")
    assert result.returncode == 65 and "one log file" in result.stderr and "add 'log.shared: true' to both" in result.stderr, result.stderr
