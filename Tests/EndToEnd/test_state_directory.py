"""The state directory: found by the service file alone, and guarded while Stoker runs."""

import json
import os
import shutil
import subprocess

import pytest

from harness import STOKER, recorder, wait_for

root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: namespaces of its own")
LOCKED = 75


class Machine:
    """A machine of its own as far as names go: a host name and a machine-id, and `/var/lib/stoker` in a folder that it may share."""

    def __init__(self, stoker, home, host, identity="1" * 32):
        self.stoker = stoker
        home.mkdir(exist_ok=True)
        name = stoker.directory / f"machine-id.{host}"
        name.write_text(identity + "\n")
        script = f'mkdir -p /var/lib/stoker && mount --bind "{home}" /var/lib/stoker && hostname {host} && mount --bind "{name}" /etc/machine-id'
        self.through = ["unshare", "--mount", "--uts", "sh", "-ec", f'{script}\nexec "$@"', "sh"]

    def run(self):
        self.stoker.through = self.through
        process = self.stoker.spawn("run", "--config", str(self.stoker.file))
        wait_for("its services", lambda: process.poll() is not None or self.command("status").returncode == 0)
        assert process.poll() is None, self.stoker.said()
        return process

    def command(self, verb):
        return subprocess.run([*self.through, str(STOKER), verb, "--config", str(self.stoker.file)], capture_output=True, text=True, timeout=60)


@pytest.fixture
def node(make_stoker):
    """A Stoker whose service file names no state directory."""
    stoker = make_stoker()
    stoker.file.write_text(json.dumps({"version": 1, "stoker": {"listen": ["127.0.0.1:0"]}, "services": {"a": recorder("a")}}).replace("$", "$$"))
    return stoker


def hash_of(path):
    value = 0x811C9DC5
    for byte in str(path).encode():
        value = (value ^ byte) * 0x01000193 & (1 << 32) - 1
    return f"{value:08x}"


@root
@pytest.mark.parametrize("earlier", [False, True], ids=["by today's rule", "by the earlier rule"])
def test_under_another_host_name_the_running_stoker_is_found_and_its_services_adopted(node, tmp_path, earlier):
    home = tmp_path / "home"
    first, second = (Machine(node, home, host) for host in ("first", "second"))
    name = f"{'first' if earlier else 'stoker'}-{hash_of(node.file)}"
    if earlier:
        (home / name).mkdir(mode=0o700)
    node.process = first.run()
    node.wait_starts("a")
    assert second.command("status").returncode == 0
    wait_for("the record", lambda: "a" in (home / name / "runtime.json").read_text())
    [pid] = node.wait_instances("a", 1)
    node.kill()
    node.process = second.run()
    assert node.instances("a") == [pid] and len(node.starts("a")) == 1
    assert [folder.name for folder in home.iterdir()] == [name]
    assert node.stop() == 0


@root
def test_two_machines_with_one_home_take_their_own_directories(node, tmp_path):
    home = tmp_path / "home"
    machines = [Machine(node, home, "first", "1" * 32), Machine(node, home, "second", "2" * 32)]
    for name in ("first", "second"):
        (home / f"{name}-{hash_of(node.file)}").mkdir(mode=0o700, parents=True)
    processes = [machine.run() for machine in machines]
    node.wait_starts("a", 2)
    assert len(list(home.iterdir())) == 2
    for process in processes:
        process.terminate()
    assert [process.wait(60) for process in processes] == [0, 0]


