"""`stoker schema` and `stoker init`: what an editor is told about service files is what the reader of service files does."""

import itertools
import json
import re
import subprocess

import jsonschema
import pytest
import yaml

from harness import BINARIES, ROOT, STOKER, wait_for

SOURCES = ROOT / "Sources"


def stoker(*arguments, cwd):
    return subprocess.run([STOKER, *arguments], cwd=cwd, capture_output=True, text=True, check=False, env={"PATH": f"{BINARIES}:/usr/bin:/bin", "HOME": str(cwd)})


@pytest.fixture(scope="module")
def schema(tmp_path_factory):
    done = stoker("schema", cwd=tmp_path_factory.mktemp("schema"))
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


class Loader(yaml.SafeLoader):
    """YAML as editors read it: no dates."""


Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith("timestamp")]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def problems(schema, text):
    """What the schema says against a service file."""
    return [f"{error.json_path}: {error.message}" for error in jsonschema.Draft202012Validator(schema).iter_errors(yaml.load(text, Loader))]


def check(folder, text):
    """What `stoker check` says against it: the lines, or none."""
    (folder / "stoker.yaml").write_text(text)
    done = stoker("check", cwd=folder)
    assert done.returncode in (0, 65), done
    return done.stderr.splitlines() if done.returncode else []


# -- right files ---------------------------------------------------------------------------------------------------------------


def blocks_of_the_pages():
    """The service files of README.md and docs/; where one is only a part, the rest is added."""
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for number, block in enumerate(re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)):
            keys = set(yaml.load(block, Loader))
            if keys <= {"version", "stoker", "defaults", "services"}:
                rest = ("" if "version" in keys else "version: 1\n") + ("" if "services" in keys else "services: {a: {command: [a]}}\n")
                yield f"{page.name} {number}", rest + block


def right_files():
    for path in sorted(ROOT.glob("examples/**/*.yaml")):
        yield str(path.relative_to(ROOT)), path.read_text()
    yield from blocks_of_the_pages()
    complete = (ROOT / "Tests/ServiceFileTests/CompleteFileTests.swift").read_text()
    text = re.search(r'static let text = """\n(.*?)\n    """', complete, re.S)[1]
    yield "the complete file of the unit tests", re.sub(r"^    ", "", text, flags=re.M).replace("\\\\", "\\")


