// `instances:`: a number, or the names.

/// Reads the names of a section's instances.
struct InstanceNames {
  let context: ReadingContext
  let section: String

  private var shown: String { "'instances' of service '\(Spelling.shown(section))'" }

  /// The names, at least one: a faulty value is reported and reads as one instance.
  func read(_ entry: Node.Entry) -> [String] {
    let names: [String]? =
      switch entry.value.value {
      case .scalar(let scalar): numbered(entry.value, scalar)
      case .sequence(let elements): named(entry.value, elements)
      case .null, .mapping: refuse(entry.value)
      }
    return names ?? ["1"]
  }

  private func numbered(_ node: Node, _ scalar: Node.Scalar) -> [String]? {
    guard scalar.isPlain, let number = NumberText.integer(scalar.text) else { return refuse(node) }
    if number == 0 { return refuse(node, "; a service that is not to start has 'enabled: false'") }
    guard (1...SectionReader.maximumInstances).contains(number) else { return refuse(node) }
    return (1...number).map(String.init)
  }

  private func named(_ node: Node, _ elements: [Node]) -> [String]? {
    guard !elements.isEmpty else {
      context.report(node.mark, "\(shown) is empty; a service that is not to start has 'enabled: false'")
      return nil
    }
    guard elements.count <= SectionReader.maximumInstances else {
      context.report(node.mark, "\(shown) has more than \(SectionReader.maximumInstances) names")
      return nil
    }
    var lines: [String: Int] = [:]
    let names = elements.compactMap { element -> String? in
      guard case .scalar(let scalar) = element.value, ServiceName.isInstance(scalar.text) else {
        context.report(element.mark, "a name in \(shown) must be \(ServiceName.expectedOfInstance), not \(element.found)")
        return nil
      }
      if let line = lines.updateValue(element.mark.line, forKey: scalar.text) {
        context.report(element.mark, "\(shown) names '\(Spelling.shown(scalar.text))' twice; it stands in line \(line) already")
        return nil
      }
      return scalar.text
    }
    return names.isEmpty ? nil : names
  }

  private func refuse(_ node: Node, _ advice: String = "") -> [String]? {
    let range = "a whole number from 1 to \(SectionReader.maximumInstances), or a list of names"
    context.report(node.mark, "\(shown) must be \(range), not \(node.foundLiteral)\(advice)")
    return nil
  }
}
