// The name of a run.

/// Identifies a run. Its maker never uses a key twice.
package struct RunKey: Hashable, Sendable, CustomStringConvertible {
  /// The owner of the run: a service's name, or for a command of a check or a hook a name of the caller's
  /// that begins with a character no service name begins with, like "@3". So it means the same after a reload
  /// and to a successor of this process. Without colons.
  package var owner: String
  /// The number of the run.
  package var run: UInt64

  /// The owner of commands that belong to services: of their checks and hooks.
  package static let commands = "@"

  /// Makes a key.
  package init(owner: String, run: UInt64) {
    self.owner = owner
    self.run = run
  }

  /// The text "dao:17".
  package var description: String { "\(owner):\(run)" }
}
