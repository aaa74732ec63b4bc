// Names with values.

/// An environment variable, or a header of a check.
package struct NamedValue: Sendable, Equatable {
  /// The name.
  package var name: String
  /// The value, byte for byte.
  package var value: String

  /// A name with its value.
  package init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
