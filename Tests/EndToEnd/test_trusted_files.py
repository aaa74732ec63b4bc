"""Files that others may write: refused where root would use them, and named elsewhere."""

import os
import threading

import pytest

from harness import recorder, wait_for

root = pytest.mark.skipif(os.geteuid() != 0, reason="only root refuses files")
BAD_FILE, NO_STATE = 65, 73
OTHER = 65534


@root
def test_a_service_file_that_everybody_may_write_is_refused_by_run_check_and_reload(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.directory.chmod(0o777)
    for verb in ("run", "check"):
        result = stoker.command(verb, "--config", str(stoker.file))
        assert result.returncode == BAD_FILE and result.stderr.count("\n") == 1, result.stderr
        assert f"everybody can write '{stoker.directory}', and so replace it" in result.stderr
        assert f"'chmod o-w {stoker.directory}'" in result.stderr and "--trust-files" in result.stderr
    assert stoker.starts("a") == []
    assert stoker.command("check", "--trust-files").returncode == 0

    stoker.directory.chmod(0o755)
    stoker.start()
    stoker.file.chmod(0o666)
    stoker.write({"a": recorder("a"), "b": recorder("b")})
    answer = stoker.post("/reload")
    assert answer.status == 400 and "everybody can write it" in answer.json["message"]
    assert list(stoker.services()) == ["a"]
    stoker.file.chmod(0o644)
    assert stoker.reload()["success"]


@root
def test_trust_files_is_kept_for_reloads_and_said_at_each_start(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", environment_file="env")})
    (stoker.directory / "env").write_text("A=1\n")
    (stoker.directory / "env").chmod(0o666)
    stoker.directory.chmod(0o777)
    stoker.start("--trust-files")
    stoker.wait_starts("a")
    said = stoker.output.read_text()
    assert "--trust-files" in said and f"'{stoker.directory}' can be written by everybody" in said
    stoker.reload({"b": recorder("b")})
    stoker.wait_starts("b")


@root
def test_a_state_directory_that_everybody_may_write_is_refused(make_stoker, tmp_path):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"state_dir": str(tmp_path / "open" / "state")})
    (tmp_path / "open").mkdir()
    (tmp_path / "open").chmod(0o777)
    for verb in ("run", "check"):
        result = stoker.command(verb, "--config", str(stoker.file))
        assert result.returncode == NO_STATE, result.stderr
        assert f"'chmod o-w {tmp_path}/open'" in result.stderr
    assert stoker.starts("a") == [] and not (tmp_path / "open" / "state").exists()


@root
def test_another_owner_is_a_warning_of_check_and_of_the_start(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    os.chown(stoker.file, OTHER, OTHER)
    warning = f"the service file '{stoker.file}' can be changed by others: '{stoker.file}' belongs to user {OTHER}"
    assert warning in stoker.command("check").stderr
    stoker.start()
    assert warning in stoker.output.read_text()


def test_a_user_who_is_not_root_is_only_warned(make_unprivileged):
    stoker = make_unprivileged(services={"a": recorder("a")})
    stoker.file.chmod(0o666)
    stoker.start()
    assert "can be written by everybody" in stoker.output.read_text()


@root
def test_a_link_planted_by_the_user_of_a_service_is_not_followed_with_the_rights_of_root(make_stoker, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("SECRET=x\n")
    secret.chmod(0o600)
    service = {"command": "echo got=$SECRET; exec sleep 1000", "user": str(OTHER), "directory": "/", "environment_file": "own/env"}
    stoker = make_stoker(services={"a": {**service, "restart": {"max_attempts": 0}}})
    own = stoker.directory / "own"
    own.mkdir()
    os.chown(own, OTHER, OTHER)
    (own / "env").symlink_to(secret)
    stoker.start()
    stoker.wait_status("a", "failed")
    assert "is a symbolic link, which is not followed" in stoker.service("a")["last_error"]
    assert "can be changed by others" not in stoker.output.read_text(), "its service's own user is no news"
    (own / "env").unlink()
    (own / "real").write_text("SECRET=own\n")
    (own / "env").symlink_to("real")
    assert stoker.command("start", "a", "--force").returncode == 0
    wait_for("its variables", lambda: "got=own" in stoker.command("logs", "a").stdout)


def test_a_log_that_is_the_service_file_or_an_environment_file_is_a_fault(make_stoker):
    for path, words in (("stoker.yaml", "the service file"), ("env", "the environment file of service 'a'")):
        stoker = make_stoker(name=path, services={"a": recorder("a", environment_file="env", log={"path": path})})
        before = stoker.file.read_text()
        (stoker.directory / "env").write_text("A=1\n")
        result = stoker.command("run", "--config", str(stoker.file))
        assert result.returncode == BAD_FILE and f"would be written into {words}" in result.stderr, result.stderr
        assert stoker.file.read_text() == before and (stoker.directory / "env").read_text() == "A=1\n"


def test_an_environment_file_that_is_a_pipe_waits_for_its_writer_and_holds_up_nobody(make_stoker):
    service = {"command": 'echo "token=$TOKEN"; exec sleep 1000', "enabled": False, "restart": {"max_attempts": 0}}
    names = [f"a{number}" for number in range(8)]  # more than threads of the pool
    services = {name: {**service, "environment_file": f"pipe-{name}"} for name in names}
    stoker = make_stoker(services={**services, "b": recorder("b", enabled=False, environment_file="plain")})
    for name in names:
        os.mkfifo(stoker.directory / f"pipe-{name}")
    (stoker.directory / "plain").write_text("A=1\n")
    stoker.start()
    for name in names:
        assert stoker.post(f"/start/{name}?wait=none").status == 202
    assert stoker.post("/start/b").status == 200, "others start meanwhile"
    assert {stoker.service(name)["status"] for name in names} == {"starting"}
    writers = [threading.Thread(target=(stoker.directory / f"pipe-{name}").write_text, args=(f"TOKEN={name}\n",)) for name in names[1:]]
    for writer in writers:
        writer.start()
    for name in names[1:]:
        wait_for("its variables", lambda: f"token={name}" in stoker.command("logs", name).stdout)
    stoker.wait_status("a0", "failed")
    assert "it is a pipe, and its writer did not write and close it within 10 s" in stoker.service("a0")["last_error"]
    assert "token=" not in stoker.command("logs", "a0").stdout
    for writer in writers:
        writer.join()


def test_a_service_that_waits_for_its_pipe_can_be_stopped(make_stoker):
    service = recorder("a", environment_file="pipe", stop={"timeout": "500ms"})
    stoker = make_stoker(services={"a": service})
    os.mkfifo(stoker.directory / "pipe")
    stoker.start()
    stoker.wait_status("a", "starting")
    assert stoker.post("/stop/a").status == 200
    assert stoker.service("a")["status"] == "stopped"
    assert stoker.post("/start/a?wait=none").status == 202
    stoker.wait_status("a", "starting")
    assert stoker.stop() == 10, "its start was broken off; nothing is left over"
