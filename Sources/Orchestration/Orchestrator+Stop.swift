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
      // While its pre-start hook runs there is nothing yet that others could need.
      if let order, services[index].values.hook != .preStart {
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
  mutating func beginStop(_ index: Int, _ next: ServiceState.Next, cause: Cause, asksHooks: Bool = true) {
    services[index].descent = nil
    stopChecks(index)
    let spec = graph.services[index]
    if spec.kind == .external { return enter(index, .stopped, cause: cause) }
    if case .starting(let starting) = services[index].state, starting.phase == .preparing {
      // There is no process yet: what is waited for is the end of the hook.
      let phase = ServiceState.Phase.prepared(.preStart, killAt: now + DependencyGraph.grace)
      enter(index, .stopping(ServiceState.Stopping(began: now, phase: phase, isSpawned: false, isEmpty: true, next: next)), cause: cause)
      return cancelHook(index)
    }
    dropHook(index)
    let killAt = now + spec.stop.timeout
    let isSpawned = services[index].values.status == .running || services[index].values.isReadying
    let stopping = ServiceState.Stopping(began: now, phase: .asked(killAt: killAt), isSpawned: isSpawned, next: next)
    enter(index, .stopping(stopping), cause: cause)
    guard isSpawned else { return }
    if asksHooks, let hook = [Hook.preStop, .stop].first(where: spec.hooks.contains) {
      prepareStop(index, stopping, hook, killAt: killAt)
    } else {
      actions.append(.signal(ServiceID(index), run: services[index].values.run, spec.stop.signal))
    }
  }

  /// The deadline has passed, or nobody wants to wait for it.
  mutating func kill(_ index: Int) {
    guard case .stopping(var stopping) = services[index].state else { return }
    let graceEnds = now + DependencyGraph.grace
    switch stopping.phase {
    case .prepared(let hook, let killAt) where stopping.isEmpty:
      // Nothing but a hook is left to be killed.
      stopping.phase = .prepared(hook, killAt: min(killAt, graceEnds))
      cancelHook(index)
    case .cleaned(let until, let cause):
      stopping.phase = .cleaned(until: min(until, graceEnds), cause)
      cancelHook(index)
    case .asked, .prepared:
      dropHook(index)
      stopping.phase = .killed(graceEnds: graceEnds)
      stopping.wasKilled = true
      services[index].values.stopKills += 1
      fullStop?.killed.append(ServiceID(index))
      actions.append(.kill(ServiceID(index), run: services[index].values.run))
    case .killed, .leftOver:
      return
    }
    enter(index, .stopping(stopping), cause: .killed)
  }

  /// It survived SIGKILL and the grace: it holds nobody up any longer.
  private mutating func giveUpOnEnd(_ index: Int, _ stopping: ServiceState.Stopping) {
    var stopping = stopping
    stopping.phase = .leftOver
    enter(index, .stopping(stopping), cause: .survived)
    record(.leftOver(ServiceID(index), run: services[index].values.run), .survived)
  }

  /// What ends a state by time.
  mutating func lifeTimerDue(_ index: Int, _ jitter: () -> Double) {
    switch services[index].state {
    case .waiting:
      mark(index)
    case .backoff(_, _, let reason):
      start(index, .automatic(reason), cause: .backoffElapsed)
    case .stopping(let stopping):
      switch stopping.phase {
      case .prepared where stopping.isEmpty:
        dropHook(index)
        finish(index, stopping.next, cause: endCause(index, stopping), jitter)
      case .asked, .prepared: kill(index)
      case .killed: giveUpOnEnd(index, stopping)
      case .leftOver: break
      case .cleaned(_, let cause):
        dropHook(index)
        conclude(index, stopping.next, cause: cause, jitter)
      }
    case .starting(let starting):
      startTimedOut(index, starting)
    case .stopped, .running, .completed, .failed:
      impossible(index, "a timer")
    }
  }

  /// The start was not done in time: what there is of it is ended, and the restart policy decides (rule 13).
  private mutating func startTimedOut(_ index: Int, _ starting: ServiceState.Starting) {
    let stage: StartStage = starting.phase == .preparing ? .hook : .ready
    services[index].values.startFailures[stage] += 1
    let next = services[index].descent?.next ?? .judge(.startTimedOut(stage))
    beginStop(index, next, cause: .startTimedOut(stage))
    if case .judge = next { dragDependents(of: index) }
  }

  /// Everything that is due, in order.
  mutating func wake(_ jitter: () -> Double) {
    while let due = timers.takeDue(at: now) {
      switch due.kind {
      case .life: lifeTimerDue(due.subject, jitter)
      case .check: checkDue(due.subject)
      case .watchdog: watchdogDue(due.subject)
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
