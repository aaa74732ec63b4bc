// Labels that lead to a name of another family.
import CoreMetrics
import ExpositionSwiftMetrics
import Testing

import protocol Exposition.Collector
import struct Exposition.Family
import struct Exposition.PageWriter
import class Exposition.Registry

@Suite("Names that are taken")
struct ClashTests {
  let registry = Registry()
  let factory: ExpositionMetricsFactory

  init() {
    factory = ExpositionMetricsFactory(registry: registry, timerBounds: { _ in [] }, recorderBounds: { _ in [] })
  }

  @Test("labels that lead to one name and one type share a family, whose help names the first")
  func sameType() {
    Counter(label: "a.b", factory: factory).increment()
    Counter(label: "a-b", dimensions: [("x", "1")], factory: factory).increment()
    Counter(label: "a_b_total", factory: factory).increment()
    #expect(
      registry.text == """
        # HELP a_b_total From swift-metrics, labelled "a.b".
        # TYPE a_b_total counter
        a_b_total 2
        a_b_total{x="1"} 1

        """)
  }

  @Test("of another type, the later gets its type behind the name")
  func otherType() {
    Counter(label: "first.counter", factory: factory).increment()
    Meter(label: "first.counter", factory: factory).set(2)
    Recorder(label: "first.counter", factory: factory).record(3)
    Meter(label: "first.meter", factory: factory).set(4)
    Counter(label: "first.meter", factory: factory).increment(by: 5)
    Recorder(label: "first.recorder", factory: factory).record(6)
    Meter(label: "first.recorder", factory: factory).set(7)
    Timer(label: "timer", factory: factory).recordSeconds(8)
    Gauge(label: "timer.seconds", factory: factory).record(9)
    #expect(
      registry.families == [
        "first_counter_total", "first_meter_counter_total",
        "first_counter_gauge", "first_meter", "first_recorder_gauge", "timer_seconds_gauge",
        "first_counter_histogram", "first_recorder", "timer_seconds",
      ])
    expectOrderly(registry.text)
  }

  @Test("a family keeps its name when others are made later")
  func stable() {
    Meter(label: "a", factory: factory).set(1)
    Counter(label: "a", factory: factory).increment()
    let before = registry.text
    Counter(label: "a", factory: factory).increment(by: 0)
    Recorder(label: "b", factory: factory).record(1)
    #expect(registry.text.hasPrefix(before))
  }

  @Test("a counter may not be called as the samples of a histogram are, nor the other way round")
  func histogramSamples() {
    Recorder(label: "a", factory: factory).record(1)
    Counter(label: "a.count", factory: factory).increment()
    Counter(label: "b.sum", factory: factory).increment()
    Recorder(label: "b", factory: factory).record(1)
    #expect(registry.families == ["a_count_counter_total", "b_sum_total", "a", "b_histogram"])
  }

  @Test("if the second name is taken too, the family is not on the page until one of the two is free")
  func unseen() {
    let plain = Meter(label: "a", factory: factory)
    Recorder(label: "a_counter", factory: factory).record(1)
    let counter = Counter(label: "a", factory: factory)
    counter.increment(by: 5)
    #expect(registry.families == ["a", "a_counter"])
    plain.destroy()
    #expect(registry.families == ["a_total", "a_counter"])
    #expect(registry.samples.first == "a_total 5")
    counter.destroy()
    #expect(registry.families == ["a_counter"])
  }

  @Test("a family that is not on the page can be destroyed")
  func destroyUnseen() {
    Meter(label: "a", factory: factory).set(1)
    Recorder(label: "a_counter", factory: factory).record(1)
    Counter(label: "a", factory: factory).destroy()
    #expect(registry.families == ["a", "a_counter"])
  }

  @Test("an instrument that the program registered keeps its name and its value")
  func registeredBefore() {
    let registry = Registry()
    registry.register(as: Family(name: "jobs_total", type: .counter, help: "Jobs done.")) { 7 }
    let factory = ExpositionMetricsFactory(registry: registry)
    Counter(label: "jobs", factory: factory).increment()
    Gauge(label: "jobs", factory: factory).record(2)
    #expect(registry.samples == ["jobs_total 7", "jobs_counter_total 1", "jobs_gauge 2"])
    #expect(registry.collectorErrors == ["swift-metrics": 0])
  }

  @Test("an instrument that the program registers later under a name in use gets it, and the family moves aside without a loss")
  func registeredLater() {
    let counter = Counter(label: "jobs", factory: factory)
    counter.increment()
    Recorder(label: "size", factory: factory).record(4)
    #expect(registry.families == ["jobs_total", "size"])
    registry.register(as: Family(name: "jobs_total", type: .counter, help: "Jobs done.")) { 7 }
    registry.register(as: Family(name: "size", type: .gauge, help: "Size.")) { 8 }
    counter.increment()
    #expect(
      registry.samples == [
        "jobs_counter_total 2", "size_histogram_bucket{le=\"+Inf\"} 1", "size_histogram_sum 4", "size_histogram_count 1", "jobs_total 7",
        "size 8",
      ])
    #expect(registry.collectorErrors == ["swift-metrics": 0])
    registry.register(as: Family(name: "jobs_counter_total", type: .counter, help: "More jobs done.")) { 9 }
    #expect(registry.samples.filter { $0.hasPrefix("jobs") } == ["jobs_total 7", "jobs_counter_total 9"])
    expectOrderly(registry.text)
  }

  @Test("a family that an earlier collector writes stays that collector's, and ours is left out and counted")
  func collector() {
    struct Jobs: Collector {
      let name = "jobs"

      func collect(into page: inout PageWriter) {
        page.begin(Family(name: "jobs", type: .gauge, help: "Jobs that wait."))
        page.sample(.none, 3)
      }
    }
    let registry = Registry()
    registry.register(Jobs())
    let factory = ExpositionMetricsFactory(registry: registry)
    Meter(label: "jobs", factory: factory).set(1)
    Meter(label: "others", factory: factory).set(2)
    #expect(registry.samples == ["jobs 3", "others 2"])
    #expect(registry.collectorErrors == ["jobs": 0, "swift-metrics": 1])
  }

  @Test("a second factory of one registry stops the program with a message")
  func secondFactory() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      let registry = Registry()
      _ = ExpositionMetricsFactory(registry: registry)
      _ = ExpositionMetricsFactory(registry: registry)
    }
    #expect(String(decoding: result.standardErrorContent, as: UTF8.self).contains("swift-metrics"))
  }
}
