"""Tables of what was measured, and which of the aims are met."""

import statistics


class Column:
    """A figure: its key in the records, its heading, and whether more is better."""

    def __init__(self, key, heading, more_is_better=False):
        self.key, self.heading, self.more_is_better = key, heading, more_is_better


class Table:
    """The figures of one test. The first column is what is compared: with floor in the same round, and among the peers."""

    def __init__(self, test, case, title, *columns):
        self.test, self.case, self.title, self.columns = test, case, title, columns
        self.first = columns[0]


TABLES = [
    Table(
        "A", None, "Start of {services} services", Column("start_s", "all run, s"), Column("first_s", "the first, s"),
        Column("supervisor_cpu_s", "its CPU, s"), Column("tree_cpu_s", "CPU of all, s"),
    ),
    Table(
        "B", None, "Crash to restart, of one in {services}", Column("p50_ms", "median, ms"), Column("p99_ms", "p99, ms"),
        Column("min_ms", "least, ms"), Column("kills", "kills"), Column("missed", "missed"),
    ),
    Table(
        "C", None, "Idle with {services} services", Column("pss_mib", "memory (PSS), MiB"), Column("rss_mib", "resident, MiB"),
        Column("kernel_mib", "kernel's, all, MiB"), Column("cpu_s", "CPU, s a minute"), Column("switches_s", "switches a s"),
        Column("processes", "processes"), Column("descriptors", "descriptors"),
    ),
    Table(
        "D", "plain", "Stop of {services} services", Column("stop_s", "all gone, s"), Column("services_gone_s", "services gone, s"),
        Column("tree_cpu_s", "CPU of all, s"), Column("told", "ended by themselves"),
    ),
    Table(
        "D", "ignoring", "Stop of {services} services, of which 1 in 20 ignores SIGTERM for 2 s", Column("stop_s", "all gone, s"),
        Column("services_gone_s", "services gone, s"), Column("tree_cpu_s", "CPU of all, s"), Column("told", "ended by themselves"),
    ),
    Table(
        "E", "line", "Output, a line of 100 bytes in each write", Column("mb_s", "MB/s in the log", True), Column("cpu_percent", "its CPU, %"),
        Column("mb_cpu_s", "MB a second of its CPU"),
        Column("lost", "lines lost"), Column("doubled", "doubled"), Column("other", "not whole"),
    ),
    Table(
        "E", "block", "Output, 40 lines in each write", Column("mb_s", "MB/s in the log", True), Column("cpu_percent", "its CPU, %"),
        Column("mb_cpu_s", "MB a second of its CPU"),
        Column("lost", "lines lost"), Column("doubled", "doubled"), Column("other", "not whole"),
    ),
    Table(
        "E", "stopped", "Output, stopped while it writes", Column("lost", "lines lost"), Column("doubled", "doubled"),
        Column("other", "not whole"),
    ),
    Table(
        "F", "supervisor", "kill -9 of the supervisor, started again: of {of} services", Column("kept", "kept"),
        Column("quiet_survive", "quiet ones survive"), Column("talking_survive", "talking ones survive"),
        Column("most_of_one", "most of one at once"), Column("supervised", "of 3 restarted when killed"),
        Column("heard_on", "talking ones heard on"), Column("lines_lost", "lines lost"), Column("lines_doubled", "lines doubled"),
    ),
    Table(
        "F", "helpers", "kill -9 of the helpers: of {of} services", Column("kept", "kept"), Column("most_of_one", "most of one at once"),
        Column("twice", "there twice"),
    ),
    Table(
        "G", None, "{services} services that exit with 1 at once, for {seconds:g} s", Column("cpu_ms_a_start", "CPU of all, ms a start"),
        Column("tree_cpu_s", "CPU of all, s"), Column("supervisor_cpu_s", "its CPU, s"), Column("starts_each", "starts of each"),
        Column("gap_s", "from start to start, s"), Column("last_start_s", "last start at, s"),
    ),
]  # fmt: skip
# Where there is nothing to compare but whole numbers.
COUNTED = (("E", "stopped"), ("F", "supervisor"), ("F", "helpers"))


def number(value, digits=3):
    if value is None:
        return ""
    if isinstance(value, int) or value == int(value) and abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 100:
        return f"{value:.0f}"
    return f"{value:.{digits}g}" if abs(value) >= 0.0005 else "0"


class Results:
    """The records of all rounds."""

    def __init__(self, records):
        self.records = records
        self.subjects = list(dict.fromkeys(record["subject"] for record in records if "test" in record))
        self.ranked = {record["subject"] for record in records if record.get("is_peer")}

    def of(self, table, subject=None):
        return [
            record
            for record in self.records
            if record.get("test") == table.test and record.get("case") == table.case and subject in (None, record["subject"])
        ]

    def by_round(self, table, subject, key):
        found = {record["round"]: record.get(key) for record in self.of(table, subject)}
        return {turn: value for turn, value in found.items() if value is not None}

    def median(self, table, subject, key=None):
        values = self.by_round(table, subject, key or table.first.key)
        return statistics.median(values.values()) if values else None

    def best(self, table, subject):
        values = self.by_round(table, subject, table.first.key).values()
        return (max if table.first.more_is_better else min)(values) if values else None

    def ratio(self, table, subject, to="floor", key=None):
        """The median of its figure divided by another's in the same round: a machine changes more between rounds than within one."""
        ours, theirs = (self.by_round(table, name, key or table.first.key) for name in (subject, to))
        ratios = [ours[turn] / theirs[turn] for turn in ours if theirs.get(turn)]
        return statistics.median(ratios) if ratios else None

    def ranks(self, table):
        """{peer: its place}; those that are as good share one."""
        ranked = [subject for subject in self.subjects if subject in self.ranked and self.median(table, subject) is not None]
        figures = {subject: self.ratio(table, subject) for subject in ranked}
        if None in figures.values():
            figures = {subject: self.median(table, subject) for subject in ranked}
        sign = -1 if table.first.more_is_better else 1
        return {subject: 1 + sum(sign * other < sign * figures[subject] for other in figures.values()) for subject in ranked}

    def failure(self, test, subject):
        return next((record["error"] for record in self.records if record.get("failed") == test and record["subject"] == subject), None)


