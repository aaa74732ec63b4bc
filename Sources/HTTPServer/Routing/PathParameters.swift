// The values of the `{name}` parts of a route's pattern.

/// The parts of a path in the places of a pattern's `{name}`.
package struct PathParameters: Sendable {
  private let values: [(name: String, value: String)]

  /// Makes parameters from names and decoded values.
  package init(_ values: [(name: String, value: String)] = []) {
    self.values = values
  }

  /// The decoded value; it may hold any character but NUL, also a slash (sent as `%2F`) or be `..`. Nil for a name that the pattern lacks.
  package subscript(_ name: String) -> String? {
    values.first { $0.name == name }?.value
  }
}
