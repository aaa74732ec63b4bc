// The buckets of a native histogram: exponential, as fine as there is room for, and only the ones with observations.
//
// Bucket i of schema s holds observations above 2^((i-1)·2^-s) and up to 2^(i·2^-s), so schema 3 has 8 buckets for each
// doubling, and neighbours are 9 % apart. If there are too many, each pair becomes one bucket of the next coarser
// schema, as in Prometheus' own Go client; only resolution is lost. (prometheus.io/docs/specs/native_histograms)
import Glibc

/// Observations in exponential buckets around a zero bucket.
///
/// ```swift
/// let sizes = Histogram(bounds: [1_000, 1_000_000], native: NativeBuckets(schema: 2))
/// ```
/// Only the protobuf format carries them; Prometheus 2.40 and later read them with
/// `--enable-feature=native-histograms`.
public struct NativeBuckets: Sendable, Equatable {
  /// The coarsest and the finest resolution.
  static let schemas = -4...8
  /// The largest magnitude that counts as zero: 2^-128, the default of Prometheus' own clients.
  static let zeroThreshold = 0x1p-128

  /// The buckets of one sign, by rising index.
  struct Side: Sendable, Equatable {
    var indices: [Int32] = []
    var counts: [UInt64] = []
  }

  /// The resolution: 2^schema buckets for each doubling. Falls by one whenever there would be too many buckets.
  public private(set) var schema: Int
  /// The observations in the zero bucket.
  public private(set) var zeroCount: UInt64 = 0
  private(set) var positive = Side()
  private(set) var negative = Side()
  private let maxBuckets: Int

  /// Empty buckets.
  ///
  /// - Parameters:
  ///   - schema: The first resolution, -4 to 8; a value outside is moved to the nearest.
  ///   - maxBuckets: The number of buckets, at least 2, above which resolution falls; at schema -4 no more than 146
  ///     are possible.
  public init(schema: Int = 3, maxBuckets: Int = 160) {
    self.schema = min(max(schema, Self.schemas.lowerBound), Self.schemas.upperBound)
    self.maxBuckets = max(maxBuckets, 2)
  }

  /// Counts one observation. NaN has no bucket.
  mutating func add(_ value: Double) {
    if value.isNaN { return }
    if value.magnitude <= Self.zeroThreshold {
      zeroCount &+= 1
      return
    }
    let index = Self.index(of: value.magnitude, schema: schema)
    if value > 0 { positive.count(index) } else { negative.count(index) }
    while positive.counts.count + negative.counts.count > maxBuckets, schema > Self.schemas.lowerBound { halve() }
  }

  private mutating func halve() {
    schema -= 1
    positive.halve()
    negative.halve()
  }

  /// The bucket of a magnitude above 0; infinity has a bucket of its own after that of the greatest number.
  static func index(of magnitude: Double, schema: Int) -> Int32 {
    if magnitude.isInfinite { return index(of: .greatestFiniteMagnitude, schema: schema) + 1 }
    let exponent = Int32(magnitude.exponent)
    // In [1, 2): a power of two belongs to the bucket that ends in it.
    let significand = magnitude.significand
    if schema <= 0 {
      let whole = significand == 1 ? exponent : exponent + 1
      let width = Int32(1) << Int32(-schema)
      return (whole + width - 1) >> Int32(-schema)
    }
    let perDoubling = Int32(1) << Int32(schema)
    // The estimate may be off by one near a bound; the bound itself decides.
    var part = Int32((log2(significand) * Double(perDoubling)).rounded(.up))
    while part > 0, significand <= bound(part - 1, perDoubling) { part -= 1 }
    while significand > bound(part, perDoubling) { part += 1 }
    return exponent * perDoubling + part
  }

  private static func bound(_ part: Int32, _ perDoubling: Int32) -> Double {
    exp2(Double(part) / Double(perDoubling))
  }
}

extension NativeBuckets.Side {
  fileprivate mutating func count(_ index: Int32) {
    var low = 0
    var high = indices.count
    while low < high {
      let middle = (low + high) / 2
      if indices[middle] < index { low = middle + 1 } else { high = middle }
    }
    if low < indices.count, indices[low] == index {
      counts[low] &+= 1
    } else {
      indices.insert(index, at: low)
      counts.insert(1, at: low)
    }
  }

  /// Joins bucket 2i-1 and bucket 2i as bucket i.
  fileprivate mutating func halve() {
    var halved = Self()
    for (index, count) in zip(indices, counts) {
      let next = (index + 1) >> 1
      if halved.indices.last == next {
        halved.counts[halved.counts.count - 1] &+= count
      } else {
        halved.indices.append(next)
        halved.counts.append(count)
      }
    }
    self = halved
  }
}
