// Required dependencies that are lost to services after their start (rule 84).
//
// A dependency is lost to a service that has started when it does not meet its condition any more, or is about to, or when it is lost to a
// oneshot that has completed for the service: a migration needs no database any more, but what waited for the migration does. So does what
// needs a service without a check, which runs on and cannot look ill; it passes on what it has noted as lost, since a walk down at each event would
// cost the depth of the file. It is the condition that decides starts, asked again after each change of a neighbour.

extension Orchestrator {
  /// The dependencies that are lost to a service, each once.
  func lost(to index: Int) -> [Blocker] {
    graph.lost(
      to: index, isMet: { carries($0) }, hasCompleted: { services[$0].standing.status == .completed },
      passedOn: { services[$0].standing.isBare(as: graph.services[$0]) ? machines[place(of: $0)].values.lost : [] })
  }

  /// Whether a dependency meets its condition and, if it has to be healthy, fails no check: its dependents often fail theirs first.
  private func carries(_ edge: Dependency) -> Bool {
    isMet(edge) && !(edge.condition == .healthy && services[edge.service.index].standing.health == .degraded)
  }

  /// Tells machines which dependencies are lost to them now. Once for each call, when all neighbours stand still; not before the boot,
  /// when most have no state yet.
  mutating func followLosses() {
    guard settling.isBooted else { return }
    while let index = losing.next() {
      let status = services[index].standing.status
      let lost = status.canLose ? lost(to: index) : []
      let values = machines[place(of: index)].values
      let isNews = lost != values.lost
      if status == .completed || isNews && services[index].standing.isBare(as: graph.services[index]) {
        for dependent in graph.dependents[index] { losing.add(dependent.index) }
      }
      guard isNews || (lost.isEmpty && (values.comesBack || values.isForced)) else { continue }
      let returned = lost.isEmpty ? values.lost.first.map { graph.successor(of: $0, for: index, isMet: { isMet($0) }).service } : nil
      feed(index) { $0.loses(lost, returned: returned, at: $1) }
      advanceMarked()
    }
  }
}
