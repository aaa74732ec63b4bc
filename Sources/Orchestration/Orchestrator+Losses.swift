// Required dependencies that are lost to services after their start (rule 84).
//
// A dependency is lost to a service that has started when it does not meet its condition any more, or when it is lost to a oneshot that
// has completed for the service: a migration needs no database any more, but what waited for the migration does. It is the condition that
// decides starts, asked again after each change of a neighbour.

extension Orchestrator {
  /// The dependencies that are lost to a service, each once.
  func lost(to index: Int) -> [Blocker] {
    var lost: [Blocker] = []
    var completed: [Int] = []
    var next = 0
    var service = index
    while true {
      for edge in graph.services[service].dependencies where !edge.isOptional {
        if !isMet(edge) {
          if !lost.contains(where: { $0.service == edge.service }) { lost.append(Blocker(edge.service, .required(edge.condition))) }
        } else if services[edge.service.index].standing.status == .completed, !completed.contains(edge.service.index) {
          completed.append(edge.service.index)
        }
      }
      guard next < completed.count else { return lost }
      service = completed[next]
      next += 1
    }
  }

  /// Looks at the end of this call at the dependencies of a service.
  mutating func followLosses(of index: Int) {
    guard !services[index].isInLosses else { return }
    services[index].isInLosses = true
    losses.append(index)
  }

  /// Tells machines which dependencies are lost to them now. Once for each call, when all neighbours stand still; not before the boot,
  /// when most have no state yet.
  mutating func followLosses() {
    guard settling.isBooted else { return }
    var next = 0
    while next < losses.count {
      let index = losses[next]
      next += 1
      services[index].isInLosses = false
      let status = services[index].standing.status
      if status == .completed { for dependent in graph.dependents[index] { followLosses(of: dependent.index) } }
      let lost = status.canLose ? lost(to: index) : []
      let values = machines[place(of: index)].values
      guard lost != values.lost || (lost.isEmpty && (values.comesBack || values.isForced)) else { continue }
      feed(index) { $0.loses(lost, at: $1) }
      advanceMarked()
    }
    losses.removeAll(keepingCapacity: true)
  }
}

extension Status {
  /// Whether a service in this state has started, and its dependencies can be lost to it.
  fileprivate var canLose: Bool {
    switch self {
    case .starting, .running, .backoff, .failed: true
    case .stopped, .waiting, .stopping, .completed: false
    }
  }
}
