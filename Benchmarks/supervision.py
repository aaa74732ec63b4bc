"""The tests of supervision, A to G. Each takes an adapter and measures it once; what it yields are records of figures.

  A  start    start_s: from just before fork of the supervisor to the first instruction of the last service
              supervisor_cpu_s, tree_cpu_s: CPU until then, of the supervisor's processes, and of all with the services
  B  restart  from just before kill -9 of one of 100 services, all up for 6 s, to the first instruction of its next process
  C  idle     after 8 s of settling: memory of the supervisor's processes, and their CPU a minute
  D  stop     from the order until all services, and then all of the supervisor, are gone; plain, and with 1 service in 20 that ignores
              SIGTERM (killed after 2 s)
  E  output   a service writes lines of 100 bytes, one or 40 in a write(2): MB/s of lines that are in the log, and lines that are not
  F  kill -9  of the supervisor, started again 3 s later: who lives, who is there twice, whether it is supervised again, and its output
  G  storm    100 services that exit with 1 at once: how often they are started, and the CPU of all

Times of services are their own: CLOCK_MONOTONIC, read as the first thing in main."""

import os
import statistics
import subprocess
import time

from processes import busy, lives, now, switches
from run import Run


def quiet(settings):
    """Waits, but not for long, until nothing else is going on."""
    end = time.monotonic() + settings.quiet
    while time.monotonic() < end:
        before = busy()
        time.sleep(0.5)
        if busy() - before < 0.1:
            return


def start_and_stop(adapter, settings, ignoring=False):
    count = settings.services
    quiet(settings)
    with Run(adapter, count, settings, lambda number: ["ignore"] if ignoring and number % 20 == 7 else []) as run:
        before = busy()
        run.start()
        run.started()
        supervisor, tree = run.supervisor_cpu(), run.tree.cpu()
        times = [when for _, _, when in run.starts]
        other = busy() - before - (tree or 0)
        time.sleep(settings.settle)
        settled = run.tree.cpu()
        services, everything = run.stop()
        stopped = run.tree.cpu()
        if not ignoring:
            yield {
                "test": "A", "services": count, "start_s": max(times) - run.began, "first_s": min(times) - run.began,
                "supervisor_cpu_s": supervisor, "tree_cpu_s": tree, "other_cpu_s": other,
            }  # fmt: skip
        yield {
            "test": "D", "case": "ignoring" if ignoring else "plain", "services": count, "services_gone_s": services, "stop_s": everything,
            "tree_cpu_s": stopped and stopped - settled, "told": len(run.noted("term")),
        }  # fmt: skip


def stop_with_ignorers(adapter, settings):
    yield from start_and_stop(adapter, settings, ignoring=True)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def restart(adapter, settings):
    count = min(100, settings.services)
    kills = min(adapter.kills, settings.kills)
    with Run(adapter, count, settings) as run:
        run.start()
        run.started()
        time.sleep(6)
        quiet(settings)
        times, missed = [], 0
        for number in range(kills):
            name = f"s{number * count // kills:04}"
            pid = [pid for of, pid, _ in run.starts if of == name][-1]
            seen, killed = len(run.starts), now()
            os.kill(pid, 9)
            found = None
            while found is None and now() < killed + 20:
                time.sleep(0.001 if now() < killed + 0.1 else 0.01)
                run.look()
                found = next((when for of, _, when in run.starts[seen:] if of == name), None)
            if found is None:
                missed += 1
            else:
                times.append(1000 * (found - killed))
            # Not in step with the cycle of one that polls.
            time.sleep(0.037 + adapter.spread * (number * 0.618 % 1))
        if not times:
            raise RuntimeError(f"none of {kills} killed services was restarted within 20 s")
        yield {
            "test": "B", "services": count, "kills": kills, "missed": missed, "p50_ms": statistics.median(times),
            "p99_ms": percentile(times, 0.99), "min_ms": min(times),
        }  # fmt: skip