def print_table(results, table):
    records = results.of(table)
    failed = [subject for subject in results.subjects if results.failure(table.test, subject)]
    if not records:
        return
    print(f"\n{table.test}. {table.title.format(**records[0])}\n")
    is_counted = (table.test, table.case) in COUNTED
    first = [table.first.heading] if is_counted else [table.first.heading, "best", "times floor", "place"]
    headings = ["", *first, *(column.heading for column in table.columns[1:]), "rounds"]
    print("| " + " | ".join(headings) + " |\n|" + "---|" * len(headings))
    ranks = {} if is_counted else results.ranks(table)
    for subject in results.subjects:
        rounds = len(results.of(table, subject))
        if not rounds:
            continue
        cells = [number(results.median(table, subject))]
        if not is_counted:
            ratio = results.ratio(table, subject) if subject != "floor" else None
            cells += [number(results.best(table, subject)), number(ratio), str(ranks.get(subject, ""))]
        cells += [number(results.median(table, subject, column.key)) for column in table.columns[1:]]
        print(f"| {subject} | " + " | ".join(cells) + f" | {rounds} |")
    for subject in failed:
        if not results.of(table, subject):
            print(f"\n{subject}: {results.failure(table.test, subject)}")


class Aims:
    """Sentences, each with whether it is true; None: not measured."""

    def __init__(self, results):
        self.results = results
        self.lines = []

    def add(self, sentence, is_met, figures=""):
        word = "not measured" if is_met is None else "met" if is_met else "NOT MET"
        self.lines.append(f"- {word}: {sentence}" + (f" ({figures})" if figures else ""))

    def table(self, test, case=None):
        return next(table for table in TABLES if (table.test, table.case) == (test, case))

    def check(self):
        for test, case, what in (("A", None, "start"), ("B", None, "restart, median"), ("D", "plain", "stop")):
            ratio = self.results.ratio(self.table(test, case), "stoker")
            self.add(f"{what} in at most 1.5 times what floor takes", ratio and ratio <= 1.5, ratio and f"{ratio:.2f} times")
        for table in TABLES:
            if (table.test, table.case) not in COUNTED:
                self.check_first(table)
        self.check_idle()
        self.check_output()
        self.check_kill()
        return self.lines

    def check_first(self, table):
        ranks = self.results.ranks(table)
        place = ranks.get("stoker")
        about = {"plain": "", None: ""}.get(table.case, f" ({table.case})")
        if place is None or len(ranks) == 1:
            return self.add(f"first of the peers in {table.test}{about}", None)
        before = sorted((subject for subject in ranks if ranks[subject] < place), key=ranks.get)
        self.add(f"first of {len(ranks)} in {table.test}{about}", place == 1, "before it: " + ", ".join(before) if before else "")

    def check_idle(self):
        table = self.table("C")
        memory, cpu = self.results.median(table, "stoker", "rss_mib"), self.results.median(table, "stoker", "cpu_s")
        services = next((record["services"] for record in self.results.of(table, "stoker")), None)
        if services is not None and services < 1000:
            return self.add("1,000 idle services in less than 24 MiB resident", None, f"{memory:.1f} MiB with {services}")
        self.add("1,000 idle services in less than 24 MiB resident", memory and memory < 24, memory and f"{memory:.1f} MiB")
        self.add("no CPU that could be measured meanwhile", None if cpu is None else cpu < 0.005, None if cpu is None else f"{cpu:.4f} s a minute")

    def check_output(self):
        block = self.table("E", "block")
        speed, beside = self.results.median(block, "stoker"), self.results.ratio(block, "stoker", to="supervisord")
        self.add("more than 250 MB/s of 4 kB writes", speed and speed > 250, speed and f"{speed:.0f} MB/s")
        self.add("more of them than supervisord in the same round", beside and beside > 1, beside and f"{beside:.2f} times")
        faults = [record[key] for case in ("line", "block", "stopped") for record in self.results.of(self.table("E", case), "stoker")
                  for key in ("lost", "doubled", "other")]  # fmt: skip
        is_whole = None if not faults else not any(fault is None or fault for fault in faults)
        self.add("no line lost, doubled or cut", is_whole)

    def check_kill(self):
        records = self.results.of(self.table("F", "supervisor"), "stoker")
        kept = records and all(record["kept"] == record["of"] and record["supervised"] == 3 for record in records)
        self.add("kill -9: every service lives on, is adopted, and is looked after again", kept if records else None)
        self.add("kill -9: none is ever there twice", all(record["most_of_one"] <= 1 for record in records) if records else None)
        heard = records and all(record["heard_on"] == record["of"] // 2 for record in records)
        lost = sum(record["lines_lost"] for record in records)
        self.add("kill -9: its output goes on", heard if records else None, f"{lost} lines lost" if heard else "")


def print_aims(results):
    print("\nAims\n")
    print("\n".join(Aims(results).check()))
