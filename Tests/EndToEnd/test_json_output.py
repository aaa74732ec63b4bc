"""What programs read: JSON from every verb that answers something, the same exit codes, and hints for mistyped words."""

import json

from harness import recorder

SERVICES = {"dao": recorder("dao"), "edge": recorder("edge", depends_on=["dao"])}


def test_what_asks_for_a_change_prints_its_answer_and_its_refusal_as_json(make_stoker):
    stoker = make_stoker(services=SERVICES).start()

    def answer(*arguments, code=0):
        result = stoker.command(*arguments, "--json", "--config", str(stoker.file))
        assert (result.returncode, result.stderr) == (code, ""), result
        return json.loads(result.stdout)

    assert answer("restart", "edge")["status"] == "running"
    refusal = answer("stop", "dao", code=1)
    assert (refusal["success"], refusal["error"]) == (False, "required_by")
    assert answer("stop", "--cascade", "dao")["also_stopped"] == ["edge"]
    assert answer("start", "edge")["also_started"] == ["dao"]
    assert answer("restart", "daoo", code=1)["error"] == "service_not_found"
    assert answer("reload", "--dry-run")["dry_run"] is True
    assert answer("health")["composite_health"] == "healthy"
    assert set(answer("status")["services"]) == set(SERVICES)
    assert answer("status", "edge")["dependencies"]["states"][0]["name"] == "dao"
    assert answer("why", "edge")["service"] == "edge"


def test_several_services_are_an_object_each(make_stoker):
    stoker = make_stoker(services=SERVICES).start()
    result = stoker.command("restart", "dao", "nobody", "edge", "--json", "--config", str(stoker.file))
    assert result.returncode == 1
    decoder, rest, answers = json.JSONDecoder(), result.stdout.strip(), []
    while rest:
        value, end = decoder.raw_decode(rest)
        answers.append(value)
        rest = rest[end:].strip()
    assert [one["success"] for one in answers] == [True, False, True]


def test_what_reads_the_file_speaks_json_too(make_stoker):
    stoker = make_stoker(services=SERVICES)
    found = json.loads(stoker.command("check", "--json").stdout)
    assert (found["valid"], found["services"], found["errors"]) == (True, ["dao", "edge"], [])
    assert found["state_directory"] == str(stoker.state) and found["full_stop_seconds"] > 0
    graph = stoker.command("graph", "--json").stdout
    assert graph == stoker.command("graph", "--format", "json").stdout and json.loads(graph)["startup_order"] == ["dao", "edge"]
    version = json.loads(stoker.command("version", "--json").stdout)
    assert version["version"] in stoker.command("version").stdout
    stoker.file.write_text("version: 1\nservices:\n  a: {comand: [x]}\n")
    result = stoker.command("check", "--json")
    assert result.returncode == 65
    [fault] = [one for one in json.loads(result.stdout)["errors"] if "comand" in one["message"]]
    assert (fault["line"], fault["column"]) == (3, 7)


def test_mistyped_verbs_options_and_names_get_the_nearest_one_named(make_stoker):
    stoker = make_stoker(services=SERVICES).start()
    for arguments, hint in [
        (["statsu"], "did you mean 'status'?"), (["evnts"], "did you mean 'events'?"), (["status", "--jsn"], "Did you mean '--json'?"),
    ]:
        result = stoker.command(*arguments)
        assert (result.returncode, result.stdout) == (64, "") and hint in result.stderr, result
    for verb in ("why", "logs", "restart", "stop", "start", "health"):
        result = stoker.command(verb, "daoo")
        assert result.returncode != 0 and "did you mean 'dao'?" in result.stderr, result
    result = stoker.command("xyzzy")
    assert result.returncode == 64 and "stoker --help" in result.stderr
