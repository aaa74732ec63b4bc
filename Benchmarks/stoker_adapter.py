"""Stoker as a subject of the supervision benchmarks. STOKER is the binary; the classes differ in what stands in the service file, and in
whether they are scraped."""

import json
import os
import threading
import urllib.request

from adapters import Adapter

STOKER = os.environ.get("STOKER", "stoker")
PORT = int(os.environ.get("STOKER_BENCH_PORT", "10171"))


class Stoker(Adapter):
    name, needs = "stoker", [STOKER]
    program = STOKER
    note = "no checks, restarts at once and without a limit, logs through pipes into files without rotation, lines as they are"
    restart = {"backoff": {"base": "0s"}, "max_attempts": "unlimited"}
    # The others put no time before lines either.
    log = {"timestamps": False, "max_size": "1TiB"}

    def version(self):
        return os.popen(f"{self.program} version").read().strip().removeprefix("stoker ").replace("\n", ", ")

    def write(self, d, services):
        file = {
            "version": 1,
            "stoker": {"name": "bench", "listen": [f"127.0.0.1:{PORT}"], "state_dir": d + "/state"},
            "defaults": {"restart": self.restart, "stop": {"timeout": services[0].stop_s}, "log": self.log},
            "services": {s.name: {"command": s.argv} for s in services},
        }
        with open(d + "/stoker.yaml", "w") as out:
            json.dump(file, out, indent=1)

    def start_cmd(self, d):
        return [self.program, "run", "--config", d + "/stoker.yaml"]

    def logs(self, d, name):
        return [f"{d}/state/logs/{name}.log"]


class Variant(Stoker):
    is_peer = False
    storm = None  # as it is, in the test of crash storms too


class StokerStamping(Variant):
    name, note = "stoker, with times", "a time before each line, as by default"
    log = {"timestamps": True, "max_size": "1TiB"}
    stamp = 25


class StokerStorm(Variant):
    """At the pace of those that restart once a second."""

    is_peer = True
    note = "restarts after 1 ms, then once a second, without a limit"
    restart = {"backoff": {"base": "1ms", "factor": 1000, "max": "1s"}, "max_attempts": "unlimited"}


class StokerByDefault(Variant):
    name, note = "stoker, by default", "restarts after 2 s, 4 s and 8 s, then gives up"
    restart = {}
    kills = 5


class StokerScraped(Variant):
    """Scraped every 5 s with gzip, as Prometheus does."""

    name, note = "stoker, scraped", "every 5 s"

    over = threading.Event()

    def start_cmd(self, d):
        self.over = threading.Event()
        threading.Thread(target=self.scrape, daemon=True).start()
        return super().start_cmd(d)

    def scrape(self):
        request = urllib.request.Request(f"http://127.0.0.1:{PORT}/metrics", headers={"Accept-Encoding": "gzip"})
        while not self.over.wait(5):
            try:
                with urllib.request.urlopen(request, timeout=30) as answer:
                    answer.read()
            except OSError:
                pass  # not listening yet, or no more

    def cleanup(self, d):
        self.over.set()


Stoker.storm = StokerStorm


class StokerBefore(Stoker):
    """An earlier build, for comparison within the same rounds."""

    name, note, is_peer = "stoker before", "an earlier build", False
    program = os.environ.get("STOKER_BEFORE", STOKER)


class StokerBeforeStorm(StokerStorm):
    program = StokerBefore.program


StokerBefore.storm = StokerBeforeStorm
