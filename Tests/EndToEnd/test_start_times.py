"""Start times of counters: as old as the count, over kills, stops, reloads and failed starts of Stoker (rule 33).

A scraper that reads them puts a 0 at the start of a count that it does not know yet. If the start were later than a sample that it has, all
that was ever counted would look like an increase. `make counters` does it RESTARTS=20 times in a row.
"""

import os
import random
import socket
import time

import pytest

from exposition_formats import fetch, read
from harness import recorder, wait_for
from test_counters_over_restarts import LASTING

RESTARTS = int(os.environ.get("RESTARTS", "5"))
KEPT = (*LASTING, "_state_seconds_total")


class Ingestion:
    """What a scraper makes of the pages: for each counter the last value, when it was read, its start, and the sum of its increases."""

    def __init__(self, stoker):
        self.stoker = stoker
        self.known = {}

    def scrape(self):
        began = time.time()
        page = read("protobuf", fetch(self.stoker, "protobuf"))
        # A series that is not on the page is over; one of its name that comes later is another.
        self.known = {key: known for key, known in self.known.items() if key in page.created}
        for key, start in page.created.items():
            assert start <= time.time(), f"{key} begins in the future"
            name, labels = key
            value = page.samples.get(key, page.samples.get((name + "_count", labels)))
            if key not in self.known:
                self.known[key] = (value, began, start, 0)
                continue
            last, read_at, last_start, increase = self.known[key]
            # A start after the last sample is a 0 between the two; without it a smaller value is a reset.
            begins_anew = start > read_at or value < last
            if value < last:
                assert start > read_at, f"{key} fell from {last} to {value}, but began before that"
            elif name.endswith(KEPT) and last > 0:
                assert start == last_start, f"{key} began at {last_start}, now at {start}, and did not fall: {last}, {value}"
            self.known[key] = (value, began, start, increase + (value if begins_anew else value - last))
        return self

    def increase(self, family, **labels):
        return self.known[family, frozenset(labels.items())][3]

    def start(self, family, **labels):
        return self.known[family, frozenset(labels.items())][2]


def services():
    """One that runs, one that never changes, one that is done, one that is checked, one that failed."""
    check = {"exec": {"command": "true"}, "interval": "100ms"}
    return {
        "a": recorder("a"), "off": {"enabled": False, "command": "exec sleep 1000"}, "once": {"kind": "oneshot", "command": "true"},
        "checked": recorder("checked", health=check), "bad": {"command": "exit 3", "restart": {"max_attempts": 0}},
    }  # fmt: skip


def settle(stoker):
    wait_for("it to settle", lambda: stoker.running() and stoker.get("/services").json["initialized"])
    stoker.wait_status("once", "completed")
    stoker.wait_status("bad", "failed")


def end_somehow(stoker, way):
    """Ends Stoker in order, by a kill, or by a kill that overtakes the end in order at any moment."""
    if way == "kill":
        return stoker.kill()
    if way == "overtaken":
        stoker.process.terminate()
        time.sleep(random.random() * 0.15)
        return stoker.kill()
    assert stoker.stop() == 0


def test_counts_and_their_starts_go_on_however_stoker_ends(make_stoker):
    stoker = make_stoker(services=services(), supervisor={"control": "loopback"}).start(ready=False)
    settle(stoker)
    scraper, began = Ingestion(stoker).scrape(), time.time()
    for number in range(RESTARTS):
        assert stoker.post("/restart/a").status == 200
        scraper.scrape()
        end_somehow(stoker, ["kill", "stop", "overtaken"][number % 3] if number < 3 else random.choice(["kill", "stop", "overtaken", "overtaken"]))
        stoker.start(ready=False)
        settle(stoker)
        scraper.scrape()
        assert scraper.increase("stoker_service_restarts_total", name="a", reason="manual") == number + 1
    passed = time.time() - began
    for name, state in (("off", "stopped"), ("once", "completed"), ("a", "running"), ("bad", "failed")):
        assert 0 < scraper.increase("stoker_service_state_seconds_total", name=name, state=state) <= passed + 0.1, name


def test_a_stoker_that_is_killed_while_it_starts_leaves_the_counters_to_the_next(make_stoker):
    stoker = make_stoker(services=services(), supervisor={"control": "loopback"}).start(ready=False)
    settle(stoker)
    assert stoker.post("/restart/a").status == 200
    scraper = Ingestion(stoker).scrape()
    assert stoker.stop() == 0
    for number in range(max(6, RESTARTS)):
        stoker.start(ready=False)
        time.sleep(number % 12 * 0.02)
        stoker.kill()
    stoker.start(ready=False)
    settle(stoker)
    scraper.scrape()
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="manual") == 1
    assert scraper.increase("stoker_service_restarts_total", name="a", reason="manual") == 0


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_a_start_that_fails_leaves_the_counters_alone(make_stoker, way):
    stoker = make_stoker(services={"a": recorder("a")}, supervisor={"control": "loopback"}).start()
    assert stoker.post("/restart/a").status == 200
    scraper = Ingestion(stoker).scrape()
    end_somehow(stoker, way)
    with socket.create_server(("127.0.0.1", stoker.port)):
        assert stoker.spawn("run", "--config", str(stoker.file)).wait(30) != 0
    stoker.start()
    scraper.scrape()
    assert stoker.metric("stoker_service_restarts_total", name="a", reason="manual") == 1


def test_a_service_begins_with_its_first_appearance_and_each_log_with_itself(make_stoker):
    both = {"a": recorder("a", first="echo line"), "b": recorder("b", first="echo line")}
    stoker = make_stoker(services={"a": both["a"]}, supervisor={"control": "loopback"}).start()
    scraper, added = Ingestion(stoker).scrape(), time.time()
    a = {"name": "a", "stream": "stdout"}
    kept = {"name": "a", "state": "running"}
    before = (scraper.start("stoker_service_log_lines_total", **a), scraper.start("stoker_service_state_seconds_total", **kept))
    stoker.reload(both)
    stoker.wait_status("b", "running")
    scraper.scrape()
    families = ("stoker_service_state_seconds_total", {"state": "running"}), ("stoker_service_cpu_seconds_total", {"mode": "user"}), ("stoker_registry_heartbeats_total", {})
    for family, labels in families:
        assert scraper.start(family, name="b", **labels) >= added
        assert scraper.start(family, name="a", **labels) < added
    wait_for("a line", lambda: stoker.metric("stoker_service_log_lines_total", **a))
    scraper.scrape()
    # Another log has other counts.
    stoker.reload({**both, "a": both["a"] | {"log": {"path": str(stoker.directory / "other.log")}}})
    scraper.scrape()
    assert scraper.start("stoker_service_log_lines_total", **a) > before[0]
    assert scraper.start("stoker_service_state_seconds_total", **kept) == before[1]
    stoker.reload({"a": both["a"]})
    wait_for("b to be gone", lambda: stoker.metric("stoker_service_up", name="b") is None)
    scraper.scrape()
    again = time.time()
    stoker.reload(both)
    stoker.wait_status("b", "running")
    scraper.scrape()
    assert scraper.start("stoker_service_state_seconds_total", name="b", state="running") >= again
