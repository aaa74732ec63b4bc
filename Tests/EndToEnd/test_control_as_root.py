"""Without `stoker.control`, changes and the output of services need the Unix socket where Stoker runs as root."""

import json
import os

import pytest

from event_stream import EventStream
from harness import API, http_request, recorder, wait_for

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

SECRET = "key-of-the-vault-4711"
LINE = "stoker.control is socket, the default for root"
NOTE = "socket, the default for root"


@pytest.fixture
def node(make_stoker):
    """A Stoker that says nothing about control. Every kind of output holds the secret: lines, a failed check, and a failed hook."""
    failing = {"exec": {"command": f"echo {SECRET}; exit 3"}, "interval": "100ms", "failure_threshold": 2}
    services = {
        "web": recorder("web", first=f"echo {SECRET}", then="exec sleep 1000", health={**failing, "auto_recovery": False}),
        "crash": recorder("crash", first=f"echo {SECRET}", then="exit 5", restart={"max_attempts": 1, "backoff": {"base": "10ms"}}),
        "sick": recorder("sick", health=failing, restart={"max_attempts": 1, "backoff": {"base": "10ms"}}),
        "hooked": recorder("hooked", hooks={"pre_start": f"echo {SECRET}; exit 4"}, restart={"policy": "never"}),
        "waits": recorder("waits", depends_on={"sick": {"condition": "healthy"}}),
    }
    return make_stoker(services=services, supervisor={"control": None})


def over_socket(stoker, method, path, **rest):
    return http_request(stoker.state / "stoker.sock", method, path, **rest)


def description(stoker):
    return stoker.request("GET", "/api/openapi.json").json["paths"]


@as_root
def test_the_default_is_said_once_in_the_log_and_by_check(node):
    node.start()
    node.wait_said(LINE)
    assert node.output.read_text().count(LINE) == 1
    checked = node.command("check")
    assert checked.returncode == 0 and NOTE in checked.stdout and "stoker.control: loopback" in checked.stdout
    assert json.loads(node.command("check", "--json").stdout)["control"] == "socket"


@pytest.mark.parametrize("scope", ["socket", "loopback"])
def test_a_file_that_names_it_decides_and_nothing_is_said(make_stoker, scope):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"control": scope}).start()
    assert stoker.post("/stop/a").status == (200 if scope == "loopback" else 403)
    assert "stoker.control" not in stoker.output.read_text() + stoker.command("check").stdout


def test_it_is_loopback_where_stoker_is_not_root(make_unprivileged):
    stoker = make_unprivileged(services={"a": recorder("a")}, supervisor={"control": None}).start()
    assert stoker.post("/stop/a").status == 200
    assert stoker.get("/services").json["can_control"] is True
    assert "stoker.control" not in stoker.output.read_text() + stoker.command("check").stdout


@as_root
def test_every_change_is_refused_over_tcp_and_the_refusal_names_key_and_verb(node):
    node.start()
    changes = [(method, path) for path, methods in description(node).items() for method in methods if method in ("post", "delete", "put", "patch")]
    assert len(changes) >= 9
    for method, path in changes:
        answer = node.request(method.upper(), path.replace("{name}", "web"))
        assert (answer.status, answer.json["error"]) == (403, "control_needs_socket"), path
        assert answer.json["message"].endswith("or set stoker.control: loopback"), path
    said = node.post("/stop/web").json["message"]
    assert "run 'stoker stop web' without --url and STOKER_URL" in said
    for query, command in (("", "stoker reload"), ("?dry_run=1", "stoker reload --dry-run"), ("?dry_run", "stoker reload --dry-run"), ("?dry_run=false", "stoker reload")):
        assert f"run '{command}' without" in node.post(f"/reload{query}").json["message"], query
    answer = node.get("/services").json
    assert (answer["can_control"], node.service("web")["status"]) == (False, "running")
    assert "stoker.control: loopback" in answer["control_refusal"]
    refused = node.command("stop", "web", "--url", f"http://127.0.0.1:{node.port}")
    assert refused.returncode == 1 and said in refused.stderr
    assert node.command("stop", "web").returncode == 0
    assert node.service("web")["status"] == "stopped"


