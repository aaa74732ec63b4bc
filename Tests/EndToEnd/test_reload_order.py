"""What a reload starts, stops and restarts, in which order, and what it comes upon: starts, stops, commands and checks under way."""

import concurrent.futures
import os
import signal
import threading
import time

from harness import alive, recorder, wait_for
from test_commands import check_no_doubles, no_doubles

DEAF = "trap '' TERM"


def noted(name, **keys):
    """A service that notes in `order` when it is up and when it has been told to end."""
    return recorder(
        name, first=f"trap 'echo down {name} >> order; exit 0' TERM; echo up {name} >> order", then="while :; do sleep 0.02; done", **keys
    )


def order(stoker):
    path = stoker.directory / "order"
    return path.read_text().splitlines() if path.exists() else []


def series_of(stoker, name):
    return [key for key in stoker.metrics() if name in dict(key[1]).values()]


def test_added_services_start_in_order_and_removed_ones_stop_dependents_first_and_leave_nothing(make_stoker):
    stays = noted("stays")
    stoker = make_stoker(services={"stays": stays}).start()
    stoker.wait_starts("stays")
    pid = stoker.service("stays")["pid"]
    ready = {"ready": {"log": "^up$"}}
    chain = {"top": noted("top", depends_on=["middle"], metrics={"port": 1}), "middle": noted("middle", depends_on=["base"], **ready), "base": noted("base", **ready)}
    for name in ("middle", "base"):
        chain[name]["command"] = "echo up; " + chain[name]["command"]
    answer = stoker.reload({"stays": {**stays, "depends_on": {"base": {"optional": True}}}, **chain})
    assert (answer["added"], answer["updated"], answer["restarted"]) == (["top", "middle", "base"], ["stays"], [])
    # Known from the answer on.
    assert len(series_of(stoker, "top")) > 50
    for name in chain:
        stoker.wait_status(name, "running")
        stoker.wait_starts(name)
    assert order(stoker) == ["up stays", "up base", "up middle", "up top"]

    shown = stoker.get("/dependencies").json
    assert shown["startup_order"] == ["base", "stays", "middle", "top"] and shown["shutdown_order"] == shown["startup_order"][::-1]
    assert shown["dependencies"]["base"]["dependents"] == ["stays", "middle"]
    assert shown["visualization"] == stoker.command("graph", "--config", str(stoker.file)).stdout
    assert list(stoker.get("/services").json["services"]) == ["stays", "top", "middle", "base"]
    assert [target["labels"]["__meta_stoker_service_name"] for target in stoker.get("/discovery/prometheus").json] == ["top"]
    assert stoker.service("stays")["pid"] == pid

    answer = stoker.reload({"stays": stays})
    assert (answer["removed"], answer["updated"]) == (["top", "middle", "base"], ["stays"])
    wait_for("them to be gone", lambda: list(stoker.get("/services").json["services"]) == ["stays"])
    assert order(stoker)[4:] == ["down top", "down middle", "down base"]
    for name in chain:
        assert series_of(stoker, name) == [] and stoker.instances(name) == []
        assert stoker.get(f"/service/{name}").status == 404 and stoker.get(f"/registry/{name}").status == 404
        assert name not in stoker.get("/health").json["services"]
    assert stoker.get("/discovery/prometheus").json == [] and stoker.get("/metrics").json["metrics"]["total_services"] == 1
    assert stoker.get("/dependencies").json["visualization"] == stoker.command("graph", "--config", str(stoker.file)).stdout
    assert stoker.service("stays")["pid"] == pid and stoker.service("stays")["restart_count"] == 0
    assert stoker.stop() == 0


def test_the_series_of_a_removed_service_go_all_at_once_and_one_that_dies_hard_is_killed_at_its_deadline(make_stoker):
    keeps = {"keeps": recorder("keeps")}
    deaf = recorder("deaf", first=DEAF, stop={"timeout": "2s"})
    stoker = make_stoker(services={**keeps, "deaf": deaf}).start()
    stoker.wait_starts("deaf")
    [pid] = stoker.instances("deaf")
    whole = len(series_of(stoker, "deaf"))
    began = time.monotonic()
    stoker.reload(keeps)
    seen = set()
    while True:
        count = len(series_of(stoker, "deaf"))
        seen.add(count == 0 or count >= whole - 5)  # its process' own go with the process
        if count == 0:
            break
        assert time.monotonic() < began + 60
    assert seen == {True}, "never a half of them"
    wait_for("its end", lambda: not alive(pid))
    assert 1.9 < time.monotonic() - began
    wait_for("it to be gone", lambda: "deaf" not in stoker.get("/services").json["services"])
    assert stoker.stop() == 0


