// Text with meaning, and how a terminal shows meaning: colours by what is said, none where nobody wants them.

import Glibc

/// What a piece of text means; how that looks is decided in one place.
enum Ink: Sendable, Equatable {
  case plain, faint, strong
  case good, busy, warning, bad
  /// Titles, and the line that is chosen.
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

/// Whether colours are wanted on a descriptor.
enum Colours {
  static func areWanted(on descriptor: Int32) -> Bool {
    areWanted(
      isTerminal: isatty(descriptor) == 1, noColor: Environment.value("NO_COLOR"), terminal: Environment.value("TERM"))
  }

  /// Not where no person looks, not where the person said no (no-color.org), not where the terminal cannot.
  static func areWanted(isTerminal: Bool, noColor: String?, terminal: String?) -> Bool {
    isTerminal && (noColor ?? "").isEmpty && terminal != "dumb"
  }
}

/// One line, in pieces of one meaning each. Nothing in it moves the cursor.
struct StyledText: Sendable, Equatable {
  struct Piece: Sendable, Equatable {
    var text: String
    var ink: Ink
  }

  private(set) var pieces: [Piece] = []

  init(_ text: String = "", _ ink: Ink = .plain) {
    append(text, ink)
  }

  var plain: String {
    pieces.map(\.text).joined()
  }

  var width: Int {
    pieces.reduce(0) { $0 + TextWidth.of($1.text) }
  }

  mutating func append(_ text: String, _ ink: Ink = .plain) {
    let text = Table.printable(text)
    guard !text.isEmpty else { return }
    if let last = pieces.last, last.ink == ink {
      pieces[pieces.count - 1].text += text
    } else {
      pieces.append(Piece(text: text, ink: ink))
    }
  }

  mutating func append(_ other: StyledText) {
    for piece in other.pieces { append(piece.text, piece.ink) }
  }

  static func + (left: StyledText, right: StyledText) -> StyledText {
    var sum = left
    sum.append(right)
    return sum
  }

  /// At most so many columns; what does not fit ends in `…`.
  func cut(to limit: Int) -> StyledText {
    guard width > limit else { return self }
    var result = StyledText()
    var left = limit
    for piece in pieces {
      let columns = TextWidth.of(piece.text)
      // What comes after this piece needs the room for the ellipsis.
      if columns < left {
        result.append(piece.text, piece.ink)
        left -= columns
      } else {
        result.append(TextWidth.cut(piece.text + "……", to: left), piece.ink)
        break
      }
    }
    return result
  }

  /// Exactly so many columns: cut, or filled up with blanks.
  func fitted(to columns: Int) -> StyledText {
    var result = cut(to: columns)
    result.append(String(repeating: " ", count: max(0, columns - result.width)), result.pieces.last?.ink ?? .plain)
    return result
  }

  /// The same words with another meaning.
  func inked(_ ink: Ink) -> StyledText {
    StyledText(plain, ink)
  }

  /// What is written to the terminal.
  func bytes(coloured: Bool) -> [UInt8] {
    guard coloured else { return Array(plain.utf8) }
    var bytes: [UInt8] = []
    for piece in pieces {
      if piece.ink == .plain {
        bytes += piece.text.utf8
      } else {
        bytes += "\u{1B}[\(piece.ink.code)m\(piece.text)\u{1B}[0m".utf8
      }
    }
    return bytes
  }
}
