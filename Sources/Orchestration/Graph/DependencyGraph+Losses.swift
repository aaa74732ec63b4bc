// The dependencies that are lost to a service, through what does not show it (rule 84).

extension DependencyGraph {
  /// The required dependencies of a service that do not meet their conditions, and those of the oneshots that have completed
  /// for it, and what dependencies pass on that meet theirs; each once.
  func lost(
    to index: Int, isMet: (Dependency) -> Bool, hasCompleted: (Int) -> Bool, passedOn: (Int) -> [Blocker] = { _ in [] }
  ) -> [Blocker] {
    var lost: [Blocker] = []
    var completed: [Int] = []
    var next = 0
    var service = index
    while true {
      for edge in services[service].dependencies where !edge.isOptional {
        if !isMet(edge) {
          if !lost.contains(where: { $0.service == edge.service }) { lost.append(Blocker(edge.service, .required(edge.condition))) }
        } else if hasCompleted(edge.service.index) {
          if !completed.contains(edge.service.index) { completed.append(edge.service.index) }
        } else {
          for passed in passedOn(edge.service.index) where !lost.contains(where: { $0.service == passed.service }) { lost.append(passed) }
        }
      }
      guard next < completed.count else { return lost }
      service = completed[next]
      next += 1
    }
  }
}
