"""The kernel's figures of processes, and the processes of one run, distinguished from all others."""

import os
import pathlib
import re
import signal
import time

TICK = os.sysconf("SC_CLK_TCK")
MARK = "STOKER_BENCH"
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def now():
    """Seconds of the clock that the services read too."""
    return time.clock_gettime_ns(time.CLOCK_MONOTONIC) / 1e9


def text(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


def status(pid):
    """(name, state, ticks of CPU); None if it is gone."""
    line = text(f"/proc/{pid}/stat")
    if not line:
        return None
    name, rest = line[line.index("(") + 1 : line.rindex(")")], line[line.rindex(")") + 2 :].split()
    return name, rest[0], int(rest[11]) + int(rest[12])


def lives(pid):
    found = status(pid)
    return found is not None and found[1] not in "ZX"


def threads(pid):
    return pathlib.Path(f"/proc/{pid}/task").glob("*")


def cpu(pid):
    """Seconds of CPU of a process that lives: the run time of its threads in nanoseconds, or its ticks where they are more."""
    exact = sum(int((text(thread / "schedstat") or "0").split()[0]) for thread in threads(pid)) / 1e9
    found = status(pid)
    return max(exact, found[2] / TICK if found else 0)


def switches(pid):
    """Context switches, wanted and unwanted, of each of its threads."""
    return {thread.name: sum(map(int, re.findall(r"ctxt_switches:\s+(\d+)", text(thread / "status")))) for thread in threads(pid)}


def memory(pid):
    """Its memory in KiB, as the kernel adds it up: Rss, Pss, Anonymous …"""
    return {key: int(size) for key, size in re.findall(r"^(\w+):\s+(\d+) kB", text(f"/proc/{pid}/smaps_rollup"), re.MULTILINE)}


def busy():
    """Seconds of CPU that the machine has used since it started."""
    fields = [int(field) for field in text("/proc/stat").split("\n", 1)[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def prefer(nice):
    """Gives this process, and its session where the kernel groups by sessions, another priority; as far as that is allowed."""
    for change in (
        lambda: os.setpriority(os.PRIO_PROCESS, 0, nice),
        lambda: pathlib.Path("/proc/self/autogroup").write_text(str(nice)),
    ):
        try:
            change()
        except OSError:
            pass


class Tree:
    """All processes of one run: those in cgroups of its own where such can be made, else those that bear its mark in their environment.

    Only a cgroup tells the CPU of processes that have ended."""

    made = 0

    def __init__(self):
        Tree.made += 1
        self.mark = f"stoker-bench-{os.getpid()}-{Tree.made}"
        self.cpuacct = self.make(CGROUPS / "cpuacct")
        self.memory = self.make(CGROUPS / "memory")
        unified = next((base for base in (CGROUPS, CGROUPS / "unified") if (base / "cgroup.controllers").exists()), None)
        self.unified = self.make(unified) if unified else None

    def make(self, base):
        directory = base / self.mark
        try:
            directory.mkdir()
        except OSError:
            return None
        return directory

    @property
    def cgroups(self):
        return [directory for directory in (self.cpuacct, self.memory, self.unified) if directory]

    def enter(self):
        """Called by the child that is to become the supervisor."""
        for directory in self.cgroups:
            try:
                (directory / "cgroup.procs").write_text("0")
            except OSError:
                pass

    def cpu(self):
        """Seconds of CPU of all, those that have ended included; None where that cannot be told."""
        if self.cpuacct:
            return int(text(self.cpuacct / "cpuacct.usage")) / 1e9
        found = re.search(r"usage_usec (\d+)", text(self.unified / "cpu.stat")) if self.unified else None
        return int(found[1]) / 1e6 if found else None

    def kernel_memory(self):
        """KiB that the kernel holds for them: stacks, page tables, pipes; None where that cannot be told."""
        if self.memory:
            return int(text(self.memory / "memory.kmem.usage_in_bytes") or 0) // 1024
        found = re.search(r"^kernel (\d+)", text(self.unified / "memory.stat"), re.MULTILINE) if self.unified else None
        return int(found[1]) // 1024 if found else None

    def pids(self):
        group = self.cpuacct or self.unified
        if group:
            # A supervisor may give its services cgroups below its own.
            listed = [int(pid) for path in group.rglob("cgroup.procs") for pid in text(path).split()]
        else:
            mark = f"{MARK}={self.mark}"
            listed = [int(entry) for entry in os.listdir("/proc") if entry.isdigit() and mark in text(f"/proc/{entry}/environ")]
        return [pid for pid in listed if lives(pid)]

    def end(self):
        """Kills what is left and removes the cgroups."""
        for _ in range(200):
            left = self.pids()
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except OSError:
                    pass
            if not left:
                break
            time.sleep(0.05)
        for directory in self.cgroups:
            below = sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True)
            for path in (*below, directory):
                remove(path)


def remove(cgroup):
    # The last of its processes may not be reaped yet.
    for _ in range(40):
        try:
            return cgroup.rmdir()
        except FileNotFoundError:
            return None
        except OSError:
            time.sleep(0.05)
