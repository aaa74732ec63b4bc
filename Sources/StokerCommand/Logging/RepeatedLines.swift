// Log lines of one cause that repeats itself at a high rate: the first ones pass, the others are counted.

import Logging
import Stoker

/// A log line before it has a format.
struct LogRecord {
  var time: Timestamp
  var level: Logger.Level
  var message: String
  var fields: [(name: String, value: String)] = []
}

/// Counts the lines of each cause in spans of 10 s (rule 79).
///
/// The first 20 lines of a cause pass. The last one of the others is kept: it passes at the end of the span, or before the next line about
/// the same subject that passes, so that the lines about one subject never change their order; with the number of those before it. A span
/// begins with the first line after the last span.
struct RepeatedLines {
  private struct Count {
    var lines = 0
    /// The last line that did not pass, and its place among all that did not.
    var last: (record: LogRecord, place: Int)?
  }

  private static let span = Duration.seconds(10)
  private static let allowance = 20
  /// Most causes in a span, which are kinds of messages times services; lines of any more pass.
  private static let bound = 4096
  /// Most characters of a line that is kept.
  private static let lineBound = 2048

  private var counts: [String: Count] = [:]
  private var began: SuspendingClock.Instant?
  /// The number of lines that did not pass.
  private var held = 0

  /// The end of the span; nil where no line waits for it.
  private(set) var deadline: SuspendingClock.Instant?

  /// The lines to write now, in their order: sums that are due, and the line if it passes.
  /// - Parameter cause: The kind of message and its subject (see `LogCause`); nil for a line that always passes, after all others.
  mutating func take(_ record: LogRecord, of cause: String?, at now: SuspendingClock.Instant) -> [LogRecord] {
    let due = due(at: now)
    guard let cause else { return due + sums(at: now) { _ in true } + [record] }
    if counts.count < Self.bound || counts[cause] != nil {
      if began == nil { began = now }
      var count = counts[cause] ?? Count()
      count.lines += 1
      let passes = count.lines <= Self.allowance
      if !passes {
        held += 1
        count.last = (record, held)
        count.last?.record.message = String(record.message.prefix(Self.lineBound))
        deadline = began.map { $0 + Self.span }
      }
      counts[cause] = count
      guard passes else { return due }
    }
    let subject = Self.subject(of: cause)
    return due + sums(at: now) { Self.subject(of: $0) == subject } + [record]
  }

  /// The lines that were kept, once their span is over.
  mutating func due(at now: SuspendingClock.Instant) -> [LogRecord] {
    guard let began, now >= began + Self.span else { return [] }
    return end(at: now)
  }

  /// Ends the span now.
  mutating func end(at now: SuspendingClock.Instant) -> [LogRecord] {
    defer { self = RepeatedLines() }
    return sums(at: now) { _ in true }
  }

  /// Takes the lines that are kept of some causes.
  private mutating func sums(at now: SuspendingClock.Instant, of isWanted: (_ cause: String) -> Bool) -> [LogRecord] {
    guard deadline != nil, let began else { return [] }
    let kept = counts.filter { $0.value.last != nil && isWanted($0.key) }
    for cause in kept.keys { counts[cause] = Count(lines: Self.allowance) }
    let seconds = max(1, (now - began).components.seconds)
    return kept.values.compactMap { count in count.last.map { ($0.record, $0.place, count.lines - Self.allowance - 1) } }
      .sorted { $0.1 < $1.1 }
      .map { record, _, others in
        var record = record
        if others > 0 { record.message += " (and \(Self.grouped(others)) more like it in \(seconds) s)" }
        return record
      }
  }

  private static func subject(of cause: String) -> Substring {
    cause.drop { $0 != "/" }
  }

  /// `1,204`
  private static func grouped(_ number: Int) -> String {
    number < 1000 ? "\(number)" : "\(grouped(number / 1000)),\(String(String(number % 1000 + 1000).dropFirst()))"
  }
}
