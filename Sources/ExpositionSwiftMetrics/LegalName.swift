// Legal names for any text.

/// A name of letters, digits and underscores, with at least one letter or digit, that begins neither with a digit nor
/// with two underscores.
struct LegalName {
  /// The name.
  let text: String

  /// The legal name that is nearest to a text.
  init(_ any: String) {
    let underscore = UInt8(ascii: "_")
    let bytes = any.unicodeScalars.map { Self.isLegal($0) ? UInt8(truncatingIfNeeded: $0.value) : underscore }
    let rest = bytes.drop { $0 == underscore }
    guard let first = rest.first else {
      text = "unnamed"
      return
    }
    let isDigit = (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
    let name = String(decoding: rest, as: UTF8.self)
    text = isDigit || rest.count < bytes.count ? "_" + name : name
  }

  private static func isLegal(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case "a"..."z", "A"..."Z", "0"..."9", "_": true
    default: false
    }
  }
}
