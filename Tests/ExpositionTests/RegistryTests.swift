// Pages of everything registered, with and without failing parts.
import Synchronization
import Testing

@testable import Exposition

@Suite("Registry")
struct RegistryTests {
  struct Broken: Error {}

  static func gauge(_ name: String) -> Family { Family(name: name, type: .gauge, help: "A gauge.") }

  /// A collector of gauges of value 1.
  static func gauges(_ name: String, _ families: String..., fails: Bool = false) -> Closure {
    Closure(name: name) { page in
      for family in families {
        page.begin(gauge(family))
        page.sample(.none, 1)
      }
      if fails { throw Broken() }
    }
  }

  /// The families of a page, in order.
  func families(_ page: RenderedPage) -> [Substring] {
    page.text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }.map { $0.split(separator: " ")[2] }
  }

  @Test("an empty registry makes an empty page")
  func empty() {
    let page = Registry().render()
    #expect(page.bytes.isEmpty && page.series == 0 && page.families == 0)
  }

  @Test("families stand in the order of registration, counted with their series")
  func order() {
    let registry = Registry()
    registry.register(Self.gauges("first", "z", "y"))
    registry.register(Counter(), as: Family(name: "m_total", type: .counter, help: "M."))
    registry.register(Histogram(bounds: [1]), as: Family(name: "k_seconds", type: .histogram, help: "K."), labels: Labels(["a": "b"]))
    registry.register(LabelledGauge("name"), as: Self.gauge("childless"))
    registry.register(Self.gauges("last", "a"))
    let page = registry.render()
    #expect(families(page) == ["z", "y", "m_total", "k_seconds", "a"])
    #expect(page.families == 5 && page.series == 3 + 4 + 1)
    expectOrderly(page.text)
  }

  @Test("names keep the families named and nothing else; no names keep all")
  func filter() {
    let registry = Registry()
    registry.register(Self.gauges("some", "a", "b"))
    registry.register(Counter(), as: Family(name: "c_total", type: .counter, help: "C."))
    #expect(families(registry.render(names: ["b", "c_total", "unknown"])) == ["b", "c_total"])
    #expect(registry.render(names: ["unknown"]).bytes.isEmpty)
    #expect(families(registry.render(names: [])) == ["a", "b", "c_total"])
  }

  @Test("a collector that throws leaves nothing of itself on the page; the rest is served and the error counted")
  func throwing() {
    let seen = Mutex<[String]>([])
    let registry = Registry { name, error in seen.withLock { $0.append("\(name): \(error)") } }
    registry.register(Self.gauges("before", "a"))
    registry.register(Self.gauges("broken", "b", "c", fails: true))
    registry.register(Self.gauges("after", "c", "d"))
    #expect(registry.collectorErrors == ["before": 0, "broken": 0, "after": 0])
    let page = registry.render()
    #expect(families(page) == ["a", "c", "d"])
    #expect(page.series == 3 && page.families == 3)
    _ = registry.render()
    #expect(registry.collectorErrors == ["before": 0, "broken": 2, "after": 0])
    #expect(seen.withLock { $0 } == ["broken: Broken()", "broken: Broken()"])
  }

  @Test("a family that two collectors write is left out the second time, counted and named")
  func duplicates() {
    let seen = Mutex<[DuplicateFamily]>([])
    let registry = Registry { _, error in seen.withLock { $0.append(contentsOf: (error as? DuplicateFamily).map { [$0] } ?? []) } }
    registry.register(Self.gauges("one", "a", "b"))
    registry.register(Self.gauges("two", "b", "c"))
    let page = registry.render(names: ["b", "c"])
    #expect(families(page) == ["b", "c"])
    #expect(registry.collectorErrors == ["one": 0, "two": 1])
    #expect(seen.withLock { $0 } == [DuplicateFamily(family: "b", collector: "two")])
    #expect("\(seen.withLock { $0 })".contains("'b'"))
  }

  @Test("a registered instrument's family is its own, even before a collector that was registered first")
  func reserved() {
    let registry = Registry()
    registry.register(Self.gauges("greedy", "x_seconds", "a"))
    registry.register(Histogram(bounds: []), as: Family(name: "x_seconds", type: .histogram, help: "X."))
    let page = registry.render()
    #expect(families(page) == ["a", "x_seconds"])
    #expect(registry.collectorErrors == ["greedy": 1])
    expectOrderly(page.text)
  }

  @Test("a collector may read the registry's error counts while a page is made")
  func reentrant() {
    let registry = Registry()
    registry.register(Self.gauges("broken", fails: true))
    registry.register(
      Closure(name: "errors") { page in
        page.begin(Family(name: "errors_total", type: .counter, help: "Errors."))
        for (name, count) in registry.collectorErrors.sorted(by: { $0.key < $1.key }) {
          page.sample(Labels(["collector": name]), count)
        }
      })
    #expect(registry.render().text.hasSuffix("errors_total{collector=\"broken\"} 1\nerrors_total{collector=\"errors\"} 0\n"))
  }

  @Test("pages made at the same time as values change and families come are whole")
  func concurrent() async {
    let registry = Registry()
    let requests = LabelledCounter("code")
    registry.register(requests, as: Family(name: "requests_total", type: .counter, help: "Requests."))
    await withTaskGroup { group in
      for number in 0..<4 {
        group.addTask {
          registry.register(Self.gauges("c\(number)", "g\(number)"))
          for code in 0..<500 { requests["\(code)"].increment() }
        }
        group.addTask { for _ in 0..<25 { expectOrderly(registry.render().text) } }
      }
    }
    let page = registry.render()
    #expect(page.series == 504 && page.families == 5)
    #expect(page.text.split(separator: "\n").filter { $0.hasPrefix("requests_total{") && $0.hasSuffix(" 4") }.count == 500)
  }

  @Test("a family registered twice stops the program and is named")
  func registeredTwice() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let registry = Registry()
      registry.register(Gauge(), as: RegistryTests.gauge("level"))
      registry.register(Gauge(), as: RegistryTests.gauge("level"), labels: Labels(["a": "b"]))
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("'level'"))
  }

  @Test("an instrument under a family of another type stops the program and is named")
  func wrongType() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      Registry().register(Counter(), as: RegistryTests.gauge("level"))
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("'level' is a gauge but was given a counter"))
  }

  @Test("two collectors of one name stop the program and are named")
  func sameCollector() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let registry = Registry()
      registry.register(RegistryTests.gauges("same", "a"))
      registry.register(RegistryTests.gauges("same", "b"))
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("'same'"))
  }
}
