// Errors of starting a program.

import Glibc
import Linux

/// Why a program could not be started: the failed step, and the system's error.
package struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The failed step.
  package var step: SpawnStep
  /// The errno; 0 if no system call failed, and then the hint says it all.
  package var errno: Int32
  /// The subject of the step: a program, a directory; may be empty.
  package var subject: String
  /// A hint for the reader of the error; may be empty.
  package var hint: String

  /// Makes an error.
  package init(step: SpawnStep, errno: Int32, subject: String = "", hint: String = "") {
    self.step = step
    self.errno = errno
    self.subject = subject
    self.hint = hint
  }

  /// Whether the same spawn fails again until somebody mends what it needs: there is no such program, user or folder, or no permission.
  package var isHopeless: Bool {
    switch step {
    case .prepare, .lookup: true
    case .execute, .directory, .output: [ENOENT, EACCES, EPERM, ENOTDIR, ENOEXEC, ELOOP, ENAMETOOLONG, EISDIR, E2BIG].contains(errno)
    case .user, .group: errno == 0 || errno == EPERM
    case .limit, .coreLimit, .nice, .oomScore: errno == EPERM || errno == EACCES
    case .process, .session, .controlGroup, .notification, .descriptors, .privileges: false
    }
  }

  /// Text like "executing '/nope': No such file or directory (ENOENT)".
  package var description: String {
    let about = subject.isEmpty ? "" : " '\(subject)'"
    if errno == 0 { return "\(step.text)\(about): \(hint)" }
    let help = hint.isEmpty ? "" : "; \(hint)"
    return "\(step.text)\(about): \(SystemError(errno: errno))\(help)"
  }
}
