// Text in pieces, each with a meaning that a terminal shows as a colour.

/// The meaning of a piece of text; `code` alone decides how it looks.
enum TextStyle: Sendable, Equatable {
  case plain, faint, strong
  case good, busy, warning, bad
  /// Titles, and the selected line.
  case title, chosen

  /// The parameters of "select graphic rendition"; the sixteen colours, which every theme makes readable.
  fileprivate var code: String {
    switch self {
    case .plain: "0"
    case .faint: "2"
    case .strong: "1"
    case .good: "32"
    case .busy: "36"
    case .warning: "33"
    case .bad: "31"
    case .title: "1;7"
    case .chosen: "7"
    }
  }
}

/// One line, in pieces of one meaning each. Nothing in it moves the cursor.
struct StyledText: Sendable, Equatable {
  struct Piece: Sendable, Equatable {
    var text: String
    var style: TextStyle
  }

  private(set) var pieces: [Piece] = []

  init(_ text: String = "", _ style: TextStyle = .plain) {
    append(text, style)
  }

  var plain: String {
    pieces.map(\.text).joined()
  }

  var width: Int {
    pieces.reduce(0) { $0 + TextWidth.of($1.text) }
  }

  mutating func append(_ text: String, _ style: TextStyle = .plain) {
    let text = TerminalText.line(text)
    guard !text.isEmpty else { return }
    if let last = pieces.last, last.style == style {
      pieces[pieces.count - 1].text += text
    } else {
      pieces.append(Piece(text: text, style: style))
    }
  }

  mutating func append(_ other: StyledText) {
    for piece in other.pieces { append(piece.text, piece.style) }
  }

  static func + (left: StyledText, right: StyledText) -> StyledText {
    var sum = left
    sum.append(right)
    return sum
  }

  /// At most `limit` columns; a longer text is cut and ends in `…`.
  func cut(to limit: Int) -> StyledText {
    guard width > limit else { return self }
    var result = StyledText()
    var left = limit
    for piece in pieces {
      let columns = TextWidth.of(piece.text)
      // A piece that fills the room exactly is cut too: the pieces after it need the ellipsis.
      if columns < left {
        result.append(piece.text, piece.style)
        left -= columns
      } else {
        result.append(TextWidth.cut(piece.text + "……", to: left), piece.style)
        break
      }
    }
    return result
  }

  /// Exactly `columns` columns: cut, or padded with blanks.
  func fitted(to columns: Int) -> StyledText {
    var result = cut(to: columns)
    result.append(String(repeating: " ", count: max(0, columns - result.width)), result.pieces.last?.style ?? .plain)
    return result
  }

  /// The same words in one other style.
  func styled(_ style: TextStyle) -> StyledText {
    StyledText(plain, style)
  }

  /// The bytes for the terminal.
  func bytes(coloured: Bool) -> [UInt8] {
    guard coloured else { return Array(plain.utf8) }
    var bytes: [UInt8] = []
    for piece in pieces {
      if piece.style == .plain {
        bytes += piece.text.utf8
      } else {
        bytes += "\u{1B}[\(piece.style.code)m\(piece.text)\u{1B}[0m".utf8
      }
    }
    return bytes
  }
}
