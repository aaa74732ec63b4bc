"""What people want of a service outlives Stoker: who was stopped by hand stays so, and who was started goes on."""

import re
import sqlite3
from datetime import datetime, timedelta, timezone

import pytest

from harness import alive, recorder, wait_for
from test_commands import no_doubles


def stop_and_start(stoker):
    assert stoker.stop() == 0
    return stoker.start()


def kill_and_start(stoker):
    stoker.kill()  # at once: what was answered is on the disk
    return stoker.start()


both_ends = pytest.mark.parametrize("again", [stop_and_start, kill_and_start], ids=["a clean restart", "kill -9"])


def wishes(stoker):
    """What the journal has."""
    stoker.wait_written()
    with sqlite3.connect(f"file:{stoker.state}/stoker.sqlite?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT name, is_up FROM intents JOIN services ON services.id = intents.service").fetchall()
    connection.close()
    return dict(rows)


def statuses(stoker):
    return {name: service["status"] for name, service in stoker.get("/services").json["services"].items()}


@both_ends
def test_who_was_stopped_stays_stopped_and_who_was_started_runs_until_someone_says_otherwise(make_stoker, again):
    services = {"a": recorder("a"), "b": recorder("b"), "off": recorder("off", enabled=False), "never": recorder("never", enabled=False)}
    stoker = make_stoker(services=services).start()
    stoker.wait_starts("a")
    assert stoker.post("/stop/a").status == 200
    assert stoker.post("/start/off").status == 200
    wanted = {"a": "stopped", "b": "running", "off": "running", "never": "stopped"}
    for _ in range(2):
        again(stoker)
        assert statuses(stoker) == wanted
        assert stoker.metric("stoker_service_desired_up", name="a") == 0
        assert stoker.metric("stoker_service_desired_up", name="off") == 1
        assert len(stoker.starts("a")) == 1 and stoker.instances("a") == [] and stoker.starts("never") == []
        assert stoker.request("GET", "/-/ready").status == 503, "one that is critical does not run"
    assert wishes(stoker) == {"a": 0, "off": 1}

    assert stoker.post("/start/a").status == 200
    assert stoker.post("/stop/off").status == 200
    assert wishes(stoker) == {}, "what the file wants needs not to be kept"
    again(stoker)
    assert statuses(stoker) == {"a": "running", "b": "running", "off": "stopped", "never": "stopped"}


@both_ends
def test_a_stop_with_dependents_and_a_start_with_dependencies_are_wished_for_all_of_them(make_stoker, again):
    services = {
        "base": recorder("base", enabled=False),
        "app": recorder("app", enabled=False, depends_on=["base"]),
        "db": recorder("db"),
        "web": recorder("web", depends_on=["db"]),
        "other": recorder("other"),
    }
    stoker = make_stoker(services=services).start()
    for name in ("db", "web"):
        stoker.wait_starts(name)
    assert stoker.post("/start/app").json["also_started"] == ["base"]
    assert stoker.post("/stop/db", {"cascade": True}).status == 200
    again(stoker)
    assert statuses(stoker) == {"base": "running", "app": "running", "db": "stopped", "web": "stopped", "other": "running"}
    assert wishes(stoker) == {"base": 1, "app": 1, "db": 0, "web": 0}
    assert [len(stoker.starts(name)) for name in ("db", "web")] == [1, 1]


@both_ends
def test_what_waits_for_one_that_was_stopped_says_so(make_stoker, again):
    stoker = make_stoker(services={"db": recorder("db"), "web": recorder("web", depends_on=["db"])}).start()
    assert stoker.post("/stop/db", {"force": True}).status == 200
    again(stoker)
    web = "running" if again is kill_and_start else "waiting"
    assert statuses(stoker) == {"db": "stopped", "web": web}, "only the start waits for it"
    assert stoker.post("/start/db").status == 200
    stoker.wait_status("web", "running")


def test_a_restart_of_what_runs_and_a_refused_command_are_no_wishes(make_stoker):
    slow = recorder("slow", first="trap 'while [ ! -e go ]; do sleep 0.02; done; exit 0' TERM", then="while :; do sleep 0.02; done")
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b", depends_on=["a"]), "slow": slow}).start()
    stoker.wait_starts("slow")
    # Done, there is nothing to forget; under way, it would be forgotten.
    assert stoker.post("/restart/a").json["remembered"]
    answer = stoker.post("/restart/slow?wait=none")
    assert (answer.status, answer.json["remembered"]) == (202, False)
    (stoker.directory / "go").touch()
    stoker.wait_starts("slow", 2)
    assert stoker.post("/stop/a").status == 409
    assert wishes(stoker) == {}
    kill_and_start(stoker)
    assert statuses(stoker) == {"a": "running", "b": "running", "slow": "running"}


