"""The real stack under a real Prometheus and a real Alertmanager, broken in more than ten ways: one cause calls once, by the alert that fits;
what follows from it fires too and is kept back; what heals by itself, or was meant, calls nobody.

BREAKAGES=all breaks it in all of these ways (`make alerts`). What was told and what was kept back is printed."""

import contextlib
import os
import signal
import time

import pytest

from harness import STOKER, wait_for
from real_stack import RealStack
from test_alerting import Webhook, ask, leave_out, observe
from test_real_stack import PAGES, taken

FACTOR = 40  # a minute is 1.5 s; the half second between two checks of the stack is 20 s

pytestmark = [pytest.mark.paced, pytest.mark.xdist_group("alerts of the real stack")]


class Scene:
    """The stack, and all that is said of it."""

    def __init__(self, directory):
        self.stack, self.webhook, self.directory, self.monitoring = RealStack(), Webhook(), directory, None

    def start(self):
        self.stack.start()
        self.monitoring = observe().Monitoring(self.directory, STOKER, self.stack.stoker.file, FACTOR, self.webhook)
        # Divided, a window of an hour has too few scrapes for shares of a thousandth: error budgets have tests at true times.
        leave_out(self.directory, "StokerLoopLag", "StokerErrorBudgetBurningFast", "StokerErrorBudgetBurningSlowly")
        self.monitoring.start()
        wait_for("a scrape", lambda: ask(self.monitoring, "stoker_service_up"), deadline=60)
        self.wait_quiet()

    def finish(self):
        if self.monitoring:
            self.monitoring.stop()
        self.stack.finish()

    def fired(self, since):
        """All alerts that have fired since then; those that are information call nobody anyway."""
        window = f"{int((time.time() - since) * 1000)}ms"
        series = ask(self.monitoring, f'max_over_time(ALERTS{{alertstate="firing", severity!="info"}}[{window}])')
        return {(labels["alertname"], labels.get("name")) for labels in series}

    def wait_quiet(self):
        """Waits until Prometheus has no alert, also none that is only pending, and Alertmanager has told the end of all."""
        wait_for("Prometheus to have nothing left", lambda: not self.monitoring.alerts(), deadline=60)
        wait_for("all ends to be told", lambda: self.webhook.resolved >= set(self.webhook.fired), deadline=60)


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    scene = Scene(tmp_path_factory.mktemp("monitoring"))
    try:
        scene.start()
        yield scene
    finally:
        scene.finish()


# -- the ways to break it: what to do, and what makes it well again ------------------------------------------------------


def kill(stack, name, with_signal=signal.SIGKILL):
    os.kill(stack.row(name)["pid"], with_signal)


def replaced(stack, name, with_signal):
    before = stack.restarts()[name]
    kill(stack, name, with_signal)
    stack.wait_restarted(name, before + 1)


@contextlib.contextmanager
def otherwise(stack, name, key, value):
    """Another value of a key of a service, for a while."""
    services = stack.services()
    services[name][key] = value
    stack.stoker.reload(services, defaults=stack.defaults())
    yield
    stack.stoker.reload(stack.services(), defaults=stack.defaults())


@contextlib.contextmanager
def database_refuses_its_configuration(stack):
    with stack.changed("postgres", "data/postgresql.conf", "nonsense = on\n"):
        kill(stack, "postgres")
        yield
    stack.stoker.command("start", "postgres")


@contextlib.contextmanager
def database_hangs(stack):
    # One failed check of it takes longer than two of those that need it; with equal settings it is judged first.
    with otherwise(stack, "postgres", "health", {**stack.services()["postgres"]["health"], "failure_threshold": 1}):
        replaced(stack, "postgres", signal.SIGSTOP)
        yield


@contextlib.contextmanager
def queue_is_away_for_minutes(stack):
    kill(stack, "redis")
    yield


@contextlib.contextmanager
def cache_is_killed_and_back_at_once(stack):
    replaced(stack, "memcached", signal.SIGKILL)
    yield


@contextlib.contextmanager
def proxy_refuses_its_configuration(stack):
    with stack.changed("nginx", "nginx.conf", "nonsense on;\n"):
        stack.stoker.command("restart", "nginx")
        yield
    stack.stoker.command("start", "nginx")


@contextlib.contextmanager
def application_cannot_be_imported(stack):
    # Each attempt takes a second, 40 s at this pace: a longer row of them is unhealthy for two minutes before it is given up.
    with otherwise(stack, "web", "restart", {"max_attempts": 1}), stack.changed("web", "shop.py", "raise RuntimeError('no licence')\n"):
        stack.stoker.post("/restart/web?wait=healthy")
        yield
    stack.stoker.command("start", "web")


