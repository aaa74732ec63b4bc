// The series that all exporters of the benchmark show: 40 % gauges, 40 % counters, 20 % samples of histograms.

import Exposition

/// The instruments, in a registry.
struct BenchSeries {
  let registry = Registry()
  private let raised: [Counter]

  /// - Parameters:
  ///   - count: how many series in all.
  ///   - stride: every so many-th counter is raised by ``raise()``.
  init(_ count: Int, stride: Int) {
    let gauges = LabelledGauge("service", "node", "state", limit: count)
    let counters = LabelledCounter("service", "method", "code", limit: count)
    let histograms = LabelledHistogram("service", "route", "zone", bounds: [0.005, 0.05, 0.5, 1, 5, 10, 30], limit: count)
    var raised: [Counter] = []
    for index in 0..<(count * 4 / 10) {
      let state = ["running", "starting", "stopped", "failed"][index % 4]
      gauges["svc-\(padded(index / 4, 5))", "node-\(padded(index / 4 % 16, 2))", state].set(
        Double(index * 7919 % 100_003) / (index % 4 == 3 ? 7 : 8))
      let counter = counters[
        "svc-\(padded(index / 8, 5))", ["GET", "POST", "PUT", "DELETE"][index % 4], ["200", "500"][index / 4 % 2]]
      counter.increment(by: UInt64(index * 104_729 % 1_000_003))
      if index % stride == 0 { raised.append(counter) }
    }
    for index in 0..<(count / 50) {
      let histogram = histograms["svc-\(padded(index, 5))", "/api/v1/items", "zone-" + ["a", "b", "c", "d"][index % 4]]
      for step in 0..<20 { histogram.observe(Double((index * 20 + step) * 37 % 997) / 97) }
    }
    self.raised = raised
    registry.register(gauges, as: Family(name: "bench_gauge", type: .gauge, help: "A gauge."))
    registry.register(counters, as: Family(name: "bench_requests_total", type: .counter, help: "A counter."))
    registry.register(histograms, as: Family(name: "bench_duration_seconds", type: .histogram, help: "A histogram."))
  }

  /// Raises the chosen counters by one.
  func raise() {
    for counter in raised { counter.increment() }
  }
}

private func padded(_ number: Int, _ width: Int) -> String {
  let digits = String(number)
  return String(repeating: "0", count: max(0, width - digits.count)) + digits
}
