"""The page for Prometheus in its three formats: each is right by other people's parsers, and all of them tell the same."""

import re
import shutil
import subprocess
import time

import pytest

from exposition_formats import FORMATS, fetch, native_buckets, read
from harness import HealthServer, Stoker, recorder, wait_for

ODD = 'quo"te \\back\\slash \\n äöü ☃ {}=, # \\'
SICK = {"interval": "200ms", "failure_threshold": 1, "auto_recovery": False}


def fresh(make, *_):
    """Asked for as soon as it answers anything but `starting`."""
    stoker = make(services={name: recorder(name, health={"exec": {"command": "true"}}) for name in "abc"})
    stoker.start(ready=False)
    wait_for("the first page", lambda: stoker.running() and stoker.request("GET", "/metrics").status == 200)
    return stoker


def running(make, well, _):
    stoker = make(
        services={
            "checked": recorder("checked", health={"http": {"url": well}, "interval": "200ms"}),
            "plain": recorder("plain", then="echo out; echo err >&2; exec sleep 1000"),
            "after": recorder("after", depends_on={"checked": {}, "plain": {"optional": True}}),
            "once": {"kind": "oneshot", "command": ["true"]},
            "remote": {"kind": "external", "health": {"http": {"url": well}}},
        }
    ).start()
    for name in ("checked", "remote"):
        stoker.wait_health(name, "healthy")
    return stoker


def failing(make, _, sick):
    stoker = make(
        services={
            "crash": recorder("crash", then="exit 1", restart={"max_attempts": 1, "backoff": {"base": "100ms"}}),
            "absent": {"command": ["/nonexistent"], "restart": {"max_attempts": 0}},
            "sick": recorder("sick", health={"http": {"url": sick}, **SICK}),
            "waits": recorder("waits", depends_on=["sick"]),
            "off": recorder("off", enabled=False, health={"http": {"url": sick}}),
        }
    ).start()
    stoker.wait_status("crash", "failed")
    stoker.wait_status("absent", "failed")
    stoker.wait_health("sick", "unhealthy")
    return stoker


def odd(make, *_):
    return make(services={"odd": recorder("odd", type=ODD, version=ODD)}).start()


def thousand(make, *_):
    return make(services={f"s{number:04}": {"command": ["sleep", "1000000"], "enabled": False} for number in range(1000)}).start()


STATES = [fresh, running, failing, odd, thousand]


class Scrapes:
    """The three formats, and the text once more after them; decoded when a test asks."""

    def __init__(self, stoker, starting):
        self.starting = starting
        self.bodies = {form: wait_for(f"the page as {form}", lambda: stoker.running() and fetch(stoker, form)) for form in FORMATS}
        self.bodies["text after"] = fetch(stoker, "text")
        self.pages = {}

    def __getitem__(self, form):
        if form not in self.pages:
            self.pages[form] = read(form.split()[0], self.bodies[form])
        return self.pages[form]


@pytest.fixture(scope="module", params=[pytest.param(state, id=state.__name__, marks=pytest.mark.xdist_group(state.__name__)) for state in STATES])
def scrapes(request, tmp_path_factory):
    """What one Stoker in each of the states said."""
    stokers, health = [], [HealthServer(200), HealthServer(500)]

    def make(**arguments):
        stokers.append(Stoker(tmp_path_factory.mktemp("formats"), **arguments))
        return stokers[-1]

    try:
        yield Scrapes(request.param(make, *(server.url for server in health)), starting=request.param is fresh)
    finally:
        for started in stokers + health:
            started.finish() if isinstance(started, Stoker) else started.close()


def test_promtool_finds_nothing_to_complain_about_in_the_text(scrapes):
    promtool = shutil.which("promtool")
    assert promtool, "promtool is missing: run 'make test', which installs it"
    for form in ("text", "text after"):
        result = subprocess.run([promtool, "check", "metrics"], input=scrapes.bodies[form], capture_output=True, check=False)
        assert (result.returncode, result.stderr.decode(), result.stdout.decode()) == (0, "", "")


@pytest.mark.parametrize("form", FORMATS)
def test_the_page_is_accepted_without_a_series_twice(scrapes, form):
    assert len(scrapes[form].samples) > 100
    if form == "openmetrics":
        assert scrapes[form].created == {}, "only on request"


# These come and go, or go up and down, between two scrapes that find them alike.
RESTLESS = re.compile(r"process_|stoker_(scrape|http|event)_|stoker_service_(.*_memory_bytes|open_fds|max_fds|threads|processes)$")


@pytest.mark.parametrize("form", FORMATS[1:])
def test_every_format_has_the_same_series_with_the_same_values(scrapes, form):
    before, page, after = scrapes["text"].samples, scrapes[form].samples, scrapes["text after"].samples
    lasting = before.keys() & after.keys()
    # The use of a process that has begun since /proc was read is not known yet.
    assert {key for key in lasting - page.keys() if not (scrapes.starting and RESTLESS.match(key[0]))} == set()
    assert page.keys() - before.keys() - after.keys() == set()
    still = {key for key in lasting if before[key] == after[key] and not RESTLESS.match(key[0])}
    assert len(still) > 0.7 * len(lasting)
    assert {key: page[key] for key in still} == {key: before[key] for key in still}


def test_every_format_says_the_same_about_the_families(scrapes):
    about = {form: {(name, family.type, family.help) for name, family in scrapes[form].families.items()} for form in scrapes.bodies}
    for form in FORMATS[1:]:
        assert about["text"] - about[form] == about[form] - about["text after"] == set()
    for name, family in scrapes["openmetrics"].families.items():
        suffix = re.search("_(seconds|bytes|ratio)(_total)?$", name)
        assert family.unit == (suffix[1] if suffix else ""), name
        assert scrapes["protobuf"].families[name].unit in ("", family.unit)


