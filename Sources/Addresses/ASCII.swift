// Classes of bytes that the grammars of this module are made of.

/// Letters and digits of ASCII.
package enum ASCII {
  /// Whether a byte is a decimal digit.
  package static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  /// A test for bytes: a letter, a digit, or one of `others`.
  package static func isLetterOrDigit(or others: StaticString) -> (UInt8) -> Bool {
    { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: others.withUTF8Buffer { $0.contains(byte) }
      }
    }
  }
}
