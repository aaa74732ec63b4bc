"""A local user without rights who attacks a Stoker in every way that needs none. Run as a program, it becomes that user first.

It touches only what it made itself and names of the Stoker under attack, and its number of processes and its time are bounded."""

import collections
import contextlib
import fcntl
import json
import os
import pathlib
import random
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import uuid

from harness import DEADLINE, alive, become, end, fnv, marked

STRANGER, NOBODY = 54321, 65534
MESSAGES = (
    b"READY=1", b"STOPPING=1", b"WATCHDOG=trigger", b"MAINPID=%d", b"STATUS=forged", b"ERRNO=99999999999", b"EXTEND_TIMEOUT_USEC=0", b"X" * 60_000
)  # fmt: skip
RUNS = (1, 2, 3, 1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1, 1 << 64, -1)


class Hostile:
    """The end of the test: starts the attacker, tells it what to attack, and asks at the end what it has done."""

    def __init__(self, stoker, user=STRANGER, seconds=600, **deeds):
        self.user, self.mark = user, f"HOSTILE={uuid.uuid4().hex}"
        attack = {"user": user, "seconds": seconds, "mark": self.mark, "state": str(stoker.state)} | deeds
        program = [sys.executable, __file__, json.dumps(attack)]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "attacking\n"

    def tell(self, **deeds):
        """Adds to what it attacks."""
        self.process.stdin.write(json.dumps(deeds) + "\n")
        self.process.stdin.flush()

    def pids(self):
        assert self.process.poll() is None, "the attack is over too early"
        return {self.process.pid, *marked(self.mark)}

    def report(self):
        """Ends the attack; returns how often it did what, and with `wrong` what it should not have been able to do or suffer."""
        report, _ = self.process.communicate(timeout=DEADLINE)
        return json.loads(report)

    def finish(self):
        """After a test: nothing of it is left."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()
        end(marked(self.mark))
        for path in (*pathlib.Path("/dev/shm").glob("stoker-*"), *pathlib.Path("/tmp").glob("stoker-0-*")):
            if path.lstat().st_uid == self.user:
                remove(path)


class Canary:
    """What nobody but root may touch, and whether it is as it was."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(mode=0o755)
        for name in ("precious", "readable"):
            (directory / name).write_text(f"{name} of root\n")
        (directory / "precious").chmod(0o600)
        (directory / "folder").mkdir(mode=0o700)
        self.before = self.look()

    def targets(self):
        """Where planted links lead: to files that are there, to one that could be made, and to folders."""
        return [str(self.directory / name) for name in ("precious", "readable", "planted", "folder", "folder/planted", ".")]

    def look(self):
        def facts(path):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() else None
            return status.st_ino, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, content

        return {str(path): facts(path) for path in (self.directory, *sorted(self.directory.rglob("*")))}

    def check(self):
        now = self.look()
        changed = [path for path in {*now, *self.before} if now.get(path) != self.before.get(path)]
        assert not changed, changed


# -- The program ---------------------------------------------------------------------------------------------------------