def test_a_service_that_is_added_back_waits_for_the_end_of_its_old_self(make_stoker):
    deaf = no_doubles("deaf", "exec sleep 1000", first=DEAF) | {"stop": {"timeout": "1s"}}
    others = {"other": recorder("other")}
    stoker = make_stoker(services={**others, "deaf": deaf}).start()
    for _ in range(2):
        stoker.wait_starts("deaf")
        [old] = wait_for("its process", lambda: stoker.instances("deaf"))
        count = len(stoker.starts("deaf"))
        assert stoker.reload(others)["removed"] == ["deaf"]
        assert alive(old)
        refused = stoker.post("/start/deaf")
        assert (refused.status, refused.json["error"]) in ((409, "being_removed"), (404, "service_not_found")), refused.text
        answer = stoker.reload({"deaf": deaf, **others})
        assert answer["added"] == ["deaf"] and answer["unchanged"] == ["other"]
        stoker.wait_starts("deaf", count + 1)
        assert not alive(old)
    check_no_doubles(stoker)
    for _ in range(10):  # quickly, there and back
        stoker.reload(others)
        stoker.reload({**others, "deaf": deaf})
    stoker.wait_status("deaf", "running")
    wait_for("one of it", lambda: len(stoker.instances("deaf")) == 1)
    check_no_doubles(stoker)


