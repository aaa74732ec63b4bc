// Names of keys in messages.

/// The mapping that is being read: `'health.http' of service 'dao'`.
struct Scope: CustomStringConvertible {
  /// The owner, such as "service 'dao'"; nil for keys of the file itself.
  var owner: String?
  /// The keys on the way from the owner.
  var path: [String] = []

  /// The end of "unknown key 'x' in …".
  var description: String {
    switch (path.isEmpty, owner) {
    case (true, let owner?): owner
    case (true, nil): "the service file"
    case (false, _): name(nil)
    }
  }

  /// The full name of one of its keys.
  func name(_ key: String?) -> String {
    let joined = (path + (key.map { [Spelling.shown($0)] } ?? [])).joined(separator: ".")
    return owner.map { "'\(joined)' of \($0)" } ?? "'\(joined)'"
  }

  /// The mapping under one of its keys.
  func inside(_ key: String) -> Scope {
    Scope(owner: owner, path: path + [Spelling.shown(key)])
  }
}
