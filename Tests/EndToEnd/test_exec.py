"""`stoker exec`: a command in the place of a service, with its environment, user and limits, and with the caller's terminal."""

import json
import os
import pathlib
import pwd
import signal
import subprocess
import sys

import pytest

from harness import BINARIES, STOKER, recorder, wait_for
from test_setup import needs_root

USAGE, BAD_FILE, NOT_EXECUTABLE, NOT_FOUND = 64, 65, 126, 127
SECRETS = ("STOKER_RUN", "NOTIFY_SOCKET", "WATCHDOG_USEC")

# What a command is given, as JSON.
FACTS = """
import json, os, resource, signal
print(json.dumps({
    "variables": dict(os.environ), "directory": os.getcwd(),
    "umask": os.umask(0), "nice": os.nice(0), "files": resource.getrlimit(resource.RLIMIT_NOFILE), "core": resource.getrlimit(resource.RLIMIT_CORE),
    "descriptors": sorted(os.listdir("/proc/self/fd"), key=int)[:-1], "session": os.getsid(0),
    "status": [line for line in open("/proc/self/status") if line.startswith(("Sig", "NoNewPrivs"))],
}))
"""


def execute(stoker, name, *command, options=(), **rest):
    return stoker.command("exec", name, *options, "--", *command, **rest)


def facts(stoker, name, **rest):
    result = execute(stoker, name, sys.executable, "-S", "-E", "-c", FACTS, **rest)
    assert (result.returncode, result.stderr) == (0, ""), result
    return json.loads(result.stdout)


def test_a_command_gets_what_the_process_of_the_service_gets_and_no_stoker_has_to_run(make_stoker, tmp_path):
    web = {
        "command": ["sleep", "1000"],
        "directory": str(tmp_path),
        "depends_on": ["data-base"],
        "environment": {"BOTH": "own", "SHOWN": "yes"},
        "environment_file": "web.env",
        "umask": "0027",
        "nice": 3,
        "no_new_privileges": True,
        "limits": {"nofile": 100, "core": 0, "memory": "64MB"},
    }
    database = {"command": ["sleep", "1000"], "endpoints": {"http": "http://127.0.0.1:1"}}
    stoker = make_stoker(services={"data-base": database, "web": web})
    (stoker.directory / "web.env").write_text("FROM_FILE=file\nBOTH=file\n")
    inherited = {"CALLERS": "too", **{name: "not for it" for name in SECRETS}}
    found = facts(stoker, "web", environment=inherited)
    expected = {"BOTH": "own", "SHOWN": "yes", "FROM_FILE": "file", "STOKER_DATA_BASE_HTTP": "http://127.0.0.1:1", "CALLERS": "too"}
    assert expected.items() <= found["variables"].items() and not set(SECRETS) & set(found["variables"])
    assert (found["directory"], found["umask"], found["nice"]) == (str(tmp_path), 0o027, 3 + os.nice(0))
    assert (found["files"], found["core"]) == ([100, 100], [0, 0])
    assert found["descriptors"] == ["0", "1", "2"], "no other one is open"
    assert found["session"] == os.getsid(0), "Ctrl-C reaches it"
    status = dict(line.split() for line in found["status"])
    assert status["NoNewPrivs:"] == "1" and int(status["SigBlk:"], 16) == 0
    assert int(status["SigIgn:"], 16) & ~(1 << signal.SIGPIPE - 1) & ~(1 << 24) == 0, "Python itself ignores SIGPIPE and SIGXFSZ"
    assert not stoker.state.exists(), "nothing of a Stoker was begun"


@needs_root
def test_as_root_it_is_the_services_user_with_that_users_groups_and_variables(make_stoker):
    nobody = pwd.getpwnam("nobody")
    stoker = make_stoker(services={"web": {"command": ["sleep", "1"], "user": "nobody", "directory": "/"}})
    script = "grep -E '^(Uid|Gid|Groups):' /proc/self/status; echo $HOME $USER"
    found = execute(stoker, "web", "sh", "-c", script, environment={"HOME": "/root", "USER": "root"})
    *ids, variables = found.stdout.splitlines()
    groups = os.getgrouplist("nobody", nobody.pw_gid)
    assert [line.split()[1:] for line in ids[:2]] == [4 * [str(nobody.pw_uid)], 4 * [str(nobody.pw_gid)]], found
    assert sorted(map(int, ids[2].split()[1:])) == sorted(groups) and variables == f"{nobody.pw_dir} nobody"
    result = execute(stoker, "web", "cat", "/etc/shadow")
    assert result.returncode != 0 and "Permission denied" in result.stderr, "nothing of root's is left"


