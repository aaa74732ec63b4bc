// Command lines of other tools: their words, and lines for a shell.

/// The words of a command line that no shell reads.
enum CommandWords {
  /// The words, by the quotes and backslashes that shells have too; nil if a quote is never closed.
  static func split(_ line: String) -> [String]? {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var isEscaped = false
    for character in line {
      if isEscaped {
        // Between double quotes it is special before few characters alone.
        if quote == "\"", character != "\"", character != "\\", character != "$", character != "`" { word?.append("\\") }
        word = (word ?? "") + String(character)
        isEscaped = false
      } else if character == "\\", quote != "'" {
        word = word ?? ""
        isEscaped = true
      } else if let open = quote {
        if character == open { quote = nil } else { word?.append(character) }
      } else if character == "'" || character == "\"" {
        quote = character
        word = word ?? ""
      } else if character == " " || character == "\t" || character == "\n" || character == "\r\n" {
        if let done = word { words.append(done) }
        word = nil
      } else {
        word = (word ?? "") + String(character)
      }
    }
    if quote != nil || isEscaped { return nil }
    if let word { words.append(word) }
    return words
  }

  /// The words as a line for a shell, in which `$NAME` is replaced.
  static func line(_ words: [String]) -> String { words.map(quoted).joined(separator: " ") }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.unicodeScalars.allSatisfy { scalar in
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_./:=@%+,-".unicodeScalars.contains(scalar))
      }
    if isPlain { return word }
    guard word.contains("$") else { return "'\(word.replacing("'", with: "'\\''"))'" }
    return "\"\(word.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("`", with: "\\`"))\""
  }
}
