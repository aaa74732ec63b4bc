// Following a log, and expecting a pattern in it.

import CLinux
import Glibc
import Synchronization

extension ServiceLog {
  /// The lines after the one with the number `after`, oldest first: at most `limit`, and about 32 KiB. `next` is the number of
  /// the last of them, for the next call; `skipped` is the number of lines that are not kept any more (of a
  /// direct log: an estimate).
  ///
  /// Lines are numbered over all runs, from 1 on; those of a direct log while it has followers.
  package func lines(after: UInt64, limit: Int) -> (lines: [LogLine], next: UInt64, skipped: UInt64) {
    direct?.follow()
    let (lines, next, skipped) = feed.record.withLock { $0.lines.following(after, limit: limit) }
    return (lines.decoded, next, skipped)
  }

  /// The lines of one stream or of both whose newline has not come yet, the one that grew last at the end; and the number for
  /// `waitForOutput(after:)` to wait for their next change.
  package func unfinishedLines(stream: LogStream? = nil) -> (lines: [LogLine], revision: UInt64) {
    let (lines, revision) = feed.record.withLock { record in
      (record.unfinishedLines { stream == nil || stream == $0.stream }, record.revision)
    }
    return (lines.map(\.decoded), revision)
  }

  /// The number for `lines(after:limit:)` to get the last `count` lines, and then all that follow. A direct
  /// log is read for its followers from this call on, until no follower has asked for a minute.
  package func beginning(ofLast count: Int) async -> UInt64 {
    if let direct {
      direct.follow()
      await withCheckedContinuation { reply in
        if !core.tasks.post([.look(direct, then: { reply.resume() })]) { reply.resume() }
      }
    }
    return feed.record.withLock { $0.lines.newest - UInt64(min(max(0, count), $0.lines.count)) }
  }

  /// Whether there will be no more lines.
  package var isOver: Bool { feed.isOver || core.tasks.isClosed }

  /// Returns when there is a line after the one with this number, the waiting task is cancelled, or there
  /// will be no more lines.
  package func waitForLines(after: UInt64) async {
    await wait { $0.lines.newest > after }
  }

  /// The same for any output, also a part of a line; `revision` is that of `unfinishedLines(stream:)`.
  package func waitForOutput(after revision: UInt64) async {
    await wait { $0.revision != revision }
  }

  private func wait(until isNews: @escaping @Sendable (LogRecord) -> Bool) async {
    direct?.follow()
    // After the shutdown no more lines come, and the end of waiting may have missed a log that was opened
    // during it.
    guard !core.tasks.isClosed else { return }
    await feed.wait(until: isNews)
  }

  /// Calls once when the output of a run, standard output or standard error, matches a POSIX extended
  /// expression, also in an unfinished line. The expectation ends with the run's leader. Called from the
  /// collector's thread: it must not block. False: the expression is invalid, and nothing will match it.
  @discardableResult
  package func expect(pattern: String, run: UInt64, then: @escaping @Sendable () -> Void) -> Bool {
    guard clinux_pattern_check(pattern, nil, 0) == 0 else { return false }
    feed.expect(LogReaders.Expectation(run: run, pattern: pattern, then: then))
    if let direct { _ = core.tasks.post([.look(direct, then: nil)]) }
    return true
  }
}
