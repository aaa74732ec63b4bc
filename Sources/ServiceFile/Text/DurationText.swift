// `500ms`, `2s`, `5m`, `1h30m`, `7d`, `1.5s`, or a number of seconds.

import Addresses

package enum DurationText {
  static let expected = "a duration such as 500ms, 2s, 1h30m or a number of seconds"

  enum Result: Equatable {
    case duration(Duration)
    case negative
    /// More than 100 years.
    case tooLong
    case malformed
  }

  // From large to small: `1h30m` is a duration, `30m1h` and `1h1h` are none.
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
  ]
  private static let maximum: Int64 = 36_525 * 86_400_000_000_000

  /// The duration that a text names; nil if it names none.
  package static func duration(_ text: String) -> Duration? {
    if case .duration(let duration) = parse(text) { duration } else { nil }
  }

  /// Reads a duration, exact to the nanosecond.
  static func parse(_ text: String) -> Result {
    var bytes = text.utf8[...]
    if bytes.first == UInt8(ascii: "-") {
      return switch parse(String(text.dropFirst())) {
      case .duration, .tooLong: .negative
      case .negative, .malformed: .malformed
      }
    }
    guard !bytes.isEmpty else { return .malformed }
    var total: Int64 = 0
    var nextUnit = 0
    while !bytes.isEmpty {
      let whole = bytes.prefix(while: ASCII.isDigit)
      bytes = bytes.dropFirst(whole.count)
      var fraction = bytes.prefix(0)
      if bytes.first == UInt8(ascii: ".") {
        fraction = bytes.dropFirst().prefix(while: ASCII.isDigit)
        bytes = bytes.dropFirst(1 + fraction.count)
        guard !fraction.isEmpty else { return .malformed }
      }
      guard !whole.isEmpty else { return .malformed }
      let name = bytes.prefix { !ASCII.isDigit($0) && $0 != UInt8(ascii: ".") }
      bytes = bytes.dropFirst(name.count)
      let isBare = name.isEmpty && nextUnit == 0 && bytes.isEmpty
      let unit = isBare ? 3 : units.firstIndex { $0.name.utf8.elementsEqual(name) }
      guard let unit, unit >= nextUnit else { return .malformed }
      nextUnit = unit + 1
      guard let part = nanoseconds(whole, fraction, of: units[unit].nanoseconds) else { return .tooLong }
      let (sum, overflow) = total.addingReportingOverflow(part)
      guard !overflow, sum <= maximum else { return .tooLong }
      total = sum
    }
    return .duration(.nanoseconds(total))
  }

  /// The sum; nil above 100 years.
  private static func nanoseconds(_ whole: Substring.UTF8View, _ fraction: Substring.UTF8View, of unit: Int64) -> Int64? {
    guard let count = Int64(String(Substring(whole))) else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow, product <= maximum else { return nil }
    var part: Int64 = 0
    var scale = unit
    for digit in fraction {
      // Every unit divides by ten often enough for a nanosecond; finer digits are cut off.
      scale /= 10
      part += Int64(digit - UInt8(ascii: "0")) * scale
    }
    return product + part
  }
}
