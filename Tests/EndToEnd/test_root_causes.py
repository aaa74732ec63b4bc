"""One rule for what is at the root of it, and one for how well the node is: every face of the product says the same."""

import datetime
import json
import os
import signal

import pytest
from playwright.sync_api import expect

from browser import Viewer, chromium
from event_stream import EventStream
from harness import wait_for
from terminal import Terminal

pytestmark = pytest.mark.xdist_group("page")

SLOW = {"command": "exec sleep 1000", "ready": {"notify": "systemd", "timeout": "600s"}}
BROKEN = {"command": "exit 3", "restart": {"policy": "on-failure", "max_attempts": 0}}
READY = {"condition": "ready"}


def two_reasons(*order):
    """app waits for what is slow and for what has failed, front for app; in the file, and in app's list, in this order."""
    both = {"slow": SLOW, "broken": BROKEN}
    return {
        **{name: both[name] for name in order},
        "app": {"command": "exec sleep 1000", "depends_on": {name: READY for name in order}},
        "front": {"command": "exec sleep 1000", "depends_on": {"app": READY}},
    }


NOTES = {
    "slow": "",
    "broken": "gave up: exited with code 3",
    "app": "waits for broken, which failed: exited with code 3",
    "front": "waits for app, because broken failed: exited with code 3",
}


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture(params=[("slow", "broken"), ("broken", "slow")], ids=["slow-first", "broken-first"])
def stoker(request, make_stoker):
    stoker = make_stoker(services=two_reasons(*request.param))
    stoker.start(ready=False)
    wait_for("Stoker", lambda: stoker.running() and stoker.get("/services").status == 200)
    stoker.wait_status("broken", "failed")
    stoker.wait_status("slow", "starting")
    stoker.wait_status("front", "waiting")
    return stoker


def test_the_interface_names_what_failed_and_not_what_is_merely_slow(stoker):
    answer = stoker.get("/services").json
    rows = answer["services"]
    assert {name: row["note"] for name, row in rows.items()} == NOTES
    assert answer["composite_health"] == stoker.get("/health").json["composite_health"] == "unhealthy"
    waits = {name: [(each["kind"], each["name"], each["condition"], each["until"]) for each in row["waits_for"]] for name, row in rows.items()}
    assert sorted(waits["app"]) == [("dependency", "broken", "ready", None), ("dependency", "slow", "ready", None)]
    assert waits["front"] == [("dependency", "app", "ready", None)]
    assert (waits["slow"], waits["broken"], rows["slow"]["root_cause"], rows["broken"]["root_cause"]) == ([], [], None, None)
    details = stoker.get("/metrics").json["service_details"]
    for name in ("app", "front"):
        root = rows[name]["root_cause"]
        assert (root["name"], root["status"]) == ("broken", "failed")
        assert root["sentence"].startswith("broken failed ") and "exited with code 3" in root["sentence"]
        one = stoker.get(f"/service/{name}").json
        for other in (one, details[name]):
            assert (other["waits_for"], other["note"], other["root_cause"]["name"]) == (rows[name]["waits_for"], NOTES[name], "broken")
        why = stoker.get(f"/service/{name}/why").json
        assert why["root_cause"] == "broken" and "broken failed" in why["sentence"]


def test_the_command_line_says_the_same(stoker):
    for name in ("app", "front"):
        text = stoker.command("why", name).stdout
        assert "broken failed" in text and "broken is" not in text and "exited with code 3" in text
    text = stoker.command("status").stdout
    for name, note in NOTES.items():
        line = next(line for line in text.splitlines() if line.startswith(name))
        assert note in line and (note or not line.split()[6:])
    assert "broken is" not in text
    rows = json.loads(stoker.command("status", "--json").stdout)["services"]
    assert {name: row["note"] for name, row in rows.items()} == NOTES


def test_the_live_screen_says_the_same(stoker):
    terminal = Terminal(stoker, columns=160, rows=16)
    try:
        terminal.run("stoker top")
        screen = terminal.wait("end-to-end  unhealthy, not ready", NOTES["app"], NOTES["front"], NOTES["broken"])
        assert "broken is" not in screen and "waits for slow" not in screen
    finally:
        terminal.close()


