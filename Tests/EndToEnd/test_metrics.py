"""The page for Prometheus: correct by promtool, complete from the first scrape, escaped, without duplicates."""

import json
import re
import shutil
import subprocess
import time

import pytest
import yaml

from harness import ROOT, recorder, samples, series, wait_for

STATES = ["stopped", "waiting", "starting", "running", "backoff", "stopping", "completed", "failed"]
HEALTH = ["healthy", "degraded", "unhealthy", "unknown"]
REASONS = ["exit", "signal", "oom", "unhealthy", "watchdog", "start_failed", "start_timeout", "dependency", "manual", "reload", "runtime_max"]
OUTCOMES = ["success", "failure", "signal", "oom"]
STREAMS = ["stdout", "stderr"]

# What every configured service has from the first scrape on, with the labels beside `name`.
OF_A_SERVICE = {
    "stoker_service_state": [{"state": state} for state in STATES],
    "stoker_service_up": [{}],
    "stoker_service_ready": [{}],
    "stoker_service_desired_up": [{}],
    "stoker_service_critical": [{}],
    "stoker_service_health": [{"status": status} for status in HEALTH],
    "stoker_service_state_seconds_total": [{"state": state} for state in STATES],
    "stoker_service_restarts_total": [{"reason": reason} for reason in REASONS],
    "stoker_service_restart_attempts": [{}],
    "stoker_service_restart_limit": [{}],
    "stoker_service_restart_limit_reached": [{}],
    "stoker_service_last_restart_timestamp_seconds": [{}],
    "stoker_service_next_restart_timestamp_seconds": [{}],
    "stoker_service_backoff_seconds": [{}],
    "stoker_service_exits_total": [{"outcome": outcome} for outcome in OUTCOMES],
    "stoker_service_start_failures_total": [{"stage": stage} for stage in ("spawn", "hook", "ready")],
    "stoker_service_stop_kills_total": [{}],
    "stoker_service_cpu_seconds_total": [{"mode": mode} for mode in ("user", "system")],
    "stoker_service_resident_memory_bytes": [{}],
    "stoker_service_virtual_memory_bytes": [{}],
    "stoker_service_open_fds": [{}],
    "stoker_service_threads": [{}],
    "stoker_service_processes": [{}],
    "stoker_service_io_read_bytes_total": [{}],
    "stoker_service_io_write_bytes_total": [{}],
    "stoker_service_log_lines_total": [{"stream": stream} for stream in STREAMS],
    "stoker_service_log_bytes_total": [{"stream": stream} for stream in STREAMS],
    "stoker_service_log_dropped_bytes_total": [{"stream": stream} for stream in STREAMS],
    "stoker_service_layer": [{}],
    "stoker_service_waiting_seconds": [{}],
    "stoker_registry_heartbeat_timeout_seconds": [{}],
    "stoker_registry_alive": [{}],
    "stoker_registry_heartbeats_total": [{}],
    "stoker_registry_expirations_total": [{}],
}
OF_A_CHECKED_SERVICE = {
    "stoker_health_check_consecutive_failures": [{}],
    "stoker_health_check_consecutive_successes": [{}],
    "stoker_health_checks_total": [{}],
    "stoker_health_check_failures_total": [{}],
    "stoker_health_check_interval_seconds": [{}],
    "stoker_health_check_timeout_seconds": [{}],
    "stoker_health_check_failure_threshold": [{}],
    "stoker_health_check_duration_seconds_count": [{}],
}
OF_THE_WHOLE = {
    "stoker_health": [{"status": status} for status in HEALTH],
    "stoker_ready": [{}],
    "stoker_initialized": [{}],
    "stoker_services": [{"state": state} for state in STATES],
    "stoker_dependency_resolution_duration_seconds": [{}],
    "stoker_service_start_duration_seconds_count": [{}],
    "stoker_service_stop_duration_seconds_count": [{}],
    "stoker_loop_lag_seconds_count": [{}],
    "stoker_http_requests_in_flight": [{}],
    "stoker_http_connections": [{}],
    "stoker_event_stream_clients": [{}],
    "stoker_scrape_duration_seconds": [{}],
    "stoker_scrape_series": [{}],
    "stoker_scrape_size_bytes": [{}],
    "stoker_config_last_reload_successful": [{}],
    "stoker_config_last_reload_success_timestamp_seconds": [{}],
    "process_cpu_seconds_total": [{}],
    "process_resident_memory_bytes": [{}],
    "process_virtual_memory_bytes": [{}],
    "process_open_fds": [{}],
    "process_max_fds": [{}],
    "process_start_time_seconds": [{}],
}

