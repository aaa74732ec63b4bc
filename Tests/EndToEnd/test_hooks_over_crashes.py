"""Services that crash right after their start: nothing that a hook of a run does comes after a later hook of that run."""

import os

from harness import wait_for

CRASHES = int(os.environ.get("CRASHES", "16"))  # `make crashes` has more
STOKERS = int(os.environ.get("STOKERS", "2"))


def service():
    """A server that its hooks put into a balancer and take out of it. It ends while the first of them begins."""
    return {
        "command": ["true"],
        "hooks": {
            "pre_start": "echo begins >> events",
            "post_start": "i=0; while [ $i -lt 300 ]; do i=$((i+1)); done; echo joins >> events",
            "post_stop": "echo leaves >> events; sleep 0.02; echo left >> events",
        },
        "restart": {"policy": "always", "max_attempts": "unlimited", "backoff": {"base": "10ms", "factor": 1, "jitter": 0}},
    }


def runs(events):
    """What the hooks of each run did, in order."""
    runs = []
    for event in events:
        if event == "begins":
            runs.append([])
        elif runs:
            runs[-1].append(event)
    return runs


def test_a_hook_that_is_being_ended_does_nothing_after_the_next_has_begun(make_stoker):
    stokers = [make_stoker(f"node{number}", services={"a": service()}) for number in range(STOKERS)]
    for stoker in stokers:
        stoker.start(ready=False)
    seen = 0
    for stoker in stokers:
        path = stoker.directory / "events"
        wait_for("the crashes", lambda: path.exists() and path.read_text().count("left") >= CRASHES // STOKERS)
        for run in runs(path.read_text().splitlines())[: CRASHES // STOKERS]:
            seen += 1
            assert run in (["leaves", "left"], ["joins", "leaves", "left"]), f"the hooks of a run did {run}"
    assert seen >= CRASHES // STOKERS * STOKERS
    for stoker in stokers:
        assert stoker.stop() == 0
