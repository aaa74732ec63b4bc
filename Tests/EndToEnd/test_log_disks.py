"""Logs on disks that are full, and on disks that hang: services live on, supervision too, and one sentence each way says so. As root."""

import concurrent.futures
import os
import shutil
import subprocess
import time

import pytest

from harness import alive, recorder, wait_for
from log_lines import check_complete, contents, numbered, numbers_of, total, wait_written, written


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if result.returncode:
        raise OSError(f"{' '.join(map(str, command))}: {result.stderr.strip()}")


def mounted(folder, *arguments):
    """Mounts something on a new folder, or skips the test."""
    if os.geteuid() != 0:
        pytest.skip("mounting a disk needs root")
    folder.mkdir()
    try:
        run("mount", *arguments, folder)
    except OSError as error:
        pytest.skip(f"no disk can be mounted here: {error}")
    return folder


def unmount(folder):
    try:
        run("umount", folder)
    except OSError:
        run("umount", "--lazy", folder)


@pytest.fixture
def tiny_disk(tmp_path):
    """A disk of a megabyte."""
    folder = mounted(tmp_path / "tiny", "-t", "tmpfs", "-o", "size=1m,mode=700", "tiny")
    yield folder
    unmount(folder)


class Disk:
    """A disk that can be made to hang. Whatever becomes of the test, it is let go: by a shell that waits for our end."""

    def __init__(self, folder):
        self.folder = folder
        self.keeper = None

    def freeze(self):
        script = 'fsfreeze --freeze "$1" && echo frozen && read _; fsfreeze --unfreeze "$1"'
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        self.keeper = subprocess.Popen(["sh", "-c", script, "sh", self.folder], text=True, start_new_session=True, **pipes)
        if self.keeper.stdout.readline() != "frozen\n":
            self.thaw()
            pytest.skip("disks cannot be frozen here")

    def thaw(self):
        if self.keeper:
            self.keeper.stdin.close()
            self.keeper.stdout.close()
            self.keeper.wait(60)
            self.keeper = None


@pytest.fixture
def disk(tmp_path):
    for program in ("mkfs.ext4", "fsfreeze"):
        if not shutil.which(program):
            pytest.skip(f"{program} is missing")
    image = tmp_path / "disk.img"
    with open(image, "wb") as file:
        file.truncate(16 << 20)
    run("mkfs.ext4", "-q", "-F", image)
    disk = Disk(mounted(tmp_path / "disk", "-o", "loop", image))
    yield disk
    disk.thaw()
    unmount(disk.folder)


def check_ticker(stoker):
    """The log of a service on a disk that is well has all that it wrote."""
    first = written(stoker, "ticker")
    wait_written(stoker, "ticker", first + 50)
    assert stoker.post("/stop/ticker").status == 200
    found = contents(stoker.state / "logs" / "ticker.log")
    check_complete(found, 1, len(found.splitlines()))
    assert len(found.splitlines()) >= first + 50


def test_on_a_full_disk_services_live_on_drops_are_counted_and_logging_resumes(tiny_disk, make_stoker):  # scenario 35
    path = tiny_disk / "full.log"
    services = {
        "full": numbered("full", chunk=10, pause=0.002, log={"path": str(path), "timestamps": False}),
        "ticker": numbered("ticker", chunk=1, pause=0.01),
    }
    stoker = make_stoker(services=services)
    filler = tiny_disk / "filler"
    filler.write_bytes(b"x" * 800_000)
    stoker.start()
    wait_for("drops", lambda: total(stoker, "dropped_bytes", "full") > 10_000)
    wait_written(stoker, "full", written(stoker, "full") + 500)
    assert stoker.service("full")["status"] == "running" and stoker.service("full")["restart_count"] == 0
    said = stoker.output.read_text()
    assert said.count(f"cannot write to '{path}': No space left on device (ENOSPC)") == 1 and said.count("' can be written to again;") == 0
    assert stoker.metric("stoker_service_log_dropped_bytes_total", name="ticker", stream="stdout") == 0

    filler.unlink()
    wait_for("to be told", lambda: f"'{path}' can be written to again;" in stoker.output.read_text())
    dropped = total(stoker, "dropped_bytes", "full")
    assert f"{dropped:.0f} bytes of output were dropped" in stoker.output.read_text()
    size = path.stat().st_size
    wait_for("it to grow again", lambda: path.stat().st_size > size + 1000)
    assert stoker.post("/stop/full").status == 200
    check_ticker(stoker)
    # What was written and what was dropped is all of it: the rest of a line that was cut is dropped, and then a line begins.
    text = path.read_bytes()
    assert 0 <= len(text) + total(stoker, "dropped_bytes", "full") - total(stoker, "bytes", "full") <= 10
    found = numbers_of(b"\n".join(line for line in text.splitlines() if len(line) == 99))
    assert found == sorted(set(found)) and found[0] == 1 and found[-1] == total(stoker, "lines", "full")
    assert total(stoker, "dropped_bytes", "full") == dropped
    said = stoker.output.read_text()
    assert (said.count("cannot write to"), said.count("' can be written to again;")) == (1, 1)
    assert stoker.stop() == 0


