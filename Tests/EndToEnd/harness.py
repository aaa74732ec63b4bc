"""Starts the built binaries as a user would, talks to them over HTTP, and waits for things rather than for time."""

import contextlib
import dataclasses
import http.client
import http.server
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import threading
import time
import uuid
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("STOKER_BINARIES", ROOT / ".build" / "debug")).resolve()
STOKER = BINARIES / "stoker"
EXAMPLE = ROOT / "examples" / "fog" / "stoker.yaml"
FOG = ["dao", "scheduler", "edge", "fog_coordinator", "harvest", "onion", "p2p", "vpn_coordinator", "betanet", "bitchat"]
API = "/api/orchestration"

DEADLINE = 60  # seconds; generous, since a loaded machine is slow and a passing test never waits it out


def wait_for(what, predicate, deadline=DEADLINE):
    """The first true value of `predicate`, which is asked again and again; an AssertionError naming `what` at the deadline."""
    end = time.monotonic() + deadline
    last = None
    while True:
        try:
            value = predicate()
            if value:
                return value
            last = value
        except (OSError, http.client.HTTPException, KeyError, ValueError) as error:
            last = error
        if time.monotonic() > end:
            raise AssertionError(f"still waiting after {deadline} s: {what} (last seen: {last!r})")
        time.sleep(0.05)


# -- ports ---------------------------------------------------------------------------------------------------------------

_reserved = []


def become(user):
    """Makes this process one of another user, for good: for a child that has just forked."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def free_port():
    """A port of 127.0.0.1 that stays ours: it is held by a socket that does not listen, beside which a server with
    SO_REUSEADDR can bind, while the kernel gives it to nobody else."""
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    return holder.getsockname()[1]


# -- processes -----------------------------------------------------------------------------------------------------------


def _read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def alive(pid):
    """Whether a process runs (a zombie does not)."""
    stat = _read(f"/proc/{pid}/stat").decode(errors="replace")
    return bool(stat) and stat[stat.rindex(")") + 2] not in "ZX"


def zombies_of(parent):
    """The children of a process that ended and were not waited for."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        stat = _read(f"/proc/{pid}/stat").decode(errors="replace")
        if stat:
            state, ppid = stat[stat.rindex(")") + 2 :].split()[:2]
            if state == "Z" and int(ppid) == parent:
                found.append(int(pid))
    return found


def marked(*marks):
    """The pids of all live processes whose environment holds every mark, a `NAME=value`."""
    wanted = [mark.encode() for mark in marks]
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        environment = _read(f"/proc/{pid}/environ").split(b"\0")
        if all(mark in environment for mark in wanted) and alive(pid):
            found.append(int(pid))
    return found


def end(pids, deadline=DEADLINE):
    """Kills processes that this test started, by pid, and waits until they are gone."""
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    wait_for(f"the end of {pids}", lambda: not any(map(alive, pids)), deadline)


def fnv(text):
    """FNV-1a, 64 bits: what Stoker makes short names of."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 & (1 << 64) - 1
    return value


def words_of(state):
    """The random words in the names of what a Stoker has outside of its state directory, newest first."""
    return _read(state / "places").decode().split() or ["none"]


def ledger_of(state, word=None):
    """The counters of a Stoker in shared memory: they outlive it when it is killed."""
    return pathlib.Path(f"/dev/shm/stoker-{os.stat(state).st_uid}-{word or words_of(state)[0]}")


def former_ledger_of(state):
    """The same of Stoker 0.1.0, whose names everybody can compute."""
    status = os.stat(state)
    return ledger_of(state, f"{fnv(f'{status.st_dev} {status.st_ino} {os.path.realpath(state)}'):x}")


def unified(pid):
    """The cgroup of version 2 that a process is in, and the folder of that; nothing where there are none."""
    lines = pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    place = next((line.removeprefix("0::") for line in lines if line.startswith("0::")), None)
    mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
    folder = next((pathlib.Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"), None)
    return (place, folder / place.lstrip("/")) if place and folder else None


def pipes_of(state):
    """The folder of the FIFOs of a Stoker's runs: in shared memory for system users, in the state directory for people."""
    ledger = ledger_of(state)
    return ledger.with_name(ledger.name + ".output") if state.stat().st_uid < 1000 else state / "output"


