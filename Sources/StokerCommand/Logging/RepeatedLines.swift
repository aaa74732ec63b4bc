// Log lines of one cause that repeats itself at a high rate: the first ones pass, the others are counted.

import Logging

/// A log line before it has a time and a format.
struct LogRecord {
  var level: Logger.Level
  var message: String
  var fields: [(name: String, value: String)] = []
}

/// Counts the lines of each cause in spans of 10 s (rule 79).
///
/// The first 20 lines of a cause pass. The last one of the others is kept: it passes at the end of the span, with the number of those before
/// it. A span begins with the first line after the last span.
struct RepeatedLines {
  private struct Count {
    var lines = 0
    /// The last line that did not pass.
    var last: LogRecord?
  }

  private static let span = Duration.seconds(10)
  private static let allowance = 20
  /// Most causes in a span, which are kinds of messages times services; lines of any more pass.
  private static let bound = 4096
  /// Most characters of a line that is kept.
  private static let lineBound = 2048

  private var counts: [String: Count] = [:]
  private var began: SuspendingClock.Instant?

  /// The end of the span; nil where no line waits for it.
  private(set) var deadline: SuspendingClock.Instant?

  /// Whether the line passes now. `due` comes first.
  mutating func take(_ record: LogRecord, of cause: String, at now: SuspendingClock.Instant) -> Bool {
    guard counts.count < Self.bound || counts[cause] != nil else { return true }
    let began = began ?? now
    self.began = began
    counts[cause, default: Count()].lines += 1
    guard counts[cause, default: Count()].lines > Self.allowance else { return true }
    var last = record
    last.message = String(record.message.prefix(Self.lineBound))
    counts[cause]?.last = last
    deadline = began + Self.span
    return false
  }

  /// The lines that were kept, once their span is over.
  mutating func due(at now: SuspendingClock.Instant) -> [LogRecord] {
    guard let began, now >= began + Self.span else { return [] }
    return end(at: now)
  }

  /// Ends the span now.
  mutating func end(at now: SuspendingClock.Instant) -> [LogRecord] {
    let seconds = began.map { max(1, (now - $0).components.seconds) } ?? 0
    let kept = counts.sorted { $0.key < $1.key }.compactMap { _, count -> LogRecord? in
      guard var record = count.last else { return nil }
      let others = count.lines - Self.allowance - 1
      if others > 0 { record.message += " (and \(Self.grouped(others)) more like it in \(seconds) s)" }
      return record
    }
    self = RepeatedLines()
    return kept
  }

  /// `1,204`
  private static func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : "\(grouped(number / 1000)),\(String(String(number % 1000 + 1000).dropFirst()))"
  }
}
