"""The service file while it is edited: what is in it, and whether it is there, takes no verb away from the Stoker that runs."""

import json
import os
import pathlib
import socket
import subprocess

import pytest

from harness import DEADLINE, STOKER, recorder, wait_for

FINE, USAGE, BAD_FILE, UNAVAILABLE = 0, 64, 65, 69


def replaced_by_a_folder(file):
    file.unlink()
    file.mkdir()


# What is made of the file, and a word of the warning.
EDITS = {
    "an unknown key": (lambda file: file.write_text(file.read_text().replace('"command"', '"comand"')), "unknown key 'comand'"),
    "no YAML": (lambda file: file.write_text("services: {a: [\n"), "stoker.yaml:"),
    "nothing": (lambda file: file.write_text(""), "stoker.yaml"),
    "another state directory": (lambda file: file.write_text(file.read_text().replace("/state", "/elsewhere")), "uses the state directory"),
    "a variable that is not set": (lambda file: file.write_text(file.read_text().replace("/state", "/${E2E_UNSET}")), "E2E_UNSET"),
    "removed": (lambda file: file.unlink(), "No such file"),
    "a folder": (replaced_by_a_folder, "directory"),
    "a link to nothing": (lambda file: (file.unlink(), file.symlink_to("none")), "No such file"),
}


