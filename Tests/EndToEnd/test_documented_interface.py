"""Requests, metrics and verbs: the pages of the contract name all that the program has, and no others."""

import json
import re
import subprocess

import pytest

from harness import ROOT, STOKER, Stoker, recorder, wait_for

pytestmark = pytest.mark.xdist_group("documented")

METHODS = ("get", "post", "delete")
LETTERS = {"c": "counter", "g": "gauge", "h": "histogram", "i": "gauge"}


def page(name):
    return (ROOT / "docs" / f"{name}.md").read_text()


def rows(text, first):
    """The cells of all table rows whose first cell matches a pattern."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if cells and re.fullmatch(first, cells[0]):
            yield cells


def walk(value):
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from walk(inner)


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    """A Stoker with most of what there is: a check, an edge, an end, a stop, an entry that registered itself."""
    stoker = Stoker(
        tmp_path_factory.mktemp("documented"),
        services={
            "base": recorder("base", health={"exec": {"command": ["true"]}, "interval": "100ms"}, limits={"memory": "1GB"}),
            "top": recorder("top", depends_on=["base"]),
            "once": {"kind": "oneshot", "command": ["true"]},
        },
    )
    try:
        stoker.start()
        assert stoker.post("/registry/guest", {}).status == 200
        stoker.wait_status("top", "running")
        assert stoker.post("/restart/top").status == 200
        yield stoker
    finally:
        stoker.finish()


# -- metrics.md ------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def documented():
    """By family, its row: type, labels."""
    families = {}
    for cells in rows(page("metrics"), r"`(stoker|process)_\w+`"):
        name, kind = cells[0].strip("`"), cells[1]
        if kind in LETTERS:
            labels = "" if name.startswith("process_") else cells[2]
            families[name] = (LETTERS[kind], set(re.findall(r"`(\w+)`", labels)) | ({"name"} if re.match(r"N\b", labels) else set()))
    return families


@pytest.fixture(scope="module")
def exposed(node):
    """By family, its type and the labels that its series have."""

    def read():
        text = node.request("GET", "/metrics").text
        families = {name: (kind, set()) for name, kind in re.findall(r"^# TYPE (\w+) (\w+)$", text, re.M)}
        for sample, labels in re.findall(r"^(\w+)\{(.*)\} ", text, re.M):
            family = sample if sample in families else re.sub(r"_(bucket|sum|count)$", "", sample)
            families[family][1].update(set(re.findall(r'(\w+)="', labels)) - {"le"})
        return families if "stoker_health_check_status" in families else None

    return wait_for("the first check", read)


def test_every_family_of_a_scrape_has_a_row_with_its_type_and_its_labels(documented, exposed):
    assert len(exposed) > 80
    wrong = {name: (found, documented.get(name)) for name, found in exposed.items() if documented.get(name) != found and found[1]}
    wrong |= {name: (found, documented.get(name)) for name, found in exposed.items() if documented.get(name, (None,))[0] != found[0]}
    assert wrong == {}


def test_every_family_with_a_row_is_one_that_the_program_has(documented):
    sources = "".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    assert [name for name in documented if f'"{name}"' not in sources] == []


def test_every_metric_that_the_page_speaks_of_has_a_row(documented):
    names = {re.sub(r"_bucket$", "", name) for name in re.findall(r"(?<![\w:])(?:stoker|process)_[a-z_]+[a-z](?![\w*:])", page("metrics"))}
    assert names - set(documented) == set()


def test_every_group_that_can_be_excluded_is_on_the_page(node):
    schema = json.loads(node.command("schema").stdout)
    exclude = next(value["exclude"] for value in walk(schema) if "exclude" in value)
    groups = set(next(value["enum"] for value in walk(exclude) if "enum" in value))
    listing = page("metrics").split("## How many series")[1].split("\n## ")[0]
    assert {cells[0].strip("`") for cells in rows(listing, r"`\w+`")} == groups and "histograms" in groups


def test_every_alert_that_comes_with_it_is_on_the_page():
    alerts = set(re.findall(r"- alert: (\w+)", (ROOT / "alerts" / "stoker.rules.yml").read_text()))
    assert {cells[0].strip("`") for cells in rows(page("metrics"), r"`Stoker[A-Z]\w+`")} == alerts


# -- http-api.md -----------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def description(node):
    return node.request("GET", "/api/openapi.json").json


def test_every_request_is_on_the_page_and_none_that_does_not_exist(description):
    known = {f"{method.upper()} {path}" for path, item in description["paths"].items() for method in METHODS if method in item}
    listing = page("http-api").split("## All requests")[1].split("\n## ")[0]
    assert set(re.findall(r"`((?:GET|POST|DELETE) /[^`]*)`", listing)) == known


def test_every_field_parameter_and_event_is_on_the_page(description):
    text = re.sub(r"^```.*?^```", "", page("http-api"), flags=re.S | re.M)  # an example explains nothing
    schemas = [value for value in walk(description["components"]["schemas"]) if isinstance(value.get("properties"), dict)]
    fields = {name for schema in schemas for name in schema["properties"]}
    kinds = {schema["properties"]["kind"]["const"] for schema in schemas if "const" in schema["properties"].get("kind", {})}
    parameters = {value["name"] for value in walk(description) if value.get("in") in ("query", "header")}
    assert {"waits_for", "uptime_7d"} < fields and {"hello", "gave_up"} < kinds and {"tail", "dry_run"} < parameters
    assert [word for word in sorted(fields | kinds | parameters) if not re.search(rf"\b{re.escape(word)}(?!\w)", text)] == []


def test_every_error_is_on_the_page_and_none_that_does_not_exist(description):
    codes = {"not_found"}  # where there is nothing, so nothing that could be described
    for schema in walk(description):
        properties = schema.get("properties")
        error = properties.get("error", {}) if isinstance(properties, dict) else {}
        codes |= set(error.get("enum", [])) | ({error["const"]} if "const" in error else set())
    named = {code for cells in rows(page("http-api"), r"[345]\d\d") for code in re.findall(r"`([a-z_]+)`", cells[1])}
    assert {"forbidden_host", "required_by", "goal_not_reached"} < codes
    assert named == codes


# -- operations.md ---------------------------------------------------------------------------------------------------------------


def help_of(*verb):
    return subprocess.run([STOKER, *verb, "--help"], capture_output=True, text=True, check=True).stdout


def subcommands(text):
    return re.findall(r"^  ([a-z]+)  +\S", text.split("SUBCOMMANDS:", 1)[1], re.M) if "SUBCOMMANDS:" in text else []


def test_every_verb_has_a_row_with_all_its_options():
    listed = {re.match(r"`stoker ([a-z ]*[a-z])", cells[0])[1]: cells for cells in rows(page("operations"), r"`stoker .*`") if len(cells) == 3}
    verbs = {}
    for verb in subcommands(help_of()):
        inner = subcommands(help_of(verb))
        for words in [(verb, name) for name in inner] or [(verb,)]:
            options = set(re.findall(r"^  (?:-\w, )?--([a-z-]+)", help_of(*words).split("OPTIONS:")[1], re.M)) - {"help", "version"}
            verbs[" ".join(words)] = {"-c" if option == "config" else f"--{option}" for option in options}
    assert set(listed) == set(verbs) | {"help"}
    found = {verb: set(re.findall(r"(?<=`)(-c|--[a-z-]+)", cells[2])) - {"--config"} for verb, cells in listed.items() if verb != "help"}
    assert found == verbs


def test_every_exit_code_has_a_row():
    codes = set(re.findall(r"^  (\d+) ", help_of(), re.M))
    assert {cells[0] for cells in rows(page("operations"), r"\d+")} == codes and len(codes) == 13
