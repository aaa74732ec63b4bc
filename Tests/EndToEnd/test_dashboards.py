"""The shipped boards: current, valid, sound by the rules of Grafana's dashboard-linter, and every query of them returns data from a real
Prometheus that scrapes a real Stoker."""

import ast
import itertools
import json
import math
import os
import re
import shutil
import subprocess
import time
from urllib.parse import quote

import jsonschema
import promql_parser
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

import boards
from boards import FOLDER, UIDS, expressions, grouping, load, panels, schema_folder, selectors, walk
from exposition_formats import fetch, read
from harness import recorder, samples, wait_for

every_board = pytest.mark.parametrize("uid", UIDS)

# -- the files ---------------------------------------------------------------------------------------------------------------


def test_the_boards_are_what_their_sources_make(tmp_path):
    assert shutil.which("jsonnet"), "jsonnet is missing: run 'make test', which installs it"
    subprocess.run([FOLDER / "generate", tmp_path], check=True)
    assert {path.name for path in tmp_path.iterdir()} == {path.name for path in FOLDER.glob("*.json")} == {f"{uid}.json" for uid in UIDS}
    for path in tmp_path.iterdir():
        assert path.read_text() == (FOLDER / path.name).read_text(), f"{path.name} is not current: run dashboards/generate"


@every_board
def test_a_board_survives_the_way_through_grafanas_own_types(uid):
    """The types drop what they do not know, so a key that is misspelt, or stands where it does not belong, is lost. They do not know what
    the Prometheus data source adds to an annotation, which the newer schemas do."""
    register_default_plugins()
    board = load(uid)
    back = json.loads(JSONEncoder().encode(Dashboard.from_json(board)))

    def lost(before, after, path):
        if isinstance(before, dict) and isinstance(after, dict):
            for key, value in before.items():
                if key in after:
                    yield from lost(value, after[key], f"{path}.{key}")
                elif value is not None:
                    yield f"{path}.{key}"
        elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
            for index, value in enumerate(before):
                yield from lost(value, after[index], f"{path}[{index}]")
        elif before != after:
            yield f"{path}: {before!r} became {after!r}"

    of_prometheus = re.compile(r"\.annotations\.list\[\d+\]\.(step|tagKeys|titleFormat|textFormat)$")
    assert [key for key in lost(board, back, uid) if not of_prometheus.search(key)] == []


@every_board
def test_a_board_validates_against_grafanas_schemas(uid):
    folder = schema_folder(os.environ)
    if folder is None:
        pytest.skip("Grafana's JSON schemas are not part of this repository: name their folder with GRAFANA_SCHEMAS")

    def schema(name, definition=None):
        whole = json.loads((folder / f"{name}.jsonschema.json").read_text())
        # These are "any" in Grafana, and the program that made the schemas says "object": a unit, for one, is a string.
        for of, key in (("MatcherConfig", "options"), ("DynamicConfigValue", "value")):
            if of in whole["definitions"]:
                whole["definitions"][of]["properties"][key] = {}
        return {**whole, "$ref": f"#/definitions/{definition}"} if definition else whole

    def check(value, schema, place):
        for error in jsonschema.Draft7Validator(schema).iter_errors(value):
            causes = "; ".join(f"{list(cause.absolute_path)}: {cause.message}" for cause in error.context or [])
            problems.append(f"{place} {list(error.absolute_path)}: {error.message[:300]} {causes[:2000]}")

    problems = []
    board = load(uid)
    # The dashboard's own schema, and again by kind: where it says "any of", it would say no more than "none of them".
    check(board, schema("dashboard"), uid)
    for panel in board["panels"]:
        if panel["type"] == "row":
            check(panel, schema("dashboard", "RowPanel"), f"row {panel['id']}")
    for panel in panels(board):
        check(panel, schema("dashboard", "Panel"), f"panel {panel['id']}")
    for variable in board["templating"]["list"]:
        check(variable, schema("dashboard", "VariableModel"), variable["name"])
    for panel in panels(board):
        name = panel["type"].replace("-", "")
        check(panel["options"], schema(name, "Options"), panel["title"])
        custom = panel["fieldConfig"]["defaults"].get("custom")
        if custom is not None:
            definition = "GraphFieldConfig" if name == "timeseries" else "FieldConfig"
            check(custom, schema(name, definition), panel["title"])
        for target in panel["targets"]:
            check(target, schema("prometheus", "Dataquery"), panel["title"])
        units = [panel["fieldConfig"]["defaults"]["unit"]] + [
            rule["value"] for override in panel["fieldConfig"]["overrides"] for rule in override["properties"] if rule["id"] == "unit"
        ]
        known = [kind["const"] for kind in schema("units")["definitions"].values() if "const" in kind]
        assert set(units) <= set(known), (panel["title"], units)
    assert problems == []


