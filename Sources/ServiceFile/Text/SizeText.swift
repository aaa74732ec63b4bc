// `64KiB`, `10MB`, `1.5GiB`, or a number of bytes.

enum SizeText {
  static let expected = "a size such as 64KiB, 10MB or a number of bytes"

  private static let units: [(name: String, bytes: UInt64)] = [
    ("", 1), ("b", 1), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000), ("tb", 1_000_000_000_000),
    ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40),
  ]

  /// Reads a number of bytes, rounded down; nil if there is none, or one beyond `Int64`.
  static func parse(_ text: String) -> UInt64? {
    let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let name = text.dropFirst(number.count).lowercased()
    guard let unit = units.first(where: { $0.name == name })?.bytes else { return nil }
    let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    guard let whole = parts.first, let count = UInt64(whole) else { return nil }
    let (product, overflow) = count.multipliedReportingOverflow(by: unit)
    guard !overflow, product <= UInt64(Int64.max) else { return nil }
    guard parts.count == 2 else { return product }
    // There is no half byte.
    guard unit > 1, !parts[1].isEmpty, let fraction = NumberText.decimal("0." + parts[1]) else { return nil }
    return product + UInt64(fraction * Double(unit))
  }
}