class Attack:
    """What it does, a little of everything in each round."""

    def __init__(self, attack):
        self.state, self.mark = attack["state"], attack["mark"]
        # Other tests have names of the same kinds, which it leaves alone: it is told which are those of its Stoker.
        self.services, self.immortals = [], 0
        self.locks, self.planted, self.targets, self.folders, self.addresses, self.seen = [], [], [], [], [], []
        self.add(attack)
        self.done = collections.Counter()
        self.wrong = set()
        self.forged = collections.deque()
        self.sockets, self.locked = {}, {}
        self.squats = set()
        self.nothing = os.open("/dev/null", os.O_RDWR)
        self.sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sender.setblocking(False)

    def add(self, attack):
        for key in ("services", "immortals", "locks", "planted", "targets", "folders", "addresses", "seen"):
            setattr(self, key, attack.get(key, getattr(self, key)))

    def round(self):
        self.forge()
        self.take_sockets()
        self.flood()
        self.squat()
        self.lock()
        self.plant()
        self.intrude()

    # Marks.

    def stoker_run(self):
        """A mark of a run that is, was, will be or cannot be; in the form of version 0.1.0, and with a proof that proves nothing."""
        mark = self.state.replace("%", "%25").replace(":", "%3A")
        owner, run = random.choice([*self.services, "unknown", "@1", ""]), random.choice(RUNS)
        return f"{mark}:{owner}:{run}" + random.choice(["", f":{os.urandom(16).hex()}", ":", ":0"])

    def forge(self):
        """Has as many forged processes as it may; ends the oldest ones, so that some are older and some younger than every run."""
        for _ in range(10):
            if len(self.forged) < self.immortals:
                self.forged.append(self.spawn(leads=random.random() < 0.6, is_orphan=random.random() < 0.4))
                self.done["forged processes"] += 1
        if self.forged and len(self.forged) >= self.immortals:
            self.dismiss(self.forged.popleft())

    def spawn(self, leads, is_orphan):
        """A process that blocks every signal: it survives what can be survived, and the kernel notes what it was sent."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            if is_orphan and os.fork():
                os._exit(0)
            if leads:
                os.setsid()
            os.write(writing, b"%d" % os.getpid())
            for stream in range(3):
                os.dup2(self.nothing, stream)
            signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
            name, value = self.mark.split("=")
            os.execve("/bin/sleep", ["sleep", "600"], {"STOKER_RUN": self.stoker_run(), name: value})
        if is_orphan:
            os.waitpid(child, 0)
        pid = int(os.read(reading, 20))
        os.close(reading)
        os.close(writing)
        return pid

    def dismiss(self, pid):
        """Ends a forged process, which nobody else had any business with."""
        status = pathlib.Path(f"/proc/{pid}/status")
        facts = dict(row.split(":\t", 1) for row in status.read_text().splitlines()) if alive(pid) else {}
        pending = int(facts.get("SigPnd", "0"), 16) | int(facts.get("ShdPnd", "0"), 16)
        if not facts:
            self.wrong.add("a forged process was ended")
        elif pending:
            self.wrong.add(f"a forged process was sent signals ({pending:x})")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        with contextlib.suppress(ChildProcessError):
            os.waitpid(pid, 0)

    # Names.

    def take_sockets(self):
        """Holds the abstract names that Stoker gave to its sockets once; gives some back now and then, to take them at another moment."""
        base = f"\0stoker/{fnv(self.state.replace('%', '%25').replace(':', '%3A')):016x}"
        for service in self.services:
            if service in self.sockets:
                if random.random() < 0.05:
                    self.sockets.pop(service).close()
                continue
            taken = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            try:
                taken.bind(f"{base}/{service}")
                self.sockets[service] = taken
                self.done["sockets taken"] += 1
            except OSError:
                taken.close()

    def flood(self):
        """Fills every queue that it reaches with messages that are harmful, wrong or too long."""
        base = f"\0stoker/{fnv(self.state.replace('%', '%25').replace(':', '%3A')):016x}"
        known = [address.replace("@", "\0", 1) if address.startswith("@") else address for address in self.addresses]
        for address in [*known, *(f"{base}/{service}" for service in self.services)]:
            for _ in range(20):
                message = random.choice(MESSAGES)
                try:
                    self.sender.sendto(message.replace(b"%d", b"%d" % random.choice([*self.forged, 1])), address)
                    self.done["messages sent"] += 1
                    if address.startswith("/"):
                        self.wrong.add(f"a message reached {address}")
                except OSError:
                    break

    def squat(self):
        """Takes the names in shared memory that can be computed from the state directory, and those that it sees there in use."""
        status = os.stat(self.state)
        computed = f"stoker-{status.st_uid}-{fnv(f'{status.st_dev} {status.st_ino} {os.path.realpath(self.state)}'):x}"
        names = {computed, *map(os.path.basename, self.seen)}
        for path in (f"{folder}/{name}{end}" for name in names for folder in ("/dev/shm", "/tmp") for end in ("", ".output", ".tmp")):
            with contextlib.suppress(OSError):
                random.choice([os.mkdir, os.mkfifo, lambda path: open(path, "x").close(), lambda path: os.symlink("/etc", path)])(path)
                self.squats.add(path)
                self.done["names squatted"] += 1
        if self.squats and random.random() < 0.1:
            self.leave(random.choice(sorted(self.squats)))

    def leave(self, path):
        remove(path)
        self.squats.discard(path)

    def lock(self):
        """Holds the lock of every folder and file that it can open."""
        for path in self.locks:
            if path in self.locked:
                continue
            with contextlib.suppress(OSError):
                descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    self.locked[path] = descriptor
                    self.done["locks held"] += 1
                except OSError:
                    os.close(descriptor)

    # Files.

    def plant(self):
        """Replaces files in its own folders, and whole folders, by links to what it may not touch, by FIFOs and by folders."""
        for path in random.sample(self.planted, min(5, len(self.planted))):
            remove(path)
            with contextlib.suppress(OSError):
                what = random.random()
                if what < 0.1:
                    os.mkfifo(path)
                elif what < 0.2:
                    os.mkdir(path)
                elif what < 0.9:
                    os.symlink(random.choice(self.targets), path)
                self.done["links planted"] += 1
        for folder in self.folders:
            with contextlib.suppress(OSError):
                if os.path.islink(folder):
                    os.unlink(folder)
                    os.rename(f"{folder}.away", folder)
                elif random.random() < 0.2:
                    os.rename(folder, f"{folder}.away")
                    os.symlink(random.choice(self.targets), folder)
                    self.done["folders swapped"] += 1

    def intrude(self):
        """Tries what must fail: to make, read or replace something in the folders of root."""
        run = f"/run/stoker/{fnv(os.path.realpath(self.state)):016x}"
        places = [self.state, f"{self.state}/logs", f"{self.state}/output", os.path.dirname(self.state), os.path.dirname(run), run]
        for place in places:
            for name in ("runtime.json", "runtime.json.tmp", "lock", "stoker.sqlite", "stoker.sqlite-journal", uuid.uuid4().hex):
                path = f"{place}/{name}"
                for deed, what in ((os.O_RDONLY, "read"), (os.O_WRONLY, "opened"), (os.O_WRONLY | os.O_CREAT | os.O_EXCL, "made")):
                    with contextlib.suppress(OSError):
                        os.close(os.open(path, deed | os.O_NONBLOCK))
                        self.wrong.add(f"{path} was {what}")
                        if what == "made":
                            os.unlink(path)
                self.done["intrusions tried"] += 1

    def finish(self):
        for pid in self.forged:
            self.dismiss(pid)
        for path in list(self.squats):
            self.leave(path)
        for folder in self.folders:
            if os.path.islink(folder):
                os.unlink(folder)
                os.rename(f"{folder}.away", folder)
        for path in self.planted:
            remove(path)
        return {"done": self.done, "wrong": sorted(self.wrong)}


def remove(path):
    with contextlib.suppress(OSError):
        shutil.rmtree(path) if os.path.isdir(path) and not os.path.islink(path) else os.unlink(path)


def main(attack):
    become(attack["user"])
    os.chdir("/")
    attacker = Attack(attack)
    for _ in range(1 + attacker.immortals // 10):
        attacker.round()
    print("attacking", flush=True)
    over = time.monotonic() + attack["seconds"]
    while time.monotonic() < over:
        if select.select([sys.stdin], [], [], 0.02)[0]:
            told = os.read(0, 1 << 20)
            if not told:
                break
            for line in told.splitlines():
                attacker.add(json.loads(line))
        attacker.round()
    print(json.dumps(attacker.finish()), flush=True)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
