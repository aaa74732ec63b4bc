"""The shipped rules and the shipped board: they are sound, and speak of metrics that exist."""

import json
import pathlib
import re
import subprocess

from harness import recorder

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "alerts" / "stoker.rules.yml"
BOARD = ROOT / "dashboards" / "stoker-overview.json"


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, cwd=ROOT / "alerts" / "tests")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_promtool_accepts_the_rules():
    assert "SUCCESS" in promtool("check", "rules", RULES)


def test_every_alert_fires_when_it_should_and_is_silent_when_it_should_not():
    tests = sorted((ROOT / "alerts" / "tests").glob("*.yml"))
    assert "SUCCESS" in promtool("test", "rules", *tests)
    alerts = set(re.findall(r"alert: (\w+)", RULES.read_text()))
    assert len(alerts) >= 7
    for alert in alerts:
        expectations = "".join(test.read_text() for test in tests).split(f"alertname: {alert}\n")[1:]
        assert any("exp_labels" in text.split("alertname:")[0] for text in expectations), f"{alert} never fires in a test"
        assert any("exp_labels" not in text.split("alertname:")[0] for text in expectations), f"{alert} is never silent in a test"


def test_every_metric_of_the_rules_and_the_board_exists(make_stoker):
    expressions = re.findall(r"expr: *(.+(?:\n {10,}.+)*)", RULES.read_text())
    board = json.loads(BOARD.read_text())

    def walk(value):
        if isinstance(value, dict):
            for key, part in value.items():
                if key in ("expr", "query", "definition") and isinstance(part, str):
                    expressions.append(part)
                walk(part)
        elif isinstance(value, list):
            for part in value:
                walk(part)

    walk(board)
    assert board["uid"] == "stoker-overview"
    names = {name for text in expressions for name in re.findall(r"\bstoker_\w+", text)}
    assert len(names) >= 8, names
    stoker = make_stoker(
        services={
            "first": recorder("first", health={"exec": {"command": "true"}, "interval": "1s", "start_interval": "100ms"}),
            "second": recorder("second", depends_on=["first"]),
        }
    ).start()
    stoker.wait_status("second", "running")
    families = set(re.findall(r"^# TYPE (\S+)", stoker.request("GET", "/metrics").text, re.MULTILINE))
    missing = {name for name in names if name not in families and re.sub("_(bucket|sum|count)$", "", name) not in families}
    assert not missing
