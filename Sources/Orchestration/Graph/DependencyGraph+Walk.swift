// Walks along the edges.

extension DependencyGraph {
  /// The services that `next` reaches from `index`, each once, in the order in which they are found, without `index`
  /// itself.
  func walk(from index: Int, next: (Int) -> [Int]) -> [Int] {
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
