// `environment` as a list of `NAME=value`: the mapping that it stands for, which merges with the defaults like one.

extension Node {
  /// This service, or `defaults`, with each list under `environment` and `health.exec.environment` as a mapping.
  /// - Parameter owner: The owner of the keys, in messages.
  func withEnvironmentMapping(of owner: String, _ context: ReadingContext) -> Node {
    replacing(["environment"]) { $0.asVariables(Scope(owner: owner, path: ["environment"]), context) }
      .replacing(["health", "exec", "environment"]) { node in
        node.asVariables(Scope(owner: owner, path: ["health", "exec", "environment"]), context)
      }
  }

  /// This mapping with another value at the end of these keys, if it has them.
  private func replacing(_ path: ArraySlice<String>, _ change: (Node) -> Node) -> Node {
    guard let key = path.first else { return change(self) }
    guard case .mapping(var entries) = value, let position = entries.firstIndex(where: { $0.key == key }) else { return self }
    entries[position].value = entries[position].value.replacing(path.dropFirst(), change)
    return Node(value: .mapping(entries), mark: mark)
  }

  private func asVariables(_ scope: Scope, _ context: ReadingContext) -> Node {
    guard case .sequence(let elements) = value else { return self }
    var entries: [Entry] = []
    var places: [String: Mark] = [:]
    for element in elements {
      guard let entry = element.asVariable(scope, context) else { continue }
      if let earlier = places.updateValue(entry.keyMark, forKey: entry.key) {
        let place = context.words(for: earlier, from: entry.keyMark)
        context.report(entry.keyMark, "\(scope) sets '\(Spelling.shown(entry.key))' twice; it stands in \(place) already")
        continue
      }
      entries.append(entry)
    }
    return Node(value: .mapping(entries), mark: mark)
  }

  private func asVariable(_ scope: Scope, _ context: ReadingContext) -> Entry? {
    guard case .scalar(var scalar) = value else {
      context.report(mark, "an element of \(scope) must be text such as NAME=value, not \(found)")
      return nil
    }
    let source = scalar.source.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    let text = scalar.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard source.count == 2 else {
      let name = Spelling.shown(scalar.source)
      let isName = !scalar.source.utf8.contains(UInt8(ascii: "$"))
      context.report(
        mark,
        "'\(name)' in \(scope) has no value\(isName ? ": write '\(name)=${\(name)}' for that of Stoker's own environment" : "; write NAME=value")"
      )
      return nil
    }
    // As with the keys of a mapping, names are written out.
    guard text.count == 2, source[0] == text[0] else {
      context.report(mark, "the name before '=' in \(scope) cannot have '${…}': write it out, not \(found)")
      return nil
    }
    scalar.source = source[1]
    scalar.text = text[1]
    scalar.isPlain = false
    return Entry(key: source[0], keyMark: mark, value: Node(value: .scalar(scalar), mark: mark))
  }
}
