"""A service's user plants links where Stoker writes as root: nothing outside is written, and all services run on."""

import os
import pathlib
import stat
import subprocess

import pytest

from harness import STOKER, recorder, wait_for
from log_lines import numbered, total, wait_written, written

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs root and a second user")

NOBODY = 65534


def open_way(folder):
    """Lets another user through to a folder of this test."""
    for parent in [folder, *folder.parents]:
        if parent.stat().st_mode & 0o111 != 0o111 and parent.stat().st_uid == 0 and "pytest" in str(parent):
            os.chmod(parent, 0o711)


@pytest.fixture
def places(tmp_path):
    """A folder of the service's user, and one of root alone with a file in it."""
    open_way(tmp_path)
    mine, secret = tmp_path / "mine", tmp_path / "secret"
    mine.mkdir(mode=0o755)
    os.chown(mine, NOBODY, NOBODY)
    secret.mkdir(mode=0o700)
    (secret / "there").write_text("untouched")
    return mine, secret


def plant(link, target):
    """Plants a link as the other user."""
    subprocess.run(["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups", "ln", "-sfn", str(target), str(link)], check=True)


def untouched(secret):
    return sorted(os.listdir(secret)) == ["there"] and (secret / "there").read_text() == "untouched"


TALK = "while :; do i=0; while [ $i -lt 100 ]; do echo $i xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; i=$((i+1)); done; sleep 0.02; done"
ENDINGS = ["", ".1", ".2", ".2.gz", ".3.gz", ".gz.tmp", ".moving", ".moving.tmp"]


@pytest.mark.parametrize("mode", ["pipe", "direct"])
def test_links_for_every_name_of_a_log_lead_nowhere(make_stoker, places, mode):
    mine, secret = places
    log = {"path": str(mine / "app.log"), "mode": mode, "max_size": "20KB", "max_files": 4}
    stoker = make_stoker(services={
        "app": {"command": TALK, "directory": "/", "user": str(NOBODY), "group": str(NOBODY), "log": log},
        "other": numbered("other", chunk=1, pause=0.01)})
    open_way(stoker.directory)
    for ending in ENDINGS[1:]:
        plant(mine / f"app.log{ending}", secret / ("there" if ending == ".2" else "planted"))
    stoker.start()
    wait_for("old files", lambda: sum(name.startswith("app.log.") and not (mine / name).is_symlink() for name in os.listdir(mine)) >= 2)
    assert untouched(secret)
    for path in mine.iterdir():
        assert path.lstat().st_uid == NOBODY, path
    # The present file is replaced by a link while it is written, and is there at the next start.
    plant(mine / "app.log", secret / "planted")
    if mode == "pipe":
        wait_for("drops", lambda: total(stoker, "dropped_bytes", "app") > 0)
    restarts = stoker.service("app")["restart_count"]
    assert stoker.post("/restart/app").status == 200
    stoker.wait_status("app", "running")
    said = wait_for("a sentence", lambda: [line for line in stoker.output.read_text().splitlines() if "symbolic link" in line])
    assert all(f"'{mine}/app.log'" in line and f"'{mine}' belongs to user {NOBODY}" in line for line in said), said
    assert stoker.service("app")["restart_count"] >= restarts
    assert untouched(secret)
    # Mended by its user, it is written again.
    (mine / "app.log").unlink()
    if mode == "direct":
        assert stoker.post("/restart/app").status == 200
    wait_for("the file", lambda: (mine / "app.log").stat().st_size > 0)
    assert (mine / "app.log").stat().st_uid == NOBODY and stat.S_IMODE((mine / "app.log").stat().st_mode) == 0o600
    assert untouched(secret)
    wait_written(stoker, "other", written(stoker, "other") + 10)
    assert stoker.service("other")["restart_count"] == 0
    assert stoker.stop() == 0


def test_a_service_without_a_user_is_not_logged_where_others_write_and_runs(make_stoker, places):
    mine, secret = places
    services = {mode: numbered(mode, chunk=1, pause=0.01, log={"path": str(mine / f"{mode}.log"), "mode": mode}) for mode in ("pipe", "direct")}
    stoker = make_stoker(services=services).start()
    for name in services:
        stoker.wait_status(name, "running")
    wait_for("drops", lambda: total(stoker, "dropped_bytes", "pipe") > 0)
    said = stoker.output.read_text().splitlines()
    for name in services:
        lines = [line for line in said if f"'{mine}/{name}.log'" in line]
        assert len(lines) == 1 and f"'{mine}' belongs to user {NOBODY}" in lines[0] and "chown" in lines[0], said
    assert list(mine.iterdir()) == []
    os.chown(mine, 0, 0)
    wait_for("the file", lambda: (mine / "pipe.log").stat().st_size > 0)
    assert stoker.stop() == 0


def test_missing_folders_of_a_log_are_made_with_the_rights_of_the_service(make_stoker, places):
    mine, _ = places
    log = {"path": str(mine / "a" / "b" / "app.log"), "mode": "direct"}
    stoker = make_stoker(services={"app": recorder("app", log=log) | {"user": str(NOBODY), "group": str(NOBODY)}})
    open_way(stoker.directory)
    stoker.start()
    stoker.wait_status("app", "running")
    for path in (mine / "a", mine / "a" / "b", mine / "a" / "b" / "app.log"):
        assert path.lstat().st_uid == NOBODY
    assert stoker.stop() == 0


def test_the_journal_is_no_link_that_others_placed(make_stoker, places):
    mine, secret = places
    for ending in ("", "-wal", "-shm", "-journal"):
        state = mine / f"state{ending}"
        state.mkdir()
        os.chown(state, NOBODY, NOBODY)
        plant(state / f"stoker.sqlite{ending}", secret / "planted")
        stoker = make_stoker(services={"app": recorder("app")}, supervisor={"state_dir": str(state)})
        stoker.state = state
        stoker.popen = {}
        process = subprocess.Popen([STOKER, "run", "--config", str(stoker.file)], stderr=subprocess.PIPE, text=True)
        try:
            assert any(f"stoker.sqlite{ending}'" in line for line in iter(process.stderr.readline, ""))
        finally:
            process.terminate()
            process.communicate()
        assert untouched(secret), ending


def test_what_verbs_write_follows_no_planted_link_and_replaces_nothing_but_files(places, tmp_path):
    mine, secret = places

    def stoker(*arguments):
        return subprocess.run([STOKER, *arguments], capture_output=True, text=True, cwd=tmp_path)

    plant(mine / "stoker.yaml", secret / "planted")
    plant(mine / "folder", secret)
    for arguments in (["init", "--config", f"{mine}/stoker.yaml"], ["init", "--force", "--config", f"{mine}/stoker.yaml"],
                      ["prometheus", "rules", "--force", "--output", f"{mine}/folder"]):
        done = stoker(*arguments)
        assert done.returncode == 1 and "symbolic link" in done.stderr and f"'{mine}' belongs to user {NOBODY}" in done.stderr, done.stderr
        assert untouched(secret)
    for place in ("/dev/null", "/dev/stdout"):
        done = stoker("init", "--force", "--config", place)
        assert done.returncode == 1 and "not a regular file" in done.stderr, done.stderr
    assert pathlib.Path("/dev/null").is_char_device()
    # A link of root's own is followed, and stays.
    os.symlink("secret/there", tmp_path / "own.yaml")
    assert stoker("init", "--force", "--config", "own.yaml").returncode == 0
    assert (tmp_path / "own.yaml").is_symlink() and "services:" in (secret / "there").read_text()
