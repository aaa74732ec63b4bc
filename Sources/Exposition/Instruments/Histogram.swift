// A distribution of observations in buckets.
import Synchronization

/// Counts observations by size. Any number of threads may use one at once.
///
/// A lock and not atomics: a snapshot's counts and its sum then belong to the same observations, and an uncontended lock
/// costs two atomic operations, as many as a count and a sum would.
public final class Histogram: Instrument {
  /// The type of the families that hold it.
  public static var metricType: MetricType { .histogram }

  private struct State {
    var counts: [UInt64]
    var sum: Double
  }

  private let bounds: [Double]
  private let state: Mutex<State>

  /// An empty histogram with these upper bounds (inclusive, in the metric's base unit). Bounds that do not rise or are not
  /// finite stop the program with a message; +Inf is always there and is not given.
  public init(bounds: [Double]) {
    if let fault = HistogramSnapshot.fault(in: bounds) { fatalError(fault) }
    self.bounds = bounds
    state = Mutex(State(counts: Array(repeating: 0, count: bounds.count + 1), sum: 0))
  }

  /// Counts one observation. As in Prometheus' own clients, NaN falls in the last bucket and makes the sum NaN.
  public func observe(_ value: Double) {
    // Bounds are a dozen: a walk over them is faster than halving, and NaN, below nothing, walks to the end.
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    state.withLock {
      $0.counts[bucket] &+= 1
      $0.sum += value
    }
  }

  /// Counts and sum as they are now.
  public func snapshot() -> HistogramSnapshot {
    let now = state.withLock { $0 }
    return HistogramSnapshot(checkedBounds: bounds, counts: now.counts, sum: now.sum)
  }

  /// Writes buckets, sum and count under the family that the encoder is at.
  public func write(_ labels: Labels, into encoder: inout TextEncoder) {
    encoder.histogram(labels, snapshot())
  }
}
