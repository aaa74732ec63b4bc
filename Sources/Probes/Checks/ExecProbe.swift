// The settings of an exec check.

/// A command; exit code 0 passes. Who runs it is the `CommandRunner`.
package struct ExecProbe: Sendable, Equatable {
  /// The argument vector; the first element is the program.
  package var command: [String]
  /// Where it runs; nil = where the service runs.
  package var directory: String?
  /// On top of the service's environment.
  package var environment: [String: String]

  /// A check of this command's exit code.
  package init(command: [String], directory: String? = nil, environment: [String: String] = [:]) {
    self.command = command
    self.directory = directory
    self.environment = environment
  }
}
