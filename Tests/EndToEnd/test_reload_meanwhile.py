"""A reload that comes upon something under way: a start, a restart, a full stop, checks, commands that wait, and another reload."""

import concurrent.futures
import os
import signal
import threading

from harness import recorder, wait_for
from test_commands import check_no_doubles, no_doubles


def test_a_reload_during_the_initial_start_is_part_of_it(make_stoker):
    ready = {"then": "while [ ! -e go ]; do sleep 0.02; done; echo open; exec sleep 1000", "ready": {"log": "^open$"}}
    services = {"gate": recorder("gate", **ready), "waits": recorder("waits", depends_on=["gate"]), "leaves": recorder("leaves", depends_on=["gate"])}
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("the gate", lambda: stoker.running() and stoker.wait_status("gate", "starting"))
    stoker.wait_status("waits", "waiting")
    new = {
        "added": recorder("added", depends_on=["waits"]),
        "waits": recorder("waits", depends_on=["gate"], nice=3),
        "gate": recorder("gate", **ready),
    }
    assert stoker.reload()["message"] == "Nothing has changed"
    answer = stoker.reload(new)
    assert (answer["added"], answer["removed"], answer["restarted"], answer["updated"]) == (["added"], ["leaves"], [], ["waits"])
    assert stoker.service("added")["status"] == "waiting" and not stoker.get("/services").json["initialized"]
    (stoker.directory / "go").touch()
    wait_for("the start to be over", lambda: stoker.get("/services").json["initialized"])
    for name in new:
        assert stoker.wait_status(name, "running")["restart_count"] == 0
        stoker.wait_starts(name)
    assert not stoker.starts("leaves") and len(stoker.starts("waits")) == 1
    [pid] = stoker.wait_instances("waits", 1)
    assert open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[16] == "3", "started as the new file says"


def test_a_reload_during_a_restart_counts_for_it_and_makes_no_second_one(make_stoker):
    first = "trap 'while [ ! -e go ]; do sleep 0.02; done; exit 0' TERM"
    slow = recorder("slow", first=first, then="while :; do sleep 0.02; done", stop={"timeout": "10m"})
    stoker = make_stoker(services={"slow": slow}).start()
    stoker.wait_starts("slow")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        restart = pool.submit(stoker.post, "/restart/slow")
        stoker.wait_status("slow", "stopping")
        slow["environment"]["NEW"] = "1"
        assert stoker.reload({"slow": slow})["updated"] == ["slow"]
        (stoker.directory / "go").touch()
        assert restart.result().status == 200
    stoker.wait_starts("slow", 2)
    assert stoker.reload()["message"] == "Nothing has changed"
    service = stoker.wait_status("slow", "running")
    assert service["restart_count"] == 1 and len(stoker.starts("slow")) == 2
    assert b"NEW=1" in open(f"/proc/{service['pid']}/environ", "rb").read()


def test_in_a_full_stop_there_is_nothing_to_reload(make_stoker):
    deaf = recorder("deaf", first="trap '' TERM", stop={"timeout": "10m"})
    stoker = make_stoker(services={"deaf": deaf}).start()
    stoker.wait_starts("deaf")
    stoker.process.send_signal(signal.SIGTERM)
    stoker.wait_status("deaf", "stopping")
    stoker.write({"deaf": deaf, "late": recorder("late")})
    answer = stoker.post("/reload")
    assert (answer.status, answer.json["error"]) == (409, "reload_refused"), answer.text
    assert "shutting down" in answer.json["message"]
    result = stoker.command("reload", "--config", str(stoker.file))
    assert result.returncode == 1 and "shutting down" in result.stderr
    stoker.process.send_signal(signal.SIGHUP)  # neither ends it nor stops its end
    wait_for("the signal to be heard", lambda: "SIGHUP" in stoker.output.read_text())
    assert stoker.service("deaf")["status"] == "stopping" and not stoker.starts("late")
    assert stoker.stop_at_once() == 10


def test_many_reloads_at_once_are_one(make_stoker):
    web = no_doubles("web", "exec sleep 1000")
    stoker = make_stoker(services={"web": web, "other": recorder("other")}).start()
    stoker.wait_starts("web")
    before = stoker.service("other")
    stoker.write({"web": {**web, "umask": "027"}, "other": recorder("other"), "more": recorder("more")})
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: stoker.post("/reload"), range(20)))
    assert {answer.status for answer in answers} == {200}
    assert sorted(answer.json["message"] for answer in answers) == ["Nothing has changed"] * 19 + ["The service file is in place"]
    stoker.wait_starts("web", 2)
    assert stoker.wait_status("web", "running")["restart_count"] == 1 and stoker.service("other") == before
    stoker.wait_starts("more")
    assert len(stoker.starts("more")) == 1
    check_no_doubles(stoker)