def test_a_state_directory_that_is_lost_is_told_and_refuses_a_second_stoker(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    [pid] = stoker.wait_instances("a", 1)
    away = stoker.directory / "away"

    def lost():
        return stoker.get("/services").json["state_directory_lost"]

    assert lost() is None and stoker.metric("stoker_state_directory_lost") == 0
    stoker.state.rename(away)
    sentence = wait_for("the loss to be noticed", lost)
    assert str(stoker.state) in sentence and "is gone" in sentence
    assert stoker.metric("stoker_state_directory_lost") == 1
    assert sentence in stoker.output.read_text()
    assert stoker.command("status", "--url", f"http://127.0.0.1:{stoker.port}").stdout.startswith(f"Stoker: {sentence}")
    if os.geteuid() == 0:  # elsewhere there may be no second place for the lock
        second = stoker.command("run", "--config", str(stoker.file))
        assert second.returncode == LOCKED and f"pid {stoker.process.pid}" in second.stderr, second.stderr
        assert not stoker.state.exists(), "it is not made again where it can still be put back"
    stoker.state.mkdir()
    wait_for("the other one to be noticed", lambda: "another folder" in lost())
    shutil.rmtree(stoker.state)
    away.rename(stoker.state)
    wait_for("its return to be noticed", lambda: lost() is None)
    assert "is back in its place" in stoker.output.read_text()
    assert stoker.instances("a") == [pid]
    assert stoker.stop() == 0


def test_logs_go_on_in_a_state_directory_that_was_moved_and_make_none_in_its_place(make_stoker):
    talks = "i=0; while :; do i=$((i + 1)); echo line $i; sleep 0.05; done"
    services = {mode: recorder(mode, then=talks, log={"mode": mode}) for mode in ("pipe", "direct")}
    stoker = make_stoker(services=services).start()
    logs = {name: stoker.state / "logs" / f"{name}.log" for name in services}
    wait_for("output", lambda: all(log.exists() and log.stat().st_size for log in logs.values()))
    away = stoker.directory / "away"
    stoker.state.rename(away)
    moved = away / "logs" / "pipe.log"
    size = moved.stat().st_size
    wait_for("more output in the folder that was moved", lambda: moved.stat().st_size > size)
    stoker.post("/restart/pipe")
    wait_for("the loss to be noticed", lambda: stoker.get("/services").json["state_directory_lost"])
    assert not stoker.state.exists(), "it could not be put back"
    away.rename(stoker.state)
    wait_for("its return to be noticed", lambda: stoker.get("/services").json["state_directory_lost"] is None)
    size = logs["pipe"].stat().st_size
    wait_for("output where it was", lambda: logs["pipe"].stat().st_size > size)
    assert stoker.stop() == 0


@pytest.mark.parametrize("gone", ["removed", "renamed"])
def test_the_service_file_is_the_same_when_the_folder_of_the_start_is_gone(make_stoker, gone):
    stoker = make_stoker(services={"a": recorder("a")})
    start = stoker.directory / "start"
    start.mkdir()
    stoker.through = ["env", "-C", str(start)]
    stoker.process = stoker.spawn("run", "--config", "../stoker.yaml")
    wait_for("its services", lambda: stoker.get("/services").json["initialized"])
    start.rmdir() if gone == "removed" else start.rename(stoker.directory / "elsewhere")
    assert stoker.reload()["message"] == "Nothing has changed"
    stoker.write({"a": recorder("a"), "b": recorder("b")})
    assert stoker.reload()["success"]
    stoker.wait_starts("b")
    assert len(stoker.starts("a")) == 1


def test_a_release_that_is_swapped_by_renaming_is_read_and_run_by_a_reload(make_stoker):
    stoker = make_stoker(services={"a": {"command": "cat release; exec sleep 1000"}})
    text, app, new = stoker.file.read_text(), stoker.directory / "app", stoker.directory / "new"
    for folder in (app, new):
        folder.mkdir()
        (folder / "stoker.yaml").write_text(text)
        (folder / "release").write_text(f"release {folder.name}\n")
    stoker.through = ["env", "-C", str(app)]
    stoker.process = stoker.spawn("run")
    wait_for("its services", lambda: stoker.get("/services").json["initialized"])
    app.rename(stoker.directory / "old")
    new.rename(app)
    [change] = stoker.reload()["changes"]
    assert change["sentence"] == "a: restarted, for directory"
    wait_for("the new release", lambda: "release new" in stoker.command("logs", "a", "--url", f"http://127.0.0.1:{stoker.port}").stdout)
    assert stoker.reload()["message"] == "Nothing has changed"


def test_a_relative_path_in_a_folder_that_is_gone_is_one_clear_sentence(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    script = f'cd "{gone}" && rmdir "{gone}" && exec "{STOKER}" check'
    result = subprocess.run(["sh", "-c", script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 65
    assert "the working directory is gone; name the service file by its absolute path" in result.stderr
