// The settings of an exec check.

/// A command; exit code 0 passes. Who runs it is the `CommandRunner`.
public struct ExecProbe: Sendable, Equatable {
  /// The argument vector; the first element is the program.
  public var command: [String]
  /// Where it runs; nil = where the service runs.
  public var directory: String?
  /// On top of the service's environment.
  public var environment: [String: String]

  /// A check of this command's exit code.
  public init(command: [String], directory: String? = nil, environment: [String: String] = [:]) {
    self.command = command
    self.directory = directory
    self.environment = environment
  }
}
