"""Counters over restarts of Stoker: exact, or from 0; never "a little less", which scrapers take for a reset and a rise (rule 33)."""

import collections
import time

import pytest

from harness import end, ledger_of, recorder, samples, wait_for

# Time in states goes on, of course; these stand still in a quiet Stoker.
LASTING = (
    "_service_restarts_total", "_exits_total", "_start_failures_total", "_stop_kills_total", "_oom_kills_total",
    "_health_checks_total", "_health_check_failures_total",
)  # fmt: skip


@pytest.fixture
def quiet(make_stoker, health_server):
    """A Stoker that has counted something of everything, and is quiet now."""
    server = health_server()

    def make():
        soon = {"backoff": {"base": "10ms"}}
        check = {"http": {"url": server.url}, "start_interval": "20ms", "interval": "1h", "timeout": "20s"}
        stoker = make_stoker(
            services={
                "steady": recorder("steady"),
                "crashed": recorder("crashed", then="[ $(wc -l < crashed.starts) -gt 3 ] && exec sleep 1000; exit 3", restart=soon),
                "checked": recorder("checked", health=check),
                "absent": {"command": ["/nonexistent/program"], "restart": {"max_attempts": 2, **soon}},
                "once": recorder("once", then="exit 0", kind="oneshot"),
            }
        ).start(ready=False)
        wait_for("an answer", lambda: stoker.running() and stoker.wait_status("absent", "failed"))
        wait_for("three restarts", lambda: stoker.service("crashed")["restart_count"] == 3 and stoker.wait_status("crashed", "running"))
        assert stoker.post("/restart/steady").status == 200
        stoker.wait_health("checked", "healthy")
        stoker.wait_status("once", "completed")
        stoker.wait_written()
        return stoker

    return make


def lasting(stoker):
    return {key: value for key, value in stoker.metrics().items() if key[0].endswith(LASTING)}


def state_seconds(stoker):
    """By service, the seconds in each state; and between which moments they were read."""
    begin = time.monotonic()
    page = samples(stoker.request("GET", "/metrics").text)
    end = time.monotonic()
    seconds = collections.defaultdict(dict)
    for (family, labels), value in page.items():
        if family == "stoker_service_state_seconds_total":
            seconds[dict(labels)["name"]][dict(labels)["state"]] = value
    return seconds, (begin, end)


def expect():
    """What the services of `quiet` have counted."""
    return {
        ("stoker_service_restarts_total", "steady", "manual"): 1,
        ("stoker_service_restarts_total", "crashed", "exit"): 3,
        ("stoker_service_exits_total", "crashed", "failure"): 3,
        ("stoker_service_exits_total", "steady", "success"): 1,
        ("stoker_service_exits_total", "once", "success"): 1,
        ("stoker_service_start_failures_total", "absent", "spawn"): 3,
        ("stoker_service_restarts_total", "absent", "start_failed"): 2,
    }


def named(series):
    """The same by family, name and the value of the other label."""
    return {(family, dict(labels)["name"], *(v for k, v in labels if k != "name")): value for (family, labels), value in series.items()}


def check_all_from_zero(stoker):
    found = named(lasting(stoker))
    for key in expect():
        # What has completed or failed is not known to have done so either, and is tried again.
        if key[1] in ("steady", "crashed"):
            assert found[key] == 0, key
    assert stoker.service("crashed")["restart_count"] == 0
    seconds, _ = state_seconds(stoker)
    assert sum(seconds["steady"].values()) < 60, "nothing that is not exact"


def test_after_a_kill_all_counters_of_a_quiet_stoker_go_on_exactly(quiet):
    stoker = quiet()
    before = lasting(stoker)
    assert expect().items() <= named(before).items()
    assert ledger_of(stoker.state).exists()
    old, (earliest, latest) = state_seconds(stoker)
    for _ in range(3):
        stoker.kill()
        stoker.start()
        after = lasting(stoker)
        # What runs is checked once more: the one that has taken it over does not know how it is.
        passed = ("stoker_health_checks_total", frozenset({("name", "checked")}))
        assert before[passed] <= after.pop(passed) <= before[passed] + 4
        assert {key: value for key, value in before.items() if key != passed} == after
    now, (begin, end) = state_seconds(stoker)
    for name, states in now.items():
        assert all(value >= old[name][state] for state, value in states.items()), name
        grown = sum(states.values()) - sum(old[name].values())
        assert begin - latest - 0.05 <= grown <= end - earliest + 0.05, f"{grown} s of {name} were counted in {end - earliest} s"
    assert now["steady"]["running"] > old["steady"]["running"]
    assert now["once"]["completed"] > old["once"]["completed"], "time went on in the state that it was left in"
    assert now["absent"]["failed"] > old["absent"]["failed"]


def test_after_a_stop_in_order_all_counters_go_on_exactly(quiet):
    stoker = quiet()
    before = lasting(stoker)
    assert stoker.stop() == 0
    assert not ledger_of(stoker.state).exists(), "nothing of it stays in shared memory"
    stoker.start(ready=False)
    wait_for("it to settle", lambda: stoker.running() and stoker.get("/services").json["initialized"])
    stoker.wait_status("absent", "failed")
    stoker.wait_status("once", "completed")
    after = named(lasting(stoker))
    for key, value in named(before).items():
        family, name, *label = key
        if name == "absent":
            more = {"spawn": 3, "start_failed": 2}.get(label[0] if label else "", 0)
        else:
            # Each was stopped once, and the oneshot ran once more.
            more = 1 if label == ["success"] else 0
        if family == "stoker_health_checks_total":
            assert after[key] >= value, key
        else:
            assert after[key] == value + more, key
    assert stoker.service("crashed")["restart_count"] == 3


