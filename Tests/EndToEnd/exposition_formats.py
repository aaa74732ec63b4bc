"""The page for Prometheus in each of its formats, decoded by other people's parsers into one form that can be compared."""

import dataclasses
import re
import zlib

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from prometheus_client import parser
from prometheus_client.openmetrics import parser as openmetrics_parser
from prometheus_client.utils import floatToGoString

ACCEPT = {
    "text": "text/plain;version=0.0.4",
    "openmetrics": "application/openmetrics-text;version=1.0.0",
    "protobuf": "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
}
FORMATS = list(ACCEPT)


@dataclasses.dataclass
class Family:
    type: str
    unit: str
    help: str


class Page:
    """What a page says, by the names that the text format uses; that a series stands there twice is an error."""

    def __init__(self):
        self.families = {}  # {name: Family}; an info is a gauge
        self.samples = {}  # {(name, frozenset of labels): value}
        self.exemplars = {}  # {the same: (labels, value)}
        self.created = {}  # {(name of the counter or histogram, frozenset of labels): seconds}
        self.native = {}  # {the same: the message of a native histogram}

    def add_family(self, name, *about):
        assert name not in self.families, f"the family {name} is there twice"
        self.families[name] = Family(*about)

    def add(self, name, labels, value):
        key = (name, frozenset(labels.items()))
        assert key not in self.samples, f"the series {key} is there twice"
        self.samples[key] = value
        return key

    def counters(self):
        """The samples that may never fall."""
        kinds = {name: family.type for name, family in self.families.items()}
        base = re.compile("_(bucket|count)$")
        return {
            key: value
            for key, value in self.samples.items()
            if kinds.get(key[0]) == "counter" or kinds.get(base.sub("", key[0])) == "histogram"
        }


def fetch(stoker, form, query="", accept=None, encoding="identity"):
    """A scrape in one of the formats."""
    headers = {"Accept": accept or ACCEPT[form], "Accept-Encoding": encoding}
    answer = stoker.request("GET", "/metrics" + query, headers=headers)
    assert answer.status == 200, answer.text
    assert answer.headers["content-type"].startswith(ACCEPT[form].split(";")[0] + ";")
    return gunzipped(answer.body) if encoding == "gzip" else answer.body


def gunzipped(body):
    """What a gzip file of exactly one member holds; its checksum is right, or this fails."""
    member = zlib.decompressobj(31)
    content = member.decompress(body)
    assert member.eof and member.unused_data == b""
    return content


def read(form, body):
    """A scrape's body as a Page."""
    return {"text": read_text, "openmetrics": read_openmetrics, "protobuf": read_protobuf}[form](body)


def read_text(body):
    page = Page()
    for family in parser.text_string_to_metric_families(body.decode()):
        name = family.name + ("_total" if family.type == "counter" else "")
        page.add_family(name, family.type, "", family.documentation)
        for sample in family.samples:
            page.add(sample.name, sample.labels, sample.value)
    return page


def read_openmetrics(body):
    text = body.decode()
    assert text.endswith("# EOF\n")
    assert not text.startswith("\n") and "\n\n" not in text
    page = Page()
    for family in openmetrics_parser.text_string_to_metric_families(text):
        name = family.name + {"counter": "_total", "info": "_info"}.get(family.type, "")
        page.add_family(name, "gauge" if family.type == "info" else family.type, family.unit, family.documentation)
        for sample in family.samples:
            if sample.name == family.name + "_created":
                page.created[name, frozenset(sample.labels.items())] = sample.value
                continue
            key = page.add(sample.name, sample.labels, sample.value)
            if sample.exemplar:
                page.exemplars[key] = (sample.exemplar.labels, sample.exemplar.value)
    lines = [line for line in text.split("\n") if line and not line.startswith("#")]
    assert len(lines) == len(page.samples) + len(page.created), "the parser keeps silent about a series that is there twice"
    return page


# -- protobuf ------------------------------------------------------------------------------------------------------------

# The public schema, https://github.com/prometheus/client_model; `*` is repeated.
SCHEMA = {
    "LabelPair": "name:string=1 value:string=2",
    "Gauge": "value:double=1",
    "Counter": "value:double=1 exemplar:Exemplar=2 start_timestamp:Timestamp=3",
    "Quantile": "quantile:double=1 value:double=2",
    "Summary": "sample_count:uint64=1 sample_sum:double=2 quantile:Quantile*=3 start_timestamp:Timestamp=4",
    "Untyped": "value:double=1",
    "Histogram": """
        sample_count:uint64=1 sample_sum:double=2 bucket:Bucket*=3 sample_count_float:double=4
        schema:sint32=5 zero_threshold:double=6 zero_count:uint64=7 zero_count_float:double=8
        negative_span:BucketSpan*=9 negative_delta:sint64*=10 negative_count:double*=11
        positive_span:BucketSpan*=12 positive_delta:sint64*=13 positive_count:double*=14
        start_timestamp:Timestamp=15 exemplars:Exemplar*=16""",
    "Bucket": "cumulative_count:uint64=1 upper_bound:double=2 exemplar:Exemplar=3 cumulative_count_float:double=4",
    "BucketSpan": "offset:sint32=1 length:uint32=2",
    "Exemplar": "label:LabelPair*=1 value:double=2 timestamp:Timestamp=3",
    "Metric": """
        label:LabelPair*=1 gauge:Gauge=2 counter:Counter=3 summary:Summary=4 untyped:Untyped=5
        timestamp_ms:int64=6 histogram:Histogram=7""",
    "MetricFamily": "name:string=1 help:string=2 type:MetricType=3 metric:Metric*=4 unit:string=5",
}
TYPES = ["counter", "gauge", "summary", "untyped", "histogram", "gaugehistogram"]


