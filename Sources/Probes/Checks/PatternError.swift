// Faults of patterns.

/// A pattern that cannot be used.
package struct PatternError: Error, Equatable, CustomStringConvertible {
  /// The pattern as it was written.
  package let source: String
  /// The fault in it.
  package let reason: String

  /// The pattern and the reason in one sentence.
  package var description: String { "the pattern '\(source)' cannot be used: \(reason)" }
}
