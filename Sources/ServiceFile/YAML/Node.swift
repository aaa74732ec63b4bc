// Values of the YAML file with their places.

/// One value with its place. Values are shared between copies, so an alias costs nothing until it is walked.
struct Node {
  var value: Value
  var mark: Mark

  enum Value {
    /// An empty value, or `~` or `null` without quotes.
    case null
    case scalar(Scalar)
    case sequence([Node])
    /// In the file's order; keys are unique.
    case mapping([Entry])
  }

  struct Scalar {
    /// The text with `${NAME}` replaced.
    var text: String
    /// The text as written, for messages: no environment value ends in a log.
    var source: String
    /// Whether it stands without quotes, so that it may be a number or a boolean.
    var isPlain: Bool
    /// Whether `${instance}` is in it, which has another value in each instance (rule 89).
    var namesInstance = false
    /// The fault of the text where `${instance}` is no instance's name; nil if it has a value there too.
    var unset: String?
  }

  struct Entry {
    var key: String
    var keyMark: Mark
    var value: Node

    /// Whether the key is nobody's here, a place for anchors.
    var isExtension: Bool { key.hasPrefix("x-") }
  }
}

extension Node {
  /// The entries of a mapping; an empty value counts as an empty mapping; nil for everything else.
  var entries: [Entry]? {
    switch value {
    case .null: []
    case .mapping(let entries): entries
    case .scalar, .sequence: nil
    }
  }

  /// The value for messages: "must be a duration, not …".
  var found: String {
    switch value {
    case .null: "nothing"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar): "'\(Spelling.shown(scalar.source))'"
    }
  }

  /// The same where it matters whether the text was quoted.
  var foundLiteral: String {
    if case .scalar(let scalar) = value, !scalar.isPlain { return "the quoted text \(found)" }
    return found
  }
}
