"""A real stack in one service file, broken in more than ten ways: each time every face says what is true, names the cause, and restarts
nothing in vain; and what was broken by one thing comes back with it."""

import contextlib
import http.server
import json
import os
import signal
import threading

import pytest

from real_stack import RealStack

pytestmark = pytest.mark.xdist_group("real stack")

PAGES = {"web", "nginx", "haproxy"}  # each asks the one before


@pytest.fixture(scope="module")
def started():
    stack = RealStack()
    try:
        stack.start()
        yield stack
        assert stack.stoker.stop() == 0
    finally:
        stack.finish()


@pytest.fixture
def stack(request, started):
    """The stack, well; a test that failed may have left it otherwise."""
    request.node.stokers = [started.stoker]
    started.mend()
    return started


def told(names, root, *words):
    return {name: (root, *words) for name in names}


@contextlib.contextmanager
def taken(port):
    """Another program that listens on a port, and does not know what is asked of it."""
    server = http.server.HTTPServer(("127.0.0.1", port), http.server.BaseHTTPRequestHandler)
    server.RequestHandlerClass.log_message = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_a_database_that_cannot_start_is_the_cause_of_all_that_needs_it(stack):
    before = stack.restarts()
    needing = PAGES | {"worker", "report"}
    with stack.changed("postgres", "data/postgresql.conf", "nonsense = on\n"):
        os.kill(stack.row("postgres")["pid"], signal.SIGKILL)
        stack.wait_true({"postgres", *needing})
        stack.stoker.wait_status("postgres", "failed")
        for name in needing:
            stack.stoker.wait_health(name, "unhealthy")
        stack.wait_told(told(["postgres"], None, "exited with code 1", "contains errors") | told(needing, "postgres", "failed"))
    assert stack.stoker.command("start", "postgres").returncode == 0
    stack.wait_healed()
    assert stack.restarts() - before == {"postgres": 3}


def test_a_database_that_hangs_is_replaced_before_those_that_need_it_give_up(stack):
    before = stack.restarts()
    hung = stack.row("postgres")["pid"]
    os.kill(hung, signal.SIGSTOP)
    history = stack.wait_restarted("postgres", before["postgres"] + 1)
    stack.wait_healed()
    assert history[-1]["reason"] == "unhealthy" and stack.row("postgres")["pid"] != hung
    assert stack.restarts() - before == {"postgres": 1}


def test_a_queue_that_is_killed_comes_back_and_those_that_wait_for_it_run_on(stack):
    before = stack.restarts()
    os.kill(stack.row("redis")["pid"], signal.SIGKILL)
    stack.wait_told(told(["redis"], None, "backoff", "killed by SIGKILL") | told(PAGES | {"worker"}, "redis"))
    stack.wait_true({"redis", "worker", *PAGES})
    stack.wait_healed()
    assert stack.restarts() - before == {"redis": 1}
    assert stack.stoker.history("redis")[1]["end_cause"] == "killed by SIGKILL"


def test_a_server_that_refuses_its_configuration_says_so_when_it_is_restarted(stack):
    before = stack.restarts()
    with stack.changed("nginx", "nginx.conf", "nonsense on;\n"):
        result = stack.stoker.command("restart", "nginx")
        assert result.returncode == 1 and "exited with code 1" in result.stderr and "unknown directive" in result.stderr
        stack.wait_true({"nginx", "haproxy"})
        stack.stoker.wait_status("nginx", "failed")
        stack.wait_told(told(["nginx"], None, "exited with code 1", "unknown directive") | told(["haproxy"], "nginx", "failed"))
    assert stack.stoker.command("start", "nginx").returncode == 0
    stack.wait_healed()
    assert stack.restarts() - before == {"nginx": 1 + 3}


def test_an_application_that_cannot_be_imported_is_the_cause_before_its_proxies(stack):
    before = stack.restarts()
    with stack.changed("web", "shop.py", "raise RuntimeError('no licence')\n"):
        answer = stack.stoker.post("/restart/web?wait=healthy")
        assert (answer.status, answer.json["error"]) == (409, "start_failed")
        assert "exited with code 3" in answer.json["message"] and "Worker failed to boot" in answer.json["message"]
        stack.wait_true(PAGES)
        stack.stoker.wait_status("web", "failed")
        stack.wait_told(told(["web"], None, "exited with code 3", "Worker failed to boot") | told(["nginx", "haproxy"], "web", "failed"))
    assert stack.stoker.post("/start/web?wait=healthy").status == 200
    stack.wait_healed()
    assert stack.restarts() - before == {"web": 1 + 3}