ODD = 'quo"te \\back\\slash \\n äöü ☃ {}=,'


@pytest.fixture
def busy(make_stoker, health_server):
    """One service in every kind of situation."""
    return make_stoker(
        services={
            "runs": recorder("runs", type=ODD, version=ODD, health={"http": {"url": health_server().url}, "interval": "200ms"}),
            "sick": recorder("sick", health={"http": {"url": health_server(500).url}}),
            "plain": recorder("plain", then="echo out; echo err >&2; exec sleep 1000"),
            "off": recorder("off", enabled=False, health={"http": {"url": "http://127.0.0.1:9/"}}),
            "crash": recorder("crash", then="exit 1", restart={"max_attempts": 0}),
            "absent": {"command": ["/nonexistent"], "restart": {"max_attempts": 0}},
            "waits": recorder("waits", depends_on={"sick": {}, "off": {"optional": True}}),
            "once": {"kind": "oneshot", "command": ["true"]},
            "remote": {"kind": "external", "health": {"http": {"url": health_server().url}}},
            "unlimited": recorder("unlimited", restart={"max_attempts": "unlimited"}),
        }
    )


def test_every_series_exists_from_the_first_scrape(busy):
    busy.start(ready=False)
    # Until it has taken over what an earlier one left, it says so instead.
    page = wait_for("the first scrape", lambda: busy.running() and (answer := busy.request("GET", "/metrics")).status == 200 and answer.text)
    first = samples(page)
    # What cannot be read yet, as its process is just being started, is absent.
    usage = [family for family in OF_A_SERVICE if any(word in family for word in ("cpu_seconds", "memory_bytes", "_fds", "_threads", "_processes", "_io_"))]
    names = ["runs", "sick", "plain", "off", "crash", "absent", "waits", "once", "remote", "unlimited"]
    missing = []
    for wanted, services in ((OF_A_SERVICE, names), (OF_A_CHECKED_SERVICE, ["runs", "sick", "off", "remote"])):
        for family, label_sets in wanted.items():
            for labels in label_sets:
                missing += [(family, name, labels) for name in services if family not in usage and (family, frozenset({**labels, "name": name}.items())) not in first]
    for family, label_sets in OF_THE_WHOLE.items():
        missing += [(family, labels) for labels in label_sets if (family, frozenset(labels.items())) not in first]
    assert missing == []
    infos = {dict(labels)["name"]: dict(labels) for (name, labels) in first if name == "stoker_service_info"}
    assert set(infos) == set(names)
    assert set(infos["runs"]) == {"name", "kind", "type", "version", "restart_policy", "section"}
    assert [dict(labels) for name, labels in first if name == "stoker_build_info"][0].keys() >= {
        "version", "revision", "swift_version", "os", "arch",
    }
    assert not any(name.startswith("stoker_health_check") and ("name", "plain") in labels for name, labels in first)
    edges = {(dict(labels)["name"], dict(labels)["depends_on"], dict(labels)["kind"]) for name, labels in first if name == "stoker_service_dependency_ready"}
    assert edges == {("waits", "sick", "required"), ("waits", "off", "optional")}

    # And none of them goes away.
    wait_for("everything to settle", lambda: busy.get("/services").json["initialized"])
    wait_for("a crash", lambda: busy.wait_status("crash", "failed"))
    later = samples(busy.request("GET", "/metrics").text)
    assert [key for key in first if key not in later and "start_time" not in key[0]] == []


