// Native buckets: the bucket of an observation, the limit of their number, and their form in protobuf.
import Testing

@testable import Exposition

@Suite("Native buckets")
struct NativeBucketsTests {
  /// Numbers of all sizes and both signs, some of them powers of two.
  private static func values(_ count: Int, seed: UInt64) -> [Double] {
    var random = SplitMix(state: seed)
    return (0..<count).map { _ in
      let exponent = Int(random.next() % 200) - 100
      let significand = random.next() % 4 == 0 ? 1 : 1 + Double(random.next() % 1_000_000) / 1_000_000
      return Double(sign: random.next() % 2 == 0 ? .plus : .minus, exponent: exponent, significand: significand)
    }
  }

  // MARK: The bucket of an observation

  @Test("bucket i ends in 2^(i·2^-schema), that bound included: powers of two and their neighbours", arguments: -4...8)
  func powersOfTwo(schema: Int) {
    for exponent in [-1022, -1021] + Array(stride(from: -1020, to: 1024, by: 9)) + [1023] {
      let power = Double(sign: .plus, exponent: exponent, significand: 1)
      // The exponent in buckets, rounded up if several powers share one.
      let index = schema >= 0 ? exponent << schema : (exponent + (1 << -schema) - 1) >> -schema
      // Above the power the next bucket begins, unless a coarse bucket goes on to a later power.
      let above = schema >= 0 ? index + 1 : (exponent + 1 + (1 << -schema) - 1) >> -schema
      #expect(NativeBuckets.index(of: power, schema: schema) == index)
      #expect(NativeBuckets.index(of: power.nextDown, schema: schema) == index)
      #expect(NativeBuckets.index(of: power.nextUp, schema: schema) == above)
    }
  }

  @Test("any number is in the bucket of the definition, found with whole numbers alone")
  func definition() {
    for value in Self.values(60, seed: 7).map(\.magnitude) + [
      .greatestFiniteMagnitude, .leastNormalMagnitude, .leastNonzeroMagnitude, 0x123p-1070,
    ] {
      let defined = Definition(value)
      for schema in NativeBuckets.schemas {
        #expect(NativeBuckets.index(of: value, schema: schema) == defined.index(schema: schema), "\(value), schema \(schema)")
      }
    }
  }

  @Test("near a bound that is no double a number may be a bucket off, further away it is not")
  func roundedBounds() {
    for schema in 1...8 {
      // The numbers around 2^(part·2^-schema), by taking square roots.
      var bound = 2.0
      for _ in 0..<schema { bound = bound.squareRoot() }
      for value in [bound.nextDown.nextDown, bound.nextDown, bound, bound.nextUp, bound.nextUp.nextUp] {
        let nearby = [value.nextDown, value, value.nextUp].map { Definition($0).index(schema: schema) }
        #expect(nearby.contains(Int(NativeBuckets.index(of: value, schema: schema))), "\(value), schema \(schema)")
      }
    }
  }

  @Test("infinity has the bucket behind that of the greatest number, in every schema", arguments: -4...8)
  func infinity(schema: Int) {
    var buckets = NativeBuckets(schema: schema)
    for value in [Double.infinity, -.infinity, .greatestFiniteMagnitude] { buckets.add(value) }
    let greatest: Int32 = schema >= 0 ? 1024 << Int32(schema) : 1024 >> Int32(-schema)
    #expect(buckets.positive.indices == [greatest, greatest + 1] && buckets.negative.indices == [greatest + 1])
    #expect(buckets.positive.counts == [1, 1] && buckets.negative.counts == [1] && buckets.zeroCount == 0)
  }

  @Test("a magnitude up to 2^-128 counts as zero, and NaN has no bucket")
  func zero() {
    var buckets = NativeBuckets(schema: 0)
    for value in [0, -0.0, 0x1p-128, -0x1p-128, .leastNonzeroMagnitude, .nan, -.nan] { buckets.add(value) }
    #expect(buckets.zeroCount == 5 && buckets.positive.counts.isEmpty && buckets.negative.counts.isEmpty)
    buckets.add(0x1p-128.nextUp)
    buckets.add(-0x1p-128.nextUp)
    #expect(buckets.positive.indices == [-127] && buckets.negative.indices == [-127])
  }

