// The lines of one log as its readers see them: the last lines in memory, followers, and expectations.

import CLinux
import Glibc
import Synchronization

/// The memory of one log, and the readers of its new lines.
final class LogFeed: Sendable {
  let record: Mutex<LogRecord>
  private let readers = Mutex(LogReaders())
  /// Whether lines and bytes are counted as they are read. Direct logs count the growth of their file
  /// instead.
  private let isCounting: Bool

  init(lines: Int, isCounting: Bool) {
    record = Mutex(LogRecord(lines: lines))
    self.isCounting = isCounting
  }

  // MARK: Followers

  /// Whether there will be no more lines.
  var isOver: Bool { readers.withLock(\.isOver) }

  /// Waits until there is news, the task is cancelled, or there will be no more lines. It may end early, with
  /// any output.
  func wait(until isNews: @escaping @Sendable (LogRecord) -> Bool) async {
    let id = readers.withLock { $0.id() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (reply: CheckedContinuation<Void, Never>) in
        guard update({ $0.wait(id, reply) }) else { return reply.resume() }
        // A line or a cancellation that came before the registration has woken nobody.
        if Task.isCancelled || record.withLock({ isNews($0) }) { endWait(id) }
      }
    } onCancel: {
      endWait(id)
    }
  }

  private func endWait(_ id: UInt64) {
    update { $0.endWait(id) }?.resume()
  }

  /// Ends all waits, now and later.
  func endWaiting() { update { $0.endWaiting() } }

  /// Changes the readers. The record keeps their numbers, so that a log without readers costs no look at
  /// them.
  @discardableResult
  private func update<Result: Sendable>(_ change: (inout LogReaders) -> Result) -> Result {
    let (result, replies) = readers.withLock { readers in
      let result = change(&readers)
      let replies = readers.isOver ? readers.takeWaiting() : []
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

  private func wakeFollowers() {
    for reply in update({ $0.takeWaiting() }) { reply.resume() }
  }

  // MARK: Expectations

  func expect(_ expectation: LogReaders.Expectation) { update { $0.expect(expectation) } }

  func forgetExpectations(of run: UInt64) {
    guard record.withLock({ $0.expectations > 0 }) else { return }
    update { _ = $0.takeExpectations { $0.run == run } }
  }

  private func match(_ bytes: UnsafeRawBufferPointer, after beginning: [UInt8], run: UInt64) {
    let patterns = readers.withLock { $0.expectations.filter { $0.run == run }.map(\.pattern) }
    guard !patterns.isEmpty else { return }
    let text = beginning + bytes
    let met = patterns.filter { pattern in
      text.withUnsafeBytes { clinux_pattern_match(pattern, $0.assumingMemoryBound(to: CChar.self).baseAddress, $0.count) } != 0
    }
    for expectation in update({ $0.takeExpectations { $0.run == run && met.contains($0.pattern) } }) { expectation.then() }
  }

  // MARK: Output

  /// Takes output that was read.
  func append(_ bytes: UnsafeRawBufferPointer, from source: LogSource, time: Int64) {
    let appended = record.withLock { $0.append(bytes, from: source, time: time, isCounted: isCounting) }
    if let beginning = appended.beginning { match(bytes, after: beginning, run: source.run) }
    if appended.isNews { wakeFollowers() }
  }

  /// Ends an unfinished line, if there is one.
  func finishLine(of source: LogSource) {
    if record.withLock({ $0.finish(source, time: LineStamp.now(), isCounted: isCounting) }).isNews { wakeFollowers() }
  }
}
