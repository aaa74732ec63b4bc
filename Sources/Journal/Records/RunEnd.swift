// The end of a run.

import Orchestration

/// The end of a run.
package struct RunEnd: Sendable, Equatable {
  /// The number of last output lines that are kept.
  package static let mostLines = 20
  /// The number of bytes of the last output lines that are kept, line ends included.
  package static let mostBytes = 4096
  /// The number of bytes of a sentence that are kept.
  static let mostWords = 1024

  /// The name of the service.
  package let service: String
  /// The number of the run.
  package let run: UInt64
  /// The moment of its end, in milliseconds since 1970.
  package let at: Int64
  /// The cause, in words.
  package let cause: String
  /// The exit of the process.
  package let exit: Exit
  /// The time that it ran; nil if it is not known.
  package let seconds: Double?
  /// The last lines of its output, oldest first.
  package let lines: [String]

  /// The end of a run. The cause is cut to 1 KiB, the lines to the last 20 that fit into 4 KiB.
  package init(service: String, run: UInt64, at: Int64, cause: String, exit: Exit, seconds: Double?, lines: [String]) {
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
  /// Its beginning, `bytes` bytes at most, in whole characters.
  func kept(upTo bytes: Int) -> String {
    guard utf8.count > bytes else { return self }
    var end = utf8.index(startIndex, offsetBy: bytes)
    while end > startIndex, Index(end, within: self) == nil { end = utf8.index(before: end) }
    return String(self[..<end])
  }
}