def test_a_full_stop_after_a_reload_names_who_had_to_be_killed(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    stoker.reload({"first": recorder("first"), "a": recorder("a"), "deaf": recorder("deaf", first=DEAF, stop={"timeout": "100ms"})})
    stoker.wait_starts("deaf")
    assert stoker.stop() == 10
    said = stoker.output.read_text().splitlines()[-1]
    assert "all 3 services" in said and said.endswith("had to be killed: deaf"), said


def test_dependents_of_what_is_restarted_do_what_on_restart_says(make_stoker):
    base = noted("base")
    services = {"base": base} | {word: noted(word, depends_on={"base": {"on_restart": word}}) for word in ("ignore", "restart", "stop")}
    stoker = make_stoker(services=services).start()
    for name in services:
        stoker.wait_starts(name)
    before = stoker.get("/services").json["services"]
    answer = stoker.reload({**services, "base": {**base, "umask": "027"}})
    assert answer["restarted"] == ["base"] and answer["unchanged"] == ["ignore", "restart", "stop"]
    for name in ("base", "restart"):
        stoker.wait_starts(name, 2)
        stoker.wait_status(name, "running")
    after = stoker.get("/services").json["services"]
    assert after["ignore"] == before["ignore"]
    assert stoker.wait_status("stop", "stopped")["restart_count"] == 0
    assert (after["restart"]["restart_count"], after["restart"]["restart_attempts"]) == (1, 0)
    assert stoker.metric("stoker_service_restarts_total", name="base", reason="reload") == 1
    assert stoker.metric("stoker_service_restarts_total", name="restart", reason="dependency") == 1
    said = order(stoker)[4:]
    assert sorted(said[:2]) == ["down restart", "down stop"] and said[2] == "down base" and sorted(said[3:]) == ["up base", "up restart"], said


def test_what_a_dependency_hands_over_is_part_of_its_dependents(make_stoker):
    services = {"data": recorder("data", endpoints={"http": "http://127.0.0.1:1"}), "web": recorder("web", depends_on=["data"]), "other": recorder("other")}
    stoker = make_stoker(services=services).start()
    before = stoker.get("/services").json["services"]
    answer = stoker.reload({**services, "data": recorder("data", endpoints={"http": "http://127.0.0.1:2"})})
    assert (answer["restarted"], answer["updated"], answer["unchanged"]) == (["web"], ["data"], ["other"])
    stoker.wait_starts("web", 2)
    [pid] = stoker.instances("web")
    assert b"STOKER_DATA_HTTP=http://127.0.0.1:2\0" in open(f"/proc/{pid}/environ", "rb").read()
    assert stoker.service("data") == before["data"]


def test_a_service_that_is_renamed_is_another_one(make_stoker):  # scenario 59
    stoker = make_stoker(services={"old": recorder("old"), "user": recorder("user", depends_on=["old"])}).start()
    pid = stoker.service("user")["pid"]
    answer = stoker.reload({"new": recorder("new"), "user": recorder("user", depends_on=["new"])})
    assert (answer["added"], answer["removed"], answer["updated"]) == (["new"], ["old"], ["user"])
    stoker.wait_status("new", "running")
    wait_for("the old one to be gone", lambda: list(stoker.get("/services").json["services"]) == ["new", "user"])
    assert stoker.instances("old") == [] and stoker.service("user")["pid"] == pid
    assert stoker.get("/service/user").json["dependencies"]["required"] == ["new"]


def test_enabled_and_disabled_by_the_file_a_service_starts_and_stops(make_stoker):
    on, off = recorder("on"), recorder("off", enabled=False)
    stoker = make_stoker(services={"on": on, "off": off, "held": recorder("held", enabled=False)}).start()
    assert stoker.service("off")["status"] == "stopped"
    answer = stoker.reload({"on": {**on, "enabled": False}, "off": recorder("off"), "held": recorder("held", enabled=False)})
    assert answer["updated"] == ["on", "off"] and answer["unchanged"] == ["held"]
    stoker.wait_status("off", "running")
    stoker.wait_status("on", "stopped")
    assert not stoker.instances("on")
    stoker.reload({"on": on, "off": off, "held": recorder("held", enabled=False)})
    stoker.wait_status("on", "running")
    stoker.wait_status("off", "stopped")
    # What a person wants is overridden by the file only where the file has changed.
    assert stoker.post("/stop/on").status == 200 and stoker.post("/start/held").status == 200
    stoker.reload({"on": {**on, "description": "x"}, "off": off, "held": recorder("held", enabled=False, description="x")})
    assert (stoker.service("on")["status"], stoker.service("held")["status"]) == ("stopped", "running")


def test_a_running_service_that_gets_a_dependency_which_is_down_is_not_touched(make_stoker):  # scenario 59
    web = recorder("web")
    stoker = make_stoker(services={"web": web, "other": recorder("other")}).start()
    before = stoker.service("web")
    down = recorder("down", then="exit 3", restart={"max_attempts": 0})
    answer = stoker.reload({"web": {**web, "depends_on": ["down"]}, "other": recorder("other"), "down": down})
    assert (answer["updated"], answer["added"]) == (["web"], ["down"])
    stoker.wait_status("down", "failed")
    assert stoker.service("web") == before
    assert stoker.metric("stoker_service_dependency_ready", name="web", depends_on="down", kind="required") == 0
    # From the next start on it counts.
    refused = stoker.post("/restart/web")
    assert (refused.status, refused.json["error"]) == (409, "dependency_not_ready"), refused.text
    assert stoker.service("web") == before


def test_a_reload_during_the_initial_start_is_part_of_it(make_stoker):
    ready = {"then": "while [ ! -e go ]; do sleep 0.02; done; echo open; exec sleep 1000", "ready": {"log": "^open$"}}
    services = {"gate": recorder("gate", **ready), "waits": recorder("waits", depends_on=["gate"]), "leaves": recorder("leaves", depends_on=["gate"])}
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("the gate", lambda: stoker.running() and stoker.wait_status("gate", "starting"))
    stoker.wait_status("waits", "waiting")
    new = {"added": recorder("added", depends_on=["waits"]), "waits": recorder("waits", depends_on=["gate"], nice=3), "gate": recorder("gate", **ready)}
    answer = wait_for("what is left of an earlier one to be taken over", lambda: (lambda a: a if a.status == 200 else None)(stoker.post("/reload"))).json
    assert answer["message"] == "Nothing has changed"
    answer = stoker.reload(new)
    assert (answer["added"], answer["removed"], answer["restarted"]) == (["added"], ["leaves"], ["waits"])
    assert stoker.service("added")["status"] == "waiting" and not stoker.get("/services").json["initialized"]
    (stoker.directory / "go").touch()
    wait_for("the start to be over", lambda: stoker.get("/services").json["initialized"])
    for name in new:
        assert stoker.wait_status(name, "running")["restart_count"] == 0
        stoker.wait_starts(name)
    assert not stoker.starts("leaves") and len(stoker.starts("waits")) == 1
    [pid] = stoker.instances("waits")
    assert open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[16] == "3", "started as the new file says"


def test_a_reload_during_a_restart_counts_for_it_and_makes_no_second_one(make_stoker):
    slow = recorder("slow", first="trap 'while [ ! -e go ]; do sleep 0.02; done; exit 0' TERM", then="while :; do sleep 0.02; done", stop={"timeout": "10m"})
    stoker = make_stoker(services={"slow": slow}).start()
    stoker.wait_starts("slow")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        restart = pool.submit(stoker.post, "/restart/slow")
        stoker.wait_status("slow", "stopping")
        slow["environment"]["NEW"] = "1"
        assert stoker.reload({"slow": slow})["restarted"] == ["slow"]
        (stoker.directory / "go").touch()
        assert restart.result().status == 200
    stoker.wait_starts("slow", 2)
    assert stoker.reload()["message"] == "Nothing has changed"
    service = stoker.wait_status("slow", "running")
    assert service["restart_count"] == 1 and len(stoker.starts("slow")) == 2
    assert b"NEW=1" in open(f"/proc/{service['pid']}/environ", "rb").read()


def test_in_a_full_stop_there_is_nothing_to_reload(make_stoker):
    deaf = recorder("deaf", first=DEAF, stop={"timeout": "10m"})
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
    large = {**small, "b": {**small["b"], "metrics": {"port": 2}}, **{f"s{number}": {"command": ["true"], "enabled": False} for number in range(3000)}}
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
        return {"exec": {"command": command}, "interval": "10m", "timeout": "5m", "start_interval": "100ms", "failure_threshold": 9, "start_period": "0s"}

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
    stoker = make_stoker(services={**keeps, "goes": recorder("goes", **check), "waits": recorder("waits", depends_on=["goes"], enabled=False)}).start(ready=False)
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
