"""The files of logs: what people do to them, whose they are, and that all is in them."""

import os
import re
import shutil
import signal

from harness import recorder, wait_for
from log_lines import check_complete, contents, files_of, log_of, numbered, numbers_of, total, wait_packed, wait_written, written


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

    def remove_folder():
        gone = path.parent.rename(stoker.directory / "gone")  # at once, since it is written to
        shutil.rmtree(gone)

    for disturb in (path.unlink, lambda: os.truncate(path, 0), remove_folder, lambda: path.write_bytes(b"")):
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
    own = f"{stoker.state}/logs/a.log"
    unlogged = {name: recorder(name, log={"path": "none"}) for name in ("c", "d")}
    for one, other in (({"path": "one.log"}, {"path": "one.log"}), ({"path": "one.log"}, {"path": "./sub/../one.log"}), ({}, {"path": own})):
        stoker.write({"a": recorder("a", log=one), "b": recorder("b", log=other), **unlogged})
        for verb in ("check", "run"):
            result = stoker.command(verb, "--config", str(stoker.file))
            assert result.returncode == 65, (one, other, verb, result.stderr)
            assert "'a'" in result.stderr and "'b'" in result.stderr and "one log file" in result.stderr
    stoker.write({"a": recorder("a", log={"path": "a.log"}), "b": recorder("b"), **unlogged})
    assert stoker.command("check", "--config", str(stoker.file)).returncode == 0


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
    assert len(files_of(path)) > 5
    assert wait_for("its last line", lambda: stoker.get("/service/direct/logs?tail=1").text).startswith(f"{count} ")
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