def test_a_direct_log_on_a_full_disk_is_the_services_own_affair(tiny_disk, make_stoker):
    path = tiny_disk / "direct.log"
    script = "i=0; while :; do i=$((i+1)); echo $i 2>/dev/null; [ -e more ] || head -c 60000 /dev/zero 2>/dev/null; sleep 0.01; done"
    log = {"path": str(path), "mode": "direct", "max_size": "300KB"}
    services = {"direct": recorder("direct", then=script, log=log), "ticker": numbered("ticker", chunk=1, pause=0.01)}
    stoker = make_stoker(services=services)
    filler = tiny_disk / "filler"
    filler.write_bytes(b"x" * 600_000)
    stoker.start()
    wait_for("the disk to be full", lambda: os.statvfs(tiny_disk).f_bavail == 0)
    wait_written(stoker, "ticker", written(stoker, "ticker") + 50)
    assert stoker.service("direct")["restart_count"] == 0
    (stoker.directory / "more").touch()
    filler.unlink()
    size = path.stat().st_size
    wait_for("it to go on", lambda: path.stat().st_size != size)
    check_ticker(stoker)
    assert stoker.stop() == 0


def answers(stoker):
    """API and metrics answer, and soon."""
    for path in ("/services", "/health", "/service/hung/logs", "/service/ticker", "/service/hung/why"):
        began = time.monotonic()
        assert stoker.get(path).status == 200
        assert time.monotonic() - began < 10, path
    assert stoker.metric("stoker_service_up", name="ticker") is not None


def test_a_disk_that_hangs_holds_up_its_own_logs_alone(disk, make_stoker):  # scenario 35, 73
    services = {
        "hung": numbered("hung", chunk=10, pause=0.001, log={"path": str(disk.folder / "hung.log"), "timestamps": False}),
        "quiet": recorder("quiet", log={"path": str(disk.folder / "quiet.log")}),
        "ticker": numbered("ticker", chunk=1, pause=0.01),
        "other": recorder("other", health={"exec": {"command": ["true"]}, "interval": "200ms", "start_interval": "200ms"}),
    }
    stoker = make_stoker(services=services).start()
    wait_written(stoker, "hung", 100)
    stoker.wait_starts("other")
    disk.freeze()
    wait_for("to be told", lambda: "does not answer" in stoker.output.read_text())
    assert f"the disk of '{disk.folder}/hung.log' does not answer" in stoker.output.read_text()
    answers(stoker)
    # The others are supervised, checked, restarted and logged as ever.
    checks = stoker.metric("stoker_health_checks_total", name="other")
    wait_for("checks", lambda: stoker.metric("stoker_health_checks_total", name="other") > checks + 2)
    assert stoker.post("/restart/other").status == 200
    os.kill(stoker.service("other")["pid"], 9)
    wait_for("the restart", lambda: stoker.service("other")["restart_count"] == 2)
    log = stoker.state / "logs" / "ticker.log"
    size = log.stat().st_size
    wait_for("lines of the others", lambda: log.stat().st_size > size + 1000)
    # So are those whose logs hang, but for their output.
    assert stoker.post("/restart/quiet").status == 200
    stoker.wait_starts("quiet", 2)
    wait_for("its pipe to be full", lambda: (lambda now: time.sleep(0.3) or written(stoker, "hung") == now)(written(stoker, "hung")))
    assert stoker.service("hung")["status"] == "running"
    stuck = written(stoker, "hung")

    disk.thaw()
    wait_for("to be told", lambda: "answers again" in stoker.output.read_text())
    wait_written(stoker, "hung", stuck + 100)
    assert total(stoker, "dropped_bytes", "hung") == 0
    check_ticker(stoker)
    said = stoker.output.read_text()
    assert (said.count("does not answer"), said.count("answers again")) == (1, 1)
    assert stoker.stop() == 0
    check_complete(contents(disk.folder / "hung.log"), 1, len(contents(disk.folder / "hung.log").splitlines()))


