"""A reload that cannot be: nothing changes, and everybody is told."""

import os
import signal

from harness import API, recorder, wait_for


def state(stoker):
    names = stoker.services()
    for name in names:
        if names[name]["kind"] == "process":
            stoker.wait_starts(name)
    return stoker.services(), stoker.get("/dependencies").json, {name: stoker.instances(name) for name in names}


GOOD = {"a": recorder("a"), "b": recorder("b", depends_on=["a"])}

# Per name: what is made of the good file's text, and a word of each problem.
WRONG = {
    "a cycle": (lambda text: text.replace('"services": {\n  "a": {', '"services": {\n  "a": {"depends_on": ["b"],'), ["cycle"]),
    "a missing dependency": (lambda text: text.replace('"a"\n   ]', '"nobody"\n   ]'), ["nobody"]),
    "a syntax error": (lambda text: text[:-2] + "]", [""]),
    "a duplicate name": (lambda text: text.replace(' "b": {', ' "a": {'), ["a"]),
    "several": (lambda text: text.replace('"depends_on"', '"depend_on"').replace('"version"', '"servises": {}, "version"'), ["depend_on", "servises"]),
    "an unset variable": (lambda text: text.replace("exec sleep", "exec ${E2E_UNSET}"), ["E2E_UNSET", "E2E_UNSET"]),
    "another version": (lambda text: text.replace('"version": 1', '"version": 99'), ["99"]),
    "nothing": (lambda text: "", [""]),
    "one log for two": (lambda text: text.replace('"command"', '"log": {"path": "one.log"}, "command"'), ["one log file"]),
    "a pattern that is none": (lambda text: text.replace('"command"', '"health": {"http": {"url": "http://127.0.0.1:1", "body": "("}}, "command"'), ["body"]),
}  # fmt: skip


def refused(stoker, problems):
    """One reload that is refused, by each way; the counts and what is said."""
    before = state(stoker)
    answer = stoker.post("/reload")
    assert (answer.status, answer.json["error"]) == (400, "bad_service_file"), answer.text
    assert answer.json["success"] is False
    assert len(answer.json["problems"]) >= len(problems), answer.text
    for word in problems:
        assert any(word in problem for problem in answer.json["problems"]), answer.text
    for problem in answer.json["problems"]:
        assert problem in answer.json["message"]
    assert stoker.metric("stoker_config_last_reload_successful") == 0

    def said():
        lines = [line for line in stoker.output.read_text().splitlines() if " error " in line and "not reloaded" in line]
        return any(all(problem in line for problem in answer.json["problems"]) for line in lines)

    wait_for("the log to say so", said)
    by_url = stoker.command("reload", "--url", f"http://127.0.0.1:{stoker.port}")
    assert by_url.returncode == 1 and by_url.stdout == "" and by_url.stderr == f"stoker: {answer.json['message']}\n"
    assert state(stoker) == before
    return answer.json


def test_a_wrong_file_changes_nothing_and_all_of_its_problems_are_told(make_stoker):  # scenario 58
    stoker = make_stoker(services=GOOD).start()
    text = stoker.file.read_text()
    assert stoker.metric("stoker_config_last_reload_successful") == 1
    when = stoker.metric("stoker_config_last_reload_success_timestamp_seconds")
    for name, (change, problems) in WRONG.items():
        assert change(text) != text, name
        stoker.file.write_text(change(text))
        answer = refused(stoker, problems)
        result = stoker.command("reload", "--config", str(stoker.file))
        assert result.returncode == 65 and result.stdout == "", name
        for problem in answer["problems"]:
            assert problem.split(": ", 1)[1] in result.stderr, (name, result.stderr)
        dry = stoker.request("POST", API + "/reload?dry_run=1")
        assert dry.status == 400 and dry.json["problems"] == answer["problems"]
    assert stoker.metric("stoker_config_last_reload_success_timestamp_seconds") == when

    stoker.file.write_text(text)
    assert stoker.request("POST", API + "/reload?dry_run=1").status == 200
    assert stoker.metric("stoker_config_last_reload_successful") == 0, "looking changes nothing"
    assert stoker.reload()["message"] == "Nothing has changed"
    assert stoker.metric("stoker_config_last_reload_successful") == 1
    assert stoker.metric("stoker_config_last_reload_success_timestamp_seconds") > when
    assert {name: len(stoker.starts(name)) for name in GOOD} == {"a": 1, "b": 1}


