"""The description of the HTTP interface is true: every route, every answer and every error is as it says."""

import concurrent.futures
import contextlib
import gzip
import json
import re
import socket

import openapi_spec_validator
import pytest

from described import METHODS, Description
from harness import API, ROOT, HealthServer, Stoker, http_request, recorder, wait_for

pytestmark = pytest.mark.xdist_group("openapi")

QUICK = {"base": "50ms", "factor": 1}


def services(health):
    """Services in every state, and what one can have."""
    return {
        "dao": recorder(
            "dao",
            then="echo hello; exec sleep 1000",
            description="DAO",
            version="1",
            type="tokenomics",
            labels={"tier": "core"},
            endpoints={"http": "http://127.0.0.1:7001"},
            metrics={"port": 7001},
            health={"http": {"url": health.url}, "interval": "200ms"},
            reload={"signal": "WINCH"},
        ),
        "edge": recorder("edge", depends_on=["dao"], reload={"command": "exit 1"}),
        "job": {"kind": "oneshot", "command": "echo done"},
        "broken": recorder("broken", then="exit 3", restart={"max_attempts": 1, "backoff": QUICK}, health={"exec": {"command": ["false"]}}),
        "waits": recorder("waits", depends_on=["broken"]),
        "backing": recorder("backing", then="exit 1", restart={"backoff": {"base": "1h", "max": "1h"}}),
        "off": recorder("off", enabled=False, restart={"policy": "on-failure"}),
        "outside": {"kind": "external", "critical": False, "health": {"file": {"path": "/nowhere"}, "interval": "200ms"}},
        "nothing": {"command": ["/nowhere/at/all"], "restart": {"max_attempts": 0}},
        "never": recorder("never", ready={"log": "never said", "timeout": "1h"}),
        "stubborn": recorder("stubborn", first="trap '' TERM", then="while :; do sleep 1; done", stop={"timeout": "1h"}),
        "beats": recorder("beats", health={"heartbeat": {}, "interval": "1h"}, ready={"notify": "systemd", "timeout": "500ms"}, restart={"policy": "never"}),
    }


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    health = HealthServer()
    stoker = Stoker(tmp_path_factory.mktemp("openapi"), services=services(health))
    try:
        stoker.start(ready=False)
        wait_for("Stoker", lambda: stoker.running() and stoker.get("/services").status == 200)
        stoker.wait_status("stubborn", "running")
        stoker.wait_starts("stubborn")  # from here on it ignores TERM
        assert stoker.post("/stop/stubborn?wait=none").status == 202
        states = {
            "dao": "running", "edge": "running", "job": "completed", "broken": "failed", "waits": "waiting", "backing": "backoff",
            "off": "stopped", "outside": "starting", "nothing": "failed", "never": "starting", "stubborn": "stopping",
        }  # fmt: skip
        for name, status in states.items():
            stoker.wait_status(name, status)
        stoker.wait_written()
        yield stoker
    finally:
        stoker.finish()
        health.close()


@pytest.fixture(scope="module")
def description(node):
    return Description(node.request("GET", "/api/openapi.json").json)


@pytest.fixture
def ask(node, description):
    """Asks the node, and has the answer judged."""

    def ask(method, path, body=None, headers=None):
        return description.judge(method, path, node.request(method, path, body, headers))

    return ask


# -- the document ------------------------------------------------------------------------------------------------------------


def test_the_description_is_openapi(description):
    openapi_spec_validator.validate(description.document)
    assert description.document["openapi"].startswith("3.1")


def test_the_description_has_the_version_of_the_program(node, description):
    version = description.document["info"]["version"]
    assert f"stoker {version} " in node.command("version").stdout


