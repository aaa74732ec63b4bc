// Gauges.
import Synchronization

/// Holds a current value, which may rise and fall. Any number of threads may use one gauge at once.
///
/// ```swift
/// let connections = Gauge()
/// registry.register(connections, as: Family(name: "connections", type: .gauge, help: "Open connections."))
/// connections.add(1)
/// ```
public final class Gauge: Instrument {
  /// The type of families of gauges.
  public static var metricType: MetricType { .gauge }

  private let level = Atomic<Double>(0)

  /// A gauge at 0.
  public init() {}

  /// The current value.
  public var value: Double { level.load(ordering: .relaxed) }

  /// Replaces the value.
  public func set(_ value: Double) {
    level.store(value, ordering: .relaxed)
  }

  /// Adds an amount, which may be negative, to the value.
  public func add(_ amount: Double) {
    level.add(amount)
  }

  /// Writes the value as a sample of the page's current family.
  public func write(_ labels: Labels, to page: inout PageWriter) {
    page.sample(labels, value)
  }

  /// Writes the values of many gauges, each with its labels.
  public static func write(_ gauges: [Gauge], _ labels: [Labels], to page: inout PageWriter) {
    page.samples(labels) { gauges[$0].value }
  }
}
