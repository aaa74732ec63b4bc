"""What an expression of PromQL reads and which labels its result has: for tests of rules, on PyPI's promql-parser."""

import promql_parser
from promql_parser import AggregateExpr, BinaryExpr, Call, MatrixSelector, ParenExpr, StringLiteral, SubqueryExpr, UnaryExpr, VectorSelector

COMPARISONS = {"==", "!=", ">", "<", ">=", "<="}
SET_OPERATORS = {"and", "or", "unless"}
TARGET = {"job", "instance"}  # what Prometheus puts on every series


def parse(expression):
    return promql_parser.parse(expression)


def children(node):
    if isinstance(node, BinaryExpr):
        return [node.lhs, node.rhs]
    if isinstance(node, (ParenExpr, UnaryExpr, AggregateExpr, SubqueryExpr)):
        return [node.expr]
    if isinstance(node, Call):
        return list(node.args)
    if isinstance(node, MatrixSelector):
        return [node.vector_selector]
    return []


def walk(node):
    yield node
    for child in children(node):
        yield from walk(child)


def found(expression, *kinds):
    return [node for node in walk(parse(expression)) if isinstance(node, kinds)]


def operator(node):
    """Of an aggregation or a binary expression, as it is written."""
    return str(node.op).strip().lower()


def selectors(expression):
    return found(expression, VectorSelector)


def matchers(selector):
    """[(label, "=" | "!=" | "=~" | "!~", value)]"""
    spelt = {"Equal": "=", "NotEqual": "!=", "Re": "=~", "NotRe": "!~"}
    return [(matcher.name, spelt[str(matcher.op).rsplit(".", 1)[-1]], matcher.value) for matcher in selector.matchers.matchers]


def labels(node, of_metric):
    """The labels of a result beside those of the target, None for a scalar; `of_metric(name)` gives those of a metric. Raises ValueError where
    two sides are matched that have different labels."""
    if isinstance(node, VectorSelector):
        return set(of_metric(node.name))
    if isinstance(node, (ParenExpr, UnaryExpr, SubqueryExpr)):
        return labels(node.expr, of_metric)
    if isinstance(node, MatrixSelector):
        return labels(node.vector_selector, of_metric)
    if isinstance(node, AggregateExpr):
        inner = labels(node.expr, of_metric)
        if node.modifier is None:
            return set()
        given = set(node.modifier.labels)
        return inner - given if str(node.modifier.type).endswith("Without") else given - TARGET
    if isinstance(node, Call):
        inner = [part for part in (labels(argument, of_metric) for argument in node.args) if part is not None]
        if not inner:
            return None
        if node.func.name == "histogram_quantile":
            return inner[0] - {"le"}
        if node.func.name == "absent":
            return set()
        if node.func.name == "label_replace":
            assert isinstance(node.args[1], StringLiteral)
            return inner[0] | {node.args[1].val}
        return inner[0]
    if isinstance(node, BinaryExpr):
        return _matched(node, labels(node.lhs, of_metric), labels(node.rhs, of_metric))
    return None


def _matched(node, left, right):
    if left is None or right is None:
        return right if left is None else left
    matching = node.modifier and node.modifier.matching
    if matching is not None and str(matching.type).endswith("Include"):
        raise ValueError(f"`on` takes the series of several machines for those of one, where they share an instance: {node}")
    ignored = set(matching.labels) if matching else set()
    if left - ignored != right - ignored:
        raise ValueError(f"{sorted(left)} and {sorted(right)} never match: {node}")
    grouped = matching is not None and not str(node.modifier.card).endswith("OneToOne")
    return left if grouped or operator(node) in SET_OPERATORS else left - ignored
