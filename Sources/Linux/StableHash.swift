// A short number or name for a long text, the same in every process at all times.

/// FNV-1a, 64 bits: for names and versions, where a collision has no value for an attacker.
package enum StableHash {
  /// The hash of bytes.
  package static func of(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
  }

  /// The hash of a text.
  package static func of(_ text: String) -> UInt64 { of(Array(text.utf8)) }

  /// The hash of a text as 16 hexadecimal digits.
  package static func text(of text: String) -> String {
    let digits = String(of(text), radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
