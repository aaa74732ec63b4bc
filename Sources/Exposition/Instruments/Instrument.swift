// The protocol of counters, gauges and histograms.

/// An instrument holds a number or a distribution of its own, and can be registered under a family.
public protocol Instrument: AnyObject, Sendable {
  /// The type of families of this instrument.
  static var metricType: MetricType { get }
  /// Writes its current value as samples of the page's current family.
  func write(_ labels: Labels, to page: inout PageWriter)
  /// Writes the current values of many instruments, each with its labels. The default implementation writes them one by
  /// one.
  static func write(_ instruments: [Self], _ labels: [Labels], to page: inout PageWriter)
}

extension Instrument {
  /// Writes the current values one by one.
  public static func write(_ instruments: [Self], _ labels: [Labels], to page: inout PageWriter) {
    for index in instruments.indices { instruments[index].write(labels[index], to: &page) }
  }
}
