"""What a reload starts, stops and restarts, and in which order."""

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
    chain = {
        "top": noted("top", depends_on=["middle"], metrics={"port": 1}),
        "middle": noted("middle", depends_on=["base"], **ready),
        "base": noted("base", **ready),
    }
    for name in ("middle", "base"):
        # Ready when it has noted that it is up.
        chain[name]["command"] = chain[name]["command"].replace(f"echo up {name} >> order", f"echo up {name} >> order; echo up", 1)
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
    assert list(stoker.services()) == ["stays", "top", "middle", "base"]
    assert [target["labels"]["__meta_stoker_service_name"] for target in stoker.get("/discovery/prometheus").json] == ["top"]
    assert stoker.service("stays")["pid"] == pid

    answer = stoker.reload({"stays": stays})
    assert (answer["removed"], answer["updated"]) == (["top", "middle", "base"], ["stays"])
    wait_for("them to be gone", lambda: list(stoker.services()) == ["stays"])
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
    [pid] = stoker.wait_instances("deaf", 1)
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
    wait_for("it to be gone", lambda: "deaf" not in stoker.services())
    assert stoker.stop() == 0


def test_a_service_that_is_added_back_waits_for_the_end_of_its_old_self(make_stoker):
    deaf = no_doubles("deaf", "exec sleep 1000", first=DEAF) | {"stop": {"timeout": "1s"}}
    others = {"other": recorder("other")}
    stoker = make_stoker(services={**others, "deaf": deaf}).start()
    for _ in range(2):
        stoker.wait_starts("deaf")
        [old] = stoker.wait_instances("deaf", 1)
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
    before = stoker.services()
    answer = stoker.reload({**services, "base": {**base, "umask": "027"}})
    assert answer["restarted"] == ["base"] and answer["unchanged"] == ["ignore", "restart", "stop"]
    for name in ("base", "restart"):
        stoker.wait_starts(name, 2)
        stoker.wait_status(name, "running")
    after = stoker.services()
    assert after["ignore"] == before["ignore"]
    assert stoker.wait_status("stop", "stopped")["restart_count"] == 0
    assert (after["restart"]["restart_count"], after["restart"]["restart_attempts"]) == (1, 0)
    assert stoker.metric("stoker_service_restarts_total", name="base", reason="reload") == 1
    assert stoker.metric("stoker_service_restarts_total", name="restart", reason="dependency") == 1
    said = order(stoker)[4:]
    assert sorted(said[:2]) == ["down restart", "down stop"] and said[2] == "down base" and sorted(said[3:]) == ["up base", "up restart"], said


def test_what_a_dependency_hands_over_is_part_of_its_dependents(make_stoker):
    data = recorder("data", endpoints={"http": "http://127.0.0.1:1"})
    services = {"data": data, "web": recorder("web", depends_on=["data"]), "other": recorder("other")}
    stoker = make_stoker(services=services).start()
    stoker.wait_starts("web")
    before = stoker.services()
    answer = stoker.reload({**services, "data": recorder("data", endpoints={"http": "http://127.0.0.1:2"})})
    assert (answer["restarted"], answer["updated"], answer["unchanged"]) == (["web"], ["data"], ["other"])
    stoker.wait_starts("web", 2)
    [pid] = stoker.wait_instances("web", 1)
    assert b"STOKER_DATA_HTTP=http://127.0.0.1:2\0" in open(f"/proc/{pid}/environ", "rb").read()
    assert stoker.service("data") == before["data"]


def test_a_service_that_is_renamed_is_another_one(make_stoker):  # scenario 59
    stoker = make_stoker(services={"old": recorder("old"), "user": recorder("user", depends_on=["old"])}).start()
    pid = stoker.service("user")["pid"]
    answer = stoker.reload({"new": recorder("new"), "user": recorder("user", depends_on=["new"])})
    assert (answer["added"], answer["removed"], answer["updated"]) == (["new"], ["old"], ["user"])
    stoker.wait_status("new", "running")
    wait_for("the old one to be gone", lambda: list(stoker.services()) == ["new", "user"])
    assert stoker.instances("old") == [] and stoker.service("user")["pid"] == pid
    assert stoker.get("/service/user").json["dependencies"]["required"] == ["new"]


def test_enabled_and_disabled_by_the_file_a_service_starts_and_stops(make_stoker):
    on, off = recorder("on"), recorder("off", enabled=False)
    stoker = make_stoker(services={"on": on, "off": off, "held": recorder("held", enabled=False)}).start()
    assert stoker.service("off")["status"] == "stopped"
    stoker.write({"on": {**on, "enabled": False}, "off": recorder("off"), "held": recorder("held", enabled=False)})
    for answer in (stoker.post("/reload?dry_run").json, stoker.post("/reload").json):
        assert (answer["stopped"], answer["started"], answer["updated"], answer["unchanged"]) == (["on"], ["off"], [], ["held"])
        told = [(change["action"], change["sentence"]) for change in answer["changes"]]
        assert told == [("stopped", "on: stopped, for enabled"), ("started", "off: started, for enabled")]
    wait_for("the same in the log", lambda: all(sentence in stoker.output.read_text() for _, sentence in told))
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
    # A process that is not there is not restarted.
    stoker.write({"on": {**on, "command": ["true"]}, "off": off, "held": recorder("held", enabled=False)})
    answer = stoker.reload()
    assert (answer["restarted"], answer["updated"]) == ([], ["on", "held"])
    assert "on: updated, with effect from its next start: command; at once: description" in [c["sentence"] for c in answer["changes"]]
    assert stoker.service("on")["status"] == "stopped"


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
