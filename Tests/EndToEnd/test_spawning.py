"""Starts that fail, and starts under pressure: each failure has its step and its reason, nothing spins, nothing leaks (scenarios 26 to 29)."""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

import pytest

from harness import DEADLINE, marked, recorder, wait_for

TWICE = {"max_attempts": 1, "backoff": {"base": "100ms"}}


def executable(path, content, mode=0o755):
    path.write_text(content)
    path.chmod(mode)
    return str(path)


def failed_start(stoker, name):
    """What is known of a service whose every start failed: the error of the last."""
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, "failed"))
    service = stoker.service(name)
    assert (service["pid"], service["restart_attempts"], service["restart_count"]) == (None, 1, 1)
    assert stoker.metric("stoker_service_start_failures_total", name=name, stage="spawn") == 2
    assert stoker.metric("stoker_service_restarts_total", name=name, reason="start_failed") == 1
    assert stoker.metric("stoker_service_restart_limit_reached", name=name) == 1
    for entry in stoker.history(name):
        assert (entry["outcome"], entry["stage"], entry["pid"]) == ("start_failed", "spawn", None)
    assert stoker.history(name)[0]["error"] == service["last_error"]
    return service["last_error"]


def test_every_way_not_to_start_has_its_step_its_reason_and_help(make_stoker, tmp_path):
    """Scenario 26."""
    files = tmp_path / "files"
    files.mkdir()
    plain = executable(files / "plain", "#!/bin/sh\n", 0o644)
    foreign = executable(files / "foreign", "#!/no/such/interpreter\n")
    text = executable(files / "text", "hello\n")
    expected = {
        "absent": ({"command": ["/no/such/program"]}, "executing '/no/such/program': No such file or directory (ENOENT)"),
        "unknown": (
            {"command": ["no-such-program"], "environment": {"PATH": "/bin:/usr/bin"}},
            "looking up the program 'no-such-program': No such file or directory (ENOENT); searched PATH=/bin:/usr/bin",
        ),
        "relative": ({"command": ["./bin/none"]}, "executing './bin/none': No such file or directory (ENOENT)"),
        "plain": ({"command": [plain]}, f"executing '{plain}': Permission denied (EACCES)"),
        "folder": ({"command": ["/usr"]}, "executing '/usr': Permission denied (EACCES)"),
        "foreign": ({"command": [foreign]}, f"executing '{foreign}': No such file or directory (ENOENT); the file is there, but the interpreter"),
        "text": ({"command": [text]}, f"executing '{text}': Exec format error (ENOEXEC); it is neither a program"),
        "nowhere": ({"command": ["true"], "directory": "/no/such/place"}, "changing directory '/no/such/place': No such file or directory (ENOENT)"),
        "nodir": ({"command": ["true"], "directory": plain}, f"changing directory '{plain}': Not a directory (ENOTDIR)"),
        "long": ({"command": ["true", 200_000 * "x"]}, "executing '/"),
        "vars": ({"command": ["true"], "environment": {"LONG": 200_000 * "x"}}, "executing '/"),
        "file": ({"command": ["true"], "environment_file": "no.env"}, ""),
    }
    stoker = make_stoker(services={name: {**service, "restart": TWICE} for name, (service, _) in expected.items()}).start(ready=False)
    errors = {name: failed_start(stoker, name) for name in expected}
    for name, (_, error) in expected.items():
        assert errors[name].startswith(error), errors[name]
    for name in ("long", "vars"):
        assert errors[name].endswith("Argument list too long (E2BIG); arguments and environment together are too long"), errors[name]
    assert "no.env" in errors["file"] and "No such file" in errors["file"], errors["file"]
    said = stoker.output.read_text()
    for name, error in errors.items():
        assert f"{name}: cannot start: {error}" in said
    assert stoker.stop() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root starts something as another user: run it as root")
def test_a_user_who_is_not_there_or_may_not_is_named(make_stoker, tmp_path):
    """Scenario 26: users."""
    closed = tmp_path / "closed"
    closed.mkdir(0o700)
    script = executable(closed / "script", "#!/bin/sh\n")
    services = {
        "user": {"command": ["true"], "user": "no-such-user"},
        "number": {"command": ["true"], "user": "3999999999"},
        "group": {"command": ["true"], "user": "nobody", "group": "no-such-group"},
        "denied": {"command": [script], "user": "nobody", "directory": "/"},
        "outside": {"command": ["true"], "user": "nobody", "directory": str(closed)},
    }
    stoker = make_stoker(services={name: {**service, "restart": TWICE} for name, service in services.items()}).start(ready=False)
    errors = {name: failed_start(stoker, name) for name in services}
    assert errors["user"] == "changing the user 'no-such-user': there is no such user"
    assert errors["number"].startswith("changing the user '3999999999': the system knows no user with this number")
    assert errors["group"] == "changing the group 'no-such-group': there is no such group"
    assert errors["denied"].startswith(f"executing '{script}': Permission denied (EACCES); the user 'nobody' may not execute it")
    assert errors["outside"] == f"changing directory '{closed}': Permission denied (EACCES); the user 'nobody' may not enter it"


