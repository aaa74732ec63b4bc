// Groups of dependencies, of which one is enough (rule 89).

extension DependencyGraph {
  /// The dependencies that keep a service from its start: of a group all or none, as one that is met is enough.
  func unmet(of index: Int, isOptional: Bool, isMet: (Dependency) -> Bool) -> [Dependency] {
    var unmet: [Dependency] = []
    for part in services[index].dependencies.parts where part.first?.isOptional == isOptional && !part.contains(where: isMet) {
      unmet += part
    }
    return unmet
  }
}

extension [Dependency] {
  /// The edges in parts that count as one each: a group, or an edge that is in none.
  package var parts: DependencyParts { DependencyParts(edges: self) }
}

/// The edges of a service, one part after the other; makes no array.
package struct DependencyParts: Sequence, IteratorProtocol {
  fileprivate let edges: [Dependency]
  private var position = 0

  fileprivate init(edges: [Dependency]) {
    self.edges = edges
  }

  package mutating func next() -> ArraySlice<Dependency>? {
    guard position < edges.count else { return nil }
    let begin = position
    position += 1
    if let group = edges[begin].group {
      while position < edges.count, edges[position].group == group { position += 1 }
    }
    return edges[begin..<position]
  }
}