def metric_family():
    """The class of the message MetricFamily."""
    field_type = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="metrics.proto", package="io.prometheus.client", syntax="proto2", dependency=["google/protobuf/timestamp.proto"]
    )
    kinds = file.enum_type.add(name="MetricType")
    for number, name in enumerate(TYPES):
        kinds.value.add(name=name.upper(), number=number)
    for name, fields in SCHEMA.items():
        message = file.message_type.add(name=name)
        for field, kind, repeated, number in re.findall(r"(\w+):(\w+)(\*?)=(\d+)", fields):
            entry = message.field.add(name=field, number=int(number), label=3 if repeated else 1)
            if kind in SCHEMA or kind in ("Timestamp", "MetricType"):
                entry.type = field_type.TYPE_ENUM if kind == "MetricType" else field_type.TYPE_MESSAGE
                entry.type_name = (".google.protobuf." if kind == "Timestamp" else ".io.prometheus.client.") + kind
            else:
                entry.type = getattr(field_type, f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("io.prometheus.client.MetricFamily"))


MetricFamily = metric_family()


def families_of(body):
    """The messages of a delimited stream, which must end where the last of them does, and hold nothing that the schema has not."""
    position = 0
    while position < len(body):
        length = shift = 0
        while True:
            byte = body[position]
            position += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        assert position + length <= len(body), "the last message is cut off"
        family = MetricFamily.FromString(body[position : position + length])
        position += length
        size = family.ByteSize()
        family.DiscardUnknownFields()
        assert family.ByteSize() == size, f"unknown fields in {family.name}"
        yield family


def seconds(timestamp):
    return timestamp.seconds + timestamp.nanos / 1e9


def read_protobuf(body):
    page = Page()
    for family in families_of(body):
        name, kind = family.name, TYPES[family.type]
        assert family.HasField("type"), name
        page.add_family(name, "unknown" if kind == "untyped" else kind, family.unit, family.help)
        for metric in family.metric:
            labels = {pair.name: pair.value for pair in metric.label}
            assert len(labels) == len(metric.label), f"a label is there twice in {name}"
            assert [field.name for field, _ in metric.ListFields() if field.name != "label"] == [kind], name
            value = getattr(metric, kind)
            if kind == "histogram":
                add_histogram(page, name, labels, value)
            else:
                add_with_exemplar(page, name, labels, value.value, value)
            if kind in ("counter", "histogram") and value.HasField("start_timestamp"):
                page.created[name, frozenset(labels.items())] = seconds(value.start_timestamp)
    return page


def add_with_exemplar(page, name, labels, value, message):
    key = page.add(name, labels, value)
    if "exemplar" in message.DESCRIPTOR.fields_by_name and message.HasField("exemplar"):
        page.exemplars[key] = ({pair.name: pair.value for pair in message.exemplar.label}, message.exemplar.value)


def add_histogram(page, name, labels, histogram):
    before = (float("-inf"), 0)
    for bucket in histogram.bucket:
        assert before[0] < bucket.upper_bound and before[1] <= bucket.cumulative_count <= histogram.sample_count, (name, labels)
        before = (bucket.upper_bound, bucket.cumulative_count)
        bound = floatToGoString(bucket.upper_bound)
        add_with_exemplar(page, name + "_bucket", {**labels, "le": bound}, bucket.cumulative_count, bucket)
    page.add(name + "_sum", labels, histogram.sample_sum)
    page.add(name + "_count", labels, histogram.sample_count)
    if histogram.HasField("schema"):
        page.native[name, frozenset(labels.items())] = histogram


def native_buckets(histogram):
    """The positive buckets of a native histogram: [(above, up to, count)]."""
    base, deltas = 2.0 ** 2.0**-histogram.schema, iter(histogram.positive_delta)
    buckets, index, count = [], 0, 0
    for span in histogram.positive_span:
        index += span.offset
        for _ in range(span.length):
            count += next(deltas)
            buckets.append((base ** (index - 1), base**index, count))
            index += 1
    assert next(deltas, None) is None, "more deltas than the spans have room for"
    return buckets
