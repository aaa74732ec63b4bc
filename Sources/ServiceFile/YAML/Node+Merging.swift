// How a service takes its defaults.

extension Node {
  /// The kinds of check, of which `health` has one.
  static let checkKinds = ["http", "tcp", "exec", "grpc", "heartbeat", "file"]

  /// This service with `defaults` beneath it: its own keys replace them, mappings merge key by key; every value keeps its place.
  /// A check of its own replaces another kind of check.
  func asService(over defaults: Node) -> Node {
    guard var beneath = defaults.entries, let own = entries else { return self }
    let ownHealth = own.first { $0.key == "health" }?.value.entries ?? []
    if ownHealth.contains(where: { Self.checkKinds.contains($0.key) }),
      let position = beneath.firstIndex(where: { $0.key == "health" }),
      case .mapping(let keys) = beneath[position].value.value
    {
      beneath[position].value.value = .mapping(
        keys.filter { key in !Self.checkKinds.contains(key.key) || ownHealth.contains { $0.key == key.key } })
    }
    return Node(value: .mapping(Self.merge(own, over: beneath)), mark: mark)
  }

  /// The defaults come first, in their order, then what only the service has: so lists of names read as in the file.
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
      // A key with nothing behind it is an empty mapping.
      if case .mapping(let theirs) = merged[position].value.value, let mine = entry.value.entries {
        replacement.value.value = .mapping(merge(mine, over: theirs))
      }
      merged[position] = replacement
    }
    return merged
  }
}
