// What to start.

/// A program to start, with all that it is given.
public struct SpawnRequest: Sendable {
  /// What the program is called with. The first without a slash is looked up in the `PATH` of `environment`,
  /// with one it counts from `directory` (rule 32).
  public var arguments: [String]
  /// All of its variables, as `NAME=value`. `STOKER_RUN` is added.
  public var environment: [String]
  /// Where it runs.
  public var directory: String
  /// Where its standard output and standard error go. Its standard input is `/dev/null`.
  public var output: SpawnOutput
  /// The limit it is given; nil: ours.
  public var descriptorLimit: DescriptorLimit?

  /// Describes a program to start.
  public init(
    arguments: [String], environment: [String] = [], directory: String = "/", output: SpawnOutput = .null,
    descriptorLimit: DescriptorLimit? = nil
  ) {
    self.arguments = arguments
    self.environment = environment
    self.directory = directory
    self.output = output
    self.descriptorLimit = descriptorLimit
  }
}
