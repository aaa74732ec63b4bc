// The source of a child's input.

/// The source of a child's standard input. Nobody writes there.
package enum SpawnInput: String, Hashable, Sendable {
  /// `/dev/null`, which is at its end at once.
  case empty
  /// A pipe that the child alone has, so that it never ends: for programs that take its end as a wish to stop.
  case kept
  /// The terminal that standard output is.
  case terminal
}
