"""The pages of docs/ and the README against the program: every service file in them is right, every key of the format is described with
its default, and links to a place in a page lead there."""

import copy
import json
import os
import re
import subprocess
import textwrap

import pytest
import yaml

from contract import anchors
from harness import API, BINARIES, ROOT, STOKER

TOP_LEVEL = {"version", "include", "stoker", "defaults", "services"}
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SERVICE_FILE = ROOT / "docs" / "service-file.md"
BEHAVIOUR = ROOT / "docs" / "behaviour.md"
# Keys that `check` refuses, or that have no effect: described, but in no example.
NOT_SUPPORTED = {"stoker.web_config", "stoker.allow_remote_control", "health.grpc", "health.grpc.address", "health.grpc.service", "health.http.verify_tls"}


def run(*arguments, cwd):
    environment = {"PATH": f"{BINARIES}:/usr/bin:/bin", "HOME": str(cwd)}
    return subprocess.run([STOKER, *arguments], cwd=cwd, capture_output=True, text=True, check=False, env=environment)


# -- examples ------------------------------------------------------------------------------------------------------------------


def blocks(page):
    """The YAML blocks of a page with services or settings of Stoker, by the line in which they begin."""
    text = page.read_text()
    for found in re.finditer(r"^([ \t]*)```ya?ml\n(.*?)^\1```", text, re.S | re.M):
        block = textwrap.dedent(found[2])
        keys = yaml.safe_load(block)
        if isinstance(keys, dict) and keys.keys() & {"services", "stoker"}:
            yield text[: found.start()].count("\n") + 1, block


def examples():
    return [pytest.param(block, id=f"{page.relative_to(ROOT)}:{line}") for page in PAGES for line, block in blocks(page)]


def completed(block):
    """The block as a whole file: an example of one section leaves out the version, and services where it has none."""
    keys = yaml.safe_load(block).keys()
    assert all(key in TOP_LEVEL or key.startswith("x-") for key in keys), keys
    return ("" if "version" in keys else "version: 1\n") + block + ("" if "services" in keys else "\nservices: {a: {command: [a]}}\n")


@pytest.mark.parametrize("block", examples())
def test_an_example_is_a_right_service_file(tmp_path, block):
    (tmp_path / "stoker.yaml").write_text(completed(block))
    done = run("check", cwd=tmp_path)
    faults = done.stderr.splitlines() if done.returncode else []
    if os.geteuid() != 0:
        # Only root starts services as another user, which is no fault of the example.
        faults = [line for line in faults if "needs root" not in line and not line.startswith("stoker: ")]
    assert faults == []


# -- keys ----------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    return json.loads(run("schema", cwd=tmp_path_factory.mktemp("schema")).stdout)


def keys_of(schema, part, path=()):
    """Every key that the schema knows, as its path (`*` is a name that the file chooses), with its default."""
    while "$ref" in part:
        part = {**schema["$defs"][part["$ref"].split("/")[-1]], **{key: value for key, value in part.items() if key != "$ref"}}
    for alternative in part.get("anyOf", []):
        yield from keys_of(schema, alternative, path)
    for key, inner in part.get("properties", {}).items():
        yield (*path, key), inner.get("default")
        # The keys of `defaults` are those of a service.
        if (*path, key) != ("defaults",):
            yield from keys_of(schema, inner, (*path, key))
    if isinstance(part.get("additionalProperties"), dict):
        yield from keys_of(schema, part["additionalProperties"], (*path, "*"))


def documented(path):
    """A key as the page writes it."""
    if path[:2] == ("services", "*"):
        path = path[2:]
    return ".".join("NAME" if part == "*" else part for part in path)


@pytest.fixture(scope="module")
def defaults(schema):
    return dict(keys_of(schema, schema))


def anchor(path):
    """The anchor of a key in the page: services have a `version` as files do."""
    return "file-version" if path == ("version",) else documented(path).replace(".NAME.", ".").replace(".", "-")


def test_every_key_of_the_schema_has_its_place_in_the_page(defaults):
    assert len(defaults) > 80
    page = SERVICE_FILE.read_text()
    there = set(re.findall(r'<a id="([^"]+)"></a>', page))
    assert [path for path in defaults if anchor(path) not in there or f"`{documented(path)}`" not in page] == []


