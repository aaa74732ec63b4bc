"""Every endpoint answers with the keys that http-api.md names, and the picture of the graph comes out letter for letter."""

import socket

import pytest

from conftest import fog_file
from harness import API, EXAMPLE, FOG, Stoker, http_request, samples, wait_for

PICTURE = """\
Service Dependency Graph:
==================================================

Layer 0 (Startup Priority):
  • dao

Layer 1 (Startup Priority):
  • edge [optional: dao]
  • scheduler [optional: dao]

Layer 2 (Startup Priority):
  • fog_coordinator
  • harvest <- edge

Layer 3 (Startup Priority):
  • onion <- fog_coordinator
  • p2p [optional: fog_coordinator]

Layer 4 (Startup Priority):
  • vpn_coordinator <- fog_coordinator, onion

Layer 5 (Startup Priority):
  • betanet [optional: onion, p2p]
  • bitchat [optional: p2p]
"""

pytestmark = pytest.mark.xdist_group("api")


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """The FOG example, running, for all tests of this file."""
    stoker = Stoker(tmp_path_factory.mktemp("api"))
    text, stoker.ports = fog_file(stoker.state, stoker.port, "1s")
    stoker.file.write_text(text)
    try:
        stoker.start()
        wait_for("everything to be healthy", lambda: stoker.get("/health").json["composite_health"] == "healthy")
        yield stoker
    finally:
        stoker.finish()


def test_stoker_graph_prints_the_picture_letter_for_letter(node):
    result = node.command("graph", "--config", str(EXAMPLE))
    assert result.returncode == 0, result.stderr
    assert result.stdout == PICTURE


def test_the_dependencies_endpoint_has_the_picture_and_the_orders(node):
    answer = node.get("/dependencies").json
    assert answer["success"] is True
    assert answer["visualization"] == PICTURE
    assert answer["startup_order"] == FOG
    assert answer["shutdown_order"] == FOG[::-1]
    assert set(answer["dependencies"]) == set(FOG)
    betanet = answer["dependencies"]["betanet"]
    assert (betanet["dependencies"], sorted(betanet["optional_dependencies"]), betanet["dependents"], betanet["layer"]) == (
        [],
        ["onion", "p2p"],
        [],
        5,
    )
    assert betanet["type"] == "transport"
    assert sorted(answer["dependencies"]["onion"]["dependents"]) == ["betanet", "vpn_coordinator"]
    layers = {name: entry["layer"] for name, entry in answer["dependencies"].items()}
    assert layers == dict(zip(FOG, [0, 1, 1, 2, 2, 3, 3, 4, 5, 5]))


def test_services(node):
    answer = node.get("/services").json
    assert (answer["success"], answer["total_services"], answer["is_ready"], answer["initialized"]) == (True, 10, True, True)
    assert list(answer["services"]) == FOG, "in the file's order"
    for service in answer["services"].values():
        assert {
            "status", "restart_count", "restart_attempts", "last_restart", "last_error", "is_critical",
            "health", "checked", "enabled", "pid", "since", "next_attempt", "waits_for", "root_cause", "note",
        } <= set(service)
        assert (service["status"], service["health"], service["is_critical"], service["enabled"]) == ("running", "healthy", True, True)
        assert service["next_attempt"] is None
        assert service["since"].endswith("Z")
        assert (service["waits_for"], service["root_cause"], service["note"]) == ([], None, "")
    assert answer["composite_health"] == "healthy"


def test_health(node):
    answer = node.get("/health").json
    assert (answer["status"], answer["composite_health"]) == ("ok", "healthy")
    assert (answer["unhealthy_services"], answer["degraded_services"]) == ([], [])
    for service in answer["services"].values():
        assert {
            "status", "checked", "last_check", "consecutive_failures", "consecutive_successes", "uptime_1h", "uptime_24h", "uptime_7d",
            "uptime_1h_of_seconds", "uptime_24h_of_seconds", "uptime_7d_of_seconds",
        } <= set(service)
        assert service["uptime_1h"] is None or 0 <= service["uptime_1h"] <= 100


def test_a_restart_answers_when_the_service_runs_again(node):
    before = node.service("scheduler")
    answer = node.post("/restart/scheduler", {"force": False})
    assert answer.status == 200
    body = answer.json
    assert body["message"] == "Service 'scheduler' restarted successfully"
    assert (body["success"], body["service"], body["status"], body["restart_attempts"]) == (True, "scheduler", "running", 0)
    assert body["restart_count"] == before["restart_count"] + 1
    assert body["last_restart"].endswith("Z")
    assert node.service("scheduler")["pid"] != before["pid"]


def test_a_restart_can_wait_for_health_or_for_nothing(node):
    count = node.service("p2p")["restart_count"]
    assert node.post("/restart/p2p?wait=none").status == 202
    wait_for("the restart", lambda: node.service("p2p")["restart_count"] == count + 1 and node.service("p2p")["status"] == "running")
    assert node.post("/restart/p2p?wait=healthy").status == 200
    assert node.health("p2p") == "healthy"


