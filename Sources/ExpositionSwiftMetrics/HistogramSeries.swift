// The histogram of swift-metrics on a page.
import Exposition

import protocol CoreMetrics.RecorderHandler
import protocol CoreMetrics.TimerHandler

/// A distribution of a recorder's values, or of a timer's seconds.
final class HistogramSeries: Instrument, RecorderHandler, TimerHandler {
  static var metricType: MetricType { .histogram }

  private let histogram: Histogram

  /// An empty histogram. Bounds may be in any order; bounds that are not finite are left out.
  init(bounds: [Double], native: NativeBuckets?) {
    histogram = Histogram(bounds: Set(bounds.filter(\.isFinite)).sorted(), native: native)
  }

  func record(_ value: Int64) { histogram.observe(Double(value)) }

  func record(_ value: Double) {
    guard value.isFinite else { return }
    histogram.observe(value)
  }

  func recordNanoseconds(_ duration: Int64) {
    // A clock that was set back gives a negative duration, and a falling sum looks like a restart.
    histogram.observe(Double(max(0, duration)) / 1e9)
  }

  func write(_ labels: Labels, to page: inout PageWriter) {
    histogram.write(labels, to: &page)
  }
}
