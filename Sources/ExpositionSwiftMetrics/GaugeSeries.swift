// The gauge of swift-metrics on a page.
import Exposition

import protocol CoreMetrics.MeterHandler
import protocol CoreMetrics.RecorderHandler

/// A current value: a meter's, or the last value of a recorder that does not aggregate.
final class GaugeSeries: Instrument, MeterHandler, RecorderHandler {
  static var metricType: MetricType { .gauge }

  private let gauge = Gauge()

  func set(_ value: Int64) { gauge.set(Double(value)) }
  func set(_ value: Double) { gauge.set(value) }

  func record(_ value: Int64) { gauge.set(Double(value)) }
  func record(_ value: Double) { gauge.set(value) }

  func increment(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    gauge.add(amount)
  }

  func decrement(by amount: Double) {
    guard amount > 0, amount.isFinite else { return }
    gauge.add(-amount)
  }

  func write(_ labels: Labels, to page: inout PageWriter) {
    gauge.write(labels, to: &page)
  }

  static func write(_ gauges: [GaugeSeries], _ labels: [Labels], to page: inout PageWriter) {
    page.samples(labels) { gauges[$0].gauge.value }
  }
}