@every_board
def test_a_board_is_what_all_boards_are(uid):
    board = load(uid)
    assert board["uid"] == uid
    assert "stoker" in board["tags"] and 36 <= board["schemaVersion"] <= 42
    assert (board["graphTooltip"], board["refresh"], board["timezone"]) == (1, "30s", "browser")
    assert [variable["name"] for variable in board["templating"]["list"]][:4] == ["datasource", "job", "instance", "name"]
    [link] = board["links"]
    assert link["type"] == "dashboards" and link["tags"] == ["stoker"] and link["keepTime"] and link["includeVars"]
    assert {annotation["name"] for annotation in board["annotations"]["list"]} >= {"Restarts", "Reloads"}
    ids = [panel["id"] for row in board["panels"] for panel in (row, *row.get("panels", []))]
    assert len(set(ids)) == len(ids)
    for shown in (board["panels"], *(row["panels"] for row in board["panels"] if row.get("panels"))):
        cells = [
            (x, y)
            for place in (panel["gridPos"] for panel in shown)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        ]
        assert len(set(cells)) == len(cells), "panels lie on each other"
        assert max(x for x, _ in cells) == 23, "the grid has 24 columns"
    titles = [panel["title"] for panel in panels(board)]
    assert len(set(titles)) == len(titles), "a title names one panel"


def columns(panel):
    """The fields that a table speaks of, and the titles that it gives them."""
    [organize] = [step["options"] for step in panel["transformations"] if step["id"] == "organize"]
    return {*organize["indexByName"], *organize["renameByName"], *organize["excludeByName"]}, set(organize["renameByName"].values())


@every_board
def test_the_columns_of_tables_are_there(uid):
    for panel in panels(load(uid)):
        if panel["type"] != "table":
            continue
        _, titles = columns(panel)
        assert {override["matcher"]["options"] for override in panel["fieldConfig"]["overrides"]} <= titles
        assert {sort["displayName"] for sort in panel["options"]["sortBy"]} <= titles
        assert set(re.findall(r"__data\.fields\.(\w+)", json.dumps(panel))) <= titles
        for step in panel["transformations"]:
            assert step["id"] != "groupBy" or set(step["options"]["fields"]) == titles


@every_board
def test_legends_leave_out_the_instance_where_one_is_chosen(uid):
    """Panels do that whose legends have it; those of stats are seen only beside others."""
    for panel in panels(load(uid)):
        legends = [target.get("legendFormat", "") for target in panel["targets"]]
        assert all(re.fullmatch(r".* \({{instance}}\)|{{instance}}|(?!.*{{instance}}).*", legend) for legend in legends), legends
        bare = [legend for legend in legends if legend == "{{instance}}"]
        assert not bare or panel["type"] == "stat" and panel["options"]["textMode"] == "auto", panel["title"]
        if any(" ({{instance}})" in legend for legend in legends):
            [step] = panel["transformations"]
            assert (step["id"], step["options"]["renamePattern"]) == ("renameByRegex", "$1")
            for chosen, shown in (("node-1:10101", "up"), ("All", "up (node-1:10101)"), ("node-1:10101 + node-2:10101", "up (node-1:10101)")):
                pattern = step["options"]["regex"].replace("${instance:text}", chosen)
                assert re.sub(pattern, r"\1", "up (node-1:10101)") == shown


