"""What a process is given before its program begins: user and groups, masks, priorities, limits; and what needs root is said by whoever
reads the file."""

import grp
import os
import pathlib
import pwd
import resource

import pytest

from harness import recorder, wait_for
from notifying import environment
from test_trees import needs_cgroups, unified

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root starts something as another user: run it as root")
BAD_FILE = 65  # the exit code; `stoker --help` documents it


def status(pid):
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.split() for name, value in (line.split(":", 1) for line in lines)}


def sleeper(**keys):
    return {"command": ["sleep", "1000"], **keys}


# -- Users and groups -----------------------------------------------------------------------------------------------------------


@needs_root
def test_a_service_is_its_users_with_that_users_groups_and_variables_and_nothing_of_roots(make_stoker):
    nobody, daemon = pwd.getpwnam("nobody"), grp.getgrnam("daemon")
    services = {
        "named": sleeper(user="nobody", directory="/"),
        "numbered": sleeper(user=str(nobody.pw_uid), directory="/"),
        "grouped": sleeper(user="nobody", group="daemon", directory="/"),
        "unknown": sleeper(user="61234", group="61235", directory="/"),
        "group": sleeper(group=str(daemon.gr_gid)),
        "own": sleeper(user="nobody", directory="/", environment={"HOME": "/var/empty", "USER": "somebody"}),
        "root": sleeper(),
    }
    stoker = make_stoker(services=services)
    stoker.popen["extra_groups"] = [4, 24]  # that Stoker itself has
    stoker.start(environment={"HOME": "/root", "USER": "root"})
    expected = {
        "named": (nobody.pw_uid, nobody.pw_gid, os.getgrouplist("nobody", nobody.pw_gid)),
        "numbered": (nobody.pw_uid, nobody.pw_gid, os.getgrouplist("nobody", nobody.pw_gid)),
        "grouped": (nobody.pw_uid, daemon.gr_gid, os.getgrouplist("nobody", daemon.gr_gid)),
        "unknown": (61234, 61235, [61235]),
        "group": (0, daemon.gr_gid, [4, 24]),
        "own": (nobody.pw_uid, nobody.pw_gid, os.getgrouplist("nobody", nobody.pw_gid)),
        "root": (0, 0, [4, 24]),
    }
    for name, (user, group, groups) in expected.items():
        found = status(stoker.service(name)["pid"])
        assert found["Uid"] == 4 * [str(user)], name  # real, effective, saved, of the file system
        assert found["Gid"] == 4 * [str(group)], name
        assert sorted(map(int, found["Groups"])) == sorted(groups), name
        assert (found["CapEff"] == [16 * "0"]) == (user != 0), name
    for name in ("named", "numbered", "grouped"):
        found = environment(stoker.service(name)["pid"])
        variables = {"HOME": nobody.pw_dir, "USER": "nobody", "LOGNAME": "nobody", "SHELL": nobody.pw_shell}
        assert {key: found.get(key) for key in variables} == variables, name
    own = environment(stoker.service("own")["pid"])
    assert (own["HOME"], own["USER"], own["LOGNAME"]) == ("/var/empty", "somebody", "nobody")
    unknown = environment(stoker.service("unknown")["pid"])
    assert "/root" not in (unknown.get("HOME"), unknown.get("USER")), "what was root's is not for others"
    assert environment(stoker.service("root")["pid"])["HOME"] == "/root"


@needs_root
def test_what_a_users_service_says_is_logged_and_its_probe_is_that_users_too(make_stoker):
    stoker = make_stoker(
        services={
            "a": {
                "command": "id -u; id -u >&2; exec sleep 1000",
                "user": "nobody",
                "directory": "/",
                "health": {"exec": {"command": f"[ $(id -u) = {pwd.getpwnam('nobody').pw_uid} ]"}, "interval": "1h"},
            }
        }
    ).start()
    stoker.wait_health("a", "healthy")
    wait_for("both lines", lambda: stoker.get("/service/a/logs").text.splitlines() == 2 * [str(pwd.getpwnam("nobody").pw_uid)])


# -- Masks, priorities, limits ---------------------------------------------------------------------------------------------------


