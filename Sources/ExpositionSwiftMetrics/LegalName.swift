// Any text as a name that Prometheus allows.

/// A name of letters, digits and underscores, of which at least one is no underscore, and that begins with no digit and no two underscores.
struct LegalName {
  /// The name.
  let text: String

  /// The name nearest to any text.
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