def test_the_schema_is_one(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"


@pytest.mark.parametrize("name, text", right_files(), ids=lambda value: value if "\n" not in value else "")
def test_a_right_file_is_right_for_the_schema(schema, name, text):
    assert problems(schema, text) == []


def test_there_are_right_files_to_try():
    names = [name.split()[0] for name, _ in right_files()]
    assert "README.md" in names and names.count("service-file.md") >= 10


def test_the_demo_is_right_for_the_schema(schema, tmp_path):
    done = stoker("demo", "--print", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert problems(schema, done.stdout) == []


def test_what_comes_from_the_environment_is_right_for_the_schema(schema, tmp_path):
    text = """\
version: 1
stoker: {name: "${N:-a}", listen: ["${L:-127.0.0.1:1}"], control: "${C:-socket}", log: {level: "${V:-debug}"}}
services:
  a:
    command: "${X:-true}"
    enabled: ${E:-yes}
    kind: ${K:-process}
    layer: ${Y:-2}
    nice: ${I:-5}
    umask: ${U:-027}
    limits:
      memory: "${M:-1GiB}"
      cpu: ${P:-0.5}
    health: {tcp: {address: "127.0.0.1:${T:-80}"}, interval: "${D:-5s}"}
    restart: {max_attempts: "${R:-unlimited}"}
    metrics:
      port: ${Q:-80}
"""
    assert problems(schema, text) == []
    assert check(tmp_path, text) == []


# -- keys ----------------------------------------------------------------------------------------------------------------------


def resolved(schema, part):
    while "$ref" in part:
        part = {**schema["$defs"][part["$ref"].split("/")[-1]], **{key: value for key, value in part.items() if key != "$ref"}}
    return part


def mappings(schema, part, path=()):
    """Every mapping with keys of its own, as its path and its keys; `*` is a name that the file chooses."""
    part = resolved(schema, part)
    for alternative in part.get("anyOf", []):
        yield from mappings(schema, alternative, path)
    if "properties" in part:
        yield path, set(part["properties"])
        for key, inner in part["properties"].items():
            yield from mappings(schema, inner, (*path, key))
    elif isinstance(part.get("additionalProperties"), dict):
        yield from mappings(schema, part["additionalProperties"], (*path, "*"))
    if "properties" in part and isinstance(part.get("additionalProperties"), dict):
        yield from mappings(schema, part["additionalProperties"], (*path, "*"))


def test_the_schema_has_every_key_that_the_reader_knows_and_no_other(schema, tmp_path):
    """Each word of the reader's sources, and each of the schema, is put into every mapping: what `check` calls unknown must be what the
    schema does not have there."""
    known = {path: keys for path, keys in mappings(schema, schema) if path[:1] != ("defaults",)}
    words = set(itertools.chain(*known.values()))
    # Some words are those of the core: hooks, policies.
    for source in [*(SOURCES / "ServiceFile" / "Reading").glob("*.swift"), *(SOURCES / "Orchestration").glob("*.swift")]:
        words |= set(re.findall(r'"([a-z][a-z0-9_]*)"', source.read_text()))
    assert len(known) > 20 and len(words) > 100

    def tree(path):
        """A mapping with all words; those that lead to mappings lead there."""
        if path == ("services",):
            return {"some": tree(("services", "*"))}
        if path == ("services", "*", "depends_on"):
            return {"some": tree((*path, "*"))}
        return {word: (tree((*path, word)) if (*path, word) in known or (*path, word) in containers else "x") for word in sorted(words)}

    containers = {path[:length] for path in known for length in range(1, len(path))}
    lines = check(tmp_path, json.dumps(tree(())))
    unknown = {}
    for line in lines:
        if found := re.search(r"unknown key '(\w+)' in (.*?)(?:; .*)?$", line):
            unknown.setdefault(found[2], set()).add(found[1])

    def place(path):
        names = ["some" if part == "*" else part for part in path]
        if path[:1] == ("services",):
            keys = ".".join(names[2:])
            return f"'{keys}' of service 'some'" if keys else "service 'some'"
        return f"'{'.'.join(names)}'" if names else "the service file"

    wrong = {place(path): (words - keys) ^ unknown.get(place(path), set()) for path, keys in known.items()}
    assert {where: keys for where, keys in wrong.items() if keys} == {}
    assert unknown.keys() <= {place(path) for path in known}, "a mapping that the schema does not have"


# -- wrong files ---------------------------------------------------------------------------------------------------------------

WRONG = [
    "services: {a: {command: [a]}}",
    "version: 2\nservices: {a: {command: [a]}}",
    "version: 1",
    "version: 1\nservices: {}",
    "version: 1\ninclude: {a: b}\nservices: {a: {command: [a]}}",
    "version: 1\ny-one: 1\nservices: {a: {command: [a]}}",
    "version: 1\nservices: [a]",
    "version: 1\nservices: {a/b: {command: [a]}}",
    "version: 1\nstocker: {}\nservices: {a: {command: [a]}}",
    *(
        f"version: 1\nstoker: {{{keys}}}\nservices: {{a: {{command: [a]}}}}"
        for keys in (
            "name: a/b", "listen: nine", 'listen: [":80"]', 'listen: ["::1:80"]', "log: {level: loud}", "log: {format: xml}", "metrics: {exclude: [exit]}",
            "control: everywhere", "exit_when: complete", "exit_when: {a: b}", "variables: {a: b}", "web_config: web.yml", "allow_remote_control: true", "allowed_hosts: a", "discovery: {address: []}", "colour: blue",
        )
    ),
    *(
        f"version: 1\nservices: {{a: {{{keys}}}}}"
        for keys in (
            "enabled: true", "kind: process", "comand: [a]", "command: []", 'command: ""', "command: {a: b}", 'command: [""]',
            "kind: oneshoot, command: [a]", "kind: external", "kind: external, health: {tcp: {address: 'a:1'}}, command: [a]",
            "kind: external, health: {tcp: {address: 'a:1'}}, user: a", "kind: oneshot, command: [a], restart: {policy: always}",
            "kind: oneshot, command: [a], watchdog: 5s", "kind: forking, command: [a]", "command: [a], pid_file: a", "kind: forking, command: [a], pid_file: a, ready: {notify: s6}", "kind: oneshot, command: [a], ready: {notify: systemd}", "command: [a], ready: {notify: systemd, from: all}", "kind: oneshot, command: [a], restart: always",
        )
    ),
    *(
        f"version: 1\nservices: {{a: {{command: [a], {keys}}}}}"
        for keys in (
            'enabled: "true"', "critical: 1", "layer: -1", "layer: 1.5", "version: ~", "version: [1]", 'description: "a\\nb"', "labels: [a]", "labels: {a: [b]}",
            "environment: {STOKER_RUN: x}", "environment: {NESTED: {}}", "environment: [A]", "environment: [STOKER_RUN=x]", "environment_file: {a: b}", "inherit_environment: none", "depends_on: b", "depends_on: {b: {condition: helthy}}", "depends_on: {b: {optinal: true}}",
            "depends_on: {b: {on_restart: restrat}}", "depends_on: {b: {instances: some}}", "instances: 0", "instances: 1001", "instances: []", "instances: [a/b]",
            "instances: {a: b}", "instances: [a, a]", "nice: -30", "nice: high", 'oom_score_adj: "0"', "umask: '0888'", 'user: "a b"', "group: -1",
            "limits: {nofiles: 1}", "limits: {nofile: 0}", "limits: {core: some}", "limits: {tasks: 0.5}", "limits: {cpu: 0}", "no_new_privileges: maybe", "stdin: closed", "stdin: ~", "tty: 1",
            "health: {}", "health: {interval: 10s}", "health: {http: {}}", "health: {http: {url: 'ftp://a'}}", "health: {http: {url: 'https://a'}}",
            "health: {http: {url: 'http://a', status: '299 to 300'}}", "health: {http: {url: 'http://a', status: 600}}", "health: {http: {url: 'http://a', verify_tls: false}}",
            "health: {http: {url: 'http://a', follow_redirects: 21}}", "health: {http: {url: 'http://a', headers: {'a b': c}}}",
            "health: {tcp: {address: a}}", "health: {exec: {}}", "health: {file: {}}", "health: {file: {path: /a, max_age: old}}", "health: {heartbeat: {every: 5s}}",
            "health: {grpc: {address: 'a:1'}}", "health: {http: {url: 'http://a'}, tcp: {address: 'a:1'}}", "health: {exec: {command: a}, interval: soon}",
            "health: {exec: {command: a}, interval: 0}", "health: {exec: {command: a}, interval: 30m1h}", "health: {exec: {command: a}, timeout: -1s}",
            "health: {exec: {command: a}, failure_threshold: 0}", "health: {exec: {command: a}, recovery_threshold: 0.5}", "health: {exec: {command: a}, history: 0}",
            "ready: {notify: sistemd}", "ready: {notify: s6, log: a}", "ready: {timeout: 0}", "watchdog: ten", "runtime_max: soon", "heartbeat: {interval: 0s}",
            'restart: {max_attempts: "3"}', "restart: {max_attempts: -1}", "restart: {policy: sometimes}", "restart: sometimes", 'restart: "no"', "restart: [always]", "restart: 3", "restart: {backoff: {factor: 0.5}}", "restart: {backoff: {jitter: 2}}",
            "restart: {backoff: {max: 1x}}", "restart: {success_exit_codes: [256]}", "restart: {success_exit_codes: 0}", "stop: {signal: 99}", "stop: {signal: [TERM]}",
            "stop: {signal: none}", "reload: {}", "reload: {signal: HUP, command: [b]}", "reload: {signal: KILL}", "reload: {check: [b]}", "reload: {command: []}",
            "stop: {timeout: -1s}", "stop: {scope: groop}", 'stop: {command: ""}', "hooks: {pre_strt: [x]}", "hooks: {post_start: []}", "hooks: {pre_stop: {}}",
            "log: {mode: file}", "log: {max_files: 0}", "log: {max_size: 10 megs}", "log: {memory_lines: -1}", "log: {timestamps: often}", "log: {streams: joined}", "log: {shared: both}", "log: {stderr_path: []}", "log: /var/log/a",
            "endpoints: {'a b': 'http://a'}", "metrics: {}", "metrics: {port: 65536}", "metrics: {port: 80, path: metrics}", "health: {interval: [1]}", "mystery: 1",
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_file_that_is_wrong_in_its_structure_is_refused_by_both(schema, tmp_path, text):
    assert check(tmp_path, text)
    assert problems(schema, text)


# -- init ----------------------------------------------------------------------------------------------------------------------


def test_init_writes_a_file_that_is_right_and_runs_as_it_is(make_stoker, schema):
    node = make_stoker()
    node.file.unlink()
    done = node.command("init")
    assert done.returncode == 0 and "wrote ./stoker.yaml" in done.stdout, done
    text = node.file.read_text()
    assert text.startswith("# yaml-language-server: $schema=./stoker.schema.json\n")
    assert text == node.command("init", "--print").stdout
    assert problems(schema, text) == []
    checked = node.command("check")
    assert checked.returncode == 0 and "2 services" in checked.stdout, checked
    # As it is, but for where it listens and keeps its state.
    node.file.write_text(text.replace('["127.0.0.1:10101"]', f'["127.0.0.1:{node.port}"]\n  state_dir: {node.state}'))
    node.start()
    for name in ("first", "second"):
        node.wait_health(name, "healthy")
        assert node.service(name)["status"] == "running"
    assert node.get("/dependencies").json["startup_order"] == ["first", "second"]
    wait_for("its words", lambda: "still here" in node.command("logs", "first").stdout)
    assert node.stop() == 0


def test_what_init_writes_as_comments_is_right_too(schema, tmp_path):
    text = stoker("init", "--print", cwd=tmp_path).stdout
    # Lines of prose begin with a capital letter or stand apart.
    uncommented = re.sub(r"^( *)# ((?:  )*[a-z_]+: ?.*)$", r"\1\2", text.split("version: 1", 1)[1], flags=re.M)
    assert uncommented.count("#") < text.count("#") - 15
    whole = "version: 1" + uncommented.replace("    user: www-data", "    # user: www-data")
    assert check(tmp_path, whole) == []
    assert problems(schema, whole) == []
    assert list(yaml.load(whole, Loader)["services"]) == ["first", "second", "web", "migrate"]


def test_init_replaces_nothing_unless_that_is_wished(tmp_path):
    (tmp_path / "stoker.yaml").write_text("mine")
    done = stoker("init", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "stoker: ./stoker.yaml exists: nothing was written; --force replaces it, and --print only prints the new one\n"
    assert (tmp_path / "stoker.yaml").read_text() == "mine"
    assert stoker("init", "--force", cwd=tmp_path).returncode == 0
    assert (tmp_path / "stoker.yaml").read_text() != "mine"


def test_init_writes_where_it_is_told(tmp_path):
    done = stoker("init", "--config", "other.yaml", cwd=tmp_path)
    assert done.returncode == 0 and "stoker run --config other.yaml" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["other.yaml"]
    done = stoker("init", "--config", "nowhere/other.yaml", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "stoker: cannot write nowhere/other.yaml: No such file or directory (ENOENT)\n"
