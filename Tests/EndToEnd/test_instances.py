"""Several services of one section: names everywhere, dependencies on any, reloads of the number, selection on the command line (rule 89)."""

import os
import threading
import urllib.parse

import pytest

from harness import API, samples, series, wait_for

# The number before the reloads is half as much again afterwards, then what it was: 200 with `make instances`.
MANY = int(os.environ.get("INSTANCES", "40"))
SLEEP = ["sleep", "1000000"]


def instanced(stoker):
    """The Stoker, with `${instance}` in its service file as the key means it, not as a shell's word."""
    stoker.file.write_text(stoker.file.read_text().replace("$${instance}", "${instance}"))
    return stoker


def pids(stoker, prefix=""):
    return {name: row["pid"] for name, row in stoker.services().items() if name.startswith(prefix)}


def test_each_instance_is_a_service_with_its_own_name_environment_log_series_and_paths(make_stoker):
    services = {
        "db": {
            "instances": ["a", "b"],
            "command": "echo I am ${instance}, $STOKER_INSTANCE of $STOKER_SECTION; exec sleep 1000000",
            "labels": {"shard": "x${instance}"},
            "endpoints": {"sql": "http://127.0.0.1/${instance}"},
        },
        "api": {"command": 'echo "$STOKER_DB_A_SQL $STOKER_DB_B_SQL"; exec sleep 1000000', "depends_on": ["db"]},
    }
    stoker = instanced(make_stoker(services=services)).start()
    for name in ("db@a", "db@b", "api"):
        stoker.wait_status(name, "running")
    assert list(stoker.services()) == ["db@a", "db@b", "api"]
    rows = stoker.services()
    assert [rows[name]["section"] for name in rows] == ["db", "db", None]
    assert [rows[name]["labels"] for name in rows] == [{"shard": "xa"}, {"shard": "xb"}, {}]
    for path in ("db@a", urllib.parse.quote("db@a", safe="")):
        detail = stoker.get(f"/service/{path}").json
        assert (detail["service"], detail["section"]) == ("db@a", "db")
    wait_for("its words", lambda: "I am b, b of db" in stoker.command("logs", "db@b").stdout)
    wait_for("its words", lambda: "http://127.0.0.1/a http://127.0.0.1/b" in stoker.command("logs", "api").stdout)
    assert (stoker.state / "logs" / "db@a.log").read_text().strip().endswith("I am a, a of db")
    page = stoker.request("GET", "/metrics").text
    assert series(page, "stoker_service_up", name="db@b") == 1
    sections = {dict(labels)["name"]: dict(labels).get("section") for name, labels in samples(page) if name == "stoker_service_info"}
    assert sections == {"db@a": "db", "db@b": "db", "api": ""}


def test_instances_are_adopted_by_name_after_a_kill(make_stoker):
    stoker = make_stoker(services={"web": {"instances": 3, "command": SLEEP}}).start()
    for number in (1, 2, 3):
        stoker.wait_status(f"web@{number}", "running")
    before = pids(stoker)
    stoker.post("/stop/web@2")
    stoker.wait_written()
    stoker.kill()
    stoker.start()
    assert pids(stoker) == before | {"web@2": None}


def test_one_of_a_group_is_enough(make_stoker):
    """A start, a stop and the last stop, over the command line and the API."""
    services = {
        "web": {"instances": 2, "command": SLEEP},
        "api": {"command": SLEEP, "depends_on": {"web": {"instances": "any"}}},
    }
    stoker = make_stoker(services=services).start()
    stoker.wait_status("api", "running")
    assert stoker.command("stop", "web@1").returncode == 0
    refused = stoker.command("stop", "web@2")
    assert refused.returncode == 1 and "api" in refused.stderr
    assert series(stoker.request("GET", "/metrics").text, "stoker_service_dependency_ready", name="api", depends_on="web@1", kind="required") == 1
    killed = stoker.service("web@2")["pid"]
    os.kill(killed, 9)
    wait_for("another process", lambda: stoker.service("web@2")["pid"] not in (None, killed))
    stoker.wait_status("web@2", "running")
    assert stoker.service("api")["status"] == "running"
    assert "web@1" not in stoker.command("why", "api").stdout


