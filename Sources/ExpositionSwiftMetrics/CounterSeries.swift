// The counter of swift-metrics on a page.
import Exposition
import Synchronization

import protocol CoreMetrics.CounterHandler
import protocol CoreMetrics.FloatingPointCounterHandler

/// A counter of integer and fractional amounts that can be reset.
final class CounterSeries: Instrument, CounterHandler, FloatingPointCounterHandler {
  static var metricType: MetricType { .counter }

  private let counter = Counter()
  /// The count at the last reset.
  private let base = Atomic<Double>(0)

  /// The count since the last reset. The base is read first, so that a count in between can only make the difference
  /// greater.
  var value: Double {
    let base = base.load(ordering: .acquiring)
    return max(0, counter.value - base)
  }

  func increment(by amount: Int64) {
    guard amount > 0 else { return }
    // Integer amounts are added up in 64 bits, which a few large ones would overflow: these are added like fractions.
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