def test_promtool_finds_nothing_to_complain_about(busy):
    busy.start()
    wait_for("checks and exits", lambda: busy.wait_status("crash", "failed") and busy.wait_health("runs", "healthy"))
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: run 'make test', which installs it"
    page = busy.request("GET", "/metrics")
    assert page.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    result = subprocess.run([promtool, "check", "metrics"], input=page.body, capture_output=True, check=False)
    assert (result.returncode, result.stderr.decode(), result.stdout.decode()) == (0, "", "")


def test_label_values_with_quotes_and_backslashes_arrive_whole(busy):
    busy.start()
    found = samples(busy.request("GET", "/metrics").text)
    info = [dict(labels) for (name, labels) in found if name == "stoker_service_info" and ("name", "runs") in labels]
    assert [(entry["type"], entry["version"]) for entry in info] == [(ODD, ODD)]


def test_no_series_is_there_twice_and_families_stand_together(busy):
    busy.start()
    page = busy.request("GET", "/metrics").text
    samples(page)  # fails on a duplicate
    types = [line.split()[2] for line in page.splitlines() if line.startswith("# TYPE")]
    assert len(types) == len(set(types))
    lines = [line for line in page.splitlines() if line and not line.startswith("#")]
    keys = [line.rsplit(" ", 1)[0] for line in lines]
    assert len(keys) == len(set(keys))


def test_values_tell_the_truth(busy):
    busy.start()
    busy.wait_status("crash", "failed")
    busy.wait_health("runs", "healthy")
    busy.wait_status("once", "completed")
    wait_for("the output", lambda: "err" in busy.get("/service/plain/logs").text)
    page = busy.request("GET", "/metrics").text
    for name in ("runs", "sick", "plain", "off", "crash", "absent", "waits", "once", "remote", "unlimited"):
        states = [series(page, "stoker_service_state", name=name, state=state) for state in STATES]
        assert sum(states) == 1, name
        assert sum(series(page, "stoker_service_health", name=name, status=status) for status in HEALTH) == 1, name
    assert series(page, "stoker_service_state", name="waits", state="waiting") == 1
    assert series(page, "stoker_service_waiting_seconds", name="waits") > 0
    assert series(page, "stoker_service_dependency_ready", name="waits", depends_on="sick", kind="required") == 0
    assert series(page, "stoker_service_up", name="plain") == 1
    assert series(page, "stoker_service_desired_up", name="off") == 0
    assert series(page, "stoker_service_up", name="crash") == 0
    assert series(page, "stoker_service_desired_up", name="crash") == 1
    assert series(page, "stoker_service_restart_limit", name="plain") == 3
    assert series(page, "stoker_service_restart_limit", name="unlimited") == float("inf")
    assert series(page, "stoker_service_start_failures_total", name="absent", stage="spawn") == 1
    assert series(page, "stoker_service_log_lines_total", name="plain", stream="stdout") == 1
    assert series(page, "stoker_service_log_bytes_total", name="plain", stream="stderr") == 4
    assert series(page, "stoker_service_start_time_seconds", name="plain") > 1_600_000_000
    assert series(page, "stoker_service_start_time_seconds", name="off") is None
    assert series(page, "stoker_health_check_status", name="runs") == 1
    assert series(page, "stoker_health_check_status", name="off") is None
    assert series(page, "stoker_health_check_interval_seconds", name="sick") == 30
    assert series(page, "stoker_health_check_timeout_seconds", name="sick") == 5
    assert series(page, "stoker_health_check_failure_threshold", name="sick") == 3
    assert sum(series(page, "stoker_services", state=state) for state in STATES) == 10
    assert series(page, "stoker_initialized") == 1
    assert series(page, "stoker_ready") == 0

    def usage():
        return series(busy.request("GET", "/metrics").text, "stoker_service_resident_memory_bytes", name="plain")

    wait_for("the usage of a process to be known", lambda: usage() > 0)
    page = busy.request("GET", "/metrics").text
    assert series(page, "stoker_service_processes", name="plain") >= 1
    assert series(page, "stoker_service_threads", name="plain") >= 1
    assert series(page, "stoker_http_requests_total", handler="/metrics", method="GET", code="200") >= 1


