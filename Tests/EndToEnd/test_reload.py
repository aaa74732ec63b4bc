"""A reload applies what has changed, and nothing else: what is left alone, what needs no restart, and what does."""

import copy
import json
import os
import signal

import pytest

from harness import API, alive, recorder, series, wait_for

# What goes by time, or by who asks.
MOVING = (
    "state_seconds", "cpu_seconds", "memory_bytes", "_open_fds", "_threads", "_processes", "uptime_", "waiting_seconds", "_io_", "heartbeat",
)  # fmt: skip
CHECK = {"exec": {"command": ["true"]}, "interval": "10m", "start_interval": "100ms"}

EVERYTHING = {
    "checked": recorder("checked", health=CHECK),
    "crashed": recorder("crashed", first="[ -e once ] || { touch once; exit 9; }", restart={"backoff": {"base": "10ms"}}),
    "failed": recorder("failed", then="exit 3", restart={"max_attempts": 0}),
    "waits": recorder("waits", depends_on=["off"]),
    "backoff": recorder("backoff", then="exit 4", restart={"backoff": {"base": "1h", "max": "1h"}}),
    "once": recorder("once", then="exit 0", kind="oneshot"),
    "off": recorder("off", enabled=False),
    "stopped": recorder("stopped"),
    "remote": {"kind": "external", "health": CHECK},
    "needs": recorder("needs", depends_on={"checked": {"on_restart": "restart"}, "off": {"optional": True}}),
}


def picture(stoker):
    """All that a reload which changes nothing leaves as it is."""
    services = stoker.services()
    page = stoker.metrics()
    fixed = {
        key: value
        for key, value in page.items()
        if key[0].startswith(("stoker_service_", "stoker_health_", "stoker_registry_")) and not any(word in key[0] for word in MOVING)
    }
    return {
        "services": services,
        "health": {
            name: {key: value for key, value in health.items() if not key.startswith("uptime")}
            for name, health in stoker.get("/health").json["services"].items()
        },
        "history": {name: stoker.history(name) for name in services},
        "dependencies": {
            name: {key: sorted(value) if isinstance(value, list) else value for key, value in entry.items()}
            for name, entry in stoker.get("/dependencies").json["dependencies"].items()
        },
        "pids": {name: stoker.instances(name) for name in services},
        "starts": {name: len(stoker.starts(name)) for name in services},
        "series": fixed,
        "all series": {key for key in page if dict(key[1]).get("name") in services},
    }


@pytest.fixture
def everything(make_stoker):
    """A Stoker with a service in each state, at rest."""
    stoker = make_stoker(services=EVERYTHING).start()
    assert stoker.post("/stop/stopped").status == 200
    states = {
        "failed": "failed", "waits": "waiting", "backoff": "backoff", "once": "completed", "off": "stopped", "stopped": "stopped",
        "remote": "running", "checked": "running", "crashed": "running", "needs": "running",
    }
    for name, state in states.items():
        stoker.wait_status(name, state)
    wait_for("the crash", lambda: stoker.service("crashed")["restart_count"] == 1)
    for name in ("checked", "crashed", "needs"):
        stoker.wait_starts(name)
        stoker.wait_instances(name, 1)
    wait_for("the usage of each", lambda: all(stoker.metric("stoker_service_processes", name=name) for name in ("checked", "crashed", "needs")))
    return stoker


def by_signal(stoker, sentence="nothing has changed (SIGHUP)"):
    """SIGHUP, and waits for what is said of it."""
    before = stoker.output.read_text().count(sentence)
    stoker.process.send_signal(signal.SIGHUP)
    wait_for(f"'{sentence}'", lambda: stoker.output.read_text().count(sentence) > before)


def by_command(stoker, *flags):
    result = stoker.command("reload", "--config", str(stoker.file), *flags)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_without_a_change_nothing_is_touched_however_it_is_asked_for(everything):  # scenario 57
    before = picture(everything)
    answer = everything.reload()
    assert answer["message"] == "Nothing has changed" and answer["changes"] == [] and answer["dry_run"] is False
    assert answer["unchanged"] == list(EVERYTHING)
    assert all(answer[kind] == [] for kind in ("added", "removed", "restarted", "updated", "needs_new_start")), answer
    assert everything.request("POST", "/-/reload").json == answer
    assert by_command(everything) == "Nothing has changed\n"
    assert json.loads(by_command(everything, "--json")) == answer
    assert json.loads(by_command(everything, "--json", "--dry-run")) == {**answer, "dry_run": True}
    by_signal(everything)
    assert picture(everything) == before


