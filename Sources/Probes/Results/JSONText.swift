// The validation of JSON texts (RFC 8259). A valid text goes unchanged into the API's answers.

/// A validator: it keeps nothing of the text.
struct JSONText {
  /// Whether the bytes are valid UTF-8 and exactly one valid JSON object, nested at most 64 deep.
  static func isObject(_ bytes: [UInt8]) -> Bool {
    var text = JSONText(bytes: bytes)
    text.skipSpace()
    guard text.peek == UInt8(ascii: "{"), text.takeValue(depth: 0) else { return false }
    text.skipSpace()
    return text.peek == nil && String(validating: bytes, as: UTF8.self) != nil
  }

  private static let deepest = 64
  private let bytes: [UInt8]
  private var position = 0

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard peek == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func takeValue(depth: Int) -> Bool {
    guard depth < JSONText.deepest, let byte = peek else { return false }
    switch byte {
    case UInt8(ascii: "{"): return takeList("{", "}") { $0.takeMember(depth: depth + 1) }
    case UInt8(ascii: "["): return takeList("[", "]") { $0.takeValue(depth: depth + 1) }
    case UInt8(ascii: "\""): return takeString()
    case UInt8(ascii: "t"): return takeWord("true")
    case UInt8(ascii: "f"): return takeWord("false")
    case UInt8(ascii: "n"): return takeWord("null")
    default: return takeNumber()
    }
  }

  private mutating func takeList(_ open: Unicode.Scalar, _ close: Unicode.Scalar, _ element: (inout JSONText) -> Bool) -> Bool {
    guard take(open) else { return false }
    skipSpace()
    if take(close) { return true }
    while true {
      skipSpace()
      guard element(&self) else { return false }
      skipSpace()
      if take(close) { return true }
      guard take(",") else { return false }
    }
  }

  private mutating func takeMember(depth: Int) -> Bool {
    guard takeString() else { return false }
    skipSpace()
    guard take(":") else { return false }
    skipSpace()
    return takeValue(depth: depth)
  }

  private mutating func takeString() -> Bool {
    guard take("\"") else { return false }
    while let byte = peek {
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return true
      case UInt8(ascii: "\\"): guard takeEscape() else { return false }
      case 0..<0x20: return false
      default: break
      }
    }
    return false
  }

  private mutating func takeEscape() -> Bool {
    guard let byte = peek else { return false }
    position += 1
    guard byte == UInt8(ascii: "u") else { return "\"\\/bfnrt".utf8.contains(byte) }
    for _ in 0..<4 {
      switch peek {
      case .some(0x30...0x39), .some(0x41...0x46), .some(0x61...0x66): position += 1
      default: return false
      }
    }
    return true
  }

  private mutating func takeWord(_ word: StaticString) -> Bool {
    guard bytes[position...].starts(with: word.withUTF8Buffer(Array.init)) else { return false }
    position += word.utf8CodeUnitCount
    return true
  }

  private mutating func takeNumber() -> Bool {
    _ = take("-")
    if !take("0") { guard takeDigits() else { return false } }
    if take(".") { guard takeDigits() else { return false } }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard takeDigits() else { return false }
    }
    return true
  }

  private mutating func takeDigits() -> Bool {
    let start = position
    while let byte = peek, (0x30...0x39).contains(byte) { position += 1 }
    return position > start
  }
}
