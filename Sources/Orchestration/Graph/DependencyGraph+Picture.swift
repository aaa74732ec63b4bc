// The graph as text: the picture, and the nearest name to a mistyped one.

extension DependencyGraph {
  /// The text picture of the graph (docs/http-api.md, Dependencies); ends with a line feed.
  package func picture() -> String {
    var text = "Service Dependency Graph:\n" + String(repeating: "=", count: 50) + "\n"
    var layer: Int?
    // Instances of a section stand in their own order: web@2 before web@10.
    func key(_ index: Int) -> (Int, String, Int) { (layers[index], services[index].section ?? services[index].name, index) }
    let order = services.indices.sorted { key($0) < key($1) }
    for index in order {
      if layers[index] != layer {
        layer = layers[index]
        text += "\nLayer \(layers[index]) (Startup Priority):\n"
      }
      text += "  • " + services[index].name
      let required = names(of: index, optional: false)
      if !required.isEmpty { text += " <- " + required.joined(separator: ", ") }
      let optional = names(of: index, optional: true)
      if !optional.isEmpty { text += " [optional: " + optional.joined(separator: ", ") + "]" }
      text += "\n"
    }
    return text
  }

  /// The service whose name is nearest to `name`, for "did you mean": at most 3 edits away, fewer for short names; nil if none is.
  package func nearest(to name: String) -> String? {
    let wanted = Array(name.lowercased().utf8)
    let limit = wanted.count <= 3 ? 1 : wanted.count <= 7 ? 2 : 3
    var best: (distance: Int, name: String)?
    for service in services {
      let candidate = Array(service.name.lowercased().utf8)
      guard abs(candidate.count - wanted.count) <= limit else { continue }
      let distance = Self.distance(wanted, candidate)
      if distance <= limit, distance < best?.distance ?? .max { best = (distance, service.name) }
    }
    return best?.name
  }

  /// The dependencies by name; several instances of a section as one, `web (3 instances)` or `any of web (3 instances)`.
  private func names(of index: Int, optional: Bool) -> [String] {
    let edges = services[index].dependencies.filter { $0.isOptional == optional }
    var names: [String] = []
    var position = 0
    while position < edges.count {
      let first = edges[position]
      let section = services[first.service.index].section
      var end = position + 1
      while end < edges.count, section != nil, edges[end].group == first.group, services[edges[end].service.index].section == section {
        end += 1
      }
      if let section, end - position > 1 {
        names.append("\(first.group == nil ? "" : "any of ")\(section) (\(end - position) instances)")
      } else {
        names.append(services[first.service.index].name)
      }
      position = end
    }
    return names.sorted()
  }

  /// Levenshtein's distance with one row of memory.
  private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
    var row = Array(0...right.count)
    for (line, byte) in left.enumerated() {
      var diagonal = row[0]
      row[0] = line + 1
      for column in right.indices {
        let replaced = diagonal + (byte == right[column] ? 0 : 1)
        diagonal = row[column + 1]
        row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
      }
    }
    return row[right.count]
  }
}
