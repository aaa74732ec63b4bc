// A number that goes up and down.
import Synchronization

/// Holds a value of the present. Any number of threads may use one at once.
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
    var seen = level.load(ordering: .relaxed)
    while true {
      let (exchanged, original) = level.weakCompareExchange(expected: seen, desired: seen + amount, ordering: .relaxed)
      if exchanged { return }
      seen = original
    }
  }

  /// Writes the value under the family that the encoder is at.
  public func write(_ labels: Labels, into encoder: inout TextEncoder) {
    encoder.sample(labels, value)
  }
}
