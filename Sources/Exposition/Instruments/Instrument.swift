// What counters, gauges and histograms have in common.

/// Something that holds a number or a distribution of its own, and can be registered under a family.
public protocol Instrument: Sendable {
  /// The type a family must have to hold it.
  static var metricType: MetricType { get }
  /// Writes its present value as samples of the family that the encoder is at.
  func write(_ labels: Labels, into encoder: inout TextEncoder)
}
