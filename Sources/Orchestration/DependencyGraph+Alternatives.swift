// Groups of dependencies, of which one is enough: what goes on without the others (rule 89).

extension DependencyGraph {
  /// Whether a service requires none of those that fall: others of their groups meet its conditions.
  func isSpared(_ dependent: Int, without falling: Set<Int>, isMet: (Dependency) -> Bool, hasCompleted: (Int) -> Bool) -> Bool {
    guard hasAlternatives[dependent] else { return false }
    let lost = lost(to: dependent, isMet: { !falling.contains($0.service.index) && isMet($0) }, hasCompleted: hasCompleted)
    return !lost.contains { falling.contains($0.service.index) }
  }

  /// Whether a stop has to wait for a dependent. One that has alternatives and is to stay up was spared when the stop was decided.
  func isHeld(_ index: Int, standing: (Int) -> Standing) -> Bool {
    requiredDependents[index].contains { dependent in
      let standing = standing(dependent.index)
      return standing.holdsRequired && !(hasAlternatives[dependent.index] && standing.isDesiredUp && !standing.isGoingDown)
    }
  }

  /// Whether a group of a service's dependencies meets its condition without one of it.
  func isBorne(_ dependent: Int, by group: Int, without fallen: Int, isMet: (Dependency) -> Bool) -> Bool {
    services[dependent].dependencies.contains { $0.group == group && $0.service.index != fallen && isMet($0) }
  }

  /// The blocker itself, or in place of it the one of its group that has met the condition.
  func successor(of blocker: Blocker, for index: Int, isMet: (Dependency) -> Bool) -> Blocker {
    let edges = services[index].dependencies
    guard blocker.isAny, let edge = edges.first(where: { $0.service == blocker.service }), !isMet(edge),
      let met = edges.first(where: { $0.group == edge.group && isMet($0) })
    else { return blocker }
    return Blocker(met.service, blocker.reason, isAny: true)
  }
}

extension ArraySlice<Dependency> {
  /// The one that a start brings up, in a group that nothing meets: one that is wanted already, or else the first that has not failed. All,
  /// if all have failed.
  func candidates(standing: (Int) -> Standing) -> ArraySlice<Dependency> {
    let hopeful = indices.filter { standing(self[$0].service.index).status != .failed }
    let position = hopeful.first { standing(self[$0].service.index).isDesiredUp } ?? hopeful.first
    return position.map { self[$0...$0] } ?? self
  }
}
