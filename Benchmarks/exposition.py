#!/usr/bin/env python3
"""Measures what a scrape costs: Stoker's exporter (`ExpositionBench`) beside other exporters of the same series, and prints tables.

  budget  the largest number of series, 10 % of the counters changed before each scrape, in the text format, as it is and gzipped: all
          exporters in turn, in rounds. "Times ours" is the median over the rounds of a peer's figure to ours of the same round, since
          a machine that others share changes more between rounds than within one
  table   each format and encoding in a process of its own: the first scrape after the start, then the steady state with 1 % of all
          series changed before each scrape

A scrape's time is from the request to the last byte, on a kept connection where the server keeps it. CPU is the exporter's own and
includes the changes. Peak memory is the process's from its start on. Slow exporters get fewer scrapes, but never less than 8; of less
than 100 scrapes the 99th percentile is the longest. Every answer's encoding and type are checked, the number of its series, and that
the changes arrive; the budget's exporters are compared with the specification value by value.

Allocations are calls of malloc and its kin, and the bytes they asked for, counted by count_allocations.c in a run of its own. Go and
Python have allocators of their own, of which such a count would say nothing: "-". Debian's client_golang and client_python speak
OpenMetrics 0.0.1, not 1.0.0, and client_python has no protobuf.

What measures is not part of this repository: BENCH_SUITE is the folder of the black-box suite (default: ../shared/bench beside it), with
the peers and the specification. They are built in PEERS (default: ~/.cache/stoker-bench), which makes the first run longer."""

import argparse
import contextlib
import gzip
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

from bench import HERE, ROOT, SUITE, figures, free_port, machine, ratio, read

OURS = pathlib.Path(os.environ.get("EXPOSITION_BENCH", ROOT / ".build" / "release" / "ExpositionBench")).resolve()
BUILD = pathlib.Path(os.environ.get("PEERS", "~/.cache/stoker-bench")).expanduser().resolve() / "expo-build"
STRIDE = 40  # the counters are 40 % of the series: one in 40 of them is 1 % of all
FEWEST, SECONDS = 8, 4  # scrapes of one kind end after so many seconds, but not before there are so many: the suite's rule

ENCODINGS = ("identity", "gzip")
# The requested format, and the text that must be in the answer's Content-Type.
FORMATS = {
    "text": ("text/plain;version=0.0.4", {"text/plain", "version=0.0.4"}),
    "OpenMetrics": (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.5",
        {"application/openmetrics-text", "version=1.0.0"},
    ),
    "protobuf": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
        {"application/vnd.google.protobuf", "proto=io.prometheus.client.MetricFamily", "encoding=delimited"},
    ),
}
PEERS = ("vm-metrics", "client_golang", "python-deb")
# Further peers of the budget, left out where they cannot be built, and what Debian calls that which they need.
FURTHER = {
    "prometheus-cpp": "g++ prometheus-cpp-dev zlib1g-dev",
    "rust-prometheus": "cargo librust-prometheus-dev librust-tiny-http-dev librust-flate2-dev librust-libc-dev",
}
# (encoding, peer, how many times our time a scrape it shall take at the least), for 100,000 series.
AIMS = (("identity", "vm-metrics", 4), ("identity", "client_golang", 40), ("gzip", "vm-metrics", 8), ("gzip", "client_golang", 30))


def progress(*words):
    print(*words, file=sys.stderr, flush=True)


def check_tools():
    if not (SUITE / "expobench.py").exists():
        sys.exit(f"the benchmark suite is not at {SUITE}: set BENCH_SUITE to the folder that holds expobench.py")
    if not OURS.exists():
        sys.exit(f"{OURS} is missing: run 'swift build -c release --product ExpositionBench' first, or set EXPOSITION_BENCH")
    go, python = pathlib.Path("/usr/share/gocode/src/github.com"), pathlib.Path("/usr/lib/python3/dist-packages")
    there = {
        "gcc libc6-dev": shutil.which("gcc"),
        "golang-go": shutil.which("go"),
        "golang-github-prometheus-client-golang-dev": (go / "prometheus/client_golang").exists(),
        "golang-github-victoriametrics-metrics-dev": (go / "VictoriaMetrics/metrics").exists(),
        "python3-prometheus-client": (python / "prometheus_client").exists(),
    }
    missing = [package for package, found in there.items() if not found]
    if missing:
        sys.exit("the peers need, by their names in Debian: apt-get install " + " ".join(missing))