def test_input_output_exit_code_and_signals_are_the_commands(make_stoker):
    stoker = make_stoker(services={"web": recorder("web")})
    arguments = [str(STOKER), "exec", "web", "--config", str(stoker.file), "--"]
    result = subprocess.run([*arguments, "sh", "-c", "read line; echo $line; echo err >&2; exit 42"], input=b"hello\n", capture_output=True)
    assert (result.returncode, result.stdout, result.stderr) == (42, b"hello\n", b"err\n")
    process = subprocess.Popen([*arguments, "sleep", "1000"])
    wait_for("the command in the place of this process", lambda: pathlib.Path(f"/proc/{process.pid}/comm").read_text() == "sleep\n")
    process.terminate()
    assert process.wait() == -signal.SIGTERM
    assert stoker.starts("web") == [], "the service is no part of it"


def test_what_cannot_be_executed_is_one_sentence_with_the_step_and_a_shells_exit_code(make_stoker, tmp_path):
    stoker = make_stoker(services={"web": recorder("web"), "lost": recorder("lost", directory=str(tmp_path / "gone"))})
    (tmp_path / "plain").write_text("no program")
    for name, program, code, text in [
        ("web", "no-such-program", NOT_FOUND, "looking up the program 'no-such-program': No such file or directory (ENOENT)"),
        ("web", "/nowhere/program", NOT_FOUND, "executing '/nowhere/program': No such file or directory (ENOENT)"),
        ("web", str(tmp_path / "plain"), NOT_EXECUTABLE, "Permission denied (EACCES)"),
        ("lost", "true", NOT_EXECUTABLE, "changing directory"),
    ]:
        result = execute(stoker, name, program)
        assert (result.returncode, result.stdout) == (code, "") and text in result.stderr, result
        assert len(result.stderr.splitlines()) == 1, result.stderr


def test_wrong_usage_and_faults_of_the_file_are_told_before_anything_is_executed(make_stoker):
    outside = {"kind": "external", "health": {"tcp": {"address": "127.0.0.1:1"}}}
    stoker = make_stoker(services={"web": recorder("web", environment_file="web.env"), "outside": outside})
    for arguments, code, text in [
        (["web"], USAGE, "give a command after '--': stoker exec web -- COMMAND"),
        (["web", "--"], USAGE, "give a command after '--'"),
        (["weeb", "--", "true"], USAGE, "there is no service 'weeb' in ./stoker.yaml; did you mean 'web'?"),
        (["outside", "--", "true"], USAGE, "service 'outside' is external"),
        (["web", "--", "true"], BAD_FILE, "web.env"),
        (["web", "-c", "nowhere.yaml", "--", "true"], BAD_FILE, "nowhere.yaml"),
    ]:
        result = stoker.command("exec", *arguments)
        assert (result.returncode, result.stdout) == (code, "") and text in result.stderr, result
    os.mkfifo(stoker.directory / "web.env")
    result = execute(stoker, "web", "true")
    assert result.returncode == BAD_FILE and "is a named pipe" in result.stderr and len(result.stderr.splitlines()) == 1


def test_variables_of_the_file_come_from_the_caller(make_stoker):
    stoker = make_stoker(text="version: 1\nservices:\n  web:\n    command: [sleep, '1']\n    environment: {PLACE: 'in ${WHERE}'}\n")
    assert execute(stoker, "web", "sh", "-c", "echo $PLACE", environment={"WHERE": "here"}).stdout == "in here\n"


def test_without_root_a_service_of_another_user_is_refused_and_the_others_are_not(make_unprivileged):
    stoker = make_unprivileged(services={"root": recorder("root", user="root"), "own": recorder("own")})
    refused = execute(stoker, "root", "id")
    assert (refused.returncode, refused.stdout) == (NOT_EXECUTABLE, "") and len(refused.stderr.splitlines()) == 1
    assert "service 'root' has the user 'root', and only root can run a command as another" in refused.stderr
    assert execute(stoker, "own", "id", "-u").returncode == 0


@needs_root
def test_as_root_a_file_that_everybody_may_write_is_refused(make_stoker):
    stoker = make_stoker(services={"web": recorder("web")})
    stoker.file.chmod(0o666)
    refused = execute(stoker, "web", "true")
    assert refused.returncode == BAD_FILE and "everybody can write it" in refused.stderr
    assert execute(stoker, "web", "true", options=["--trust-files"]).returncode == 0
