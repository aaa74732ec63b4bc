// A histogram at one moment.

/// The counts and the sum of a histogram, taken together so that they agree.
public struct HistogramSnapshot: Sendable {
  /// The buckets' upper bounds, inclusive, rising, without the last one (+Inf).
  public let bounds: [Double]
  /// Observations in each bucket alone (not cumulative); one more than bounds, the last for what lies above all of them.
  public internal(set) var counts: [UInt64]
  /// The sum of all observations.
  public internal(set) var sum: Double
  /// The same observations in native buckets; nil where it has none.
  public internal(set) var native: NativeBuckets?
  /// The latest exemplar of each bucket; empty until there is one.
  var exemplars: [Exemplar?] = []

  /// A snapshot of a distribution kept elsewhere. Counts that are not one more than the bounds, or bounds
  /// that ``Histogram/init(bounds:native:)`` would refuse, stop the program with a message.
  public init(bounds: [Double], counts: [UInt64], sum: Double) {
    if let fault = Self.fault(in: bounds) { fatalError(fault) }
    if counts.count != bounds.count + 1 { fatalError("a histogram of \(bounds.count) bounds has one count more, not \(counts.count)") }
    self.init(checkedBounds: bounds, counts: counts, sum: sum, native: nil)
  }

  /// Without looking at the bounds again: a histogram checks its own once.
  init(checkedBounds bounds: [Double], counts: [UInt64], sum: Double, native: NativeBuckets?) {
    self.bounds = bounds
    self.counts = counts
    self.sum = sum
    self.native = native
  }

  /// The number of observations.
  public var count: UInt64 { counts.reduce(0, &+) }

  /// Counts one observation, and returns its bucket.
  mutating func add(_ value: Double) -> Int {
    // Bounds are a dozen: a walk over them is faster than halving, and NaN, below nothing, walks to the end.
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts[bucket] &+= 1
    sum += value
    native?.add(value)
    return bucket
  }

  /// Whether everything written of the one holds for the other. Sums are compared by their bits: NaN is itself.
  func isSame(as other: HistogramSnapshot) -> Bool {
    counts == other.counts && sum.bitPattern == other.sum.bitPattern && bounds == other.bounds && exemplars == other.exemplars
      && native == other.native
  }

  /// What is wrong with a list of bounds; nil when nothing is.
  static func fault(in bounds: [Double]) -> String? {
    if let odd = bounds.first(where: { !$0.isFinite }) { return "histogram bound \(odd) is not finite (+Inf is always there)" }
    for (lower, upper) in zip(bounds, bounds.dropFirst()) where lower >= upper {
      return "histogram bounds do not rise: \(lower), then \(upper)"
    }
    return nil
  }
}