BROKEN = {
    "gone": lambda path: path.unlink(),
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-8]),
    "zeros": lambda path: path.write_bytes(bytes(path.stat().st_size)),
    "of another boot": lambda path: path.write_bytes(path.read_bytes()[:24] + b"0" + path.read_bytes()[25:]),
    "with other columns": lambda path: path.write_bytes(path.read_bytes()[:16] + b"12345678" + path.read_bytes()[24:]),
    "readable by others": lambda path: path.chmod(0o644),
}


@pytest.mark.parametrize("breaks", BROKEN.values(), ids=BROKEN.keys())
def test_with_an_unusable_ledger_counters_start_from_0_after_a_kill(quiet, breaks):
    stoker = quiet()
    pids = {name: stoker.service(name)["pid"] for name in ("steady", "crashed")}
    stoker.kill()
    breaks(ledger_of(stoker.state))
    stoker.start(ready=False)
    wait_for("it to settle", lambda: stoker.running() and stoker.get("/services").json["initialized"])
    assert {name: stoker.service(name)["pid"] for name in pids} == pids, "what runs is taken over all the same"
    check_all_from_zero(stoker)


def test_without_a_ledger_that_is_said_and_only_a_stop_in_order_keeps_the_counters(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.state.mkdir(mode=0o700)
    (stoker.state / "places").write_text("0123456789abcdef" * 2 + "\n")
    (stoker.state / "places").chmod(0o600)
    ledger_of(stoker.state).mkdir()
    stoker.start()
    stoker.wait_said("counters will begin at 0 if Stoker is killed")
    assert stoker.post("/restart/a").status == 200
    assert stoker.stop() == 0
    stoker.start()
    assert stoker.service("a")["restart_count"] == 1
    assert stoker.post("/restart/a").status == 200
    stoker.wait_written()
    stoker.kill()
    stoker.start()
    assert stoker.service("a")["restart_count"] == 0, "two were counted, but nobody can know whether there was not a third"
    assert ledger_of(stoker.state).exists(), "it is no ledger"


def test_the_counters_of_a_service_that_is_no_longer_in_the_file_are_forgotten(make_stoker):
    both = {"a": recorder("a"), "b": recorder("b")}
    stoker = make_stoker(services=both).start()
    for name in both:
        assert stoker.post(f"/restart/{name}").status == 200
    stoker.kill()
    stoker.write({"b": both["b"]})
    stoker.start()
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="manual") is None
    stoker.kill()
    stoker.write(both)
    stoker.start()
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="manual") == 0
    assert stoker.metric("stoker_service_restarts_total", name="b", reason="manual") == 1


@pytest.mark.parametrize("family", ["stoker_service_cpu_seconds_total", "stoker_service_log_lines_total", "stoker_service_log_bytes_total"])
def test_what_is_not_kept_begins_anew_and_is_never_a_little_less(make_stoker, family):
    work = "import time; print('begin', flush=True)\nwhile time.process_time() < 0.4: pass\nprint('done', flush=True); time.sleep(1000)"
    stoker = make_stoker(services={"a": {"command": ["python3", "-c", work], "environment": {"E2E_SERVICE": "a"}}}).start()

    def total():
        return sum(value for (found, _), value in stoker.metrics().items() if found == family)

    def lines():
        return stoker.get("/service/a/logs?tail=10").text.count("done")

    wait_for("the first run's work", lambda: lines() == 1)
    assert stoker.post("/restart/a").status == 200
    wait_for("the second run's work", lambda: lines() == 2 and total() > 0)
    wait_for("it to be counted", lambda: family != "stoker_service_cpu_seconds_total" or total() >= 0.8)
    before = total()
    stoker.kill()
    stoker.start()
    after = total()
    assert after >= before or after <= before / 20, f"{after} after {before}"


def test_a_scrape_while_a_new_stoker_is_taking_over_tells_no_zeros(make_stoker):
    """What is told of before it is known would be a reset, and then a rise by all that was ever counted."""
    deaf = recorder("deaf", first="trap '' TERM", then="exec sleep 1000")
    stoker = make_stoker(services={"a": recorder("a"), "deaf": deaf}).start()
    stoker.wait_starts("deaf")
    for _ in range(2):
        assert stoker.post("/restart/a").status == 200
    before = stoker.metrics()
    stoker.kill()
    stoker.write({"a": recorder("a")})
    # It waits for the end of what is no longer in the file, before it does anything else.
    stoker.start(ready=False)
    answer = wait_for("an answer", lambda: stoker.running() and stoker.request("GET", "/metrics"))
    assert stoker.post("/stop/a").status == 503, "it is still taking over"
    if answer.status == 200:
        page = samples(answer.text)
        for key, value in before.items():
            lasts = (*LASTING, "_service_up", "_state_seconds_total")
            if ("name", "a") in key[1] and key[0].endswith(lasts):
                assert page.get(key, value) >= value, key
    else:
        assert answer.status == 503
    end(stoker.instances("deaf"))
    stoker.wait_status("a", "running")
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="manual") == 2