# The budget: driven by the suite.


def run_suite(results, *arguments):
    """One run of the suite; its JSON lines are appended to `results`."""
    command = [sys.executable, SUITE / "expobench.py", "--build", BUILD, "--nice", "0", "--json", results, *arguments]
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(done.stdout + f"\nthe benchmark suite failed ({done.returncode})")


def build_further(directory):
    """Those of the further peers that could be built, and a sentence for each of the others."""
    built, sentences = [], []
    for peer, packages in FURTHER.items():
        progress("building", peer, "…")
        results = directory / (peer + ".jsonl")
        run_suite(results, "--subjects", peer, "--build-only")
        (record,) = map(json.loads, results.read_text().splitlines())
        if "error" in record:
            sentences.append(f"{peer} is left out, it could not be built (apt-get install {packages}): {record['error']}")
        else:
            built.append(peer)
    return built, sentences


def measure_budget(results, peers, series, rounds, scrapes):
    common = ["--tests", "H", "--series", series, "--scrapes", scrapes, "--cap-s", SECONDS, "--quiet-wait", 1]
    for number in range(rounds):
        for subject in ("stoker", *peers):
            progress(f"budget, round {number + 1} of {rounds}: {series} series of {subject} …")
            exporter = ["--exporter", f"stoker={shlex.quote(str(OURS))} {{port}} {{series}}", "--subjects", ""]
            run_suite(results, *(exporter if subject == "stoker" else ["--subjects", subject]), *common)
    records = [record for record in read(results) if record["test"] == "H"]
    for record in records:
        if record["check"] != "same":
            sys.exit(f"{record['subject']} does not serve what {SUITE}/expo/SPEC.md says: {record['check']}")
        if record["got_encoding"] != record["encoding"]:
            sys.exit(f"{record['subject']} answered with {record['got_encoding']} where {record['encoding']} was asked for")
    return records


def print_budget(records, subjects, series, rounds, sentences):
    def of(subject, encoding, key):
        return figures(records, "H", subject, key, encoding=encoding)

    def times_ours(subject, encoding, key):
        return ratio(of(subject, encoding, key), of("stoker", encoding, key))

    print(f"## {series:,} series in the text format, 10 % of the counters changed before each scrape\n")
    print(f"Medians of {rounds} round{'s' if rounds > 1 else ''}; peak memory up to and with that encoding, identity first.\n")
    print("| | encoding | ms a scrape, median | CPU, ms a scrape | bytes | peak memory, MiB | times our ms | times our CPU |")
    print("|---|---|---|---|---|---|---|---|")
    for encoding in ENCODINGS:
        for subject in subjects:
            cells = [short(statistics.median(of(subject, encoding, key))) for key in ("p50_ms", "cpu_ms_per_scrape", "bytes")]
            cells.append(short(statistics.median(of(subject, encoding, "peak_rss_kb")) / 1024))
            cells += [short(times_ours(subject, encoding, key)) if subject != "stoker" else "" for key in ("p50_ms", "cpu_ms_per_scrape")]
            print("|", " | ".join([subject, encoding, *cells]), "|")
    for sentence in sentences:
        print(f"\n{sentence}")

    print("\n| aim" + ("" if series == 100_000 else " (meant for 100,000 series)") + " | wanted | measured | |\n|---|---|---|---|")
    for encoding, peer, least in AIMS:
        found = times_ours(peer, encoding, "p50_ms")
        print(f"| times our ms, {encoding}: {peer} | at least {least} | {short(found)} | {'met' if found >= least else 'not met'} |")
    memory = {subject: statistics.median(of(subject, "gzip", "peak_rss_kb")) / 1024 for subject in subjects}
    ours = memory.pop("stoker")
    least = min(memory, key=memory.get)
    verdict = "met" if ours < memory[least] else "not met"
    print(f"| peak memory, MiB: the least of the others is {least} | below {short(memory[least])} | {short(ours)} | {verdict} |")


# The table: measured here.


