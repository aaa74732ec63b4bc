"""Files that others than root may change: a Stoker of root refuses those that everybody may write, and says what another user owns."""

import os

import pytest

from harness import DEADLINE, alive, recorder, wait_for
from hostile import NOBODY

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user, which only root may become")


@pytest.fixture
def stoker(open_directory, make_stoker):
    return make_stoker(open_directory / "node", services={"a": recorder("a")}, supervisor={"control": "loopback"})


def refused(stoker):
    """What it says as it ends, before it has started anything."""
    code = stoker.start(ready=False).process.wait(DEADLINE)
    assert code not in (0, -6, -4, -5), "it ends in order"
    assert not stoker.starts("a") and not stoker.instances("a")
    return stoker.output.read_text()


@pytest.mark.parametrize("weak", ["file", "directory"])
def test_a_service_file_that_everybody_may_write_is_refused_unless_trusted(stoker, weak):
    path = getattr(stoker, weak)
    path.chmod(0o777)
    said = refused(stoker)
    assert str(path) in said and "--trust-files" in said
    check = stoker.command("check", "--config", str(stoker.file))
    assert check.returncode != 0 and str(path) in check.stdout + check.stderr
    stoker.output.unlink()
    stoker.start("--trust-files")
    assert stoker.service("a")["status"] == "running" and "trust-files" in stoker.output.read_text()


def test_a_service_file_in_a_folder_like_tmp_is_not_weak(stoker):
    stoker.directory.chmod(0o1777)
    stoker.start()
    assert stoker.service("a")["status"] == "running"


def test_a_service_file_of_another_user_is_a_warning(stoker):
    os.chown(stoker.file, NOBODY, NOBODY)
    check = stoker.command("check", "--config", str(stoker.file))
    assert check.returncode == 0 and str(NOBODY) in check.stdout + check.stderr
    stoker.start()
    rows = [row for row in stoker.output.read_text().splitlines() if str(stoker.file) in row and str(NOBODY) in row]
    assert rows and " warn" in rows[0], "it starts, and says so"


def test_a_state_directory_that_everybody_may_write_is_refused(stoker):
    stoker.state.mkdir()
    stoker.state.chmod(0o777)
    assert str(stoker.state) in refused(stoker)
    assert "runtime.json" not in os.listdir(stoker.state)


def test_a_running_service_outlives_a_start_that_is_refused(stoker):
    pid = stoker.start().service("a")["pid"]
    stoker.wait_recorded("a")
    stoker.kill()
    stoker.file.chmod(0o666)
    stoker.start(ready=False).process.wait(DEADLINE)
    assert alive(pid)
    stoker.file.chmod(0o644)
    stoker.start()
    assert stoker.service("a")["pid"] == pid
    wait_for("one instance", lambda: stoker.instances("a") == [pid])
