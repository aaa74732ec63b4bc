// Values as YAML, on one line.

extension Value {
  /// The value in the flow style of YAML.
  var written: String {
    switch self {
    case .text(let text): Self.quoted(text.replacing("$", with: "$$"))
    case .reference(let text): Self.quoted(text)
    case .plain(let text): text
    case .list(let elements): "[\(elements.map(\.written).joined(separator: ", "))]"
    case .mapping(let entries): "{\(entries.map { "\(Self.quoted($0.key)): \($0.value.written)" }.joined(separator: ", "))}"
    }
  }

  /// Words that YAML takes for something else than text.
  private static let words: Set<String> = ["true", "false", "yes", "no", "on", "off", "null", "y", "n"]

  /// A text, in quotes where it must be.
  static func quoted(_ text: String) -> String {
    let isWord = text.first.map { $0.isASCII && $0.isLetter } ?? false
    let isPlain = isWord && text.utf8.allSatisfy(isPlain) && !words.contains(text.lowercased())
    if isPlain { return text }
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      default:
        if scalar.isPrintable { quoted.unicodeScalars.append(scalar) } else { quoted += scalar.escaped }
      }
    }
    return quoted + "\""
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
    default: "_./-".utf8.contains(byte)
    }
  }
}

extension Unicode.Scalar {
  /// Whether it can stand in a file of text as it is.
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    default: true
    }
  }

  /// The scalar as YAML escapes it.
  fileprivate var escaped: String {
    let digits = String(value, radix: 16)
    let width = value > 0xFFFF ? 8 : 4
    return (value > 0xFFFF ? "\\U" : "\\u") + String(repeating: "0", count: width - digits.count) + digits
  }
}

extension String {
  /// The text for a comment: on one line, and without what does more than stand there.
  var commented: String {
    String(String.UnicodeScalarView(unicodeScalars.map { $0.isPrintable ? $0 : " " }))
  }
}
