"""Marks that another user wrote into the environments of his own processes: they prove nothing, at no moment (rule 59)."""

import json
import os
import pathlib
import signal
import subprocess
import time

import pytest

from harness import alive, recorder, wait_for

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="needs a second user, which only root may become")

STRANGER = 65534
HIGHEST = (1 << 53) - 1


@pytest.fixture
def forge(tmp_path):
    """Starts immortal processes of another user with marks of that user's making; at the end, none has had a signal."""
    started = []
    heard = tmp_path / "heard"
    heard.mkdir()
    heard.chmod(0o777)

    def forge(stoker, *claims):
        script = f"trap 'echo heard >{heard}/$$' TERM INT HUP CONT; echo ready; while :; do sleep 1000 & wait $!; done"
        for claim in claims:
            process = subprocess.Popen(
                ["sh", "-c", script],
                env={"PATH": os.environ["PATH"], "STOKER_RUN": f"{stoker.state}:{claim}"},
                user=STRANGER,
                group=STRANGER,
                extra_groups=[],
                start_new_session=True,
                cwd="/",
                stdout=subprocess.PIPE,
            )
            assert process.stdout.readline() == b"ready\n"
            started.append(process)
        return started[-1].pid

    def untouched():
        return all(process.poll() is None for process in started) and not list(heard.iterdir())

    forge.untouched = untouched
    yield forge
    for process in started:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()


def claims(names, code="0123456789abcdef" * 2):
    """Marks of both forms, for runs that are, that may come, and that never come, and for services that there are not."""
    runs = [0, 1, 2, 1000, HIGHEST, HIGHEST + 1, (1 << 64) - 1]
    plain = [f"{name}:{run}" for name in (*names, "ghost", "@", "@1") for run in runs]
    return plain + [f"{claim}:{code}" for claim in plain] + ["", ":", "a:", ":1", "a:1:", "a:-1", "a:1:2:3"]


def wait_runs(stoker, **expected):
    """Waits until the record has these runs, which it has a moment after their start."""

    def runs():
        record = json.loads((stoker.state / "runtime.json").read_text())
        return {running["name"]: running["run"] for running in record["running"]} == expected

    wait_for(f"the runs {expected}", runs)


def test_forged_marks_change_nothing_at_the_first_start_after_a_kill_and_at_the_stop(make_stoker, forge):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b", "setsid sleep 1000 & exec sleep 1000")})
    forge(stoker, *claims("ab"))
    begin = time.monotonic()
    stoker.start()
    pids = {name: stoker.service(name)["pid"] for name in ("a", "b")}
    wait_runs(stoker, a=1, b=1)
    assert stoker.post("/restart/b").status == 200
    pids["b"] = stoker.service("b")["pid"]
    wait_runs(stoker, a=1, b=2)

    stoker.kill()
    forge(stoker, "a:1", "b:2", "b:3")
    stoker.start()
    assert {name: stoker.service(name)["pid"] for name in pids} == pids and all(map(alive, pids.values()))
    assert stoker.post("/restart/a").status == 200
    wait_runs(stoker, a=2, b=2)

    # Without the record the key still proves the marks of the services, and only these.
    stoker.kill()
    (stoker.state / "runtime.json").unlink()
    stoker.start()
    wait_runs(stoker, a=2, b=2)
    assert stoker.service("b")["pid"] == pids["b"]
    assert stoker.stop() == 0
    assert not stoker.instances("a") and not stoker.instances("b")
    # Each leftover would have been waited for, for 30 s and more.
    assert time.monotonic() - begin < 30
    assert forge.untouched()
    said = stoker.output.read_text()
    assert "left over" not in said and "ghost" not in said and "could not be ended" not in said


def test_the_mark_of_one_service_does_not_help_another(make_stoker, forge):
    stoker = make_stoker(services={"a": recorder("a"), "b": recorder("b")}).start()
    (pid,) = stoker.wait_instances("a", 1)
    environment = dict(entry.split("=", 1) for entry in pathlib.Path(f"/proc/{pid}/environ").read_text().split("\0") if "=" in entry)
    text, owner, run, code = environment["STOKER_RUN"].rsplit(":", 3)
    assert (text, owner, run, len(code)) == (str(stoker.state), "a", "1", 32)
    key = (stoker.state / "key").read_bytes()
    assert len(key) == 32 and key.hex() not in " ".join(environment.values())
    forge(stoker, f"b:1:{code}", f"a:2:{code}", f"b:9:{code}")
    stoker.kill()
    stoker.start()
    wait_runs(stoker, a=1, b=1)
    assert stoker.stop() == 0 and forge.untouched()


def test_a_record_that_another_user_wrote_is_said_and_not_believed(make_stoker, forge):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    stoker.wait_recorded("a")
    stoker.stop()
    victim = forge(stoker, "a:1")
    record = stoker.state / "runtime.json"
    start = int(pathlib.Path(f"/proc/{victim}/stat").read_text().rpartition(")")[2].split()[19])
    boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    entry = {"name": "a", "run": HIGHEST, "pid": victim, "startTime": start, "bootID": boot, "isReady": True}
    record.write_text(json.dumps({"version": 3, "running": [entry]}))
    os.chown(record, STRANGER, STRANGER)
    stoker.start()
    stoker.wait_said(f"going on without '{record}'")
    assert stoker.service("a")["pid"] != victim and stoker.stop() == 0
    assert forge.untouched()


def test_a_record_of_another_machine_is_refused_and_left_alone(make_stoker):
    name = pathlib.Path("/etc/machine-id")
    if not name.exists() or len(machine := name.read_text().strip()) != 32:
        pytest.skip("this machine has no name")
    stoker = make_stoker(services={"a": recorder("a")})
    stoker.state.mkdir(mode=0o700)
    record = stoker.state / "runtime.json"
    entry = {"name": "a", "run": 4, "pid": os.getpid(), "startTime": 1, "bootID": "another boot", "isReady": True}
    text = json.dumps({"version": 3, "running": [entry], "machine": machine[::-1]})
    record.write_text(text)
    record.chmod(0o600)
    stoker.start(ready=False)
    assert stoker.process.wait(60) == 73
    stoker.wait_said("belongs to a Stoker on another machine")
    assert record.read_text() == text and not stoker.instances("a")
