"""The shipped alerts: accepted by the tools that load them, each with tests, labels, texts and a page, on metrics that exist, silent when they
should be. (How they behave in Prometheus and Alertmanager together is another file's.)"""

import datetime
import itertools
import pathlib
import re
import subprocess
import sys

import pytest
import yaml

import fleet
import promql
from fleet import seconds
from harness import recorder, wait_for
from promql import AggregateExpr, BinaryExpr, Call, MatrixSelector, SubqueryExpr

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALERTS = ROOT / "alerts"
RULES = ALERTS / "stoker.rules.yml"
ALERTMANAGER = ROOT / "examples" / "prometheus" / "alertmanager.yml"
TESTS = sorted((ALERTS / "tests").glob("*.yml"))

GROUPS = yaml.safe_load(RULES.read_text())["groups"]
ALL = [rule for group in GROUPS for rule in group["rules"]]
FIRING = [rule for rule in ALL if "alert" in rule]
RECORDED = {rule["record"]: rule for rule in ALL if "record" in rule}
NAMES = {rule["alert"] for rule in FIRING}

SCRAPE_INTERVAL = datetime.timedelta(seconds=30)  # the longest that the rules allow

# These tell what happened, which needs no waiting for; the comment at the rule says so.
WITHOUT_FOR = {"StokerServiceKilledOnStop", "StokerServiceOOMKilled", "StokerServiceLogDropped"}
# What Prometheus itself adds.
OF_PROMETHEUS = {"up"}
# On the page only where the memory controller of cgroup v2 is to be had. Their alerts are tested with made-up series.
ELSEWHERE = {"stoker_service_memory_limit_bytes": {"name"}}

