"""Files of other tools with real programs in them, imported and run: what they serve is asked for past Stoker."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import pytest

from harness import free_port, http_request, wait_for
from real_stack import PATH, PYTHON

NGINX = """
worker_processes 1;
error_log {folder}/error.log;
pid {folder}/nginx.pid;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "nginx"; }} }}
}}
"""
APP = "def app(environ, start_response):\n    start_response('200 OK', [('Content-Type', 'text/plain')])\n    return [b'gunicorn']\n"
WORKER = "import time\nopen('worked', 'w').close()\nwhile True: time.sleep(1)\n"
UNITS = pathlib.Path("/lib/systemd/system")


@pytest.fixture
def place():
    """A folder that nginx can use whatever user it runs as."""
    with tempfile.TemporaryDirectory(prefix="stoker-import-") as folder:
        os.chmod(folder, 0o755)
        yield pathlib.Path(folder)


@pytest.fixture
def import_and_start(make_stoker, place):
    """Imports files, checks what was written, and starts it; in the end everything is stopped as people do, since servers clear the
    environment by which tests find what is left."""
    started = []

    def start(*files):
        stoker = make_stoker()
        done = stoker.command("import", *(str(place / file) for file in files), "-o", "stoker.yaml", "--force")
        assert done.returncode in (0, 12), done
        own = f'  listen: ["127.0.0.1:{stoker.port}"]\n  state_dir: "{stoker.state}"\n  control: loopback\n'
        text = stoker.file.read_text()
        text = text.replace("stoker:\n", f"stoker:\n{own}", 1) if "\nstoker:\n" in text else f"{text}stoker:\n{own}"
        stoker.file.write_text(text)
        assert stoker.command("check").returncode == 0, text
        started.append(stoker)
        return stoker.start(ready=False, environment={"PATH": PATH})

    yield start
    for stoker in started:
        assert stoker.stop() in (0, 10)


def serves(port, text):
    wait_for(text, lambda: http_request(port, "GET", "/").text == text)


def pings(port):
    wait_for("redis", lambda: subprocess.run(["redis-cli", "-p", str(port), "ping"], capture_output=True, text=True).stdout == "PONG\n")


def running(stoker, *names):
    wait_for("an answer", lambda: sorted(stoker.services()) == sorted(names))
    for name in names:
        assert stoker.wait_status(name, "running")["restart_count"] == 0


def test_a_procfile_with_gunicorn_and_a_worker(import_and_start, place):
    port = free_port()
    (place / "shop.py").write_text(APP)
    (place / "worker.py").write_text(WORKER)
    (place / ".env").write_text(f"# of the shop\nBIND=127.0.0.1:{port}\n")
    (place / "Procfile").write_text(f"web: exec gunicorn shop:app --bind $BIND\nworker: exec {PYTHON} worker.py\n")
    stoker = import_and_start("Procfile")
    serves(port, "gunicorn")
    wait_for("the worker", (place / "worked").exists)
    running(stoker, "web", "worker")


def test_a_supervisord_conf_of_a_container(import_and_start, place):
    web, queue = free_port(), free_port()
    (place / "nginx.conf").write_text(NGINX.format(folder=place, port=web))
    (place / "supervisord.conf").write_text(
        f"[supervisord]\nnodaemon=true\nuser=root\n\n[program:nginx]\ncommand=nginx -c %(here)s/nginx.conf -g 'daemon off;'\nautorestart=true\n"
        f"stdout_logfile=/dev/stdout\nstdout_logfile_maxbytes=0\n\n[program:redis]\ncommand=redis-server --port {queue} --save ''\n"
        "stdout_logfile=/dev/stdout\nredirect_stderr=true\nstopwaitsecs=30\n"
    )
    stoker = import_and_start("supervisord.conf")
    serves(web, "nginx")
    pings(queue)
    running(stoker, "nginx", "redis")


@pytest.mark.skipif(not (UNITS / "nginx.service").exists() or not (UNITS / "redis-server.service").exists(), reason="Debian's units are not here")
def test_the_units_of_debians_nginx_and_redis(import_and_start, place):
    """As they are, but for their ports and files, and for the user and the limit of redis, which need rights that a machine may not have."""
    web, queue = free_port(), free_port()
    (place / "nginx.conf").write_text(NGINX.format(folder=place, port=web))
    (place / "redis.conf").write_text(f"port {queue}\ndir {place}\nsave ''\n")
    units = place / "units"
    units.mkdir()
    nginx = (UNITS / "nginx.service").read_text().replace("/run/nginx.pid", f"{place}/nginx.pid")
    (units / "nginx.service").write_text(nginx.replace("/usr/sbin/nginx ", f"/usr/sbin/nginx -c {place}/nginx.conf "))
    redis = (UNITS / "redis-server.service").read_text().replace("/etc/redis/redis.conf", f"{place}/redis.conf")
    (units / "redis-server.service").write_text(re.sub(r"(?m)^(User|Group|LimitNOFILE)=.*\n", "", redis))
    stoker = import_and_start("units")
    serves(web, "nginx")
    pings(queue)
    running(stoker, "nginx", "redis-server")
    assert stoker.service("nginx")["pid"] == int((place / "nginx.pid").read_text())
    reloaded = stoker.command("reload", "nginx")
    assert reloaded.returncode == 0, reloaded
    serves(web, "nginx")
    assert stoker.post("/stop/nginx").status == 200 and stoker.metric("stoker_service_stop_kills_total", name="nginx") == 0


def test_a_file_of_process_compose(import_and_start, place):
    port = free_port()
    (place / "process-compose.yaml").write_text(
        f"""
