// A value of the YAML file that knows where it stands.

/// One value with its place. Values are shared between copies, so an alias costs nothing until somebody walks it.
struct Node {
  var value: Value
  var mark: Mark

  enum Value {
    /// Nothing was written, or `~` or `null` without quotes.
    case null
    case scalar(Scalar)
    case sequence([Node])
    /// In the file's order; keys are unique.
    case mapping([Entry])
  }

  struct Scalar {
    /// With `${NAME}` replaced.
    var text: String
    /// As written: what messages show, so that no environment value ends in a log.
    var source: String
    /// Without quotes: may be a number or a boolean.
    var isPlain: Bool
  }

  struct Entry {
    var key: String
    var keyMark: Mark
    var value: Node
  }
}

extension Node {
  /// The entries of a mapping; nothing written counts as an empty one; nil for everything else.
  var entries: [Entry]? {
    switch value {
    case .null: []
    case .mapping(let entries): entries
    case .scalar, .sequence: nil
    }
  }

  /// What stands here, for "must be a duration, not …".
  var found: String {
    switch value {
    case .null: "nothing"
    case .sequence: "a list"
    case .mapping: "a mapping"
    case .scalar(let scalar): "'\(Spelling.shown(scalar.source))'"
    }
  }

  /// Like `found`, where it matters whether the text was quoted.
  var foundLiteral: String {
    if case .scalar(let scalar) = value, !scalar.isPlain { return "the quoted text \(found)" }
    return found
  }
}
