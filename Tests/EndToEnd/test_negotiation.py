"""What the page for Prometheus answers to what is asked for: format, escaping, compression, families, and methods."""

import contextlib
import http.client

import pytest

from exposition_formats import ACCEPT, FORMATS, fetch, gunzipped, read
from harness import DEADLINE, Answer, Stoker, recorder

pytestmark = pytest.mark.xdist_group("negotiation")

TEXT = "text/plain; version=0.0.4; charset=utf-8"
OM1 = "application/openmetrics-text; version=1.0.0; charset=utf-8"
OM0 = "application/openmetrics-text; version=0.0.1; charset=utf-8"
PROTO = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

# The same as clauses of a request.
text, om1, om0, om = "text/plain;version=0.0.4", ACCEPT["openmetrics"], "application/openmetrics-text;version=0.0.1", "application/openmetrics-text"
proto = ACCEPT["protobuf"]

SCRAPERS = {
    "Prometheus 2.42": (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        OM1,
    ),
    "Prometheus 2.42, native histograms": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
        "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
        PROTO,
    ),
    "Prometheus 3": (
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        OM1 + "; escaping=allow-utf-8",
    ),
    "Prometheus 3, native histograms": (
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
        "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
        PROTO,
    ),
    "vmagent": ("text/plain;version=0.0.4;q=1,*/*;q=0.1", TEXT),
    "a browser": ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", TEXT),
    "nothing": (None, TEXT),
}

RULES = [
    # Text for whoever does not know better.
    ("*/*", TEXT),
    ("text/*", TEXT),
    ("text/html", TEXT),
    ("application/json", TEXT),
    ("image/png,application/*;q=0.9", TEXT),
    ("text/plain", TEXT),
    ("text/plain;version=1.0.0", TEXT),
    # One clause.
    (om1, OM1),
    (om0, OM0),
    (om, OM0),
    (proto, PROTO),
    # Higher q first, wherever it stands.
    (f"{text};q=0.5,{om1};q=0.4", TEXT),
    (f"{om1};q=0.4,{text};q=0.5", TEXT),
    (f"*/*;q=0.9,{om1};q=0.8", TEXT),
    (f"{om0};q=0.9,{om1};q=0.8", OM0),
    (f"{om0},{om1};q=0.999,{proto};q=0.998", OM0),
    (f"image/png,{proto};q=0.001", PROTO),
    # q=0 is no.
    (f"{om1};q=0", TEXT),
    (f"{om1};q=0,{om0}", OM0),
    (f"{proto};q=0.0,{om1};q=0.1", OM1),
    (f"{text};q=0,{om1};q=0.1", OM1),
    (f"{text};q=0,*/*;q=0.000", TEXT),
    # Ties.
    (f"{text},{proto},{om0},{om1}", OM1),
    (f"{text},{proto},{om0}", OM0),
    (f"{text},{proto}", PROTO),
    (f"{proto},{om}", OM0),
    (f"*/*,{proto}", PROTO),
    (f"{text};q=1.000,{om1};q=1", OM1),
    (f"{text};q=0.5,{om1};q=0.50", OM1),
    # What is not ours falls through.
    (f"{om};version=2.0.0", TEXT),
    (f"{om};version=2.0.0,{om0};q=0.5", OM0),
    (f"{om};version=2.0.0,{proto};q=0.1", PROTO),
    ("application/vnd.google.protobuf", TEXT),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.Metric;encoding=delimited", TEXT),
    ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", TEXT),
    (f"application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=compact-text,{om1};q=0.1", OM1),
    # Escaping is repeated where it is known, from the clause that was chosen.
    *((f"{clause};escaping={scheme}", f"{kind}; escaping={scheme}")
      for clause, kind in ((text, TEXT), (om1, OM1), (om0, OM0), (proto, PROTO))
      for scheme in ("allow-utf-8", "underscores", "dots", "values")),
    (f"{om1};escaping=nonsense", OM1),
    (f"{om1};escaping=", OM1),
    (f"{om1};q=0.5;escaping=underscores,{text};escaping=values;q=0.4", OM1 + "; escaping=underscores"),
    (f"{om1};q=0.5;escaping=dots,{text}", TEXT),
    ("text/plain;version=1.0.0;escaping=allow-utf-8", TEXT + "; escaping=allow-utf-8"),
    # The grammar.
    ("APPLICATION/OpenMetrics-Text;VERSION=1.0.0;Q=0.5,text/plain;q=0.4", OM1),
    (f"  {om} ;\tversion=1.0.0 ; q=0.5  ,\t{text} ; q=0.4 ", OM1),
    (f'{om};version="1.0.0"', OM1),
    (f'text/html;note="a,{om1},\\"b",image/png', TEXT),
    (f"{om};charset=utf-8;version=1.0.0;note=x", OM1),
    (f"{om};;version=1.0.0;", OM1),
    (f",,{om1},,", OM1),
    # Hostile.
    ("", TEXT),
    (";;;", TEXT),
    (",,,,", TEXT),
    (";q=1,=;=,/,/;q=0.5", TEXT),
    (f"{om1};q=nan", TEXT),
    (f"{om1};q=-1", TEXT),
    (f"{om1};q=1e309", TEXT),
    (f"{om1};q=2", TEXT),
    (f"{om1};q=", TEXT),
    (f"{om1};q=high,{om0};q=0.1", OM0),
    ("a/b," * 2000, TEXT),
    ("a/b," * 2000 + om1, OM1),
    ("a/b;q=0.9," * 1000 + om0, OM0),
    ('"' * 1000, TEXT),
    ('\\",\u00e9/\u00fc;\u00df=\u00ff{}[]<>()@:?', TEXT),
]


