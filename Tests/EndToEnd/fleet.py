"""Promtool's tests of the alerts, all in one Prometheus: each test becomes a machine of a fleet, told apart from the others as people tell
theirs apart. What a test expects must hold of its machine, whatever happens on the others at the same time."""

import json
import re

import yaml

ORDER = ["stoker-records", "stoker-records-long", "stoker-records-month", "stoker-error-budgets"]


def shared_instance(*names):
    """An agent on each machine scrapes 127.0.0.1:10101; further labels tell the machines apart."""

    def place(labels, machine):
        return {**labels, "instance": "127.0.0.1:10101", **dict.fromkeys(names, f"{machine}.{labels['instance']}")}

    return place, names[0]


def federated():
    """Federation without honor_labels: what Stoker's own Prometheus said of the target is kept under other names."""

    def place(labels, machine):
        inner = {"exported_job": labels["job"], "exported_instance": labels["instance"], **labels}
        return {**inner, "job": "federate", "instance": "prometheus:9090", "exported_instance": f"{machine}.{inner['exported_instance']}"}

    return place, "exported_instance"


def external():
    """Federation with honor_labels, or remote write: one more label on everything, and no instance is there twice."""

    def place(labels, machine):
        return {**labels, "cluster": "north", "instance": f"{machine}.{labels['instance']}"}

    return place, "instance"


def seconds(duration):
    units = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)(ms|[smhd])", duration))


def parsed(series):
    name, _, labels = series.partition("{")
    return name.strip(), dict(re.findall(r'(\w+)\s*=\s*"([^"]*)"', labels))


def written(name, labels):
    return name + "{" + ", ".join(f'{label}="{value}"' for label, value in labels.items()) + "}"


def expectations(test, machine, place, told_by):
    """A test's expectations as questions about its machine alone."""

    def moved(labels):
        return place(labels, machine) if "instance" in labels else labels

    here = f'{told_by}=~"{machine}[.].*"'
    for wanted in test.get("alert_rule_test", []):
        firing = {"alertname": wanted["alertname"], "alertstate": "firing"}
        expression = written("ALERTS", firing).replace("}", f", {here}}}")
        samples = [{"labels": written("ALERTS", {**firing, **moved(alert["exp_labels"])}), "value": 1} for alert in wanted["exp_alerts"]]
        yield {"eval_time": wanted["eval_time"], "expr": expression, "exp_samples": samples}
    for wanted in test.get("promql_expr_test", []):
        expression = re.sub(
            r"\b(ALERTS|name:[\w:]+|stoker_\w+)(\{)?", lambda found: f"{found[1]}{{{here}" + (", " if found[2] else "}"), wanted["expr"]
        )
        samples = []
        for sample in wanted["exp_samples"] or []:
            name, labels = parsed(sample["labels"])
            samples.append({"labels": written(name, moved(labels)), "value": float(sample["value"])})
        yield {"eval_time": wanted["eval_time"], "expr": expression, "exp_samples": samples}


def fleets(files, rules, way, longest=None):
    """{name: text of a promtool file}: a fleet of all tests that look at an hour at most, and one of each file with longer tests, unless they are
    longer than `longest`."""
    place, told_by = way
    made = {}
    for file in files:
        content = yaml.load(file.read_text(), yaml.BaseLoader)  # `0x40` is no number here
        for test in content["tests"]:
            wanted = test.get("alert_rule_test", []) + test.get("promql_expr_test", [])
            ends = max(seconds(one["eval_time"]) for one in wanted)
            if longest and ends > longest:
                continue
            key = (content["evaluation_interval"], test["interval"], "fleet" if ends <= 3600 else file.stem)
            fleet = made.setdefault(key, {"interval": test["interval"], "input_series": [], "promql_expr_test": []})
            machine = f"m{len(fleet['promql_expr_test'])}"
            for series in test["input_series"]:
                name, labels = parsed(series["series"])
                fleet["input_series"].append({"series": written(name, place(labels, machine)), "values": series["values"]})
            fleet["promql_expr_test"] += expectations(test, machine, place, told_by)
    return {
        "-".join(key): json.dumps({"rule_files": [str(rules)], "evaluation_interval": key[0], "group_eval_order": ORDER, "tests": [fleet]})
        for key, fleet in made.items()
    }
