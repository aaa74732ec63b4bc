// The marks in the environments of processes, so that no environment is read twice.

import Glibc
import Linux

/// Remembers the run that each process' environment proves.
struct MarkMemory {
  private let reader: MarkReader
  private var known: [ProcessIdentity: RunKey?] = [:]
  /// The first and the last look at processes in the middle of execve(2), of a row of such looks.
  private var changing: (since: SuspendingClock.Instant, last: SuspendingClock.Instant)?

  /// Longer than an execve(2) from any disk that answers. A program on a file system of its own can stay in it without end, and must not
  /// keep the ends of runs waiting.
  private static let patience = Duration.seconds(2)

  init(_ marks: RunMarks) {
    reader = MarkReader(marks)
  }

  /// The run that the environment of a process proves. Throws if it cannot be read at this moment (EAGAIN).
  mutating func run(of process: ProcessStatus) throws(SystemError) -> RunKey? {
    if let known = known[process.identity] { return known }
    switch try reader.marking(of: process) {
    case .marked(.proved(let key)):
      known[process.identity] = .some(key)
      return key
    case .marked(.unproved), .unmarked:
      known[process.identity] = .some(nil)
      return nil
    case .changing:
      if mayChange() { throw SystemError(errno: EAGAIN) }
      return nil
    case .unknown:
      return nil
    }
  }

  private mutating func mayChange() -> Bool {
    let now = SuspendingClock.now
    // Looks follow each other closely only while one waits for the other.
    let since = changing.flatMap { now - $0.last < .seconds(1) ? $0.since : nil } ?? now
    changing = (since, now)
    return now - since < Self.patience
  }

  /// Forgets the processes that are gone.
  mutating func forget(allBut tree: ProcessTree) {
    known = known.filter { tree[$0.key.pid]?.startTime == $0.key.startTime }
  }
}
