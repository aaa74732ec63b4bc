// Labels and dimensions that are not legal on a page.
import CoreMetrics
import ExpositionSwiftMetrics
import Testing

import class Exposition.Registry
import struct Exposition.MediaType

@Suite("Names from swift-metrics")
struct NameTests {
  let registry = Registry()
  let factory: ExpositionMetricsFactory

  init() {
    factory = ExpositionMetricsFactory(registry: registry, timerBounds: { _ in [] }, recorderBounds: { _ in [] })
  }

  /// Labels, and the names of a counter, a meter, a recorder and a timer by that label.
  static let names: [(String, counter: String, meter: String, recorder: String, timer: String)] = [
    ("http.server.requests", "http_server_requests_total", "http_server_requests", "http_server_requests", "http_server_requests_seconds"),
    ("my-lib/queue size", "my_lib_queue_size_total", "my_lib_queue_size", "my_lib_queue_size", "my_lib_queue_size_seconds"),
    ("job:rate5m", "job_rate5m_total", "job_rate5m", "job_rate5m", "job_rate5m_seconds"),
    ("Größe", "Gr__e_total", "Gr__e", "Gr__e", "Gr__e_seconds"),
    ("2xx", "_2xx_total", "_2xx", "_2xx", "_2xx_seconds"),
    ("__name__", "_name___total", "_name__", "_name__", "_name___seconds"),
    ("  a", "_a_total", "_a", "_a", "_a_seconds"),
    ("", "unnamed_total", "unnamed", "unnamed", "unnamed_seconds"),
    ("_", "unnamed_total", "unnamed", "unnamed", "unnamed_seconds"),
    ("🐟 🐠\n", "unnamed_total", "unnamed", "unnamed", "unnamed_seconds"),
    ("a.total", "a_total", "a_total_gauge", "a_total_histogram", "a_total_seconds"),
    ("a_total_total", "a_total", "a_total_total_gauge", "a_total_total_histogram", "a_total_total_seconds"),
    ("_total", "unnamed_total", "_total_gauge", "_total_histogram", "_total_seconds"),
    ("total", "total_total", "total", "total", "total_seconds"),
    ("a.seconds", "a_seconds_total", "a_seconds", "a_seconds", "a_seconds"),
    ("a.seconds.total", "a_seconds_total", "a_seconds_total_gauge", "a_seconds_total_histogram", "a_seconds_total_seconds"),
    ("a.bucket", "a_bucket_total", "a_bucket_gauge", "a_bucket_histogram", "a_bucket_seconds"),
    ("a.count", "a_count_total", "a_count_gauge", "a_count_histogram", "a_count_seconds"),
    ("a.sum", "a_sum_total", "a_sum_gauge", "a_sum_histogram", "a_sum_seconds"),
    ("a.created", "a_created_total", "a_created_gauge", "a_created_histogram", "a_created_seconds"),
    ("a.info", "a_info_total", "a_info", "a_info", "a_info_seconds"),
  ]

  @Test("a label becomes the nearest legal name of its type", arguments: names)
  func name(label: String, counter: String, meter: String, recorder: String, timer: String) {
    func family(_ record: (ExpositionMetricsFactory) -> Void) -> [Substring] {
      let registry = Registry()
      record(ExpositionMetricsFactory(registry: registry))
      expectOrderly(registry.text)
      return registry.families
    }
    #expect(family { Counter(label: label, factory: $0).increment() } == [counter[...]])
    #expect(family { FloatingPointCounter(label: label, factory: $0).increment() } == [counter[...]])
    #expect(family { Meter(label: label, factory: $0).set(1) } == [meter[...]])
    #expect(family { Gauge(label: label, factory: $0).record(1) } == [meter[...]])
    #expect(family { Recorder(label: label, factory: $0).record(1) } == [recorder[...]])
    #expect(family { Timer(label: label, factory: $0).recordSeconds(1) } == [timer[...]])
  }

  @Test("all these labels at once, as every kind and in every format, are a page without a clash")
  func allAtOnce() {
    let more = ["a", "a_gauge", "a_histogram", "a_counter", "a.gauge.gauge", "x\\\"\u{0}\r\n", String(repeating: "é", count: 5000)]
    for label in Self.names.map(\.0) + more {
      Timer(label: label, factory: factory).recordSeconds(1)
      Gauge(label: label, factory: factory).record(1)
      Recorder(label: label, factory: factory).record(1)
      Counter(label: label, factory: factory).increment()
      Meter(label: label, factory: factory).set(1)
    }
    expectOrderly(registry.text)
    for format in [.openMetrics0, .openMetrics1, .protobuf] as [MediaType.Format] {
      #expect(!registry.render(as: MediaType(format)).bytes.isEmpty)
    }
    #expect(registry.collectorErrors == ["swift-metrics": 0])
  }

  @Test("the help of an odd label stays on its line")
  func help() {
    Counter(label: "a\nb\\c\"", factory: factory).increment()
    #expect(registry.text.hasPrefix(#"# HELP a_b_c__total From swift-metrics, labelled "a\nb\\c""."# + "\n# TYPE"))
  }

  /// Dimensions, and the labels that they become.
  static let dimensions: [([(String, String)], String)] = [
    ([("http.method", "GET")], #"{http_method="GET"}"#),
    ([("le", "1"), ("quantile", "0.5")], #"{exported_le="1",exported_quantile="0.5"}"#),
    ([("__name__", "x"), ("__x", "y")], #"{_name__="x",_x="y"}"#),
    ([("", "x"), ("-", "y")], #"{unnamed="x"}"#),
    ([("9", "x")], #"{_9="x"}"#),
    ([("a.b", "first"), ("a-b", "second"), ("a_b", "third")], #"{a_b="first"}"#),
    ([("z", "1"), ("a", "2")], #"{a="2",z="1"}"#),
    ([("a", ""), ("b", "x")], #"{b="x"}"#),
    ([("a", "")], ""),
    ([("a", "\"\\\n")], #"{a="\"\\\n"}"#),
    ([("path", "/straße/{id},x=\"1\"")], #"{path="/straße/{id},x=\"1\""}"#),
  ]

  @Test("a dimension becomes a legal label, of several with one name the first", arguments: dimensions)
  func dimension(dimensions: [(String, String)], labels: String) {
    Counter(label: "a", dimensions: dimensions, factory: factory).increment()
    Recorder(label: "b", dimensions: dimensions, factory: factory).record(1)
    #expect(registry.samples.first == "a_total\(labels) 1"[...])
    #expect(registry.samples.last == "b_count\(labels) 1"[...])
  }

  @Test("dimensions that are one series to Prometheus are one series on the page")
  func sameDimensions() {
    for dimensions in [[("a.b", "x"), ("c", "y")], [("c", "y"), ("a_b", "x")], [("c", "y"), ("d", ""), ("a b", "x")]] {
      Counter(label: "n", dimensions: dimensions, factory: factory).increment()
    }
    #expect(registry.samples == [#"n_total{a_b="x",c="y"} 3"#])
  }
}
