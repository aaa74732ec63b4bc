"""A thousand services from one file."""

import os

import pytest

from harness import marked, samples, wait_for

COUNT = 1000


@pytest.mark.xdist_group("heavy")
def test_a_thousand_services_run_are_scraped_and_stop_cleanly(make_stoker):
    services = {f"s{number:04}": {"command": ["sleep", "1000000"]} for number in range(COUNT)}
    stoker = make_stoker(services=services).start()
    metrics = stoker.get("/metrics").json["metrics"]
    assert (metrics["total_services"], metrics["running_services"], metrics["is_ready"]) == (COUNT, COUNT, True)
    found = samples(stoker.request("GET", "/metrics").text)
    assert sum(value for (name, _), value in found.items() if name == "stoker_service_up") == COUNT
    assert len({dict(labels)["name"] for name, labels in found if name == "stoker_service_state"}) == COUNT
    wait_for("a thousand processes", lambda: len(marked(stoker.mark)) == COUNT + 1)

    victims = [stoker.service(f"s{number:04}")["pid"] for number in range(0, COUNT, 200)]
    for pid in victims:
        os.kill(pid, 9)
    wait_for("the restarts", lambda: stoker.get("/metrics").json["metrics"]["total_restarts"] == len(victims))
    wait_for("all of them again", lambda: stoker.get("/metrics").json["metrics"]["running_services"] == COUNT)

    assert stoker.stop() == 0
    assert marked(stoker.mark) == []


@pytest.mark.xdist_group("heavy")
def test_a_chain_of_two_hundred_starts_and_stops_in_order(make_stoker):
    names = [f"s{number:03}" for number in range(200)]
    services = {name: {"command": ["sleep", "1000000"], **({"depends_on": [before]} if before else {})} for before, name in zip([None, *names], names)}
    stoker = make_stoker(services=dict(reversed(services.items()))).start()
    answer = stoker.get("/dependencies").json
    assert answer["startup_order"] == names
    wait_for("all of them", lambda: stoker.get("/metrics").json["metrics"]["running_services"] == 200)
    assert stoker.stop() == 0