def test_a_wrong_file_and_a_signal_are_no_reason_to_end(make_stoker):
    stoker = make_stoker(services=GOOD).start()
    text = stoker.file.read_text()
    before = state(stoker)
    stoker.file.write_text(text.replace("services", "servises"))
    stoker.process.send_signal(signal.SIGHUP)
    wait_for("the error", lambda: stoker.metric("stoker_config_last_reload_successful") == 0)

    def said():
        return any(" error " in line and "servises" in line and "SIGHUP" in line for line in stoker.output.read_text().splitlines())

    wait_for("it to be told", said)
    stoker.file.write_text(text)
    stoker.process.send_signal(signal.SIGHUP)
    wait_for("the success", lambda: stoker.metric("stoker_config_last_reload_successful") == 1)
    assert state(stoker) == before
    assert stoker.stop() == 0


def test_a_file_that_cannot_be_read_changes_nothing(make_unprivileged):
    stoker = make_unprivileged(services=GOOD).start()
    text = stoker.file.read_text()
    before = state(stoker)
    for make, word in (
        (lambda: stoker.file.unlink(), "No such file"),
        (lambda: stoker.file.mkdir(), "directory"),
        (lambda: (stoker.file.rmdir(), stoker.file.write_text(text), stoker.file.chmod(0), own(stoker)), "Permission denied"),
    ):
        make()
        answer = stoker.post("/reload")
        assert answer.status == 400 and word in answer.json["message"], answer.text
        assert str(stoker.file) in answer.json["message"]
        result = stoker.command("reload", "--config", str(stoker.file))
        assert result.returncode == 65 and word in result.stderr
        assert stoker.metric("stoker_config_last_reload_successful") == 0
    stoker.file.chmod(0o644)
    assert stoker.reload()["message"] == "Nothing has changed"
    assert stoker.metric("stoker_config_last_reload_successful") == 1
    assert state(stoker) == before
    # Others than root cannot start a service as somebody else, which would be found out at its next start only.
    stoker.write({**GOOD, "b": {**GOOD["b"], "user": "root", "group": 0}})
    answer = stoker.post("/reload")
    assert answer.status == 400 and len(answer.json["problems"]) == 2 and "root" in answer.json["problems"][0], answer.text
    assert state(stoker) == before


def own(stoker):
    if "user" in stoker.popen:
        os.chown(stoker.file, stoker.popen["user"], stoker.popen["group"])


def test_what_runs_cannot_become_somebody_elses_nor_the_other_way_round(make_stoker):
    ours = recorder("ours")
    theirs = {"kind": "external", "health": {"exec": {"command": ["true"]}, "start_interval": "100ms"}}
    stoker = make_stoker(services={"ours": ours, "theirs": theirs}).start()
    stoker.wait_status("theirs", "running")
    for services, name in (({"ours": theirs, "theirs": theirs}, "ours"), ({"ours": ours, "theirs": recorder("theirs")}, "theirs")):
        stoker.write(services)
        [problem] = refused(stoker, [f"'{name}' is running"])["problems"]
        assert "stop it first" in problem
    assert stoker.post("/stop/ours").status == 200
    assert stoker.reload({"ours": theirs, "theirs": theirs})["updated"] == ["ours"]
    stoker.wait_status("ours", "running", "stopped")
    assert stoker.service("ours")["kind"] == "external" and stoker.service("ours")["pid"] is None
    assert stoker.metric("stoker_config_last_reload_successful") == 1


def test_bad_questions_are_answered(make_stoker):
    stoker = make_stoker(services=GOOD).start()
    for path, body, status in (("/reload?dry_run=perhaps", None, 400), ("/reload", {"force": True}, 400), ("/reload", "[", 400)):
        answer = stoker.post(path, body, headers={"Content-Type": "application/json"})
        assert answer.status == status and answer.json["success"] is False, (path, answer.text)
    assert stoker.request("GET", "/-/reload").status == 405 and stoker.get("/reload").status == 405
    assert stoker.request("POST", "/-/reload", headers={"Origin": "http://evil.example"}).status == 403
    assert stoker.metric("stoker_config_last_reload_successful") == 1
    assert stoker.command("reload", "--nonsense").returncode == 64
    stoker.stop()
    result = stoker.command("reload", "--config", str(stoker.file))
    assert result.returncode == 69 and "no Stoker is running" in result.stderr