def limits(pid):
    lines = pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines()
    names = ("Max open files", "Max core file size")
    return {name: tuple(line[len(name) :].split()[:2]) for line in lines for name in names if line.startswith(name)}


def test_masks_priorities_and_limits_are_as_the_file_has_them_and_else_as_stokers_own(make_stoker):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    services = {
        "all": recorder(
            "all",
            first=": > made",
            umask="027",
            nice=19,
            oom_score_adj=200,
            no_new_privileges=True,
            limits={"nofile": 200, "core": "1MiB"},
        ),
        "plain": sleeper(),
        "nothing": sleeper(umask="0", oom_score_adj=1000, limits={"core": 0}),
    }
    stoker = make_stoker(services=services)
    stoker.popen["preexec_fn"] = lambda: (os.umask(0o072), os.nice(1), resource.setrlimit(resource.RLIMIT_CORE, (4096, 8 << 20)))
    stoker.start()
    stoker.wait_starts("all")
    pids = {name: stoker.service(name)["pid"] for name in services}
    found = {name: status(pid) for name, pid in pids.items()}
    assert {name: found[name]["Umask"] for name in services} == {"all": ["0027"], "plain": ["0072"], "nothing": ["0000"]}
    assert (stoker.directory / "made").stat().st_mode & 0o777 == 0o640
    own = int(pathlib.Path(f"/proc/{stoker.process.pid}/oom_score_adj").read_text())
    adjusted = {name: int(pathlib.Path(f"/proc/{pid}/oom_score_adj").read_text()) for name, pid in pids.items()}
    assert adjusted == {"all": 200, "plain": own, "nothing": 1000}
    base = os.getpriority(os.PRIO_PROCESS, stoker.process.pid)
    assert base > 0
    assert {name: os.getpriority(os.PRIO_PROCESS, pid) for name, pid in pids.items()} == {"all": 19, "plain": base, "nothing": base}
    assert {name: found[name]["NoNewPrivs"] for name in services} == {"all": ["1"], "plain": ["0"], "nothing": ["0"]}
    mebi = str(1 << 20)
    assert limits(pids["all"]) == {"Max open files": ("200", "200"), "Max core file size": (mebi, mebi)}
    assert limits(pids["plain"]) == {"Max open files": (str(soft), str(hard)), "Max core file size": ("4096", str(8 << 20))}
    assert limits(pids["nothing"])["Max core file size"] == ("0", "0")


def test_what_only_root_may_set_is_a_failed_start_with_its_reason(make_unprivileged):
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    services = {
        "nice": sleeper(nice=-20),
        "score": sleeper(oom_score_adj=-1000),
        "files": sleeper(limits={"nofile": hard + 1}),
        "fine": sleeper(nice=19, oom_score_adj=1000, umask="077", no_new_privileges=True, limits={"nofile": 64, "core": 0}),
    }
    stoker = make_unprivileged(services={name: {**service, "restart": {"policy": "never"}} for name, service in services.items()})
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("fine", "running"))
    errors = {name: stoker.wait_status(name, "failed")["last_error"] for name in services if name != "fine"}
    assert errors == {
        "nice": "setting the niceness '-20': Permission denied (EACCES); only root may make a process less nice than Stoker is",
        "score": "setting oom_score_adj '-1000': Permission denied (EACCES); only root may go below what Stoker itself has",
        "files": f"setting the descriptor limit '{hard + 1}': Operation not permitted (EPERM); only root may raise the hard limit, which is {hard}",
    }
    for name in errors:
        assert stoker.metric("stoker_service_start_failures_total", name=name, stage="spawn") == 1


LIMITS = {"memory": ("memory", "64MiB"), "tasks": ("pids", 20), "cpu": ("cpu", 0.5)}