def test_comments_the_order_of_services_and_the_way_of_writing_mean_nothing(everything):  # scenarios 57, 62
    before = picture(everything)
    text = everything.file.read_text()
    everything.file.write_text("# a comment\n" + text.replace(",\n", ", # and another\n"))
    assert everything.reload()["message"] == "Nothing has changed"
    assert picture(everything) == before
    order = list(EVERYTHING)
    for permuted in (order[::-1], order[5:] + order[:5], order):
        answer = everything.reload({name: dict(reversed(EVERYTHING[name].items())) for name in permuted})
        assert answer["message"] == "Nothing has changed", answer
        assert list(everything.get("/services").json["services"]) == permuted
        assert picture(everything) == before
    # Renumbered as they are, each still is whose name it bears.
    os.kill(everything.service("crashed")["pid"], signal.SIGKILL)
    wait_for("the restart", lambda: everything.service("crashed")["restart_count"] == 2)
    assert everything.post("/start/failed", {"force": True}).json.get("error") in (None, "start_failed")
    everything.wait_starts("failed", 2)
    assert everything.stop() == 0


def test_what_stoker_goes_by_is_applied_without_a_restart(make_stoker, health_server):
    old, new = health_server(), health_server()
    first = "echo hello; trap 'touch by.usr1; exit 0' USR1"
    loop = "while :; do sleep 0.05; done"
    web = recorder("web", first=first, then=loop, health={"http": {"url": old.url}, "interval": "10m", "start_interval": "100ms"})
    base, other = recorder("base"), recorder("other")
    stoker = make_stoker(services={"web": web, "base": base, "other": other}).start()
    stoker.wait_health("web", "healthy")
    stoker.wait_starts("web")
    pids = {name: stoker.service(name)["pid"] for name in ("web", "base", "other")}
    changed = {
        **web,
        "description": "the web", "type": "frontend", "version": "2", "labels": {"tier": "core"}, "critical": False, "layer": 3,
        "depends_on": {"base": {"on_restart": "restart"}},
        "health": {"http": {"url": new.url}, "interval": "20m", "timeout": "4s", "failure_threshold": 7, "recovery_threshold": 5},
        "heartbeat": {"timeout": "99s"}, "limits": {"memory": "512MiB"},
        "restart": {"policy": "on-failure", "max_attempts": 9, "backoff": {"base": "10ms"}},
        "stop": {"signal": "USR1", "timeout": "20m"}, "hooks": {"post_stop": ["touch", "post.stop"]},
        "log": {"max_size": "1MB", "max_files": 3, "timestamps": False, "memory_lines": 1},
        "endpoints": {"http": "http://127.0.0.1:1"}, "metrics": {"port": 1},
    }  # fmt: skip
    answer = stoker.reload({"base": base, "web": changed, "other": other})
    assert (answer["updated"], answer["restarted"], answer["unchanged"]) == (["web"], [], ["base", "other"]), answer
    (change,) = answer["changes"]
    expected = {
        "description", "type", "version", "labels.tier", "critical", "layer", "depends_on.base", "health.http.url", "health.interval",
        "health.timeout", "health.failure_threshold", "health.recovery_threshold", "heartbeat.timeout", "limits.memory", "restart.policy",
        "restart.max_attempts", "restart.backoff.base", "stop.signal", "stop.timeout", "hooks.post_stop", "log.max_size", "log.max_files",
        "log.timestamps", "log.memory_lines", "endpoints.http", "metrics", "health.start_interval",
    }  # fmt: skip
    assert set(change["reasons"]) == expected and change["action"] == "updated"

    wait_for("the new check", lambda: new.asked)
    page = stoker.request("GET", "/metrics").text
    for family, value in {
        "stoker_health_check_interval_seconds": 1200, "stoker_health_check_timeout_seconds": 4, "stoker_health_check_failure_threshold": 7,
        "stoker_service_restart_limit": 9, "stoker_service_critical": 0, "stoker_service_layer": 3,
        "stoker_registry_heartbeat_timeout_seconds": 99,
    }.items():  # fmt: skip
        assert series(page, family, name="web") == value, family
    assert series(page, "stoker_service_info", name="web", kind="process", type="frontend", version="2", restart_policy="on-failure", section="") == 1
    assert series(page, "stoker_service_dependency_ready", name="web", depends_on="base", kind="required") == 1
    [target] = stoker.get("/discovery/prometheus").json
    assert target["labels"]["__meta_stoker_service_label_tier"] == "core" and target["targets"] == ["127.0.0.1:1"]
    assert {name: stoker.service(name)["pid"] for name in pids} == pids
    assert stoker.service("web")["restart_count"] == 0 and len(stoker.starts("web")) == 1

    log = stoker.state / "logs" / "web.log"
    assert log.read_text().endswith("Z hello\n")
    os.kill(pids["web"], signal.SIGKILL)
    wait_for("the restart", lambda: stoker.service("web")["restart_count"] == 1)
    wait_for("a line without a time", lambda: log.read_text().splitlines()[-1] == "hello")
    assert len(stoker.get("/service/web/logs").text.splitlines()) == 1, "memory_lines"
    stoker.wait_starts("web", 2)
    assert stoker.post("/stop/web").status == 200
    assert (stoker.directory / "by.usr1").exists()
    wait_for("the hook", (stoker.directory / "post.stop").exists)


