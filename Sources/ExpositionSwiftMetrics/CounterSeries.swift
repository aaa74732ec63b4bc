// A counter as swift-metrics uses it and a page shows it.
import Exposition
import Synchronization

import protocol CoreMetrics.CounterHandler
import protocol CoreMetrics.FloatingPointCounterHandler

/// One counter of whole and fractional amounts that can begin anew.
final class CounterSeries: Instrument, CounterHandler, FloatingPointCounterHandler {
  static var metricType: MetricType { .counter }

  private let counter = Counter()
  /// What had been counted at the last reset.
  private let base = Atomic<Double>(0)

  /// The count since the last reset. The base is read first: what comes in between can only make the count greater.
  var value: Double {
    let base = base.load(ordering: .acquiring)
    return max(0, counter.value - base)
  }

  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    // Whole amounts are added up in 64 bits, which a few great ones would overflow: those are added as fractions are.
    if amount <= UInt32.max { counter.increment(by: UInt64(amount)) } else { counter.add(Double(amount)) }
  }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    counter.add(amount)
  }

  func reset() {
    base.store(counter.value, ordering: .releasing)
  }

  func write(_ labels: Labels, to page: inout PageWriter) {
    page.sample(labels, value)
  }

  static func write(_ counters: [CounterSeries], _ labels: [Labels], to page: inout PageWriter) {
    page.samples(labels) { counters[$0].value }
  }
}
