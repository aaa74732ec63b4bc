// Following the log of a service for one client.

import HTTPServer
import ServiceLogs

/// Writes the last lines of a log, and each further one as it comes.
struct LogFollower: Sendable {
  let filter: LogFilter
  /// The number of last lines to begin with.
  let count: Int
  /// Whether the time of each line stands before it.
  let isStamped: Bool
  /// The log that the service has now, after one that has ended; nil: it has no other.
  let successor: @Sendable (ServiceLog) -> ServiceLog?

  /// A line is written while it is unfinished only if it stays so: most are cut by chance, between two reads.
  private static let patience = Duration.milliseconds(200)

  func follow(_ log: ServiceLog, _ writer: StreamWriter) async throws {
    var text = LogText(isStamped: isStamped)
    var position: UInt64
    if filter.isSelective {
      let (lines, next) = await last(of: log)
      if !lines.isEmpty { try await writer.write(text.take(lines)) }
      position = next
    } else {
      position = await log.beginning(ofLast: count)
    }
    var present = log
    while true {
      try await follow(present, from: position, &text, writer)
      guard !Task.isCancelled, !isPast, let next = successor(present) else { return }
      present = next
      position = 0
    }
  }

  /// The last selected lines in memory, and the number of the last line that was looked at.
  private func last(of log: ServiceLog) async -> (lines: [LogLine], next: UInt64) {
    let newest = await log.beginning(ofLast: 0)
    var position = await log.beginning(ofLast: .max)
    var lines: [LogLine] = []
    // No further than to what was there at first: a service can be as fast as we are.
    while position < newest, !Task.isCancelled {
      let news = log.lines(after: position, limit: 1000)
      guard news.next > position else { break }
      position = news.next
      lines += await filter.select(news.lines)
      if lines.count > count { lines.removeFirst(lines.count - count) }
    }
    return (lines, position)
  }

  /// Whether no further line can be selected.
  private var isPast: Bool { filter.until.map { $0 < .now } ?? false }

  /// Writes each line as it comes, until the log ends or the client leaves. A client that is slower than the service gets the number of
  /// lines that it missed.
  private func follow(_ log: ServiceLog, from start: UInt64, _ text: inout LogText, _ writer: StreamWriter) async throws {
    var position = start
    while !Task.isCancelled {
      // Read first, so that the last lines are not missed.
      let isOver = log.isOver || isPast
      let unfinished = log.unfinishedLines(stream: filter.stream)
      let news = log.lines(after: position, limit: 1000)
      position = news.next
      if news.skipped > 0 {
        try await writer.write(text.end() + Array("[\(news.skipped) lines were written faster than they were read]\n".utf8))
      }
      let wanted = await filter.select(news.lines)
      if !wanted.isEmpty { try await writer.write(text.take(wanted)) }
      guard news.lines.isEmpty else { continue }
      if isOver { return }
      let now = Timestamp.now
      let left = filter.until.map { Duration.nanoseconds(max(0, $0.nanoseconds - now.nanoseconds) + 1_000_000) }
      let line = filter.needsWholeLines ? nil : await filter.select(unfinished.lines).last
      let age = line?.unfinishedSince.map { Duration.nanoseconds(max(0, now.nanoseconds - $0)) }
      if let line, let age, age >= Self.patience {
        let part = text.take([line])
        if !part.isEmpty { try await writer.write(part) }
        await Self.wait(for: log, after: unfinished.revision, atMost: left)
      } else {
        let limits = [age.map { Self.patience - $0 }, left].compactMap(\.self)
        await Self.wait(for: log, after: unfinished.revision, atMost: limits.min())
      }
    }
  }

  /// Waits for output, or until an unfinished line is old enough, or nothing is wanted any more.
  private static func wait(for log: ServiceLog, after revision: UInt64, atMost time: Duration?) async {
    guard let time else { return await log.waitForOutput(after: revision) }
    await withTaskGroup { group in
      group.addTask { await log.waitForOutput(after: revision) }
      group.addTask { try? await Task.sleep(for: time, clock: SuspendingClock()) }
      await group.next()
      group.cancelAll()
    }
  }
}
