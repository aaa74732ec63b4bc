// A histogram at one moment.

/// The counts and the sum of a histogram, taken together so that they agree.
public struct HistogramSnapshot: Sendable, Equatable {
  /// The buckets' upper bounds, inclusive, rising, without the last one (+Inf).
  public let bounds: [Double]
  /// Observations in each bucket alone (not cumulative); one more than bounds, the last for what lies above all of them.
  public let counts: [UInt64]
  /// The sum of all observations.
  public let sum: Double

  /// A snapshot of a distribution kept elsewhere. Counts that are not one more than the bounds, or bounds
  /// that ``Histogram/init(bounds:)`` would refuse, stop the program with a message.
  public init(bounds: [Double], counts: [UInt64], sum: Double) {
    if let fault = Self.fault(in: bounds) { fatalError(fault) }
    if counts.count != bounds.count + 1 { fatalError("a histogram of \(bounds.count) bounds has one count more, not \(counts.count)") }
    self.init(checkedBounds: bounds, counts: counts, sum: sum)
  }

  /// Without looking at the bounds again: a histogram checks its own once.
  init(checkedBounds bounds: [Double], counts: [UInt64], sum: Double) {
    self.bounds = bounds
    self.counts = counts
    self.sum = sum
  }

  /// The number of observations.
  public var count: UInt64 { counts.reduce(0, &+) }

  /// What is wrong with a list of bounds; nil when nothing is.
  static func fault(in bounds: [Double]) -> String? {
    if let odd = bounds.first(where: { !$0.isFinite }) { return "histogram bound \(odd) is not finite (+Inf is always there)" }
    for (lower, upper) in zip(bounds, bounds.dropFirst()) where lower >= upper {
      return "histogram bounds do not rise: \(lower), then \(upper)"
    }
    return nil
  }
}
