// Reset, destruction, and the limit of series.
import CoreMetrics
import ExpositionSwiftMetrics
import Testing

import class Exposition.Registry

@Suite("Lifetime of series from swift-metrics")
struct LifetimeTests {
  let registry = Registry()
  let factory: ExpositionMetricsFactory

  init() {
    factory = ExpositionMetricsFactory(registry: registry, limit: 3, timerBounds: { _ in [] }, recorderBounds: { _ in [] })
  }

  // MARK: Reset

  @Test("a counter that is reset begins at 0 again, for all its holders, and keeps its place on the page")
  func reset() {
    let one = Counter(label: "a", dimensions: [("x", "1")], factory: factory)
    let other = Counter(label: "a", dimensions: [("x", "1")], factory: factory)
    let next = Counter(label: "a", dimensions: [("x", "2")], factory: factory)
    one.increment(by: 5)
    next.increment(by: 9)
    one.reset()
    #expect(registry.samples == ["a_total{x=\"1\"} 0", "a_total{x=\"2\"} 9"])
    other.increment(by: 2)
    one.increment()
    #expect(registry.samples == ["a_total{x=\"1\"} 3", "a_total{x=\"2\"} 9"])
    other.reset()
    other.reset()
    #expect(registry.samples.first == "a_total{x=\"1\"} 0")
  }

  @Test("a counter of fractions is reset too")
  func resetFractions() {
    let counter = FloatingPointCounter(label: "a", factory: factory)
    counter.increment(by: 0.5)
    counter.reset()
    counter.increment(by: 1.25)
    #expect(registry.samples == ["a_total 1.25"])
  }

  @Test("a count during a reset is counted before or after it, and the page never shows less than 0")
  func concurrentReset() async {
    let counter = Counter(label: "a", factory: factory)
    await withTaskGroup { group in
      for _ in 0..<4 { group.addTask { for _ in 0..<5000 { counter.increment() } } }
      group.addTask { for _ in 0..<500 { counter.reset() } }
      group.addTask {
        for _ in 0..<100 {
          guard let count = registry.samples.first?.split(separator: " ").last, let value = Int(count) else {
            Issue.record("the counter is not on the page")
            continue
          }
          #expect(value >= 0 && value <= 20_000)
        }
      }
    }
    counter.reset()
    counter.increment(by: 7)
    #expect(registry.samples == ["a_total 7"])
  }

  // MARK: Destroy

  @Test("destroying takes the series off the page, and the family with the last one")
  func destroy() {
    let one = Counter(label: "a", dimensions: [("x", "1")], factory: factory)
    let other = Counter(label: "a", dimensions: [("x", "2")], factory: factory)
    one.destroy()
    #expect(registry.samples == ["a_total{x=\"2\"} 0"])
    other.destroy()
    #expect(registry.text.isEmpty)
  }

  @Test("the families behind one that went are still found")
  func destroyFirst() {
    let counters = ["a", "b", "c", "d"].map { Counter(label: $0, factory: factory) }
    counters[1].destroy()
    Counter(label: "c", factory: factory).increment()
    counters[3].destroy()
    #expect(registry.samples == ["a_total 0", "c_total 1"])
  }

  @Test("every kind can be destroyed")
  func everyKind() {
    Counter(label: "a", factory: factory).destroy()
    FloatingPointCounter(label: "b", factory: factory).destroy()
    Meter(label: "c", factory: factory).destroy()
    Gauge(label: "d", factory: factory).destroy()
    Recorder(label: "e", factory: factory).destroy()
    Timer(label: "f", factory: factory).destroy()
    #expect(registry.text.isEmpty)
  }

  @Test("a series stays until it was destroyed as often as it was made")
  func holders() {
    let one = Meter(label: "a", factory: factory)
    let other = Meter(label: "a", factory: factory)
    one.destroy()
    other.set(3)
    #expect(registry.samples == ["a 3"])
    other.destroy()
    #expect(registry.text.isEmpty)
  }

  @Test("made again, it begins at 0, and holders of the old one neither change nor destroy it")
  func madeAgain() {
    let old = Counter(label: "a", factory: factory)
    old.increment(by: 5)
    old.destroy()
    let new = Counter(label: "a", factory: factory)
    old.increment()
    old.destroy()
    #expect(registry.samples == ["a_total 0"])
    new.increment()
    #expect(registry.samples == ["a_total 1"])
  }

  @Test("a family that went gives its name free for another type")
  func freeName() {
    let counter = Counter(label: "a", factory: factory)
    Meter(label: "b", factory: factory).set(1)
    counter.destroy()
    Meter(label: "a", factory: factory).set(2)
    #expect(registry.families == ["b", "a"])
    Counter(label: "a", factory: factory).increment()
    #expect(registry.families == ["a_counter_total", "b", "a"])
  }

  @Test("the handlers of other factories are left alone")
  func foreign() {
    let elsewhere = Counter(label: "a", factory: ExpositionMetricsFactory(registry: Registry()))
    _ = Counter(label: "a", factory: factory)
    factory.destroyCounter(NOOPMetricsHandler.instance)
    let handler = factory.makeCounter(label: "b", dimensions: [])
    Counter(label: "b", dimensions: [], handler: handler, factory: NOOPMetricsHandler.instance).destroy()
    elsewhere.destroy()
    #expect(registry.samples == ["a_total 0", "b_total 0"])
  }

  @Test("among other handlers of a multiplexer, series are made and destroyed all the same")
  func multiplexed() {
    let all = MultiplexMetricsHandler(factories: [NOOPMetricsHandler.instance, factory])
    let counter = FloatingPointCounter(label: "a", factory: all)
    counter.increment(by: 0.5)
    #expect(registry.samples == ["a_total 0.5"])
    counter.destroy()
    #expect(registry.text.isEmpty)
  }

  // MARK: Limit

  @Test("dimensions beyond the limit share a series called other")
  func limit() {
    for number in 0..<10 { Counter(label: "a", dimensions: [("path", "/\(number)")], factory: factory).increment() }
    Counter(label: "a", dimensions: [("path", "/1")], factory: factory).increment()
    Counter(label: "b", dimensions: [("path", "/9")], factory: factory).increment()
    #expect(
      registry.samples == [
        "a_total{path=\"/0\"} 1", "a_total{path=\"/1\"} 2", "a_total{path=\"/2\"} 1", "a_total{path=\"other\"} 7", "b_total{path=\"/9\"} 1",
      ])
  }

  @Test("the series that is shared beyond the limit stays when one of its holders destroys it, also when there is room again")
  func sharedStays() {
    let counters = (0..<5).map { Counter(label: "a", dimensions: [("path", "/\($0)")], factory: factory) }
    counters[4].increment()
    counters[3].increment(by: 2)
    counters[3].destroy()
    #expect(registry.samples.last == "a_total{path=\"other\"} 3")
    counters[0].destroy()
    counters[1].destroy()
    let late = Counter(label: "a", dimensions: [("path", "/3")], factory: factory)
    late.increment(by: 6)
    counters[4].destroy()
    #expect(registry.samples == ["a_total{path=\"/2\"} 0", "a_total{path=\"other\"} 3", "a_total{path=\"/3\"} 6"])
  }

  @Test("a limit that leaves no room stops the program at once, and not when a library makes its first instrument")
  func noRoom() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ExpositionMetricsFactory(registry: Registry(), limit: 0)
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("limit of 0"))
  }
}
