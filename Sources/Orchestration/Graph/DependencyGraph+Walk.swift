// Walks along the edges.

extension DependencyGraph {
  /// The dependencies that a service requires.
  package func required(by index: Int) -> [Int] { services[index].dependencies.filter { !$0.isOptional }.map(\.service.index) }

  /// The services that `next` reaches from `index`, each once, in the order in which they are found, without `index`
  /// itself.
  package func walk(from index: Int, next: (Int) -> [Int]) -> [Int] {
    var seen: Set<Int> = [index]
    var queue = [index]
    var position = 0
    while position < queue.count {
      for other in next(queue[position]) where seen.insert(other).inserted { queue.append(other) }
      position += 1
    }
    return Array(queue.dropFirst())
  }
}
