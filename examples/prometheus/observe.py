#!/usr/bin/env python3
"""Shows Stoker's alerts at work: the demo's ten services, a real Prometheus with Stoker's rules, a real Alertmanager, and ways to break things.

    make observe

All of it listens on loopback only and ends with this program. The times of the
rules and of Alertmanager are divided by --faster (1: as shipped), and Prometheus scrapes every second. Notifications are printed as they come."""

import argparse
import contextlib
import http.client
import http.server
import importlib.util
import json
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
API = "/api/orchestration"

# The breakages: a sentence, and the action. Misbehaviour is requested by `POST /control/ORDER` on the service's own port.
BREAKAGES = [
    ("betanet is killed, once: it is restarted 2 s later, without an alert", ("kill", "betanet")),
    ("dao fails its health checks: degraded, unhealthy, restarted, then healthy again", ("order", "dao", "fail")),
    ("edge hangs: its checks time out", ("order", "edge", "hang")),
    ("scheduler answers after 1.9 s of the 2 s that its check allows", ("order", "scheduler", "slow?ms=1900")),
    ("bitchat crashes at every start, until its restarts are used up", ("crash", "bitchat")),
    ("fog_coordinator does the same; its dependents wait, and one notification is sent for all", ("crash", "fog_coordinator")),
]


