// The last failure of a service, and the line of its output that may have the cause.

import Journal
import Orchestration

/// The last failure of a service.
struct LastError: Sendable, Equatable {
  /// The failure, in a sentence.
  var text: Sentence
  var at: Timestamp
  /// The run whose process ended with it; nil where it is another failure.
  var run: UInt64?
  /// The last line of that run on standard error.
  var line: String?

  /// The sentence with the line: `exited with code 1: "could not connect"`.
  var sentence: Sentence { text.quoting(line) }
}

extension LastError {
  static let mark: Character = "\u{1E}"

  /// The end of the last run, or the failure of the last start, from the journal.
  init(_ end: Journal.Loaded.End) {
    let line = end.cause.firstIndex(of: Self.mark).map { String(end.cause[end.cause.index(after: $0)...]) }
    let text = Sentence(stored: end.cause)
    // A hook says "it exited …" of itself; other failures at this stage name the hook.
    let isHooks = end.stage == StartStage.hook.rawValue && end.cause.hasPrefix("it ")
    self.init(
      text: isHooks ? "\(Hook.preStart.words): \(text)" : text, at: Timestamp(milliseconds: end.at), line: line)
  }
}

extension Sentence {
  /// The sentence with a line of output behind it.
  func quoting(_ line: String?) -> Sentence {
    line.map { Sentence("\(full): \"\($0)\"", withoutOutput: withoutOutput) } ?? self
  }
}

/// One line of output as a part of a sentence.
enum QuotedLine {
  /// The most bytes of a line in a sentence.
  private static let bound = 200

  /// The last line that says something: programs end their errors with marks such as `^` and with the end of a colour.
  static func last(of lines: [String]) -> String? {
    lines.reversed().lazy.map(shown).first { $0.contains { $0.isLetter || $0.isNumber } }
  }

  /// The line as it was left on a terminal, without colours, with control characters as `\x1b` and `\u{202e}`, and cut to 200 bytes.
  static func shown(_ line: String) -> String {
    var shown = ""
    // The last state of a progress bar.
    let states = line.unicodeScalars.split(separator: "\r")
    var rest = states.last { $0.contains { !$0.properties.isWhitespace } } ?? line.unicodeScalars[...]
    while let scalar = rest.first {
      if let colour = colour(at: rest) {
        rest = rest.dropFirst(colour)
        continue
      }
      if shown.isEmpty, scalar.properties.isWhitespace {
        rest = rest.dropFirst()
        continue
      }
      let piece = isControl(scalar) ? escaped(scalar) : String(scalar)
      guard shown.utf8.count + piece.utf8.count <= bound else { return shown + "…" }
      shown += piece
      rest = rest.dropFirst()
    }
    return shown
  }

  /// The length of the sequence of the terminal that sets a colour or clears a line, if the text begins with one.
  private static func colour(at text: Substring.UnicodeScalarView) -> Int? {
    guard text.starts(with: ["\u{1B}", "["]) else { return nil }
    let parameters = text.dropFirst(2).prefix(64).prefix { ("0"..."9").contains($0) || $0 == ";" || $0 == ":" }
    let end = text.dropFirst(2 + parameters.count).first
    return end == "m" || end == "K" ? 3 + parameters.count : nil
  }

  /// Whether a terminal obeys it, or it turns the direction of the text round.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x061C, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069: true
    default: false
    }
  }

  private static func escaped(_ scalar: Unicode.Scalar) -> String {
    switch scalar {
    case "\t": return " "
    case "\r": return ""
    default:
      let digits = String(scalar.value, radix: 16)
      return scalar.value < 0x80 ? "\\x\(digits.count == 1 ? "0" : "")\(digits)" : "\\u{\(digits)}"
    }
  }
}
