// A number that goes up and down.
import Synchronization

/// Holds a value of the present. Any number of threads may use one at once.
///
/// ```swift
/// let connections = Gauge()
/// registry.register(connections, as: Family(name: "connections", type: .gauge, help: "Open connections."))
/// connections.add(1)
/// ```
public final class Gauge: Instrument {
  /// The type of the families that hold it.
  public static var metricType: MetricType { .gauge }

  private let level = Atomic<Double>(0)

  /// A gauge at 0.
  public init() {}

  /// The present value.
  public var value: Double { level.load(ordering: .relaxed) }

  /// Replaces the value.
  public func set(_ value: Double) {
    level.store(value, ordering: .relaxed)
  }

  /// Adds to the value; a negative amount takes away.
  public func add(_ amount: Double) {
    level.add(amount)
  }

  /// Writes the value under the family that the page is at.
  public func write(_ labels: Labels, to page: inout PageWriter) {
    page.sample(labels, value)
  }

  /// Writes the values of many.
  public static func write(_ gauges: [Gauge], _ labels: [Labels], to page: inout PageWriter) {
    page.samples(labels) { gauges[$0].value }
  }
}
