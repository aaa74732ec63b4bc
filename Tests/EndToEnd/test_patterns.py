"""Patterns: what they see of a log, and what is refused."""

import pytest

from harness import recorder


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [(r"port \d+ open", "write [0-9]"), ("(?i)ready", "[Aa]"), ("up.*?", "leave the ? out"), (r"[\w.]+", "[:alnum:]_"), ('{"up": true}', r"write \{")],
)
def test_a_pattern_that_means_something_else_is_refused_with_what_to_write(make_stoker, pattern, advice):
    stoker = make_stoker(services={"app": recorder("app", ready={"log": pattern})})
    result = stoker.command("check", "--config", str(stoker.file))
    assert result.returncode == 65 and advice in result.stdout + result.stderr


def test_a_pattern_sees_a_log_without_colours_and_carriage_returns(make_stoker):
    command = r"printf '\033[1;32mport 8080 open\033[0m\r\n'; exec sleep 1000"
    stoker = make_stoker(services={"app": {"command": command, "ready": {"log": "^port [0-9]+ open$", "timeout": "20s"}}}).start()
    assert stoker.service("app")["status"] == "running"
    assert stoker.get("/service/app/logs").text == "\033[1;32mport 8080 open\033[0m\r\n"


def test_a_carriage_return_ends_a_line_for_a_pattern(make_stoker):
    command = r"printf '10%%\r20%%\rready\n'; exec sleep 1000"
    stoker = make_stoker(services={"app": {"command": command, "ready": {"log": "^ready$", "timeout": "20s"}}}).start()
    assert stoker.service("app")["status"] == "running"
    assert stoker.get("/service/app/logs").text == "10%\r20%\rready\n"
