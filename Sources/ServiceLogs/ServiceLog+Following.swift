// Following a log, and waiting for something to be said.

import CLinux
import Glibc
import Synchronization

extension ServiceLog {
  /// The lines that were said after the one with the number `after`, oldest first: at most `limit`. `next` is the number of the last of them,
  /// to go on with; `skipped` is how many were said and are not kept any more (of a direct log: about how many).
  ///
  /// Lines are numbered over all runs, from 1 on; those of a direct log while somebody follows it.
  package func lines(after: UInt64, limit: Int) -> (lines: [LogLine], next: UInt64, skipped: UInt64) {
    direct?.follow()
    let (lines, next, skipped) = record.withLock { $0.lines.following(after, limit: limit) }
    return (lines.decoded, next, skipped)
  }

  /// What to give to `lines(after:limit:)` for the last `count` lines, and then all that follows. A direct log is read for those who follow
  /// from here on, until nobody has asked for a minute.
  package func beginning(ofLast count: Int) async -> UInt64 {
    if let direct {
      direct.follow()
      await withCheckedContinuation { reply in
        if !core.post([.look(self, then: { reply.resume() })]) { reply.resume() }
      }
    }
    return record.withLock { $0.lines.newest - UInt64(min(max(0, count), $0.lines.count)) }
  }

  /// There will be no more lines.
  package var isOver: Bool { readers.withLock(\.isOver) || core.isClosed }

  /// Returns when there is a line after the one with this number, the waiting task is cancelled, or there will be none any more.
  package func waitForLines(after: UInt64) async {
    direct?.follow()
    let id = readers.withLock { $0.id() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (reply: CheckedContinuation<Void, Never>) in
        let isWaiting = news { $0.wait(id, reply) }
        guard isWaiting else { return reply.resume() }
        // What came or was cancelled before we were waiting has told nobody.
        if Task.isCancelled || core.isClosed || record.withLock({ $0.lines.newest > after }) { endWait(id) }
      }
    } onCancel: {
      endWait(id)
    }
  }

  private func endWait(_ id: UInt64) {
    news { $0.endWait(id) }?.resume()
  }

  /// Changes who follows; the record knows how many they are, so that nobody is looked for when there is nobody.
  @discardableResult
  func news<Result: Sendable>(_ change: (inout LogReaders) -> Result) -> Result {
    let (result, replies) = readers.withLock { readers in
      let result = change(&readers)
      let replies = readers.isOver ? readers.told() : []
      let (count, expected) = (readers.count, readers.expectations.count)
      record.withLock {
        $0.followers = count
        $0.expectations = expected
      }
      return (result, replies)
    }
    for reply in replies { reply.resume() }
    return result
  }

  private func tellNews() {
    for reply in news({ $0.told() }) { reply.resume() }
  }

  // MARK: Something that is to be said

  /// Calls once when the output of a run, standard output or standard error, matches a POSIX extended expression: an unfinished line as
  /// it stands. Is forgotten when the run's leader has ended. Called from the collector's thread: it must not block. False: that is no
  /// expression, and nothing will match it.
  @discardableResult
  package func expect(pattern: String, run: UInt64, then: @escaping @Sendable () -> Void) -> Bool {
    guard clinux_pattern_check(pattern, nil, 0) == 0 else { return false }
    news { $0.expect(LogReaders.Expectation(run: run, pattern: pattern, then: then)) }
    if direct != nil { _ = core.post([.look(self, then: nil)]) }
    return true
  }

  func forgetExpectations(of run: UInt64) {
    guard record.withLock({ $0.expectations > 0 }) else { return }
    news { _ = $0.takeExpectations { $0.run == run } }
  }

  private func match(_ bytes: UnsafeRawBufferPointer, after beginning: [UInt8], run: UInt64) {
    let patterns = readers.withLock { $0.expectations.filter { $0.run == run }.map(\.pattern) }
    guard !patterns.isEmpty else { return }
    let text = beginning + bytes
    let met = patterns.filter { pattern in
      text.withUnsafeBytes { clinux_pattern_match(pattern, $0.assumingMemoryBound(to: CChar.self).baseAddress, $0.count) } != 0
    }
    for expectation in news({ $0.takeExpectations { $0.run == run && met.contains($0.pattern) } }) { expectation.then() }
  }

  // MARK: What is said

  /// Takes what was read, for those who read. `isCounted`: it was not counted otherwise.
  func take(_ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64, isCounted: Bool = true) {
    let outcome = record.withLock { $0.append(bytes, from: source, time: time, isCounted: isCounted) }
    if let beginning = outcome.beginning { match(bytes, after: beginning, run: source.run) }
    if outcome.isNews { tellNews() }
  }

  /// Ends a line that has no newline, if there is one.
  func finish(_ source: LogSource) {
    if record.withLock({ $0.finish(source, time: LineStamp.now(), isCounted: direct == nil) }).isNews { tellNews() }
  }
}
