// Text of services and files on its way to a terminal: the terminal obeys none of it, and the reader sees what it was.

/// Makes control characters visible, in bytes that come in pieces of any size: `\x1b[2J`, `\u{202e}`.
///
/// These are the C0 controls but newline, tab and a carriage return before a newline; DEL; the C1 controls, as characters and as bytes
/// (U+009B is a CSI); line separators; and what turns the direction of a text round, so that it reads as another. Everything else passes,
/// invalid UTF-8 too.
struct TerminalText {
  /// The form of what would be obeyed.
  enum Form {
    /// `\x1b`; colours are left out.
    case plain
    /// `\x1b`; colours pass, and are reset where a line ends.
    case coloured
    /// `\u001b`: the text is JSON and stays that. Such a character stands in a string there.
    case json
  }

  private let form: Form
  /// The beginning of a character or a sequence that goes on in the next piece.
  private var held: [UInt8] = []
  /// The colours in force, as they were written.
  private var colours: [UInt8] = []

  /// Most bytes of one colour, and of all that are in force.
  private static let bound = 64
  private static let reset = Array("\u{1B}[0m".utf8)

  init(_ form: Form) {
    self.form = form
  }

  /// The text on one line: newlines and tabs are blanks.
  static func line(_ text: String) -> String {
    guard text.utf8.contains(where: { !(0x20..<0x7F).contains($0) }) else { return text }
    return String(decoding: shown(text.utf8.map { [0x09, 0x0A, 0x0D].contains($0) ? 0x20 : $0 }, .plain), as: UTF8.self)
  }

  /// The whole of a text.
  static func shown(_ bytes: some Sequence<UInt8>, _ form: Form) -> [UInt8] {
    var text = TerminalText(form)
    return text.take(bytes) + text.end()
  }

  /// The bytes for the terminal.
  mutating func take(_ piece: some Sequence<UInt8>) -> [UInt8] {
    take(piece, isLast: false)
  }

  /// The bytes that were held, at the end of the text.
  mutating func end() -> [UInt8] {
    take([], isLast: true)
  }

  private mutating func take(_ piece: some Sequence<UInt8>, isLast: Bool) -> [UInt8] {
    var rest = (held + piece)[...]
    held = []
    guard !rest.isEmpty else { return [] }
    // Reset and set again around each piece, since the next one may never come.
    var out = colours
    while !rest.isEmpty {
      // Nearly all of it.
      let plain = rest.prefix { (0x20..<0x7F).contains($0) }
      out += plain
      rest = rest[plain.endIndex...]
      guard !rest.isEmpty else { break }
      let unit = Self.unit(rest)
      guard unit.isWhole || isLast else {
        held = Array(rest)
        break
      }
      let bytes = rest.prefix(unit.isWhole ? unit.count : 1)
      append(bytes, to: &out)
      rest = rest[bytes.endIndex...]
    }
    if !colours.isEmpty { out += Self.reset }
    return out
  }

  /// The length of the character, line end or colour at the beginning of some bytes; not whole where more bytes have to come first.
  private static func unit(_ bytes: ArraySlice<UInt8>) -> (count: Int, isWhole: Bool) {
    let rest = bytes.dropFirst()
    switch bytes[bytes.startIndex] {
    case UInt8(ascii: "\r"):
      guard let next = rest.first else { return (1, false) }
      return (next == UInt8(ascii: "\n") ? 2 : 1, true)
    case 0x1B:
      guard let bracket = rest.first else { return (1, false) }
      guard bracket == UInt8(ascii: "[") else { return (1, true) }
      let parameters = rest.dropFirst().prefix(bound - 3).prefix { (UInt8(ascii: "0")...UInt8(ascii: ";")).contains($0) }
      let count = 3 + parameters.count
      guard count <= bytes.count else { return (1, false) }
      return (bytes[parameters.endIndex] == UInt8(ascii: "m") ? count : 1, true)
    case let lead where lead >= 0xC2 && lead < 0xF5:
      let count = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
      let following = rest.prefix(count - 1)
      guard following.allSatisfy({ $0 & 0xC0 == 0x80 }) else { return (1, true) }
      return (count, following.count == count - 1)
    default: return (1, true)
    }
  }

  private mutating func append(_ unit: ArraySlice<UInt8>, to out: inout [UInt8]) {
    let first = unit[unit.startIndex]
    switch (first, unit.count) {
    case (UInt8(ascii: "\n"), _), (UInt8(ascii: "\r"), 2):
      if !colours.isEmpty { out += Self.reset }
      colours = []
      out += unit
    case (UInt8(ascii: "\t"), _): out += unit
    case (0x1B, 2...):
      guard form == .coloured else { return }
      out += unit
      remember(unit)
    case (_, 1): out += first < 0xA0 ? escaped(UInt32(first), isCharacter: false) : Array(unit)
    default:
      let value = unit.dropFirst().reduce(UInt32(first) & (0xFF >> (UInt32(unit.count) + 1))) { $0 << 6 | UInt32($1 & 0x3F) }
      switch value {
      // The smallest ones are overlong forms of controls, which some decoders accept.
      case 0..<0x20, 0x7F..<0xA0, 0x2028...0x202E, 0x2066...0x2069: out += escaped(value, isCharacter: true)
      default: out += unit
      }
    }
  }

  /// Adds a colour to those in force; a reset ends them.
  private mutating func remember(_ colour: ArraySlice<UInt8>) {
    let isReset = colour.dropFirst(2).dropLast().allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: ";") }
    if isReset || colours.count + colour.count > Self.bound { colours = [] }
    if !isReset { colours += colour }
  }

  private func escaped(_ value: UInt32, isCharacter: Bool) -> [UInt8] {
    let digits = String(value, radix: 16)
    func padded(_ count: Int) -> String { String(repeating: "0", count: max(0, count - digits.count)) + digits }
    switch form {
    case .json: return Array("\\u\(padded(4))".utf8)
    case .plain, .coloured: return Array((isCharacter ? "\\u{\(digits)}" : "\\x\(padded(2))").utf8)
    }
  }
}
