"""`stoker status NAME`, and what a restart tells of a service file that has changed."""

import json
import os

from harness import recorder, wait_for

CHANGED = "stoker: the service file has changed since it was read; 'stoker reload' applies it\n"


def test_the_status_of_a_service_has_all_facts_about_it(make_stoker):
    services = {
        "db": recorder("db", endpoints={"http": "http://127.0.0.1:1"}),
        "web": recorder(
            "web", first="echo listening", depends_on=["db"], description="The front", health={"exec": {"command": "true"}, "start_interval": "100ms"}
        ),
        "job": recorder("job", then="exit 3", kind="oneshot", restart={"policy": "never"}),
        "after": recorder("after", depends_on={"job": {"condition": "completed"}}),
    }
    stoker = make_stoker(services=services).start()
    stoker.wait_health("web", "healthy")
    wait_for("its line", lambda: stoker.get("/service/web").json["last_output"])
    result = stoker.command("status", "web")
    assert (result.returncode, result.stderr) == (0, "")
    lines = result.stdout.splitlines()
    assert lines[0] == "web: running, healthy"
    rows = {line[:13].strip(): line[13:] for line in lines[1:] if line.startswith(" ") and line[13:]}
    pid = stoker.service("web")["pid"]
    assert rows["about"] == "The front" and rows["pid"].startswith(f"{pid}, run 1, for ")
    assert rows["requires"] == "db (running, no check)" and rows["log"] == f"{stoker.state}/logs/web.log"
    assert rows["last line"].startswith("stdout, ") and rows["last line"].endswith(": listening")
    assert " Last checks" in lines
    result = stoker.command("status", "db", "after", "nobody")
    assert result.returncode == 1 and "Service 'nobody' not found" in result.stderr
    assert "\n\nafter: waiting, " in result.stdout and result.stdout.startswith("db: running, no check\n")
    assert " root cause  job failed" in result.stdout and " waits for   job (completed)" in result.stdout
    answers = stoker.command("status", "web", "--json").stdout
    assert json.loads(answers)["service"] == "web"


def test_a_restart_tells_that_the_service_file_has_changed(make_stoker):
    services = {"web": recorder("web"), "broken": recorder("broken", then="exit 3", restart={"policy": "never"}, enabled=False)}
    stoker = make_stoker(services=services).start()
    quiet = stoker.command("restart", "web")
    assert (quiet.returncode, quiet.stderr) == (0, "") and stoker.post("/start/web").json["file_changed"] is False
    stoker.write({**services, "web": recorder("web", nice=1)})
    for verb, name, code in [("restart", "web", 0), ("start", "web", 0), ("start", "broken", 1)]:
        result = stoker.command(verb, name)
        assert result.returncode == code and CHANGED in result.stderr, result
    assert "file_changed" not in stoker.post("/stop/web").json
    stoker.reload()
    assert stoker.post("/restart/web").json["file_changed"] is False
    # The same text in another file is another file; one that is gone has nothing to apply.
    text = stoker.file.read_text()
    (stoker.directory / "new.yaml").write_text(text)
    os.replace(stoker.directory / "new.yaml", stoker.file)
    assert stoker.post("/restart/web").json["file_changed"] is True
    stoker.file.unlink()
    assert stoker.post("/restart/web").json["file_changed"] is False
