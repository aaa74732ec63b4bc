// The name of a run.

/// Names a run of something. Its maker never uses a name twice.
package struct RunKey: Hashable, Sendable, CustomStringConvertible {
  /// Whose run it is: a service's name, or for a command of a check or a hook one of the caller's that begins with a character no
  /// service's does, like "@3". So it means the same after a reload and to a successor of this process. Without colons.
  package var owner: String
  /// The number of the run.
  package var run: UInt64

  /// Names a run.
  package init(owner: String, run: UInt64) {
    self.owner = owner
    self.run = run
  }

  /// Like "dao:17".
  package var description: String { "\(owner):\(run)" }
}
