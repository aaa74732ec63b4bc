"""One run of one supervisor: its services are described, it is started, watched, stopped, and nothing of it is left behind."""

import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

from processes import MARK, Tree, cpu, memory, now, status, text

HERE = pathlib.Path(__file__).resolve().parent


class Service:
    """A service as the adapters get it: name, command, and how long it may take to stop (s)."""

    def __init__(self, name, argv, stop_s):
        self.name, self.argv, self.stop_s = name, argv, stop_s


class Programs:
    """The C programs that measure, built."""

    def __init__(self, directory):
        for name in ("svc", "floor", "lines"):
            built = os.path.join(directory, name)
            subprocess.run(["gcc", "-O2", "-static", "-o", built, HERE / (name + ".c")], check=True)
            setattr(self, name, built)


class Run:
    """A supervisor with `count` services; `behaviour(number)` gives the words that say what each does (see svc.c)."""

    def __init__(self, adapter, count, settings, behaviour=lambda number: []):
        self.adapter = adapter
        self.directory = tempfile.mkdtemp(prefix="stoker-bench-", dir=settings.tmp)
        self.events = self.directory + "/events"
        open(self.events, "w").close()
        self.services = []
        for number in range(count):
            name = f"s{number:04}"
            command = [settings.programs.svc, name, self.events, *map(str, behaviour(number))]
            self.services.append(Service(name, command, settings.stop_timeout))
        self.settings = settings
        self.tree = Tree()
        self.process = None
        self.read_to, self.rest = 0, ""
        self.starts, self.others = [], []  # (name, pid, when); [word, …]
        adapter.write(self.directory, self.services)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tree.end()
        if self.process:
            self.process.wait()
        self.adapter.cleanup(self.directory)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self):
        environment = {**os.environ, MARK: self.tree.mark, **self.adapter.env(self.directory)}
        command = self.adapter.start_cmd(self.directory)
        with open(self.directory + "/said", "ab") as said:
            self.began = now()
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, cwd=self.directory, env=environment, preexec_fn=self.tree.enter,
                start_new_session=True,
            )  # fmt: skip

    # The notes of the services.

    def look(self):
        """Reads what was noted since the last time."""
        with open(self.events) as file:
            file.seek(self.read_to)
            new = file.read()
        self.read_to += len(new)
        *lines, self.rest = (self.rest + new).split("\n")
        for line in lines:
            words = line.split()
            if words[0] == "start":
                self.starts.append((words[1], int(words[2]), int(words[3]) / 1e9))
            else:
                self.others.append(words)

    def started(self):
        """Waits until every service has started once; raises if that does not come."""
        end = time.monotonic() + self.settings.start_timeout
        while time.monotonic() < end:
            self.look()
            if len({name for name, _, _ in self.starts}) >= len(self.services):
                return
            if self.process.poll() is not None and not self.supervisors():
                break
            time.sleep(0.01)
        names = len({name for name, _, _ in self.starts})
        raise RuntimeError(f"{names} of {len(self.services)} services were started; it says: {self.words()}")

    def words(self):
        """The last words of the supervisor."""
        return " ".join(text(self.directory + "/said")[-400:].split())

    def noted(self, word):
        self.look()
        return [words for words in self.others if words[0] == word]

    # Processes.

    def supervisors(self):
        """Everything that is not a service: the supervisor, its helpers, its loggers."""
        return [pid for pid in self.tree.pids() if (status(pid) or ("svc",))[0] != "svc"]

    def living(self):
        """The living processes of each service."""
        self.look()
        found = {}
        for name, pid, _ in self.starts:
            seen = status(pid)
            if seen and seen[0] == "svc" and seen[1] not in "ZX":
                found.setdefault(name, set()).add(pid)
        return found

    def supervisor_commands(self):
        return {pid: ((status(pid) or ("",))[0], text(f"/proc/{pid}/cmdline").split("\0")) for pid in self.supervisors()}

    def supervisor_cpu(self):
        return sum(cpu(pid) for pid in self.supervisors())

    def supervisor_memory(self):
        """KiB, added up over all of the supervisor's processes."""
        sums = {}
        for pid in self.supervisors():
            for key, size in memory(pid).items():
                sums[key] = sums.get(key, 0) + size
        return sums

    # The end.

    def stop(self, timeout=90):
        """Stops everything gracefully: seconds until the services, and until all of the supervisor is gone; None for what is not."""
        self.look()
        supervisors = set(self.supervisors())
        everything = {pid: os.pidfd_open(pid) for pid in self.tree.pids()}
        services = [handle for pid, handle in everything.items() if pid not in supervisors]
        rest = [handle for pid, handle in everything.items() if pid in supervisors]
        began = now()
        # On a thread: what is measured is not when the command has been given, but when they are gone.
        order = threading.Thread(target=self.adapter.stop, args=(self.directory, self.process.pid))
        order.start()
        times = []
        for handles in (services, rest):
            times.append(now() - began if all_ended(handles, began + timeout) else None)
        order.join()
        for handle in everything.values():
            os.close(handle)
        self.look()
        return times

    def kill_supervisor(self):
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()


def all_ended(handles, deadline):
    """Waits for the ends of processes, one after the other: whoever waits for all at once is woken at each, on a core that they need."""
    for handle in handles:
        poll = select.poll()
        poll.register(handle, select.POLLIN)
        while not poll.poll(0):
            if now() > deadline:
                return False
            time.sleep(0.001)
    return True
