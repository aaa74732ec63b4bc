// The marks in the environments of processes, so that no environment is read twice.

import Glibc
import Linux

/// Remembers the run in each process' environment.
struct MarkMemory {
  private var known: [ProcessIdentity: RunKey?] = [:]

  /// The run in the environment of a process. Throws if it cannot be read at this moment (EAGAIN).
  mutating func run(of process: ProcessStatus, mark: String, in proc: borrowing ProcReader) throws(SystemError) -> RunKey? {
    if let known = known[process.identity] { return known }
    switch proc.marking(of: process.pid, mark: mark) {
    case .run(let key):
      known[process.identity] = .some(key)
      return key
    case .unmarked:
      known[process.identity] = .some(nil)
      return nil
    case .changing:
      throw SystemError(errno: EAGAIN)
    case .unknown:
      return nil
    }
  }

  /// Forgets the processes that are gone.
  mutating func forget(allBut tree: ProcessTree) {
    known = known.filter { tree[$0.key.pid]?.startTime == $0.key.startTime }
  }
}
