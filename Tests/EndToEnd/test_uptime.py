"""What uptime is a share of, and since when a service is in its state: true at once, and over a restart of Stoker."""

import datetime

from harness import recorder, samples, wait_for


def uptimes(stoker, name):
    health = stoker.get("/health").json["services"][name]
    return [health[f"uptime_{window}"] for window in ("1h", "24h", "7d")]


def shown(stoker, family, name):
    page = stoker.request("GET", "/metrics").text
    return {dict(labels)["window"]: value for (each, labels), value in samples(page).items() if each == family and ("name", name) in labels}


def test_a_wait_before_the_first_start_and_a_oneshot_that_is_done_lower_no_uptime(make_stoker, health_server):
    server = health_server(503)
    check = {"http": {"url": server.url}, "interval": "100ms", "start_period": "60s"}
    stoker = make_stoker(
        services={
            "db": recorder("db", health=check),
            "web": recorder("web", depends_on={"db": {"condition": "healthy"}}),
            "job": {"kind": "oneshot", "command": "true"},
        }
    ).start(ready=False)
    stoker.wait_status("job", "completed")
    stoker.wait_status("web", "waiting")
    wait_for("some checks", lambda: server.asked > 10)
    ratio, known = "stoker_service_uptime_ratio", "stoker_service_uptime_known_seconds"
    for name in ("web", "job"):
        assert uptimes(stoker, name) == [None] * 3 and shown(stoker, ratio, name) == shown(stoker, known, name) == {}
    server.status = 200
    stoker.wait_status("web", "running")
    wait_for("a second of it", lambda: shown(stoker, known, "web").get("7d", 0) > 1)
    assert uptimes(stoker, "web") == [100] * 3 and set(shown(stoker, ratio, "web").values()) == {1}
    health = stoker.get("/health").json["services"]["web"]
    assert 1 <= health["uptime_7d_of_seconds"] == health["uptime_1h_of_seconds"] < 60
    # It was up, and waits again.
    assert stoker.post("/stop/db", {"force": True}).status == 200
    assert stoker.post("/stop/web").status == 200
    server.status = 503
    assert stoker.post("/start/web?wait=none").status == 202
    stoker.wait_status("web", "waiting")
    wait_for("downtime", lambda: uptimes(stoker, "web")[0] < 99)


def at(text):
    return datetime.datetime.fromisoformat(text)


def test_since_and_who_stopped_it_are_the_same_after_a_restart_of_stoker(make_stoker):
    stoker = make_stoker(services={name: recorder(name) for name in ("up", "down")}).start()
    stoker.wait_starts("down")
    assert stoker.command("stop", "down", "--config", str(stoker.file)).returncode == 0
    before = stoker.get("/services").json["services"]
    note = before["down"]["note"]
    assert note.startswith("stopped by the command line") and before["up"]["note"] == ""
    seconds = stoker.metric("stoker_service_state_seconds_total", name="up", state="running")
    for _ in range(2):
        stoker.wait_written()
        stoker.kill()
        stoker.start(ready=False)
        stoker.wait_status("up", "running")
        after = stoker.get("/services").json["services"]
        assert after["up"]["pid"] == before["up"]["pid"]
        for name in ("up", "down"):
            assert abs(at(after[name]["since"]) - at(before[name]["since"])) < datetime.timedelta(seconds=1), name
        assert after["down"]["note"] == note
        why = stoker.get("/service/down/why").json
        assert why["sentence"].endswith(f"requested by {note.removeprefix('stopped by ')}") and why["since"] == after["down"]["since"]
        total = stoker.metric("stoker_service_state_seconds_total", name="up", state="running")
        age = (datetime.datetime.now(datetime.UTC) - at(before["up"]["since"])).total_seconds()
        assert seconds <= total <= age + 1, "no time counts twice"
        seconds = total


def test_a_service_without_a_check_is_not_said_to_be_healthy(make_stoker, health_server):
    check = {"http": {"url": health_server().url}, "interval": "100ms"}
    stoker = make_stoker(services={"bare": recorder("bare"), "checked": recorder("checked", health=check)}).start()
    stoker.wait_health("checked", "healthy")
    stoker.wait_health("bare", "healthy")
    assert [stoker.service(name)["checked"] for name in ("bare", "checked")] == [False, True]
    assert stoker.metric("stoker_service_health", name="bare", status="healthy") == 1, "what programs read stays"
    lines = stoker.command("status", "--config", str(stoker.file)).stdout.splitlines()
    assert "1 healthy, 1 no check" in lines[0]
    [row] = [line for line in lines if line.startswith("bare")]
    assert row.split()[1:4] == ["running", "-", str(stoker.service("bare")["pid"])] and row.endswith("no check")
    assert "healthy" not in stoker.get("/service/bare/why").json["sentence"]
    assert stoker.command("health", "bare", "--config", str(stoker.file)).stdout.split() == ["bare", "healthy", "no", "check"]


def test_a_oneshot_that_is_done_is_said_to_be_done(make_stoker):
    stoker = make_stoker(services={"job": recorder("job", then="exit 0", kind="oneshot")}).start()
    stoker.wait_status("job", "completed")
    entry = stoker.get("/health").json["services"]["job"]
    assert (entry["status"], entry["service_status"]) == ("healthy", "completed")
    assert stoker.command("health", "job", "--config", str(stoker.file)).stdout.split() == ["job", "healthy", "completed"]
