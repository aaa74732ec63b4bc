// A number that only rises.
import Synchronization

/// Counts events. Any number of threads may use one at once; an increment is one atomic addition.
public final class Counter: Instrument {
  /// The type of the families that hold it.
  public static var metricType: MetricType { .counter }

  private let count = Atomic<UInt64>(0)

  /// A counter at 0.
  public init() {}

  /// The count so far.
  public var value: UInt64 { count.load(ordering: .relaxed) }

  /// Counts `amount` more.
  public func increment(by amount: UInt64 = 1) {
    count.wrappingAdd(amount, ordering: .relaxed)
  }

  /// Writes the count under the family that the encoder is at.
  public func write(_ labels: Labels, into encoder: inout TextEncoder) {
    encoder.sample(labels, value)
  }
}