def test_a_policy_that_a_reload_brings_holds_for_what_happens_next(make_stoker):
    restless = recorder("restless", then="exit 5", restart={"backoff": {"base": "1h", "max": "1h"}})
    calm, deaf = recorder("calm"), recorder("deaf", first="trap '' TERM", stop={"timeout": "1h"})
    stoker = make_stoker(services={"restless": restless, "calm": calm, "deaf": deaf}).start()
    stoker.wait_status("restless", "backoff")
    stoker.wait_starts("calm")
    stoker.wait_starts("deaf")
    restless = {**restless, "restart": {"backoff": {"base": "10ms"}, "max_attempts": 5}}
    answer = stoker.reload({"restless": restless, "calm": {**calm, "restart": {"policy": "never"}}, "deaf": {**deaf, "stop": {"timeout": "100ms"}}})
    assert answer["restarted"] == [] and answer["updated"] == ["restless", "calm", "deaf"]
    assert stoker.post("/start/restless?wait=none").status == 202
    assert stoker.wait_status("restless", "failed")["restart_attempts"] == 5
    os.kill(stoker.service("calm")["pid"], signal.SIGKILL)
    assert stoker.wait_status("calm", "failed")["restart_count"] == 0
    assert stoker.post("/stop/deaf").status == 200, "killed after 100 ms, and not after an hour"
    assert stoker.instances("deaf") == []


def setting(pid, name):
    with open(f"/proc/{pid}/status") as file:
        return next(line.split(":", 1)[1].strip() for line in file if line.startswith(name))


def proc(pid, name):
    with open(f"/proc/{pid}/{name}") as file:
        return file.read()


def descriptors(pid):
    return proc(pid, "limits").split("open files")[1].split()[0]


# Per key: the old service, what is different in the new one, the reasons that are given, and how it is seen of the new process.
SETUPS = {
    "command": ({"command": ["sleep", "1001"]}, {"command": ["sleep", "1002"]}, ["command"], lambda pid: "1002" in proc(pid, "cmdline")),
    "environment": ({}, {"environment": {"TOKEN": "x1"}}, ["environment.TOKEN"], lambda pid: "TOKEN=x1" in proc(pid, "environ")),
    "file": ({}, {"environment_file": "other.env"}, ["environment_file"], lambda pid: "OTHER=file" in proc(pid, "environ")),
    "directory": ({}, {"directory": "sub"}, ["directory"], lambda pid: os.readlink(f"/proc/{pid}/cwd").endswith("/sub")),
    "umask": ({}, {"umask": "027"}, ["umask"], lambda pid: setting(pid, "Umask") == "0027"),
    "nofile": ({"limits": {"nofile": 64}}, {"limits": {"nofile": 65}}, ["limits.nofile"], lambda pid: descriptors(pid) == "65"),
    "nice": ({}, {"nice": 7}, ["nice"], lambda pid: proc(pid, "stat").rsplit(")", 1)[1].split()[16] == "7"),
    "oom": ({}, {"oom_score_adj": 301}, ["oom_score_adj"], lambda pid: int(proc(pid, "oom_score_adj")) == 301),
    "privileges": ({}, {"no_new_privileges": True}, ["no_new_privileges"], lambda pid: setting(pid, "NoNewPrivs") == "1"),
    "stdin": ({}, {"stdin": "keep_open"}, ["stdin"], lambda pid: os.readlink(f"/proc/{pid}/fd/0").startswith("pipe:")),
    "tty": ({}, {"tty": True}, ["tty"], lambda pid: os.readlink(f"/proc/{pid}/fd/1").startswith("/dev/pts/")),
    "errors": ({}, {"log": {"stderr_path": "own.err"}}, ["log.stderr_path"], None),
    "ready": ({}, {"ready": {"log": "up"}}, ["ready.log"], None),
    "path": ({}, {"log": {"path": "own.log"}}, ["log.path"], None),
    "mode": ({}, {"log": {"mode": "direct"}}, ["log.mode"], lambda pid: os.readlink(f"/proc/{pid}/fd/1").endswith("/mode.log")),
    **({"user": ({"directory": "/"}, {"user": 65534}, ["user"], lambda pid: setting(pid, "Uid").split()[0] == "65534")} if os.geteuid() == 0 else {}),
}  # fmt: skip