def idle(adapter, settings):
    quiet(settings)
    with Run(adapter, settings.services, settings) as run:
        run.start()
        run.started()
        time.sleep(settings.idle_settle)
        supervisors = run.supervisors()
        before, used = {pid: switches(pid) for pid in supervisors}, idle_cpu(run)
        began = now()
        time.sleep(settings.idle)
        seconds = now() - began
        used = idle_cpu(run) - used
        after = {pid: switches(pid) for pid in supervisors if lives(pid)}
        switched = sum(count - before[pid].get(thread, 0) for pid in after for thread, count in after[pid].items())
        sizes = run.supervisor_memory()
        yield {
            "test": "C", "services": settings.services, "processes": len(supervisors), "rss_mib": sizes["Rss"] / 1024,
            "pss_mib": sizes["Pss"] / 1024, "anonymous_mib": sizes["Anonymous"] / 1024,
            "kernel_mib": (run.tree.kernel_memory() or 0) / 1024 or None, "cpu_s": max(0, used) * 60 / seconds,
            "switches_s": switched / seconds, "descriptors": sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in after),
        }  # fmt: skip


def idle_cpu(run):
    """Seconds of CPU of all: the services do nothing, and the sum over the supervisor's threads forgets those that end."""
    everything = run.tree.cpu()
    return run.supervisor_cpu() if everything is None else everything


def lines_in(adapter, run, settings):
    """The lines of the flood in the log, once it grows no more: (lines, doubled, other)."""
    size, files = -1, adapter.logs(run.directory, "s0000")
    for _ in range(100):
        files = adapter.logs(run.directory, "s0000")
        new = sum(os.path.getsize(file) for file in files if os.path.exists(file))
        if new == size:
            break
        size = new
        time.sleep(0.3)
    counted = subprocess.run([settings.programs.lines, str(adapter.stamp), *files], capture_output=True, text=True, check=True)
    return [int(word) for word in counted.stdout.split()]


def output(adapter, settings):
    for case, batch in (("line", 1), ("block", 40)):
        quiet(settings)
        with Run(adapter, 1, settings, lambda _: ["flood", settings.flood, batch]) as run:
            run.start()
            run.started()
            before = run.supervisor_cpu()
            end = time.monotonic() + settings.flood + 30
            while not run.noted("wrote"):
                if time.monotonic() > end:
                    raise RuntimeError(f"the writer was not done 30 s after its time: {run.words()}")
                time.sleep(0.02)
            used = run.supervisor_cpu() - before
            (wrote,) = run.noted("wrote")
            seconds = int(wrote[3]) / 1e9 - run.starts[0][2]
            found, doubled, other = lines_in(adapter, run, settings)
            yield {
                "test": "E", "case": case, "mb_s": found * 100 / seconds / 1e6, "cpu_percent": 100 * used / seconds,
                "mb_cpu_s": found * 100 / used / 1e6 if used > 0 else None,
                "written": int(wrote[4]), "lost": int(wrote[4]) - found, "doubled": doubled, "other": other,
            }  # fmt: skip
    # Everything is stopped while it writes: the last words are what gets lost.
    with Run(adapter, 1, settings, lambda _: ["flood", 3600, 1]) as run:
        run.start()
        run.started()
        time.sleep(2)
        run.stop(10)
        told = run.noted("term")
        found, doubled, other = lines_in(adapter, run, settings)
        # Killed rather than told to end, it could not say how much it had written.
        lost = int(told[0][4]) - found if told else None
        yield {"test": "E", "case": "stopped", "lost": lost, "doubled": doubled, "other": other}


