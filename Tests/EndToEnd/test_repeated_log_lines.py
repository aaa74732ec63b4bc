"""Lines of Stoker's own log that repeat themselves at a high rate (rule 79)."""

import json
import re

from harness import recorder, wait_for


def test_a_crash_loop_and_a_flood_of_registrations_are_summed_up_in_the_log_and_nowhere_else(make_stoker):
    loop = {"command": "exit 3", "restart": {"max_attempts": "unlimited", "backoff": {"base": "1ms", "factor": 1}}}
    stoker = make_stoker()
    stoker.write({"loop": loop, "calm": recorder("calm")}, supervisor={"log": {"format": "json"}})
    stoker.start(ready=False)
    wait_for("many restarts", lambda: stoker.running() and stoker.service("loop")["restart_count"] > 200)
    for number in range(100):
        assert stoker.post(f"/registry/n{number}", {"type": "guest"}).status in (200, 201)
    stoker.wait_starts("calm")
    # Also if nothing else is logged.
    wait_for("the sum", lambda: re.search("registry: n99 registered[^\n]*more like it in", stoker.output.read_text()), deadline=15)
    assert stoker.post("/stop/loop").status == 200
    restarts = stoker.service("loop")["restart_count"]
    assert stoker.stop() == 0
    records = [json.loads(line) for line in stoker.output.read_text().splitlines()]
    messages = [record["message"] for record in records]
    restarted = [message for message in messages if message.startswith("loop: restarts in")]
    sums = [message for message in restarted if "more like it in" in message]
    assert sums and len(restarted) < restarts / 2
    passed = len(restarted) - len(sums)
    assert passed + sum(int(text.split("(and ")[1].split(" ")[0].replace(",", "")) + 1 for text in sums) >= restarts, "all are counted"
    registered = [message for message in messages if message.startswith("registry: ")]
    assert len(registered) < 60 and registered[-1].startswith("registry: n99 registered") and "more like it in" in registered[-1]
    last = [message for message in messages if message.startswith("loop: ")][-1]
    assert last.startswith("loop: stopped"), last
    assert any(message.startswith("calm: running") for message in messages)
    assert all("cause" not in record for record in records)