def test_words_stand_for_services_on_the_command_line(make_stoker):
    services = {
        "web": {"instances": 3, "command": "echo line of ${instance}; exec sleep 1000000", "labels": {"tier": "edge"}},
        "db-a": {"command": SLEEP, "labels": {"tier": "core"}},
        "db-b": {"command": SLEEP},
    }
    stoker = instanced(make_stoker(services=services)).start()
    for name in stoker.services():
        stoker.wait_status(name, "running")
    before = pids(stoker)

    restarted = stoker.command("restart", "web")
    assert restarted.returncode == 0 and [line.split("'")[1] for line in restarted.stdout.splitlines()] == ["web@1", "web@2", "web@3"], restarted
    after = pids(stoker)
    assert {name for name in after if after[name] != before[name]} == {"web@1", "web@2", "web@3"}

    assert stoker.command("stop", "db-*", "tier=core", "db-a").stdout.count("stopped") == 2
    assert [stoker.service(name)["status"] for name in ("db-a", "db-b", "web@1")] == ["stopped", "stopped", "running"]
    assert stoker.command("start", "tier=core").returncode == 0
    assert stoker.service("db-a")["status"] == "running"

    none = stoker.command("stop", "x*", "tier=none", "wbe", "web@3")
    assert none.returncode == 1
    assert "no service matches 'x*'" in none.stderr and "tier=none" in none.stderr and "did you mean 'web'?" in none.stderr
    assert stoker.service("web@3")["status"] == "stopped"

    logs = stoker.command("logs", "web@[12]")
    assert "web@1 | line of 1" in logs.stdout and "web@2 | line of 2" in logs.stdout and "web@3" not in logs.stdout
    assert "web@2 | line of 2" in stoker.command("logs", "web").stdout
    assert stoker.command("logs", "web@2").stdout.count("line of 2") == 2
    health = stoker.command("health", "web", "db-a")
    assert [line.split()[0] for line in health.stdout.splitlines()] == ["web@1", "web@2", "web@3", "db-a"]
    why = stoker.command("why", "web")
    assert all(f"web@{number} " in why.stdout for number in (1, 2, 3))
    status = [line.split() for line in stoker.command("status").stdout.splitlines()]
    assert ["web", "2/3"] in [words[:2] for words in status] and ["web@3", "stopped"] in [words[:2] for words in status]


@pytest.mark.xdist_group("heavy")
def test_a_reload_with_another_number_touches_the_difference_alone(make_stoker):
    """While a hundred readers and scrapers are at work."""

    def services(number):
        return {
            "db": {"command": SLEEP},
            "web": {"instances": number, "command": SLEEP, "depends_on": ["db"]},
            "api": {"command": SLEEP, "depends_on": {"web": {"instances": "any"}}},
            "all": {"command": SLEEP, "depends_on": ["web"]},
        }

    def all_run(number):
        def running():
            rows = stoker.services()
            return len(rows) == number + 3 and all(row["status"] == "running" for row in rows.values())

        wait_for(f"{number} instances", running)

    few, more = MANY * 3 // 4, MANY * 5 // 4
    stoker = make_stoker(services=services(MANY)).start()
    all_run(MANY)
    before = pids(stoker)
    is_over, faults = threading.Event(), []

    def read(number):
        path = ("/metrics", f"{API}/services", f"{API}/service/web@1", f"{API}/dependencies")[number % 4]
        while not is_over.is_set():
            answer = stoker.request("GET", path)
            if answer.status != 200:
                faults.append((path, answer.status, answer.text[:200]))
                return

    readers = [threading.Thread(target=read, args=(number,)) for number in range(100 if MANY >= 200 else 20)]
    for reader in readers:
        reader.start()
    try:
        stoker.reload(services(few))
        all_run(few)
        kept = {f"web@{number}" for number in range(1, few + 1)} | {"db", "api", "all"}
        assert pids(stoker) == {name: before[name] for name in kept}
        stoker.reload(services(more))
        all_run(more)
        after = pids(stoker)
        assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    finally:
        is_over.set()
        for reader in readers:
            reader.join()
    assert faults == []
    page = stoker.request("GET", "/metrics").text
    assert sum(1 for name, labels in samples(page) if name == "stoker_service_up" and "@" in dict(labels)["name"]) == more
    assert stoker.stop() == 0