  @Test("buckets of one sign are in order of index, for any order of observations")
  func order() {
    var buckets = NativeBuckets(schema: 0, maxBuckets: 100)
    for exponent in [3, -5, 3, 0, 7, -5, 1, -20, 3] { buckets.add(Double(sign: .plus, exponent: exponent, significand: 1)) }
    #expect(buckets.positive.indices == [-20, -5, 0, 1, 3, 7])
    #expect(buckets.positive.counts == [1, 2, 1, 1, 3, 1])
  }

  // MARK: The number of buckets

  @Test(
    "there are never more buckets than allowed while there is a coarser schema, and none is lost when they are halved", arguments: 1...4)
  func halving(seed: UInt64) {
    for maxBuckets in [2, 7, 40, 160] {
      var buckets = NativeBuckets(schema: 8, maxBuckets: maxBuckets)
      var schema = buckets.schema
      for (number, value) in ([.infinity, 0] + Self.values(300, seed: seed)).enumerated() {
        buckets.add(value)
        #expect(buckets.count <= maxBuckets || buckets.schema == -4)
        #expect(buckets.schema <= schema)
        #expect(buckets.total == UInt64(number) + 1)
        schema = buckets.schema
      }
      var coarse = NativeBuckets(schema: schema, maxBuckets: 10_000)
      for value in [.infinity, 0] + Self.values(300, seed: seed) { coarse.add(value) }
      #expect(coarse.schema == schema && coarse.zeroCount == buckets.zeroCount)
      #expect(coarse.positive == buckets.positive && coarse.negative == buckets.negative)
    }
  }

  @Test("at the coarsest schema there are at most 146, and that many with every size of number")
  func most() {
    var buckets = NativeBuckets(schema: -4, maxBuckets: 2)
    for exponent in -128...1023 {
      for value in [Double(sign: .plus, exponent: exponent, significand: 1.5), .infinity] {
        buckets.add(value)
        buckets.add(-value)
      }
    }
    #expect(buckets.count == 146 && buckets.schema == -4)
  }

  @Test("schemas and numbers of buckets outside the range are moved to the nearest")
  func clamped() {
    #expect(NativeBuckets(schema: 20).schema == 8 && NativeBuckets(schema: -20).schema == -4)
    var buckets = NativeBuckets(schema: 0, maxBuckets: -1)
    for value in [1.0, 2] { buckets.add(value) }
    #expect(buckets.count == 2 && buckets.schema == 0)
  }

  // MARK: In protobuf

  @Test(
    "a gap of up to two buckets is filled, a longer one begins a new run",
    arguments: [
      ([0], 1), ([5], 1), ([-7], 1), ([1, 2, 3], 1), ([1, 3], 1), ([1, 4], 1), ([1, 5], 2), ([-3, -2, 2], 2), ([-3, 0, 3], 1),
      ([-9, -5, -2, 1, 9], 3),
    ] as [([Int], Int)])
  func gaps(exponents: [Int], runs: Int) throws {
    for sign in [FloatingPointSign.plus, .minus] {
      let histogram = Histogram(bounds: [], native: NativeBuckets(schema: 0))
      for (number, exponent) in exponents.enumerated() {
        for _ in 0..<(number * 3 % 5 + 1) { histogram.observe(Double(sign: sign, exponent: exponent, significand: 1)) }
      }
      let message = try #require(written(histogram))
      let buckets = try #require(histogram.snapshot().native)
      #expect(message.messages(sign == .plus ? 12 : 9).count == runs)
      #expect(decoded(message, spans: 12, deltas: 13) == buckets.positive && decoded(message, spans: 9, deltas: 10) == buckets.negative)
    }
  }

