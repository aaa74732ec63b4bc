// The spelling of numbers on a page.
import Testing

@testable import Exposition

@Suite("Numbers")
struct NumberTests {
  private func number(_ value: Double) -> String {
    var bytes: [UInt8] = []
    bytes.appendNumber(value)
    return String(decoding: bytes, as: UTF8.self)
  }

  private func bound(_ value: Double) -> String {
    var bytes: [UInt8] = []
    bytes.appendBound(value)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    "values are spelt as Prometheus reads them",
    arguments: [
      (0, "0"), (-0.0, "0"), (1, "1"), (-1, "-1"), (10, "10"), (0.5, "0.5"), (-0.25, "-0.25"), (0.1 + 0.2, "0.30000000000000004"),
      (0.005, "0.005"), (1e6, "1000000"), (1_761_105_600, "1761105600"), (1_761_105_600.123, "1761105600.123"),
      (1_761_105_600.123_456, "1761105600.123456"), (-12.000_001, "-12.000001"), (99.95, "99.95"), (1.0 / 3, "0.3333333333333333"),
      (0.0001, "0.0001"), (0.00001, "1e-05"), (1.5e-7, "1.5e-07"), (0.000_123, "0.000123"), (9_007_199_254_740_991, "9007199254740991"),
      (9_007_199_254_740_992, "9007199254740992"), (1e16, "1e+16"), (1e18, "1e+18"), (1e21, "1e+21"), (-1e300, "-1e+300"),
      (123_456_789_012.5, "123456789012.5"), (2_251_799_813_685_249.5, "2251799813685249.5"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
      (.nan, "NaN"), (-.nan, "NaN"), (.greatestFiniteMagnitude, "1.7976931348623157e+308"), (.leastNonzeroMagnitude, "5e-324"),
    ] as [(Double, String)])
  func values(value: Double, text: String) {
    #expect(number(value) == text)
  }

  @Test(
    "bounds are spelt as Go spells them, with a decimal point or an exponent",
    arguments: [
      (0.005, "0.005"), (0.1, "0.1"), (1, "1.0"), (2.5, "2.5"), (10, "10.0"), (100_000, "100000.0"), (999_999.5, "999999.5"),
      (1e6, "1e+06"), (1_234_567, "1.234567e+06"), (-1_234_567.5, "-1.2345675e+06"), (2.5e6, "2.5e+06"), (1e15, "1e+15"),
      (9_007_199_254_740_992, "9.007199254740992e+15"), (1e16, "1e+16"), (1e100, "1e+100"), (0, "0.0"), (-5, "-5.0"),
      (0.0001, "0.0001"), (0.00001, "1e-05"), (.infinity, "+Inf"), (-.infinity, "-Inf"),
    ] as [(Double, String)])
  func bounds(value: Double, text: String) {
    #expect(bound(value) == text)
  }

  @Test(
    "whole numbers are written in full, to both ends of their range",
    arguments: [
      (0, "0"), (9, "9"), (10, "10"), (-7, "-7"), (1_000_000, "1000000"), (.max, "9223372036854775807"), (.min, "-9223372036854775808"),
    ] as [(Int64, String)])
  func integers(value: Int64, text: String) {
    var bytes: [UInt8] = []
    bytes.append(atMost: 20) { $0.put(value) }
    #expect(String(decoding: bytes, as: UTF8.self) == text)
  }

  @Test("the largest count is written in full")
  func largestCount() {
    var bytes: [UInt8] = []
    bytes.append(atMost: 20) { $0.put(UInt64.max) }
    #expect(String(decoding: bytes, as: UTF8.self) == "18446744073709551615")
  }

  @Test("every value reads back as itself, and few decimals are spelt as Swift's shortest form spells them")
  func roundTrips() {
    var random = SplitMix(state: 42)
    for _ in 0..<20_000 {
      let bits = Double(bitPattern: random.next())
      if bits.isFinite { #expect(Double(number(bits)) == bits && Double(bound(bits)) == bits) }
      // One to seven decimals, numbers of all sizes: for both the fast and the slow way.
      let scale = [10, 100, 1e3, 1e5, 1e6, 1e7][Int(random.next() % 6)]
      let value = Double(Int64(truncatingIfNeeded: random.next() >> (random.next() % 60 + 3))) / scale
      let shortest = value.description
      #expect(number(value) == (shortest.hasSuffix(".0") ? String(shortest.dropLast(2)) : shortest) || value >= 1e15)
      #expect(Double(number(value)) == value)
    }
  }
}

/// A seeded source of bits, so that a failure can be repeated.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
    return bits ^ (bits >> 31)
  }
}