def test_the_table_of_a_start_says_the_same(make_stoker):
    stoker = make_stoker(services=two_reasons("slow", "broken"))
    terminal = Terminal(stoker, columns=160, rows=30)
    try:
        terminal.run("stoker run")
        terminal.wait("▲ slow", NOTES["app"], NOTES["front"], NOTES["broken"], without=["waits for slow,"])
    finally:
        terminal.close()


def test_events_say_the_same_as_a_reading_after_them(stoker):
    events = EventStream(stoker)
    try:
        events.until("hello")
        late = {"late": {"command": "exec sleep 1000", "depends_on": {"front": READY}}}
        stoker.reload({**two_reasons("slow", "broken"), **late})
        event = events.until("status", service="late", to="waiting")[-1]["data"]
        row = stoker.get("/services").json["services"]["late"]
        assert event["waits_for"] == row["waits_for"] == [{"kind": "dependency", "name": "front", "condition": "ready", "until": None}]
        assert event["note"] == row["note"] == "waits for front, because broken failed: exited with code 3"
        for root in (event["root_cause"], row["root_cause"]):
            assert (root["name"], root["status"]) == ("broken", "failed") and root["sentence"].startswith("broken failed ")
        assert stoker.post("/stop/late").status == 200
        stopped = events.until("status", service="late", to="stopped")[-1]["data"]
        assert (stopped["waits_for"], stopped["root_cause"]) == ([], None) and stopped["note"].startswith("stopped by ")
    finally:
        events.close()


def test_an_optional_dependency_is_waited_for_until_a_time_that_is_told(make_stoker):
    stoker = make_stoker(
        services={"slow": SLOW, "app": {"command": "exec sleep 1000", "depends_on": {"slow": {**READY, "optional": True}}}}
    )
    stoker.start(ready=False)
    wait_for("Stoker", lambda: stoker.running() and stoker.get("/services").status == 200)
    stoker.wait_status("app", "waiting")
    row = stoker.get("/services").json["services"]["app"]
    (wait,) = row["waits_for"]
    assert (wait["name"], wait["condition"]) == ("slow", "ready")
    since, until = (datetime.datetime.fromisoformat(time.replace("Z", "+00:00")) for time in (row["since"], wait["until"]))
    assert 29 < (until - since).total_seconds() < 31
    assert row["note"] == "waits for slow, which is starting"


def test_the_page_says_the_same(stoker, browser):
    viewer = Viewer(browser, stoker.port)
    try:
        viewer.wait_live()
        card = viewer("article.card")
        expect(card).to_have_count(1)
        expect(card.locator("h3")).to_contain_text("broken")
        expect(card.locator(".why")).to_contain_text("exited with code 3")
        expect(card.locator(".victims")).to_contain_text("app")
        expect(card.locator(".victims")).to_contain_text("front")
        for name, note in NOTES.items():
            if note:
                expect(viewer.row(name).locator("td.state")).to_have_attribute("title", note)
        assert "broken is" not in viewer("main").inner_text()
        viewer.go("#/service/front")
        expect(viewer(".why .sentence")).to_contain_text("broken failed")
        expect(viewer(".why")).to_contain_text("root cause: broken")
        expect(viewer("svg.picture a.node.root")).to_have_count(1)
        expect(viewer("svg.picture a.node.root")).to_contain_text("broken")
    finally:
        viewer.close()


