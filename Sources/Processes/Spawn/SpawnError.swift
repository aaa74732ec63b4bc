// Why a program could not be started.

import Linux

/// Why a program could not be started: the step that failed, and what the system said.
package struct SpawnError: Error, Hashable, Sendable, CustomStringConvertible {
  /// What failed.
  package var step: SpawnStep
  /// What the system said; 0 if no call of it failed, and then the hint says it all.
  package var errno: Int32
  /// What the step was about: a program, a directory; may be empty.
  package var subject: String
  /// What else helps to understand it; may be empty.
  package var hint: String

  /// Names a failure.
  package init(step: SpawnStep, errno: Int32, subject: String = "", hint: String = "") {
    self.step = step
    self.errno = errno
    self.subject = subject
    self.hint = hint
  }

  /// Like "executing '/nope': No such file or directory (ENOENT)".
  package var description: String {
    let about = subject.isEmpty ? "" : " '\(subject)'"
    if errno == 0 { return "\(step.text)\(about): \(hint)" }
    let help = hint.isEmpty ? "" : "; \(hint)"
    return "\(step.text)\(about): \(SystemError(errno: errno))\(help)"
  }
}
