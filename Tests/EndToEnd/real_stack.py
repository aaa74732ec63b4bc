"""A stack as people run one, from Debian's packages and in one service file: HAProxy, nginx, gunicorn, a queue worker, a periodic job, a
migration, PostgreSQL, Redis and memcached. Every part can be asked, past Stoker, whether it does its work."""

import collections
import contextlib
import http.client
import json
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import uuid

from harness import DEADLINE, Stoker, free_port, http_request, wait_for

PATH = f"{os.environ['PATH']}:/usr/sbin"  # Debian's servers are there, which is in the PATH of root alone
PYTHON = "/usr/bin/python3"  # Debian's own, which has the clients of PostgreSQL and Redis

# Each as the user whom its package has made, where we may choose.
USERS = {
    "postgres": "postgres", "redis": "redis", "memcached": "memcache", "migrate": "postgres", "web": "www-data", "worker": "www-data",
    "report": "www-data", "nginx": "www-data", "haproxy": "haproxy",
}  # fmt: skip

# What gunicorn serves: it is well when it can read its database and reach its queue. Its cache it can do without.
SHOP = """
import contextlib, os, psycopg2, redis

def count():
    place = {"host": "127.0.0.1", "port": os.environ["SHOP_POSTGRES"], "user": "postgres", "connect_timeout": 2}
    with contextlib.closing(psycopg2.connect(**place)) as database, database.cursor() as cursor:
        cursor.execute("select count(*) from done")
        return cursor.fetchone()[0]

def application(environ, start_response):
    if os.path.exists("faulty"):
        raise RuntimeError("this release has a fault")
    try:
        redis.Redis(port=int(os.environ["SHOP_REDIS"]), socket_timeout=2).ping()
        status, body = "200 OK", f"{count()} done\\n"
    except (psycopg2.Error, redis.RedisError) as error:
        status, body = "503 Service Unavailable", f"{error}\\n"
    start_response(status, [("Content-Type", "text/plain"), ("Content-Length", str(len(body.encode())))])
    return [body.encode()]
"""

# Writes each job of the queue into the database, and beats after each turn.
WORKER = """
import contextlib, http.client, json, os, psycopg2, redis, time

queue = redis.Redis(port=int(os.environ["SHOP_REDIS"]), socket_timeout=3)
place = {"host": "127.0.0.1", "port": os.environ["SHOP_POSTGRES"], "user": "postgres", "connect_timeout": 2}

def turn():
    job = queue.brpop("jobs", timeout=1)
    with contextlib.closing(psycopg2.connect(**place)) as database, database, database.cursor() as cursor:
        cursor.execute("select 1") if job is None else cursor.execute("insert into done values (%s)", [job[1].decode()])

def beat(**body):
    connection = http.client.HTTPConnection("127.0.0.1", int(os.environ["SHOP_STOKER"]), timeout=2)
    with contextlib.closing(connection):
        connection.request("POST", "/api/orchestration/registry/worker/heartbeat", json.dumps(body), {"Content-Type": "application/json"})
        connection.getresponse().read()

while True:
    try:
        turn()
        beat(status="healthy")
    except (psycopg2.Error, redis.RedisError) as error:
        beat(status="unhealthy", details={"error": str(error)})
        time.sleep(0.2)
"""

# The periodic job: counts now and then, and leaves its last report where somebody reads it.
REPORT = """#!/bin/sh
while :; do
  psql -XAtq -h 127.0.0.1 -p "$SHOP_POSTGRES" -U postgres -c 'select count(*) from done' >report.new && mv report.new report.txt
  sleep 0.5
done
"""

MIGRATION = "create table if not exists done (job text primary key);\n"

NGINX = """
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events {{}}
http {{
  access_log off;
  client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
  server {{
    listen 127.0.0.1:{nginx};
    location / {{ proxy_pass http://127.0.0.1:{web}; }}
  }}
}}
"""

