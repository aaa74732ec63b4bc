// The dependencies that are lost to a service, through what does not show it (rule 84).

extension DependencyGraph {
  /// The required dependencies of a service that do not meet their conditions, and those of the oneshots that have completed
  /// for it, and what dependencies pass on that meet theirs; each once.
  ///
  /// A group is lost when none of it meets its condition, and passes on what all pass on that do; nothing is lost through its oneshots.
  /// - Parameter named: The edges to name of a lost group; all of a single edge.
  func lost(
    to index: Int, isMet: (Dependency) -> Bool, hasCompleted: (Int) -> Bool, passedOn: (Int) -> [Blocker] = { _ in [] },
    named: (ArraySlice<Dependency>) -> ArraySlice<Dependency> = { $0 }
  ) -> [Blocker] {
    var lost: [Blocker] = []
    var completed: [Int] = []
    var next = 0
    var service = index
    func add(_ blocker: Blocker) {
      if !lost.contains(where: { $0.service == blocker.service }) { lost.append(blocker) }
    }
    while true {
      for part in services[service].dependencies.parts {
        guard let edge = part.first, !edge.isOptional else { continue }
        let isAny = edge.group != nil
        if !part.contains(where: isMet) {
          for edge in isAny ? named(part) : part { add(Blocker(edge.service, .required(edge.condition), isAny: isAny)) }
        } else if isAny {
          let bearers = part.filter(isMet).map(\.service.index)
          if bearers.contains(where: { hasCompleted($0) || passedOn($0).isEmpty }) { continue }
          for bearer in bearers { passedOn(bearer).forEach(add) }
        } else if hasCompleted(edge.service.index) {
          if !completed.contains(edge.service.index) { completed.append(edge.service.index) }
        } else {
          passedOn(edge.service.index).forEach(add)
        }
      }
      guard next < completed.count else { return lost }
      service = completed[next]
      next += 1
    }
  }
}