def test_a_disabled_service_that_somebody_started_counts_for_the_health_of_the_node_in_every_face(make_stoker):
    check = {
        "tcp": {"address": "127.0.0.1:9"}, "interval": "500ms", "start_interval": "500ms", "failure_threshold": 1, "start_period": "0s",
        "auto_recovery": False,
    }  # fmt: skip
    sleeps = {"command": "exec sleep 1000"}
    stoker = make_stoker(services={"good": sleeps, "extra": {**sleeps, "enabled": False, "health": check}}).start()
    terminal = Terminal(stoker, columns=140, rows=12)
    try:
        terminal.run("stoker top")
        terminal.wait("end-to-end  healthy, ready")
        assert stoker.get("/services").json["composite_health"] == "healthy"
        assert stoker.post("/start/extra").status == 200
        stoker.wait_health("extra", "unhealthy")
        assert stoker.get("/services").json["composite_health"] == "unhealthy"
        assert stoker.get("/health").json["composite_health"] == "unhealthy"
        result = stoker.command("health")
        assert (result.returncode, result.stdout.splitlines()[0]) == (2, "unhealthy")
        screen = terminal.wait("end-to-end  unhealthy, ready")
        note = stoker.get("/services").json["services"]["extra"]["note"]
        assert "refused" in note and note in screen
        assert stoker.post("/stop/extra").status == 200
        terminal.wait("end-to-end  healthy, ready")
        assert stoker.get("/services").json["composite_health"] == "healthy"
    finally:
        terminal.close()


def test_the_headline_of_the_page_does_not_contradict_the_health_of_the_node(make_stoker, browser):
    """A service that died and waits for one that was stopped is unhealthy, though nothing is about to be done for it."""
    sleeps = {"command": "exec sleep 1000"}
    quick = {"restart": {"backoff": {"base": "100ms"}}}
    stoker = make_stoker(services={"db": sleeps, "web": {**sleeps, **quick, "depends_on": ["db"]}}).start()
    viewer = Viewer(browser, stoker.port)
    try:
        viewer.wait_live()
        expect(viewer("#verdict")).to_have_text("All well")
        assert stoker.post("/stop/db", {"force": True}).status == 200
        os.kill(stoker.service("web")["pid"], signal.SIGKILL)
        stoker.wait_status("web", "waiting")
        answer = stoker.get("/services").json
        assert answer["composite_health"] == "unhealthy"
        assert answer["services"]["web"]["note"].startswith("waits for db, which was stopped by ")
        expect(viewer("#verdict")).to_have_text("The node is unhealthy: web")
        expect(viewer("article.card .victims")).to_contain_text("web")
        assert stoker.post("/start/db").status == 200
        expect(viewer("#verdict")).to_have_text("All well")
    finally:
        viewer.close()


def broken_stack(flag):
    """web needs database through a migration that has completed, and uses a cache; ours are on the way down with `flag`, or without a check."""
    fast = {"interval": "300ms", "start_interval": "300ms", "start_period": "0s", "failure_threshold": 1}
    says = {"exec": {"command": ["sh", "-c", f"test ! -e {flag} || {{ echo cannot reach the database; exit 3; }}"]}}
    sleeps = {"command": "exec sleep 1000"}
    healthy = {"condition": "healthy"}
    return {
        "database": {**sleeps, "health": {**fast, "exec": {"command": ["true"]}}},
        "cache": {"command": "exit 1", "restart": {"policy": "never"}},
        "migrate": {"kind": "oneshot", "command": "true", "depends_on": {"database": healthy}},
        "web": {**sleeps, "health": {**fast, **says}, "depends_on": {"migrate": {"condition": "completed"}, "cache": {"optional": True}}},
        "bare": {**sleeps, "depends_on": {"database": healthy}},
    }


def without_database(stoker, flag):
    """Stops the database below the others, and waits until they know."""
    stoker.wait_status("web", "running")
    stoker.wait_health("web", "healthy")
    flag.touch()
    assert stoker.post("/stop/database", {"force": True}).status == 200
    stoker.wait_health("web", "unhealthy")
    wait_for("the root causes", lambda: all(stoker.get("/services").json["services"][name]["root_cause"] for name in ("web", "bare")))


