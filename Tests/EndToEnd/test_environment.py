"""What a service, and its exec check, find in their environment: the file, what dependencies offer, and its own on top."""

import json
import os
import re

import pytest

from harness import recorder, wait_for


def test_the_file_and_the_endpoints_reach_the_service_and_its_exec_check_and_its_own_variables_win(make_stoker):
    seen = 'test "$FROM_FILE $BOTH $STOKER_DATA_BASE_HTTP" = "file own http://127.0.0.1:1"'
    web = recorder(
        "web",
        first=f"{seen} || exit 7",
        depends_on=["data-base"],
        environment_file="web.env",
        health={"exec": {"command": f'{seen} && test "$OF_CHECK" = check', "environment": {"OF_CHECK": "check"}}, "start_interval": "100ms"},
    )
    web["environment"]["BOTH"] = "own"
    stoker = make_stoker(services={"data-base": recorder("data-base", endpoints={"http": "http://127.0.0.1:1"}), "web": web})
    (stoker.directory / "web.env").write_text("FROM_FILE=file\nBOTH=file\n")
    stoker.start()
    stoker.wait_health("web", "healthy")
    assert stoker.service("web")["restart_count"] == 0


def test_a_missing_environment_file_is_a_failed_start_that_names_it(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", environment_file="nowhere.env", restart={"max_attempts": 0})}).start()
    stoker.wait_status("web", "failed")
    assert "nowhere.env" in stoker.service("web")["last_error"]


def test_an_environment_file_that_cannot_be_used_is_told_by_check_and_by_a_reload(make_stoker):
    stoker = make_stoker(services={"web": recorder("web", environment_file="web.env"), "other": recorder("other")})
    file = stoker.directory / "web.env"
    file.write_text("A=1\n")
    assert "warning" not in stoker.command("check").stderr
    stoker.start()
    pid = stoker.service("web")["pid"]
    assert stoker.reload()["warnings"] == []
    warning = "warning: service 'web' cannot start until this is mended: "
    for content, fault in ((None, "web.env: No such file"), (b"no variable\n", "web.env:1:"), (b"\xff", "not valid UTF-8")):
        file.unlink() if content is None else file.write_bytes(content)
        check = stoker.command("check")
        assert check.returncode == 0 and warning.removeprefix("warning: ") in check.stderr and fault in check.stderr, check
        assert re.match(r"stoker: warning: .*stoker\.yaml:\d+:\d+: service 'web'", check.stderr), "the place of environment_file"
        for options in ([], ["--dry-run"]):
            result = stoker.command("reload", *options)
            assert result.returncode == 0 and result.stdout.startswith("Nothing has changed, with a warning"), result
            assert warning in result.stderr and fault in result.stderr and len(result.stderr.splitlines()) == 1
        answer = stoker.reload()
        assert len(answer["warnings"]) == 1 and fault in answer["warnings"][0] and answer["unchanged"] == ["web", "other"]
        wait_for("the warning in the log", lambda: fault in stoker.output.read_text())
    assert stoker.metric("stoker_config_last_reload_successful") == 1, "the file is in force"
    file.write_text("A=1\n")
    assert stoker.reload()["warnings"] == [] and stoker.service("web")["pid"] == pid


def test_check_warns_of_what_this_machine_does_not_have(make_stoker):
    services = {"a": recorder("a", directory="/nowhere/at/all"), "b": recorder("b", directory="/etc/passwd")}
    if os.geteuid() == 0:
        services |= {"c": recorder("c", user="nobody-knows-it", group="0"), "d": recorder("d", group="nobody-knows-it")}
    stoker = make_stoker(services=services)
    result = stoker.command("check")
    lines = result.stderr.splitlines()
    assert result.returncode == 0 and len(lines) == len(services), result
    words = "service '{}' cannot start until this is mended: "
    assert all(re.match(r"stoker: warning: .*stoker\.yaml:\d+:\d+: " + words.format(name), line) for name, line in zip(services, lines)), lines
    assert "'/nowhere/at/all': No such file or directory (ENOENT)" in lines[0] and "Not a directory (ENOTDIR)" in lines[1]
    assert all("there is no such" in line for line in lines[2:])
    assert len(json.loads(stoker.command("check", "--json").stdout)["warnings"]) == len(services)


def test_check_warns_of_programs_hosts_and_folders_that_are_not_there_and_executes_nothing(make_stoker):
    stoker = make_stoker()
    bin = stoker.directory / "bin"
    bin.mkdir()
    for name, first in (("good", "#!/bin/sh"), ("orphan", "#!/nowhere/sh"), ("closed", "#!/bin/sh")):
        (bin / name).write_text(f"{first}\ntouch executed\n")
        (bin / name).chmod(0o755 if name != "closed" else 0o644)
    host = "a" * 70 + ".invalid"
    stoker.file.write_text(f"""\
version: 1
stoker: {{state_dir: {stoker.state}}}
services:
  good:
    command: [good]
    environment: {{PATH: "{bin}"}}
    stop: {{command: /bin/true}}
    log: {{path: logs/deep/good.log}}
    health: {{tcp: {{address: "localhost:1"}}}}
  line:
    command: cd / && nowhere
  gone:
    command: [gone]
    environment: {{PATH: "{bin}"}}
  orphan:
    command: exec bin/orphan --now
  closed:
    command: [bin/closed]
  hooked:
    command: [/bin/true]
    hooks: {{pre_start: [/nowhere/pre], post_stop: /nowhere/post}}
    health: {{exec: {{command: [/nowhere/check]}}}}
  shell:
    command: [/bin/echo, here, $HOME]
  far:
    command: [/bin/true]
    health: {{http: {{url: "http://{host}/"}}}}
  logs:
    command: [/bin/true]
    log: {{path: bin/good/x.log}}
  one: {{command: [/bin/true], endpoints: {{a-b: "http://a"}}}}
  two:
    command: [/bin/true]
    depends_on: [my-db, my_db]
  my-db: {{command: [/bin/true], endpoints: {{http: "http://a"}}}}
  my_db: {{command: [/bin/true], endpoints: {{http: "http://b"}}}}
""")
    before = sorted(stoker.directory.rglob("*"))
    result = stoker.command("check")
    told = {
        int(match[1]): match[2]
        for match in re.finditer(r"^stoker: warning: .*stoker\.yaml:(\d+):\d+: (.*)$", result.stderr, re.M)
    }
    expected = {
        13: f"service 'gone' cannot start until this is mended: looking up the program 'gone': No such file or directory (ENOENT); searched PATH={bin}",
        16: "service 'orphan' cannot start until this is mended: executing 'bin/orphan': .*the interpreter '/nowhere/sh' that it names does not exist",
        18: "service 'closed' cannot start until this is mended: executing 'bin/closed': .*chmod",
        21: "service 'hooked' cannot (start|run 'hooks.post_stop') until this is mended: executing '/nowhere/(pre|post)': No such file",
        22: "service 'hooked' cannot be checked until this is mended: executing '/nowhere/check': No such file",
        24: r"service 'shell' has 'command' as a list: a '\$NAME' in a list is not replaced",
        27: f"service 'far' cannot be checked until this is mended: the host '{host}' has no address: ",
        30: "service 'logs' cannot write its log: .*bin/good' is no folder",
        34: "service 'two' gets STOKER_MY_DB_HTTP from both endpoint 'http' of 'my-db' and endpoint 'http' of 'my_db'",
    }
    assert result.returncode == 0 and told.keys() == expected.keys(), result.stderr
    assert all(re.match(expected[line].replace("(ENOENT)", r"\(ENOENT\)"), told[line]) for line in told), result.stderr
    warnings = json.loads(stoker.command("check", "--json").stdout)["warnings"]
    assert len(warnings) == len(expected) + 1 and warnings == [line.removeprefix("stoker: warning: ") for line in result.stderr.splitlines()]
    assert sorted(stoker.directory.rglob("*")) == before


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_check_looks_programs_up_for_the_user_of_the_service(make_stoker):
    stoker = make_stoker()
    program = stoker.directory / "mine"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    stoker.file.write_text(f"version: 1\nstoker: {{state_dir: {stoker.state}}}\nservices:\n  a: {{command: [./mine], user: nobody}}\n  b: {{command: [./mine]}}\n")
    lines = stoker.command("check").stderr.splitlines()
    assert len(lines) == 1 and "service 'a' cannot start" in lines[0] and "the user 'nobody' may not execute it" in lines[0], lines