def test_a_program_that_is_being_written_is_tried_again_until_it_is_done(make_stoker, tmp_path):
    """Scenario 26: ETXTBSY."""
    program = tmp_path / "program"
    shutil.copy("/bin/sleep", program)
    with open(program, "ab"):
        restart = {"max_attempts": "unlimited", "backoff": {"base": "200ms", "factor": 1}}
        stoker = make_stoker(services={"busy": {"command": [str(program), "1000"], "restart": restart}}).start(ready=False)
        wait_for("two failures", lambda: stoker.running() and stoker.metric("stoker_service_start_failures_total", name="busy", stage="spawn") >= 2)
        assert stoker.service("busy")["last_error"] == f"executing '{program}': Text file busy (ETXTBSY)"
    stoker.wait_status("busy", "running")
    assert stoker.stop() == 0


def test_failed_starts_back_off_and_end_without_spinning(make_stoker):
    """Scenario 26: never a busy loop, and a program that comes late is found."""
    stoker = make_stoker(
        services={
            "late": {"command": ["./late"], "restart": {"max_attempts": "unlimited", "backoff": {"base": "200ms", "factor": 2, "max": "1s"}}},
            "never": {"command": ["./never"], "restart": {"max_attempts": 3, "backoff": {"base": "200ms", "factor": 2}}},
        }
    ).start(ready=False)
    began = time.monotonic()
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("never", "failed"))
    assert time.monotonic() - began >= 0.2 + 0.4 + 0.8 - 0.1
    assert stoker.metric("stoker_service_start_failures_total", name="never", stage="spawn") == 4
    assert stoker.metric("stoker_service_start_failures_total", name="late", stage="spawn") <= 2 + (time.monotonic() - began) / 0.4
    executable(stoker.directory / "late", "#!/bin/sh\nexec sleep 1000\n")
    stoker.wait_status("late", "running")
    assert stoker.service("late")["last_error"] is None, "it is well again"
    assert stoker.history("late")[-1]["error"].startswith("executing './late'")


def test_text_arrives_byte_for_byte(make_stoker):
    """Scenario 29: percent signs, dollars, quotes, line breaks, other scripts, and long ones up to the kernel's bound."""
    odd = "100%d %s %% $HOME $$ ${X} $(id) `id` \\ \" ' \t\n é 火 💥"
    long = 131_000 * "%"
    arguments = ["sleep", "1000", "0", "", odd, long]
    stoker = make_stoker(
        services={
            "odd": {"command": ["sh", "-c", "exec sleep 1000", *arguments[2:]], "environment": {"ODD": odd, "EMPTY": "", "LONG": long}},
            "filed": {"command": ["sleep", "1000"], "environment_file": "odd.env"},
        }
    )
    (stoker.directory / "odd.env").write_text("FILED='100%d $HOME `id` \\'\n")
    stoker.start()
    pid = stoker.service("odd")["pid"]
    environment = pathlib.Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    for variable in (f"ODD={odd}", "EMPTY=", f"LONG={long}"):
        assert environment.count(variable) == 1
    assert "FILED=100%d $HOME `id` \\" in pathlib.Path(f"/proc/{stoker.service('filed')['pid']}/environ").read_bytes().decode().split("\0")
    stoker.write({"odd": {"command": ["/bin/sleep", "1000", "0"]}, "exact": {"command": ["sh", "-c", "read x < /dev/zero", *arguments]}})
    assert stoker.post("/reload").status == 200
    pid = stoker.wait_status("exact", "running")["pid"]
    assert pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")[3:-1] == arguments


# -- Under pressure -------------------------------------------------------------------------------------------------------------


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def limit(stoker, bound):
    """Sets a soft limit of a Stoker that runs; only its own user may. `nofile=0:` leaves the hard one alone."""
    subprocess.run(["prlimit", f"--pid={stoker.process.pid}", f"--{bound}"], check=True, **stoker.popen)