def documented_groups():
    """The families of each group, from the tables of the page."""
    page = (ROOT / "docs" / "metrics.md").read_text()
    groups = {"registry": set(re.findall(r"`(stoker_registry_\w+)` \|", page.split("\n## Registry")[1].split("\n## ")[0]))}
    for family, group in re.findall(r"^\| `(\w+)` \|.*Group `(\w+)`", page, re.MULTILINE):
        groups.setdefault(group, set()).add(family)
    return groups


def test_a_group_leaves_out_the_families_that_the_documents_name(make_stoker):
    def families(excluded):
        stoker = make_stoker(
            services={"a": recorder("a", health={"exec": {"command": ["true"]}, "start_interval": "100ms"}), "b": recorder("b", depends_on=["a"])},
            supervisor={"metrics": {"exclude": excluded}},
            name=f"node-without-{len(excluded)}",
        ).start()

        def found():
            page = stoker.request("GET", "/metrics").text
            return set(re.findall(r"^# TYPE (\S+)", page, re.MULTILINE)) if "\nstoker_health_check_status{" in page else None

        return wait_for("the first check", found)

    groups = documented_groups()
    everything = families([])
    for excluded in (list(groups), ["exits"], ["log", "registry"]):
        assert everything - families(excluded) == everything & set().union(*(groups[group] for group in excluded))


def test_the_check_names_the_alerts_that_a_group_blinds(make_stoker):
    groups = documented_groups()
    rules = [rule for group in yaml.safe_load((ROOT / "alerts" / "stoker.rules.yml").read_text())["groups"] for rule in group["rules"]]
    reads = {rule["alert"]: [other["expr"] for other in rules if other.get("alert") == rule["alert"]] for rule in rules if "alert" in rule}

    def blind(group):
        names = set(groups[group])
        for rule in rules:
            if "record" in rule and re.search(rf"\b({'|'.join(names)})(_bucket|_sum|_count)?\b", rule["expr"]):
                names.add(rule["record"])
        words = re.compile(rf"\b({'|'.join(names)})(_bucket|_sum|_count)?\b")
        return [alert for alert, expressions in reads.items() if all(words.search(expression) for expression in expressions)]

    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"metrics": {"exclude": list(groups)}})
    warnings = json.loads(stoker.command("check", "--json", "--config", str(stoker.file)).stdout)["warnings"]
    told = {re.search("without the group '(.*?)'", warning)[1]: re.findall(r"Stoker[A-Z]\w+", warning) for warning in warnings if "metrics.exclude" in warning}
    assert told == {group: blind(group) for group in groups if blind(group)} and "registry" in told
    assert not told.keys() & {"io", "log", "exits", "state_seconds"}, "no alert reads what these hold"


def test_a_scrape_does_not_wait_for_a_stuck_stop_or_a_hung_check(make_stoker):
    stoker = make_stoker(
        services={
            "deaf": recorder("deaf", first="trap '' TERM", stop={"timeout": "10m"}),
            "hung": recorder("hung", health={"exec": {"command": ["sleep", "1000"]}, "timeout": "10m", "interval": "10m", "start_interval": "100ms"}),
        }
    ).start()
    stoker.wait_starts("deaf")
    assert stoker.post("/stop/deaf?wait=none").status in (200, 202)
    stoker.wait_status("deaf", "stopping")
    began = time.monotonic()
    for _ in range(10):
        assert stoker.request("GET", "/metrics").status == 200
    assert time.monotonic() - began < 20
