"""`GET /events`: what happens, as it happens, and after a break without a gap."""

import os
import signal
import socket

from event_stream import EventStream
from harness import API, recorder, wait_for

AT_ONCE = {"backoff": {"base": "0s"}, "max_attempts": "unlimited"}


def kill(stoker, name):
    """Kills a service, and waits until another run of it is there."""
    pid = stoker.service(name)["pid"]
    os.kill(pid, signal.SIGKILL)
    wait_for("another process", lambda: stoker.service(name)["pid"] not in (None, pid))


def test_a_reader_is_greeted_and_told_of_an_end_and_a_restart_in_order(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart=AT_ONCE)}).start()
    events = EventStream(stoker)
    assert events.answer.getheader("Content-Type").startswith("text/event-stream")
    assert events.answer.getheader("Cache-Control") == "no-store"
    hello = events.next()
    assert (hello["event"], hello["data"]["kind"], hello["data"]["services"]) == ("hello", "hello", 1)
    assert events.retry == 1000
    pid = stoker.service("a")["pid"]
    os.kill(pid, signal.SIGKILL)
    seen = events.until("status", service="a", to="running")
    statuses = [(event["data"]["from"], event["data"]["to"]) for event in seen if event["event"] == "status"]
    assert statuses == [("running", "backoff"), ("backoff", "starting"), ("starting", "running")]
    assert seen[0]["data"]["cause"] == "killed by SIGKILL"
    assert seen[-1]["data"]["pid"] == stoker.service("a")["pid"] != pid
    numbers = [int(event["id"].split("-")[1]) for event in seen]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    for event in seen:
        assert event["data"]["id"] == event["id"] and event["data"]["message"] and event["data"]["at"].endswith("Z")


def test_a_restart_is_told_with_its_run_its_reason_and_the_end_that_it_answers(make_stoker):
    stoker = make_stoker(services={"a": recorder("a", restart={"backoff": {"base": "10ms"}})}).start()
    events = EventStream(stoker)
    os.kill(stoker.service("a")["pid"], signal.SIGKILL)
    seen = events.until("status", service="a", to="running")
    kinds = [event["data"].get("to", event["event"]) for event in seen if event["event"] in ("status", "restarted")]
    assert kinds == ["backoff", "restarted", "starting", "running"]
    (crash,) = [event["data"] for event in seen if event["event"] == "restarted"]
    assert (crash["service"], crash["run"], crash["reason"], crash["attempt"], crash["cause"]) == ("a", 2, "signal", 1, "killed by SIGKILL")
    assert crash["message"] == "a: restart 1 of 3 (killed by SIGKILL)"
    assert stoker.post("/restart/a").status == 200
    asked = events.until("restarted", service="a")[-1]["data"]
    assert (asked["run"], asked["reason"], asked["attempt"]) == (3, "manual", 0)
    assert asked["cause"].startswith("requested by api 127.0.0.1") and asked["message"] == f"a: restarted ({asked['cause']})"
    for event, restart in zip((crash, asked), stoker.get("/service/a").json["restart_history"], strict=True):
        assert (event["at"], event["reason"], event["attempt"]) == (restart["timestamp"], restart["reason"], restart["attempt"])
        assert restart["cause"].removeprefix("automatic: ") == event["cause"]
        stoker.wait_said(event["message"])


def test_the_last_line_of_a_crash_is_told(make_stoker):
    stoker = make_stoker(
        services={"a": recorder("a", then="printf 'no such table\\033[2J\\n' >&2; exec sleep 1000", restart={"max_attempts": 0})}
    ).start()
    wait_for("the line", lambda: "no such table" in stoker.get("/service/a/logs").text)
    events = EventStream(stoker)
    os.kill(stoker.service("a")["pid"], signal.SIGKILL)
    seen = events.until("last_error", service="a")
    assert [event["data"]["to"] for event in seen if event["event"] == "status"][-1] == "failed", "the end comes first"
    told = seen[-1]["data"]
    assert told["run"] == 1 and told["last_error"] == stoker.service("a")["last_error"]
    assert told["last_error"].startswith('killed by SIGKILL: "no such table') and "\x1b" not in told["last_error"]
    assert told["message"] == f"a: {told['last_error']}" and told["note"] == stoker.get("/services").json["services"]["a"]["note"]


def test_what_is_told_can_be_read(make_stoker):
    """An event comes after what it speaks of was published."""
    stoker = make_stoker(services={"a": recorder("a", restart=AT_ONCE)}).start()
    events = EventStream(stoker)
    for _ in range(20):
        os.kill(stoker.service("a")["pid"], signal.SIGKILL)
        last = events.until("status", service="a", to="running")[-1]
        assert stoker.service("a")["pid"] == last["data"]["pid"]


