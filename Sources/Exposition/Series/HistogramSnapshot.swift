// A histogram at one moment.

/// The counts and the sum of a histogram, taken at the same moment.
public struct HistogramSnapshot: Sendable {
  /// The upper bounds of the buckets, inclusive, rising, without the last one (+Inf).
  public let bounds: [Double]
  /// The observations in each bucket alone (not cumulative). There is one more count than bounds, for observations
  /// above all of them.
  public internal(set) var counts: [UInt64]
  /// The sum of all observations.
  public internal(set) var sum: Double
  /// The same observations in native buckets; nil if the histogram has none.
  public internal(set) var native: NativeBuckets?
  /// The latest exemplar of each bucket; empty until there is one.
  var exemplars: [Exemplar?] = []

  /// A snapshot of a distribution that is kept elsewhere. If the number of counts is not one more than the number of
  /// bounds, or ``Histogram/init(bounds:native:)`` would refuse the bounds, the program stops with a message.
  public init(bounds: [Double], counts: [UInt64], sum: Double) {
    if let fault = Self.fault(in: bounds) { fatalError(fault) }
    if counts.count != bounds.count + 1 { fatalError("a histogram of \(bounds.count) bounds has one count more, not \(counts.count)") }
    self.init(checkedBounds: bounds, counts: counts, sum: sum, native: nil)
  }

  /// A snapshot with bounds that were checked before: a histogram checks its own once.
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
    // There are about a dozen bounds: a linear search is faster than a binary one, and NaN, which no bound exceeds,
    // goes to the end.
    let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
    counts[bucket] &+= 1
    sum += value
    native?.add(value)
    return bucket
  }

  /// Whether both have the same bytes on a page. Sums are compared by their bits, so that NaN equals itself.
  func isSame(as other: HistogramSnapshot) -> Bool {
    counts == other.counts && sum.bitPattern == other.sum.bitPattern && bounds == other.bounds && exemplars == other.exemplars
      && native == other.native
  }

  /// The fault of a list of bounds; nil if there is none.
  static func fault(in bounds: [Double]) -> String? {
    if let odd = bounds.first(where: { !$0.isFinite }) { return "histogram bound \(odd) is not finite (+Inf is always there)" }
    for (lower, upper) in zip(bounds, bounds.dropFirst()) where lower >= upper {
      return "histogram bounds do not rise: \(lower), then \(upper)"
    }
    return nil
  }
}