def pressed(make_unprivileged):
    """A Stoker with a service that lives, and one that is started under pressure again and again; and how many descriptors it has when at rest."""
    stoker = make_unprivileged(
        services={
            "lives": recorder("lives"),
            "comes": recorder("comes", restart={"max_attempts": "unlimited", "backoff": {"base": "100ms", "factor": 1}}, stop={"timeout": "1s"}),
        }
    ).start()
    stoker.wait_starts("comes")
    stoker.wait_starts("lives")
    stoker.metrics()  # what it takes to know what services use is opened now
    return stoker, descriptors(stoker.process.pid)


def check_survival(stoker, before):
    """When there is room again, all is as it was before."""
    wait_for("a new start", lambda: stoker.running() and len(stoker.starts("comes")) == 2)
    stoker.wait_status("comes", "running")
    assert stoker.service("lives")["restart_count"] == 0
    wait_for(f"no more than {before} descriptors", lambda: descriptors(stoker.process.pid) <= before + 2)  # this connection
    assert stoker.stop() == 0
    assert marked(stoker.mark) == []


def check_failures(stoker, error):
    """Starts fail one after the other, for this reason, and nothing spins."""
    began = time.monotonic()
    failures = lambda: [line for line in stoker.output.read_text().splitlines() if "comes: cannot start" in line]  # noqa: E731
    wait_for("failures", lambda: stoker.running() and len(failures()) >= 5)
    assert error in failures()[0]
    assert len(failures()) <= 5 + (time.monotonic() - began) / 0.1


def test_with_too_few_descriptors_stoker_lives_tries_again_and_leaks_none(make_unprivileged):
    """Scenario 27: EMFILE."""
    stoker, before = pressed(make_unprivileged)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    highest = max(map(int, os.listdir(f"/proc/{stoker.process.pid}/fd")))
    limit(stoker, f"nofile={highest - 4}:")
    os.kill(stoker.starts("comes")[-1][1], signal.SIGKILL)
    check_failures(stoker, "(EMFILE)")
    limit(stoker, f"nofile={hard}:")
    check_survival(stoker, before)


def test_without_any_descriptor_an_end_is_noticed_when_there_is_one_again(make_unprivileged):
    """Scenario 27: what cannot be looked at is not taken for gone."""
    stoker, before = pressed(make_unprivileged)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit(stoker, "nofile=0:")
    os.kill(stoker.starts("comes")[-1][1], signal.SIGKILL)
    wait_for("its end", lambda: stoker.running() and "comes: stopping (killed by SIGKILL)" in stoker.output.read_text())
    assert len(stoker.starts("comes")) == 1
    limit(stoker, f"nofile={hard}:")
    check_survival(stoker, before)


def test_without_processes_to_be_had_stoker_lives_and_tries_again(make_unprivileged):
    """Scenario 27: EAGAIN, of a user who has as many processes as it may."""
    stoker, before = pressed(make_unprivileged)
    _, hard = resource.getrlimit(resource.RLIMIT_NPROC)
    limit(stoker, "nproc=1:")
    os.kill(stoker.starts("comes")[-1][1], signal.SIGKILL)
    check_failures(stoker, "creating the process: Resource temporarily unavailable (EAGAIN); a limit of processes is reached")
    limit(stoker, f"nproc={'unlimited' if hard < 0 else hard}:")
    check_survival(stoker, before)


@pytest.mark.skipif(resource.getrlimit(resource.RLIMIT_NOFILE)[1] < 4096, reason="needs a hard limit of 4,096 descriptors")
def test_more_than_a_thousand_descriptors_are_no_bound(make_stoker):
    """Scenario 28: the soft limit is raised for Stoker and given back to its services; each of the 400 is still watched, logged, restarted."""
    count = 400
    services = {f"s{number}": {"command": f"echo here {number}; exec sleep 1000"} for number in range(count)}
    stoker = make_stoker(services=services, defaults={"restart": {"backoff": {"base": "50ms"}}})
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    stoker.popen["preexec_fn"] = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    stoker.start()
    wait_for("all of them", lambda: stoker.get("/metrics").json["metrics"]["running_services"] == count)
    assert descriptors(stoker.process.pid) > 1024
    last = stoker.service(f"s{count - 1}")["pid"]
    assert resource.prlimit(last, resource.RLIMIT_NOFILE) == (256, hard)
    os.kill(last, signal.SIGKILL)
    wait_for("its restart", lambda: stoker.service(f"s{count - 1}")["restart_count"] == 1)
    wait_for("its output", lambda: stoker.get(f"/service/s{count - 1}/logs").text.count(f"here {count - 1}\n") == 2)
    assert stoker.stop() == 0