def lightness_and_hue(color):
    """In CIE Lab, where distances are what eyes see."""
    red, green, blue = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in (red, green, blue)]
    rows = ((0.4124, 0.3576, 0.1805, 0.9505), (0.2126, 0.7152, 0.0722, 1.0), (0.0193, 0.1192, 0.9505, 1.089))
    x, y, z = (sum(share * part for share, part in zip(row, linear)) / row[3] for row in rows)
    x, y, z = (part ** (1 / 3) if part > 0.008856 else 7.787 * part + 16 / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def test_words_of_one_panel_have_colours_that_are_apart():
    [palette] = re.findall(r"^COLORS = (\{.*?^\})", (FOLDER / "draw.py").read_text(), re.MULTILINE | re.DOTALL)
    palette = ast.literal_eval(palette)

    def apart(one, other):
        return math.dist(*(lightness_and_hue(palette.get(color, color)) for color in (one, other)))

    every = {}
    for uid in UIDS:
        for panel in panels(load(uid)):
            colors = {
                override["matcher"]["options"]: rule["value"]["fixedColor"]
                for override in panel["fieldConfig"]["overrides"]
                for rule in override["properties"]
                if rule["id"] == "color"
            }
            every |= colors
            near = [(one, other) for one, other in itertools.combinations(colors, 2) if apart(colors[one], colors[other]) < 15]
            assert near == [], panel["title"]
    causes = {word: every[word] for word in ("signal", "exit", "backoff", "oom", "failed", "manual", "running")}
    near = [{one, other} for one, other in itertools.combinations(causes, 2) if apart(causes[one], causes[other]) < 30]
    assert near == [{"oom", "failed"}], "both are the worst of their kind"


def test_a_word_has_one_colour_on_all_boards():
    """Of states, healths, reasons, outcomes and the rest: in value mappings and in overrides by name."""
    colours = {}

    def say(word, colour, where):
        colours.setdefault(word, {}).setdefault(colour, []).append(where)

    for uid in UIDS:
        for panel in panels(load(uid)):
            for mapping in panel["fieldConfig"]["defaults"].get("mappings", []):
                for value, result in mapping["options"].items():
                    say(result.get("text", value), result["color"], panel["title"])
            for override in panel["fieldConfig"]["overrides"]:
                for rule in override["properties"]:
                    if rule["id"] == "mappings":
                        for mapping in rule["value"]:
                            for value, result in mapping["options"].items():
                                say(result.get("text", value), result["color"], panel["title"])
                    if rule["id"] == "color" and override["matcher"]["id"] == "byName":
                        say(override["matcher"]["options"], rule["value"]["fixedColor"], panel["title"])
    assert {word: found for word, found in colours.items() if len(found) > 1} == {}
    assert {"running", "failed", "backoff", "healthy", "unhealthy", "oom"} <= set(colours)


# -- the rules of dashboard-linter -------------------------------------------------------------------------------------------
# They are written anew here, since the linter itself is a Go program that needs modules from the network. Its names stand in the tests' names.


@every_board
def test_lint_template_datasource(uid):
    [variable] = [variable for variable in load(uid)["templating"]["list"] if variable["type"] == "datasource"]
    assert (variable["name"], variable["label"], variable["query"]) == ("datasource", "Data source", "prometheus")


@every_board
@pytest.mark.parametrize("name", ["job", "instance"])
def test_lint_template_job_and_template_instance(uid, name):
    [variable] = [variable for variable in load(uid)["templating"]["list"] if variable["name"] == name]
    assert variable["type"] == "query" and variable["label"] == name.capitalize()
    assert variable["datasource"]["uid"] in ("$datasource", "${datasource}")
    assert variable["multi"] and variable["includeAll"] and variable["allValue"] == ".+"


@every_board
def test_lint_template_label_promql_and_template_on_time_change_reload(uid):
    for variable in load(uid)["templating"]["list"]:
        if variable["type"] == "query":
            selector, _ = boards.LABEL_VALUES.fullmatch(variable["query"]).groups()
            assert isinstance(promql_parser.parse(selector), promql_parser.VectorSelector)
            assert variable["refresh"] == 2, "on time range change"


@every_board
def test_lint_panel_datasource_title_description_units_and_targets(uid):
    for panel in panels(load(uid)):
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert panel["title"] and panel["description"].endswith("."), panel["title"]
        assert panel["description"] != panel["title"]
        assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]
        assert panel["targets"], panel["title"]
        for target in panel["targets"]:
            assert target["datasource"] == panel["datasource"], "no other kind of query: the rules for LogQL have nothing to say"