  @Test("runs and differences say exactly which buckets there are", arguments: UInt64(1)...5)
  func decodes(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    let histogram = Histogram(bounds: [1], native: NativeBuckets(schema: Int(random.next() % 13) - 4))
    // Many observations in the middle, so that counts are large, and few far out, so that there are gaps.
    for _ in 0..<2000 { histogram.observe((Double(random.next() % 2000) - 900) / 100) }
    for value in Self.values(30, seed: seed) + [0, .infinity, -.infinity, .nan] { histogram.observe(value) }
    let message = try #require(written(histogram))
    let buckets = try #require(histogram.snapshot().native)
    #expect(message.varints(5).map(Message.signed) == [Int64(buckets.schema)] && message[6] == [.double(0x1p-128)])
    #expect(message.varints(7) == [buckets.zeroCount] && message.varints(1) == [2034])
    #expect(decoded(message, spans: 12, deltas: 13) == buckets.positive && decoded(message, spans: 9, deltas: 10) == buckets.negative)
    // NaN is counted, but has no bucket.
    #expect(buckets.total == 2033)
  }

  /// The message of a histogram on a page of its own.
  private func written(_ histogram: Histogram) -> Message? {
    let registry = Registry()
    registry.register(histogram, as: Family(name: "wait_seconds", type: .histogram, help: "Waits."))
    return Message.delimited(registry.render(as: MediaType(.protobuf)).bytes)?.first?.messages(4).first?.messages(7).first
  }

  /// The buckets of one sign: the offset of a span is its distance from the end of the span before; for the first one,
  /// from bucket 0.
  private func decoded(_ message: Message, spans: Int, deltas: Int) -> NativeBuckets.Side {
    var side = NativeBuckets.Side()
    var differences = message.packedSigned(deltas)[...]
    var index: Int64 = 0
    var count: Int64 = 0
    for span in message.messages(spans) {
      index += span.varints(1).map(Message.signed)[0]
      for _ in 0..<span.varints(2)[0] {
        count += differences.popFirst() ?? 0
        if count > 0 {
          side.indices.append(Int32(index))
          side.counts.append(UInt64(count))
        }
        index += 1
      }
    }
    #expect(differences.isEmpty)
    return side
  }
}

extension NativeBuckets {
  fileprivate var count: Int { positive.counts.count + negative.counts.count }

  fileprivate var total: UInt64 { (positive.counts + negative.counts).reduce(zeroCount, +) }
}

/// The bucket of a number by the definition. The number is an odd number times a power of two; for schema s it is raised to the power of 2^s, by
/// squaring it s times, and the bucket is the logarithm of that to base 2, rounded up: how many bits it has.
private struct Definition {
  private let exponent: Int
  /// The odd number's powers of 1, 2, 4 and so on to 256; words of 32 bits, the least first.
  private let powers: [[UInt64]]

  init(_ magnitude: Double) {
    let shift = magnitude.ulp.exponent
    let whole = UInt64(magnitude / magnitude.ulp)
    exponent = Int(shift) + whole.trailingZeroBitCount
    let odd = whole >> whole.trailingZeroBitCount
    var powers = [[odd & 0xffff_ffff, odd >> 32]]
    for _ in 0..<8 { powers.append(Self.square(powers[powers.count - 1])) }
    self.powers = powers
  }

  func index(schema: Int) -> Int {
    let power = powers[max(schema, 0)]
    let isOne = power[0] == 1 && power.dropFirst().allSatisfy { $0 == 0 }
    let last = power.lastIndex { $0 > 0 } ?? 0
    let bits = last * 32 + 64 - power[last].leadingZeroBitCount
    let logarithm = (isOne ? 0 : bits) + (exponent << max(schema, 0))
    return Int((Double(logarithm) / Double(1 << max(-schema, 0))).rounded(.up))
  }

  private static func square(_ number: [UInt64]) -> [UInt64] {
    var result = [UInt64](repeating: 0, count: 2 * number.count)
    for (place, digit) in number.enumerated() where digit > 0 {
      var carry: UInt64 = 0
      for other in number.indices {
        let sum = digit * number[other] + result[place + other] + carry
        result[place + other] = sum & 0xffff_ffff
        carry = sum >> 32
      }
      result[place + number.count] = carry
    }
    return result
  }
}
