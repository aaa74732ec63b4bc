"""Reads the shipped boards: their panels, and every expression in them as PromQL with the boards' variables filled in."""

import dataclasses
import json
import pathlib
import re

import promql_parser

from harness import ROOT

FOLDER = ROOT / "dashboards"
UIDS = ("stoker-overview", "stoker-service", "stoker-supervisor")

# Durations that nobody writes, so that they are found again in what was parsed.
RATE_INTERVAL, RANGE = "8521s", "9787s"


def load(uid):
    return json.loads((FOLDER / f"{uid}.json").read_text())


def panels(board):
    """The panels that show something, not the rows between them. A row that is closed at first has its panels within."""
    for panel in board["panels"]:
        if panel["type"] != "row":
            yield panel
        yield from panel.get("panels", [])


@dataclasses.dataclass(frozen=True)
class Expression:
    """One query of a board: of a panel, a variable or an annotation."""

    board: str
    place: str
    text: str
    instant: bool = False
    legend: str = ""
    links: str = ""

    def __str__(self):
        return f"{self.board}: {self.place}"

    def filled(self, **values):
        """As Prometheus sees it, once Grafana has filled in the variables."""
        return fill(self.text, **values)

    @property
    def parsed(self):
        return promql_parser.parse(self.filled(rate_interval=RATE_INTERVAL, range=RANGE))


def fill(text, rate_interval, range, job=".+", instance=".+", name=".+", objective="0.999"):
    for variable, value in {
        "$__rate_interval": rate_interval, "$__range": range, "$job": job, "$instance": instance, "$name": name, "$objective": objective,
    }.items():
        text = text.replace(variable, value)
    assert "$" not in text, f"an unknown variable: {text}"
    return text


LABEL_VALUES = re.compile(r"label_values\((.+), (\w+)\)")


def expressions(uid):
    """All of a board. Of a `label_values(SELECTOR, LABEL)` it is `count by (LABEL) (SELECTOR)`, which asks for the same."""
    board = load(uid)
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            selector, label = LABEL_VALUES.fullmatch(variable["query"]).groups()
            yield Expression(uid, f"variable {variable['name']}", f"count by ({label}) ({selector})", instant=True, legend=f"{{{{{label}}}}}")
    for annotation in board["annotations"]["list"]:
        words = annotation["titleFormat"] + annotation["textFormat"] + "".join(f"{{{{{key}}}}}" for key in annotation["tagKeys"].split(","))
        yield Expression(uid, f"annotation {annotation['name']}", annotation["expr"], legend=words)
    for panel in panels(board):
        for target in panel["targets"]:
            links = json.dumps([panel["fieldConfig"]["defaults"].get("links", []), overridden(panel, target["refId"])])
            place = f"panel {panel['title']!r}, query {target['refId']}"
            yield Expression(uid, place, target["expr"], target.get("instant", False), target.get("legendFormat", ""), links)


def overridden(panel, query):
    """What overrides say about the series of a query."""
    matcher = {"id": "byFrameRefID", "options": query}
    return [override["properties"] for override in panel["fieldConfig"]["overrides"] if override["matcher"] == matcher]


def walk(node, parents=()):
    """Each node of what was parsed, with those above it, the nearest last."""
    if not isinstance(node, promql_parser.Expr) and not hasattr(node, "prettify"):
        return
    yield node, parents
    for part in ("lhs", "rhs", "expr", "param", "vector_selector"):
        if (child := getattr(node, part, None)) is not None:
            yield from walk(child, (*parents, node))
    for child in getattr(node, "args", None) or ():
        yield from walk(child, (*parents, node))


def selectors(expression):
    """Each selector of an expression, with the function that is nearest above it, or None."""
    for node, parents in walk(expression.parsed):
        if isinstance(node, promql_parser.VectorSelector):
            calls = [parent.func.name for parent in parents if isinstance(parent, promql_parser.Call)]
            yield node, calls[-1] if calls else None


def grouping(expression):
    """The labels that an expression groups or matches by."""
    for node, _ in walk(expression.parsed):
        modifier = getattr(node, "modifier", None)
        if isinstance(node, promql_parser.AggregateExpr) and modifier:
            yield from modifier.labels
        if isinstance(node, promql_parser.BinaryExpr) and modifier and modifier.matching:
            yield from modifier.matching.labels


def schema_folder(environment):
    """Where Grafana's JSON schemas lie, or None. They are no part of this repository: too large, and not ours."""
    named = environment.get("GRAFANA_SCHEMAS")
    folder = pathlib.Path(named) if named else ROOT.parent / "shared" / "testdata" / "grafana"
    return folder if folder.is_dir() else None
