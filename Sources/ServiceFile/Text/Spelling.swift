// Words in messages: hints, alternatives, text of others made harmless.

/// Suggestions for mistyped words.
package enum Spelling {
  /// The end of a message, "; did you mean 'command'?", or nothing.
  package static func hint(for word: String, among candidates: [String]) -> String {
    nearest(to: word, among: candidates).map { "; did you mean '\($0)'?" } ?? ""
  }

  /// The candidate of which `word` may be a typing mistake; the first of equally near ones.
  package static func nearest(to word: String, among candidates: [String]) -> String? {
    let letters = Array(word.lowercased().utf8)
    guard (1...64).contains(letters.count) else { return nil }
    // A third of the word may be wrong, but at least one letter and at most three.
    var limit = min(3, max(1, letters.count / 3))
    var best: String?
    for candidate in candidates {
      let other = Array(candidate.lowercased().utf8)
      guard abs(other.count - letters.count) <= limit else { continue }
      let distance = distance(letters, other)
      if distance < limit || distance == limit && best == nil {
        best = candidate
        limit = distance
      }
    }
    return best
  }

  /// The number of insertions, deletions, replacements and swaps of neighbours that lead from one word to the other.
  static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    guard !left.isEmpty else { return right.count }
    var beforeLast: [Int] = []
    var last = Array(0...right.count)
    for row in 1...left.count {
      var current = [row]
      for column in stride(from: 1, through: right.count, by: 1) {
        let cost = left[row - 1] == right[column - 1] ? 0 : 1
        var best = min(last[column] + 1, current[column - 1] + 1, last[column - 1] + cost)
        if row > 1, column > 1, left[row - 1] == right[column - 2], left[row - 2] == right[column - 1] {
          best = min(best, beforeLast[column - 2] + 1)
        }
        current.append(best)
      }
      beforeLast = last
      last = current
    }
    return last[right.count]
  }

  /// The words as a list: "process, oneshot or external".
  static func alternatives(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
  }

  /// Text of others for a message: without control characters, 60 characters at most.
  static func shown(_ text: String) -> String {
    var output = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(60) {
      let isControl = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
      output.append(isControl || scalar.value == 0x2028 || scalar.value == 0x2029 ? "\u{FFFD}" : scalar)
    }
    return String(output) + (text.unicodeScalars.count > 60 ? "…" : "")
  }
}
