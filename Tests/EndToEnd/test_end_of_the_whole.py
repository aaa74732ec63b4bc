"""The end of the whole without a request: exit_when, --until-completed, and runs of some services (rule 90)."""

import os

import pytest

from event_stream import EventStream
from harness import DEADLINE, marked, recorder, wait_for
from test_process_one import CONTAINER, in_container
from test_wishes import statuses, wishes

QUICK = {"restart": {"policy": "on-failure", "max_attempts": 0}}


def job(name, then, **keys):
    return recorder(name, then=then, kind="oneshot", **{**QUICK, **keys})


def ended(name, stoker):
    """Whether the trap of a service that notes its end has run."""
    return (stoker.directory / f"{name}.ended").exists()


def noting(name, also="", **keys):
    """A service that notes its end, and what has ended before it."""
    trap = f"trap '{also}: > {name}.ended; exit 0' TERM"
    return recorder(name, first=trap, then="while :; do sleep 0.05; done", **keys)


@in_container
def test_a_container_ends_with_the_code_of_the_critical_service_that_failed(make_stoker):
    services = {
        "db": noting("db", also="[ -e web.ended ] && "),
        "web": noting("web", depends_on=["db"]),
        "worker": recorder("worker", then="while ! [ -e go ]; do sleep 0.05; done; exit 7", depends_on=["db"], **QUICK),
        "aside": recorder("aside", then="exit 3", critical=False, **QUICK),
    }
    stoker = make_stoker(services=services, supervisor={"exit_when": "failed"})
    stoker.through = CONTAINER
    stoker.start()
    for name in services:
        stoker.wait_starts(name)
    stoker.wait_status("aside", "failed")
    (stoker.directory / "go").touch()
    assert stoker.process.wait(DEADLINE) == 7
    assert "worker failed: exited with code 7 (stoker.exit_when: failed): stopping everything" in stoker.said()
    assert ended("web", stoker) and ended("db", stoker), "the database ended after what requires it"
    assert marked(stoker.mark) == []


@pytest.mark.parametrize("end, code", [("exit 0", 0), ("exit 3", 3), ("kill -9 $$", 128 + 9), (["/no/such/program"], 1)])
def test_a_ci_job_hands_on_the_code_of_its_test_and_stops_the_database(make_stoker, end, code):
    test = job("test", end if isinstance(end, str) else "", depends_on=["db"], enabled=False)
    if isinstance(end, list):
        test["command"] = end
    stoker = make_stoker(services={"db": noting("db"), "other": noting("other"), "test": test})
    stoker.start("--until-completed", "test", ready=False)
    assert stoker.process.wait(DEADLINE) == code
    assert ended("db", stoker), "it was there, and was stopped"
    assert "(--until-completed test): stopping everything" in stoker.said()
    assert marked(stoker.mark) == []


def test_when_all_jobs_are_done_the_code_is_that_of_the_first_that_failed(make_stoker):
    services = {
        "db": noting("db"),
        "good": job("good", "exit 0"),
        "bad": job("bad", "exit 4"),
        "late": job("late", "while ! [ -e go ]; do sleep 0.05; done; exit 5"),
        "vain": job("vain", "exit 0", depends_on={"bad": {"condition": "completed"}}),
        "off": job("off", "exit 6", enabled=False),
    }
    stoker = make_stoker(services=services, supervisor={"exit_when": ["completed"]}).start(ready=False)
    stoker.wait_starts("late")
    wait_for("the first failure", lambda: stoker.service("bad")["status"] == "failed")
    (stoker.directory / "go").touch()
    assert stoker.process.wait(DEADLINE) == 4
    assert ended("db", stoker) and stoker.starts("vain") == [] and stoker.starts("off") == []


def test_a_stop_before_the_condition_is_one_as_always_and_a_changed_condition_is_in_force_at_once(make_stoker):
    services = {"db": recorder("db"), "job": job("job", "exit 3"), "wait": job("wait", "exec sleep 1000")}
    stoker = make_stoker(services=services, supervisor={"exit_when": "completed"}).start()
    stoker.wait_status("job", "failed")
    assert stoker.stop() == 0
    stoker.start()
    stoker.wait_status("job", "failed")
    stoker.write(services, supervisor={"exit_when": "failed"})
    assert stoker.post("/reload").status == 200
    assert stoker.process.wait(DEADLINE) == 3