@every_board
def test_lint_target_promql_and_target_rate_interval(uid):
    """In one place another range is right: an instant query over the whole chosen time, which no interval divides."""
    for expression in expressions(uid):
        for node, _ in walk(expression.parsed):
            if isinstance(node, promql_parser.Call) and node.func.name in ("rate", "irate", "increase"):
                [matrix] = node.args
                seconds = f"{matrix.range.total_seconds():.0f}s"
                allowed = (boards.RATE_INTERVAL, boards.RANGE) if expression.instant else (boards.RATE_INTERVAL,)
                assert seconds in allowed, f"{expression}: {node.prettify()}"


@every_board
def test_lint_target_job_and_target_instance(uid):
    for expression in expressions(uid):
        for selector in re.findall(r"\b\w+(?:\{[^}]*\})", expression.text):
            if not expression.place.startswith("variable"):
                assert 'job=~"$job"' in selector and 'instance=~"$instance"' in selector, f"{expression}: {selector}"
        bare = [node for node, _ in selectors(expression) if not {"job", "instance"} & {matcher.name for matcher in node.matchers.matchers}]
        assert not bare or expression.place == "variable job", f"{expression}: {bare}"


@every_board
def test_lint_target_counter_agg(uid):
    for expression in expressions(uid):
        for node, function in selectors(expression):
            counter = node.name.endswith(("_total", "_bucket", "_sum", "_count"))
            assert counter == (function in ("rate", "irate", "increase")) or not counter and node.name == NATIVE, f"{expression}: {node.prettify()}"


@every_board
def test_lint_uneditable_dashboard(uid):
    assert load(uid)["editable"] is False


# -- against a real Prometheus -----------------------------------------------------------------------------------------------

NATIVE = "stoker_health_check_duration_seconds"

# What a Prometheus itself says about a target.
OF_PROMETHEUS = {"up", "scrape_duration_seconds"}

# Every expression has data in the scenario below. These have none but zeros, which are data too (the series is there, and right):
ZEROS = {
    "stoker-overview: panel 'Ready', query A": "critical services are down",
    "stoker-overview: panel 'Stokers not answering', query A": "all do, until the end of the test",
    "stoker-service: panel 'I/O', query A": "what a small service reads comes out of the page cache",
    "stoker-service: panel 'Bytes', query B": "Stoker keeps all that is written, unless a disk fails",
    "stoker-supervisor: panel 'State directory', query A": "it is there",
    "stoker-supervisor: panel 'Collector errors', query A": "no group of metrics fails on a sound machine",
    "stoker-supervisor: panel 'Connections', query C": "there is no event stream yet",
    "stoker-supervisor: panel 'Waiting answers', query A": "nobody reads slowly",
}


def scenario(server):
    """Services of all kinds, most of them in trouble, again and again."""
    checked = {"interval": "200ms", "timeout": "1s", "start_interval": "100ms"}
    again = {"max_attempts": "unlimited", "backoff": {"base": "300ms", "factor": 1}}
    busy = "while :; do echo a line; echo an error >&2; dd if=/dev/zero of=scratch bs=4096 count=8 conv=fsync status=none; sleep 0.1; done"
    return {
        "web": recorder("web", then=busy, health={"http": {"url": server.url}, **checked}),
        "sick": recorder("sick", health={"exec": {"command": ["false"]}, **checked}, restart=again),
        "wobbly": recorder("wobbly", health={"exec": {"command": "[ $(( $(date +%s) % 3 )) -gt 0 ]"}, **checked}, restart=again),
        "crash": recorder("crash", then="sleep 0.2; exit 7", restart=again),
        "killed": recorder("killed", then="sleep 0.2; kill -9 $$", restart=again),
        "absent": {"command": ["/nonexistent"], "restart": again},
        "given_up": recorder("given_up", then="exit 3", restart={"max_attempts": 0}),
        "later": recorder("later", then="exit 4", restart={"backoff": {"base": "1h", "max": "1h"}}),
        "once": {"kind": "oneshot", "command": ["true"]},
        "dependent": recorder("dependent", depends_on=["absent"]),
        "friend": recorder("friend", depends_on={"web": {}, "wobbly": {"optional": True}}),
        "deaf": recorder("deaf", first="trap '' TERM", stop={"timeout": "200ms"}),
        "beats": recorder("beats", health={"heartbeat": {}, **checked}),
    }


