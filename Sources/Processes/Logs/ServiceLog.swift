// The log of one service: pipes for its runs, its last lines, its counters.

import CLinux
import Glibc
import Synchronization

/// The log of one service, over all of its runs.
public final class ServiceLog: Sendable {
  let owner: UInt32
  let policy: LogPolicy
  let record: Mutex<LogRecord>
  private let core: CollectorCore

  init(_ policy: LogPolicy, owner: UInt32, core: CollectorCore) {
    self.policy = policy
    self.owner = owner
    self.core = core
    record = Mutex(LogRecord(lines: policy.memoryLines))
  }

  /// Makes the pipes of a run: what to give to the spawn. What comes out of them is moved until the last process that has them is gone.
  ///
  /// A writer waits when its pipe is full, until it is read again (rule 36).
  public func attach(run: UInt64) throws(LogError) -> SpawnOutput {
    let output = try Self.pipe()
    let errors: (reading: Int32, writing: Int32)
    do {
      errors = try Self.pipe()
    } catch {
      close(output.reading)
      close(output.writing)
      throw error
    }
    let ends = OutputEnds(stdout: output.writing, stderr: errors.writing)
    let orders: [CollectorCore.Order] = [
      .attach(self, run: run, .stdout, descriptor: output.reading), .attach(self, run: run, .stderr, descriptor: errors.reading),
    ]
    guard core.post(orders) else {
      close(output.reading)
      close(errors.reading)
      throw .closed
    }
    return .owned(ends)
  }

  private static func pipe() throws(LogError) -> (reading: Int32, writing: Int32) {
    var ends: [Int32] = [-1, -1]
    do {
      try system { clinux_pipe(&ends) }
      // Our end alone: the child's is another open file, and waits as programs expect.
      try system { clinux_set_nonblocking(ends[0]) }
    } catch {
      for end in ends where end >= 0 { close(end) }
      throw .pipe(error)
    }
    return (ends[0], ends[1])
  }

  /// Tells that the run's leader has ended: what is there is read, and an unfinished line counts as a line. Processes that still have
  /// the pipes are heard on. `whenDrained` is called on the collector's thread when the run's last words are in `tail`; it must not block.
  public func release(run: UInt64, whenDrained: (@Sendable () -> Void)? = nil) {
    if !core.post([.release(self, run: run, whenDrained: whenDrained)]) { whenDrained?() }
  }

  /// The last lines, oldest first: at most `count`, of one stream or of both.
  public func tail(_ count: Int, stream: LogStream? = nil) -> [LogLine] {
    // Decoding is left out of the lock: the collector must not wait for it.
    let lines = record.withLock { $0.lines }
    return lines.last(max(0, count), stream: stream)
  }

  /// How much was said so far, over all runs.
  public var counters: LogCounters { record.withLock { $0.counters } }
}
