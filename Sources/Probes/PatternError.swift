// What can be wrong with a pattern.

/// Why a pattern cannot be used.
public struct PatternError: Error, Equatable, CustomStringConvertible {
  /// The pattern as it was written.
  public let source: String
  /// What is wrong with it.
  public let reason: String

  /// The pattern and the reason in one sentence.
  public var description: String { "the pattern '\(source)' cannot be used: \(reason)" }
}