def exposed(stoker):
    """What a Stoker exposes: {sample: {label: values}}, with the histograms that are native in protobuf under their own names."""
    found = {}
    for name, labels in samples(stoker.request("GET", "/metrics").text):
        for label, value in labels:
            found.setdefault(name, {}).setdefault(label, set()).add(value)
        found.setdefault(name, {})
    for name, labels in read("protobuf", fetch(stoker, "protobuf")).native:
        for label, value in labels:
            found.setdefault(name, {}).setdefault(label, set()).add(value)
    return found


def unknown(expression, known):
    """What an expression says that no Stoker exposes: metrics, labels and their values."""
    labels = {"job", "instance"}
    for node, _ in selectors(expression):
        if node.name in OF_PROMETHEUS:
            continue
        if node.name not in known:
            yield f"no metric {node.name}"
            continue
        labels |= set(known[node.name])
        for matcher in node.matchers.matchers:
            if matcher.name in ("job", "instance"):
                continue
            values = known[node.name].get(matcher.name, set())
            regular = matcher.op in (promql_parser.MatchOp.Re, promql_parser.MatchOp.NotRe)
            for wanted in matcher.value.split("|") if regular else [matcher.value]:
                if not any(re.fullmatch(wanted, value) if regular else wanted == value for value in values):
                    yield f"no {node.name} with {matcher.name} {wanted}"
    if extra := set(grouping(expression)) - labels:
        yield f"no labels {extra} in {expression.text}"


def idle_overrides(uid, known):
    """Overrides by a name that no series of the panel can have."""
    values = {}
    for labels in known.values():
        for label, found in labels.items():
            values.setdefault(label, set()).update(found)
    for panel in panels(load(uid)):
        if panel["type"] == "table":
            continue
        names = [
            re.sub(r"\\\{\\\{(\w+)\\\}\\\}", lambda match: "(" + "|".join(map(re.escape, values.get(match[1], {".+"}))) + ")", re.escape(target["legendFormat"]))
            for target in panel["targets"]
        ]
        for override in panel["fieldConfig"]["overrides"]:
            wanted = override["matcher"]["options"]
            if override["matcher"]["id"] == "byName" and not any(re.fullmatch(name, wanted) for name in names):
                yield f"{panel['title']}: {wanted}"


class Answer:
    """What a Prometheus answers to an expression: over the last minute, or now, if that is asked for and `lately` is not."""

    def __init__(self, prometheus, expression, lately=False, **values):
        text = quote(expression.filled(rate_interval="5s", range="2m", **values), safe="")
        now = time.time()
        path = f"/query?query={text}" if expression.instant and not lately else f"/query_range?query={text}&start={now - 60}&end={now}&step=1"
        self.rows = prometheus.ask(path)["result"]
        # A quantile of nothing is NaN: no data.
        self.values = [float(value) for row in self.rows for _, value in row.get("values", [row["value"]] if "value" in row else [])]
        self.values = [value for value in self.values if not math.isnan(value)]
        self.histograms = [row for row in self.rows if "histograms" in row or "histogram" in row]
        self.found = bool(self.values or self.histograms)
        self.nonzero = any(self.values) or bool(self.histograms)

    def lacks(self, expression):
        """The labels that the legend and the links speak of, and the series do not have."""
        wanted = set(re.findall(r"\{\{(\w+)\}\}", expression.legend)) | set(re.findall(r"__field\.labels\.(\w+)", expression.links))
        return {label for label in wanted for row in self.rows if label not in row["metric"]} - ({"le"} if self.histograms else set())

    def shapes(self):
        """The kinds of its series: the labels that they have, and whether they are of one machine."""
        return {(frozenset(row["metric"]) - TARGET, "instance" in row["metric"]) for row in self.rows}

    def machines(self):
        return {row["metric"]["host"] for row in self.rows if "host" in row["metric"]}


# What says where a series comes from; `host` is a label of the installation.
TARGET = {"job", "instance", "host", "exported_job", "exported_instance"}


