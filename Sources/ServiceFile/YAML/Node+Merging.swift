// The merging of a service with its defaults.

extension Node {
  /// The kinds of check, of which `health` has one.
  static let checkKinds = ["http", "tcp", "exec", "grpc", "heartbeat", "file"]

  /// The ways of reporting that a start is done, of which `ready` has one.
  static let readinessWays = ["notify", "log"]

  /// The ways of asking a process to reload, of which `reload` has one.
  static let reloadWays = ["signal", "command"]

  /// This service with `defaults` beneath it: its own keys replace them, mappings merge key by key; every value keeps its place.
  /// A check of its own replaces another kind of check, and its own way of reporting readiness, or of reloading, replaces another one.
  func asService(over defaults: Node) -> Node {
    guard var beneath = defaults.entries, let own = entries else { return self }
    Self.drop(from: &beneath, "health", Self.checkKinds, replacedIn: own)
    Self.drop(from: &beneath, "ready", Self.readinessWays, replacedIn: own)
    Self.drop(from: &beneath, "reload", Self.reloadWays, replacedIn: own)
    return Node(value: .mapping(Self.merge(own, over: beneath)), mark: mark)
  }

  /// This service, or `defaults`, with a policy under `restart` as the mapping that it stands for: `always` is `{policy: always}`. So it
  /// merges with the defaults like one.
  var withRestartMapping: Node {
    guard case .mapping(var entries) = value, let position = entries.firstIndex(where: { $0.key == "restart" }),
      case .scalar = entries[position].value.value
    else { return self }
    let policy = entries[position].value
    entries[position].value.value = .mapping([Entry(key: "policy", keyMark: policy.mark, value: policy)])
    return Node(value: .mapping(entries), mark: mark)
  }

  /// Removes from the defaults the `alternatives` under `key` that the service replaces by one of its own.
  private static func drop(from beneath: inout [Entry], _ key: String, _ alternatives: [String], replacedIn own: [Entry]) {
    let theirs = own.first { $0.key == key }?.value.entries ?? []
    guard theirs.contains(where: { alternatives.contains($0.key) }), let position = beneath.firstIndex(where: { $0.key == key }),
      case .mapping(let entries) = beneath[position].value.value
    else { return }
    beneath[position].value.value = .mapping(
      entries.filter { entry in !alternatives.contains(entry.key) || theirs.contains { $0.key == entry.key } })
  }

  /// Puts the defaults first, in their order, then the keys that only the service has: so lists of names read as in the file.
  private static func merge(_ own: [Entry], over beneath: [Entry]) -> [Entry] {
    var merged = beneath
    var positions: [String: Int] = [:]
    for (position, entry) in beneath.enumerated() { positions[entry.key] = position }
    for entry in own {
      guard let position = positions[entry.key] else {
        merged.append(entry)
        continue
      }
      var replacement = entry
      // A key without a value is an empty mapping.
      if case .mapping(let theirs) = merged[position].value.value, let mine = entry.value.entries {
        replacement.value.value = .mapping(merge(mine, over: theirs))
      }
      merged[position] = replacement
    }
    return merged
  }
}