def test_stop_names_dependents_and_start_brings_back_what_was_stopped(node):
    refused = node.post("/stop/fog_coordinator")
    assert refused.status == 409
    assert refused.json["success"] is False
    assert "onion" in refused.json["message"] and "vpn_coordinator" in refused.json["message"]
    assert node.service("fog_coordinator")["status"] == "running"

    assert node.post("/stop/fog_coordinator", {"cascade": True}).status == 200
    for name in ("vpn_coordinator", "onion", "fog_coordinator"):
        node.wait_status(name, "stopped")
    assert node.service("p2p")["status"] == "running", "an optional dependency is no reason to stop"

    answer = node.post("/start/vpn_coordinator")
    assert answer.status in (200, 202)
    assert sorted(answer.json["also_started"]) == ["fog_coordinator", "onion"]
    for name in ("fog_coordinator", "onion", "vpn_coordinator"):
        node.wait_status(name, "running")
    node.wait_health("vpn_coordinator", "healthy")


def test_stop_with_force_stops_only_the_named_one(node):
    assert node.post("/stop/edge", {"force": True}).status == 200
    node.wait_status("edge", "stopped")
    assert node.service("harvest")["status"] == "running"
    assert node.post("/start/edge").status in (200, 202)
    node.wait_health("edge", "healthy")


def test_metrics_as_json(node):
    answer = node.get("/metrics").json
    assert answer["success"] is True
    assert {
        "total_services", "running_services", "failed_services", "stopped_services", "total_restarts", "healthy_services",
        "unhealthy_services", "is_ready", "initialized", "waiting_services", "starting_services", "backoff_services",
        "stopping_services",
    } <= set(answer["metrics"])
    metrics = answer["metrics"]
    parts = ("running", "failed", "stopped", "waiting", "starting", "backoff", "stopping")
    assert sum(metrics[f"{part}_services"] for part in parts) == metrics["total_services"] == 10
    assert {"total_services", "alive_services", "by_status", "by_type"} <= set(answer["registry_stats"])
    assert set(answer["service_details"]) == set(FOG)


def test_one_service(node):
    answer = node.get("/service/harvest").json
    assert {
        "success", "service", "status", "restart_count", "last_restart", "last_error", "is_critical", "dependencies",
        "health_history", "registry_metadata", "restart_history", "waits_for", "root_cause", "note",
    } <= set(answer)
    assert answer["dependencies"]["required"] == ["edge"]
    assert {"required", "optional", "dependents", "layer"} <= set(answer["dependencies"])
    assert answer["health_history"], "it has been checked"


def test_check_now_checks_everything_now(node):
    asked = {name: health_requests(port) for name, port in node.ports.items()}
    answer = node.post("/health/check-now")
    assert answer.status == 200
    body = answer.json
    assert body["success"] is True and body["timestamp"].endswith("Z") and body["composite_health"] == "healthy"
    assert set(body["results"]) == set(FOG)
    for name, result in body["results"].items():
        assert {"service_name", "status", "timestamp", "message", "passed", "details", "response_time_ms"} <= set(result)
        assert (result["service_name"], result["passed"], result["status"]) == (name, True, "healthy")
        assert result["details"]["service"] == name, "the JSON object of the health endpoint"
        assert result["details"]["status"] == "ok"
        assert result["response_time_ms"] > 0
        assert health_requests(node.ports[name]) > asked[name], "it was really asked"


def health_requests(port):
    """How often a service was asked for its health, by its own count."""
    return samples(http_request(port, "GET", "/metrics").text)[("fog_requests_total", frozenset({("endpoint", "health")}))]


def test_why(node):
    answer = node.get("/service/vpn_coordinator/why")
    assert answer.status == 200
    assert "vpn_coordinator" in answer.text


def test_why_names_the_root_cause(node):
    node.post("/stop/edge", {"cascade": True})
    node.wait_status("harvest", "stopped")
    answer = node.get("/service/harvest/why").json
    assert "stop" in str(answer).lower()
    node.post("/start/harvest")
    node.wait_health("harvest", "healthy")


def test_logs_are_the_last_lines(node):
    answer = node.get("/service/dao/logs?tail=100&stream=stdout")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/plain")
    assert "dao: listening on 127.0.0.1" in answer.text
    assert len(node.get("/service/dao/logs?tail=1").text.splitlines()) == 1


def test_the_registry_has_every_service_and_takes_others(node):
    listing = node.get("/registry").json
    assert {"total_services", "alive_services", "by_status", "by_type", "heartbeat_interval", "heartbeat_timeout"} <= set(listing)
    assert (listing["heartbeat_interval"], listing["heartbeat_timeout"]) == (60, 180)
    for name in FOG:
        assert node.get(f"/registry/{name}").status == 200

    guest = {"type": "guest", "version": "2", "endpoints": {"http": "http://127.0.0.1:1"}, "metadata": {"a": 1}, "ttl": 60}
    assert node.post("/registry/visitor", guest).status in (200, 201)
    assert node.get("/registry/visitor").status == 200
    assert node.post("/registry/visitor/heartbeat").status == 200
    assert node.post("/registry/visitor/heartbeat", {"status": "healthy", "details": {"x": 1}}).status == 200
    assert node.post("/registry/visitor/heartbeat", {"status": "splendid"}).status == 400
    assert node.request("DELETE", API + "/registry/visitor").status == 200
    assert node.get("/registry/visitor").status == 404
    assert node.post("/registry/visitor/heartbeat").status == 404
    assert node.post("/registry/dao", guest).status == 409, "a name of the service file cannot be taken over"
    assert node.request("DELETE", API + "/registry/dao").status == 409