def kill_supervisor(adapter, settings):
    count = 10
    with Run(adapter, count, settings, lambda number: ["talk", 5] if number % 2 else []) as run:
        run.start()
        run.started()
        time.sleep(3)
        before = run.living()
        run.kill_supervisor()
        time.sleep(3)
        alone = run.living()
        survivors = {name: before[name] & alone.get(name, set()) for name in before}
        run.start()
        most = most_of_one(run, 9)
        after = run.living()
        kept = {name: pids & after.get(name, set()) for name, pids in survivors.items()}
        talkers = [pid for name, pids in kept.items() if int(name[1:]) % 2 for pid in pids]
        heard = lines_of(adapter, run)
        # Is it looked after again?
        for name in ("s0000", "s0002", "s0004"):
            for pid in after.get(name, ()):
                os.kill(pid, 9)
        time.sleep(4)
        back = run.living()
        # Still alive and silent for us, or still heard?
        later = lines_of(adapter, run)
        run.stop(10)
        final = lines_of(adapter, run)
        told = {int(words[2]): int(words[4]) for words in run.noted("term")}
        yield {
            "test": "F", "case": "supervisor", "of": count, "quiet_survive": alive(survivors, 0), "talking_survive": alive(survivors, 1),
            "kept": sum(map(bool, kept.values())), "most_of_one": most, "twice": sum(len(pids) > 1 for pids in after.values()),
            "supervised": sum(name in back and not back[name] & after[name] for name in ("s0000", "s0002", "s0004") if name in after),
            "talkers": len(talkers), "heard_on": sum(len(later.get(pid, ())) > len(heard.get(pid, ())) for pid in talkers),
            "lines_lost": sum(told[pid] - len(set(final.get(pid, ()))) for pid in talkers if pid in told),
            "lines_doubled": sum(len(final.get(pid, ())) - len(set(final.get(pid, ()))) for pid in talkers), "says": run.words()[-160:],
        }  # fmt: skip


def kill_helpers(adapter, settings):
    """For supervisors with a helper process for each service: all helpers are killed."""
    with Run(adapter, 10, settings) as run:
        run.start()
        run.started()
        time.sleep(3)
        before = run.living()
        helpers = adapter.helper_pids(run.directory, run.supervisor_commands())
        if not helpers:
            return
        for pid in helpers:
            os.kill(pid, 9)
        most = most_of_one(run, 8)
        after = run.living()
        kept = sum(bool(pids & after.get(name, set())) for name, pids in before.items())
        twice = sum(len(pids) > 1 for pids in after.values())
        yield {"test": "F", "case": "helpers", "of": 10, "kept": kept, "most_of_one": most, "twice": twice}


def alive(survivors, parity):
    return sum(bool(pids) for name, pids in survivors.items() if int(name[1:]) % 2 == parity)


def most_of_one(run, seconds):
    """The most processes that one service had at once, over some seconds."""
    most, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        most = max([most, *map(len, run.living().values())])
        time.sleep(0.1)
    return most


def lines_of(adapter, run):
    """The numbers of the lines in the logs, by the pid that wrote them."""
    found = {}
    for service in run.services:
        for path in adapter.logs(run.directory, service.name):
            if not os.path.isfile(path):
                continue
            with open(path, errors="replace") as file:
                for line in file:
                    words = line[adapter.stamp :].split()
                    if line.endswith("\n") and len(words) == 2 and words[0].isdigit() and words[1].isdigit():
                        found.setdefault(int(words[0]), []).append(int(words[1]))
    return found


def storm(adapter, settings):
    count = min(100, settings.services)
    quiet(settings)
    with Run(adapter, count, settings, lambda _: ["fail"]) as run:
        run.start()
        time.sleep(settings.storm)
        run.look()
        tree, supervisor = run.tree.cpu(), run.supervisor_cpu()
        starts = len(run.starts)
        by_name = {}
        for name, _, when in run.starts:
            by_name.setdefault(name, []).append(when)
        gaps = [late - early for times in by_name.values() for early, late in zip(times, times[1:])]
        yield {
            "test": "G", "services": count, "seconds": settings.storm, "starts_each": starts / count,
            "gap_s": statistics.median(gaps) if gaps else None, "last_start_s": max(when for _, _, when in run.starts) - run.began,
            "tree_cpu_s": tree, "supervisor_cpu_s": supervisor, "cpu_ms_a_start": tree and 1000 * tree / starts,
        }  # fmt: skip


# By letter: what is measured, and whether that needs what moves output into files. (A measures D's first half too.)
TESTS = {
    "A": [(start_and_stop, False)],
    "B": [(restart, False)],
    "C": [(idle, False)],
    "D": [(stop_with_ignorers, False)],
    "E": [(output, True)],
    "F": [(kill_supervisor, True), (kill_helpers, False)],
    "G": [(storm, False)],
}