@pytest.fixture(scope="module")
def node(tmp_path_factory):
    stoker = Stoker(
        tmp_path_factory.mktemp("negotiation"),
        services={"a": recorder("a", health={"exec": {"command": "true"}, "start_interval": "100ms"}), "b": recorder("b")},
    )
    try:
        stoker.start()
        stoker.wait_health("a", "healthy")
        fetch(stoker, "text")  # now this counter exists too
        yield stoker
    finally:
        stoker.finish()


def ask(node, *fields, method="GET", path="/metrics"):
    """A request with exactly these fields, beside Host; a HEAD's connection is used once more, which fails if a body came."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", node.port, timeout=DEADLINE)) as connection:
        for verb in (method, "GET") if method == "HEAD" else (method,):
            connection.putrequest(verb, path, skip_accept_encoding=True)
            for field in fields:
                connection.putheader(*field)
            connection.endheaders()
            response = connection.getresponse()
            answer = Answer(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
            first = answer if verb == method else first
    return first


def format_of(answer):
    """The format by the look of the body."""
    if answer.body.endswith(b"# EOF\n"):
        return "openmetrics"
    return "text" if answer.body.startswith(b"# ") else "protobuf"


def check_format(node, accept, expected):
    answer = ask(node, *([("Accept", accept)] if accept is not None else []))
    assert (answer.status, answer.headers["content-type"]) == (200, expected)
    assert format_of(answer) == {"te": "text", "op": "openmetrics", "vn": "protobuf"}[expected.removeprefix("application/")[:2]]


@pytest.mark.parametrize("accept, expected", SCRAPERS.values(), ids=SCRAPERS.keys())
def test_every_scraper_gets_the_format_that_it_likes_best(node, accept, expected):
    check_format(node, accept, expected)


@pytest.mark.parametrize("accept, expected", RULES, ids=lambda value: None if len(value) < 200 else value[:9] + "...")
def test_the_clause_with_the_highest_q_that_can_be_served_decides(node, accept, expected):
    check_format(node, accept, expected)


def test_two_accept_fields_count_as_one(node):
    assert ask(node, ("Accept", f"{text};q=0.5"), ("Accept", om1)).headers["content-type"] == OM1


# -- escaping ------------------------------------------------------------------------------------------------------------


def doubled(page):
    """The keys of a page as `escaping=dots` has them."""
    histograms = {name for name, family in page.families.items() if family.type == "histogram"}
    keys = set()
    for name, labels in page.samples:
        base = next((base for base in histograms if name.startswith(base + "_")), name)
        keys.add((base.replace("_", "__") + name.removeprefix(base), frozenset((label.replace("_", "__"), value) for label, value in labels)))
    return keys


@pytest.mark.parametrize("form", FORMATS)
def test_dots_double_every_underscore_of_names_and_the_other_schemes_none(node, form):
    plain = read(form, fetch(node, form))
    for scheme in ("allow-utf-8", "underscores", "values"):
        assert read(form, fetch(node, form, accept=f"{ACCEPT[form]};escaping={scheme}")).samples.keys() == plain.samples.keys(), scheme
    dots = read(form, fetch(node, form, accept=f"{ACCEPT[form]};escaping=dots"))
    assert dots.samples.keys() == doubled(plain)
    names = {name for name, _ in dots.samples}
    assert names >= {"stoker__service__up", "stoker__service__restarts__total", "stoker__build__info", "stoker__loop__lag__seconds_bucket"}
    assert dots.families.keys() == {name.replace("_", "__") for name in plain.families}


# -- compression ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(
    "encoding, compressed",
    [
        (None, False),
        ("gzip", True),
        ("GZIP", True),
        ("gzip;q=0.5", True),
        ("deflate, gzip;q=0.001 , br", True),
        ("br;q=1.0, gzip;q=0.8, *;q=0.1", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000, identity", False),
        ("gzip ; q = 0", False),
        ("gzip;q=2", False),
        ("gzip;q=0x1", False),
        ("*", False),
        ("deflate, br", False),
        ("identity", False),
        ("zstd", False),
        ("gzipped", False),
        ("", False),
    ],
)
def test_the_page_is_compressed_only_for_those_who_name_gzip(node, form, encoding, compressed):
    answer = ask(node, ("Accept", ACCEPT[form]), *([("Accept-Encoding", encoding)] if encoding is not None else []))
    assert (answer.status, answer.headers.get("content-encoding")) == (200, "gzip" if compressed else None)
    assert len(read(form, gunzipped(answer.body) if compressed else answer.body).samples) > 100


@pytest.mark.parametrize("encoding, compressed", [("gzip", True), ("gzip;q=0.5", True), ("gzip ; q = 0", False), ("gzip;q=2", False), ("*", False)])
def test_other_answers_are_compressed_by_the_same_rule(node, encoding, compressed):
    answer = ask(node, ("Accept-Encoding", encoding), path="/api/openapi.json")
    assert (answer.status, answer.headers.get("content-encoding")) == (200, "gzip" if compressed else None)


def test_refusals_are_not_compressed(node):
    for fields, method, status in (
        ((), "POST", 405),
        ((("X-Large", "x" * 17_000),), "GET", 431),
        ((("Content-Length", "nonsense"),), "GET", 400),
    ):
        answer = ask(node, ("Accept-Encoding", "gzip"), *fields, method=method)
        assert (answer.status, answer.headers.get("content-encoding")) == (status, None)


# -- methods, families, time ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("accept, expected", SCRAPERS.values(), ids=SCRAPERS.keys())
def test_head_has_the_headers_and_no_body(node, accept, expected):
    for encoding in ("identity", "gzip"):
        answer = ask(node, *([("Accept", accept)] if accept else []), ("Accept-Encoding", encoding), method="HEAD")
        assert (answer.status, answer.headers["content-type"], answer.body) == (200, expected, b"")
        assert answer.headers.get("content-encoding") == (encoding if encoding == "gzip" else None)


def test_other_methods_are_refused_with_those_that_are_allowed(node):
    for method in ("POST", "PUT", "DELETE", "OPTIONS"):
        answer = ask(node, ("Accept", om1), method=method)
        assert answer.status == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


@pytest.mark.parametrize("form", FORMATS)
def test_families_can_be_picked_by_name(node, form):
    wanted = ["stoker_service_up", "stoker_service_restarts_total", "stoker_build_info", "stoker_health_check_duration_seconds"]
    for brackets in ("[]", "%5B%5D"):
        query = "?" + "&".join(f"name{brackets}={name}" for name in [*wanted, "nobody"])
        page = read(form, fetch(node, form, query))
        assert page.families.keys() == set(wanted)
        names = {name + part for name in wanted for part in ("", "_bucket", "_sum", "_count")}
        assert page.samples.keys() == {key for key in read(form, fetch(node, form)).samples if key[0] in names}


@pytest.mark.parametrize("form, empty", zip(FORMATS, (b"", b"# EOF\n", b"")), ids=FORMATS)
def test_a_family_that_nobody_knows_makes_an_empty_page(node, form, empty):
    assert fetch(node, form, "?name[]=nobody") == empty


@pytest.mark.parametrize("seconds", ["abc", "-1", "nan", "inf", "1e309", "0", "", "10", "2.000"])
def test_an_odd_scrape_timeout_does_not_break_the_scrape(node, seconds):
    answer = ask(node, ("Accept", om1), ("X-Prometheus-Scrape-Timeout-Seconds", seconds))
    assert answer.status == 200
    assert len(read("openmetrics", answer.body).samples) > 100