def test_a_registered_entry_that_does_not_beat_expires(node):
    assert node.post("/registry/mayfly", {"type": "guest", "ttl": 1}).status in (200, 201)

    def expired():
        entry = node.get("/registry/mayfly").json["entry"]
        return entry["alive"] is False and entry["status"] == "expired"

    wait_for("the entry to expire", expired)
    wait_for("the entry to be dropped ten ttl later", lambda: node.get("/registry/mayfly").status == 404)


@pytest.mark.parametrize("path", ["/-/healthy", "/-/ready", "/healthz", "/livez", "/readyz"])
def test_the_probes_of_stoker_itself(node, path):
    wait_for("readiness", lambda: node.request("GET", path).status == 200)
    assert node.request("GET", path).text.strip()


def test_ready_is_503_while_a_critical_service_is_down(node):
    node.post("/stop/bitchat")
    node.wait_status("bitchat", "stopped")
    assert node.request("GET", "/-/ready").status == 503
    assert "bitchat" in node.request("GET", "/-/ready").text
    assert node.request("GET", "/-/healthy").status == 200
    assert node.get("/services").json["is_ready"] is False
    node.post("/start/bitchat")
    wait_for("readiness", lambda: node.request("GET", "/-/ready").status == 200)


def test_the_status_page_is_html_with_links(node):
    answer = node.request("GET", "/")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert 'href="metrics"' in answer.text and API.removeprefix("/") in answer.text


def test_head_answers_as_get_without_a_body(node):
    answer = node.request("HEAD", API + "/services")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["content-length"]) > 0


def test_large_answers_are_gzipped_when_asked(node):
    import gzip

    plain = node.request("GET", "/metrics")
    packed = node.request("GET", "/metrics", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body).startswith(b"# HELP")


def test_metrics_can_be_narrowed_to_families(node):
    page = node.request("GET", "/metrics?name%5B%5D=stoker_service_up&name%5B%5D=stoker_ready").text
    assert {name for name, _ in samples(page)} == {"stoker_service_up", "stoker_ready"}


def test_a_change_says_who_asked_for_it(node):
    node.post("/restart/dao")
    asked = [line for line in node.output.read_text().splitlines() if "dao" in line and "api 127.0.0.1:" in line]
    assert asked, "in the log"
    history = node.get("/service/dao").json["restart_history"]
    assert "127.0.0.1" in str(history[-1]), "and in the history"


@pytest.mark.parametrize("path", ["/metrics", f"{API}/services", f"{API}/registry", "/api/orchestration/service/{}/logs", "/-/healthy", "/"])
def test_a_client_that_has_closed_its_own_side_is_answered(node, path):
    name = next(iter(node.services()))
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", node.port), timeout=30) as wire:
            wire.sendall(f"GET {path.format(name)} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            wire.shutdown(socket.SHUT_WR)
            answer = b"".join(iter(lambda: wire.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n") and len(answer) > 90, answer[:300]


@pytest.mark.parametrize("version", ["1.1", "1.0"])
def test_events_go_on_for_a_client_that_has_closed_its_own_side(node, version):
    name = next(iter(node.services()))
    with socket.create_connection(("127.0.0.1", node.port), timeout=30) as wire:
        wire.sendall(f"GET {API}/events HTTP/{version}\r\nHost: localhost\r\n\r\n".encode())
        wire.shutdown(socket.SHUT_WR)
        seen = b""
        while b"event: hello" not in seen:
            seen += wire.recv(65536)
        node.post(f"/restart/{name}")
        while b"event: restarted" not in seen:
            assert (more := wire.recv(65536)), seen
            seen += more


def test_a_followed_log_goes_on_for_a_client_that_has_closed_its_own_side(node):
    name = next(iter(node.services()))
    wires = [socket.create_connection(("127.0.0.1", node.port), timeout=30) for _ in range(8)]
    for wire in wires:
        wire.sendall(f"GET {API}/service/{name}/logs?follow=1&tail=0 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        wire.shutdown(socket.SHUT_WR)
        assert b"200 OK" in wire.recv(65536)
    for wire in wires[1:]:
        wire.close()
    wait_for("those that have left to be noticed", lambda: node.metric("stoker_http_connections") <= 2)
    node.post(f"/restart/{name}")
    with wires[0] as wire:
        seen = b""
        while not seen.rstrip(b"0"):
            assert (more := wire.recv(65536)), seen
            seen += more
