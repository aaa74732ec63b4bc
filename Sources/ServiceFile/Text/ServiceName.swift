// `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`: the names of services.

/// What a service may be called (service-file.md).
package enum ServiceName {
  /// What is legal, for messages.
  package static let expected = "1 to 63 letters, digits, '_', '.' or '-', beginning with a letter or digit"

  /// Whether `name` is legal.
  package static func isValid(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 63 else { return false }
    return isLetterOrDigit(or: "")(first) && name.utf8.allSatisfy(isLetterOrDigit(or: "_.-"))
  }

  /// A test for bytes: an ASCII letter, a digit, or one of `others`.
  static func isLetterOrDigit(or others: String) -> (UInt8) -> Bool {
    { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
      default: others.utf8.contains(byte)
      }
    }
  }
}
