// Histograms.
import Synchronization

/// Counts observations in buckets by size. Any number of threads may use one histogram at once.
///
/// ```swift
/// let waits = Histogram(bounds: [0.005, 0.05, 0.5, 5], native: NativeBuckets())
/// registry.register(waits, as: Family(name: "wait_seconds", type: .histogram, help: "Time spent waiting."))
/// waits.observe(0.042)
/// ```
/// It uses a lock instead of atomics, so that the counts and the sum of a snapshot belong to the same observations. An
/// uncontended lock costs two atomic operations, as many as a count and a sum would.
public final class Histogram: Instrument {
  /// The type of families of histograms.
  public static var metricType: MetricType { .histogram }

  private let state: Mutex<HistogramSnapshot>

  /// An empty histogram.
  ///
  /// - Parameters:
  ///   - bounds: The upper bounds (inclusive, in the metric's base unit) of the classic buckets. Bounds that do not
  ///     rise or are not finite stop the program with a message. +Inf is always added, and must not be given.
  ///   - native: Empty buckets of a native histogram, to have these too; only the protobuf format shows them.
  public init(bounds: [Double], native: NativeBuckets? = nil) {
    if let fault = HistogramSnapshot.fault(in: bounds) { fatalError(fault) }
    state = Mutex(
      HistogramSnapshot(checkedBounds: bounds, counts: Array(repeating: 0, count: bounds.count + 1), sum: 0, native: native))
  }

  /// Counts one observation. As in Prometheus' own clients, NaN falls into the last bucket and makes the sum NaN.
  public func observe(_ value: Double) {
    state.withLock { _ = $0.add(value) }
  }

  /// Counts one observation, and keeps an exemplar of it until the next one in the same bucket.
  public func observe(_ value: Double, exemplar: Exemplar?) {
    state.withLock { state in
      let bucket = state.add(value)
      guard let exemplar else { return }
      if state.exemplars.isEmpty { state.exemplars = Array(repeating: nil, count: state.counts.count) }
      state.exemplars[bucket] = exemplar
    }
  }

  /// The counts and the sum at this moment.
  public func snapshot() -> HistogramSnapshot {
    state.withLock { $0 }
  }

  /// Writes buckets, sum and count as samples of the page's current family.
  public func write(_ labels: Labels, to page: inout PageWriter) {
    page.histogram(labels, snapshot())
  }
}