def test_a_reader_that_comes_back_misses_nothing_and_hears_nothing_twice(make_stoker):
    stoker = make_stoker(services={name: recorder(name, restart=AT_ONCE) for name in "ab"}).start()
    whole, broken = EventStream(stoker), EventStream(stoker)
    heard = []
    for round in range(6):
        kill(stoker, "ab"[round % 2])
        heard += broken.until("status", service="ab"[round % 2], to="running")
        last = broken.last_id
        broken.close()
        # Nobody listens to this one.
        kill(stoker, "a")
        broken = EventStream(stoker, last_id=last) if round % 2 else EventStream(stoker, query=f"?after={last}")
        heard += broken.until("status", service="a", to="running")
    wanted = int(heard[-1]["id"].split("-")[1])
    all_events = []
    while not all_events or int(all_events[-1]["id"].split("-")[1]) < wanted:
        all_events.append(whole.next())
    strip = lambda events: [event["id"] for event in events if event["event"] != "hello"]
    assert strip(heard) == strip(all_events)


def test_a_position_of_another_life_or_one_that_is_not_kept_is_a_reset(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    events = EventStream(stoker)
    events.next()
    last = events.last_id
    stoker.kill()
    stoker.start()
    again = EventStream(stoker, last_id=last)
    first = again.next()
    assert (first["event"], first["data"]["reason"]) == ("reset", "restarted")
    life = first["id"].split("-")[0]
    assert life != last.split("-")[0]
    # More than there ever was.
    beyond = EventStream(stoker, last_id=f"{life}-999999")
    assert beyond.next()["event"] == "reset"


def test_only_what_was_asked_for_is_told(make_stoker):
    stoker = make_stoker(services={name: recorder(name, restart=AT_ONCE) for name in "abc"}).start()
    events = EventStream(stoker, query="?service=b&service=c")
    for name in "abc":
        kill(stoker, name)
    seen = events.until("status", service="c", to="running")
    assert {event["data"].get("service") for event in seen} <= {None, "b", "c"}
    assert any(event["data"].get("service") == "b" for event in seen)


def test_a_wrong_question_is_one_sentence(make_stoker):
    stoker = make_stoker(services={"dao": recorder("dao")}).start()
    answer = stoker.get("/events?service=daoo")
    assert (answer.status, answer.json["error"]) == (404, "service_not_found")
    assert "did you mean 'dao'?" in answer.json["message"]
    for wrong in ("x", "a-b-c", "-3", "a-"):
        answer = stoker.get("/events", headers={"Last-Event-ID": wrong})
        assert (answer.status, answer.json["error"]) == (400, "malformed"), answer.text
        assert f"'{wrong}'" in answer.json["message"]


def test_health_readiness_registry_and_reloads_are_told(make_stoker, tmp_path):
    flag = tmp_path / "flag"
    flag.touch()
    check = {"file": {"path": str(flag)}, "interval": "100ms", "failure_threshold": 1, "auto_recovery": False}
    stoker = make_stoker(services={"a": recorder("a", health=check)}).start()
    stoker.wait_health("a", "healthy")
    events = EventStream(stoker)
    flag.unlink()
    events.until("health", service="a", **{"from": "healthy", "to": "unhealthy"})
    events.until("composite", to="unhealthy")
    flag.touch()
    events.until("health", service="a", to="healthy")
    assert stoker.request("POST", f"{API}/registry/guest", {"type": "guest"}).status == 200
    events.until("registry", service="guest", change="registered")
    stoker.reload({"a": recorder("a", health=check), "b": recorder("b")})
    events.until("reloaded")
    events.until("status", service="b", to="running")
    assert stoker.post("/stop/b").status == 200
    events.until("ready", is_ready=False)


def test_the_last_words_are_heard_and_then_the_stream_ends(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    events = EventStream(stoker)
    assert stoker.stop() == 0
    events.until("status", service="a", to="stopped")
    last = event = events.next()
    while event:
        last, event = event, events.next()
    assert last is None or last["event"] != "hello"


def test_a_reader_that_does_not_read_is_cut_off_and_nobody_else_notices(make_stoker):
    """It holds no more than the kernel's buffers and one queue, and its connection is reset."""
    storm = {"command": ["false"], "restart": {"backoff": {"base": "10ms", "factor": 1}, "max_attempts": "unlimited"}}
    services = {f"s{number:02}": storm for number in range(40)}
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.get("/services").status == 200)
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect(("127.0.0.1", stoker.port))
    lazy.sendall(f"GET {API}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    events = EventStream(stoker)
    before = stoker.metric("stoker_http_rejected_requests_total", reason="stream_timeout") or 0
    wait_for(
        "the lazy one to be cut off",
        lambda: (stoker.metric("stoker_http_rejected_requests_total", reason="stream_timeout") or 0) > before,
    )
    numbers = []
    while len(numbers) < 500:
        event = events.next()
        numbers.append(int(event["id"].split("-")[1]))
    assert numbers == list(range(numbers[0], numbers[0] + 500))
    lazy.close()


def test_the_services_say_their_layer_and_what_they_use(make_stoker):
    busy = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; exec sleep 1000"
    stoker = make_stoker(services={"a": recorder("a", then=busy), "b": recorder("b", depends_on=["a"])}).start()
    wait_for("some use", lambda: (stoker.use("a")[0] or 0) > 0.05)
    entries = stoker.get("/services").json["services"]
    assert [entries[name]["layer"] for name in "ab"] == [0, 1]
    assert stoker.use("b")[1] > 100_000
    assert stoker.post("/stop/b").status == 200
    assert stoker.use("b")[1] is None
