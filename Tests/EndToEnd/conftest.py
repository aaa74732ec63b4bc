"""Fixtures: Stokers that are stopped and swept up after each test, with what they said on failure."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import pytest

import harness
from harness import BINARIES, EXAMPLE, FOG, STOKER, HealthServer, Scraper, Stoker, free_port


def pytest_sessionstart(session):
    for program in (STOKER, BINARIES / "fog-service"):
        if not program.exists():
            pytest.exit(f"{program} is missing: run 'make test', or 'swift build' and set STOKER_BINARIES to its folder", returncode=2)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for stoker in getattr(item, "stokers", []):
            report.sections.append((f"stoker in {stoker.directory.name}", stoker.said()))


@pytest.fixture
def make_stoker(request, tmp_path):
    """Makes Stokers (not started yet), in a folder of the test or in another one: `make_stoker(services={…})`."""
    stokers = request.node.stokers = []

    def make(name="node", **arguments):
        stoker = Stoker(tmp_path / name, **arguments)
        stokers.append(stoker)
        return stoker

    yield make
    for stoker in stokers:
        stoker.finish()


@pytest.fixture
def open_directory():
    """A folder that everybody can enter, unlike those of pytest."""
    directory = pathlib.Path(tempfile.mkdtemp(prefix="stoker-"))
    directory.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


@pytest.fixture
def make_unprivileged(request):
    """Makes Stokers that are not root's: where we are, as a user whom nobody else has, in a folder of that user's own."""
    stokers = request.node.stokers = []
    user = 40_000 + os.getpid() % 20_000

    def make(name="node", **arguments):
        directory = pathlib.Path(tempfile.mkdtemp(prefix="stoker-"))
        directory.chmod(0o755)
        stoker = Stoker(directory / name, **arguments)
        stokers.append(stoker)
        if os.geteuid() == 0:
            stoker.popen = {"user": user, "group": user, "extra_groups": []}
            os.chown(stoker.directory, user, user)
            try:
                stoker.command("version")
            except PermissionError:
                pytest.skip(f"a user other than root cannot reach {STOKER}")
        return stoker

    yield make
    for stoker in stokers:
        stoker.finish()
        shutil.rmtree(stoker.directory.parent)


@pytest.fixture
def health_server():
    """Makes health endpoints that answer what the test says."""
    servers = []

    def make(status=200):
        servers.append(HealthServer(status))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def fog_file(state, port, interval="30s"):
    """The example's text with ports of our own, a state directory of its own, and other checks where asked; and the ports by service."""
    text = EXAMPLE.read_text()
    ports = {name: free_port() for name in FOG}
    # In one pass: a port of ours may look like one of the example's.
    own = {str(7001 + number): str(ports[name]) for number, name in enumerate(FOG)}
    text = re.sub(r"\b70\d\d\b", lambda found: own.get(found[0], found[0]), text)
    text = text.replace("127.0.0.1:10101", f"127.0.0.1:{port}")
    text = text.replace("interval: 30s", f"interval: {interval}")
    text = text.replace("  name: fog-demo\n", f"  name: fog-demo\n  state_dir: {json.dumps(str(state))}\n")
    return text, ports


@pytest.fixture
def fog(make_stoker):
    """The FOG example, running; `stoker.ports` has the services' ports."""

    def make(interval="30s", **start):
        stoker = make_stoker("fog")
        text, stoker.ports = fog_file(stoker.state, stoker.port, interval)
        stoker.file.write_text(text)
        stoker.start(**start)
        harness.wait_for("ten running services", lambda: stoker.get("/metrics").json["metrics"]["running_services"] == len(FOG))
        return stoker

    return make


@pytest.fixture
def start_scraper(tmp_path):
    """Starts a program that scrapes a port every second, and whatever else its jobs say."""
    programs = []

    def start(name, target, jobs, arguments, ready):
        port = free_port()
        directory = tmp_path / name
        directory.mkdir()
        job = {"job_name": "stoker", "static_configs": [{"targets": [f"127.0.0.1:{target}"]}]}
        config = {"global": {"scrape_interval": "1s"}, "scrape_configs": [job, *jobs]}
        (directory / "config.yml").write_text(json.dumps(config))
        program = shutil.which(name)
        assert program, f"{name} is missing: run 'make test', which installs it"
        with open(directory / "out", "wb") as out:
            command = [program, *arguments(directory, f"127.0.0.1:{port}")]
            programs.append(subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL))
        harness.wait_for(f"{name} to be ready", lambda: harness.http_request(port, "GET", ready).status == 200)
        return Scraper(port, directory / "out")

    yield start
    for program in programs:
        program.terminate()
        program.wait(harness.DEADLINE)


@pytest.fixture
def prometheus(start_scraper):
    """A real Prometheus: `prometheus(port, flag, …)`; it is called with PromQL."""

    def start(target, *flags, jobs=()):
        def arguments(directory, address):
            files = [f"--config.file={directory}/config.yml", f"--storage.tsdb.path={directory}/data"]
            return [*files, f"--web.listen-address={address}", *flags]

        return start_scraper("prometheus", target, jobs, arguments, "/-/ready")

    return start


@pytest.fixture
def victoria_metrics(start_scraper):
    """The same with VictoriaMetrics, once it has scraped: a series that it is asked for too early it takes for absent for ten seconds."""

    def start(target, jobs=()):
        def arguments(directory, address):
            files = [f"-promscrape.config={directory}/config.yml", f"-storageDataPath={directory}/data"]
            return [*files, f"-httpListenAddr={address}", "-search.latencyOffset=0s"]

        scraper = start_scraper("victoria-metrics", target, jobs, arguments, "/health")
        harness.wait_for("a scrape", lambda: any(target["health"] == "up" for target in scraper.targets()))
        assert harness.http_request(scraper.port, "GET", "/internal/force_flush").status == 200
        return scraper

    return start