def test_odd_label_values_arrive_whole(make_stoker):
    stoker = odd(make_stoker)
    for form in FORMATS:
        infos = [dict(labels) for name, labels in read(form, fetch(stoker, form)).samples if name == "stoker_service_info"]
        assert [(info["type"], info["version"]) for info in infos if info["name"] == "odd"] == [(ODD, ODD)], form


WAYS = [(form, encoding) for form in FORMATS for encoding in ("identity", "gzip")]


def test_a_change_is_on_the_next_page_in_every_format(make_stoker):
    stoker = make_stoker(services={f"s{number:02}": recorder(f"s{number:02}") for number in range(20)}).start()
    for verb, status in (("stop", "stopped"), ("start", "running")) * 2:
        assert stoker.post(f"/{verb}/s07").status == 200
        stoker.wait_status("s07", status)
        for form, encoding in WAYS:
            page = read(form, fetch(stoker, form, encoding=encoding)).samples
            states = {dict(labels)["state"] for (name, labels), value in page.items() if name == "stoker_services" and value}
            assert page["stoker_service_state", frozenset({"name": "s07", "state": status}.items())] == 1
            assert states == {"running", status}


def test_no_counter_falls_in_any_format(make_stoker, health_server):
    stoker = make_stoker(
        services={
            "checked": recorder("checked", health={"http": {"url": health_server().url}, "interval": "50ms", "start_interval": "50ms"}),
            "crash": recorder("crash", then="exit 1", restart={"max_attempts": "unlimited", "backoff": {"base": "50ms", "factor": 1}}),
        }
    ).start()
    seen = {}
    restarts = ("stoker_service_restarts_total", frozenset({"name": "crash", "reason": "exit"}.items()))

    def enough():
        for form, encoding in WAYS:
            counters = read(form, fetch(stoker, form, encoding=encoding)).counters()
            assert restarts in counters
            fallen = {key: (seen[key], value) for key, value in counters.items() if value < seen.get(key, 0)}
            assert fallen == {} and seen.keys() - counters.keys() == set(), form
            seen.update(counters)
        return seen[restarts] >= 5

    wait_for("five restarts", enough)


# -- what only some formats have -----------------------------------------------------------------------------------------


def test_the_duration_of_health_checks_is_a_native_histogram_beside_the_classic_one_in_protobuf(make_stoker, health_server):
    stoker = make_stoker(
        services={
            "checked": recorder("checked", health={"http": {"url": health_server().url}, "interval": "50ms"}),
            "off": recorder("off", enabled=False, health={"http": {"url": "http://127.0.0.1:9/"}}),
        }
    ).start()
    family = "stoker_health_check_duration_seconds"

    def of(name):
        return read("protobuf", fetch(stoker, "protobuf")).native[family, frozenset({("name", name)})]

    def checked_often():
        histogram = of("checked")
        return histogram.sample_count >= 20 and histogram

    histogram = wait_for("twenty checks", checked_often)
    assert (histogram.schema, histogram.zero_threshold, histogram.zero_count) == (3, 2.0**-128, 0)
    buckets = native_buckets(histogram)
    assert len(buckets) > 0 and all(count >= 0 for *_, count in buckets)
    assert sum(count for *_, count in buckets) == histogram.sample_count
    assert sum(above * count for above, _, count in buckets) < histogram.sample_sum <= sum(up_to * count for _, up_to, count in buckets)
    for bucket in histogram.bucket:  # each classic bucket lies between what the native ones say it holds at least and at most
        at_least = sum(count for _, up_to, count in buckets if up_to <= bucket.upper_bound)
        at_most = sum(count for above, _, count in buckets if above < bucket.upper_bound)
        assert at_least <= bucket.cumulative_count <= at_most

    empty = of("off")
    assert (empty.schema, empty.zero_threshold, empty.sample_count) == (3, 2.0**-128, 0)
    assert [(span.offset, span.length) for span in empty.positive_span] == [(0, 0)], "without a span it would be taken for a classic one"
    assert len(empty.positive_delta) == 0 and len(empty.bucket) > 0


def test_a_traced_request_leaves_an_exemplar(make_stoker):
    stoker = make_stoker(services={"a": recorder("a")}).start()
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    assert stoker.get("/services", headers={"traceparent": f"00-{trace}-00f067aa0ba902b7-01"}).status == 200
    assert stoker.get("/health", headers={"traceparent": '00-"}\\-1'}).status == 200

    for form in ("openmetrics", "protobuf"):
        exemplars = wait_for("an exemplar", lambda: read(form, fetch(stoker, form)).exemplars)
        [((name, labels), (of, value))] = exemplars.items()
        assert (name, of) == ("stoker_http_request_duration_seconds_bucket", {"trace_id": trace})
        assert dict(labels)["handler"].endswith("/services")
        assert 0 < value <= float(dict(labels)["le"])
    assert trace.encode() not in fetch(stoker, "text")


def test_creation_times_are_there_on_request(make_stoker):
    began = time.time()
    stoker = make_stoker(
        services={"a": recorder("a", health={"exec": {"command": "true"}})}, supervisor={"metrics": {"created_samples": True}}
    ).start()
    page = read("openmetrics", fetch(stoker, "openmetrics"))
    expected = {(name.removesuffix("_count"), labels) for name, labels in page.counters() if not name.endswith("_bucket")}
    assert page.created.keys() == expected and len(expected) > 30
    in_protobuf = read("protobuf", fetch(stoker, "protobuf")).created  # which has a field for them, whatever was requested
    assert all(began - 1 < seconds < time.time() + 1 for seconds in [*page.created.values(), *in_protobuf.values()])
    assert b"_created" not in fetch(stoker, "text")
