"""Readiness over the death of Stoker: what a service says after it is heard, and what it has said once counts."""

import sys

import pytest

from harness import recorder, wait_for

NOTIFY = "import os, socket; s = socket.socket(socket.AF_UNIX, 2); s.sendto(b'READY=1', os.environ['NOTIFY_SOCKET'])"
SAYS_READY = {
    "systemd": ({"notify": "systemd"}, f'{sys.executable} -c "{NOTIFY}"'),
    "s6": ({"notify": "s6"}, "echo >&3"),
    "log": ({"log": "listening on [0-9]+"}, "echo listening on 80"),
}


def readying(name):
    ready, say = SAYS_READY[name]
    then = f"while [ ! -e go ]; do sleep 0.02; done; {say}; echo said >> {name}.said; exec sleep 1000"
    return recorder(name, then=then, ready=ready)


# scenario 67 d
def test_readiness_that_comes_after_the_adoption_is_heard(make_stoker):
    services = {name: readying(name) for name in SAYS_READY}
    services |= {f"{name}-after": recorder(f"{name}-after", depends_on=[name]) for name in SAYS_READY}
    stoker = make_stoker(services=services).start(ready=False)
    for name in SAYS_READY:
        wait_for("an answer", lambda: stoker.running() and stoker.wait_starts(name))
        assert stoker.service(name)["status"] == "starting"
    pids = {name: wait_for("its pid", lambda: stoker.service(name)["pid"]) for name in SAYS_READY}
    stoker.kill()
    stoker.start(ready=False)
    for name in SAYS_READY:
        wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, "starting"))
        stoker.wait_status(f"{name}-after", "waiting")
    (stoker.directory / "go").touch()
    for name in SAYS_READY:
        assert stoker.wait_status(name, "running")["pid"] == pids[name]
        stoker.wait_status(f"{name}-after", "running")
    # And what has said so once need not say it again.
    stoker.kill()
    stoker.start()
    for name in SAYS_READY:
        assert stoker.service(name)["pid"] == pids[name] and stoker.service(name)["status"] == "running"
        assert len(stoker.starts(name)) == 1


# scenario 67 d
@pytest.mark.parametrize("name", ["s6", "log"])
def test_readiness_that_was_said_to_nobody_is_heard_later(make_stoker, name):
    stoker = make_stoker(services={name: readying(name)}).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, "starting"))
    stoker.wait_starts(name)
    stoker.kill()
    (stoker.directory / "go").touch()
    wait_for("it to be said", lambda: (stoker.directory / f"{name}.said").exists())
    stoker.start()
    assert stoker.wait_status(name, "running")["restart_count"] == 0
    assert len(stoker.starts(name)) == 1


# scenario 67 d: the record is written when the readiness was heard, not in the same moment; a kill may come in between
@pytest.mark.parametrize("name", SAYS_READY)
def test_readiness_that_was_heard_counts_though_the_record_was_not_written(make_stoker, name):
    services = {name: readying(name), "after": recorder("after", depends_on=[name])}
    stoker = make_stoker(services=services).start(ready=False)
    pid = wait_for("an answer", lambda: stoker.running() and stoker.wait_instances(name, 1) and stoker.service(name)["pid"])
    path = stoker.state / "runtime.json"
    stoker.wait_recorded(name)
    before = path.read_text()
    (stoker.directory / "go").touch()
    stoker.wait_status("after", "running")
    wait_for("the next record", lambda: '"isReady":true' in path.read_text())
    stoker.kill()
    path.write_text(before)
    stoker.start(ready=False)
    service = wait_for("an answer", lambda: stoker.running() and stoker.service(name))
    assert (service["status"], service["pid"], service["restart_count"]) == ("running", pid, 0), "it will not say so again"
    assert stoker.service("after")["status"] == "running"
    stoker.wait_starts("after")
    assert len(stoker.starts("after")) == 1