def request(port, method, path, timeout=10):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_taken(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def faster():
    """The switch that shortens the times of rules, as a function."""
    spec = importlib.util.spec_from_file_location("faster", ROOT / "alerts" / "faster.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.faster


class Monitoring:
    """A Prometheus and an Alertmanager for one Stoker, configured by Stoker itself. `notify(receiver, notification)` is called
    for each notification."""

    def __init__(self, directory, stoker, service_file, factor, notify, prometheus=None, alertmanager=None):
        self.directory = pathlib.Path(directory)
        self.prometheus = prometheus or free_port()
        self.alertmanager = alertmanager or free_port()
        self.processes = []
        self.receiver = self._receiver(notify)
        for what in ("config", "rules"):
            options = ["--config", str(service_file)] if what == "config" else []
            subprocess.run(
                [stoker, "prometheus", what, "--output", str(directory), *options], check=True, stdout=subprocess.DEVNULL
            )
        shorten = faster()
        self._rewrite("stoker.rules.yml", lambda text: shorten(text, factor))
        self._rewrite("alertmanager.yml", lambda text: shorten(text, factor), "127.0.0.1:9094", self.receiver.server_port)
        self._rewrite("prometheus.yml", lambda text: text.replace(": 15s", ": 1s"), "127.0.0.1:9093", self.alertmanager)

    def _rewrite(self, name, change, address=None, port=None):
        path = self.directory / name
        text = change(path.read_text())
        path.write_text(text.replace(address, f"127.0.0.1:{port}") if address else text)

    def _receiver(self, notify):
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                notify(self.path.strip("/"), json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def start(self):
        taken = [port for port in (self.prometheus, self.alertmanager) if is_taken(port)]
        if taken:
            sys.exit(f"port {' and '.join(map(str, taken))} is in use: end what uses it, perhaps another Prometheus or Alertmanager")
        self._run(
            "prometheus", f"--config.file={self.directory}/prometheus.yml", f"--storage.tsdb.path={self.directory}/prometheus",
            f"--web.listen-address=127.0.0.1:{self.prometheus}", "--log.level=warn",
        )  # fmt: skip
        self._run(
            "prometheus-alertmanager", f"--config.file={self.directory}/alertmanager.yml",
            f"--storage.path={self.directory}/alertmanager", f"--web.listen-address=127.0.0.1:{self.alertmanager}",
            "--cluster.listen-address=", "--log.level=warn",
        )  # fmt: skip
        for port in (self.prometheus, self.alertmanager):
            self._wait_until_ready(port)
        return self

    def _run(self, name, *arguments):
        program = shutil.which(name)
        if not program:
            sys.exit(f"{name} is missing: run 'make observe', which installs it")
        out = open(self.directory / f"{name}.out", "wb")  # the process's from here on
        self.processes.append(subprocess.Popen([program, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out))
        out.close()

    def _wait_until_ready(self, port):
        end = time.monotonic() + 60
        while True:
            ended = [pathlib.Path(process.args[0]).name for process in self.processes if process.poll() is not None]
            if ended or time.monotonic() > end:
                outputs = "".join((self.directory / f"{name}.out").read_text()[-1000:] for name in ended)
                sys.exit(f"{outputs}{' and '.join(ended) or 'Prometheus or Alertmanager'} did not start")
            with contextlib.suppress(OSError, http.client.HTTPException):
                if request(port, "GET", "/-/ready")[0] == 200:
                    return
            time.sleep(0.1)

    def alerts(self):
        """The pending and firing alerts of Prometheus."""
        return json.loads(request(self.prometheus, "GET", "/api/v1/alerts")[1])["data"]["alerts"]

    def stop(self):
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            process.wait(30)
        self.receiver.shutdown()
        self.receiver.server_close()


class Demo:
    """The ten services of the demo under a Stoker of their own. Its back-off is divided as the rules are, since they belong together."""

    port = 10101

    def __init__(self, stoker, directory, factor):
        self.stoker, self.directory, self.process = stoker, pathlib.Path(directory), None
        self.file = self.directory / "stoker.yaml"
        text = subprocess.run([stoker, "demo", "--print"], check=True, capture_output=True, text=True).stdout
        backoff = f"defaults:\n  restart: {{backoff: {{base: {max(1, round(2000 / factor))}ms}}}}\n"
        self.file.write_text(text.replace("defaults:\n", backoff, 1))

    def start(self):
        if any(map(is_taken, (self.port, *range(7001, 7011)))):
            sys.exit("the demo's ports (10101, 7001 to 7010) are in use: end what uses them, perhaps another demo")
        out = self.directory / "stoker.out"
        with open(out, "wb") as file:
            self.process = subprocess.Popen(
                [self.stoker, "run", "--config", self.file], stdin=subprocess.DEVNULL, stdout=file, stderr=file
            )
        end = time.monotonic() + 60
        while not self._is_up():
            if self.process.poll() is not None or time.monotonic() > end:
                sys.exit(out.read_text() + "the demo did not start")
            time.sleep(0.1)
        return self

    def _is_up(self):
        with contextlib.suppress(OSError, http.client.HTTPException, KeyError):
            return self.services()["dao"]["status"] == "running"

    def services(self):
        return json.loads(request(self.port, "GET", f"{API}/services")[1])["services"]

    def discovered(self):
        """The port of each service, as Prometheus discovers it."""
        targets = json.loads(request(self.port, "GET", f"{API}/discovery/prometheus")[1])
        return {target["labels"]["__meta_stoker_service_name"]: int(target["targets"][0].rsplit(":")[-1]) for target in targets}

    def order(self, name, order):
        request(self.discovered()[name], "POST", f"/control/{order}")

    def crash(self, name):
        """Kills every process that the service gets, until Stoker gives up."""
        while (service := self.services()[name])["status"] != "failed":
            if service["status"] == "running":
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self.order(name, "crash")
            time.sleep(0.2)

    def do(self, what, name, *rest):
        if what == "kill":
            with contextlib.suppress(OSError, http.client.HTTPException):
                self.order(name, "crash?signal=9")
        elif what == "order":
            self.order(name, *rest)
        else:
            threading.Thread(target=self.crash, args=(name,), daemon=True).start()

    def mend(self):
        for name, service in self.services().items():
            if service["status"] == "failed":
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                body = json.dumps({"force": True})
                connection.request("POST", f"{API}/restart/{name}?wait=none", body, {"Content-Type": "application/json"})
                connection.getresponse().read()
            else:
                with contextlib.suppress(OSError, http.client.HTTPException):
                    self.order(name, "recover")

    def stop(self):
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)


def say(text):
    print(time.strftime("%H:%M:%S"), text, flush=True)


class Printer:
    """Prints notifications: each alert when it begins and when it ends. Alertmanager sends whole groups, so some alerts come again, and some
    end that were silenced while they lasted."""

    def __init__(self):
        self.firing = set()

    def __call__(self, receiver, notification):
        for alert in notification["alerts"]:
            labels = alert["labels"]
            key = (receiver, *sorted(labels.items()))
            line = f"{labels['alertname']}: {alert['annotations']['summary']}"
            if alert["status"] == "firing" and key not in self.firing:
                self.firing.add(key)
                say(f"{receiver}: FIRING   {line}")
            elif alert["status"] == "resolved" and key in self.firing:
                self.firing.remove(key)
                say(f"{receiver}: RESOLVED {line}")


def converse(demo):
    """Reads commands; true at `q`, false at the end of the input."""
    print("\nBreak something, and watch the notifications:\n")
    for number, (sentence, _) in enumerate(BREAKAGES, 1):
        print(f"  {number}  {sentence}")
    print("  0  repair everything\n  q  quit\n", flush=True)
    breakages = {str(number): breakage for number, breakage in enumerate(BREAKAGES, 1)}
    for line in sys.stdin:
        choice = line.strip()
        if choice == "q":
            return True
        try:
            if choice == "0":
                demo.mend()
            elif choice in breakages:
                sentence, breakage = breakages[choice]
                say(sentence)
                demo.do(*breakage)
            elif choice:
                print(f"'{choice}' is no choice: 0 to {len(BREAKAGES)}, or q", flush=True)
        except (OSError, http.client.HTTPException, KeyError) as error:
            say(f"that failed ({error}): the service may be down; try again")
    return False


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faster", type=float, default=10, help="divide all times by this (default 10; beyond 40 services cannot keep pace)")
    parser.add_argument("--stoker", default=ROOT / ".build" / "release" / "stoker", type=pathlib.Path, help="the program")
    arguments = parser.parse_args()
    if not 0 < arguments.faster <= 1000:
        parser.error("--faster is a number above 0, at most 1000")
    stoker = arguments.stoker.resolve()
    if not stoker.exists():
        sys.exit(f"{stoker} is missing: run 'make build' first")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that everything is stopped
    with contextlib.suppress(KeyboardInterrupt), tempfile.TemporaryDirectory(prefix="stoker-observe-") as directory, contextlib.ExitStack() as ends:
        demo = Demo(stoker, directory, arguments.faster)
        monitoring = Monitoring(directory, stoker, demo.file, arguments.faster, Printer(), 9090, 9093)
        ends.callback(demo.stop)
        ends.callback(monitoring.stop)
        # Registered last, called first: from then on a second Ctrl-C does not interrupt the end.
        ends.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)
        ends.callback(print, "ending …", flush=True)
        demo.start()
        monitoring.start()
        print(
            f"Stoker        http://127.0.0.1:{demo.port}\n"
            f"Prometheus    http://127.0.0.1:{monitoring.prometheus}/alerts\n"
            f"Alertmanager  http://127.0.0.1:{monitoring.alertmanager}"
        )
        if not converse(demo) and not sys.stdin.isatty():
            signal.pause()  # no commands can come: until Ctrl-C or SIGTERM


if __name__ == "__main__":
    main()
