// Where a child's output goes, and who closes our copies of it.

import Glibc
import Synchronization

/// Where the standard output and standard error of a child go.
package enum SpawnOutput: Sendable {
  /// To `/dev/null`.
  case null
  /// To these descriptors of ours. They stay the caller's: it keeps them open until `spawned` or `spawnFailed` is told,
  /// then closes its copies.
  case descriptors(stdout: Int32, stderr: Int32)
  /// To descriptors that are closed by themselves with the spawn, whatever came of it.
  case owned(OutputEnds)
  /// To what this opens, on the thread that spawns: to make FIFOs can hang with the disk they are on. What it opened is closed like `owned`;
  /// if it could open nothing, the start has failed.
  case opening(@Sendable () throws -> OutputEnds)
}

/// Two descriptors of ours for a child's output, closed when the spawn is over, whatever came of it, or when nobody has them any more.
package final class OutputEnds: Sendable {
  private let ends: Mutex<(stdout: Int32, stderr: Int32)?>

  /// Takes the descriptors over.
  package init(stdout: Int32, stderr: Int32) {
    ends = Mutex((stdout, stderr))
  }

  deinit { close() }

  /// The descriptors; nil once they are closed.
  package var descriptors: (stdout: Int32, stderr: Int32)? {
    ends.withLock { $0 }
  }

  /// Closes them. Again: does nothing.
  package func close() {
    let taken = ends.withLock { ends in
      defer { ends = nil }
      return ends
    }
    guard let taken else { return }
    _ = Glibc.close(taken.stdout)
    if taken.stderr != taken.stdout { _ = Glibc.close(taken.stderr) }
  }
}
