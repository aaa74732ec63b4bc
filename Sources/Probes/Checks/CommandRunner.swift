// The seam to the module that spawns: one path for services, checks and hooks.

/// Runs the commands of exec checks.
package protocol CommandRunner: Sendable {
  /// Runs a command to its end, or to the deadline, at which it is killed with everything that it started.
  ///
  /// Returns when no process of the command is left. Cancelling the task ends the command as the deadline does.
  func run(_ command: ExecProbe, timeout: Duration) async -> CommandResult
}