HAPROXY = """
global
  maxconn 100
defaults
  mode http
  retries 0
  timeout connect 2s
  timeout client 5s
  timeout server 5s
frontend front
  bind 127.0.0.1:{haproxy}
  default_backend pages
backend pages
  server nginx 127.0.0.1:{nginx}
"""


def program(name):
    """The path of a program of the stack; those of PostgreSQL are in a folder of their version."""
    versions = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin"), key=lambda folder: int(folder.parent.name))
    found = shutil.which(name, path=":".join([*(str(folder) for folder in versions[-1:]), PATH]))
    assert found, f"{name} is missing: run 'make test', which installs it"
    return found


class RealStack:
    """The stack in a directory of its own, on ports of its own."""

    def __init__(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="stoker-stack-"))
        self.directory.chmod(0o755)
        self.ports = {name: free_port() for name in ("postgres", "redis", "memcached", "web", "nginx", "haproxy")}
        self.stoker = Stoker(self.directory / "stoker")
        for name in USERS:
            self.write(name)
        self.write("web", "shop.py", SHOP)
        self.write("worker", "worker.py", WORKER)
        self.write("report", "report.sh", REPORT).chmod(0o755)
        self.write("migrate", "migrate.sql", MIGRATION)
        self.write("nginx", "nginx.conf", NGINX.format(**self.ports))
        self.write("haproxy", "haproxy.cfg", HAPROXY.format(**self.ports))
        self.stoker.write(self.services(), self.defaults())

    def start(self):
        data = self.directory / "postgres" / "data"
        command = [program("initdb"), "--no-sync", "--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "-D", str(data)]
        subprocess.run(command, check=True, capture_output=True, timeout=DEADLINE, cwd="/", **self.identity("postgres"))
        self.stoker.start()
        self.wait_healed()

    def finish(self):
        """Stoker has to stop what runs: Redis and nginx write over their environment, by which a test finds what is left."""
        try:
            if self.stoker.process and self.stoker.process.poll() is None:
                self.stoker.stop()
        finally:
            self.stoker.finish()
            shutil.rmtree(self.directory)

    # The service file.

    def defaults(self):
        return {
            "environment": {"PATH": f"{pathlib.Path(program('initdb')).parent}:{PATH}"}
            | {f"SHOP_{name.upper()}": str(port) for name, port in [*self.ports.items(), ("stoker", self.stoker.port)]},
            "health": {"interval": "500ms", "start_interval": "200ms", "failure_threshold": 5, "recovery_threshold": 1},
            "restart": {"backoff": {"base": "200ms", "factor": 1}, "reset_after": "1s"},
            "stop": {"timeout": "5s"},
        }

    def services(self):
        port = self.ports
        page = {name: {"http": {"url": f"http://127.0.0.1:{port[name]}/"}} for name in ("web", "nginx", "haproxy")}
        version = {"tcp": {"address": f"127.0.0.1:{port['memcached']}", "send": "version\r\n", "expect": "VERSION"}}
        ping = {"tcp": {"address": f"127.0.0.1:{port['redis']}", "send": "PING\r\n", "expect": "PONG"}}
        here = ["-h", "127.0.0.1", "-p", str(port["postgres"])]
        places = {name: {"directory": str(self.directory / name)} for name in USERS}
        if os.geteuid() == 0:
            places = {name: {**place, "user": USERS[name]} for name, place in places.items()}
        return {
            "postgres": {
                **places["postgres"],
                "command": [program("postgres"), "-D", "data", *here, "-k", "", "-c", "fsync=off", "-c", "dynamic_shared_memory_type=mmap"],
                "health": {"exec": {"command": [program("pg_isready"), "-q", "-t", "1", *here]}, "failure_threshold": 3},
                "stop": {"signal": "INT"},
            },
            "redis": {
                **places["redis"],
                "command": [program("redis-server"), "--bind", "127.0.0.1", "--port", str(port["redis"]), "--save", ""],
                "health": ping,
                "restart": {"backoff": {"base": "6s"}},
            },
            "memcached": {
                **places["memcached"],
                "command": [program("memcached"), "-l", "127.0.0.1", "-p", str(port["memcached"]), "-m", "16"],
                "health": version,
            },
            "migrate": {
                **places["migrate"],
                "kind": "oneshot",
                "command": [program("psql"), "-Xq", "-v", "ON_ERROR_STOP=1", *here, "-U", "postgres", "-f", "migrate.sql"],
                "depends_on": ["postgres"],
            },
            "web": {
                **places["web"],
                "command": [PYTHON, program("gunicorn"), "--bind", f"127.0.0.1:{port['web']}", "--workers", "1", "shop"],
                "depends_on": ["migrate", "redis", "memcached"],
                "health": page["web"],
            },
            "worker": {
                **places["worker"],
                "command": [PYTHON, "worker.py"],
                "depends_on": ["migrate", "redis"],
                "heartbeat": {"interval": "1s", "timeout": "3s"},
                "health": {"heartbeat": {}},
            },
            "report": {
                **places["report"],
                "command": ["./report.sh"],
                "depends_on": ["migrate"],
                "health": {"file": {"path": str(self.directory / "report" / "report.txt"), "max_age": "3s"}},
            },
            "nginx": {
                **places["nginx"],
                "command": [program("nginx"), "-p", str(self.directory / "nginx"), "-e", "stderr", "-c", "nginx.conf"],
                "depends_on": ["web"],
                "health": page["nginx"],
                "stop": {"signal": "QUIT"},
            },
            "haproxy": {
                **places["haproxy"],
                "command": [program("haproxy"), "-db", "-f", "haproxy.cfg"],
                "depends_on": ["nginx"],
                "health": page["haproxy"],
            },
        }

    # Its files.

    def identity(self, name):
        """How Popen is told to run something as the user of a service."""
        if os.geteuid() != 0:
            return {}
        user = pwd.getpwnam(USERS[name])
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def write(self, name, file="", text=None):
        """Writes a file of a service, or makes its folder; returns the path."""
        path = self.directory / name / file
        if text is None:
            path.mkdir()
        else:
            path.write_text(text)
        if os.geteuid() == 0:
            os.chown(path, self.identity(name)["user"], self.identity(name)["group"])
        return path

    @contextlib.contextmanager
    def changed(self, name, file, text):
        """Another text in the place of one of its files (or a file more), for a while."""
        path = self.directory / name / file
        before = path.read_text() if path.exists() else None
        self.write(name, file, text)
        try:
            yield path
        finally:
            path.unlink() if before is None else path.write_text(before)

    @contextlib.contextmanager
    def patience(self, *names):
        """Services that stay degraded, for a while, however often their checks fail."""
        services = self.services()
        for name in names:
            services[name]["health"]["failure_threshold"] = 1_000_000
        self.stoker.reload(services, defaults=self.defaults())
        try:
            yield
        finally:
            self.stoker.reload(self.services(), defaults=self.defaults())

    # The truth: each part is asked as its clients ask it.

    def works(self, name):
        with contextlib.suppress(OSError, http.client.HTTPException):
            match name:
                case "postgres":
                    return self.answers("select 1")
                case "redis":
                    return self.talk("redis", "PING") == "+PONG"
                case "memcached":
                    return self.talk("memcached", "version").startswith("VERSION")
                case "report":
                    return time.time() - (self.directory / "report" / "report.txt").stat().st_mtime < 3
                case "worker":
                    return self.talk("redis", f"LPUSH jobs {uuid.uuid4()}").startswith(":") and self.drained()
                case _:
                    return http_request(self.ports[name], "GET", "/", timeout=5).status == 200
        return False

    def drained(self):
        """Whether the worker takes the jobs of the queue within two seconds, and can write them down."""
        end = time.monotonic() + 2
        while self.talk("redis", "LLEN jobs") != ":0":
            if time.monotonic() > end:
                return False
            time.sleep(0.02)
        return self.answers("select count(*) from done")

    def answers(self, question):
        command = [program("psql"), "-XAtq", "-h", "127.0.0.1", "-p", str(self.ports["postgres"]), "-U", "postgres", "-c", question]
        return subprocess.run(command, capture_output=True, timeout=DEADLINE).returncode == 0

    def talk(self, name, line):
        """The first line that a server answers to a line."""
        with socket.create_connection(("127.0.0.1", self.ports[name]), timeout=5) as connection:
            connection.sendall(f"{line}\r\n".encode())
            return connection.makefile().readline().rstrip("\r\n")

    def wait_true(self, ill):
        """Waits until exactly these services do not work, and Stoker says of exactly these that they are not healthy."""

        def agree():
            rows = self.stoker.get("/services").json["services"]
            said = {name for name, row in rows.items() if row["health"] != "healthy"}
            found = {name for name in self.ports.keys() | {"worker", "report"} if not self.works(name)} if said == ill else None
            if found != ill - {"migrate"}:
                raise ValueError({"said": sorted(said), "found": found, "notes": {name: row["note"] for name, row in rows.items()}})
            return True

        wait_for(f"{sorted(ill) or 'nothing'} to be ill, and told so", agree)

    # What Stoker says.

    def rows(self):
        return self.stoker.get("/services").json["services"]

    def row(self, name):
        return self.rows()[name]

    def restarts(self):
        """How often each service has been restarted."""
        return collections.Counter({name: row["restart_count"] for name, row in self.rows().items()})

    def wait_restarted(self, name, count):
        """Waits until a service has been restarted so often, and returns its restarts."""
        wait_for(f"{count} restarts of {name}", lambda: self.row(name)["restart_count"] >= count)
        return self.stoker.get(f"/service/{name}").json["restart_history"]

    def faces(self, names):
        """The root causes that are named for services, and all that is said of each, face by face."""
        rows = self.rows()
        printed = json.loads(self.stoker.command("status", "--json").stdout)["services"]
        lines = {line.split()[0]: line for line in self.stoker.command("status").stdout.splitlines() if line}
        said = {}
        for name in names:
            answer = self.stoker.get(f"/service/{name}/why")
            roots = {root and root["name"] for root in (rows[name]["root_cause"], printed[name]["root_cause"])}
            roots.add(None if answer.json["root_cause"] == name else answer.json["root_cause"])
            said[name] = roots, {
                "GET /services": json.dumps(rows[name]),
                "GET /service/NAME/why": answer.text,
                "stoker status --json": json.dumps(printed[name]),
                "stoker status": lines[name],
                "stoker why": self.stoker.command("why", name).stdout,
            }
        return said

    def wait_told(self, expected):
        """Waits until every face names the root cause of each service (None: itself) and says these words of it."""

        def told():
            lacking = []
            for name, (roots, faces) in self.faces(expected).items():
                root, *words = expected[name]
                words += [root] if root else []
                lacking += [f"{name}: {roots} instead of {root}"] if roots != {root} else []
                lacking += [f"{face} lacks {word!r}: {text}" for face, text in faces.items() for word in words if word not in text]
            if lacking:
                raise ValueError("\n".join(lacking))
            return True

        wait_for(f"{expected} to be told", told)

    def wait_healed(self):
        """Waits until all works, without a command, and nobody says anything else."""
        self.wait_true(set())

        def quiet():
            answer = self.stoker.get("/services").json
            notes = {name: (row["note"], row["root_cause"]) for name, row in answer["services"].items() if row["note"] or row["root_cause"]}
            if notes or (answer["composite_health"], answer["is_ready"]) != ("healthy", True):
                raise ValueError(notes or answer)
            return True

        wait_for("nothing to be said any more", quiet)

    def mend(self):
        """Makes well what a test that failed has left, and waits until no attempt of earlier tests counts any more."""
        for name, row in self.rows().items():
            if row["status"] in ("failed", "stopped"):
                self.stoker.command("start", name)
        self.wait_healed()
        wait_for("no attempts", lambda: not any(row["restart_attempts"] for row in self.rows().values()))