def test_a_changed_setup_restarts_exactly_that_service_as_a_reload_and_without_an_attempt(make_stoker):
    says = {"command": ["/bin/sh", "-c", "echo up; exec sleep 1000"]}
    old = {name: {**says, **before} for name, (before, *_) in SETUPS.items()}
    new = copy.deepcopy(old)
    for name, (_, change, *_) in SETUPS.items():
        new[name].update(change)
    bystanders = {"first": recorder("first"), "last": recorder("last", depends_on=["command"])}
    stoker = make_stoker(services={"first": bystanders["first"], **old, "last": bystanders["last"]})
    (stoker.directory / "sub").mkdir()
    (stoker.directory / "other.env").write_text("OTHER=file\n")
    stoker.start()
    before = stoker.services()
    new = {"first": bystanders["first"], **new, "last": bystanders["last"]}
    stoker.write(new)

    dry = stoker.request("POST", API + "/reload?dry_run=true").json
    assert dry["restarted"] == list(SETUPS) and dry["message"].startswith("Nothing was done")
    assert stoker.services() == before
    said = by_command(stoker, "--dry-run")
    for name, (_, _, reasons, _) in SETUPS.items():
        assert f"  {name}: restarted, for {', '.join(reasons)}\n" in said
    assert "2 services unchanged" in said

    answer = stoker.reload()
    assert {**dry, "dry_run": False, "message": "The service file is in place"} == answer
    assert answer["unchanged"] == ["first", "last"]
    assert {change["service"]: change["reasons"] for change in answer["changes"]} == {name: reasons for name, (_, _, reasons, _) in SETUPS.items()}
    wait_for("all of them again", lambda: all(service["status"] == "running" for service in stoker.services().values()))
    after = stoker.services()
    page = stoker.request("GET", "/metrics").text
    for name, (_, _, _, shows) in SETUPS.items():
        assert (after[name]["restart_count"], after[name]["restart_attempts"]) == (1, 0), name
        assert series(page, "stoker_service_restarts_total", name=name, reason="reload") == 1, name
        assert not alive(before[name]["pid"]) and after[name]["pid"] != before[name]["pid"]
        assert shows is None or shows(after[name]["pid"]), name
    wait_for("the log at its new place", lambda: "up" in (stoker.directory / "own.log").read_text())
    for name in bystanders:
        assert after[name] == before[name]
    assert stoker.reload()["message"] == "Nothing has changed"
    assert stoker.services() == after


def test_of_200_services_the_one_that_changed_is_restarted(make_stoker):
    services = {f"s{number:03}": {"command": ["sleep", "1000000"], "layer": number % 3} for number in range(200)}
    stoker = make_stoker(services=services).start()
    before = stoker.services()
    answer = stoker.reload({**services, "s100": {"command": ["sleep", "1000001"], "layer": 1}})
    assert answer["restarted"] == ["s100"] and len(answer["unchanged"]) == 199
    stoker.wait_status("s100", "running")
    wait_for("its restart", lambda: stoker.service("s100")["restart_count"] == 1)
    after = stoker.services()
    assert {name for name in services if after[name] != before[name]} == {"s100"}
    assert stoker.get("/metrics").json["metrics"]["total_restarts"] == 1
    assert stoker.stop() == 0


def test_an_environment_file_with_another_content_restarts_its_service_and_shows_no_value(make_stoker):
    services = {name: recorder(name, environment_file="app.env", **rest) for name, rest in {"app": {}, "own": {"environment": {"TOKEN": "mine"}}}.items()}
    stoker = make_stoker(services=services)
    file = stoker.directory / "app.env"
    file.write_text("TOKEN=first\n")
    stoker.start()
    file.write_text("# a comment\nTOKEN='first'\n")
    assert stoker.reload()["unchanged"] == ["app", "own"]
    file.write_text("TOKEN=second-secret\n")
    said = by_command(stoker, "--dry-run")
    assert "  app: restarted, for environment_file\n" in said and "one service unchanged" in said
    answer = stoker.reload()
    assert answer["restarted"] == ["app"] and "second" not in said + json.dumps(answer)
    stoker.wait_starts("app", 2)
    wait_for("the new value", lambda: stoker.service("app")["pid"] and "TOKEN=second-secret" in proc(stoker.service("app")["pid"], "environ"))
    assert stoker.reload()["unchanged"] == ["app", "own"]
    # Another Stoker does not know what the process was given: the age of the file decides.
    stoker.kill()
    stoker.start()
    answer = stoker.reload()
    assert (answer["unchanged"], answer["restarted"]) == (["app"], ["own"])
    stoker.wait_starts("own", 2)
    stoker.wait_status("own", "running")
    file.write_text("TOKEN=third\n")
    assert stoker.reload()["restarted"] == ["app"]