def runtime_of(state):
    """The folder of the second lock of a Stoker of root, which outlives it when it is killed."""
    return pathlib.Path(f"/run/stoker/{fnv(os.path.realpath(state)):016x}")


def sweep_after(state):
    """Removes what a Stoker that was killed, and is not started again, leaves outside of its state directory: its lock, shared memory and
    cgroups."""
    shutil.rmtree(runtime_of(state), ignore_errors=True)
    if not state.exists():
        return
    for ledger in [former_ledger_of(state), *(ledger_of(state, word) for word in words_of(state))]:
        for path in (ledger, ledger.with_name(ledger.name + ".output"), pathlib.Path("/tmp") / ledger.name):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    shutil.rmtree(runtime_of(state), ignore_errors=True)
    name = f"stoker-{fnv(str(state).replace('%', '%25').replace(':', '%3A')):016x}"
    for line in _read("/proc/mounts").decode(errors="replace").splitlines():
        _, mount, kind = line.split()[:3]
        if kind != "cgroup2":
            continue
        # Others come and go meanwhile, which os.walk does not mind.
        for tree in [os.path.join(folder, name) for folder, folders, _ in os.walk(mount) if name in folders]:
            for group, _, _ in list(os.walk(tree, topdown=False)):
                wait_for(f"{group} to be empty", lambda: b"populated 0" in _read(f"{group}/cgroup.events"))
                os.rmdir(group)


# -- HTTP ----------------------------------------------------------------------------------------------------------------


@dataclasses.dataclass
class Answer:
    status: int
    headers: dict
    body: bytes

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self.path))


def http_request(address, method, path, body=None, headers=None, timeout=DEADLINE):
    """One request on a connection of its own; `address` is a port of 127.0.0.1, a host and its port, or the path of a Unix socket."""
    if isinstance(address, (int, tuple)):
        host, port = address if isinstance(address, tuple) else ("127.0.0.1", address)
        connection = http.client.HTTPConnection(host, port, timeout=timeout)
    else:
        connection = UnixConnection(address, timeout)
    headers = dict(headers or {})
    if body is not None and not isinstance(body, (bytes, str)):
        body = json.dumps(body)
        headers.setdefault("Content-Type", "application/json")
    try:
        connection.request(method, path, body=body, headers=headers)
        response = connection.getresponse()
        return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