def changed_copy(source, target, *replacements):
    """A copy of a file of the suite with each of the texts, which must occur once, replaced."""
    text = source.read_text()
    for old, new in replacements:
        if text.count(old) != 1:
            sys.exit(f"cannot change '{old}' to '{new}' in {source}: it is there {text.count(old)} times, not once")
        text = text.replace(old, new)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text)
    return target


def build_table_subjects(directory):
    """Name -> (function of port and series that gives the command, formats); and the shared object that counts allocations."""
    changed = BUILD / f"stride-{STRIDE}"
    script = changed_copy(SUITE / "expo/exporter.py", changed / "exporter.py", ("i % 10 == 0", f"i % {STRIDE} == 0"))
    open_metrics = ("promhttp.HandlerOpts{}", "promhttp.HandlerOpts{EnableOpenMetrics: true}")
    source = changed_copy(SUITE / "expo/go/main.go", changed / "go/main.go", ("i%10 == 0", f"i%{STRIDE} == 0"), open_metrics)
    progress("building client_golang …")
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": "/usr/share/gocode", "GOFLAGS": "", "GOCACHE": str(BUILD / "gocache")}
    subprocess.run(["go", "build", "-o", changed / "exporter", source], env=environment, check=True)
    counter = directory / "count_allocations.so"
    subprocess.run(["gcc", "-O2", "-shared", "-fPIC", "-o", counter, HERE / "count_allocations.c"], check=True)
    subjects = {
        "stoker": (lambda port, series: [OURS, port, series, STRIDE], ("text", "OpenMetrics", "protobuf")),
        "client_golang": (lambda port, series: [changed / "exporter", port, series], ("text", "OpenMetrics", "protobuf")),
        "client_python": (lambda port, series: ["/usr/bin/python3", script, port, series], ("text", "OpenMetrics")),
    }
    return subjects, counter


@contextlib.contextmanager
def running(command, series, **environment):
    """The process and the port of an exporter that listens."""
    port = free_port()
    words = [str(word) for word in command(port, series)]
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env={**os.environ, **environment})
        try:
            end = time.monotonic() + 120
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port), 1).close()
                    break
                except OSError:
                    if process.poll() is not None or time.monotonic() > end:
                        out.seek(0)
                        sys.exit(f"{' '.join(words)} does not listen: {out.read().decode(errors='replace')[-1000:]}")
                    time.sleep(0.01)
            time.sleep(0.3)  # until the start is over
            yield process, port
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class Scraper:
    """A client that does little, since it shares the machine with what it measures: an answer is taken apart after its time is taken."""

    buffer = bytearray(256 << 20)  # the kernel gives only the pages that are written

    def __init__(self, port, kind, encoding):
        self.port, self.socket = port, None
        self.request = (
            f"GET /metrics HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: {FORMATS[kind][0]}\r\nAccept-Encoding: {encoding}\r\n\r\n"
        ).encode()

    def scrape(self):
        """Milliseconds from the request to the last byte of the answer."""
        began = time.perf_counter()
        if self.socket is None:
            self.socket = socket.create_connection(("127.0.0.1", self.port), 120)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.sendall(self.request)
        view, self.start, self.end = memoryview(self.buffer), 0, 0
        while True:
            if self.end == len(view):
                sys.exit(f"an answer is longer than {len(view)} bytes")
            count = self.socket.recv_into(view[self.end :])
            self.end += count
            if not self.start and (empty_line := self.buffer.find(b"\r\n\r\n", 0, self.end)) >= 0:
                self.start = empty_line + 4
                self.read_head(self.buffer[:empty_line].decode("latin-1"))
            if not count:
                if not self.start or self.length is not None or self.chunked:
                    sys.exit(f"the exporter closed the connection after {self.end} bytes of an answer")
                break
            if self.start and self.length is not None and self.end >= self.start + self.length:
                break
            if self.start and self.chunked and self.buffer.endswith(b"\r\n0\r\n\r\n", self.start - 2, self.end):
                break
        took = 1000 * (time.perf_counter() - began)
        if not self.kept:
            self.socket.close()
            self.socket = None
        return took

    def read_head(self, head):
        status, *lines = head.split("\r\n")
        version, code, *_ = status.split(" ")
        if code != "200":
            sys.exit(f"the exporter answered {status}")
        self.headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        self.length = int(self.headers["content-length"]) if "content-length" in self.headers else None
        self.chunked = self.headers.get("transfer-encoding") == "chunked"
        self.kept = version == "HTTP/1.1" and self.headers.get("connection", "").lower() != "close"

    def body(self):
        """The body of the last answer, as it was encoded."""
        if not self.chunked:
            return bytes(self.buffer[self.start : self.end])
        parts, at = [], self.start
        while True:
            line_end = self.buffer.index(b"\r\n", at)
            size = int(self.buffer[at:line_end].split(b";")[0], 16)
            if not size:
                return b"".join(parts)
            parts.append(self.buffer[line_end + 2 : line_end + 2 + size])
            at = line_end + 4 + size

    def close(self):
        if self.socket:
            self.socket.close()


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
        shift += 7