version: "0.5"
environment: ["QUEUE={port}"]
processes:
  redis:
    command: exec redis-server --port $QUEUE --save ''
    readiness_probe: {{exec: {{command: "redis-cli -p $QUEUE ping | grep -q PONG"}}, period_seconds: 1}}
    availability: {{restart: always, backoff_seconds: 1}}
    shutdown: {{signal: 15, timeout_seconds: 20}}
  seed:
    command: redis-cli -p $QUEUE set seeded yes
    depends_on: {{redis: {{condition: process_healthy}}}}
"""
    )
    stoker = import_and_start("process-compose.yaml")
    pings(port)
    stoker.wait_status("seed", "completed")
    assert subprocess.run(["redis-cli", "-p", str(port), "get", "seeded"], capture_output=True, text=True).stdout == "yes\n"
    assert stoker.wait_health("redis", "healthy")


def test_a_compose_file_whose_services_have_commands(import_and_start, place):
    queue, web = free_port(), free_port()
    (place / "shop.py").write_text(APP)
    (place / ".env").write_text(f"QUEUE={queue}\nWEB={web}\n")
    (place / "compose.yaml").write_text(
        f"""
services:
  redis:
    image: redis:7
    command: redis-server --port $QUEUE --save ''
    healthcheck: {{test: ["CMD", "redis-cli", "-p", "$QUEUE", "ping"], interval: 1s, retries: 5}}
    restart: unless-stopped
  web:
    build: .
    working_dir: {place}
    command: ["gunicorn", "shop:app", "--bind", "127.0.0.1:${{WEB}}"]
    environment: {{REDIS_URL: "redis://127.0.0.1:$QUEUE"}}
    depends_on: {{redis: {{condition: service_healthy}}}}
    ports: ["80:80"]
"""
    )
    stoker = import_and_start("compose.yaml")
    pings(queue)
    serves(web, "gunicorn")
    running(stoker, "redis", "web")


@pytest.mark.skipif(not shutil.which("node"), reason="needs node")
def test_an_ecosystem_file_of_pm2(import_and_start, place):
    port = free_port()
    (place / "server.js").write_text("require('http').createServer((_, answer) => answer.end('node')).listen(process.argv[2], '127.0.0.1')\n")
    app = {"name": "api", "script": "server.js", "args": [str(port)], "cwd": str(place), "env": {"NODE_ENV": "production"}, "max_restarts": 5, "watch": False}
    (place / "ecosystem.json").write_text(json.dumps({"apps": [app, {"name": "ticker", "script": sys.executable, "args": "-c 'import time; time.sleep(1000)'", "interpreter": "none"}]}))
    stoker = import_and_start("ecosystem.json")
    serves(port, "node")
    running(stoker, "api", "ticker")