def test_a_job_that_was_done_before_stoker_was_killed_counts(make_stoker):
    services = {"db": noting("db"), "job": job("job", "exit 0")}
    stoker = make_stoker(services=services).start()
    stoker.wait_status("job", "completed")
    stoker.wait_starts("db")
    stoker.kill()
    stoker.write(services, supervisor={"exit_when": "completed"})
    stoker.start(ready=False)
    assert stoker.process.wait(DEADLINE) == 0
    assert len(stoker.starts("job")) == 1 and ended("db", stoker)


def test_events_tell_why_everything_stops_and_how_that_went(make_stoker):
    services = {"web": recorder("web", then="while ! [ -e go ]; do sleep 0.05; done; exit 7", **QUICK)}
    stoker = make_stoker(services=services, supervisor={"exit_when": "failed"}).start()
    assert stoker.get("/services").json["stopping"] is None
    events = EventStream(stoker)
    (stoker.directory / "go").touch()
    stopping = events.until("stopping")[-1]["data"]
    stopped = events.until("stopped")[-1]["data"]
    assert stopping["cause"] == "since web failed: exited with code 7 (stoker.exit_when: failed)"
    assert (stopped["killed"], stopped["left_over"], stopped["exit_code"]) == ([], [], 7)
    assert stoker.process.wait(DEADLINE) == 7


# -- Runs of some services -------------------------------------------------------------------------------------------------------


def test_a_run_of_some_services_starts_what_they_require_and_no_more_and_stores_no_wish(make_stoker):
    services = {
        "db": recorder("db"),
        "migrate": job("migrate", "exit 0", depends_on=["db"]),
        "web": recorder("web", depends_on={"migrate": {"condition": "completed"}}),
        "other": recorder("other"),
        "left": recorder("left"),
    }
    stoker = make_stoker(services=services).start()
    assert stoker.post("/stop/web").status == 200 and stoker.post("/stop/left").status == 200
    assert stoker.stop() == 0
    stoker.start("web")
    assert statuses(stoker) == {"db": "running", "migrate": "completed", "web": "running", "other": "stopped", "left": "stopped"}
    assert wishes(stoker) == {"web": 0, "left": 0}, "as they were"
    # A reload keeps the choice: what is new is not started, and what is newly required is.
    more = {**services, "new": recorder("new"), "cache": recorder("cache")}
    more["web"] = {**services["web"], "depends_on": {"migrate": {"condition": "completed"}, "cache": {}}}
    stoker.reload(more)
    stoker.wait_status("cache", "running")
    assert statuses(stoker)["new"] == "stopped" and statuses(stoker)["other"] == "stopped"
    # What a person asks for meanwhile lasts.
    assert stoker.post("/start/new").status == 200 and stoker.post("/stop/cache?wait=none", {"force": True}).status == 202
    assert stoker.stop() == 0
    stoker.start()
    assert statuses(stoker) == {
        "db": "running", "migrate": "completed", "web": "stopped", "other": "running", "left": "stopped", "new": "running", "cache": "stopped",
    }  # fmt: skip


def test_services_that_a_killed_stoker_left_and_that_are_not_chosen_are_stopped(make_stoker):
    services = {"a": recorder("a"), "b": recorder("b")}
    stoker = make_stoker(services=services).start()
    for name in services:
        stoker.wait_starts(name)
    (pid,) = stoker.instances("a")
    stoker.kill()
    stoker.start("a")
    stoker.wait_status("b", "stopped")
    assert stoker.instances("a") == [pid] and stoker.instances("b") == []


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["wbe"], "there is no service 'wbe' in the service file; did you mean 'web'?; nothing was started"),
        (["--until-completed", "nobody"], "there is no service 'nobody' in the service file; nothing was started"),
        (["--until-completed", "web"], "'web' never completes, as its restart.policy is 'always'"),
    ],
)
def test_a_name_that_cannot_be_meant_is_wrong_usage_before_anything_starts(make_stoker, arguments, words):
    stoker = make_stoker(services={"web": recorder("web"), "job": job("job", "exit 0")})
    result = stoker.command("run", "--config", str(stoker.file), *arguments)
    assert result.returncode == 64 and words in result.stderr, result
    assert stoker.starts("web") == [] and not os.path.exists(stoker.state)


def test_a_reload_without_the_service_that_is_waited_for_is_refused(make_stoker):
    services = {"web": recorder("web"), "job": job("job", "exec sleep 1000")}
    stoker = make_stoker(services=services).start("--until-completed", "job")
    stoker.write({"web": services["web"]})
    answer = stoker.post("/reload")
    assert answer.status == 400 and "there is no service 'job'" in answer.text
    assert stoker.service("job")["status"] == "running"
