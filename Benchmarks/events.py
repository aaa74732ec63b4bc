#!/usr/bin/env python3
"""Measures how soon an event is with those who follow: 200 readers beside 1,000 services of which a hundred change a second.

Each change is an end that the programme brings about by `kill -9`; what is measured is the time from the kill until each reader has the event
of it, in a process of their own. Beside it stand Stoker's memory, its processor time, and how late its timers were, with the readers and
without. One more reader never reads: what it costs is shown, and that it is cut off."""

import argparse
import json
import multiprocessing
import os
import re
import selectors
import signal
import socket
import statistics
import sys
import time

from bench import free_port, machine, stoker
from lag import fetch, lag, quantile, wait_until_all_run

PATH = "/api/orchestration/events"


def follow(port, readers, began, results):
    """Follows with so many connections until told to end, then puts when each event came, {number: [monotonic, ...]}, and of which service
    and state it was, {number: (service, to)}, which is read off the first connection alone."""
    selector, first = selectors.DefaultSelector(), None
    for _ in range(readers):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        selector.register(connection, selectors.EVENT_READ, bytearray())
        first = first or connection
    arrivals, about = {}, {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    began.set()
    try:
        while True:
            for key, _ in selector.select():
                block = key.fileobj.recv(1 << 16)
                now = time.monotonic()
                if not block:
                    selector.unregister(key.fileobj)
                key.data.extend(block)
                end = key.data.rfind(b"\n\n") + 2
                for number in re.findall(rb"^id: \w+-(\d+)", key.data[:end], re.M):
                    arrivals.setdefault(int(number), []).append(now)
                if key.fileobj is first:
                    for line in re.findall(rb"^data: (.+)$", key.data[:end], re.M):
                        event = json.loads(line)
                        about[int(event["id"].split("-")[1])] = (event.get("service"), event.get("to"))
                del key.data[:end]
    except SystemExit:
        results.put((arrivals, about))


def status(pid):
    """Resident KiB and processor seconds of a process."""
    text = open(f"/proc/{pid}/status").read()
    fields = open(f"/proc/{pid}/stat").read().rsplit(") ", 1)[1].split()
    ticks = int(fields[11]) + int(fields[12])
    return int(re.search(r"VmRSS:\s+(\d+)", text)[1]), ticks / os.sysconf("SC_CLK_TCK")


def pids(port):
    services = json.loads(fetch(port, "/api/orchestration/services"))["services"]
    return {name: entry["pid"] for name, entry in services.items() if entry["pid"]}


def stretch(port, pid, seconds, rate):
    """Kills a service every so often. Returns the kills, processor seconds a second, and the lag of the timers in ms."""
    kills, known, began, before = [], {}, time.monotonic(), lag(port)
    _, used = status(pid)
    count = 0
    while time.monotonic() - began < seconds:
        if not known:
            known = pids(port)
        name, victim = known.popitem()
        due = began + count / rate
        time.sleep(max(0, due - time.monotonic()))
        try:
            at = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            kills.append((name, at))
            count += 1
        except ProcessLookupError:
            pass
    elapsed = time.monotonic() - began
    memory, after = status(pid)
    return kills, memory, (after - used) / elapsed, quantile(before, lag(port), 0.5), quantile(before, lag(port), 0.99)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--services", type=int, default=1000)
    parser.add_argument("--readers", type=int, default=200)
    parser.add_argument("--rate", type=float, default=33, help="kills a second; each is three changes")
    parser.add_argument("--seconds", type=float, default=30)
    options = parser.parse_args()
    port = free_port()
    restart = {"backoff": {"base": "0s"}, "max_attempts": "unlimited"}
    command = {"command": ["sleep", "1000000"], "log": {"path": "none"}, "restart": restart}
    services = {f"s{number:04}": command for number in range(options.services)}
    with stoker(services, port) as (process, said):
        wait_until_all_run(process, said, port, options.services)
        quiet = status(process.pid)[0]
        alone = stretch(port, process.pid, options.seconds, options.rate)
        began, results = multiprocessing.Event(), multiprocessing.Queue()
        reader = multiprocessing.Process(target=follow, args=(port, options.readers, began, results))
        reader.start()
        began.wait()
        idle = socket.socket()
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        idle.connect(("127.0.0.1", port))
        idle.sendall(f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        followed = stretch(port, process.pid, options.seconds, options.rate)
        time.sleep(2)
        reader.terminate()
        arrivals, about = results.get()
        reader.join()
        end = time.monotonic() + 90
        while cut_off(port) == 0 and time.monotonic() < end:
            time.sleep(0.5)
        is_cut = cut_off(port) > 0
    delays = delays_of(followed[0], arrivals, about)
    complete = sum(len(times) == options.readers for number, times in arrivals.items() if number in about)
    print(f"{machine()}\n")
    print(f"Events to {options.readers} readers, {options.services} services, {3 * options.rate:.0f} changes a second for {options.seconds:.0f} s\n")
    print("| | with nobody | with readers |\n|---|---|---|")
    print(f"| resident, MiB (quiet {quiet / 1024:.1f}) | {alone[1] / 1024:.1f} | {followed[1] / 1024:.1f} |")
    print(f"| processor, of one core | {alone[2]:.1%} | {followed[2]:.1%} |")
    print(f"| lag of timers, ms, median and 99 % | {alone[3]:.2f}, {alone[4]:.2f} | {followed[3]:.2f}, {followed[4]:.2f} |")
    if delays:
        cut = statistics.quantiles(delays, n=100)
        print(f"\nFrom a kill until a reader has its event: median {1000 * statistics.median(delays):.1f} ms, 99 % {1000 * cut[98]:.1f} ms, "
              f"largest {1000 * max(delays):.1f} ms, of {len(delays)} deliveries.")
    print(f"Of {len([n for n in arrivals if n in about])} events {complete} were with every reader. Who never read was {'' if is_cut else 'NOT '}cut off.")


def cut_off(port):
    page = fetch(port, "/metrics?name[]=stoker_http_rejected_requests_total").decode()
    found = re.search(r'reason="stream_timeout"\} (\d+)', page)
    return int(found[1]) if found else 0


def delays_of(kills, arrivals, about):
    """The delays of each kill at all readers, until the first event after it in which that service stops running."""
    by_service = {}
    for number, (service, to) in sorted(about.items()):
        if to == "backoff":
            by_service.setdefault(service, []).append(number)
    delays = []
    for name, at in kills:
        for number in by_service.get(name, []):
            if min(arrivals.get(number, [0])) >= at:
                delays += [time_ - at for time_ in arrivals[number]]
                by_service[name].remove(number)
                break
    return delays


if __name__ == "__main__":
    main()
