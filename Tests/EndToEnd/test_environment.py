"""What a service, and its exec check, find in their environment: the file, what dependencies offer, and its own on top."""

import json
import os

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
        assert check.returncode == 0 and warning in check.stderr and fault in check.stderr, check
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
    assert all(line.startswith(f"stoker: warning: service '{name}' cannot start until this is mended: ") for name, line in zip(services, lines)), lines
    assert "'/nowhere/at/all': No such file or directory (ENOENT)" in lines[0] and "Not a directory (ENOTDIR)" in lines[1]
    assert all("there is no such" in line for line in lines[2:])
    assert len(json.loads(stoker.command("check", "--json").stdout)["warnings"]) == len(services)
