// Exemplars: their length, the shown one, and its place.
import Testing

@testable import Exposition

@Suite("Exemplars")
struct ExemplarTests {
  /// The lines of samples in OpenMetrics.
  private func lines(_ type: MetricType, _ name: String, _ write: @escaping @Sendable (inout PageWriter) -> Void) -> [Substring] {
    var page = Page()
    page.collect(reserved: []) {
      $0.begin(Family(name: name, type: type, help: "Help."))
      write(&$0)
    }
    return page.text(.openMetrics1).split(separator: "\n").filter { !$0.hasPrefix("#") }
  }

  private func exemplar(_ trace: String, value: Double = 1, time: Double = 2) throws -> Exemplar {
    let exemplar = Exemplar(Labels(["trace": trace]), value: value, time: time)
    return try #require(exemplar)
  }

  @Test(
    "names and values together have 128 characters at most: code points, and an escape is the one that it stands for",
    arguments: [
      ("a", 1), ("é", 1), ("火", 1), ("🔥", 1), ("\"", 1), ("\\", 1), ("\n", 1), ("e\u{301}", 2), ("👨‍👩‍👧", 5), ("\r\n", 2), ("\\\"", 2),
      ("\\n", 2),
    ])
  func characters(text: String, codePoints: Int) {
    #expect(Labels(["x": text]).characters == 1 + codePoints)
    // Names of 8 characters, so 120 remain for the values.
    let fill = 120 - codePoints
    for (extra, fits) in [(-1, true), (0, true), (1, false)] {
      let labels = Labels([("trace", text), ("run", String(repeating: "r", count: fill + extra))])
      #expect(labels.characters == 128 + extra)
      #expect((Exemplar(labels, value: 1) != nil) == fits)
    }
    let many = Labels(["trace": String(repeating: text, count: 123 / codePoints)])
    #expect(Exemplar(many, value: 1) != nil && Exemplar(many.adding("run", String(repeating: text, count: 128)), value: 1) == nil)
  }

  @Test("an exemplar may have no labels; its time is the present where none is given")
  func plain() throws {
    let before = UnixTime.now
    let exemplar = try #require(Exemplar(.none, value: 1))
    #expect(exemplar.time >= before && exemplar.time <= UnixTime.now)
    let lines = lines(.counter, "x_total") { $0.sample(.none, 5, exemplar: Exemplar(.none, value: 0.5, time: 2.25)) }
    #expect(lines == ["x_total 5 # {} 0.5 2.25"])
  }

  @Test("a counter shows the last exemplar, and goes on showing it while it is counted without one")
  func counter() throws {
    let counter = Counter()
    let write: @Sendable (inout PageWriter) -> Void = { counter.write(.none, to: &$0) }
    #expect(lines(.counter, "x_total", write) == ["x_total 0"])
    counter.increment(exemplar: try exemplar("a"))
    counter.increment(by: 4, exemplar: try exemplar("b", value: 4, time: 3))
    counter.increment()
    #expect(lines(.counter, "x_total", write) == ["x_total 6 # {trace=\"b\"} 4 3"])
  }

  @Test("each bucket shows the last exemplar of its own")
  func buckets() throws {
    let histogram = Histogram(bounds: [1, 2])
    histogram.observe(0.5, exemplar: try exemplar("low", value: 0.5))
    histogram.observe(0.7, exemplar: nil)
    histogram.observe(1.5, exemplar: try exemplar("first", value: 1.5))
    histogram.observe(2, exemplar: try exemplar("second", value: 2))
    histogram.observe(.infinity)
    #expect(
      lines(.histogram, "x") { histogram.write(.none, to: &$0) } == [
        "x_bucket{le=\"1.0\"} 2 # {trace=\"low\"} 0.5 2", "x_bucket{le=\"2.0\"} 4 # {trace=\"second\"} 2 2", "x_bucket{le=\"+Inf\"} 5",
        "x_sum +Inf", "x_count 5",
      ])
  }

  @Test("an exemplar that alone is news is on the next page", arguments: [MediaType.Format.openMetrics1, .protobuf])
  func news(format: MediaType.Format) throws {
    let counters = LabelledCounter("of")
    for number in 0..<300 { counters["\(number)"].increment() }
    let registry = Registry(since: 0)
    registry.register(counters, as: Family(name: "x_total", type: .counter, help: "Help."))
    for trace in ["one", "two", "three"] {
      let exemplar = try exemplar(trace)
      #expect(!registry.render(as: MediaType(format)).text.contains(trace))
      counters["280"].increment(by: 0, exemplar: exemplar)
      #expect(registry.render(as: MediaType(format)).text.contains(trace))
    }
  }

  @Test("the samples of a gauge have none, since OpenMetrics allows it to counters and buckets alone")
  func gauge() throws {
    let exemplar = try exemplar("a")
    for (type, name) in [(MetricType.gauge, "x"), (.info, "x_info")] {
      #expect(lines(type, name) { $0.sample(.none, 1, exemplar: exemplar) } == ["\(name) 1"])
    }
  }

  @Test("a time that is no moment does not end the program")
  func oddTimes() async {
    await #expect(processExitsWith: .success) {
      for time in [Double.nan, .infinity, 1e300] {
        var page = Page()
        page.collect(reserved: []) {
          $0.begin(Family(name: "x_total", type: .counter, help: "Help."))
          $0.sample(.none, 1, exemplar: Exemplar(.none, value: 1, time: time))
        }
        _ = page.text(.protobuf)
      }
    }
  }
}
