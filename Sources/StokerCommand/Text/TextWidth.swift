// The columns of a terminal that a text takes: two for a wide East Asian character, none for a combining mark.

enum TextWidth {
  /// The columns of a text without control characters.
  static func of(_ text: some StringProtocol) -> Int {
    // Nearly every text is ASCII, where a byte is a column.
    text.utf8.allSatisfy { $0 < 0x80 } ? text.utf8.count : text.reduce(0) { $0 + of($1) }
  }

  /// The columns of one character: those of its widest scalar.
  static func of(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
      // The variation selector for an emoji, which is wide.
      if scalar.value == 0xFE0F { return 2 }
      width = max(width, of(scalar))
    }
    return width
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    guard scalar.value >= 0x300 else { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return isWide(scalar) ? 2 : 1
    }
  }

  /// East Asian Width W and F (Unicode, UAX 11), in the ranges that terminals agree on.
  private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x231A...0x231B, 0x2329...0x232A, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xA960...0xA97C, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
      0x17000...0x18CFF, 0x1B000...0x1B2FF, 0x1F200...0x1F265, 0x20000...0x2FFFD, 0x30000...0x3FFFD:
      true
    default: scalar.properties.isEmojiPresentation
    }
  }

  /// The text in at most `width` columns; a longer one is cut and ends in `…`.
  static func cut(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    guard width > 0 else { return "" }
    var result = ""
    var used = 0
    for character in text {
      let columns = of(character)
      guard used + columns <= width - 1 else { break }
      result.append(character)
      used += columns
    }
    return result + "…"
  }

  /// The text in at most `width` columns; a longer one keeps its beginning and its end around `…`, as long names often differ at their end.
  static func cutInside(_ text: String, to width: Int) -> String {
    guard of(text) > width, width > 2 else { return cut(text, to: width) }
    let head = cut(text, to: width / 2 + 1)
    var tail: [Character] = []
    var left = width - of(head)
    for character in text.reversed() {
      left -= of(character)
      guard left >= 0 else { break }
      tail.append(character)
    }
    return head + String(tail.reversed())
  }

  /// The text padded to `width` columns, with the blanks after it or before it.
  static func padded(_ text: String, to width: Int, atRight: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(0, width - of(text)))
    return atRight ? blanks + text : text + blanks
  }

  /// The text on lines of at most `width` columns, broken at blanks where possible; the lines after the first begin with `indent`.
  static func wrapped(_ text: String, to width: Int, indent: String = "") -> [String] {
    guard width > of(indent) + 8, of(text) > width else { return [text] }
    var lines: [String] = []
    var line = ""
    var used = 0
    for (index, word) in text.split(separator: " ", omittingEmptySubsequences: false).enumerated() {
      var word = String(word)
      if used > 0, used + 1 + of(word) > width, !line.allSatisfy({ $0 == " " }) {
        lines.append(line)
        line = indent
        used = of(indent)
      } else if index > 0 {
        line += " "
        used += 1
      }
      while used + of(word) > width {
        // A word longer than a line.
        let head = cut(word, to: max(2, width - used + 1)).dropLast()
        line += head
        word.removeFirst(head.count)
        lines.append(line)
        line = indent
        used = of(indent)
        if head.isEmpty { break }
      }
      line += word
      used += of(word)
    }
    lines.append(line)
    return lines
  }
}