def table():
    """The rows of the page's tables that describe keys: anchor, key, and the column of the default."""
    return re.findall(r'^\| <a id="([^"]+)"></a>`([^`]+)` \|[^|]*\|([^|]*)\|', SERVICE_FILE.read_text(), re.M)


def test_the_tables_have_no_key_that_the_schema_does_not_know(defaults):
    known = {(anchor(path), documented(path)) for path in defaults}
    assert len(table()) > 60
    assert [row for row in table() if row[:2] not in known] == []


def test_the_tables_have_the_defaults_of_the_schema(defaults):
    columns = {place: column.strip() for place, _, column in table()}
    wrong = {}
    for path, default in defaults.items():
        column = columns.get(anchor(path))
        if column is not None and default is not None:
            text = default if isinstance(default, str) else json.dumps(default)
            if not column.startswith((f"`{text}`", f"`{json.dumps(default)}`")):
                wrong[documented(path)] = (default, column)
    assert wrong == {}


def test_every_key_stands_in_an_example_of_the_page(defaults):
    seen = set()

    def visit(value, path):
        for key, inner in value.items() if isinstance(value, dict) else ():
            # The names that files choose are all alike.
            name = "*" if path == ("services",) or path == ("services", "*", "depends_on") else key
            seen.add((*path, name))
            visit(inner, (*path, name))

    for _, block in blocks(SERVICE_FILE):
        visit(yaml.safe_load(block), ())
    assert {documented(path) for path in defaults if path not in seen} == NOT_SUPPORTED


# -- reload --------------------------------------------------------------------------------------------------------------------

# Another value for each key, of `dao` in the page's complete file where no service is named.
OTHERS = {
    "stoker.name": "x", "stoker.listen": ["127.0.0.1:1"], "stoker.state_dir": "/x", "stoker.log.level": "error", "stoker.log.format": "json",
    "stoker.metrics.exclude": ["io"], "stoker.metrics.created_samples": True, "stoker.registry.max_size": 65536, "stoker.discovery.address": "x",
    "stoker.allowed_hosts": ["x"], "stoker.control": "socket", "stoker.exit_when": "failed",
    "description": "x", "type": "x", "version": "x", "labels": {"x": "y"}, "kind": ("edge", "oneshot"), "command": ["x"], "enabled": True, "critical": False,
    "directory": "/x", "environment": {"X": "y"}, "environment_file": ["/x", "-/y"], "inherit_environment": False, "user": "root", "group": "root", "umask": "077", "nice": 6, "oom_score_adj": 1,
    "no_new_privileges": False, "stdin": "keep_open", "tty": ("edge", True), "limits.nofile": 1, "limits.core": 1, "limits.memory": 8192, "limits.tasks": 1, "limits.cpu": 2,
    "depends_on.NAME.condition": "started", "depends_on.NAME.instances": "any", "depends_on.NAME.optional": True, "depends_on.NAME.on_restart": "stop", "layer": 5,
    "health.interval": 1, "health.timeout": 1, "health.failure_threshold": 1, "health.recovery_threshold": 1, "health.start_period": 1, "health.start_interval": 2,
    "health.auto_recovery": False, "health.enabled": False, "health.history": 1,
    "health.http.url": "http://x", "health.http.method": "HEAD", "health.http.status": 204, "health.http.body": "x", "health.http.headers": {"X": "y"},
    "health.http.follow_redirects": 1,
    "health.tcp.address": ("cache", "x:1"), "health.tcp.send": ("cache", "x"), "health.tcp.expect": ("cache", "x"),
    "health.exec.command": ("database", ["x"]), "health.exec.directory": ("database", "/x"), "health.exec.environment": ("database", {"X": "y"}),
    "health.file.path": ("cron", "/x"), "health.file.max_age": ("cron", 1),
    "ready.notify": "s6", "ready.log": ("p2p", "x"), "ready.from": "main", "ready.timeout": 1, "ready.min_uptime": ("cache", 5), "pid_file": ("bind", "/x"), "watchdog": 1, "runtime_max": 1, "heartbeat.interval": 1, "heartbeat.timeout": 1,
    "restart.policy": "never", "restart.max_attempts": 1, "restart.backoff.base": 1, "restart.backoff.factor": 3, "restart.backoff.max": 1, "restart.backoff.jitter": 1,
    "restart.reset_after": 1, "restart.success_exit_codes": [1], "reload.signal": "USR1", "reload.command": ("edge", ["x"]), "reload.check": ["x"], "reload.timeout": 1, "stop.signal": "INT", "stop.timeout": 1, "stop.scope": "process", "stop.command": ["x"],
    "hooks.pre_start": ["x"], "hooks.post_start": ["x"], "hooks.pre_stop": ["x"], "hooks.post_stop": ["x"],
    "log.mode": ("edge", "direct"), "log.path": "/x", "log.stderr_path": "none", "log.shared": True, "log.max_size": 1, "log.max_files": 1, "log.timestamps": False, "log.streams": ("edge", "merged"), "log.memory_lines": 1,
    "endpoints": {"x": "http://y"}, "metrics.port": 1, "metrics.path": "/x",
}  # fmt: skip


