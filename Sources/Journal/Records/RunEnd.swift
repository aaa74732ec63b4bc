// The end of a run.

import Orchestration

/// The end of a run.
package struct RunEnd: Sendable, Equatable {
  /// As many of the last output lines are kept.
  package static let mostLines = 20
  /// As many bytes of the last output lines are kept, line ends included.
  package static let mostBytes = 4096
  /// As many bytes of a sentence are kept.
  static let mostWords = 1024

  /// Whose run it was.
  package let service: String
  /// The number of the run.
  package let run: UInt64
  /// When it ended, in milliseconds since 1970.
  package let at: Int64
  /// Why, in words.
  package let cause: String
  /// How the process ended.
  package let exit: Exit
  /// How long it ran.
  package let seconds: Double
  /// What it said last, oldest first.
  package let lines: [String]

  /// A run ended. Of the cause 1 KiB is kept, of the lines the last 20 that fit into 4 KiB.
  package init(service: String, run: UInt64, at: Int64, cause: String, exit: Exit, seconds: Double, lines: [String]) {
    self.service = service
    self.run = run
    self.at = at
    self.cause = cause.kept(upTo: Self.mostWords)
    self.exit = exit
    self.seconds = seconds
    self.lines = Self.last(of: lines)
  }

  private static func last(of lines: [String]) -> [String] {
    var kept: [String] = []
    var room = mostBytes
    for line in lines.suffix(mostLines).reversed() {
      guard room > 1 else { break }
      let text = line.kept(upTo: room - 1)
      kept.append(text)
      room -= text.utf8.count + 1
      if text.utf8.count < line.utf8.count { break }
    }
    return kept.reversed()
  }
}

extension String {
  /// Its begin, of `bytes` bytes at most, and no character cut in two.
  func kept(upTo bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var end = utf8.index(startIndex, offsetBy: bytes)
    while end > startIndex, Index(end, within: self) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