AGED = """
stoker_initialized 1
stoker_service_uptime_ratio{name="aged",window="1h"} 0.9
stoker_service_uptime_ratio{name="aged",window="24h"} 0.99
stoker_service_uptime_ratio{name="aged",window="7d"} 0.998
stoker_service_uptime_known_seconds{name="aged",window="1h"} 3600
stoker_service_uptime_known_seconds{name="aged",window="24h"} 80000
stoker_service_uptime_known_seconds{name="aged",window="7d"} 600000
"""


def test_every_expression_returns_data_and_speaks_of_what_stoker_exposes(make_stoker, health_server, prometheus, victoria_metrics):
    server, aged = health_server(), health_server()
    aged.body = AGED.encode()  # a Stoker that has run for a week
    stoker = make_stoker(services=scenario(server))
    other = make_stoker("other", services={"web": recorder("web")}).start()
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("given_up", "failed"))

    def job(name, *targets, **more):
        configs = [{"targets": [f"127.0.0.1:{port}"], "labels": labels} for port, labels in targets]
        return {"job_name": name, "static_configs": configs, **more}

    # Two machines that share `instance`, told apart by another label: the same Stoker, so that both have the same to tell.
    twins = job("twins", *((stoker.port, {"instance": "shared", "host": host}) for host in ("a", "b")))
    ask = prometheus(stoker.port, jobs=[job("other", (other.port, {})), job("aged", (aged.server.server_port, {})), twins])
    # They come to VictoriaMetrics by way of a Prometheus, which is what it takes for `job` and `instance`.
    federated = {"metrics_path": "/federate", "params": {"match[]": ['{job="twins"}']}}
    victoria = victoria_metrics(stoker.port, jobs=[job("federated", (ask.port, {}), **federated)])
    wait_for("the first scrapes", lambda: len(ask("stoker_build_info")) == 4)

    every = [expression for uid in UIDS for expression in expressions(uid)]
    pending, missing_labels, named = {expression for expression in every if expression.legend != "none"}, {}, {}
    fields = {}
    names = [*stoker.get("/services").json["services"], "aged"]
    assert set(ZEROS) <= set(map(str, every))

    def make_trouble():
        if any("process_start_time_seconds" in expression.text for expression in pending):
            assert other.stop() == 0
            other.start()
        for name in ("deaf", "web"):
            stoker.post(f"/restart/{name}?wait=none")
        stoker.post("/registry/beats/heartbeat")
        if stoker.get("/registry/mayfly").status == 404:  # it expires, and is dropped later
            stoker.post("/registry/mayfly", {"type": "guest", "ttl": 3})
        stoker.get("/nothing")
        stoker.post("/stop/web", "not JSON", headers={"Content-Type": "text/plain"})
        stoker.post("/reload")

    def all_have_data():
        make_trouble()
        for expression in sorted(pending, key=str):
            # The service's board shows one service: there must be one for which it has data.
            for name in names if expression.board == "stoker-service" else [".+"]:
                answer = Answer(ask, expression, name=name, job="stoker|other|aged")
                if lacks := answer.lacks(expression):
                    missing_labels[expression] = lacks
                if answer.nonzero or (answer.found and str(expression) in ZEROS):
                    pending.discard(expression)
                    named[expression] = name
                    labels = {label for row in answer.rows for label in row["metric"]}
                    fields.setdefault(str(expression).split(", query")[0], set()).update(labels)
                    break
        time.sleep(0.5)  # Prometheus scrapes once a second, and is asked some hundred questions each time
        return not pending

    def waited_for(what, holds):
        try:
            wait_for(what, holds)
        except AssertionError as error:
            raise AssertionError(f"{error}\nNot so for\n" + "\n".join(f"{each}\n{each.text}" for each in sorted(pending, key=str)))

    waited_for("data for every expression", all_have_data)
    assert missing_labels == {}
    for uid in UIDS:
        for panel in panels(load(uid)):
            if panel["type"] == "table":
                values = {f"Value #{target['refId']}" for target in panel["targets"]}
                assert columns(panel)[0] == fields[f"{uid}: panel {panel['title']!r}"] | values | {"Time"}, panel["title"]

    # Two machines show what one shows, both or their sum; so they do in VictoriaMetrics.
    for scraper, job_name in ((ask, "twins"), (victoria, "federated")):
        pending.update(every)

        def both_or_their_sum():
            make_trouble()
            for expression in sorted(pending, key=str):
                if expression.place.startswith("variable"):
                    assert Answer(scraper, expression).found
                    pending.discard(expression)
                    continue
                name = named.get(expression, ".+")
                one = Answer(ask, expression, lately=True, job="stoker", name=name)
                two = Answer(scraper, expression, lately=True, job=job_name, name=name)
                machines = {"a", "b"} if any(of_one for _, of_one in one.shapes()) else set()
                # Zeros are seen only while nothing happens, and `changes` of VictoriaMetrics has the first value of a series too.
                if (two.shapes(), two.machines()) == (one.shapes(), machines) or expression.legend == "none" or "changes(" in expression.text:
                    pending.discard(expression)
            return not pending

        waited_for(f"both of {job_name}", both_or_their_sum)

    # Once a Stoker is gone, the board says so.
    other.kill()
    [down] = [expression for expression in expressions("stoker-overview") if "Stokers not answering" in expression.place]
    wait_for("a Stoker that does not answer", lambda: Answer(ask, down).values == [1])

    known = exposed(stoker)
    assert [f"{expression}: {problem}" for expression in every for problem in unknown(expression, known)] == []
    assert [idle for uid in UIDS for idle in idle_overrides(uid, known)] == []


