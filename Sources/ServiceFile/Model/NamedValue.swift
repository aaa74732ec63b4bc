// A name with its text.

/// An environment variable, or a header of a check.
public struct NamedValue: Sendable, Equatable {
  /// Its name.
  public var name: String
  /// Its value, byte for byte.
  public var value: String

  /// A name with its value.
  public init(name: String, value: String) {
    self.name = name
    self.value = value
  }
}