def test_a_file_that_takes_long_to_read_does_not_undo_a_newer_one(make_stoker):
    small = {"a": recorder("a"), "b": {"command": ["sleep", "1000"], "metrics": {"port": 1}}}
    many = {f"s{number}": {"command": ["true"], "enabled": False} for number in range(3000)}
    large = {**small, "b": {**small["b"], "metrics": {"port": 2}}, **many}
    newest = {**small, "b": {**small["b"], "metrics": {"port": 3}}}
    stoker = make_stoker(services=small).start()
    stoker.write(large)
    os.utime(stoker.file, (0, stoker.file.stat().st_mtime))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        slow = pool.submit(stoker.post, "/reload")
        wait_for("the file to be read", lambda: stoker.file.stat().st_atime > 0)
        file, stoker.file = stoker.file, stoker.directory / "newest.yaml"
        stoker.write(newest)
        stoker.file = stoker.file.rename(file)
        assert stoker.reload()["success"] is True
        assert slow.result().status == 200
    assert stoker.get("/discovery/prometheus").json[0]["targets"] == ["127.0.0.1:3"]
    assert stoker.reload()["message"] == "Nothing has changed"
    assert {name: stoker.service(name)["restart_count"] for name in small} == {"a": 0, "b": 0}


def test_checks_under_way_count_as_if_there_had_been_no_reload_unless_the_check_is_another(make_stoker):
    def check(name):
        command = f"touch {name}.began; while [ ! -e {name}.go ]; do sleep 0.02; done; exit 1"
        return {"exec": {"command": command}, "interval": "10m", "timeout": "5m", "start_interval": "100ms", "failure_threshold": 9}

    services = {name: recorder(name, health=check(name)) for name in ("same", "other")}
    stoker = make_stoker(services=services).start()
    for name in services:
        wait_for("its check", (stoker.directory / f"{name}.began").exists)
    changed = {**services["other"], "health": {**check("other"), "exec": {"command": "exit 0"}}}
    assert stoker.reload({"more": recorder("more"), "other": changed, "same": services["same"]})["updated"] == ["other"]
    assert stoker.wait_health("other", "healthy")
    assert stoker.metric("stoker_health_checks_total", name="same") == 0
    for name in services:
        (stoker.directory / f"{name}.go").touch()
    wait_for("the result of the one under way", lambda: stoker.metric("stoker_health_check_failures_total", name="same"))
    last = stoker.get("/health").json["services"]["same"]["last_check"]
    assert last["passed"] is False and stoker.metric("stoker_health_check_status", name="same") == 0
    assert stoker.metric("stoker_health_check_failures_total", name="other") == 0 and stoker.health("other") == "healthy"


def test_who_waits_for_a_service_that_a_reload_removes_is_told(make_stoker, health_server):
    gate = health_server(500)
    check = {"health": {"http": {"url": gate.url}, "start_period": "10m", "start_interval": "100ms"}}
    keeps = {"keeps": recorder("keeps")}
    leaves = {"goes": recorder("goes", **check), "waits": recorder("waits", depends_on=["goes"], enabled=False)}
    stoker = make_stoker(services={**keeps, **leaves}).start(ready=False)
    wait_for("it to run", lambda: stoker.running() and stoker.wait_status("goes", "running"))
    answers = {}
    threads = [
        threading.Thread(target=lambda path=path: answers.update({path: stoker.post(path)}))
        for path in ("/restart/goes?wait=healthy", "/start/waits?wait=healthy", "/health/check-now")
    ]
    for thread in threads:
        thread.start()
    wait_for("the restart", lambda: stoker.service("goes")["restart_count"] == 1 and stoker.service("waits")["status"] == "waiting")
    assert stoker.reload(keeps)["removed"] == ["goes", "waits"]
    for thread in threads:
        thread.join(30)
    assert set(answers) == {"/restart/goes?wait=healthy", "/start/waits?wait=healthy", "/health/check-now"}
    assert answers["/health/check-now"].status == 200
    for path in ("/restart/goes?wait=healthy", "/start/waits?wait=healthy"):
        assert answers[path].status in (404, 504), answers[path].text
    result = stoker.command("restart", "goes", "--url", f"unix:{stoker.state}/stoker.sock")
    assert result.returncode == 1 and "goes" in result.stderr