def test_the_tables_say_what_a_reload_does(make_stoker):
    """A dry run for each key, with another value."""
    every = [yaml.safe_load(block).get("services", {}) for _, block in blocks(SERVICE_FILE)]
    services = {**next(services for services in every if services.keys() >= {"cron", "cache"}), **every[-1]}
    services["bind"] = next(services["bind"] for services in every if "bind" in services)
    rest = {"user", "group"} if os.geteuid() != 0 else set()
    # Nothing of them is started.
    services = {name: {key: value for key, value in keys.items() if key not in rest} | {"enabled": False} for name, keys in services.items()}
    supervisor = {"log": {"level": "info"}}
    stoker = make_stoker(services=services, supervisor=supervisor).start()

    def effect(key):
        name, value = OTHERS[key] if isinstance(OTHERS[key], tuple) else ("dao", OTHERS[key])
        file = copy.deepcopy({"stoker": supervisor, "services": services})
        path = key.replace("NAME", "edge").split(".")
        place = file if path[0] == "stoker" else file["services"][name]
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
        stoker.write(file["services"], supervisor=file["stoker"])
        answer = stoker.request("POST", f"{API}/reload?dry_run=true")
        assert answer.status == 200, (key, answer.text)
        if path[0] == "stoker":
            reason = ".".join(path[1:])
            return "next start" if reason in answer.json["needs_new_start"] else "live" if not answer.json["needs_new_start"] else answer.text
        (change,) = [change for change in answer.json["changes"] if change["service"] == name]
        # With the check switched off there is none that could be compared.
        wanted = ".".join(path) if key != "health.enabled" else "health"
        assert any(reason == wanted or reason.startswith(f"{wanted}.") for reason in change["reasons"]), (key, change)
        # None of them has a process that could be restarted.
        return "restart" if "with effect from its next start" in change["sentence"] else "live"

    rows = {key: row.rsplit("|", 2)[1].strip() for row, key in re.findall(r'^(\| <a id="[^"]+"></a>`([^`]+)` \|.*\|)$', SERVICE_FILE.read_text(), re.M)}
    said = {key: text for key, text in rows.items() if text.startswith(("restart", "live", "next start", "starts or stops"))}
    assert said.keys() == OTHERS.keys()
    keys = [key for key in said if key.split(".")[0] not in rest]
    wrong = {key: (said[key], effect(key)) for key in keys if not said[key].replace("starts or stops it", "live").startswith(effect(key))}
    assert wrong == {}
    assert len(keys) > 70


# -- rules and links -----------------------------------------------------------------------------------------------------------


def test_rules_are_numbered_without_a_gap_and_each_has_its_anchor():
    rules = re.findall(r'^<a id="rule-(\d+)"></a>\*\*Rule (\d+)\. ', BEHAVIOUR.read_text(), re.M)
    assert [int(number) for number, _ in rules] == list(range(1, len(rules) + 1))
    assert all(place == number for place, number in rules) and len(rules) >= 36


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_anchor_is_there_once_and_links_to_places_lead_there(page):
    text = page.read_text()
    ids = re.findall(r'<a id="([^"]+)"></a>', text)
    assert sorted(ids) == sorted(set(ids))
    links = [((page.parent / target).resolve() if target else page, place) for target, place in re.findall(r"\]\(([\w./-]*)#([^)\s]+)\)", text)]
    assert [(linked.name, place) for linked, place in links if linked.suffix == ".md" and place not in anchors(linked)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_a_link_to_a_rule_leads_to_the_rule_that_it_names(page):
    links = re.findall(r"\[(?:rules? )?(\d+)\]\([^)]*#rule-(\d+)\)", page.read_text().replace("\n", " "))
    assert [link for link in links if link[0] != link[1]] == []
