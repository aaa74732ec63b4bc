// The destination of a child's output, and the owner of our copies of its descriptors.

import Glibc
import Synchronization

/// The destination of a child's standard output and standard error.
package enum SpawnOutput: Sendable {
  /// To `/dev/null`.
  case null
  /// These descriptors of ours. They stay the caller's: it keeps them open until the event `spawned` or
  /// `spawnFailed`, then closes its copies.
  case descriptors(stdout: Int32, stderr: Int32)
  /// Descriptors that are closed after the spawn, whether it succeeded or not.
  case owned(OutputEnds)
  /// The descriptors that this opens, on the thread that spawns: creating FIFOs can hang with their disk.
  /// They are closed like `owned`; if it throws, the start has failed. It gets the ids of the child, nil if they are ours.
  case opening(@Sendable (FileRights?) throws -> OutputEnds)
}

/// Two descriptors of ours for a child's output, closed after the spawn, whether it succeeded or not, or with
/// the last reference.
package final class OutputEnds: Sendable {
  private let ends: Mutex<(stdout: Int32, stderr: Int32)?>
  /// Whether they are pipes of this run alone, which the child's user may open again by the names /dev/stdout and /dev/stderr.
  package let isPassed: Bool
  /// The file that the child opens itself, after it has become its user: then the descriptors are its folder. nil: the descriptors are the
  /// outputs.
  package let file: FilePlace?

  /// Takes ownership of the descriptors.
  package init(stdout: Int32, stderr: Int32, isPassed: Bool = false) {
    ends = Mutex((stdout, stderr))
    self.isPassed = isPassed
    file = nil
  }

  /// Has the child open a file for both outputs.
  package init(_ file: FilePlace) throws(SystemError) {
    let folder = try system { fcntl(file.folder.descriptor, F_DUPFD_CLOEXEC, 3) }
    ends = Mutex((folder, folder))
    isPassed = false
    self.file = file
  }

  deinit { close() }

  /// The descriptors; nil once they are closed.
  package var descriptors: (stdout: Int32, stderr: Int32)? {
    ends.withLock { $0 }
  }

  /// Closes them. A second call does nothing.
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
