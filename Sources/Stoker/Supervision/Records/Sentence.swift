// Sentences for people that may quote output of a service.

/// A sentence for people. Checks and hooks quote the output of their commands; then there is a second version without it, for callers who may
/// not read output (rule 34). A sentence made of sentences has both versions too.
struct Sentence: Sendable, Equatable {
  /// The whole sentence.
  let full: String
  /// The sentence without the output of services.
  let withoutOutput: String

  init(_ full: String, withoutOutput: String? = nil) {
    self.full = full
    self.withoutOutput = withoutOutput ?? full
  }

  var quotesOutput: Bool { full != withoutOutput }

  /// Both versions with the same change.
  func map(_ change: (String) -> String) -> Sentence {
    quotesOutput ? Sentence(change(full), withoutOutput: change(withoutOutput)) : Sentence(change(full))
  }
}

extension Sentence {
  private static let mark: Character = "\u{1F}"

  /// Both versions in one text, for the journal. The one without output stands first: a text that is cut there loses output, not the mark.
  var stored: String { quotesOutput ? "\(withoutOutput)\(Self.mark)\(full)" : full.replacing(String(Self.mark), with: " ") }

  /// The same with the last line of a run behind it, which the history does not show: a successor knows the last error by it.
  func stored(with line: String?) -> String { line.map { "\(stored)\(LastError.mark)\($0)" } ?? stored }

  /// The sentence from its text in the journal.
  init(stored text: String) {
    let text = String(text.prefix { $0 != LastError.mark })
    guard let mark = text.firstIndex(of: Self.mark) else { self.init(text); return }
    self.init(String(text[text.index(after: mark)...]), withoutOutput: String(text[..<mark]))
  }
}

extension Sentence: ExpressibleByStringInterpolation {
  /// A sentence that quotes no output.
  init(stringLiteral text: String) { self.init(text) }

  init(stringInterpolation parts: Parts) { self.init(parts.full, withoutOutput: parts.withoutOutput) }

  /// Builds both versions at once; they are one while nothing is quoted.
  struct Parts: StringInterpolationProtocol {
    fileprivate var full = ""
    fileprivate var withoutOutput: String?

    init(literalCapacity: Int, interpolationCount: Int) {}

    mutating func appendLiteral(_ text: String) {
      full += text
      withoutOutput?.append(text)
    }

    mutating func appendInterpolation(_ sentence: Sentence) {
      if sentence.quotesOutput { withoutOutput = withoutOutput ?? full }
      withoutOutput?.append(sentence.withoutOutput)
      full += sentence.full
    }

    mutating func appendInterpolation(_ value: some CustomStringConvertible) {
      appendLiteral(value.description)
    }
  }
}
