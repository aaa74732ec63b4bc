"""The status page, in a real browser on a real Stoker."""

import gzip
import os
import re
import signal
import time

import pytest
from playwright.sync_api import expect

from browser import Viewer, Wire, chromium
from harness import API, DEADLINE, ROOT, http_request, wait_for

pytestmark = pytest.mark.xdist_group("page")

ONE = {"one": {"command": ["sleep", "1000"]}}
FILES = ROOT / "Sources" / "StatusPage" / "Files"


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def look(browser):
    """Opens the page of a port; what went wrong in it fails the test."""
    viewers = []

    def open_page(port, *arguments, **options):
        viewers.append(Viewer(browser, port, *arguments, **options))
        return viewers[-1]

    yield open_page
    for viewer in viewers:
        viewer.close()


def kill(stoker, name):
    os.kill(stoker.service(name)["pid"], signal.SIGKILL)


def fail_for_good(stoker, name):
    """Kills a service until its restarts are used up, which come quickly from now on."""
    stoker.file.write_text(stoker.file.read_text().replace("defaults:\n", "defaults:\n  restart: {backoff: {base: 200ms}}\n"))
    stoker.reload()

    def has_failed():
        service = stoker.service(name)
        if service["status"] == "failed":
            return True
        if service["status"] == "running":
            os.kill(service["pid"], signal.SIGKILL)
        return False

    wait_for(f"{name} to have failed", has_failed)


# -- as files ------------------------------------------------------------------------------------------------------------


def test_every_file_of_the_page_is_served_as_it_is_with_its_type_and_its_rules(make_stoker):
    stoker = make_stoker(services=ONE).start()
    types = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
    for file in sorted(FILES.iterdir()):
        path = "/" if file.name == "index.html" else f"/page/{file.name}"
        answer = stoker.request("GET", path, headers={"Accept-Encoding": "gzip"})
        body = gzip.decompress(answer.body) if answer.headers.get("content-encoding") == "gzip" else answer.body
        assert (answer.status, answer.headers["content-type"], body) == (200, types[file.suffix], file.read_bytes()), file.name
        assert "default-src 'none'; script-src 'self'" in answer.headers["content-security-policy"]
        assert (answer.headers["x-content-type-options"], answer.headers["referrer-policy"]) == ("nosniff", "no-referrer")
        again = stoker.request("GET", path, headers={"If-None-Match": f'"other", {answer.headers["etag"]}'})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert stoker.request("GET", "/page/nothing.js").status == 404
    assert stoker.request("HEAD", "/").body == b""


def test_the_page_names_nothing_by_an_absolute_address():
    """So that a proxy can mount it below a path of its own, and nobody else is asked for anything."""
    for file in FILES.iterdir():
        text = file.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text and "https://" not in text, file.name
        assert not re.search(r"""(href|src|import|from|fetch\(|url\()\s*=?\s*["'(]/""", text), file.name