@needs_cgroups
def test_limits_of_cgroups_are_in_force_or_said_not_to_be(make_stoker):
    stoker = make_stoker(services={"all": sleeper(limits={name: value for name, (_, value) in LIMITS.items()}), "plain": sleeper()}).start()
    said = stoker.output.read_text()
    here = (unified("self")[1] / "cgroup.controllers").read_text().split()
    _, group = unified(stoker.service("all")["pid"])
    for name, (controller, _) in LIMITS.items():
        refused = f"all: limits.{name} is not in force: the controller '{controller}'" in said
        if controller in here and not refused:  # other processes in our cgroup may forbid it, which is said
            files = {"memory": ("memory.max", str(64 << 20)), "tasks": ("pids.max", "20"), "cpu": ("cpu.max", "50000 100000")}
            file, value = files[name]
            assert (group.parent / file).read_text().strip() == value
        else:
            assert refused, said
    in_force = "limits.memory is not in force" not in said
    assert stoker.metric("stoker_service_memory_limit_bytes", name="all") == (64 << 20 if in_force else None)
    assert "plain: limits" not in said
    stoker.reload({"all": sleeper(limits={"tasks": 30}), "plain": sleeper()})
    assert stoker.service("all")["restart_count"] == 0, "which needs no restart"


def test_a_user_without_cgroups_is_told_once_and_of_each_limit(make_unprivileged):
    stoker = make_unprivileged(services={"all": sleeper(limits={name: value for name, (_, value) in LIMITS.items()})}).start()
    said = stoker.output.read_text()
    assert said.count("no control groups: ") == 1
    for name in LIMITS:
        assert f"all: limits.{name} is not in force: there are no control groups here" in said
    assert stoker.metric("stoker_service_memory_limit_bytes", name="all") is None
    assert stoker.service("all")["status"] == "running"


# -- What needs root, without it --------------------------------------------------------------------------------------------------

FILE = """\
version: 1
stoker:
  listen: ["127.0.0.1:{port}"]
  state_dir: {state}
defaults:
  restart: {{policy: never}}
services:
  fine:
    command: [sleep, "1000"]
  a:
    command: [sleep, "1000"]
    user: root
  b:
    command: [sleep, "1000"]
    user: "{own}"
    group: daemon
"""


def test_a_user_that_only_root_can_have_is_an_error_of_the_file_at_its_place(make_unprivileged):
    stoker = make_unprivileged()
    own = stoker.popen.get("user", os.geteuid())
    stoker.file.write_text(FILE.format(port=stoker.port, state=stoker.state, own=own))
    expected = [
        f"{stoker.file}:12:11: 'user' of service 'a' needs root: Stoker runs as ",
        f"{stoker.file}:16:12: 'group' of service 'b' needs root: Stoker runs as ",
    ]
    for verb, consequence in (("check", "nothing would start"), ("run", "nothing was started")):
        result = stoker.command(verb, "--config", str(stoker.file))
        assert result.returncode == BAD_FILE
        lines = result.stderr.splitlines()
        assert [line[: len(start)] for line, start in zip(lines, expected)] == expected
        assert lines[2:] == [f"stoker: 2 errors in {stoker.file}; {consequence}"]
    assert not stoker.state.exists()


def test_a_reload_that_would_need_root_changes_nothing(make_unprivileged):
    stoker = make_unprivileged()
    own = stoker.popen.get("user", os.geteuid())
    bad = FILE.format(port=stoker.port, state=stoker.state, own=own)
    good = bad.replace("    user: root\n", "").replace("    group: daemon\n", "")
    stoker.file.write_text(good)
    stoker.start()
    assert stoker.service("b")["status"] == "running", "one's own user is no other"
    before = stoker.services()
    stoker.file.write_text(bad.replace("fine:", "renamed:"))
    answer = stoker.post("/reload")
    assert (answer.status, answer.json["error"]) == (400, "bad_service_file")
    assert [problem.split(": ")[0] for problem in answer.json["problems"]] == [f"{stoker.file}:12:11", f"{stoker.file}:16:12"]
    result = stoker.command("reload", "--config", str(stoker.file))
    assert result.returncode != 0 and f"{stoker.file}:12:11: 'user'" in result.stderr
    assert stoker.services() == before
    assert stoker.metric("stoker_config_last_reload_successful") == 0
    stoker.file.write_text(good)
    assert stoker.post("/reload").status == 200
    assert stoker.metric("stoker_config_last_reload_successful") == 1