def readings(stoker, ask):
    """The text of every answer that may quote output, by path; of events, all of them so far."""
    paths = [path for path, methods in description(stoker).items() if "get" in methods and not path.startswith("/page/") and "/events" not in path]
    found = {}
    for path in paths:
        for name in ["web", "crash", "sick", "hooked", "waits"] if "{name}" in path else [""]:
            found[path.replace("{name}", name)] = ask("GET", path.replace("{name}", name)).text
    return found


def events(stoker, path=None):
    """All events so far, as text."""
    life, newest = EventStream(stoker, path=path).next()["id"].split("-")
    stream = EventStream(stoker, f"?after={life}-0", path=path)
    found = []
    while not found or found[-1]["id"] != f"{life}-{newest}":
        found.append(stream.next())
    stream.close()
    return json.dumps(found)


@as_root
def test_output_is_given_over_the_socket_alone(node):
    node.start()

    def troubled():
        rows = over_socket(node, "GET", API + "/services").json["services"]
        return rows["sick"]["status"] == rows["crash"]["status"] == rows["hooked"]["status"] == "failed" and rows["web"]["health"] == "unhealthy"

    wait_for("all kinds of trouble", troubled)
    assert SECRET in node.command("logs", "web").stdout
    for is_second_life in (False, True):
        if is_second_life:  # what the journal kept is no less withheld
            node.wait_written()
            node.kill()
            node.start()
            wait_for("trouble again", lambda: over_socket(node, "GET", API + "/services").json["services"]["web"]["health"] == "unhealthy")
        quoting = {path for path, text in readings(node, lambda method, path: over_socket(node, method, path)).items() if SECRET in text}
        wanted = {f"{API}/services", f"{API}/health", f"{API}/service/web", f"{API}/service/web/why"}
        wanted |= set() if is_second_life else {f"{API}/service/web/logs"}  # kept in memory
        wanted |= {f"{API}/service/{name}/history" for name in ("crash", "sick", "hooked")}
        assert wanted <= quoting
        assert not [path for path, text in readings(node, node.request).items() if SECRET in text]

    shown = node.get("/service/web/why").json
    assert [failure["message"] for failure in shown["last_failures"]] == ["exit code 3"] * 3
    runs = node.get("/service/crash/history").json
    assert [run["last_lines"] for run in runs["history"]] == [None] * len(runs["history"]) and runs["history"][0]["exit"] == "exited with code 5"
    assert node.get("/service/hooked/history").json["history"][0]["error"] == "it exited with code 4"
    for answer in (shown, runs, node.get("/service/web").json, node.get("/services").json):
        assert "stoker.control: loopback" in answer["output_refusal"]
    assert over_socket(node, "GET", f"{API}/service/web/why").json["output_refusal"] is None
    refused = node.get("/service/web/logs?follow=1")
    assert (refused.status, refused.json["error"]) == (403, "output_needs_control")
    assert "run 'stoker logs web' without --url" in refused.json["message"]

    url = f"http://127.0.0.1:{node.port}"
    logs = node.command("logs", "web", "--url", url)
    assert logs.returncode == 1 and SECRET not in logs.stdout and refused.json["message"] in logs.stderr
    why = node.command("why", "web", "--url", url)
    assert SECRET not in why.stdout and "Output of services is given only through the Unix socket here" in why.stdout
    assert SECRET in node.command("why", "web").stdout


@as_root
def test_events_quote_output_over_the_socket_alone(node):
    node.start()
    wait_for("all kinds of trouble", lambda: all(node.service(name)["status"] == "failed" for name in ("sick", "crash", "hooked")))
    assert SECRET in events(node, node.state / "stoker.sock")
    assert SECRET not in events(node)
