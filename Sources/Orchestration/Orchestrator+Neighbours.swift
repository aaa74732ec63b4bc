// Decisions about several services: blockers of a start, the order of stops, dependents that go down too (rules 15, 16, 19, 21, 22).

extension Orchestrator {
  /// How long optional dependencies are waited for, once everything required is there (rule 16).
  static let optionalWait = Duration.seconds(30)

  // MARK: The way up

  /// Starts now, or waits for what blocks it.
  mutating func start(_ index: Int, _ start: ServiceState.Start, cause: Cause) {
    var waiting = ServiceState.Waiting(start: start)
    let blockers = blockers(of: index, &waiting)
    if blockers.isEmpty {
      tell(index) { $0.begin(start, cause: cause, at: $1) }
    } else {
      tell(index) { $0.wait(for: blockers, waiting, at: $1) }
    }
  }

  /// Something changed that it may have waited for.
  mutating func reconsider(_ index: Int) {
    guard case .waiting(var waiting) = machines[services[index].machine.index].state else { return }
    let blockers = blockers(of: index, &waiting)
    if blockers.isEmpty {
      tell(index) { $0.begin(waiting.start, cause: $0.values.blockers.first?.cause ?? $0.values.cause, at: $1) }
    } else {
      tell(index) { machine, _ in machine.goOnWaiting(for: blockers, waiting) }
    }
  }

  /// The blockers of its start at this moment, everything required first (rules 15, 16, 22). Begins the wait for optional ones.
  private func blockers(of index: Int, _ waiting: inout ServiceState.Waiting) -> [Blocker] {
    let edges = graph.services[index].dependencies
    let required = edges.filter { !$0.isOptional && !isMet($0) }.map { Blocker($0.service, .required($0.condition)) }
    if !required.isEmpty { return required }
    if !services[index].hasSettled, let below = settling.barrier(before: graph.services[index].layer) { return [Blocker(below, .barrier)] }
    if let until = waiting.optionalUntil, now >= until { return [] }
    let optional = edges.filter { $0.isOptional && !isMet($0) && services[$0.service.index].standing.mayStillMeet($0.condition) }.map {
      Blocker($0.service, .optional($0.condition))
    }
    if !optional.isEmpty, waiting.optionalUntil == nil { waiting.optionalUntil = now + Self.optionalWait }
    return optional
  }

  /// Rule 15. A service with a pending stop satisfies no condition any more.
  func isMet(_ edge: Dependency) -> Bool {
    services[edge.service.index].standing.meets(edge.condition, as: graph.services[edge.service.index])
  }

  // MARK: The way down

  /// Goes down if nobody is left whom it waits for.
  mutating func descend(_ index: Int) {
    guard let descent = machines[services[index].machine.index].values.descent else { return }
    let mayGo =
      switch descent.order {
      case .requiring: services[index].occupied.requiring == 0
      case .linked: !graph.linkedDependents[index].contains { services[$0.service.index].standing.isGoingDown }
      case .all: services[index].occupied.all == 0 && !isHeldByLayer(index)
      }
    if mayGo { tell(index) { $0.descend(at: $1) } }
  }

  /// Keeps the counters of its dependencies.
  mutating func countOccupation(_ index: Int, by step: Int) {
    sums.occupied += step
    for edge in graph.services[index].dependencies {
      let dependency = edge.service.index
      services[dependency].occupied.all += step
      if !edge.isOptional { services[dependency].occupied.requiring += step }
    }
    countOccupiedLayer(index, by: step)
  }

  /// Rule 21: dependents go down with it where their edges say so, and theirs with them; each after its own.
  mutating func dragDependents(of index: Int) {
    var queue = [index]
    var next = 0
    while next < queue.count {
      let fallen = queue[next]
      next += 1
      let cause = Cause.dependency(ServiceID(fallen))
      for link in graph.linkedDependents[fallen] {
        let dependent = link.service.index
        // A service goes down with another only if it is up: one that waits, or comes back anyway, looks at it when the time has come.
        guard services[dependent].standing.isDesiredUp, services[dependent].standing.isUnderWay else { continue }
        switch link.onRestart {
        case .ignore:
          continue
        case .stop:
          want(dependent, false, by: nil, cause: cause)
          takeDown(dependent, .rest, order: .linked, cause: cause)
        case .restart:
          // External services are never restarted.
          guard !services[dependent].standing.isStopDue, graph.services[dependent].kind != .external else { continue }
          takeDown(dependent, .start(.planned(.dependency, cause)), order: .linked, cause: cause)
        }
        queue.append(dependent)
      }
    }
  }
}
