// Seeded random numbers: the same seed gives the same draws, always and everywhere.

/// SplitMix64: small, fast, and the same on every machine.
package struct Draws: Sendable {
  private var state: UInt64

  /// The draws of `seed`. `stream`: separates draws for different purposes.
  package init(seed: UInt64, stream: UInt64 = 0) {
    state = seed &* 0x9E37_79B9_7F4A_7C15 ^ (stream &+ 1) &* 0xD1B5_4A32_D192_ED03
  }

  mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }

  /// An integer of the range.
  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(bits() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// A number in [0,1).
  mutating func unit() -> Double {
    Double(bits() >> 11) / 9_007_199_254_740_992
  }

  /// True `percent` times in a hundred.
  mutating func happens(_ percent: Int) -> Bool {
    number(1...100) <= percent
  }

  /// A duration of the range, in milliseconds.
  mutating func milliseconds(_ range: ClosedRange<Int>) -> Duration {
    .milliseconds(number(range))
  }

  /// One element of the list, which must not be empty.
  mutating func one<Element>(of list: [Element]) -> Element {
    list[number(0...list.count - 1)]
  }
}