def test_a_stop_that_was_cut_short_is_carried_on(make_stoker):
    deaf = no_doubles("deaf", "exec sleep 1000", first="trap '' TERM") | {"stop": {"timeout": "1h"}}
    stoker = make_stoker(services={"deaf": deaf, "a": recorder("a")}).start()
    stoker.wait_starts("deaf")
    pid = stoker.service("deaf")["pid"]
    assert stoker.post("/stop/deaf?wait=none").status in (200, 202)
    assert stoker.service("deaf")["status"] == "stopping"
    stoker.wait_written()
    stoker.kill()
    stoker.write({"deaf": deaf | {"stop": {"timeout": "100ms"}}, "a": recorder("a")})
    stoker.start(ready=False)
    wait_for("its end", lambda: stoker.running() and not alive(pid))
    stoker.wait_status("deaf", "stopped")
    assert len(stoker.starts("deaf")) == 1
    assert stoker.metric("stoker_service_stop_kills_total", name="deaf") == 1
    stoker.wait_status("a", "running")


def test_one_that_was_given_up_and_then_stopped_is_stopped_and_has_its_attempts_again(make_stoker):
    once = {"max_attempts": 1, "backoff": {"base": "10ms"}}
    stoker = make_stoker(services={"a": recorder("a", then="[ -e mended ] && exec sleep 1000; exit 3", restart=once)}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("a", "failed"))
    assert stoker.post("/stop/a").status == 200
    kill_and_start(stoker)
    service = stoker.service("a")
    assert (service["status"], service["restart_attempts"]) == ("stopped", 0)
    (stoker.directory / "mended").touch()
    assert stoker.post("/start/a").status == 200
    stoker.wait_status("a", "running")


def test_who_is_stopped_and_was_taken_out_of_the_file_and_put_back_is_still_stopped(make_stoker):
    both = {"a": recorder("a"), "b": recorder("b")}
    stoker = make_stoker(services=both).start()
    assert stoker.post("/stop/a").status == 200
    stoker.wait_written()
    assert stoker.stop() == 0
    stoker.write({"b": both["b"]})
    stoker.start()
    assert statuses(stoker) == {"b": "running"}
    assert stoker.stop() == 0
    stoker.write(both)
    stoker.start()
    assert statuses(stoker) == {"a": "stopped", "b": "running"}


def test_what_somebody_wants_is_told_with_who_it_was(make_stoker):
    stoker = make_stoker(services={"a": recorder("a"), "off": recorder("off", enabled=False)}).start()
    assert stoker.command("stop", "a", "--config", str(stoker.file)).returncode == 0
    assert stoker.post("/start/off").status == 200
    kill_and_start(stoker)
    assert "command line" in stoker.get("/service/a/why").text


@both_ends
def test_a_stop_says_what_it_took_and_when_it_was_over_also_after_a_restart_of_stoker(make_stoker, again):
    slow = recorder("slow", first="trap 'sleep 1; exit' TERM", then="sleep 1000 & wait", stop={"timeout": "50s"})
    deaf = recorder("deaf", first="trap '' TERM", then="exec sleep 1000", stop={"timeout": "200ms"})
    stoker = make_stoker(services={"slow": slow, "deaf": deaf}).start()
    wait_for("both to run", lambda: stoker.starts("slow") and stoker.starts("deaf"))
    for query in ("", "?wait=none"):
        assert stoker.post(f"/start/slow{query}").json["message"] == "Service 'slow' is running already"
    before = datetime.now(timezone.utc)
    assert stoker.post("/stop/slow").json["message"] == "Service 'slow' stopped successfully"
    assert stoker.post("/stop/slow").json["message"] == "Service 'slow' is stopped already"
    since = datetime.fromisoformat(stoker.service("slow")["since"])
    assert since - before >= timedelta(seconds=1), "the end of the stop, not its request"
    killed = stoker.post("/stop/deaf").json["message"]
    assert re.fullmatch(r"Service 'deaf' stopped, killed after \d+ ms", killed), killed
    assert re.search(r"^stopped by .*, killed after \d+ ms$", stoker.get("/services").json["services"]["deaf"]["note"])
    assert re.search(r"requested by .*, killed after \d+ ms$", stoker.get("/service/deaf/why").json["sentence"])
    again(stoker)
    assert abs(datetime.fromisoformat(stoker.service("slow")["since"]) - since) <= timedelta(milliseconds=5)