def fields(data, at, end):
    """Number, begin and end of each field of the protobuf message data[at:end]."""
    while at < end:
        key, at = varint(data, at)
        if key & 7 == 0:
            after = varint(data, at)[1]
        elif key & 7 == 2:
            size, at = varint(data, at)
            after = at + size
        else:
            after = at + {1: 8, 5: 4}[key & 7]
        yield key >> 3, at, after
        at = after


def samples(kind, page):
    """How many lines of samples a page has or, in protobuf, stands for."""
    if kind != "protobuf":
        return sum(1 for line in page.splitlines() if line and not line.startswith(b"#"))
    total = at = 0
    infinity = struct.pack("<d", float("inf"))
    while at < len(page):
        size, at = varint(page, at)
        for number, begin, end in fields(page, at, at + size):
            if number != 4:  # MetricFamily.metric
                continue
            for of_metric, begin, end in fields(page, begin, end):
                if of_metric in (2, 3, 5):  # gauge, counter, untyped
                    total += 1
                elif of_metric == 7:  # histogram: count and sum, the bucket without a bound, which need not be sent, and the others
                    buckets = [page[a:z] for of_histogram, a, z in fields(page, begin, end) if of_histogram == 3]
                    total += 3 + sum(infinity not in bucket for bucket in buckets)
        at += size
    return total


