// The way down: who goes first, signal, deadline, kill, grace.

extension Orchestrator {
  /// The service is to go down when those that `order` names have ended; `next` follows.
  mutating func takeDown(_ index: Int, _ next: ServiceState.Next, order: Service.Order?, cause: Cause) {
    switch services[index].state {
    case .stopped:
      break
    case .waiting, .backoff, .completed, .failed:
      if next == .rest { enter(index, .stopped, cause: cause) }
    case .starting, .running:
      services[index].descent = nil
      if let order {
        services[index].descent = Service.Descent(next: next, order: order, cause: cause)
        refresh(index)
        mark(index)
        markDependents(of: index)
      } else {
        beginStop(index, next, cause: cause)
      }
    case .stopping(var stopping):
      stopping.next = next
      services[index].state = .stopping(stopping)
      refresh(index)
    }
  }

  /// Goes down if nobody is left whom it waits for.
  mutating func descend(_ index: Int) {
    guard let descent = services[index].descent, services[index].state.isUnderWay else { return }
    let mayGo =
      switch descent.order {
      case .requiring: services[index].occupied.requiring == 0
      case .linked: !graph.linkedDependents[index].contains { services[$0.service.index].isGoingDown }
      case .all: services[index].occupied.all == 0 && !isHeldByLayer(index)
      }
    if mayGo { beginStop(index, descent.next, cause: descent.cause) }
  }

  /// Asks the run to end; the rest follows by deadline.
  mutating func beginStop(_ index: Int, _ next: ServiceState.Next, cause: Cause) {
    services[index].descent = nil
    stopChecks(index)
    if graph.services[index].kind == .external { return enter(index, .stopped, cause: cause) }
    let isSpawned = services[index].values.status == .running
    let policy = graph.services[index].stop
    let phase = ServiceState.Phase.asked(killAt: now + policy.timeout)
    enter(index, .stopping(ServiceState.Stopping(began: now, phase: phase, isSpawned: isSpawned, next: next)), cause: cause)
    if isSpawned { actions.append(.signal(ServiceID(index), run: services[index].values.run, policy.signal)) }
  }

  /// The deadline has passed, or nobody wants to wait for it.
  mutating func kill(_ index: Int) {
    guard case .stopping(var stopping) = services[index].state, case .asked = stopping.phase else { return }
    stopping.phase = .killed(graceEnds: now + DependencyGraph.grace)
    stopping.wasKilled = true
    services[index].values.stopKills += 1
    fullStop?.killed.append(ServiceID(index))
    enter(index, .stopping(stopping), cause: .killed)
    actions.append(.kill(ServiceID(index), run: services[index].values.run))
  }

  /// It survived SIGKILL and the grace: it holds nobody up any longer.
  private mutating func giveUpOnEnd(_ index: Int, _ stopping: ServiceState.Stopping) {
    var stopping = stopping
    stopping.phase = .leftOver
    enter(index, .stopping(stopping), cause: .survived)
    record(.leftOver(ServiceID(index), run: services[index].values.run), .survived)
  }

  /// What ends a state by time.
  mutating func lifeTimerDue(_ index: Int) {
    switch services[index].state {
    case .waiting:
      mark(index)
    case .backoff(_, _, let reason):
      start(index, .automatic(reason), cause: .backoffElapsed)
    case .stopping(let stopping):
      switch stopping.phase {
      case .asked: kill(index)
      case .killed: giveUpOnEnd(index, stopping)
      case .leftOver: break
      }
    case .stopped, .starting, .running, .completed, .failed:
      impossible(index, "a timer")
    }
  }

  /// Everything that is due, in order.
  mutating func wake() {
    while let due = timers.takeDue(at: now) {
      switch due.kind {
      case .life: lifeTimerDue(due.subject)
      case .check: checkDue(due.subject)
      case .reset: resetDue(due.subject)
      case .expiry: expiryDue(due.subject)
      case .registration: registrationDue(due.subject)
      }
      advanceMarked()
    }
  }

  private mutating func resetDue(_ index: Int) {
    services[index].values.attempts = 0
    touch(index)
  }
}

extension Service {
  /// Its present run is to end, or is ending.
  fileprivate var isGoingDown: Bool {
    if case .stopping = state { return state.occupies }
    return descent != nil
  }
}