@pytest.mark.parametrize("edit", EDITS)
def test_every_verb_reaches_the_running_stoker_whatever_the_file_is_now(make_stoker, edit):
    stoker = make_stoker(services={"a": recorder("a", then="echo hello; exec sleep 1000"), "b": recorder("b")}).start()
    wait_for("the output", lambda: "hello" in stoker.command("logs", "a").stdout)
    change, warning = EDITS[edit]
    change(stoker.file)
    for options in ([], ["--config", "stoker.yaml"]):
        for verb, word in (
            (["status"], "running"), (["why", "a"], "a "), (["logs", "a"], "hello"), (["health", "--json"], "{"), (["stop", "b"], "stopped"),
            (["start", "b"], "started"), (["restart", "b"], "b"),
        ):  # fmt: skip
            result = stoker.command(*verb, *options)
            assert word in result.stdout, (verb, result)
            [line] = result.stderr.splitlines()
            assert line.startswith("stoker: warning: ") and warning in line, (verb, result)
    if edit == "another state directory":
        return
    assert stoker.metric("stoker_config_last_reload_successful") == 1
    for options in ([], ["--dry-run"]):
        result = stoker.command("reload", *options)
        assert (result.returncode, result.stdout) == (BAD_FILE, ""), result
        assert "nothing was changed" in result.stderr and len(result.stderr.splitlines()) == 1, result
    assert stoker.metric("stoker_config_last_reload_successful") == 0
    events = subprocess.Popen([STOKER, "events", "--config", stoker.file], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert "stoker: warning: " in events.stderr.readline()
    assert events.stdout.readline() != ""
    events.kill()
    events.wait(DEADLINE)


def test_a_file_with_faults_of_no_running_stoker_is_refused_with_all_of_them(make_stoker):
    stoker = make_stoker(text="version: 1\nservices: {a: {comand: [a]}, b: 3}\n")
    result = stoker.command("status")
    assert (result.returncode, result.stdout) == (BAD_FILE, "")
    assert "stoker.yaml:2:16: unknown key 'comand'" in result.stderr and "stoker.yaml:2:33" in result.stderr
    assert "no Stoker that was started with it is running" in result.stderr


def test_a_stoker_that_lost_its_state_directory_is_not_one_that_does_not_run(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    away = stoker.directory / "away"
    stoker.state.rename(away)
    moved = stoker.command("status")
    assert moved.returncode == FINE and f"uses the state directory {away}, not {stoker.state}" in moved.stderr, moved
    away.rename(stoker.state)
    (stoker.state / "stoker.sock").unlink()
    (stoker.state / "lock").unlink()
    lost = stoker.command("status")
    assert lost.returncode == UNAVAILABLE
    assert f"a Stoker (pid {stoker.process.pid}) is running, but its state directory {stoker.state} is gone" in lost.stderr


def by_default(stoker, services):
    """Writes a file that names no state directory; starts a Stoker with it."""
    home = {"XDG_STATE_HOME": str(stoker.directory / "home")}
    file = {"version": 1, "stoker": {"listen": [f"127.0.0.1:{stoker.port}"]}, "services": services}
    stoker.file.write_text(json.dumps(file).replace("$", "$$"))
    return stoker.start(environment=home)


def test_without_a_file_the_only_stoker_of_this_user_is_asked(make_unprivileged):
    one, two = make_unprivileged("one"), make_unprivileged("two")
    elsewhere = pathlib.Path(one.directory.parent)

    def status(**environment):
        everything = {"XDG_STATE_HOME": str(one.directory / "home"), "PATH": os.environ["PATH"], **environment}
        return subprocess.run([STOKER, "status"], cwd=elsewhere, capture_output=True, text=True, env=everything, timeout=DEADLINE, **one.popen)

    nothing = status()
    assert nothing.returncode == UNAVAILABLE and "no Stoker of this user is running" in nothing.stderr
    by_default(one, {"first": recorder("first")})
    only = status()
    assert (only.returncode, only.stderr) == (FINE, "") and "first" in only.stdout
    by_default(two, {"second": recorder("second")})
    both = status()
    assert (both.returncode, both.stdout) == (USAGE, "")
    for stoker in (one, two):
        assert f"{stoker.file} (pid {stoker.process.pid})" in both.stderr
    assert "--config FILE or --url" in both.stderr and len(both.stderr.splitlines()) == 1
    assert "second" in status(STOKER_URL=f"http://127.0.0.1:{two.port}").stdout
    # By another path of the file, and from its folder without a word of it.
    two.file.rename(two.directory / "old.yaml")
    assert "second" in two.command("status", environment={"XDG_STATE_HOME": str(one.directory / "home")}).stdout
    assert [stoker.stop() for stoker in (one, two)] == [0, 0]


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root: a namespace with an /etc of its own")
def test_without_a_file_the_machines_is_taken(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    etc, elsewhere = stoker.directory / "etc", stoker.directory / "elsewhere"
    etc.mkdir()
    elsewhere.mkdir()
    (etc / "stoker.yaml").write_text(stoker.file.read_text())
    # The folder is made in an /etc of the namespace's own.
    script = f'''mount -t tmpfs none "{elsewhere}" && cd "{elsewhere}" && mkdir upper work
mount -t overlay -o lowerdir=/etc,upperdir="$PWD/upper",workdir="$PWD/work" none /etc
mkdir -p /etc/stoker && mount --bind "{etc}" /etc/stoker && exec "$@"'''
    stoker.through = ["unshare", "--mount", "sh", "-ec", script, "sh"]

    def command(*arguments):
        return subprocess.run([*stoker.through, STOKER, *arguments], capture_output=True, text=True, timeout=DEADLINE)

    check = command("check")
    assert check.returncode == FINE and check.stdout.startswith("/etc/stoker/stoker.yaml: one service"), check
    stopped = command("status")
    assert stopped.returncode == UNAVAILABLE and "no Stoker is running for /etc/stoker/stoker.yaml" in stopped.stderr
    stoker.process = stoker.spawn("run")
    wait_for("its service", lambda: stoker.running() and stoker.get("/services").json["initialized"])
    assert "a " in command("status").stdout
    assert stoker.stop() == 0


def test_the_socket_of_a_killed_stoker_hides_no_other(make_stoker):
    stoker, other = make_stoker(services={"a": recorder("a")}), make_stoker("other", services={"b": recorder("b")}).start()
    other.kill()
    assert (other.state / "stoker.sock").is_socket()
    stoker.start()
    stoker.file.write_text(stoker.file.read_text().replace(str(stoker.state), str(other.state)))
    found = stoker.command("status")
    assert found.returncode == FINE and "a " in found.stdout, found
    assert f"uses the state directory {stoker.state}, not {other.state}" in found.stderr
    dead = other.command("status")
    assert dead.returncode == UNAVAILABLE and "no Stoker is running for ./stoker.yaml (no answer at" in dead.stderr, dead
    assert "Connection refused" in dead.stderr and "start it with 'stoker run'" in dead.stderr
    other.start()
    other.stop()


@pytest.mark.parametrize("kind", ["pipe", "socket", "device", "folder"])
def test_a_service_file_that_is_no_regular_file_is_refused_at_once(make_stoker, kind):
    stoker = make_stoker(services={"a": recorder("a")})
    text = stoker.file.read_text()
    stoker.file.unlink()
    if kind == "pipe":
        os.mkfifo(stoker.file)
    elif kind == "socket":
        socket.socket(socket.AF_UNIX).bind(str(stoker.file))
    elif kind == "folder":
        stoker.file.mkdir()
    else:
        stoker.file.symlink_to("/dev/zero")
    for verb in (["status"], ["why", "a"], ["logs", "a"], ["reload"], ["check"], ["run"]):
        result = stoker.command(*verb, timeout=8)  # a pipe would be waited for longer
        assert result.returncode == BAD_FILE and len(result.stderr.splitlines()) == 1, (verb, result)
        assert kind in result.stderr or kind == "folder" and "Is a directory" in result.stderr, (verb, result)
    # A pipe that is named as a descriptor is meant.
    for path in ("/dev/stdin", "/dev/fd/0"):
        check = subprocess.run([STOKER, "check", "--config", path], input=text, capture_output=True, text=True, timeout=DEADLINE)
        assert check.returncode == FINE and "one service, no errors" in check.stdout, check
