"""Prometheus and VictoriaMetrics themselves: they take the whole page, and find the services' own metrics through Stoker."""

import json
import socket
import subprocess
import sys

import pytest

from exposition_formats import fetch, read
from harness import API, free_port, http_request, recorder, wait_for

DISCOVERY = API + "/discovery/prometheus"


@pytest.fixture
def stoker(make_stoker, health_server):
    return make_stoker(
        services={
            "checked": recorder("checked", health={"http": {"url": health_server().url}, "interval": "100ms"}),
            "off": recorder("off", enabled=False, health={"http": {"url": "http://127.0.0.1:9/"}}),
            "plain": recorder("plain"),
        }
    ).start()


def takes_all(stoker, scraper, form, count):
    """The scraper is content, and took as many samples as the page has in the format that it gets."""

    def scraped():
        expected = count(read(form, fetch(stoker, form)))
        found = scraper.value('scrape_samples_scraped{job="stoker"}')
        if found != expected:
            raise ValueError((found, expected))
        return scraper.value('up{job="stoker"}') == 1

    wait_for("all samples", scraped)
    [target] = scraper.targets()
    assert (target["health"], target["lastError"]) == ("up", "")
    assert scraper.value('stoker_service_up{name="plain"}') == 1


def no_complaints(scraper):
    words = ("level=warn", "level=error", "\twarn\t", "\terror\t")
    assert [line for line in scraper.said().split("\n") if "scrape" in line and any(word in line for word in words)] == []


CLASSIC = 'histogram_quantile(0.9, rate(stoker_health_check_duration_seconds_bucket{name="checked"}[1m])) > 0'
NATIVE = 'histogram_quantile(0.9, rate(stoker_health_check_duration_seconds{name="checked"}[1m])) > 0'


def test_prometheus_takes_every_sample_as_openmetrics(stoker, prometheus):
    scraper = prometheus(stoker.port)
    takes_all(stoker, scraper, "openmetrics", lambda page: len(page.samples))
    told = wait_for("two scrapes", lambda: scraper("stoker_scrape_series == scrape_samples_scraped"))
    assert len(told) == 1, "of the scrape before, in Stoker's own words"
    wait_for("a quantile", lambda: scraper(CLASSIC))
    no_complaints(scraper)


def test_prometheus_takes_native_histograms_as_protobuf(stoker, prometheus):
    scraper = prometheus(stoker.port, "--enable-feature=native-histograms")

    def count(page):
        """This Prometheus takes the native histogram instead of the classic one, as one sample."""
        parts = {(name + part, labels) for name, labels in page.native for part in ("_sum", "_count")}
        native = {name + "_bucket" for name, _ in page.native}
        return len([key for key in page.samples if key not in parts and key[0] not in native]) + len(page.native)

    takes_all(stoker, scraper, "protobuf", count)
    wait_for("a quantile of a native histogram", lambda: scraper(NATIVE))
    assert scraper(CLASSIC) == [], "it is not the classic one that gave it"
    assert scraper.value('histogram_count(stoker_health_check_duration_seconds{name="off"})') == 0
    no_complaints(scraper)


def test_victoria_metrics_takes_every_sample_as_text(stoker, victoria_metrics):
    scraper = victoria_metrics(stoker.port)
    takes_all(stoker, scraper, "text", lambda page: len(page.samples))
    wait_for("a quantile", lambda: scraper(CLASSIC))
    no_complaints(scraper)


# -- service discovery ---------------------------------------------------------------------------------------------------

OWN = """
import http.server, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/own/page" else 404)
        self.send_header("Content-Type", "text/plain; version=0.0.4")
        self.end_headers()
        self.wfile.write(b"own_jobs 7\\n")

http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
"""


def discovered(answer):
    """The targets and labels by service."""
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")
    found = {entry["labels"]["__meta_stoker_service_name"]: (entry["targets"], entry["labels"]) for entry in answer.json}
    assert len(found) == len(answer.json)
    return found


