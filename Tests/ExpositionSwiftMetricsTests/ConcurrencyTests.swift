// Many tasks that make, use and destroy instruments at once, while pages are made.
import CoreMetrics
import ExpositionSwiftMetrics
import Testing

import struct Exposition.Family
import class Exposition.Registry

@Suite("swift-metrics from many tasks")
struct ConcurrencyTests {
  let registry = Registry()
  let factory: ExpositionMetricsFactory

  init() {
    factory = ExpositionMetricsFactory(registry: registry, timerBounds: { _ in [1] })
  }

  @Test("making the same and different series at once loses nothing")
  func making() async {
    await withTaskGroup { group in
      for task in 0..<8 {
        group.addTask {
          for number in 0..<500 {
            Counter(label: "all", factory: factory).increment()
            Counter(label: "some.\(number % 10)", dimensions: [("x", "\(number % 7)")], factory: factory).increment()
            FloatingPointCounter(label: "own.\(task)", factory: factory).increment(by: 0.5)
            Timer(label: "time", factory: factory).recordSeconds(0.5)
          }
        }
      }
      group.addTask { for _ in 0..<50 { expectOrderly(registry.text) } }
    }
    let samples = registry.samples
    #expect(samples.contains("all_total 4000"))
    #expect(samples.contains("time_seconds_sum 2000"))
    for task in 0..<8 { #expect(samples.contains("own_\(task)_total 250")) }
    let some = samples.filter { $0.hasPrefix("some_") }
    #expect(some.count == 70)
    let counts = some.compactMap { $0.split(separator: " ").last }.compactMap { Int($0) }
    #expect(counts.reduce(0, +) == 4000)
  }

  @Test("clashing types made at once are all on the page, each under a name of its own")
  func clashing() async {
    await withTaskGroup { group in
      for _ in 0..<4 {
        for number in 0..<50 {
          let (label, alike) = ("n.\(number)", "n-\(number)")
          group.addTask { Counter(label: label, factory: factory).increment() }
          group.addTask { Meter(label: label, factory: factory).increment() }
          group.addTask { Recorder(label: alike, factory: factory).record(1) }
        }
      }
    }
    expectOrderly(registry.text)
    #expect(Set(registry.families).count == 150)
    #expect(registry.samples.filter { $0.contains("total") && $0.hasSuffix(" 4") }.count == 50)
    #expect(registry.collectorErrors == ["swift-metrics": 0])
  }

  @Test("series made and destroyed at once, also by two holders, are removed in the end")
  func destroying() async {
    await withTaskGroup { group in
      for _ in 0..<8 {
        group.addTask {
          for number in 0..<300 {
            let counter = Counter(label: "a", dimensions: [("x", "\(number % 5)")], factory: factory)
            let meter = Meter(label: "a", factory: factory)
            counter.increment()
            meter.set(number)
            counter.destroy()
            meter.destroy()
          }
        }
      }
      group.addTask { for _ in 0..<50 { expectOrderly(registry.text) } }
    }
    #expect(registry.text.isEmpty)
  }

  @Test("the program may register the names of labels while they are made and collected")
  func registering() async {
    await withTaskGroup { group in
      group.addTask { for number in 0..<300 { Counter(label: "n.\(number)", factory: factory).increment() } }
      group.addTask {
        for number in 0..<300 { registry.register(as: Family(name: "n_\(number)_total", type: .counter, help: "N.")) { 2 } }
      }
      group.addTask { for _ in 0..<50 { expectOrderly(registry.text) } }
    }
    expectOrderly(registry.text)
    let samples = Set(registry.samples)
    for number in 0..<300 { #expect(samples.isSuperset(of: ["n_\(number)_total 2", "n_\(number)_counter_total 1"])) }
  }
}
