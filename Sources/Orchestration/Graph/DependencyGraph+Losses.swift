// The dependencies that are lost to a service, through completed oneshots (rule 84).

extension DependencyGraph {
  /// The required dependencies of a service that do not meet their conditions, and those of the oneshots that have completed for it;
  /// each once.
  func lost(to index: Int, isMet: (Dependency) -> Bool, hasCompleted: (Int) -> Bool) -> [Blocker] {
    var lost: [Blocker] = []
    var completed: [Int] = []
    var next = 0
    var service = index
    while true {
      for edge in services[service].dependencies where !edge.isOptional {
        if !isMet(edge) {
          if !lost.contains(where: { $0.service == edge.service }) { lost.append(Blocker(edge.service, .required(edge.condition))) }
        } else if hasCompleted(edge.service.index), !completed.contains(edge.service.index) {
          completed.append(edge.service.index)
        }
      }
      guard next < completed.count else { return lost }
      service = completed[next]
      next += 1
    }
  }
}