def test_a_port_that_another_program_has_taken(stack):
    assert stack.stoker.command("stop", "haproxy").returncode == 0
    with taken(stack.ports["haproxy"]):
        result = stack.stoker.command("start", "--wait", "healthy", "haproxy")
        assert result.returncode == 1 and "Some protocols failed to start their listeners" in result.stderr
        stack.wait_true({"haproxy"})
        stack.stoker.wait_status("haproxy", "failed")
        stack.wait_told(told(["haproxy"], None, "exited with code 1", "Some protocols failed to start their listeners"))
    assert stack.stoker.command("start", "haproxy").returncode == 0
    stack.wait_healed()


def test_a_cache_that_somebody_stopped_has_not_failed(stack):
    before = stack.restarts()
    refused = stack.stoker.command("stop", "memcached")
    assert refused.returncode == 1 and "required by 'web'" in refused.stderr
    assert stack.stoker.command("stop", "--force", "memcached").returncode == 0
    stack.wait_true({"memcached"})
    stack.wait_told(told(["memcached"], None, "stopped") | told(["web"], "memcached", "stopped", "healthy"))
    why = stack.stoker.command("why", "memcached").stdout
    assert "exited with code" not in why.splitlines()[0] and "command line" in why
    assert "command line" in json.dumps(stack.stoker.history("memcached")[0])
    assert not any(stack.row(name)["note"] for name in ("nginx", "haproxy", "worker", "report"))
    answer = stack.stoker.post("/restart/web")
    assert (answer.status, answer.json["error"]) == (409, "dependency_not_ready")
    assert stack.stoker.command("start", "memcached").returncode == 0
    stack.wait_healed()
    assert stack.restarts() == before


def test_a_migration_that_fails_holds_up_what_starts_after_it_and_stops_nothing(stack):
    before = stack.restarts()
    with stack.changed("migrate", "migrate.sql", "drop table missing;\n"):
        result = stack.stoker.command("start", "--wait", "completed", "migrate")
        assert result.returncode == 1 and "exited with code 3" in result.stderr and "does not exist" in result.stderr
        os.kill(stack.row("worker")["pid"], signal.SIGKILL)
        stack.stoker.wait_status("worker", "waiting")
        stack.wait_true({"migrate", "worker"})
        stack.wait_told(
            told(["migrate"], None, "exited with code 3", "does not exist")
            | told(["worker"], "migrate", "failed", "waiting")
            | told(["web", "report"], "migrate", "failed", "healthy")
        )
        assert not any(stack.row(name)["note"] for name in ("nginx", "haproxy", "postgres"))
    assert stack.stoker.command("start", "--wait", "completed", "migrate").returncode == 0
    stack.wait_healed()
    assert stack.restarts() - before == {"migrate": 3, "worker": 1}


def test_an_application_that_answers_500_is_degraded_with_the_reason_and_then_restarted(stack):
    before = stack.restarts()
    with stack.changed("web", "faulty", ""):
        with stack.patience(*PAGES):
            stack.wait_true(PAGES)
            stack.wait_told(told(["web"], None, "degraded", "status 500") | told(["nginx", "haproxy"], "web", "degraded", "status 500"))
            assert stack.restarts() == before
        stack.stoker.wait_health("web", "unhealthy")
        history = stack.wait_restarted("web", before["web"] + 1)
    stack.wait_healed()
    assert (history[-1]["reason"], history[-1]["last_error"]) == ("unhealthy", "unhealthy: status 500, expected 200-299")


def test_a_worker_that_hangs_is_degraded_with_the_reason_and_then_replaced(stack):
    before = stack.restarts()
    hung = stack.row("worker")["pid"]
    with stack.patience("worker"):
        os.kill(hung, signal.SIGSTOP)
        stack.wait_true({"worker"})
        stack.wait_told(told(["worker"], None, "degraded", "no fresh heartbeat"))
    history = stack.wait_restarted("worker", before["worker"] + 1)
    stack.wait_healed()
    assert stack.row("worker")["pid"] != hung
    assert (history[-1]["reason"], history[-1]["last_error"]) == ("unhealthy", "unhealthy: no fresh heartbeat")
    assert stack.restarts() - before == {"worker": 1}


def test_a_program_that_may_not_be_executed_keeps_its_attempts_for_a_while(stack):
    before = stack.restarts()
    script = stack.directory / "report" / "report.sh"
    script.chmod(0o644)
    try:
        result = stack.stoker.command("restart", "report")
        assert result.returncode == 1 and "executing './report.sh': Permission denied (EACCES)" in result.stderr
        stack.wait_true({"report"})
        stack.wait_told(told(["report"], None, "executing './report.sh': Permission denied (EACCES)"))
        assert stack.row("report")["status"] == "backoff" and stack.row("report")["restart_attempts"] < 3
        assert (stack.restarts() - before).keys() == {"report"}
    finally:
        script.chmod(0o755)
    assert stack.stoker.command("start", "report").returncode == 0
    stack.wait_healed()