# What tells machines apart, in the example of Alertmanager.
MACHINE = next(rule["equal"] for rule in yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"] if "name" not in rule["equal"])

SCENARIOS = ["crash-loop", "unhealthy-loop", "dead-dependency", "hung-stop", "missed-heartbeats"]


def rule_id(rule):
    return f"{rule['alert']}-{rule['labels']['severity']}" if "alert" in rule else rule["record"]


each_alert = pytest.mark.parametrize("rule", FIRING, ids=rule_id)
each_rule = pytest.mark.parametrize("rule", ALL, ids=rule_id)


def run(*command, cwd=ROOT):
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, cwd=cwd, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


# -- the tools that load them --------------------------------------------------------------------------------------------


def test_promtool_accepts_the_rules():
    assert "SUCCESS" in run("promtool", "check", "rules", RULES)


@pytest.mark.parametrize("file", TESTS, ids=lambda file: file.stem)
def test_promtool_finds_that_they_fire_and_are_silent_as_they_should(file):
    assert "SUCCESS" in run("promtool", "test", "rules", file, cwd=file.parent)


@pytest.mark.parametrize(
    "way, longest",
    [
        pytest.param(fleet.shared_instance("host"), 3600, id="one instance, another host"),
        pytest.param(fleet.shared_instance("namespace", "pod"), 3600, id="one instance, another namespace and pod"),
        pytest.param(fleet.federated(), 10 * 3600, id="federated"),
        pytest.param(fleet.external(), 3600, id="an external label"),
    ],
)
def test_what_a_test_expects_holds_of_a_machine_whatever_happens_on_the_others(way, longest, tmp_path):
    files = [file for file in TESTS if file.stem != "target-missing"]  # that one is about all machines
    made = fleet.fleets(files, RULES, way, longest)
    assert len(made) == (1 if longest == 3600 else 5)
    for name, text in made.items():
        file = tmp_path / f"{name}.yml"
        file.write_text(text)
        assert "SUCCESS" in run("promtool", "test", "rules", file)


def test_amtool_accepts_the_example_of_alertmanager():
    assert "SUCCESS" in run("amtool", "check-config", ALERTMANAGER)


# -- the switch that shortens their times --------------------------------------------------------------------------------


def test_faster_divides_times_and_nothing_else(tmp_path):
    fast = tmp_path / "fast.yml"
    fast.write_text(run(sys.executable, ALERTS / "faster.py", "60"))
    assert "SUCCESS" in run("promtool", "check", "rules", fast)
    rules = [rule for group in yaml.safe_load(fast.read_text())["groups"] for rule in group["rules"]]
    for rule, quick in zip(ALL, rules, strict=True):
        for key in ("for", "keep_firing_for"):
            assert (key in rule) == (key in quick)
            if key in rule:
                assert seconds(quick[key]) == seconds(rule[key]) / 60
        assert {**quick, "expr": "", "for": "", "keep_firing_for": ""} == {**rule, "expr": "", "for": "", "keep_firing_for": ""}
        ranges = [[node.range for node in promql.found(one["expr"], MatrixSelector)] for one in (rule, quick)]
        assert ranges[1] == [max(length / 60, datetime.timedelta(seconds=5)) for length in ranges[0]]
        offsets = [[node.offset for node in promql.selectors(one["expr"])] for one in (rule, quick)]
        assert offsets[1] == [offset and offset / 60 for offset in offsets[0]]

    def words(expression):
        return re.sub(r"\[[^]]*\]|offset \w+", "", expression)

    assert [words(rule["expr"]) for rule in rules] == [words(rule["expr"]) for rule in ALL]


def test_faster_divides_the_times_of_alertmanager(tmp_path):
    fast = tmp_path / "alertmanager.yml"
    fast.write_text(run(sys.executable, ALERTS / "faster.py", "60", ALERTMANAGER))
    assert "SUCCESS" in run("amtool", "check-config", fast)
    route = yaml.safe_load(fast.read_text())["route"]
    assert (route["group_wait"], route["group_interval"], route["repeat_interval"]) == ("500ms", "5s", "720s")


def test_faster_says_how_it_is_used():
    assert subprocess.run([sys.executable, ALERTS / "faster.py"], capture_output=True, check=False).returncode == 1


# -- completeness --------------------------------------------------------------------------------------------------------


@each_alert
def test_every_alert_has_a_test_in_which_it_fires_and_one_in_which_it_is_silent(rule):
    fires = silent = False
    for test in (test for file in TESTS for test in yaml.safe_load(file.read_text())["tests"]):
        for expected in test.get("alert_rule_test", []):
            if expected["alertname"] == rule["alert"]:
                fires |= any(alert["exp_labels"]["severity"] == rule["labels"]["severity"] for alert in expected["exp_alerts"])
                silent |= not expected["exp_alerts"]
    assert fires and silent


@each_alert
def test_every_alert_has_its_labels_and_texts(rule, page):
    assert re.fullmatch(r"Stoker([A-Z][a-z]+|OOM)+", rule["alert"])
    assert set(rule["labels"]) == {"severity"} and rule["labels"]["severity"] in ("critical", "warning", "info")
    of_service = "name" in promql.labels(promql.parse(rule["expr"]), page.labels)
    assert set(rule["annotations"]) == {"summary", "description", "runbook_url"} | ({"page_url"} if of_service else set())
    if of_service:
        assert rule["annotations"]["page_url"] == "http://{{ $labels.instance }}/#/service/{{ $labels.name }}"
    summary, description = rule["annotations"]["summary"], rule["annotations"]["description"]
    assert re.fullmatch(r"[A-Z].*\.", summary) and all(("$labels.name" in text) == of_service for text in (summary, description))
    assert "$value" not in summary, "a summary that changes is sent again and again"
    assert "$labels.instance" in summary or rule["alert"] == "StokerTargetMissing"
    assert re.match(r"[A-Z{].*[.?]$", description) and "{{ $labels." in description
    assert rule["annotations"]["runbook_url"] == f"https://github.com/stoker-supervisor/stoker/blob/main/alerts/runbooks/{rule['alert']}.md"


def test_every_alert_has_a_page_and_every_page_an_alert():
    assert {page.stem for page in (ALERTS / "runbooks").glob("*.md")} == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_page_is_short_and_says_what_to_do_with_commands_that_exist(name):
    text = (ALERTS / "runbooks" / f"{name}.md").read_text()
    assert text.startswith(f"# {name}\n")
    assert re.findall(r"^## (.*)", text, re.MULTILINE) == ["Meaning", "Impact", "Diagnosis", "Cure"]
    assert all(len(part.strip()) > 20 for part in re.split(r"^## .*", text, flags=re.MULTILINE)[1:])
    assert 15 <= len(text.splitlines()) <= 32
    check_commands(text)


@each_alert
def test_descriptions_name_commands_that_exist(rule):
    check_commands(rule["annotations"]["description"])


def check_commands(text):
    table = re.search(r"## Command line\n(.*?)\n## ", (ROOT / "docs" / "operations.md").read_text(), re.DOTALL)[1]
    # `stoker start\|stop\|restart` in a table's cell.
    verbs = {verb for cell in re.findall(r"`stoker ([a-z|\\]+)", table) for verb in cell.replace("\\", "").split("|")}
    options = set(re.findall(r"--?[a-z]+", table))
    assert {"run", "why", "restart"} <= verbs
    for verb, rest in re.findall(r"`stoker ([a-z]+)([^`]*)`", text):
        assert verb in verbs, verb
        assert set(re.findall(r"(?<!\w)--?[a-z]+", rest)) <= options, rest


def test_only_known_alerts_are_inhibited():
    config = yaml.safe_load(ALERTMANAGER.read_text())
    named = set(re.findall(r"\bStoker\w+", str(config["inhibit_rules"])))
    assert named <= NAMES
    [edge] = [rule for rule in config["inhibit_rules"] if "StokerDependencyNotReady" in str(rule["source_matchers"])]
    assert edge["equal"] == config["route"]["group_by"] == ["name", *MACHINE]
    of_services = [rule for rule in config["inhibit_rules"] if "StokerDown" not in str(rule["source_matchers"]) and "NodeNot" not in str(rule)]
    assert all(rule["equal"] == (edge["equal"] if rule in of_services else MACHINE) for rule in config["inhibit_rules"])


def test_what_tells_machines_apart_is_no_label_of_a_metric(page):
    of_metrics = {label for series in page.found.values() for labels in series for label in labels}
    assert not of_metrics & set(MACHINE)


# -- what pint would say -------------------------------------------------------------------------------------------------


@each_alert
def test_an_alert_compares(rule):
    comparing = [node for node in promql.found(rule["expr"], BinaryExpr) if promql.operator(node) in promql.COMPARISONS]
    absent = [node for node in promql.found(rule["expr"], Call) if node.func.name == "absent"]
    assert comparing or absent
    if absent:
        assert seconds(rule["for"]) >= 120


@each_alert
def test_an_alert_waits_or_says_why_not(rule):
    assert ("for" in rule) != (rule["alert"] in WITHOUT_FOR)


@each_alert
def test_texts_use_labels_that_the_alert_has_and_labels_no_values(rule, page):
    assert "value" not in str(rule["labels"]).lower()
    has = promql.labels(promql.parse(rule["expr"]), page.labels) | promql.TARGET
    assert set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"]))) <= has


@each_rule
def test_both_sides_of_an_operator_have_labels_that_match(rule, page):
    promql.labels(promql.parse(rule["expr"]), page.labels)  # raises where they do not


@each_rule
def test_ranges_hold_two_scrapes_and_rates_are_of_counters(rule, page):
    for node in promql.found(rule["expr"], MatrixSelector):
        assert node.range >= 2 * SCRAPE_INTERVAL
    assert not promql.found(rule["expr"], SubqueryExpr)
    inside = set()
    for node in promql.found(rule["expr"], Call):
        if node.func.name in ("rate", "increase", "irate"):
            [selected] = [part for argument in node.args for part in [argument.vector_selector]]  # a plain selector: no rate(sum(…))
            inside.add(selected.name)
            assert page.is_counter(selected.name), selected.name
    for selected in promql.selectors(rule["expr"]):
        assert page.is_counter(selected.name) == (selected.name in inside), f"{selected.name}: counters are read by rate, gauges are not"


@each_rule
def test_regular_expressions_are_needed(rule):
    for selected in promql.selectors(rule["expr"]):
        for label, operator, value in promql.matchers(selected):
            if operator in ("=~", "!~"):
                assert re.search(r"[.*+?|\[(]", value), f"{label}{operator}{value} is a plain text"
                assert value not in (".*", ".+") and not re.search(r"^\^|\$$", value)


@each_rule
def test_aggregations_keep_labels_that_we_do_not_know(rule):
    for node in promql.found(rule["expr"], AggregateExpr):
        assert node.modifier is not None and str(node.modifier.type).endswith("Without")
        assert promql.operator(node) in ("sum", "max", "min", "avg", "count"), "topk and its like make series come and go"


def test_no_rule_is_there_twice():
    expressions = [rule["expr"] for rule in ALL]
    assert len(expressions) == len(set(expressions))
    assert len({rule_id(rule) for rule in ALL}) == len(ALL)


def test_recorded_series_are_named_by_level_metric_and_operation():
    assert RECORDED and all(re.fullmatch(r"name:[a-z_]+:[a-z0-9]+", name) for name in RECORDED)
    read = {selected.name for rule in ALL for selected in promql.selectors(rule["expr"]) if ":" in selected.name}
    assert read <= set(RECORDED)


# -- metrics that exist --------------------------------------------------------------------------------------------------


class Page:
    """What a real Stoker shows, and what follows from it for recorded series."""

    def __init__(self, text):
        from prometheus_client.parser import text_string_to_metric_families

        self.found, self.counters = {}, set()
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                self.found.setdefault(sample.name, []).append(sample.labels)
                if family.type in ("counter", "histogram"):
                    self.counters.add(sample.name)

    def labels(self, name):
        if name in OF_PROMETHEUS:
            return set()
        if name in ELSEWHERE:
            return ELSEWHERE[name]
        if name in RECORDED:
            return promql.labels(promql.parse(RECORDED[name]["expr"]), self.labels)
        return set().union(*(labels for labels in self.of(name)))

    def of(self, name):
        """The label sets of a metric; of a native histogram, which the text format does not show, those of its count."""
        return self.found[name] if name in self.found else self.found[f"{name}_count"]

    def is_counter(self, name):
        return name in self.counters or f"{name}_count" in self.counters


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The page of a Stoker whose services are in every situation that the rules speak of."""
    from harness import Stoker

    stoker = Stoker(
        tmp_path_factory.mktemp("page") / "node",
        services={
            "first": recorder("first", health={"exec": {"command": "true"}, "interval": "1s", "start_interval": "100ms"}),
            "second": recorder("second", depends_on=["first"]),
            "third": recorder("third", depends_on={"first": {"optional": True}}),
        },
    )
    try:
        stoker.start()
        for path in ("/-/ready", "/readyz"):
            stoker.request("GET", path)
        last_run = 'stoker_health_check_last_run_timestamp_seconds{name="first"}'
        wait_for("a check", lambda: last_run in stoker.request("GET", "/metrics").text)
        return Page(stoker.request("GET", "/metrics").text)
    finally:
        stoker.finish()


@each_rule
def test_every_metric_and_label_of_the_rules_is_on_a_real_page(rule, page):
    for selected in promql.selectors(rule["expr"]):
        name = selected.name
        if name in OF_PROMETHEUS | set(ELSEWHERE) | set(RECORDED):
            assert all(label in promql.TARGET | {"exported_job"} for label, _, _ in promql.matchers(selected))
            continue
        assert name in page.found or f"{name}_count" in page.found, f"{name} is not exposed"
        for label, operator, value in promql.matchers(selected):
            shown = {labels.get(label) for labels in page.of(name)}
            assert shown != {None}, f"{name} has no label {label}"
            wanted = {value} if operator in ("=", "!=") else set(value.split("|")) if label != "code" else set()
            assert wanted <= shown, f"{name}: {label} is one of {shown}"


# -- recordings ----------------------------------------------------------------------------------------------------------


def firing(scenario):
    """What a replay expects: [(time, {(alert, name, severity)})], in the order of time. promtool holds it against the rules."""
    [test] = yaml.safe_load((ALERTS / "tests" / f"replay-{scenario}.yml").read_text())["tests"]
    steps = []
    for step in test["promql_expr_test"]:
        labels = [dict(re.findall(r'(\w+)="([^"]*)"', sample["labels"])) for sample in step["exp_samples"]]
        steps.append((seconds(step["eval_time"]), labels))
    assert [time for time, _ in steps] == sorted(time for time, _ in steps)
    return steps


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_replay_says_what_fires_before_and_after_each_change(scenario):
    steps = firing(scenario)
    for (before, old), (after, new) in itertools.pairwise(steps):
        if old != new:
            assert after - before == 15, f"what fires changes between {before} and {after} s, but when exactly?"
    assert steps[0][1] == [], "it begins well"
    assert any(alerts for _, alerts in steps)


def silenced(alerts):
    """Those of the alerts that the example of Alertmanager would not send; a label that two alerts lack is the same in both."""

    def fits(matchers, alert):
        for matcher in matchers:
            label, operator, value = re.fullmatch(r'(\w+) *(=~|!=|!~|=) *"?([^"]*)"?', matcher).groups()
            equal = bool(re.fullmatch(value, alert.get(label, ""))) if "~" in operator else alert.get(label, "") == value
            if equal == operator.startswith("!"):
                return False
        return True

    rules = yaml.safe_load(ALERTMANAGER.read_text())["inhibit_rules"]
    return [
        alert
        for alert in alerts
        if any(
            fits(rule["target_matchers"], alert)
            and fits(rule["source_matchers"], source)
            and all(source.get(label) == alert.get(label) for label in rule["equal"])
            for rule in rules
            for source in alerts
            if source is not alert
        )
    ]


@pytest.mark.parametrize("scenario, page", [("crash-loop", "crasher"), ("unhealthy-loop", "sick"), ("dead-dependency", "database")])
def test_one_incident_is_one_call_and_no_ticket_besides(scenario, page):
    called = []
    for _, alerts in firing(scenario):
        quiet = silenced(alerts)
        loud = [(alert["alertname"], alert.get("name")) for alert in alerts if alert["severity"] != "info" and alert not in quiet]
        assert len(loud) <= 1, loud
        assert all(name == page for _, name in loud)
        called += [alert for alert in loud if alert not in called]
    # An unhealthy service that is given up in the end is a second call: from then on nothing but a human helps.
    assert called == [("StokerServiceUnhealthy", page)] * (scenario == "unhealthy-loop") + [("StokerServiceFailed", page)]


def named(*names, name="api"):
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in FIRING}
    return [{"alertname": alert, "name": name, "severity": severities[alert]} for alert in names]


def test_a_dead_dependency_silences_neither_itself_nor_unrelated_faults():
    edge = named("StokerDependencyNotReady")
    own = named("StokerServiceFailed", "StokerCriticalServiceDown", "StokerServiceUnhealthy", name="database")
    unrelated = named(
        "StokerServiceOOMKilled",
        "StokerServiceKilledOnStop",
        "StokerServiceStuckStopping",
        "StokerServiceDescriptorsNearLimit",
        "StokerServiceMemoryGrowth",
        "StokerServiceLogDropped",
        "StokerHealthCheckStale",
    )
    consequences = named(*sorted(alert for alert in NAMES if "Service" in alert or "Health" in alert or "Budget" in alert))
    consequences = [alert for alert in consequences if alert not in unrelated]
    quiet = silenced([*edge, *own, *unrelated, *consequences])
    assert [alert for alert in quiet if alert["name"] == "api"] == consequences
    assert own[0] not in quiet and not silenced([*edge, own[1]]) and not silenced([*edge, own[2]])


def test_the_graver_alert_of_a_service_silences_the_milder():
    order = ["StokerServiceFailed", "StokerCriticalServiceDown", "StokerServiceUnhealthy", "StokerServiceDegraded"]
    for graver, milder in itertools.combinations(order, 2):
        both = named(graver, milder)
        assert silenced(both) == both[1:]
        assert silenced([*named(graver, name="other"), both[1]]) == []


@pytest.mark.parametrize("label", [label for label in MACHINE if label not in promql.TARGET])
def test_an_alert_of_one_machine_silences_none_of_another_with_the_same_instance(label):
    sources = {alert for alert in NAMES if "Dependency" not in alert}
    here, there = ([{**alert, "job": "stoker", "instance": "127.0.0.1:10101", label: place} for alert in alerts] for place, alerts in (
        ("a", [*named(*sorted(sources)), *named("StokerDependencyNotReady", name="web")]), ("b", named("StokerServiceFailed", name="web"))
    ))  # fmt: skip
    assert silenced([*here, *there]) and not [alert for alert in silenced([*here, *there]) if alert[label] == "b"]


def test_a_silent_stoker_silences_what_is_said_of_it_and_nothing_of_others():
    down = {"alertname": "StokerDown", "severity": "critical", "instance": "a"}
    here, elsewhere = ({"alertname": "StokerServiceFailed", "severity": "critical", "name": "x", "instance": node} for node in "ab")
    assert silenced([down, here, elsewhere]) == [here]
