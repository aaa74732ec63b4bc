"""`stoker prometheus`: the files for Prometheus, Alertmanager and Grafana, from the program itself."""

import subprocess

import pytest
import yaml

from harness import ROOT, STOKER

EXAMPLES = ROOT / "examples" / "prometheus"
BOARDS = ["overview", "service", "supervisor"]


def stoker(*arguments, cwd):
    return subprocess.run([STOKER, "prometheus", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


def written(folder):
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_what_the_program_prints_is_what_the_repository_holds(tmp_path):
    assert stoker("rules", cwd=tmp_path).stdout == (ROOT / "alerts" / "stoker.rules.yml").read_text()
    assert stoker("config", cwd=tmp_path).stdout == (EXAMPLES / "prometheus.yml").read_text()
    for board in BOARDS:
        assert stoker("dashboards", board, cwd=tmp_path).stdout == (ROOT / "dashboards" / f"stoker-{board}.json").read_text()


def test_everything_written_into_a_folder_is_accepted_by_those_it_is_for(tmp_path):
    for what in ("config", "rules", "dashboards"):
        done = stoker(what, "--output", "monitoring", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
    files = written(tmp_path / "monitoring")
    assert files == {
        "prometheus.yml": (EXAMPLES / "prometheus.yml").read_text(),
        "alertmanager.yml": (EXAMPLES / "alertmanager.yml").read_text(),
        "grafana/datasources/stoker.yml": (EXAMPLES / "grafana" / "datasources" / "stoker.yml").read_text(),
        "grafana/dashboards/stoker.yml": (EXAMPLES / "grafana" / "dashboards" / "stoker.yml").read_text(),
        "stoker.rules.yml": (ROOT / "alerts" / "stoker.rules.yml").read_text(),
        **{f"stoker-{board}.json": (ROOT / "dashboards" / f"stoker-{board}.json").read_text() for board in BOARDS},
    }
    for command in (["promtool", "check", "config", "prometheus.yml"], ["amtool", "check-config", "alertmanager.yml"]):
        checked = subprocess.run(command, cwd=tmp_path / "monitoring", capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_configuration_is_for_the_listener_of_the_service_file(tmp_path):
    (tmp_path / "stoker.yaml").write_text(
        'version: 1\nstoker: {listen: ["unix:/run/x.sock", "192.0.2.7:9999", "127.0.0.1:8888"]}\nservices: {a: {command: "true"}}\n'
    )
    text = stoker("config", cwd=tmp_path).stdout
    assert 'targets: ["192.0.2.7:9999"]' in text and "http://192.0.2.7:9999/api" in text and "10101" not in text


def test_a_listener_on_all_addresses_is_scraped_by_one_that_can_be_called(tmp_path):
    for listener, address, target in (
        ("0.0.0.0:9999", "null", "127.0.0.1:9999"), ("[::]:9999", "null", "[::1]:9999"), ("0.0.0.0:9999", "fog.example", "fog.example:9999"),
        ("[::]:9999", "2001:db8::7", "[2001:db8::7]:9999"), ("10.0.0.0:9999", "fog.example", "10.0.0.0:9999"),
    ):  # fmt: skip
        discovery = f'discovery: {{address: "{address}"}}, ' if address != "null" else ""
        (tmp_path / "stoker.yaml").write_text(f'version: 1\nstoker: {{{discovery}listen: ["{listener}"]}}\nservices: {{a: {{command: "true"}}}}\n')
        assert f'targets: ["{target}"]' in stoker("config", cwd=tmp_path).stdout


@pytest.mark.parametrize(
    ("arguments", "file", "status", "says"),
    [
        (["config", "--config", "absent.yaml"], None, 65, "absent.yaml"),
        (["config"], "version: 1\nservices: {a: {comand: x}}\n", 65, "did you mean 'command'"),
        (["config"], 'version: 1\nstoker: {listen: ["unix:/run/x.sock"]}\nservices: {a: {command: "true"}}\n', 1, "no TCP listener"),
        (["dashboards"], None, 64, "name a dashboard"),
        (["dashboards", "grafana"], None, 64, "overview"),
        (["rules", "--without", "StokerDwon"], None, 64, "there is no alert 'StokerDwon'; did you mean 'StokerDown'?"),
        (["rules", "--without", "Other"], None, 64, "there is no alert 'Other'; docs/metrics.md lists them"),
        (["rules", "--runbooks", "wiki"], None, 64, "--runbooks takes an address such as https://"),
        (["rules", "--runbooks", "https://a b"], None, 64, "--runbooks takes an address"),
        (["rules", "--alert-label", "team"], None, 64, "--alert-label takes NAME=VALUE"),
        (["rules", "--alert-label", "1team=a"], None, 64, "--alert-label takes NAME=VALUE"),
        (["rules", "--alert-label", "team=a\nb"], None, 64, "--alert-label takes NAME=VALUE"),
        (["rules", "--alert-label", "team={{ nope }}"], None, 64, "--alert-label takes NAME=VALUE"),
        (["rules", "--alert-label", "depends_on=x"], None, 64, "--alert-label cannot give 'depends_on'"),
        (["rules", "--runbooks", "https://wiki.example.org/?page=1"], None, 64, "--runbooks takes an address"),
        (["rules", "--runbooks", "https:///x"], None, 64, "--runbooks takes an address"),
        (["rules", "--alert-label", "team=\ufffe"], None, 64, "--alert-label takes NAME=VALUE"),
        (["rules", "--output", ""], None, 64, "--output is empty"),
        (["rules", "--for", "grafana"], None, 64, "victoriametrics-1.79"),
        (["rules", "--alert-label", "team="], None, 64, "--alert-label takes NAME=VALUE"),
        (["rules", "--alert-label", "severity=page"], None, 64, "--alert-label cannot give 'severity'"),
        (["rules", "--alert-label", "a=1", "--alert-label", "a=2"], None, 64, "--alert-label gives 'a' twice"),
        (["rules", "--job", 'a"b'], None, 64, "--job takes letters, digits and _ - . / :"),
        (["config", "--job", "services"], None, 64, "--job takes another name"),
        (["rules", "--output", "/proc/nowhere"], None, 1, "cannot write /proc/nowhere/stoker.rules.yml: No such file or directory"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_writes_nothing(tmp_path, arguments, file, status, says):
    if file:
        (tmp_path / "stoker.yaml").write_text(file)
    done = stoker(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (status, "")
    assert says in done.stderr
    assert set(written(tmp_path)) <= {"stoker.yaml"}


def rules(text):
    """The groups with their rules."""
    return {group["name"]: group["rules"] for group in yaml.safe_load(text)["groups"]}


RULES = (ROOT / "alerts" / "stoker.rules.yml").read_text()
ALERTS = sorted({rule["alert"] for group in rules(RULES).values() for rule in group if "alert" in rule})


def changed(*options, cwd):
    done = stoker("rules", *options, cwd=cwd)
    assert (done.returncode, done.stderr) == (0, "")
    (cwd / "changed.yml").write_text(done.stdout)
    checked = subprocess.run(["promtool", "check", "rules", cwd / "changed.yml"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return done.stdout


def test_each_alert_can_be_left_out(tmp_path):
    def names(text):
        return [rule.get("alert", rule.get("record")) for group in rules(text).values() for rule in group]

    for alert in ALERTS:
        text = stoker("rules", "--without", alert, cwd=tmp_path).stdout
        assert names(text) == [name for name in names(RULES) if name != alert]
        assert f"- alert: {alert}\n" not in text and len(RULES.split("\n")) > len(text.split("\n"))
    assert not [rule for rule in names(changed(*(word for alert in ALERTS for word in ("--without", alert)), cwd=tmp_path)) if rule in ALERTS]


def test_a_label_that_tells_alerts_apart_cannot_be_given(tmp_path):
    """Whatever labels the alerts have in their own tests, apart from those that tell machines apart."""
    found = set()
    for file in (ROOT / "alerts" / "tests").glob("*.yml"):
        for test in yaml.safe_load(file.read_text())["tests"]:
            for case in test.get("alert_rule_test", []):
                for alert in case.get("exp_alerts", []):
                    found |= alert["exp_labels"].keys()
    assert {"depends_on", "collector"} <= found
    for label in found - {"host", "cluster"}:
        assert stoker("rules", "--alert-label", f"{label}=x", cwd=tmp_path).returncode == 64, label


def test_each_reader_accepts_the_rules_made_for_it(tmp_path):
    assert stoker("rules", "--for", "prometheus-2.42", cwd=tmp_path).stdout == RULES
    newer, older = (changed("--for", reader, cwd=tmp_path) for reader in ("victoriametrics", "victoriametrics-1.79"))
    (tmp_path / "rules.yml").write_text(older)
    checked = subprocess.run(["vmalert", "-dryRun", f"-rule={tmp_path}/rules.yml"], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stderr
    groups = rules(RULES)
    assert set(groups) - set(rules(newer)) == {"stoker-records-native"} and rules(newer) == {name: groups[name] for name in rules(newer)}
    for group in groups.values():
        for rule in group:
            rule.pop("keep_firing_for", None)
    assert rules(older) == {name: groups[name] for name in rules(newer)}


def test_job_runbooks_and_labels_are_as_wished(tmp_path):
    options = ["--job", "fog-1", "--runbooks", "https://wiki.example.org/stoker/", "--alert-label", 'team=a "b" \\c: #d', "--alert-label", "zone=é"]
    text = changed(*options, cwd=tmp_path)
    expected = RULES.replace('job="stoker"', 'job="fog-1"')
    expected = rules(expected.replace("https://github.com/stoker-supervisor/stoker/blob/main/alerts/runbooks", "https://wiki.example.org/stoker"))
    for group in expected.values():
        for rule in group:
            if "alert" in rule:
                rule["labels"] = {"team": 'a "b" \\c: #d', "zone": "é", **rule["labels"]}
    assert rules(text) == expected and '"stoker"' not in text and "stoker-supervisor" not in text
    config = stoker("config", "--job", "fog-1", cwd=tmp_path).stdout
    assert yaml.safe_load(config)["scrape_configs"][0]["job_name"] == "fog-1"
    assert yaml.safe_load(config)["scrape_configs"][1]["job_name"] == "services"


def test_a_file_that_somebody_changed_is_not_replaced_unless_that_is_wished(tmp_path):
    assert stoker("config", "-o", "m", cwd=tmp_path).returncode == 0
    changed = tmp_path / "m" / "alertmanager.yml"
    changed.write_text("mine")
    (tmp_path / "m" / "prometheus.yml").unlink()
    done = stoker("config", "-o", "m", cwd=tmp_path)
    assert done.returncode == 1 and "m/alertmanager.yml exists and is different: nothing was written; --force replaces it" in done.stderr
    assert changed.read_text() == "mine" and not (tmp_path / "m" / "prometheus.yml").exists()
    assert stoker("config", "-o", "m", "--force", cwd=tmp_path).returncode == 0
    assert changed.read_text() != "mine"
    again = stoker("config", "-o", "m", cwd=tmp_path)
    assert again.returncode == 0 and again.stdout.count("is up to date") == 4
