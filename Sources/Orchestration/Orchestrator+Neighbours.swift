// Decisions about several services: blockers of a start, the order of stops, dependents that go down too (rules 15, 16,
// 19, 21, 22).

extension Orchestrator {
  /// The longest wait for optional dependencies, after every required one is met (rule 16).
  static let optionalWait = Duration.seconds(30)

  // MARK: The way up

  /// Starts the service now, or lets it wait for its blockers.
  mutating func start(_ index: Int, _ start: ServiceState.Start, cause: Cause) {
    var waiting = ServiceState.Waiting(start: start)
    let blockers = blockers(of: index, &waiting)
    if blockers.isEmpty {
      feed(index) { $0.begin(start, cause: cause, at: $1) }
    } else {
      feed(index) { $0.wait(for: blockers, waiting, at: $1) }
    }
  }

  /// Looks again at the blockers of a service that waits.
  mutating func reconsider(_ index: Int) {
    guard case .waiting(var waiting) = machines[place(of: index)].state else { return }
    let blockers = blockers(of: index, &waiting)
    if blockers.isEmpty {
      let last = machines[place(of: index)].values.blockers.first.map { graph.successor(of: $0, for: index, isMet: { isMet($0) }) }
      feed(index) { $0.begin(waiting.start, cause: last?.causeOfStart ?? $0.values.cause, at: $1) }
    } else {
      feed(index) { machine, _ in machine.goOnWaiting(for: blockers, waiting) }
    }
  }

  /// The blockers of its start at this moment, required ones first (rules 15, 16, 22); none for one that a person forced.
  /// Begins the wait for optional ones.
  private func blockers(of index: Int, _ waiting: inout ServiceState.Waiting) -> [Blocker] {
    if waiting.start.isForced { return [] }
    let required = graph.unmet(of: index, isOptional: false, isMet: { isMet($0) }).map {
      Blocker($0.service, .required($0.condition), isAny: $0.group != nil)
    }
    if !required.isEmpty { return required }
    if !services[index].hasSettled, let below = settling.barrier(before: graph.services[index].layer) { return [Blocker(below, .barrier)] }
    if let until = waiting.optionalUntil, now >= until { return [] }
    let optional = graph.unmet(of: index, isOptional: true, isMet: { isMet($0) })
      .filter { services[$0.service.index].standing.mayStillMeet($0.condition) }
      .map { Blocker($0.service, .optional($0.condition), isAny: $0.group != nil) }
    if !optional.isEmpty, waiting.optionalUntil == nil { waiting.optionalUntil = now + Self.optionalWait }
    return optional
  }

  /// Whether this dependency meets its condition (rule 15). A service with a pending stop meets none.
  func isMet(_ edge: Dependency) -> Bool {
    services[edge.service.index].standing.meets(edge.condition, as: graph.services[edge.service.index])
  }

  // MARK: The way down

  /// Takes the service down if the services that it waits for have ended.
  mutating func descend(_ index: Int) {
    guard let descent = machines[place(of: index)].values.descent else { return }
    let mayGo =
      switch descent.order {
      case .requiring: services[index].occupied.requiring == 0 || graph.hasGroups && !graph.isHeld(index) { services[$0].standing }
      case .linked: !graph.linkedDependents[index].contains { services[$0.service.index].standing.isGoingDown }
      case .together: !(graph.dependents[index] + graph.requiredDependents[index]).contains { services[$0.index].standing.isGoingDown }
      case .all: services[index].occupied.all == 0 && !isHeldByLayer(index)
      }
    if mayGo { feed(index) { $0.descend(at: $1) } }
  }

  /// Counts a run that begins or ends, for the sums and for the service's dependencies.
  mutating func countOccupation(_ index: Int, by step: Int) {
    sums.occupied += step
    for other in graph.foundations[index] { services[other.index].occupied.all += step }
    countOccupiedLayer(index, by: step)
  }

  /// Counts a run that holds up the stops of the services that it requires, or does so no more.
  mutating func countHold(_ index: Int, by step: Int) {
    for other in graph.requirements[index] {
      services[other.index].occupied.requiring += step
      if step < 0, services[other.index].standing.isStopDue { mark(other.index) }
    }
  }

  /// Takes dependents down where their edges demand it, and their dependents with them, each after its own (rule 21).
  mutating func dragDependents(of index: Int) {
    var queue = [index]
    var next = 0
    while next < queue.count {
      let fallen = queue[next]
      next += 1
      let cause = Cause.dependency(ServiceID(fallen))
      for link in graph.linkedDependents[fallen] {
        let dependent = link.service.index
        // A dependent goes down only if it is up: one that waits, or is being restarted, looks at the dependency when
        // it starts.
        guard services[dependent].standing.isDesiredUp, services[dependent].standing.isUnderWay else { continue }
        if let group = link.group, graph.isBorne(dependent, by: group, without: fallen, isMet: { isMet($0) }) { continue }
        switch link.onRestart {
        case .ignore:
          continue
        case .stop:
          feed(dependent) { $0.setWish(false, by: nil, cause: cause, at: $1) }
          feed(dependent) { $0.takeDown(.rest, order: .linked, cause: cause, at: $1) }
        case .restart:
          // External services are never restarted.
          guard !services[dependent].standing.isStopDue, graph.services[dependent].kind != .external else { continue }
          feed(dependent) { $0.takeDown(.start(.planned(.dependency, cause)), order: .linked, cause: cause, at: $1) }
        }
        queue.append(dependent)
      }
    }
  }
}
