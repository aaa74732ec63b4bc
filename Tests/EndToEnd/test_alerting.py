"""The whole way of an alert: Stoker, a real Prometheus with the shipped rules, a real Alertmanager with the shipped configuration, a webhook."""

import importlib.util
import os
import signal
import threading
import urllib.parse

import pytest
import yaml

from harness import BINARIES, ROOT, STOKER, free_port, http_request, recorder, wait_for

pytestmark = pytest.mark.paced

FACTOR = 20  # the times of rules and Alertmanager are divided by it, and Stoker's own back-off fits: 100 ms where 2 s are the default


def observe():
    spec = importlib.util.spec_from_file_location("observe", ROOT / "examples" / "prometheus" / "observe.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def ask(monitoring, query):
    """The label sets that a query of Prometheus finds."""
    answer = http_request(monitoring.prometheus, "GET", "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
    return [series["metric"] for series in answer.json["data"]["result"]]


def leave_out(directory, *alerts):
    """Takes alerts out of the rules that Prometheus loads. For those about small shares of a window: divided, it holds too little for them."""
    file = directory / "stoker.rules.yml"
    rules = yaml.safe_load(file.read_text())
    for group in rules["groups"]:
        group["rules"] = [rule for rule in group["rules"] if rule.get("alert") not in alerts]
    file.write_text(yaml.safe_dump(rules))


class Webhook:
    """What Alertmanager sent: for each alert of a service how often it was told as firing and as resolved, and to whom."""

    def __init__(self):
        self.lock = threading.Lock()
        self.forget()

    def forget(self):
        self.fired = {}
        self.resolved = set()
        self.starts = set()

    def __call__(self, receiver, notification):
        with self.lock:
            for alert in notification["alerts"]:
                key = (receiver, alert["labels"]["alertname"], alert["labels"].get("name"))
                if alert["status"] == "resolved":
                    self.resolved.add(key)
                elif (key, alert["startsAt"]) not in self.starts:
                    # A group is sent again with all its alerts when another joins: one incident is one start.
                    self.starts.add((key, alert["startsAt"]))
                    self.fired[key] = self.fired.get(key, 0) + 1


@pytest.fixture
def monitored(make_stoker, tmp_path):
    """Starts services under Stoker, with everything around it; returns the Stoker, what was sent, and Prometheus."""
    running = []

    def start(services, ready=True):
        stoker = make_stoker(services=services, defaults={"restart": {"backoff": {"base": "100ms"}}}).start(ready=ready)
        webhook = Webhook()
        directory = tmp_path / "monitoring"
        monitoring = observe().Monitoring(directory, STOKER, stoker.file, FACTOR, webhook)
        # One timer of a hundred in half a minute is late whenever the machine runs other tests.
        leave_out(directory, "StokerLoopLag")
        running.append(monitoring)
        return stoker, webhook, monitoring.start()

    yield start
    for monitoring in running:
        monitoring.stop()


def fog(port, **settings):
    """A service of the demo, checked every half second, with its orders at this port."""
    check = {"http": {"url": f"http://127.0.0.1:{port}/health"}, "interval": "500ms", "timeout": "500ms", **settings.pop("health", {})}
    return {"command": [f"{BINARIES}/fog-service", "fog", "--port", str(port)], "health": check, **settings}


def order(port, what):
    assert http_request(port, "POST", f"/control/{what}").status == 200


# A shell that has almost as many descriptors as it may, until it is told to let go of them.
GREEDY = (
    "import signal, time; held = [open('/dev/null') for _ in range(36)]; "
    "signal.signal(signal.SIGUSR1, lambda *_: held.clear())\nwhile True: time.sleep(1000)"
)


def test_each_fault_is_told_once_by_exactly_its_own_alert_and_is_resolved(monitored):
    ports = {name: free_port() for name in ("well", "killed", "hanging", "slow")}
    stoker, webhook, monitoring = monitored(
        {
            "well": fog(ports["well"]),
            "killed": fog(ports["killed"]),
            "hanging": fog(ports["hanging"], health={"auto_recovery": False}),
            "slow": fog(ports["slow"], health={"timeout": "1s"}),
            "loop": recorder("loop", then="[ -e mended ] && exec sleep 1000; exit 1"),
            "greedy": {"command": f'ulimit -n 40; exec python3 -c "{GREEDY}"'},
        }
    )
    # One that is back at once is nobody's business.
    os.kill(stoker.service("killed")["pid"], signal.SIGKILL)
    order(ports["hanging"], "hang")
    order(ports["slow"], "slow?ms=900")
    expected = {
        ("pages", "StokerServiceUnhealthy", "hanging"),
        ("tickets", "StokerHealthCheckSlow", "slow"),
        ("pages", "StokerServiceFailed", "loop"),
        ("tickets", "StokerServiceDescriptorsNearLimit", "greedy"),
    }
    wait_for("each of the faults to be told", lambda: expected <= set(webhook.fired), deadline=180)

    order(ports["hanging"], "recover")
    order(ports["slow"], "recover")
    (stoker.directory / "mended").touch()
    assert stoker.post("/restart/loop", {"force": True}).status == 200
    os.kill(stoker.service("greedy")["pid"], signal.SIGUSR1)
    wait_for("each of them to be resolved", lambda: expected <= webhook.resolved, deadline=180)
    wait_for("Prometheus to have nothing left", lambda: not monitoring.alerts(), deadline=180)
    assert stoker.service("killed")["restart_count"] == 1
    assert webhook.fired == dict.fromkeys(expected, 1)


def test_a_dead_dependency_pages_once_and_its_dependents_are_quiet(monitored):
    ports = {name: free_port() for name in ("shop", "till", "clerk")}
    stoker, webhook, monitoring = monitored(
        {
            "database": recorder(
                "database",
                then="[ -e mended ] && exec sleep 1000; exit 1",
                health={"exec": {"command": ["test", "-e", "mended"]}, "interval": "500ms", "start_interval": "100ms"},
            ),
            "shop": fog(ports["shop"], depends_on=["database"]),
            "till": fog(ports["till"], depends_on=["shop"]),
            "clerk": fog(ports["clerk"], depends_on=["shop", "till"]),
        }
    )
    page = ("pages", "StokerServiceFailed", "database")
    wait_for("the page", lambda: page in webhook.fired, deadline=180)

    def firing():
        return {(alert["labels"]["alertname"], alert["labels"].get("name")) for alert in monitoring.alerts() if alert["state"] == "firing"}

    # All that would call somebody for the dependents, were they alone, has had the time to: it fires, and Alertmanager keeps it back.
    dependents = {(alert, name) for alert in ("StokerServiceWaiting", "StokerCriticalServiceDown") for name in ("shop", "till", "clerk")}
    wait_for("the dependents' alerts to fire", lambda: dependents <= firing(), deadline=180)
    wait_for("the node to be told as not ready by Prometheus", lambda: ("StokerNodeNotReady", None) in firing(), deadline=180)

    (stoker.directory / "mended").touch()
    assert stoker.post("/restart/database", {"force": True}).status == 200
    wait_for("the page to be resolved", lambda: page in webhook.resolved, deadline=180)
    wait_for("Prometheus to have nothing left", lambda: not monitoring.alerts(), deadline=180)
    assert webhook.fired == {page: 1}


def test_a_planned_full_stop_calls_nobody_however_long_a_service_takes(monitored):
    needs_long = "trap '' TERM; while :; do sleep 0.2; done"
    check = {"exec": {"command": "true"}, "interval": "500ms", "start_interval": "100ms"}
    stoker, webhook, monitoring = monitored(
        {
            "database": recorder("database", health=check),
            "api": recorder("api", depends_on=["database"], health=check),
            # At this pace a little more than six minutes.
            "slow": {"command": needs_long, "depends_on": ["api"], "stop": {"timeout": "19s"}},
        }
    )
    wait_for("Prometheus to see them", lambda: len(ask(monitoring, "stoker_service_up == 1")) == 3, deadline=60)
    stoker.process.send_signal(signal.SIGTERM)
    wait_for("the end of the stop", lambda: stoker.process.poll() is not None, deadline=60)
    assert not webhook.fired
    assert ask(monitoring, 'max_over_time(ALERTS{alertstate="firing", severity!="info"}[1m])') == []
