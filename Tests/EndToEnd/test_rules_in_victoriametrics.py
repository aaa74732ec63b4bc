"""The rules in a real VictoriaMetrics: it knows every function, and the same alerts fire as in Prometheus."""

import json
import re
import subprocess
import urllib.parse

import pytest
import yaml

import fleet
from fleet import seconds
from harness import free_port, http_request, wait_for
from test_rules import FIRING, GROUPS, RULES, TESTS, each_rule, run

NATIVE = "stoker-records-native"  # the group that is for Prometheus alone
STEP = 15
BEGIN = 1_700_000_100  # a multiple of all steps: VictoriaMetrics moves the times of a query there


@pytest.fixture(scope="module")
def victoria(tmp_path_factory):
    port = free_port()
    with open(tmp_path_factory.mktemp("victoria") / "said", "wb") as out:
        command = ["victoria-metrics", f"-storageDataPath={out.name}.data", f"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y"]
        process = subprocess.Popen([*command, "-search.latencyOffset=0s"], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    try:
        wait_for("VictoriaMetrics", lambda: http_request(port, "GET", "/health").status == 200)
        yield port
    finally:
        process.kill()
        process.wait()


def ask(port, path, **arguments):
    answer = http_request(port, "GET", f"/api/v1/{path}?{urllib.parse.urlencode({**arguments, 'nocache': 1})}", timeout=60)
    assert answer.status == 200, answer.text
    return answer.json["data"]["result"]


def test_vmalert_accepts_the_rules_without_the_group_for_native_histograms(tmp_path):
    # Debian's vmalert is 1.79, which does not know keep_firing_for yet (1.91 does).
    groups = [{**group, "rules": [{**rule} for rule in group["rules"]]} for group in GROUPS if group["name"] != NATIVE]
    for rule in (rule for group in groups for rule in group["rules"]):
        rule.pop("keep_firing_for", None)
    known = tmp_path / "rules.yml"
    known.write_text(yaml.safe_dump({"groups": groups}))
    run("vmalert", f"-rule={known}", "-dryRun")


@each_rule
def test_it_knows_what_a_rule_asks(rule, victoria):
    if rule in next(group["rules"] for group in GROUPS if group["name"] == NATIVE):
        assert rule.get("record"), "no alert may be refused"
    else:
        ask(victoria, "query", query=rule["expr"])


# -- the same alerts -----------------------------------------------------------------------------------------------------


def samples(values):
    """promtool's notation, as [value or None]. A marker of staleness is no sample."""
    found = []
    for part in values.split():
        number = r"[-+]?(?:Inf|[0-9.]+(?:e[-+]?\d+)?)"
        start, step, count = re.fullmatch(rf"(_|stale|{number})([-+][0-9.]+)?(?:x(\d+))?", part).groups()
        for turn in range(int(count or 0) + (start != "_" or not count)):
            found.append(None if start in ("_", "stale") else float(start) + turn * float(step or 0))
    return found


def keep(port, series, values):
    body = "".join(f"{series} {value!r} {(BEGIN + step * STEP) * 1000}\n" for step, value in values)
    assert http_request(port, "POST", "/api/v1/import/prometheus", body.encode(), timeout=60).status == 204


def written_down(port):
    """Waits until questions see what was kept."""
    assert http_request(port, "GET", "/internal/force_flush").status == 200


def judged(port, rule, end):
    """Steps at which each alert of a rule fires, as vmalert decides: {labels: {step}}"""
    pending, lasting = seconds(rule.get("for", "0s")), seconds(rule.get("keep_firing_for", "0s"))
    firing = {}
    for series in ask(port, "query_range", query=rule["expr"], start=BEGIN, end=BEGIN + end, step=STEP):
        labels = {label: value for label, value in series["metric"].items() if label != "__name__"} | rule["labels"]
        true = {int((time - BEGIN) / STEP) for time, _ in series["values"]}
        since, until, steps = None, 0, set()
        for step in range(end // STEP + 1):
            since = None if step not in true else step if since is None else since
            if since is not None and ((step - since) * STEP >= pending or step - 1 in steps):
                steps.add(step)
                until = step * STEP + lasting
            elif step - 1 in steps and step * STEP <= until:
                steps.add(step)
        firing[frozenset({"alertname": rule["alert"], **labels}.items())] = steps
    return firing


def told(alerts, wanted):
    """Whether a question of promtool can be asked here; then what is found and what is expected, each as a set of label sets."""
    asked = re.fullmatch(r"(?:count by \(([\w, ]+)\) \()?ALERTS\{(.*)\}\)?", wanted["expr"])
    if not asked or "!=" in wanted["expr"]:
        return None
    shown = asked[1] and asked[1].split(", ")
    machine = re.search(r'"(m\d+)\[', asked[2])[1]
    name = re.search(r'alertname="(\w+)"', asked[2])
    found = [
        dict(alert)
        for alert, steps in alerts.items()
        if dict(alert).get("host", "").startswith(f"{machine}.") and seconds(wanted["eval_time"]) // STEP in steps
    ]
    expected = [fleet.parsed(sample["labels"])[1] for sample in wanted["exp_samples"]]
    return (
        {
            frozenset((label, value) for label, value in labels.items() if label != "alertstate" and (not shown or label in shown))
            for labels in side
            if not name or labels["alertname"] == name[1]
        }
        for side in (found, expected)
    )


def test_the_same_alerts_fire_as_in_prometheus(victoria):
    files = [file for file in TESTS if file.stem != "target-missing"]
    [text] = fleet.fleets(files, RULES, fleet.shared_instance("host"), 3600).values()
    [machines] = json.loads(text)["tests"]
    end = max(seconds(wanted["eval_time"]) for wanted in machines["promql_expr_test"])
    for one in machines["input_series"]:
        # promtool's clock begins at 0, and so do points in time.
        base = BEGIN if re.match(r"\w+(_timestamp|_start_time)_seconds", one["series"]) else 0
        keep(victoria, one["series"], [(step, value + base) for step, value in enumerate(samples(one["values"])) if value is not None])
    written_down(victoria)
    for rule in (rule for group in GROUPS if group["name"] != NATIVE for rule in group["rules"] if "record" in rule):
        for series in ask(victoria, "query_range", query=rule["expr"], start=BEGIN, end=BEGIN + end, step=STEP):
            labels = {label: value for label, value in series["metric"].items() if label != "__name__"}
            values = [(int((time - BEGIN) / STEP), float(value)) for time, value in series["values"]]
            keep(victoria, fleet.written(rule["record"], labels), values)
        written_down(victoria)
    alerts = {labels: steps for rule in FIRING for labels, steps in judged(victoria, rule, end).items()}
    answers = [told(alerts, wanted) for wanted in machines["promql_expr_test"]]
    compared = [tuple(answer) for answer in answers if answer]
    assert len(compared) > 200 and sum(bool(found) for found, _ in compared) > 80
    assert not [both for both in compared if both[0] != both[1]]