def test_the_description_is_gzipped_and_not_sent_twice(node):
    path = "/api/openapi.json"
    plain = node.request("GET", path)
    assert plain.headers["content-type"] == "application/json; charset=utf-8"
    packed = node.request("GET", path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < len(plain.body) / 5
    again = node.request("GET", path, headers={"If-None-Match": plain.headers["etag"]})
    assert (again.status, again.body, again.headers["etag"]) == (304, b"", plain.headers["etag"])


def test_every_example_is_as_its_schema_says(description):
    def walk(pointer, value):
        if isinstance(value, dict):
            if "schema" in value and "example" in value:
                yield [*pointer, "schema"], value["example"]
            for key, inner in value.items():
                if key not in ("example", "schema"):
                    yield from walk([*pointer, key], inner)

    examples = list(walk([], description.document))
    assert len(examples) > 60
    for pointer, example in examples:
        assert not description.errors_of(pointer, example), (pointer, example)


def test_every_object_says_which_members_it_has(description):
    for name, schema in description.document["components"]["schemas"].items():
        if schema.get("type") == "object":
            assert "additionalProperties" in schema, name


def test_every_code_of_the_sources_is_described_and_no_other(description):
    """What can stand in `error`: each word with which the sources refuse."""
    sources = {path: path.read_text() for folder in ("HTTPServer", "Stoker") for path in (ROOT / "Sources" / folder).rglob("*.swift")}
    codes = set()
    for text in sources.values():
        codes |= set(re.findall(r'\b(?:code|error): "([a-z_]+)"', text)) | set(re.findall(r'"error": "([a-z_]+)"', text))
    refusals = (ROOT / "Sources/Stoker/Front/API/CommandRoutes.swift").read_text()
    codes |= set(re.findall(r'case \.\w+: "([a-z_]+)"', refusals[refusals.index("var code: String") :]))
    # A path that is not there is nowhere in the description but in its words.
    assert "`not_found`" in description.document["info"]["description"]
    codes.discard("not_found")

    described = set()

    def walk(value):
        if isinstance(value, dict):
            error = value.get("properties", {}).get("error", {})
            described.update(error.get("enum", []))
            described.update([error["const"]] if "const" in error else [])
            for inner in value.values():
                walk(inner)
        elif isinstance(value, list):
            for inner in value:
                walk(inner)

    walk(description.document)
    assert codes == described


# -- routes ------------------------------------------------------------------------------------------------------------------


def test_a_method_that_is_not_described_is_405_with_those_that_are(ask, description):
    for path, item in description.document["paths"].items():
        allowed = {method.upper() for method in item if method in METHODS} | ({"HEAD"} if "get" in item else set())
        for method in {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} - allowed:
            answer = ask(method, path.replace("{name}", "dao"))
            assert answer.status == 405, (method, path)
            assert set(answer.headers["allow"].split(", ")) == allowed
            assert method == "HEAD" or answer.json["error"] == "method_not_allowed"


@pytest.mark.parametrize("path", ["/nowhere", "/api/orchestration", "/api/orchestration/", "/api/orchestration/service", "/api/openapi.yaml", "/metrics/", "//"])
def test_a_path_that_is_not_described_is_404(node, description, path):
    assert path not in description.document["paths"]
    answer = node.request("GET", path)
    assert answer.status == 404
    assert answer.json["error"] == "not_found" and not description.errors_of(["components", "schemas", "Error"], answer.json)


def test_every_get_has_a_head_without_a_body(node, description):
    for method, path, operation in description.operations():
        if method == "get" and "text/event-stream" not in operation["responses"].get("200", {}).get("content", {}):
            path = path.replace("{name}", "dao")
            assert node.request("HEAD", path).status == node.request("GET", path).status, path
            assert node.request("HEAD", path).body == b""


# -- answers -----------------------------------------------------------------------------------------------------------------


def test_reading_is_answered_as_described_in_every_state(ask, node):
    names = list(node.get("/services").json["services"])
    states = {service["status"] for service in ask("GET", f"{API}/services").json["services"].values()}
    assert states == {"stopped", "waiting", "starting", "running", "backoff", "stopping", "completed", "failed"}
    for path in ("health", "dependencies", "metrics", "registry", "discovery/prometheus"):
        assert ask("GET", f"{API}/{path}").status == 200
    for name in names:
        for path in (f"service/{name}", f"service/{name}/why", f"service/{name}/history?limit=1000", f"registry/{name}"):
            assert ask("GET", f"{API}/{path}").status == 200
        logs = ask("GET", f"{API}/service/{name}/logs?tail=5&stream=stdout&follow=0")
        assert logs.status == (409 if name == "outside" else 200)
    assert {run["outcome"] for name in names for run in node.history(name)} == {"open", "ended", "start_failed"}


def test_what_stands_outside_the_api_is_answered_as_described(ask):
    for path in ("/", "/page/app.js", "/page/base.css", "/page/icon.svg", "/page/nothing.js", "/api", "/api/", "/api/reference.css", "/api/openapi.json", "/-/healthy", "/healthz", "/livez", "/-/ready", "/readyz"):
        ask("GET", path)
    for accept in ("text/plain", "application/openmetrics-text;version=1.0.0", "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"):
        assert ask("GET", "/metrics?name[]=stoker_service_up", headers={"Accept": accept}).headers["content-type"].startswith(accept.split(";")[0])
    for path in ("/", "/page/app.js", "/api/", "/api/reference.css", "/api/openapi.json"):
        page = ask("GET", path)
        known = ask("GET", path, headers={"If-None-Match": page.headers["etag"]})
        assert known.status == 304 and known.headers.get("vary") == page.headers.get("vary")


def test_changing_is_answered_as_described(ask, node):
    assert ask("POST", f"{API}/restart/dao?wait=healthy", {"force": False}).status == 200
    assert ask("POST", f"{API}/restart/dao?wait=none").status == 202
    assert ask("POST", f"{API}/start/dao?wait=running", {}).status == 200
    assert ask("POST", f"{API}/stop/dao", {"cascade": True}).json["also_stopped"] == ["edge"]
    assert ask("POST", f"{API}/start/edge").json["also_started"] == ["dao"]
    assert ask("POST", f"{API}/health/check-now").status == 200
    assert ask("POST", f"{API}/restart/nothing", {"force": True}).json["error"] == "start_failed"
    with concurrent.futures.ThreadPoolExecutor() as pool:
        start = pool.submit(ask, "POST", f"{API}/start/off?wait=completed")
        node.wait_status("off", "running")
        assert ask("POST", f"{API}/stop/off").status == 200
        assert start.result().json["error"] == "goal_not_reached"
    for path in (f"{API}/reload?dry_run", f"{API}/reload?dry_run=1", f"{API}/reload", "/-/reload"):
        assert ask("POST", path, {}).status == 200


def test_requests_to_a_process_are_answered_as_described(ask):
    assert ask("POST", f"{API}/reload/dao", {}).json["outcome"] == "success"
    assert ask("POST", f"{API}/signal/dao", {"signal": "WINCH", "scope": "group"}).json["signal"] == "SIGWINCH"
    assert ask("POST", f"{API}/signal/dao", {"signal": 28}).json["pid"]
    detail = ask("GET", f"{API}/service/dao").json
    assert (detail["last_reload"]["outcome"], detail["last_signal"]["scope"]) == ("success", "process")


def test_a_reload_is_answered_as_described(ask, node):
    right = node.file.read_text()
    try:
        file = json.loads(right)
        file["services"]["more"] = {"command": "exec sleep 1000"}
        file["services"]["edge"]["command"] = "exec sleep 999"
        file["services"]["job"]["description"] = "now with words"
        file["stoker"]["name"] = "another"
        del file["services"]["off"]
        node.file.write_text(json.dumps(file).replace("$", "$$"))
        plan = ask("POST", f"{API}/reload?dry_run=true").json
        assert {change["action"] for change in plan["changes"]} == {"added", "removed", "restarted", "updated"} and plan["needs_new_start"]
        node.file.write_text("version: 1\nservices: {a: {comand: x}}\n")
        assert ask("POST", f"{API}/reload").json["error"] == "bad_service_file"
    finally:
        node.file.write_text(right)


def test_the_registry_is_answered_as_described(ask):
    guest = f"{API}/registry/guest"
    assert ask("GET", guest).status == 404
    assert ask("POST", guest).json["entry"]["type"] == "guest"
    whole = {"type": "visitor", "version": "2", "endpoints": {"http": "x"}, "dependencies": ["dao"], "metadata": {"room": 7}, "ttl": 60}
    assert ask("POST", guest, whole).json["entry"]["metadata"] == {"room": 7}
    assert ask("POST", guest, {key: None for key in whole}).json["entry"]["endpoints"] == {}
    assert ask("POST", f"{guest}/heartbeat", {"status": "degraded", "details": {"why": "tired"}}).json["entry"]["status"] == "degraded"
    assert ask("POST", f"{guest}/heartbeat", {"status": None, "details": None}).status == 200
    assert ask("POST", f"{API}/registry/beats/heartbeat", {"status": "unhealthy"}).status == 200
    ask("GET", f"{API}/registry")
    assert ask("DELETE", guest).status == 200


def test_events_are_as_described(node, description):
    """Read from the wire, since the answer does not end."""
    with socket.create_connection(("127.0.0.1", node.port), timeout=60) as wire:
        wire.sendall(b"GET /api/orchestration/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        file = wire.makefile("rb")
        head = b"".join(iter(file.readline, b"\r\n")).decode().lower()
        assert " 200 " in head and "content-type: text/event-stream" in head
        assert description.at(["paths", f"{API}/events", "get", "responses", "200"])[1]["content"].keys() == {"text/event-stream"}
        seen = {}
        asked = False
        while not {"hello", "status", "restarted", "registry"} <= seen.keys():
            line = file.readline()
            assert line, "the stream ended"
            if line.startswith(b"data: "):
                data = json.loads(line[6:])
                assert not description.errors_of(["components", "schemas", "Event"], data), data
                seen[data["kind"]] = data
                if not asked:
                    asked = True
                    assert node.post("/restart/edge?wait=none").status == 202
                    assert node.post("/registry/passer").status == 200
    again = seen["status"]["id"]
    with socket.create_connection(("127.0.0.1", node.port), timeout=60) as wire:
        life = again.split("-")[0]
        wire.sendall(f"GET {API}/events?after=x{life}-1&service=dao HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        for line in wire.makefile("rb"):
            if line.startswith(b"data: "):
                data = json.loads(line[6:])
                assert data["kind"] == "reset" and not description.errors_of(["components", "schemas", "Event"], data), data
                break


# -- errors ------------------------------------------------------------------------------------------------------------------

JSON_TYPE = {"Content-Type": "application/json"}

ERRORS = [
    ("GET", f"{API}/service/daoo", None, None, 404, "service_not_found"),
    ("GET", f"{API}/service/daoo/why", None, None, 404, "service_not_found"),
    ("GET", f"{API}/service/daoo/history", None, None, 404, "service_not_found"),
    ("GET", f"{API}/service/daoo/logs", None, None, 404, "service_not_found"),
    ("GET", f"{API}/service/dao/history?limit=0", None, None, 400, "malformed"),
    ("GET", f"{API}/service/dao/logs?tail=x", None, None, 400, "malformed"),
    ("GET", f"{API}/service/dao/logs?stream=both", None, None, 400, "malformed"),
    ("GET", f"{API}/service/dao/logs?follow=2", None, None, 400, "malformed"),
    ("GET", f"{API}/service/outside/logs", None, None, 409, "no_log"),
    ("GET", f"{API}/events?service=daoo", None, None, 404, "service_not_found"),
    ("GET", f"{API}/events?after=x", None, None, 400, "malformed"),
    ("GET", f"{API}/events", None, {"Last-Event-ID": "1-x"}, 400, "malformed"),
    ("GET", f"{API}/events?after=x", None, {"Last-Event-ID": "a-1"}, 400, "malformed"),
    ("POST", f"{API}/start/daoo", None, None, 404, "service_not_found"),
    ("POST", f"{API}/start/dao?wait=completed", {}, None, 400, "malformed"),
    ("POST", f"{API}/start/nothing", {}, None, 409, "start_failed"),
    ("POST", f"{API}/start/waits", {}, None, 409, "dependency_failed"),
    ("POST", f"{API}/restart/waits", {}, None, 409, "dependency_not_ready"),
    ("POST", f"{API}/restart/outside", {}, None, 409, "external_service"),
    ("POST", f"{API}/restart/broken", {}, None, 409, "restart_limit_exceeded"),
    ("POST", f"{API}/restart/dao?wait=soon", None, None, 400, "malformed"),
    ("POST", f"{API}/restart/dao", {"force": 1}, None, 400, "malformed"),
    ("POST", f"{API}/restart/dao", {"cascade": True}, None, 400, "malformed"),
    ("POST", f"{API}/restart/dao", b"[", JSON_TYPE, 400, "malformed"),
    ("POST", f"{API}/restart/dao", b"{}", {"Content-Type": "text/plain"}, 415, "not_json"),
    ("POST", f"{API}/restart/dao", b"{}", None, 415, "not_json"),
    ("POST", f"{API}/restart/dao", None, {"Origin": "http://example.org"}, 403, "cross_site"),
    ("POST", f"{API}/restart/dao", None, {"Sec-Fetch-Site": "cross-site"}, 403, "cross_site"),
    ("POST", f"{API}/restart/dao", b"x" * (1 << 20 | 1), JSON_TYPE, 413, "body_too_large"),
    ("POST", f"{API}/restart/dao", b"{}", {**JSON_TYPE, "Expect": "miracles"}, 417, "expectation_failed"),
    ("POST", f"{API}/reload/dao", {"force": True}, None, 400, "malformed"),
    ("POST", f"{API}/reload/nothing", {}, None, 409, "no_reload"),
    ("POST", f"{API}/reload/edge", {}, None, 409, "reload_failed"),
    ("POST", f"{API}/signal/dao", {"signal": "HUB"}, None, 400, "malformed"),
    ("POST", f"{API}/signal/outside", {"signal": "HUP"}, None, 409, "no_process"),
    ("POST", f"{API}/stop/dao", {}, None, 409, "required_by"),
    ("POST", f"{API}/stop/dao", {"force": True, "cascade": True}, None, 400, "malformed"),
    ("POST", f"{API}/stop/dao", [], None, 400, "malformed"),
    ("POST", f"{API}/reload?dry_run=perhaps", None, None, 400, "malformed"),
    ("POST", "/-/reload", {"dry_run": True}, None, 400, "malformed"),
    ("POST", f"{API}/health/check-now", {"all": True}, None, 400, "malformed"),
    ("GET", f"{API}/registry/nobody", None, None, 404, "not_registered"),
    ("DELETE", f"{API}/registry/nobody", None, None, 404, "not_registered"),
    ("POST", f"{API}/registry/nobody/heartbeat", None, None, 404, "not_registered"),
    ("POST", f"{API}/registry/nobody/heartbeat", {"status": "sleepy"}, None, 400, "malformed"),
    ("POST", f"{API}/registry/nobody", {"ttl": 0}, None, 400, "malformed"),
    ("POST", f"{API}/registry/-", {}, None, 400, "malformed"),
    ("POST", f"{API}/registry/fat", {"metadata": {"x": "x" * (16 << 10)}}, None, 413, "entry_too_large"),
    ("POST", f"{API}/registry/dao", {}, None, 409, "configured_service"),
    ("DELETE", f"{API}/registry/dao", None, None, 409, "configured_service"),
    ("GET", f"{API}/services?%", None, None, 400, "bad_request"),
    ("GET", f"{API}/services", None, {"Host": "example.org"}, 403, "forbidden_host"),
    ("GET", "/metrics", None, {"Host": "example.org"}, 403, "forbidden_host"),
    ("GET", f"{API}/services?{'x' * 9000}", None, None, 414, "target_too_long"),
    ("GET", f"{API}/services", None, {"X-Much": "x" * (17 << 10)}, 431, "headers_too_large"),
]  # fmt: skip


@pytest.mark.parametrize("method, path, body, headers, status, code", ERRORS, ids=[f"{e[0]} {e[1][:60]} {e[5]}" for e in ERRORS])
def test_errors_are_as_described(ask, method, path, body, headers, status, code):
    answer = ask(method, path, body, headers)
    assert (answer.status, answer.json["error"]) == (status, code)


def test_a_head_that_does_not_come_is_as_described(node, description):
    with socket.create_connection(("127.0.0.1", node.port), timeout=60) as wire:
        wire.sendall(b"GET /api/orchestration/services HTTP/1.1\r\n")
        said = wire.makefile("rb").read()
    assert b" 408 " in said.split(b"\r\n")[0]
    answer = json.loads(said.split(b"\r\n\r\n")[1])
    where, _ = description.at(["paths", f"{API}/services", "get", "responses", "408"])
    assert not description.errors_of([*where, "content", "application/json", "schema"], answer)


def test_changes_only_over_the_socket_are_refused_as_described(make_stoker, description):
    stoker = make_stoker(services={"dao": recorder("dao")}, supervisor={"control": "socket"}).start()
    answer = description.judge("POST", f"{API}/restart/dao", stoker.post("/restart/dao"))
    assert (answer.status, answer.json["error"]) == (403, "control_needs_socket")
    path = f"{API}/restart/dao"
    assert description.judge("POST", path, http_request(stoker.state / "stoker.sock", "POST", path)).status == 200
    assert stoker.stop() == 0


def test_while_stoker_stops_commands_are_refused_as_described(make_stoker, description):
    stubborn = recorder("stubborn", first="trap '' TERM", then="while :; do sleep 1; done", stop={"timeout": "1h"})
    stoker = make_stoker(services={"stubborn": stubborn, "dao": recorder("dao")}).start()
    stoker.process.terminate()
    path = f"{API}/start/dao"

    def refused():
        answer = description.judge("POST", path, stoker.post("/start/dao"))
        return answer.status == 409 and answer.json["error"] == "shutting_down"

    wait_for("the refusal", refused)
    assert description.judge("POST", "/-/reload", stoker.request("POST", "/-/reload")).json["error"] == "reload_refused"
    ready = description.judge("GET", "/-/ready", stoker.request("GET", "/-/ready"))
    assert ready.status == 503 and ready.headers["content-type"] == "text/plain; charset=utf-8"
    stoker.insist()
    stoker.process.wait(60)


def test_a_full_registry_is_as_described(make_stoker, description):
    stoker = make_stoker(services={"dao": recorder("dao")}).start()
    with socket.create_connection(("127.0.0.1", stoker.port), timeout=60) as wire:
        file = wire.makefile("rb")
        for number in range(0, 10_000, 100):
            requests = "".join(f"POST {API}/registry/g{n} HTTP/1.1\r\nHost: localhost\r\n\r\n" for n in range(number, number + 100))
            wire.sendall(requests.encode())
            for _ in range(100):
                head = b"".join(iter(file.readline, b"\r\n"))
                assert b" 200 " in head.split(b"\r\n")[0], head
                file.read(int(re.search(rb"content-length: (\d+)", head, re.I)[1]))
    answer = description.judge("POST", f"{API}/registry/onemore", stoker.post("/registry/onemore"))
    assert (answer.status, answer.json["error"]) == (429, "registry_full")


def test_a_service_that_leaves_with_a_reload_is_as_described(make_stoker, description):
    stubborn = recorder("stubborn", first="trap '' TERM", then="while :; do sleep 1; done", stop={"timeout": "1h"})
    stoker = make_stoker(services={"stubborn": stubborn, "dao": recorder("dao")}).start()
    stoker.reload({"dao": recorder("dao")})
    stoker.wait_status("stubborn", "stopping")
    answer = description.judge("POST", f"{API}/start/stubborn", stoker.post("/start/stubborn"))
    assert (answer.status, answer.json["error"]) == (409, "being_removed")


def test_too_many_streams_are_as_described(make_stoker, description):
    """One client has three quarters of the 256."""
    stoker = make_stoker(services={"dao": recorder("dao")}).start()
    with contextlib.ExitStack() as open_streams:
        for _ in range(192):
            wire = open_streams.enter_context(socket.create_connection(("127.0.0.1", stoker.port), timeout=60))
            wire.sendall(f"GET {API}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            assert wire.recv(12) == b"HTTP/1.1 200"
        for path in (f"{API}/events", f"{API}/service/dao/logs?follow"):
            answer = description.judge("GET", path, stoker.request("GET", path))
            assert (answer.status, answer.json["error"]) == (503, "too_many_streams")


def test_too_many_connections_are_as_described(make_stoker, description):
    """With 200 descriptors there is room for 32 connections."""
    stoker = make_stoker(services={"dao": recorder("dao")})
    stoker.through = ["prlimit", "--nofile=200"]
    stoker.start()
    with contextlib.ExitStack() as connections:
        paths = [path for path in description.document["paths"] if "get" in description.document["paths"][path]]

        def turned_away():
            connections.enter_context(socket.create_connection(("127.0.0.1", stoker.port), timeout=60))
            return stoker.request("GET", "/").status == 503

        wait_for("the last connection", turned_away)
        for path in paths:
            path = path.replace("{name}", "dao")
            answer = description.judge("GET", path, stoker.request("GET", path))
            assert (answer.status, answer.json["error"]) == (503, "too_many_connections")