class HealthServer:
    """A health endpoint inside the test: it answers what the test says, and counts the questions."""

    def __init__(self, status=200):
        self.status = status
        self.body = b'{"ok":true}'
        self.asked = 0
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                owner.asked += 1
                self.send_response(owner.status)
                self.send_header("Content-Length", str(len(owner.body)))
                self.end_headers()
                self.wfile.write(owner.body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/health"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


# -- Stoker --------------------------------------------------------------------------------------------------------------


class Stoker:
    """One Stoker in a directory of its own, with a service file made from a dictionary (JSON is YAML) or a text."""

    def __init__(self, directory, services=None, defaults=None, supervisor=None, text=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.state = self.directory / "state"
        self.port = free_port()
        self.mark = f"E2E_MARK={uuid.uuid4().hex}"
        self.file = self.directory / "stoker.yaml"
        self.output = self.directory / "stoker.out"
        self.process = None
        self.through = []  # programs that it is started by, such as unshare
        self.popen = {}  # what else Popen is told, such as another user
        if text is None:
            self.write(services or {}, defaults, supervisor)
        else:
            self.file.write_text(text)

    def write(self, services, defaults=None, supervisor=None):
        """Writes the service file, or another in its place. A key of `supervisor` that is None is left out."""
        own = {"name": "end-to-end", "listen": [f"127.0.0.1:{self.port}"], "state_dir": str(self.state), "control": "loopback", **(supervisor or {})}
        file = {
            "version": 1,
            "stoker": {key: value for key, value in own.items() if value is not None},
            **({"defaults": defaults} if defaults else {}),
            "services": services,
        }
        self.file.write_text(json.dumps(file, indent=1, ensure_ascii=False).replace("$", "$$"))  # a shell's dollars, not the service file's

    def reload(self, services=None, **rest):
        """Has the service file read again, after another was written if there are services; returns what was done."""
        if services is not None:
            self.write(services, **rest)
        answer = self.post("/reload")
        assert answer.status == 200, answer.text
        return answer.json

    # Life and death.

    def start(self, *arguments, ready=True, environment=None):
        """Starts `stoker run`; with `ready`, waits until its API answers and every service has settled."""
        self.process = self.spawn("run", "--config", str(self.file), *arguments, environment=environment)
        if ready:
            wait_for("every service to settle", lambda: self.running() and self.get("/services").json["initialized"])
        return self

    def spawn(self, *arguments, environment=None, output=None):
        name, value = self.mark.split("=")
        with open(output or self.output, "ab") as out:
            return subprocess.Popen(
                [*self.through, str(STOKER), *arguments],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.directory,
                env={**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}", name: value, **(environment or {})},
                **self.popen,
            )

    def command(self, *arguments, timeout=DEADLINE, environment=None):
        """Runs a verb of the command line against this service file and returns its result."""
        return subprocess.run(
            [str(STOKER), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PATH": f"{BINARIES}:{os.environ['PATH']}", **(environment or {})},
            **self.popen,
        )

    def running(self):
        code = self.process.poll()
        assert code is None, f"stoker ended with {code}:\n{self.said()}"
        return True

    def stop(self, deadline=DEADLINE):
        """A full stop; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(deadline)

    def stop_at_once(self):
        """Two signals, the second once the first is understood; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        wait_for("the stop to begin", lambda: "SIGTERM" in self.output.read_text())
        self.insist()
        return self.process.wait(DEADLINE)

    def insist(self, number=signal.SIGTERM, pid=None):
        """Sends it until it counts as the second: within 500 ms it is one with the first (rule 81)."""
        wait_for("the second", lambda: "killing what is left" in self.output.read_text() or os.kill(pid or self.process.pid, number))

    def kill(self):
        """SIGKILL to Stoker alone; its services live on."""
        self.process.kill()
        self.process.wait(DEADLINE)

    def finish(self):
        """After a test: nothing of it is left, however it went."""
        if self.process and self.process.poll() is None:
            self.kill()
        for _ in range(20):  # something may be being restarted by a Stoker that the test lost
            left = marked(self.mark)
            if not left:
                break
            end(left)
        sweep_after(self.state)

    def said(self):
        """What Stoker wrote, and the end of what its services wrote: for the report of a failed test."""
        parts = [self.output.read_text(errors="replace") if self.output.exists() else "(nothing)"]
        for log in sorted(self.state.glob("logs/*.log"))[:20]:
            parts.append(f"--- {log.name}\n" + log.read_text(errors="replace")[-1000:])
        return "\n".join(parts)[-20_000:]

    def wait_said(self, text, count=1):
        """Waits until Stoker has written this to its log, so many times in all its lives."""
        wait_for(f"'{text}' in the log", lambda: self.output.read_text(errors="replace").count(text) >= count)

    def shared_memory(self):
        """The paths of the shared memory that it uses."""
        maps = _read(f"/proc/{self.process.pid}/maps").decode()
        return sorted({pathlib.Path(line.split()[-1]) for line in maps.splitlines() if " /dev/shm/" in line})

    # The API.

    def request(self, method, path, body=None, headers=None, timeout=DEADLINE):
        return http_request(self.port, method, path, body, headers, timeout)

    def get(self, path, **rest):
        return self.request("GET", API + path, **rest)

    def post(self, path, body=None, **rest):
        return self.request("POST", API + path, body, **rest)

    def services(self):
        """The entries of its services by name, without what changes by itself, or with the dependencies of others."""
        entries = self.get("/services").json["services"]
        others = {"layer", "cpu_seconds", "memory_bytes", "waits_for", "root_cause", "note"}
        return {name: {key: entry[key] for key in entry.keys() - others} for name, entry in entries.items()}

    def service(self, name):
        return self.services()[name]

    def use(self, name):
        """What a service uses: seconds of processor time, and bytes of memory."""
        entry = self.get("/services").json["services"][name]
        return entry["cpu_seconds"], entry["memory_bytes"]

    def health(self, name):
        return self.get("/health").json["services"][name]["status"]

    def wait_status(self, name, *statuses, deadline=DEADLINE):
        """Waits until a service has one of these states, and returns its entry."""

        def has():
            service = self.service(name)
            if service["status"] not in statuses:
                raise ValueError(service)
            return service

        return wait_for(f"{name} to be {' or '.join(statuses)}", has, deadline)

    def wait_health(self, name, *statuses, deadline=DEADLINE):
        def has():
            status = self.health(name)
            if status not in statuses:
                raise ValueError(status)
            return status

        return wait_for(f"{name} to be {' or '.join(statuses)}", has, deadline)

    def metrics(self):
        """The series of its page; see :func:`samples`."""
        return samples(self.request("GET", "/metrics").text)

    def metric(self, family, /, **labels):
        """The value of one series, or None."""
        return self.metrics().get((family, frozenset(labels.items())))

    def history(self, name, query=""):
        """The runs of a service, newest first."""
        return self.get(f"/service/{name}/history{query}").json["history"]

    def wait_written(self):
        """Waits until the journal has written all that there was to be written."""
        wait_for("the journal to be written", lambda: self.metric("stoker_journal_pending_records") == 0)

    def recorded(self):
        """The pids by service that it has written down for a successor."""
        return {record["name"]: record["pid"] for record in json.loads((self.state / "runtime.json").read_text())["running"]}

    def wait_recorded(self, *names):
        """Waits until the processes of services are written down for a successor, which happens a moment after their start."""
        wait_for(f"{names} to be written down", lambda: self.recorded().keys() >= set(names))

    # Its services.

    def instances(self, name):
        """The pids of a service's live processes, found by its environment."""
        return marked(self.mark, f"E2E_SERVICE={name}")

    def wait_instances(self, name, count):
        """Waits until a service has so many processes (a shell may have a short-lived child now and then), and returns their pids."""

        def pids():
            found = self.instances(name)
            if len(found) != count:
                raise ValueError(found)
            return found

        return wait_for(f"{count} processes of {name}", pids)

    def wait_asleep(self, name, count):
        """The same for processes that all become a `sleep`: no shell is left that is still to be replaced."""

        def pids():
            found = self.wait_instances(name, count)
            return found if all(pathlib.Path(f"/proc/{pid}/comm").read_text() == "sleep\n" for pid in found) else None

        return wait_for(f"{count} of {name} to sleep", pids)

    def wait_starts(self, name, count=1):
        """Waits until a :func:`recorder` has written down so many starts."""
        return wait_for(f"{count} starts of {name}", lambda: len(self.starts(name)) >= count)

    def starts(self, name):
        """When and with which pid the instances of a :func:`recorder` started, by their own account."""
        path = self.directory / f"{name}.starts"
        rows = path.read_text().split("\n")[:-1] if path.exists() else []
        return [(int(row.split()[0]) / 1e9, int(row.split()[1])) for row in rows]


# A line of shell that waits until its last child in the background is no shell any more.
EXECUTED = "until grep -q sleep /proc/$!/comm; do :; done"


def recorder(name, then="exec sleep 1000", first="", **keys):
    """A service that writes down each of its starts and then runs a line of shell; what must hold from then on, such as a trap,
    goes `first`."""
    return {
        "command": f'{first}{"; " if first else ""}echo "$(date +%s%N) $$" >> {name}.starts; {then}',
        "environment": {"E2E_SERVICE": name},
        **keys,
    }


# -- metrics -------------------------------------------------------------------------------------------------------------


def samples(page):
    """The series of a page of Prometheus' text format, as {(name, frozenset of labels): value}, by Prometheus' own client library;
    a series that stands there twice is an error."""
    from prometheus_client.parser import text_string_to_metric_families

    found = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            assert key not in found, f"the series {key} is there twice"
            found[key] = sample.value
    return found


def series(page, family, /, **labels):
    """The value of one series, or None."""
    return samples(page).get((family, frozenset(labels.items())))


class Scraper:
    """A running Prometheus, or a program that is asked in the same way. Called with PromQL it answers with the rows."""

    def __init__(self, port, output):
        self.port = port
        self.output = output

    def __call__(self, expression):
        return [(row["metric"], float(row["value"][1])) for row in self.ask("/query?query=" + quote(expression))["result"]]

    def value(self, expression):
        """The value of the one row that there must be."""
        [(_, value)] = self(expression)
        return value

    def targets(self, job="stoker"):
        """What it knows about the targets of a job."""
        return [target for target in self.ask("/targets")["activeTargets"] if target["labels"]["job"] == job]

    def ask(self, path):
        answer = http_request(self.port, "GET", "/api/v1" + path).json
        assert answer["status"] == "success", answer
        return answer["data"]

    def said(self):
        return self.output.read_text(errors="replace")
