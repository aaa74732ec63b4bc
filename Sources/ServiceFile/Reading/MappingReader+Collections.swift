// Lists and mappings of values.

extension MappingReader {
  /// The elements of a list; nil if the key is absent or its value no list.
  func list(_ key: String, of what: String) -> [Node]? {
    guard let node = take(key)?.value else { return nil }
    switch node.value {
    case .sequence(let elements): return elements
    case .null, .scalar, .mapping: return refuse(node, key, "a list of \(what)")
    }
  }

  /// Files, one or a list of them, with their places; `-` before a path says that the file may be missing.
  func fileReferences(_ key: String) -> [(file: FileReference, mark: Mark)] {
    guard let node = take(key)?.value else { return [] }
    let nodes: [Node]
    switch node.value {
    case .scalar: nodes = [node]
    case .sequence(let elements): nodes = elements
    case .null, .mapping: return refuse(node, key, "a path, or a list of paths") ?? []
    }
    return nodes.compactMap { node in
      guard let text = text(node, key, allowsEmpty: false) else { return nil }
      let isOptional = text.hasPrefix("-")
      let path = isOptional ? String(text.dropFirst()) : text
      guard !path.isEmpty else { return refuse(node, key, "a path, with '-' before it if the file may be missing") }
      return self.path(path, node, key).map { (FileReference(path: $0, isOptional: isOptional), node.mark) }
    }
  }

  /// A list of texts.
  func texts(_ key: String, of what: String) -> [String]? {
    list(key, of: what)?.compactMap { text($0, key, allowsEmpty: false) }
  }

  /// Returns the fault of a text; nil if there is none.
  typealias TextCheck = (String) -> String?

  /// A mapping of names to texts, in the file's order.
  func namedValues(
    _ key: String, of what: String, name checkName: TextCheck = { _ in nil }, value checkValue: TextCheck = { _ in nil }
  ) -> [NamedValue]? {
    guard let node = take(key)?.value else { return nil }
    guard let entries = node.entries else { return refuse(node, key, "a mapping of names to \(what)") }
    let inner = scope.inside(key)
    return entries.compactMap { entry in
      guard case .scalar(let scalar) = entry.value.value else {
        let advice = if case .null = entry.value.value { "; write \"\" for an empty one" } else { "" }
        context.report(entry.value.mark, "\(inner.name(entry.key)) must be text, not \(entry.value.found)\(advice)")
        return nil
      }
      if entry.key.isEmpty || entry.key.utf8.contains(0) || scalar.text.utf8.contains(0) {
        context.report(entry.keyMark, "a name in \(inner) is empty, or it or its value contains a NUL character")
        return nil
      }
      if let problem = checkName(entry.key) {
        context.report(entry.keyMark, "\(inner.name(entry.key)) \(problem)")
        return nil
      }
      if let problem = checkValue(scalar.text) {
        // The message does not show the value: a header may hold a password.
        context.report(entry.value.mark, "\(inner.name(entry.key)) \(problem)")
        return nil
      }
      return NamedValue(name: entry.key, value: scalar.text)
    }
  }

  /// A mapping of names to texts without their order.
  func dictionary(
    _ key: String, of what: String, name checkName: TextCheck = { _ in nil }, value checkValue: TextCheck = { _ in nil }
  ) -> [String: String]? {
    namedValues(key, of: what, name: checkName, value: checkValue).map { values in
      Dictionary(values.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first })
    }
  }

  /// The mapping under a key; nil if the key is absent.
  func mapping(_ key: String) -> MappingReader? {
    take(key).map { mapping($0) }
  }

  /// The mapping of an entry.
  func mapping(_ entry: Node.Entry) -> MappingReader {
    MappingReader(entry.value, scope: scope.inside(entry.key), keyMark: entry.keyMark, context: context)
  }

  /// A command: a list is its argv, a plain text is run by /bin/sh -c.
  func command(_ key: String) -> [String]? {
    take(key).flatMap { command($0.value, key) }
  }

  /// The command of a node that stands under `key`.
  func command(_ node: Node, _ key: String) -> [String]? {
    switch node.value {
    case .scalar(let scalar):
      guard scalar.text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
        return refuse(node, key, "a command", found: "an empty text")
      }
      return text(node, key).map { ["/bin/sh", "-c", $0] }
    case .sequence(let elements):
      guard let program = elements.first else { return refuse(node, key, "a command", found: "an empty list") }
      var arguments: [String] = []
      for element in elements {
        guard let argument = text(element, key) else { return nil }
        arguments.append(argument)
      }
      if arguments.first?.isEmpty == true { return refuse(program, key, "a command", found: "an empty program name") }
      return arguments
    case .null, .mapping:
      return refuse(node, key, "a command: a list of arguments, or a line for /bin/sh")
    }
  }
}
