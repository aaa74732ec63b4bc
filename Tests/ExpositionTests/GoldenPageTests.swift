// A whole page byte for byte, and the result of Prometheus' own tool.
import Glibc
import Testing

@testable import Exposition

@Suite("Golden page")
struct GoldenPageTests {
  /// A registry with examples of everything: all types, escapes, odd numbers, a broken collector.
  static func registry() -> Registry {
    struct Services: Collector {
      let name = "services"

      func collect(into page: inout PageWriter) {
        page.begin(Family(name: "hearth_info", type: .info, help: "What burns."))
        page.sample(Labels(["name": "dao", "version": ""]), 1)
        page.sample(Labels([("name", "say \"hi\"\\\n"), ("version", "1.4.0")]), 1)
        page.begin(Family(name: "hearth_state", type: .gauge, help: "1 for the present state.\nOne of \\ three."))
        for state in ["lit", "out", "smouldering"] { page.sample(Labels(["name": "dao", "state": state]), state == "lit") }
        page.begin(Family(name: "hearth_limit", type: .gauge, help: "The most restarts."))
        page.sample(Labels(["name": "dao"]), Double.infinity)
        page.sample(Labels(["name": "edge"]), -Double.infinity)
        page.sample(Labels(["name": "p2p"]), Double.nan)
        page.sample(Labels(["name": "火"]), 3)
      }
    }
    struct Broken: Collector, Error {
      let name = "broken"

      func collect(into page: inout PageWriter) throws {
        page.begin(Family(name: "hearth_broken", type: .gauge, help: "Never seen."))
        page.sample(.none, 1)
        throw self
      }
    }
    let registry = Registry()
    let requests = LabelledCounter("handler", "method", "code")
    requests["/metrics", "GET", "200"].increment(by: 1_234_567)
    _ = requests["other", "other", "404"]
    let waits = LabelledHistogram("handler", bounds: [0.005, 0.1, 1, 10, 1e6])
    for wait in [0.001, 0.005, 0.25, 30] { waits["/metrics"].observe(wait) }
    let started = Gauge()
    started.set(1_761_105_600.25)
    registry.register(requests, as: Family(name: "hearth_requests_total", type: .counter, help: "Requests answered."))
    registry.register(waits, as: Family(name: "hearth_request_duration_seconds", type: .histogram, help: "Time to answer."))
    registry.register(Services())
    registry.register(Broken())
    registry.register(started, as: Family(name: "hearth_start_time_seconds", type: .gauge, help: "When it was lit."))
    return registry
  }

  static let golden = #"""
    # HELP hearth_requests_total Requests answered.
    # TYPE hearth_requests_total counter
    hearth_requests_total{handler="/metrics",method="GET",code="200"} 1234567
    hearth_requests_total{handler="other",method="other",code="404"} 0
    # HELP hearth_request_duration_seconds Time to answer.
    # TYPE hearth_request_duration_seconds histogram
    hearth_request_duration_seconds_bucket{handler="/metrics",le="0.005"} 2
    hearth_request_duration_seconds_bucket{handler="/metrics",le="0.1"} 2
    hearth_request_duration_seconds_bucket{handler="/metrics",le="1.0"} 3
    hearth_request_duration_seconds_bucket{handler="/metrics",le="10.0"} 3
    hearth_request_duration_seconds_bucket{handler="/metrics",le="1e+06"} 4
    hearth_request_duration_seconds_bucket{handler="/metrics",le="+Inf"} 4
    hearth_request_duration_seconds_sum{handler="/metrics"} 30.256
    hearth_request_duration_seconds_count{handler="/metrics"} 4
    # HELP hearth_info What burns.
    # TYPE hearth_info gauge
    hearth_info{name="dao",version=""} 1
    hearth_info{name="say \"hi\"\\\n",version="1.4.0"} 1
    # HELP hearth_state 1 for the present state.\nOne of \\ three.
    # TYPE hearth_state gauge
    hearth_state{name="dao",state="lit"} 1
    hearth_state{name="dao",state="out"} 0
    hearth_state{name="dao",state="smouldering"} 0
    # HELP hearth_limit The most restarts.
    # TYPE hearth_limit gauge
    hearth_limit{name="dao"} +Inf
    hearth_limit{name="edge"} -Inf
    hearth_limit{name="p2p"} NaN
    hearth_limit{name="火"} 3
    # HELP hearth_start_time_seconds When it was lit.
    # TYPE hearth_start_time_seconds gauge
    hearth_start_time_seconds 1761105600.25

    """#

  @Test("the page is this, byte for byte, and the same again at the next scrape")
  func golden() {
    let registry = Self.registry()
    let page = registry.render()
    #expect(page.text == Self.golden)
    #expect(page.bytes == Array(Self.golden.utf8))
    #expect(page.series == 20 && page.families == 6)
    #expect(registry.render().bytes == page.bytes)
    expectOrderly(page.text)
  }

  @Test("promtool check metrics finds nothing to say")
  func promtool() throws {
    let (status, output) = try check(Self.registry().render().bytes)
    #expect(status != 127, "promtool is missing: install the package prometheus")
    #expect(status == 0 && output.isEmpty, "\(output)")
  }

  @Test("promtool check metrics does complain about a page that is wrong")
  func promtoolComplains() throws {
    let (status, output) = try check(Array("# TYPE requests counter\nrequests 1\n".utf8))
    #expect(status != 127, "promtool is missing: install the package prometheus")
    #expect(status != 0 && output.contains("_total"), "\(output)")
  }

  /// Runs `promtool check metrics` over a page. Returns its exit status (127: there is no promtool) and its output.
  private func check(_ page: [UInt8]) throws -> (status: Int32, output: String) {
    var path = Array("/tmp/exposition-page-XXXXXX".utf8CString)
    let file = mkstemp(&path)
    try #require(file >= 0)
    defer {
      close(file)
      unlink(path)
    }
    try #require(write(file, page, page.count) == page.count)
    let name = String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    let pipe = try #require(popen("promtool check metrics <\(name) 2>&1", "re"))
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while case let count = fread(&chunk, 1, chunk.count, pipe), count > 0 { output += chunk[..<count] }
    let status = pclose(pipe)
    return ((status >> 8) & 0xff, String(decoding: output, as: UTF8.self))
  }
}