def test_what_runs_on_something_lost_is_named_as_affected_and_the_numbers_are_the_same_everywhere(make_stoker, browser, tmp_path):
    flag = tmp_path / "flag"
    stoker = make_stoker(services=broken_stack(flag)).start()
    without_database(stoker, flag)
    sums = "2 running, 1 failed; 1 healthy, 2 unhealthy, 1 unknown, 1 no check; not ready"
    assert sums in stoker.command("status").stdout.replace("1 stopped, ", "").replace("1 completed, ", "").replace(", 1 completed", "")
    terminal = Terminal(stoker, columns=80, rows=24)
    viewer = Viewer(browser, stoker.port)
    try:
        terminal.run("stoker top")
        screen = terminal.wait("unhealthy, not ready", "1 healthy, 2 unhealthy, 1 unknown, 1 no check", "web")
        [row] = [line for line in screen.splitlines() if " web " in line]
        assert "database" in row, "the root cause is not cut off"
        viewer.wait_live()
        expect(viewer(".facts li", has_text="Healthy").locator(".value")).to_have_text("1/4")
        card = viewer(".card", has=viewer.page.get_by_role("link", name="database", exact=True))
        expect(card.locator(".victims")).to_have_text("2 services run, but are affected: bare and web")
        expect(viewer(".edge[data-chain]")).to_have_count(3)
        viewer.go("#/service/web")
        expect(viewer(".why .tree .tag")).to_have_count(1)
        expect(viewer(".node.root .name")).to_have_text(["database"])
        expect(viewer(".edge[data-chain]")).to_have_count(2)
        assert "cannot reach" in viewer(".why .tree > ul").first.inner_text(), "its own failed checks stand above those of others"
    finally:
        viewer.close()
        terminal.close()


def test_nothing_is_called_well_that_relies_on_a_stopped_service(make_stoker, browser):
    sleeps = {"command": "exec sleep 1000"}
    stoker = make_stoker(services={"a": {**sleeps, "critical": False}, "b": {**sleeps, "depends_on": ["a"]}}).start()
    viewer = Viewer(browser, stoker.port)
    try:
        viewer.wait_live()
        expect(viewer("#verdict")).to_have_text("All well")
        assert stoker.post("/stop/a", {"force": True}).status == 200
        expect(viewer("#verdict")).to_have_text("1 of 2 services lacks what it requires: b")
        expect(viewer(".verdict .text")).to_contain_text("b relies on a, which was stopped")
        assert stoker.post("/start/a").status == 200
        expect(viewer("#verdict")).to_have_text("All well")
    finally:
        viewer.close()


def test_the_failed_checks_of_a_service_are_those_of_its_last_run_and_the_overview_shows_those_before(make_stoker, browser):
    check = {"exec": {"command": ["false"]}, "interval": "300ms", "start_interval": "300ms", "start_period": "0s", "failure_threshold": 1}
    stoker = make_stoker(services={"sick": {"command": "exec sleep 1000", "health": check, "restart": {"max_attempts": 2, "backoff": {"base": "100ms"}}}})
    stoker.start()
    stoker.wait_status("sick", "failed")
    assert len(stoker.get("/service/sick").json["health_history"]) >= 3
    last = stoker.history("sick")[0]["started_at"]
    failures = stoker.get("/service/sick/why").json["last_failures"]
    assert failures and all(failure["timestamp"] >= last for failure in failures)
    results = stoker.get("/health").json["services"]["sick"]["recent_checks"]
    assert results == "0" * len(stoker.get("/service/sick").json["health_history"])
    viewer = Viewer(browser, stoker.port)
    try:
        expect(viewer.row("sick").locator(".strip")).to_have_attribute("aria-label", f"{len(results)} of the last {len(results)} checks failed")
    finally:
        viewer.close()


def test_the_fault_of_a_file_that_was_not_reloaded_is_told_once(make_stoker):
    stoker = make_stoker(services={"a": {"command": "exec sleep 1000"}}).start()
    stoker.file.write_text(stoker.file.read_text().replace('"version": 1', '"version": 1, "verson": 2'))
    verbs = (["status"], ["health"], ["status", "--json"])
    for verb in verbs:
        assert "verson" in stoker.command(*verb).stderr, "nobody has told it yet"
    stoker.command("reload")
    for verb in verbs:
        told = stoker.command(*verb)
        assert (told.stderr, told.stdout.count("unknown key 'verson'")) == ("", 1), verb
    assert "verson" in stoker.command("why", "a").stderr
    terminal = Terminal(stoker, columns=80, rows=24)
    try:
        terminal.run("stoker top")
        terminal.wait("NAME", "unknown key 'verson'")
    finally:
        terminal.close()
