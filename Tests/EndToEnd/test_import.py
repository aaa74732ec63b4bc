"""The verb that makes service files of files of other tools: its ways, its exit codes, and one file of each kind run for real."""

import json
import os

import pytest

from harness import wait_for

TICK = "sh -c 'echo up $PORT $A; exec sleep 1000'"
FILES = {
    "Procfile": f"web: {TICK}\nworker: exec sleep 1001\n",
    "app.conf": "[program:web]\ncommand=sleep 1000\nstartsecs=0\n[program:worker]\ncommand=sh -c 'exec sleep 1001'\nautorestart=true\n",
    "web.service": "[Unit]\nDescription=Web\n[Service]\nEnvironment=N=1000\nExecStart=/bin/sleep $N\nRestart=always\n",
    "process-compose.yaml": "processes:\n  db: {command: exec sleep 1000, readiness_probe: {exec: {command: 'true'}, period_seconds: 1}}\n"
    "  web: {command: exec sleep 1001, depends_on: {db: {condition: process_healthy}}}\n",
    "compose.yaml": "services:\n  db: {image: x, command: [sleep, '1000'], healthcheck: {test: [CMD, 'true'], interval: 1s}}\n"
    "  web: {image: x, entrypoint: sleep, command: ['1001'], depends_on: {db: {condition: service_healthy}}}\n",
    "ecosystem.json": json.dumps({"apps": [{"name": "web", "script": "web.sh", "instances": 2, "env": {"A": "b"}}]}),
}


def imports(stoker, *arguments):
    return stoker.command("import", *arguments)


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_each_kind_runs_as_it_was_imported(make_stoker, name):
    stoker = make_stoker()
    stoker.file.unlink()
    (stoker.directory / name).write_text(FILES[name])
    (stoker.directory / "web.sh").write_text("exec sleep 1000\n")
    done = imports(stoker, name, "--output", "stoker.yaml")
    assert done.returncode in (0, 12) and done.stdout == "", done
    assert " taken over, " in done.stderr and done.stderr.startswith("stoker: ")
    text = stoker.file.read_text()
    head = f'stoker: {{listen: ["127.0.0.1:{stoker.port}"], state_dir: "{stoker.state}", control: loopback}}\n'
    stoker.file.write_text(text + head)
    assert stoker.command("check").returncode == 0
    stoker.start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.services())
    assert len(stoker.services()) == (1 if name == "web.service" else 2)
    for each in stoker.services():
        assert stoker.wait_status(each, "running")["pid"]


def test_the_exit_code_and_the_summary_say_what_is_left(make_stoker):
    stoker = make_stoker()
    whole, part = stoker.directory / "whole.conf", stoker.directory / "part.conf"
    whole.write_text("[program:a]\ncommand=a\n")
    part.write_text("[program:b]\ncommand=b\nserverurl=AUTO\n")
    assert (imports(stoker, "whole.conf").returncode, imports(stoker, "part.conf").returncode) == (0, 12)
    both = imports(stoker, "whole.conf", "part.conf")
    assert both.returncode == 12 and both.stderr == "stoker: 2 services: 2 settings taken over, one left as a comment\n", both
    assert "# part.conf:3: serverurl = AUTO" in both.stdout


def test_nothing_is_replaced_unasked_and_a_file_that_cannot_be_read_writes_nothing(make_stoker):
    stoker = make_stoker()
    (stoker.directory / "Procfile").write_text("a: b\n")
    before = stoker.file.read_text()
    refused = imports(stoker, "Procfile", "-o", "stoker.yaml")
    assert refused.returncode == 1 and "--force replaces it" in refused.stderr and stoker.file.read_text() == before
    assert imports(stoker, "Procfile", "-o", "stoker.yaml", "--force").returncode == 0 and stoker.file.read_text() != before
    (stoker.directory / "bad.conf").write_text("[program:x]\ncommand=x\nnonsense\n")
    bad = imports(stoker, "Procfile", "bad.conf", "-o", "new.yaml")
    assert bad.returncode == 65 and "bad.conf:3:1: expected NAME=value" in bad.stderr and not (stoker.directory / "new.yaml").exists()
    for name, words in (("none.conf", "No such file"), ("notes.txt", "No such file")):
        assert words in imports(stoker, name).stderr
    (stoker.directory / "notes.txt").write_text("x")
    assert "--from" in imports(stoker, "notes.txt").stderr
    os.mkfifo(stoker.directory / "pipe.conf")
    assert "named pipe" in imports(stoker, "pipe.conf").stderr


def test_a_directory_of_units_is_imported_together(make_stoker):
    stoker = make_stoker()
    units = stoker.directory / "units"
    units.mkdir()
    (units / "db.service").write_text("[Service]\nExecStart=/bin/sleep 1\n")
    (units / "web.service").write_text("[Unit]\nRequires=db.service\n[Service]\nExecStart=/bin/sleep 2\n")
    (units / "web.timer").write_text("[Timer]\nOnCalendar=daily\n")
    done = imports(stoker, "units")
    assert done.returncode == 0 and "depends_on:\n      db: {}" in done.stdout, done
    timer = imports(stoker, "units/web.timer")
    assert timer.returncode == 65 and "there is nothing to run" in timer.stderr, timer
