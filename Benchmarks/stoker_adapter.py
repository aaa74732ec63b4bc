"""Stoker as a subject of the black-box benchmarks (see their README). STOKER is the binary; the classes differ in whether they are scraped."""

import json
import os
import threading
import urllib.request

from adapters import Adapter, out, wr

STOKER = os.environ.get("STOKER", "stoker")
PORT = int(os.environ.get("STOKER_BENCH_PORT", "10171"))


class Stoker(Adapter):
    name, needs = "stoker", [STOKER]
    note = "no checks, restarts at once and without a limit, logs through pipes into files"

    def version(self):
        return out(STOKER, "version").replace("\n", ", ")

    def write(self, d, services):
        file = {
            "version": 1,
            "stoker": {"name": "bench", "listen": [f"127.0.0.1:{PORT}"], "state_dir": d + "/state"},
            "defaults": {
                "restart": {"backoff": {"base": "0s"}, "max_attempts": "unlimited"},
                "stop": {"timeout": services[0].stop_s},
            },
            "services": {s.name: {"command": s.argv} for s in services},
        }
        wr(d + "/stoker.yaml", json.dumps(file, indent=1))

    def start_cmd(self, d):
        return [STOKER, "run", "--config", d + "/stoker.yaml"]

    def logs(self, d, name):
        return [f"{d}/state/logs/{name}.log"]


class StokerScraped(Stoker):
    """The same, and scraped every 5 s with gzip, as Prometheus does."""

    name = "stoker-scraped"

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