@contextlib.contextmanager
def application_answers_500(stack):
    # At this pace it would be given up before anybody is called.
    with otherwise(stack, "web", "restart", {"max_attempts": 100}), stack.changed("web", "faulty", ""):
        yield


@contextlib.contextmanager
def balancer_finds_its_port_taken(stack):
    stack.stoker.command("stop", "haproxy")
    with taken(stack.ports["haproxy"]):
        stack.stoker.command("start", "haproxy")
        yield
    stack.stoker.command("start", "haproxy")


@contextlib.contextmanager
def cache_is_stopped_by_a_person(stack):
    stack.stoker.command("stop", "--force", "memcached")
    yield
    stack.stoker.command("start", "memcached")


@contextlib.contextmanager
def migration_fails_and_the_worker_has_to_wait_for_it(stack):
    with stack.changed("migrate", "migrate.sql", "drop table missing;\n"):
        stack.stoker.command("start", "--wait", "completed", "migrate")
        kill(stack, "worker")
        yield
    stack.stoker.command("start", "--wait", "completed", "migrate")


@contextlib.contextmanager
def worker_hangs(stack):
    replaced(stack, "worker", signal.SIGSTOP)
    yield


@contextlib.contextmanager
def report_may_not_be_executed(stack):
    script = stack.directory / "report" / "report.sh"
    script.chmod(0o644)
    try:
        stack.stoker.command("restart", "report")
        yield
    finally:
        script.chmod(0o755)
    stack.stoker.command("start", "report")


def page(alert, name):
    return {("pages", alert, name)}


def unhealthy(*names):
    return {("StokerServiceUnhealthy", name) for name in names}


# For each: who is called, once, and by which alert; and some of what fires besides and has to be kept back.
BREAKAGES = {
    database_refuses_its_configuration: (page("StokerServiceFailed", "postgres"), unhealthy("web", "nginx", "haproxy", "worker", "report")),
    database_hangs: (set(), set()),  # it is replaced before it has been unhealthy for two minutes
    queue_is_away_for_minutes: (page("StokerCriticalServiceDown", "redis"), set()),
    cache_is_killed_and_back_at_once: (set(), set()),
    proxy_refuses_its_configuration: (page("StokerServiceFailed", "nginx"), unhealthy("haproxy")),
    application_cannot_be_imported: (page("StokerServiceFailed", "web"), unhealthy("nginx", "haproxy")),
    application_answers_500: (page("StokerServiceUnhealthy", "web"), set()),
    balancer_finds_its_port_taken: (page("StokerServiceFailed", "haproxy"), {("StokerNodeNotReady", None)}),
    cache_is_stopped_by_a_person: ({("tickets", "StokerNodeNotReady", None)}, set()),
    migration_fails_and_the_worker_has_to_wait_for_it: (page("StokerServiceFailed", "migrate"), {("StokerCriticalServiceDown", "worker")}),
    worker_hangs: (set(), set()),
    report_may_not_be_executed: (page("StokerCriticalServiceDown", "report"), set()),
}
FEW = [database_refuses_its_configuration, cache_is_killed_and_back_at_once, worker_hangs]


@pytest.mark.parametrize("breakage", BREAKAGES if os.environ.get("BREAKAGES") == "all" else FEW, ids=lambda breakage: breakage.__name__)
def test_one_cause_is_told_once(breakage, request, started):
    request.node.stokers = [started.stack.stoker]
    started.stack.mend()
    started.wait_quiet()
    started.webhook.forget()
    told, kept = BREAKAGES[breakage]
    since = time.time()
    with breakage(started.stack):
        wait_for("the call", lambda: set(started.webhook.fired) >= told, deadline=60)
        wait_for("what is kept back", lambda: started.fired(since) >= kept, deadline=60)
    started.stack.wait_healed()
    # What was over in less than two minutes, 3 s at this pace, has had them.
    wait_for("later scrapes", lambda: ask(started.monitoring, f'timestamp(up{{job="stoker"}}) > {since + 5}'), deadline=60)
    started.wait_quiet()
    fired = started.fired(since)
    silent = fired - {(alert, name) for _, alert, name in started.webhook.fired}
    print(f"\n{breakage.__name__}: told {sorted(map(str, started.webhook.fired))}, kept back {sorted(map(str, silent))}, {time.time() - since:.0f} s")
    assert started.webhook.fired == dict.fromkeys(told, 1)
