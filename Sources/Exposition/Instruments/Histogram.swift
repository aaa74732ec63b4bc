// A distribution of observations in buckets.
import Synchronization

/// Counts observations by size. Any number of threads may use one at once.
///
/// ```swift
/// let waits = Histogram(bounds: [0.005, 0.05, 0.5, 5], native: NativeBuckets())
/// registry.register(waits, as: Family(name: "wait_seconds", type: .histogram, help: "Time spent waiting."))
/// waits.observe(0.042)
/// ```
/// A lock and not atomics: a snapshot's counts and its sum then belong to the same observations, and an uncontended lock
/// costs two atomic operations, as many as a count and a sum would.
public final class Histogram: Instrument {
  /// The type of the families that hold it.
  public static var metricType: MetricType { .histogram }

  private let state: Mutex<HistogramSnapshot>

  /// An empty histogram.
  ///
  /// - Parameters:
  ///   - bounds: upper bounds (inclusive, in the metric's base unit) of the classic buckets. Ones that do not rise or are not finite stop the
  ///     program with a message; +Inf is always there and is not given.
  ///   - native: empty buckets of a native histogram, where it shall have them too; they are seen by who scrapes protobuf.
  public init(bounds: [Double], native: NativeBuckets? = nil) {
    if let fault = HistogramSnapshot.fault(in: bounds) { fatalError(fault) }
    state = Mutex(
      HistogramSnapshot(checkedBounds: bounds, counts: Array(repeating: 0, count: bounds.count + 1), sum: 0, native: native))
  }

  /// Counts one observation. As in Prometheus' own clients, NaN falls in the last bucket and makes the sum NaN.
  public func observe(_ value: Double) {
    state.withLock { _ = $0.add(value) }
  }

  /// Counts one observation, and remembers the event that an exemplar points to until another of the same bucket comes.
  public func observe(_ value: Double, exemplar: Exemplar?) {
    state.withLock { state in
      let bucket = state.add(value)
      guard let exemplar else { return }
      if state.exemplars.isEmpty { state.exemplars = Array(repeating: nil, count: state.counts.count) }
      state.exemplars[bucket] = exemplar
    }
  }

  /// Counts and sum as they are now.
  public func snapshot() -> HistogramSnapshot {
    state.withLock { $0 }
  }

  /// Writes buckets, sum and count under the family that the page is at.
  public func write(_ labels: Labels, to page: inout PageWriter) {
    page.histogram(labels, snapshot())
  }
}
