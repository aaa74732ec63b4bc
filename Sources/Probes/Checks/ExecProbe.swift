// The settings of an exec check.

/// A command that the `CommandRunner` runs; exit code 0 passes.
package struct ExecProbe: Sendable, Equatable {
  /// The argument vector; the first element is the program.
  package var command: [String]
  /// The working directory; nil = that of the service.
  package var directory: String?
  /// Variables added to the service's environment.
  package var environment: [String: String]

  /// A check of this command's exit code.
  package init(command: [String], directory: String? = nil, environment: [String: String] = [:]) {
    self.command = command
    self.directory = directory
    self.environment = environment
  }
}