def test_a_full_stop_does_not_wait_for_a_disk_that_hangs(disk, make_stoker):
    hung = numbered("hung", chunk=10, pause=0.001, log={"path": str(disk.folder / "hung.log")})
    stoker = make_stoker(services={"hung": hung, "a": recorder("a")}).start()
    wait_written(stoker, "hung", 100)
    disk.freeze()
    wait_for("to be told", lambda: "does not answer" in stoker.output.read_text())
    pids = [stoker.service(name)["pid"] for name in ("hung", "a")]
    stoker.process.terminate()
    wait_for("the end of both", lambda: "both" and not any(map(alive, pids)))
    wait_for("the last words", lambda: "services stopped in" in stoker.output.read_text())
    disk.thaw()  # a thread that hangs in the kernel keeps its process until then
    assert stoker.process.wait(60) == 0


def test_direct_logs_on_a_disk_that_hangs_keep_no_other_service_from_starting(disk, make_stoker):
    hung = [f"hung{number}" for number in range(12)]
    services = {name: recorder(name, log={"path": str(disk.folder / name), "mode": "direct"}, restart={"backoff": {"base": "10ms"}}) for name in hung}
    stoker = make_stoker(services={**services, "other": recorder("other")}).start()
    for name in (*hung, "other"):
        stoker.wait_starts(name)
    for name in hung:
        (disk.folder / name).unlink()  # the next start has to make it, and hangs there
    disk.freeze()
    for name in hung:
        os.kill(stoker.service(name)["pid"], 9)
    for name in hung:
        wait_for("its next start", lambda: stoker.service(name)["restart_count"] == 1)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        restart = pool.submit(stoker.post, "/restart/other", timeout=60)
        try:
            assert restart.result(20).status == 200
            assert all(stoker.service(name)["status"] == "starting" for name in hung)
        finally:
            disk.thaw()
    stoker.wait_starts("other", 2)
    for name in hung:
        stoker.wait_status(name, "running")
    assert stoker.stop() == 0


def test_a_state_directory_on_a_disk_that_hangs_holds_up_neither_answers_nor_stops(disk, make_stoker):
    checked = recorder("checked", health={"exec": {"command": ["true"]}, "interval": "200ms"})
    stoker = make_stoker()
    stoker.state = disk.folder / "state"
    stoker.write({"hung": recorder("hung"), "ticker": recorder("ticker"), "checked": checked})
    stoker.start()
    for name in ("hung", "ticker", "checked"):
        stoker.wait_starts(name)
    stoker.wait_health("checked", "healthy")
    disk.freeze()
    try:
        answers(stoker)
        assert stoker.post("/stop/ticker", timeout=20).status == 200
        checks = stoker.metric("stoker_health_checks_total", name="checked")
        wait_for("checks", lambda: stoker.metric("stoker_health_checks_total", name="checked") > checks + 2, 20)
        os.kill(stoker.service("hung")["pid"], 9)
        wait_for("its end to be seen", lambda: stoker.service("hung")["status"] != "running" or stoker.service("hung")["restart_count"], 20)
        answers(stoker)
    finally:
        disk.thaw()
    stoker.wait_status("hung", "running")
    assert stoker.stop() == 0
