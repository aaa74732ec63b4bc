// The text of a log that is followed, in which an unfinished line goes on where it was left.

import ServiceLogs

/// Puts lines together as text. The last line may be unfinished: it is written without its newline, and what comes next continues it, or
/// ends it if it belongs to another line. A line whose beginning was overwritten is written again, after a carriage return.
struct LogText {
  /// Whether the time of each line stands before it.
  private let isStamped: Bool
  /// The unfinished line at the end of what was written.
  private var open: LogLine?

  init(isStamped: Bool = false) {
    self.isStamped = isStamped
  }

  /// The text of these lines, for the end of what was written before.
  mutating func take(_ lines: some Sequence<LogLine>) -> [UInt8] {
    var bytes: [UInt8] = []
    for line in lines {
      bytes += continuation(line)
      if line.unfinishedSince == nil { bytes.append(UInt8(ascii: "\n")) }
      open = line.unfinishedSince == nil ? nil : line
    }
    return bytes
  }

  /// Ends an unfinished line: what comes next does not continue it.
  mutating func end() -> [UInt8] {
    defer { open = nil }
    return open == nil ? [] : [UInt8(ascii: "\n")]
  }

  private func continuation(_ line: LogLine) -> [UInt8] {
    let whole = isStamped ? "\(LineStamp.text(line.time)) \(line.visible)" : line.visible
    guard let open else { return Array(whole.utf8) }
    guard open.run == line.run, open.stream == line.stream else { return Array("\n\(whole)".utf8) }
    guard line.text.utf8.starts(with: open.text.utf8) else { return Array("\r\(whole)".utf8) }
    return Array(line.text.utf8.dropFirst(open.text.utf8.count))
  }
}