def checked_page(scraper, subject, kind, encoding, series):
    """The last answer's decoded body, if the answer is what was asked for."""
    where = f"{subject}, {series} series, {kind}, {encoding}"
    found, wanted = {part.strip() for part in scraper.headers.get("content-type", "").split(";")}, FORMATS[kind][1]
    if subject != "stoker" and kind == "OpenMetrics":
        wanted = wanted - {"version=1.0.0"} | {"version=0.0.1"}
    if not wanted <= found:
        sys.exit(f"{where}: Content-Type is '{scraper.headers.get('content-type')}', and lacks {' and '.join(sorted(wanted - found))}")
    if scraper.headers.get("content-encoding", "identity") != encoding:
        sys.exit(f"{where}: Content-Encoding is {scraper.headers.get('content-encoding', 'not there')}")
    body = scraper.body()
    page = gzip.decompress(body) if encoding == "gzip" else body
    wanted = 2 * (series * 4 // 10) + 10 * (series // 50)
    if samples(kind, page) != wanted:
        sys.exit(f"{where}: {samples(kind, page)} samples, not {wanted}")
    if kind == "OpenMetrics" and not page.endswith(b"# EOF\n"):
        sys.exit(f"{where}: the page does not end with # EOF")
    return page


def change(process):
    process.send_signal(signal.SIGUSR1)
    time.sleep(0.03)


def cpu_ms(process):
    """CPU of a live process and its threads, ended ones too: the clock that clock_getcpuclockid(3) names."""
    return time.clock_gettime_ns(~process.pid << 3 | 2) / 1e6


def peak_kb(process):
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


def measure(subject, command, series, kind, encoding, most):
    """One cell of the table, in a process that serves nothing else."""
    with running(command, series) as (process, port), contextlib.closing(Scraper(port, kind, encoding)) as scraper:
        first = scraper.scrape()
        before = checked_page(scraper, subject, kind, encoding, series)
        scraper.scrape()
        times, cpu, end = [], cpu_ms(process), time.monotonic() + SECONDS
        while len(times) < most and (len(times) < FEWEST or time.monotonic() < end):
            change(process)
            times.append(scraper.scrape())
        cpu = (cpu_ms(process) - cpu) / len(times)
        if checked_page(scraper, subject, kind, encoding, series) == before:
            sys.exit(f"{subject}, {series} series, {kind}, {encoding}: {len(times)} changes, and the page is still the first one")
        longest = sorted(times)[min(len(times) - 1, int(0.99 * len(times)))]
        return [first, statistics.median(times), longest, cpu], len(scraper.body()), peak_kb(process) / 1024


def allocations(command, series, kind, encoding, counter):
    """Allocations of one scrape, and the bytes they asked for: medians, in a process of their own, since counting takes time."""
    with tempfile.NamedTemporaryFile(prefix="stoker-bench-") as file:
        file.write(bytes(16))
        file.flush()

        def counts():
            return struct.unpack("QQ", pathlib.Path(file.name).read_bytes())

        found = []
        with running(command, series, LD_PRELOAD=str(counter), COUNT_ALLOCATIONS=file.name) as (process, port):
            with contextlib.closing(Scraper(port, kind, encoding)) as scraper:
                for _ in range(FEWEST + 2):
                    change(process)
                    before = counts()
                    scraper.scrape()
                    time.sleep(0.01)  # what the exporter does once the last byte is sent
                    found.append([after - number for after, number in zip(counts(), before)])
        if counts() == (0, 0):
            sys.exit(f"{counter.name} counted nothing in {command(port, series)[0]}: is it linked statically with its libc?")
        return [statistics.median(column) for column in zip(*found[2:])]


def short(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def print_table(subjects, counter, all_series, scrapes):
    for series in all_series:
        rows = []
        for kind in FORMATS:
            for encoding in ENCODINGS:
                for subject, (command, formats) in subjects.items():
                    if kind not in formats:
                        rows.append([kind, encoding, subject, *[""] * 8])
                        continue
                    progress(f"table: {series} series of {subject}, {kind}, {encoding} …")
                    times, size, peak = measure(subject, command, series, kind, encoding, scrapes)
                    counted = ["-", "-"]
                    if subject == "stoker":
                        calls, asked = allocations(command, series, kind, encoding, counter)
                        counted = [short(calls), short(asked / 1000)]
                    rows.append([kind, encoding, subject, *map(short, times), *counted, f"{size:,}", short(peak)])
        print(f"\n## {series:,} series, 1 % of them changed before each scrape\n")
        columns = ("first scrape, ms", "median, ms", "p99, ms", "CPU, ms", "allocations", "kB allocated", "bytes sent", "peak memory, MiB")
        print("| format | encoding | |", " | ".join(columns), "|")
        print("|---|---|---|" + "---|" * len(columns))
        for row in rows:
            print("|", " | ".join(row), "|", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", help="numbers of series, with commas; the budget takes the largest (default: 1000,10000,100000)")
    parser.add_argument("--scrapes", type=int, default=30, help="scrapes of each kind at the most (default: 30)")
    parser.add_argument("--rounds", type=int, help="rounds of the budget (default: 3)")
    parser.add_argument("--quick", action="store_true", help="1,000 and 10,000 series, and one round")
    arguments = parser.parse_args()
    wanted = arguments.series or ("1000,10000" if arguments.quick else "1000,10000,100000")
    try:
        all_series = sorted(int(part) for part in wanted.split(","))
    except ValueError:
        parser.error(f"--series takes numbers with commas between them, not '{wanted}'")
    if any(series < 50 or series % 50 for series in all_series):
        parser.error("--series takes multiples of 50: the specification has a histogram for each 50 series")
    rounds = arguments.rounds or (1 if arguments.quick else 3)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what was started is stopped
    check_tools()
    with tempfile.TemporaryDirectory(prefix="stoker-bench-") as directory:
        directory = pathlib.Path(directory)
        subjects, counter = build_table_subjects(directory)
        built, sentences = build_further(directory)
        peers = (*PEERS, *built)
        records = measure_budget(directory / "budget.jsonl", peers, all_series[-1], rounds, arguments.scrapes)
        print(f"\n{machine()}\n")
        print_budget(records, ("stoker", *peers), all_series[-1], rounds, sentences)
        sys.stdout.flush()
        print_table(subjects, counter, all_series, arguments.scrapes)


if __name__ == "__main__":
    main()