def test_the_page_works_below_a_path_of_a_proxy(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    below = viewer.origin + "below/"
    viewer.context.route(below + "**", lambda route: route.continue_(url=route.request.url.replace(below, viewer.origin)))
    viewer.page.goto(below)
    viewer.wait_live()
    viewer.wait_row("dao", "running")
    asked = []
    viewer.page.on("request", lambda request: asked.append(request.url))
    viewer.row("dao").get_by_role("link").click()
    expect(viewer(".log")).to_contain_text("dao")
    assert asked and all(url.startswith(below) for url in asked), asked


def test_without_javascript_the_page_says_where_the_api_is(make_stoker, look):
    viewer = look(make_stoker(services=ONE).start().port, java_script_enabled=False)
    assert viewer("noscript a").evaluate_all("links => links.map(link => link.getAttribute('href'))") == [
        "api/orchestration/services", "api/orchestration/health", "api/orchestration/dependencies", "metrics",
    ]  # fmt: skip


# -- live ----------------------------------------------------------------------------------------------------------------


def test_a_killed_service_shows_within_a_second_without_reloading(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    viewer.wait_live()
    expect(viewer("#verdict")).to_have_text("All well")
    viewer.page.evaluate("document.body.dataset.same = 'yes'")
    times = []
    for name in ("betanet", "bitchat", "harvest"):
        viewer.wait_row(name, "running")
        began = time.monotonic()
        kill(stoker, name)
        viewer.wait_row(name, "backoff")
        times.append(time.monotonic() - began)
    expect(viewer("#verdict")).to_contain_text("of 10 services")
    expect(viewer.row("harvest").locator("td.next")).to_have_text(re.compile(r"^([12] s|now)$"))
    expect(viewer(".events")).to_contain_text("betanet: restarts in 2 s (killed by SIGKILL)")
    for name in ("betanet", "bitchat", "harvest"):
        viewer.wait_row(name, "running")
    expect(viewer("#verdict")).to_have_text("All well")
    expect(viewer.row("betanet").locator("td.restarts")).to_have_text("1")
    expect(viewer.row("betanet").locator("td.memory")).to_contain_text("MiB")
    assert viewer.page.evaluate("document.body.dataset.same") == "yes"


def test_a_cut_stream_is_said_and_resumed_without_a_lost_event(fog, look):
    stoker = fog("2s")
    wire = Wire(stoker.port)
    viewer = look(wire.port)
    viewer.wait_live()
    kill(stoker, "betanet")
    viewer.wait_row("betanet", "backoff")
    wire.cut()
    viewer('#stream[data-state="reconnecting"]').wait_for()
    expect(viewer("#stream")).to_contain_text("as of")
    expect(viewer("main")).to_have_attribute("data-stale", "")
    kill(stoker, "bitchat")
    stoker.wait_status("bitchat", "backoff")
    stoker.wait_status("bitchat", "running")
    stoker.wait_status("betanet", "running")
    wire.mend()
    viewer.wait_live()
    expect(viewer(".events")).to_contain_text("bitchat: restarts in 2 s")
    kill(stoker, "dao")
    viewer.wait_row("dao", "backoff")
    numbers = viewer(".event").evaluate_all("items => items.map(item => Number(item.dataset.id.split('-')[1]))")
    heard = numbers[::-1]
    assert heard == list(range(heard[0], heard[-1] + 1)), "each event once, in its order"
    wire.close()


def test_a_frozen_stoker_is_said_to_be_silent(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    viewer.wait_live()
    os.kill(stoker.process.pid, signal.SIGSTOP)
    try:
        viewer('#stream[data-state="not answering"]').wait_for()
        expect(viewer("main")).to_have_attribute("data-stale", "")
    finally:
        os.kill(stoker.process.pid, signal.SIGCONT)
    viewer.wait_live()
    expect(viewer("#verdict")).to_have_text("All well")


def test_a_stoker_that_starts_anew_is_read_anew(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    viewer.wait_live()
    stoker.kill()
    viewer('#stream[data-state="reconnecting"]').wait_for()
    file = stoker.file.read_text()
    stoker.file.write_text(file.replace("  bitchat:", "  newcomer:"))
    stoker.start()
    viewer.wait_live()
    viewer.row("newcomer").wait_for()
    expect(viewer.row("bitchat")).to_have_count(0)


# -- the page of a service, and what can be done -------------------------------------------------------------------------


def test_a_service_is_restarted_by_a_button_that_names_who_is_affected(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port, "#/service/onion")
    before = stoker.service("onion")["pid"]
    expect(viewer(".service-page h1")).to_have_text("onion")
    viewer.page.get_by_role("button", name="Restart").click()
    dialog = viewer("dialog[open]")
    expect(dialog).to_contain_text("Restart onion?")
    expect(dialog.locator("li")).to_have_text(["vpn_coordinator"])
    dialog.get_by_role("button", name="Restart").click()
    expect(viewer("#toasts")).to_contain_text("Service 'onion' restarted successfully")
    assert stoker.service("onion")["pid"] != before
    expect(viewer(".runs tbody tr")).to_have_count(2)
    expect(viewer(".runs tbody tr").first).to_contain_text("still running")
    expect(viewer(".figures")).to_contain_text(str(stoker.service("onion")["pid"]))
    expect(viewer(".log")).to_contain_text("onion: listening on")
    http_request(stoker.ports["onion"], "POST", "/control/fail")
    expect(viewer(".title")).to_contain_text("degraded")
    expect(viewer(".why .failures")).to_contain_text("500")
    expect(viewer(".described")).to_contain_text("failed")


def test_a_stop_offers_to_take_those_along_who_need_it(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port, "#/service/fog_coordinator")
    viewer.page.get_by_role("button", name="Stop").click()
    dialog = viewer("dialog[open]")
    expect(dialog.locator("legend")).to_contain_text("2 running services require it")
    expect(dialog.locator(".names li")).to_have_text(["onion", "vpn_coordinator"])
    dialog.get_by_role("button", name="Stop", exact=True).click()
    expect(viewer("#toasts")).to_contain_text("also vpn_coordinator stopped, onion stopped")
    assert [stoker.service(name)["status"] for name in ("onion", "vpn_coordinator", "p2p")] == ["stopped", "stopped", "running"]
    viewer.go("#/service/vpn_coordinator")
    viewer.page.get_by_role("button", name="Start").click()
    expect(dialog).to_contain_text("2 services that it requires are started first")
    dialog.get_by_role("button", name="Start").click()
    expect(viewer("#toasts")).to_contain_text("fog_coordinator started")


def test_the_root_cause_of_a_failure_and_the_way_to_it_stand_out(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    fail_for_good(stoker, "fog_coordinator")
    for name in ("onion", "vpn_coordinator"):
        kill(stoker, name)
        stoker.wait_status(name, "waiting")
    expect(viewer("#verdict")).to_have_text("1 of 10 services needs attention: fog_coordinator")
    expect(viewer(".card h3 a")).to_have_text(["fog_coordinator"])
    expect(viewer(".card .victims")).to_have_text("2 services are blocked by it: onion and vpn_coordinator")
    expect(viewer(".node.root .name")).to_have_text(["fog_coordinator"])
    # Its checks were green: it is down for another's sake.
    expect(viewer.row("onion").locator("td.health")).to_have_text("not running")
    expect(viewer(".node.chained .name")).to_have_text(["fog_coordinator", "onion", "vpn_coordinator"])
    expect(viewer(".edge[data-chain]")).to_have_count(3)
    viewer(".node.chained").last.click()
    expect(viewer(".why .sentence")).to_contain_text("fog_coordinator failed")
    expect(viewer(".why .tree .tag")).to_have_count(1)
    viewer.go("#/service/fog_coordinator")
    viewer.page.get_by_role("button", name="Restart").click()
    expect(viewer("dialog[open]")).to_contain_text("Its restarts are used up")
    viewer("dialog[open]").get_by_role("button", name="Restart").click()
    stoker.wait_status("vpn_coordinator", "running")
    viewer.go("#/")
    expect(viewer("#verdict")).to_have_text("All well")


def test_the_table_sorts_and_can_show_only_the_troubled(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    viewer.row("bitchat").wait_for()
    by_layer = viewer("tr.service .name a").all_text_contents()
    assert by_layer == stoker.get("/dependencies").json["startup_order"]
    heading = viewer.page.get_by_role("button", name="Service", exact=True)
    for direction, names in (("ascending", sorted(by_layer)), ("descending", sorted(by_layer, reverse=True))):
        heading.click()
        expect(viewer("th[aria-sort]")).to_have_attribute("aria-sort", direction)
        expect(viewer("tr.service .name a")).to_have_text(names)
    heading.click()
    expect(viewer("tr.service .name a")).to_have_text(by_layer)
    expect(viewer("tr.layer")).to_have_text([f"Layer {number}" for number in range(6)])
    viewer.page.get_by_label("Only troubled").check()
    expect(viewer("tr.service")).to_have_count(0)
    http_request(stoker.ports["edge"], "POST", "/control/fail")
    # harvest runs, and relies on it.
    expect(viewer("tr.service .name a")).to_have_text(["edge", "harvest"])


def test_trouble_is_on_top_with_its_reason_whom_it_touches_and_the_last_words(make_stoker, look):
    health = {"exec": {"command": ["true"]}, "interval": "300ms", "start_interval": "300ms"}
    sleeps = {"command": "exec sleep 1000", "health": health}
    words = "echo 'before the \u001b[31mlast\u001b[0m line <b>'; echo 'no \u0007space left' >&2"
    stoker = make_stoker(
        services={
            "well": sleeps,
            "database": {"command": f"{words}; exit 7", "ready": {"log": "never"}, "restart": {"policy": "never"}},
            "waits": {**sleeps, "depends_on": ["database"]},
            "talks": {"command": "echo 'started <i>'; exec sleep 1000", "health": {**health, "exec": {"command": ["false"]}, "start_period": "0s", "failure_threshold": 1000}},
        }
    ).start()
    stoker.wait_status("database", "failed")
    viewer = look(stoker.port, timezone_id="Asia/Kolkata")
    viewer.wait_row("talks", "running")
    expect(viewer("tr.layer").first).to_have_text("In trouble or affected")
    expect(viewer("tr.service .name a")).to_have_text(["database", "talks", "waits", "well"])
    row = viewer.row("database")
    expect(row.locator(".reason .why")).to_have_text('exited with code 7: "no \\x07space left"')
    expect(row.locator(".reason .reach")).to_have_text("blocks waits")
    expect(viewer.row("waits").locator(".reason .why")).to_contain_text("waits for database, which failed: exited with code 7")
    expect(viewer.row("talks").locator(".reason .last")).to_have_text("started <i>")
    expect(viewer.row("well").locator(".reason")).to_have_text("")
    expect(viewer("th.hour, th.day, th.week")).to_be_hidden()
    card = viewer(".card", has_text="talks")
    expect(card.locator(".last q")).to_have_text("started <i>")
    expect(card.locator("time.at")).to_have_text(re.compile(r"^running since \d\d:\d\d:\d\d UTC\+5:30$"))
    since = row.locator("time.since")
    assert re.fullmatch(r"\d\d:\d\d:\d\d UTC\+5:30", since.get_attribute("title"))
    assert since.get_attribute("datetime") == stoker.service("database")["since"]
    # Its checks were green, as far as anybody knows: it merely does not run.
    expect(viewer.row("waits").locator("td.health")).not_to_contain_text("unhealthy")
    viewer.row("talks").get_by_role("link").click()
    expect(viewer(".figures")).to_contain_text("Descriptors")
    expect(viewer(".figures dt", has_text="Uptime")).to_have_count(1)


def test_what_stoker_cannot_handle_needs_attention_and_a_loop_is_not_well_between_its_crashes(make_stoker, look):
    refused = {"exec": {"command": ["false"]}, "interval": "300ms", "start_interval": "100ms", "start_period": "0s", "failure_threshold": 2}
    crash = "[ -e well ] && exec sleep 1000; sleep 0.2; echo 'out of memory' >&2; exit 1"
    stoker = make_stoker(
        services={
            "cdn": {"kind": "external", "health": refused},
            "loop": {"command": crash, "restart": {"max_attempts": "unlimited", "backoff": {"base": "50ms", "max": "50ms"}}},
            "job": {"kind": "oneshot", "command": "true"},
        }
    ).start(ready=False)
    wait_for("two restarts", lambda: stoker.service("loop")["restart_attempts"] >= 2)
    (stoker.directory / "well").touch()
    stoker.wait_health("cdn", "unhealthy")
    wait_for("the last run", lambda: stoker.wait_status("loop", "running") and stoker.get("/services").json["services"]["loop"]["note"].startswith("restarted "))
    viewer = look(stoker.port)
    expect(viewer("#verdict")).to_have_text("1 of 3 services needs attention: cdn")
    expect(viewer(".verdict .text")).to_have_text("0 services run, 1 completed, 1 more is in trouble.")
    expect(viewer(".card h3 a")).to_have_text(["cdn", "loop"])
    expect(viewer(".card", has_text="cdn").get_by_role("button")).to_have_count(0)
    expect(viewer(".card", has_text="loop").locator(".why")).to_contain_text(re.compile(r"Restarted \d+ times in a row, last: exited with code 1"))
    expect(viewer.row("loop")).to_have_attribute("data-trouble", "2")
    expect(viewer(".node.root")).to_have_count(0)
    viewer.go("#/service/job")
    expect(viewer(".events")).to_contain_text("job: completed")
    expect(viewer(".checks")).to_have_text("It has no check.")
    viewer.go("#/service/cdn")
    expect(viewer(".controls")).to_have_text("External: Stoker checks it but does not start it.")
    expect(viewer(".controls").get_by_role("button")).to_have_count(0)


def test_the_last_minutes_are_there_when_the_page_is_opened(make_stoker, look):
    stoker = make_stoker(services={**ONE, "job": {"kind": "oneshot", "command": "true"}}).start()
    wait_for("two samples", lambda: stoker.metric("stoker_service_up", name="one") and len(stoker.get("/usage").json["services"]["one"]["memory_bytes"]) > 1)
    usage = stoker.get("/service/one/usage").json
    assert list(usage["services"]) == ["one"] and usage["interval_seconds"] == 10
    assert usage["services"]["one"]["memory_bytes"][0] > 0 and usage["services"]["one"]["descriptors"][0] > 0
    assert stoker.get("/usage").json["services"]["job"] == {"cpu_percent": [], "memory_bytes": [], "descriptors": []}
    assert stoker.get("/service/nobody/usage").status == 404
    viewer = look(stoker.port)
    expect(viewer.row("one").locator("td.memory svg.trend")).to_have_attribute("aria-label", re.compile(r"^Memory in the last \d+ s: .*iB"))
    expect(viewer.row("job").locator("td.memory svg.trend")).to_be_hidden()
    viewer.go("#/service/one")
    for figure in ("CPU", "Memory", "Open descriptors"):
        expect(viewer.page.get_by_role("img", name=figure)).to_be_visible()
    assert viewer.violations() == []


def test_checks_are_run_now_and_their_outcome_is_told(fog, look):
    stoker = fog()
    viewer = look(stoker.port)
    viewer.wait_live()
    viewer.page.get_by_role("button", name="Check all now").click()
    viewer("dialog[open]").get_by_role("button", name="Check all").click()
    expect(viewer("#toasts")).to_contain_text("10 checks run, all passed.")


def test_who_may_not_control_sees_why(make_stoker, look):
    services = {**ONE, "crash": {"command": "echo a secret; exit 5", "restart": {"policy": "never"}}}
    stoker = make_stoker(services=services, supervisor={"control": "socket"}).start()
    stoker.wait_status("crash", "failed")
    viewer = look(stoker.port)
    remedy = "run 'stoker restart NAME' without --url and STOKER_URL, or set stoker.control: loopback."
    for name in ("Check all now", "Restart crash"):
        button = viewer.page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", re.compile(re.escape(remedy)))
    expect(viewer("#refusal")).to_contain_text(f"{remedy} Output of services is not shown")
    viewer.row("crash").get_by_role("link").click()
    viewer(".service-page h1").wait_for()
    expect(viewer.page.get_by_role("button", name="Restart")).to_be_disabled()
    expect(viewer("#refusal")).to_contain_text(remedy)
    withheld = "run 'stoker logs crash' without --url and STOKER_URL, or set stoker.control: loopback."
    expect(viewer(".log")).to_contain_text(withheld)
    viewer(".runs summary").first.click()
    expect(viewer(".runs details")).to_contain_text(withheld)
    assert "a secret" not in viewer.page.content()
    assert viewer.violations() == []
    assert http_request(stoker.state / "stoker.sock", "GET", API + "/services").json["can_control"] is True


# -- for everybody -------------------------------------------------------------------------------------------------------


def test_the_keyboard_is_enough(fog, look):
    stoker = fog("2s")
    viewer = look(stoker.port)
    viewer.row("p2p").wait_for()
    press = viewer.page.keyboard.press

    def focused():
        return viewer.page.evaluate("document.activeElement.textContent || document.activeElement.id")

    press("Tab")
    assert focused() == "Skip to the content"
    press("/")
    assert focused() == "filter"
    viewer.page.keyboard.type("p2p running")
    expect(viewer("tr.service")).to_have_count(1)
    expect(viewer(".tally")).to_have_text("1 of 10")
    while focused() != "p2p":
        press("Tab")
    press("Enter")
    expect(viewer(".service-page h1")).to_be_focused()
    before = stoker.service("p2p")["pid"]
    while focused() != "Restart":
        press("Tab")
    press("Enter")
    viewer("dialog[open]").wait_for()
    press("Escape")
    expect(viewer("dialog[open]")).to_have_count(0)
    assert stoker.service("p2p")["pid"] == before
    press("Enter")
    viewer("dialog[open]").wait_for()
    press("Enter")
    wait_for("another process", lambda: stoker.service("p2p")["pid"] not in (None, before))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(fog, look, scheme):
    stoker = fog("2s")
    viewer = look(stoker.port, scheme=scheme)
    viewer.wait_live()
    viewer.row("bitchat").wait_for()
    assert viewer.violations() == []
    kill(stoker, "dao")
    fail_for_good(stoker, "onion")
    kill(stoker, "vpn_coordinator")
    stoker.wait_status("vpn_coordinator", "waiting")
    expect(viewer(".edge[data-chain]")).to_have_count(1)
    assert viewer.violations() == []
    viewer.go("#/service/onion")
    expect(viewer(".runs tbody tr")).to_have_count(4)
    expect(viewer(".log")).to_contain_text("onion")
    assert viewer.violations() == []
    viewer.page.get_by_role("button", name="Restart").click()
    viewer("dialog[open]").wait_for()
    assert viewer.violations() == []
    viewer.page.keyboard.press("Escape")
    viewer.page.set_viewport_size({"width": 390, "height": 844})
    assert viewer.violations() == []
    viewer.go("#/")
    viewer.row("bitchat").wait_for()
    assert viewer.violations() == []
    assert viewer.page.evaluate("document.documentElement.scrollWidth") <= 390, "nothing sticks out of a phone"


def test_the_theme_can_be_chosen_and_is_remembered(make_stoker, look):
    viewer = look(make_stoker(services=ONE).start().port, scheme="light")

    def paper():
        return viewer.page.evaluate("getComputedStyle(document.body).backgroundColor")

    light = paper()
    button = viewer.page.get_by_role("button", name="Theme")
    button.click()
    expect(button).to_have_text("Theme: light")
    button.click()
    expect(button).to_have_text("Theme: dark")
    assert paper() != light
    viewer.page.reload()
    expect(viewer.page.get_by_role("button", name="Theme: dark")).to_be_visible()
    assert paper() != light


# The texts of a row that touch each other.
TOUCHING = """() => [...document.querySelectorAll('tr.service')].flatMap((row) => {
  const parts = [...row.querySelectorAll('.name a, .note, .badge, .since, td span, td time, td.restarts, svg.strip, svg.trend')].map((part) => {
    const range = document.createRange();
    range.selectNodeContents(part);
    // What may be cut is as large as its box.
    return { part, box: (part.matches('svg, .name a, .reason span') ? part : range).getBoundingClientRect() };
  }).filter(({ box }) => box.width > 0);
  return parts.flatMap((one, index) => parts.slice(index + 1).filter((two) => !one.part.contains(two.part)
    && Math.min(one.box.right, two.box.right) - Math.max(one.box.left, two.box.left) > -3
    && Math.min(one.box.bottom, two.box.bottom) - Math.max(one.box.top, two.box.top) > 2)
    .map((two) => `${row.dataset.name}: ${one.part.textContent || 'strip'} / ${two.part.textContent || 'strip'}`));
})"""


def test_no_text_of_a_row_touches_another_at_any_width(make_stoker, look):
    sleeps = {"command": "exec sleep 1000"}
    passes = {"health": {"exec": {"command": ["true"]}, "interval": "300ms", "start_interval": "300ms"}}
    stoker = make_stoker(
        services={
            "restarted": {**sleeps, **passes},
            "a-service-with-a-rather-long-name-for-a-narrow-screen": {**sleeps, **passes, "critical": False},
            "failed": {"command": "exit 3", "restart": {"policy": "never"}},
            "bouncing": {"command": "exit 3", "restart": {"max_attempts": 100, "backoff": {"base": "60s", "max": "60s"}}},
            "done": {"kind": "oneshot", "command": "true"},
            "waiting": {**sleeps, "depends_on": ["failed"]},
            "bare": sleeps,
            "x" * 63: {"command": f"echo {'long' * 100} >&2; exit 3", "restart": {"policy": "never"}, "critical": False},
            "affected-by-a-service-with-a-long-name": {**sleeps, **passes, "depends_on": {"a-service-with-a-rather-long-name-for-a-narrow-screen": {"condition": "healthy"}}},
            "degraded": {"command": "echo a last line that goes on and on and on and on and on and on; exec sleep 1000", "health": {"exec": {"command": ["sh", "-c", "echo a reason that is as long as a sentence of a program that likes to talk; exit 1"]}, "interval": "300ms", "start_interval": "300ms", "start_period": "0s", "failure_threshold": 1000}},
        }
    ).start()
    stoker.wait_status("x" * 63, "failed")
    for count in range(1, 13):
        assert stoker.post("/restart/restarted").status == 200
        assert stoker.service("restarted")["restart_count"] == count
    viewer = look(stoker.port)
    expect(viewer.row("restarted").locator("td.restarts")).to_have_text("12")
    expect(viewer.row("restarted").locator(".strip")).to_have_attribute("aria-label", re.compile("checks passed"))
    # Times as long as they get; the page goes on from there.
    viewer.page.evaluate("document.querySelectorAll('.since').forEach((since) => { since.style.minWidth = '3.2rem'; })")
    expect(viewer.row("degraded").locator(".reason .last")).to_contain_text("a last line")
    expect(viewer.row("restarted").locator("svg.trend").first).not_to_have_attribute("hidden", "")
    for width in (320, 390, 768, 900, 1024, 1100, 1280, 1600):
        viewer.page.set_viewport_size({"width": width, "height": 2000})
        assert viewer.page.evaluate(TOUCHING) == [], width
        assert viewer.page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ("x" * 63, "waiting"):
        viewer.go(f"#/service/{name}")
        expect(viewer(".why .sentence")).to_contain_text("failed")
        for width in (320, 390, 1280):
            viewer.page.set_viewport_size({"width": width, "height": 2000})
            assert viewer.page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)


# -- many ----------------------------------------------------------------------------------------------------------------

COUNT = 1000


def test_a_thousand_services_stay_smooth(make_stoker, look):
    services = {
        f"s{number:04}": {"command": ["sleep", "1000000"], **({"depends_on": [f"s{number % 50:04}"]} if number >= 50 else {})} for number in range(COUNT)
    }
    stoker = make_stoker(services=services).start()
    viewer = look(stoker.port)
    expect(viewer("tr.service")).to_have_count(COUNT)
    viewer.wait_live()
    # The longest time for which the page could not have answered, while it is being changed.
    viewer.page.evaluate(
        """() => {
          window.longest = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
          }).observe({ type: "longtask" });
        }"""
    )
    times = []
    for name in ("s0001", "s0500", "s0999"):
        began = time.monotonic()
        kill(stoker, name)
        viewer.wait_row(name, "backoff")
        times.append(time.monotonic() - began)
    pids = [service["pid"] for service in stoker.get("/services").json["services"].values() if service["pid"]]
    for pid in pids[100:300]:
        os.kill(pid, signal.SIGKILL)
    expect(viewer("#verdict")).to_contain_text("in trouble")
    viewer("#filter").fill("s0777")
    expect(viewer("tr.service")).to_have_count(1)
    viewer("#filter").fill("")
    expect(viewer("tr.service")).to_have_count(COUNT)
    wait_for("all of them again", lambda: stoker.get("/metrics").json["metrics"]["running_services"] == COUNT)
    expect(viewer("#verdict")).to_have_text("All well", timeout=DEADLINE * 1000)
    longest = viewer.page.evaluate("window.longest")
    print(f"shown after {[round(each, 3) for each in times]} s; the longest task took {longest:.0f} ms")
    assert longest < 10_000, "the page stands still"