# The panels that are empty for services that are well, and what they say then.
WITHOUT_CHECKS = {
    "Check latency": "no health check",
    "Check latency in buckets": "no health check",
    "Checks": "no health check",
    "Failed checks in a row": "no health check",
    "Time since the last check": "no health check",
}
QUIET = {
    "stoker-overview": {"": {"Down or not well right now": "all is well"}},
    "stoker-supervisor": {"": {"Starts and stops": "none"}},
    "stoker-service": {
        "checked": {"Runs that ended": "none known", "Last exit": "never", "Dependencies": "none"},
        "plain": {"Runs that ended": "none known", "Last exit": "never", "Dependents": "none", **WITHOUT_CHECKS},
    },
}


def test_where_all_is_well_panels_show_zeros_or_say_what_there_is_none_of(make_stoker, health_server, prometheus):
    stoker = make_stoker(
        services={
            "checked": recorder("checked", health={"http": {"url": health_server().url}, "interval": "200ms"}),
            "plain": recorder("plain", depends_on=["checked"]),
        }
    ).start()
    ask = prometheus(stoker.port)

    def quiet():
        told = {}
        for uid, names in QUIET.items():
            board = load(uid)
            for name in names:
                found = {
                    panel["title"]
                    for panel in panels(board)
                    for expression in expressions(uid)
                    if expression.place.startswith(f"panel {panel['title']!r},") and Answer(ask, expression, name=name or ".+").found
                }
                texts = {panel["title"]: panel["fieldConfig"]["defaults"]["noValue"] for panel in panels(board)}
                told.setdefault(uid, {})[name] = {title: text for title, text in texts.items() if title not in found}
        if told != QUIET:
            raise ValueError(told)
        return True

    wait_for("quiet boards", quiet)


@pytest.mark.parametrize("native", [False, True], ids=["classic", "native"])
def test_the_panels_of_check_latency_show_the_same_out_of_native_and_of_classic_histograms(fog, prometheus, native):
    stoker = fog(interval="200ms")
    ask = prometheus(stoker.port, *(["--enable-feature=native-histograms"] if native else []))
    found = [expression for expression in expressions("stoker-service") if "Check latency" in expression.place]
    assert len(found) == 5, "three quantiles, the timeout and the heat map"

    def all_have_data():
        answers = [Answer(ask, expression, name="betanet") for expression in found]
        return answers if all(answer.nonzero for answer in answers) else None

    *lines, heat = wait_for("answers", all_have_data)
    if native:
        assert heat.histograms and not any("le" in row["metric"] for row in heat.rows)
        assert not ask(NATIVE + "_bucket"), "this Prometheus has no classic buckets to fall back on"
    else:
        assert not heat.histograms and {row["metric"]["le"] for row in heat.rows} >= {"0.001", "+Inf"}
    medians, _, tails, timeouts = ([value for value in line.values] for line in lines)
    assert 0 < max(medians) <= max(tails) < min(timeouts) == 5
