// What counters, gauges and histograms have in common.

/// Something that holds a number or a distribution of its own, and can be registered under a family.
public protocol Instrument: AnyObject, Sendable {
  /// The type a family must have to hold it.
  static var metricType: MetricType { get }
  /// Writes its present value as samples of the family that the page is at.
  func write(_ labels: Labels, to page: inout PageWriter)
  /// Writes the present values of many, each with its labels; there is an implementation that writes one after the other.
  static func write(_ instruments: [Self], _ labels: [Labels], to page: inout PageWriter)
}

extension Instrument {
  /// Writes one after the other.
  public static func write(_ instruments: [Self], _ labels: [Labels], to page: inout PageWriter) {
    for index in instruments.indices { instruments[index].write(labels[index], to: &page) }
  }
}
