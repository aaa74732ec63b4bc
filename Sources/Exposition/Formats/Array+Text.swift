// Text as bytes, as the exposition formats spell it.

extension [UInt8] {
  /// Appends text with `\`, line feed and, with `quotes`, `"` escaped.
  mutating func appendEscaped(_ text: String, quotes: Bool) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
      case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
      case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
      default: append(byte)
      }
    }
  }

  /// Appends a value as ``ByteCursor/put(_:)-(Double)`` spells it.
  mutating func appendNumber(_ value: Double) {
    append(atMost: ByteCursor.longestNumber) { $0.put(value) }
  }

  /// Appends the bound of a bucket as ``ByteCursor/putBound(_:)`` spells it.
  mutating func appendBound(_ value: Double) {
    append(atMost: ByteCursor.longestNumber) { $0.putBound(value) }
  }
}
