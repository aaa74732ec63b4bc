"""Commands at any moment: the last accepted one wins, and there is never more than one instance."""

import concurrent.futures
import itertools
import threading

from harness import recorder, wait_for

VERBS = ("start", "stop", "restart")


def send_all(stoker, names_and_commands):
    """Each service's commands in turn, the services at the same time; the last accepted command of each."""

    def send(name, commands):
        last = None
        for command in commands:
            answer = stoker.post(f"/{command}/{name}?wait=none")
            assert answer.status in (200, 202, 409), (name, command, answer.text)
            if answer.status != 409:
                last = command
        return name, last

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return dict(pool.map(lambda pair: send(*pair), names_and_commands))


def settled(stoker, wanted):
    """Whether every service is what was asked last, with one instance or none."""
    services = stoker.get("/services").json["services"]
    for name, last in wanted.items():
        status, instances = services[name]["status"], stoker.instances(name)
        good = status == "stopped" and not instances if last == "stop" else status == "running" and len(instances) == 1
        if not good:
            raise ValueError(f"{name}: {status} with {instances} after {last}")
    return True


def sequences():
    """All commands in all orders, up to three of them."""
    return [commands for length in (1, 2, 3) for commands in itertools.product(VERBS, repeat=length)]


def no_doubles(name, then, first=""):
    """A service that notices a second instance of itself, by a lock that its process holds."""
    return recorder(name, first=first, then=f"exec 9> {name}.lock; flock -n 9 || {{ echo {name} >> doubles; exit 1; }}; {then}")


def check_no_doubles(stoker):
    doubles = stoker.directory / "doubles"
    assert not doubles.exists(), doubles.read_text()


def test_commands_in_any_order_while_a_service_waits(make_stoker, health_server):
    gate = health_server(500)
    cases = {f"w-{'-'.join(commands)}": commands for commands in sequences()}
    services = {"gate": recorder("gate", health={"http": {"url": gate.url}, "start_period": "10m", "start_interval": "200ms"})}
    services |= {name: {**no_doubles(name, "exec sleep 1000"), "depends_on": ["gate"]} for name in cases}
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("the gate", lambda: stoker.running() and stoker.wait_status("gate", "running"))
    for name in cases:
        stoker.wait_status(name, "waiting")
    last = send_all(stoker, cases.items())
    assert not any(stoker.starts(name) for name in cases), "nothing starts while the gate is closed"
    gate.status = 200
    wanted = {name: command or "start" for name, command in last.items()}
    wait_for("what was asked last", lambda: settled(stoker, wanted))
    check_no_doubles(stoker)


def test_commands_in_any_order_while_a_service_backs_off(make_stoker):
    cases = {f"b-{'-'.join(commands)}": commands for commands in sequences()}
    services = {
        name: {
            **no_doubles(name, "[ -e mended ] && exec sleep 1000; exit 1"),
            "restart": {"backoff": {"base": "1h", "max": "1h"}},
        }
        for name in cases
    }
    stoker = make_stoker(services=services).start(ready=False)
    for name in cases:
        wait_for("an answer", lambda: stoker.running() and stoker.wait_status(name, "backoff"))
        assert stoker.service(name)["next_attempt"].endswith("Z")
    (stoker.directory / "mended").touch()
    wanted = send_all(stoker, cases.items())
    wait_for("what was asked last", lambda: settled(stoker, wanted))
    check_no_doubles(stoker)
    page = stoker.request("GET", "/metrics").text
    for line in page.splitlines():
        if line.startswith("stoker_service_next_restart_timestamp_seconds{"):
            assert line.endswith(" 0"), line


def test_commands_in_any_order_while_a_service_stops(make_stoker):
    cases = {f"s-{'-'.join(commands)}": commands for commands in sequences()}
    services = {
        name: {**no_doubles(name, "exec sleep 1000", first="trap '' TERM"), "stop": {"timeout": "2s"}} for name in cases
    }
    stoker = make_stoker(services=services).start()
    for name in cases:
        stoker.wait_starts(name)
    wanted = send_all(stoker, [(name, ("stop", *commands)) for name, commands in cases.items()])
    wait_for("what was asked last", lambda: settled(stoker, wanted))
    check_no_doubles(stoker)


def test_commands_in_any_order_while_a_service_starts(make_stoker, health_server):
    """An external service is `starting` until its check passes; a process is so only until it is spawned."""
    remote = health_server(500)
    cases = {f"x-{'-'.join(commands)}": commands for commands in sequences()}
    services = {name: no_doubles(name, "exec sleep 1000") | {"enabled": False} for name in cases}
    services["remote"] = {"kind": "external", "health": {"http": {"url": remote.url}, "start_interval": "200ms"}}
    stoker = make_stoker(services=services).start(ready=False)
    wait_for("an answer", lambda: stoker.running() and stoker.wait_status("remote", "starting"))
    wanted = send_all(stoker, [(name, ("start", *commands)) for name, commands in cases.items()])
    assert send_all(stoker, [("remote", ("stop", "start", "stop", "start"))]) == {"remote": "start"}
    assert stoker.post("/restart/remote").status == 409
    remote.status = 200
    stoker.wait_status("remote", "running")
    wait_for("what was asked last", lambda: settled(stoker, wanted))
    check_no_doubles(stoker)


def test_fifty_parallel_restarts_leave_one_instance(make_stoker):
    stoker = make_stoker(services={"one": no_doubles("one", "exec sleep 1000")}).start()
    answers = []

    def restart():
        answers.append(stoker.post("/restart/one"))

    threads = [threading.Thread(target=restart) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status for answer in answers} == {200}, [a.text for a in answers if a.status != 200]
    wait_for("one instance", lambda: settled(stoker, {"one": "restart"}))
    count = stoker.service("one")["restart_count"]
    assert 1 <= count <= 50
    (pid,) = stoker.wait_instances("one", 1)
    assert stoker.service("one")["pid"] == pid
    assert len(stoker.starts("one")) <= count + 1, "one that is stopped at once has no time to write its start down"
    check_no_doubles(stoker)


def test_the_command_line_and_the_api_can_command_at_once(make_stoker):
    stoker = make_stoker(services={"one": no_doubles("one", "exec sleep 1000")}).start()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        results = [pool.submit(stoker.command, verb, "one", "--config", str(stoker.file)) for verb in ("stop", "start", "restart") * 4]
        for result in results:
            assert result.result().returncode in (0, 1), result.result().stderr
    assert stoker.post("/start/one").status in (200, 202)
    wait_for("one instance", lambda: settled(stoker, {"one": "start"}))
    check_no_doubles(stoker)


def test_a_restart_that_cannot_succeed_is_answered_409_with_the_reason(make_stoker):
    stoker = make_stoker(
        services={"breaks": recorder("breaks", then="[ -e broken ] && exit 9; exec sleep 1000", restart={"max_attempts": 1})}
    ).start()
    (stoker.directory / "broken").touch()
    answer = stoker.post("/restart/breaks?wait=healthy")
    assert (answer.status, answer.json["error"]) == (409, "start_failed") and "exited with code 9" in answer.json["message"], answer.text
    stoker.wait_status("breaks", "failed")