def test_every_service_with_metrics_is_discovered_with_its_labels(make_stoker):
    stoker = make_stoker(
        services={
            "web": recorder(
                "web",
                type="front end",
                version='1.4"ä',
                labels={"tier": "core", "app.kubernetes.io/name": "web-1"},
                metrics={"port": 7001, "path": "/own/page"},
            ),
            "off": recorder("off", enabled=False, metrics={"port": 7002}),
            "plain": recorder("plain"),
        }
    ).start()
    found = discovered(stoker.request("GET", DISCOVERY))
    assert found.keys() == {"web", "off"}
    assert found["web"] == (
        ["127.0.0.1:7001"],
        {
            "__meta_stoker_service_name": "web",
            "__meta_stoker_service_type": "front end",
            "__meta_stoker_service_version": '1.4"ä',
            "__meta_stoker_service_status": "running",
            "__meta_stoker_service_health": "healthy",
            "__meta_stoker_service_label_tier": "core",
            "__meta_stoker_service_label_app_kubernetes_io_name": "web-1",
            "__metrics_path__": "/own/page",
        },
    )
    targets, labels = found["off"]
    assert (targets, labels["__meta_stoker_service_status"]) == (["127.0.0.1:7002"], "stopped")
    assert labels.get("__metrics_path__", "/metrics") == "/metrics"
    assert all(isinstance(value, str) for value in labels.values())

    head = stoker.request("HEAD", DISCOVERY)
    assert (head.status, head.headers["content-type"]) == (200, "application/json; charset=utf-8")

    # The whole list each time, whatever happens to the services.
    assert stoker.post("/stop/web").status == 200
    again = discovered(stoker.request("GET", DISCOVERY))
    assert again.keys() == {"web", "off"}
    assert again["web"][1]["__meta_stoker_service_status"] == "stopped"


def test_without_such_a_service_the_list_is_empty(make_stoker):
    stoker = make_stoker(services={"plain": recorder("plain")}).start()
    assert discovered(stoker.request("GET", DISCOVERY)) == {}


def own_address():
    """An address of this machine beside loopback, or None."""
    with socket.socket(type=socket.SOCK_DGRAM) as probe:  # which sends nothing
        try:
            probe.connect(("203.0.113.1", 9))
        except OSError:
            return None
        return probe.getsockname()[0]


def test_the_targets_have_the_address_by_which_stoker_was_reached(make_stoker):
    near, far = free_port(), free_port()
    stoker = make_stoker(
        services={"web": recorder("web", metrics={"port": 7001})},
        supervisor={"listen": [f"127.0.0.1:{near}", f"0.0.0.0:{far}"], "allowed_hosts": ["fog.example"]},
    )
    stoker.port = near
    stoker.start()

    for path in ("/metrics", "/-/healthy", "/healthz", "/livez", "/-/ready", "/readyz", DISCOVERY):
        assert http_request(far, "GET", path, headers={"Host": f"any.example:{far}"}).status == 200, path
        assert http_request(near, "GET", path, headers={"Host": f"any.example:{near}"}).status == 403, path

    def targets(address, **headers):
        return discovered(http_request(address, "GET", DISCOVERY, headers=headers))["web"][0]

    for address in (near, far, stoker.state / "stoker.sock"):
        assert targets(address) == ["127.0.0.1:7001"]
    if (address := own_address()) is None:
        pytest.skip("no address beside loopback")
    assert targets((address, far)) == [f"{address}:7001"]
    assert targets((address, far), Host=f"fog.example:{far}") == ["fog.example:7001"]
    assert targets((address, far), Host="any.example") == ["any.example:7001"]
    assert targets((address, far), Host="[fd00::1]:80") == ["[fd00::1]:7001"]


def test_prometheus_finds_and_scrapes_the_services(make_stoker, prometheus, tmp_path):
    fog, own = free_port(), free_port()
    stoker = make_stoker(
        services={
            "fog": {"command": ["fog-service", "dao", "--port", str(fog)], "labels": {"tier": "core"}, "metrics": {"port": fog}},
            "own": {"command": [sys.executable, "-c", OWN, str(own)], "metrics": {"port": own, "path": "/own/page"}},
            "plain": recorder("plain"),
        }
    ).start()
    job = {
        "job_name": "services",
        "http_sd_configs": [{"url": f"http://127.0.0.1:{stoker.port}{DISCOVERY}", "refresh_interval": "1s"}],
        "relabel_configs": [
            {"source_labels": ["__meta_stoker_service_name"], "target_label": "name"},
            {"action": "labelmap", "regex": "__meta_stoker_service_label_(.+)"},
        ],
    }
    file = tmp_path / "discovery.yml"
    file.write_text(json.dumps({"scrape_configs": [job]}))
    result = subprocess.run(["promtool", "check", "service-discovery", "--timeout=2s", file, "services"], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    found = {target["labels"]["name"]: target for target in json.loads(result.stdout)}
    assert {name: target["labels"]["__address__"] for name, target in found.items()} == {"fog": f"127.0.0.1:{fog}", "own": f"127.0.0.1:{own}"}

    scraper = prometheus(stoker.port, jobs=[job])
    up = 'up{job="services"} == 1'
    wait_for("both services up", lambda: {metric["name"] for metric, _ in scraper(up)} == {"fog", "own"})
    assert [target["lastError"] for target in scraper.targets("services")] == ["", ""]
    assert scraper.value("own_jobs") == 7
    assert len(scraper('fog_uptime_seconds{name="fog",tier="core"}')) == 1
    no_complaints(scraper)
