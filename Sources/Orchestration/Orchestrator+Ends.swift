// How runs end, and what the restart policy makes of it (rules 9 to 14, 21).

extension Orchestrator {
  /// The run never came to be.
  mutating func spawnFailed(_ index: Int, run: UInt64, _ jitter: () -> Double) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .starting:
      services[index].values.startFailures[.spawn] += 1
      let next = services[index].descent?.next ?? .judge(.startFailed(.spawn))
      finish(index, next, cause: .startFailed(.spawn), jitter)
    case .stopping(let stopping) where !stopping.isSpawned:
      services[index].values.startFailures[.spawn] += 1
      finish(index, stopping.next, cause: .startFailed(.spawn), jitter)
    case .stopped, .waiting, .running, .backoff, .stopping, .completed, .failed:
      impossible(index, "spawnFailed")
    }
  }

  /// The main process ended.
  mutating func exited(_ index: Int, run: UInt64, _ exit: Exit, isEmpty: Bool, _ jitter: () -> Double) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .starting, .running:
      note(index, exit, isOurs: false, wasKilled: false)
      stopChecks(index)
      let next = services[index].descent?.next ?? .judge(.exit(exit))
      if isEmpty { return finish(index, next, cause: .exited(exit), jitter) }
      // The run is over as a service; what it left behind is ended before anything else happens.
      services[index].descent = nil
      let policy = graph.services[index].stop
      let phase = ServiceState.Phase.asked(killAt: now + policy.timeout)
      let stopping = ServiceState.Stopping(began: now, phase: phase, isSpawned: true, exit: exit, next: next)
      enter(index, .stopping(stopping), cause: .exited(exit))
      noteDeath(index, next, cause: .exited(exit))
      actions.append(.signal(ServiceID(index), run: run, policy.signal))
    case .stopping(var stopping) where stopping.exit == nil:
      note(index, exit, isOurs: true, wasKilled: stopping.wasKilled)
      stopping.isSpawned = true
      stopping.exit = exit
      enter(index, .stopping(stopping), cause: .exited(exit))
      if isEmpty {
        services[index].values.lastStopDuration = now - stopping.began
        finish(index, stopping.next, cause: stopping.wasKilled ? .killed : .exited(exit), jitter)
      } else {
        noteDeath(index, stopping.next, cause: .exited(exit))
      }
    case .stopped, .waiting, .backoff, .stopping, .completed, .failed:
      impossible(index, "exited")
    }
  }

  /// Nothing of the run is left.
  mutating func emptied(_ index: Int, run: UInt64, _ jitter: () -> Double) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .stopping(let stopping):
      services[index].values.lastStopDuration = now - stopping.began
      let cause: Cause = stopping.wasKilled ? .killed : stopping.exit.map { .exited($0) } ?? .exited(.unknown)
      finish(index, stopping.next, cause: cause, jitter)
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible(index, "emptied")
    }
  }

  /// The run is over in every respect.
  private mutating func finish(_ index: Int, _ next: ServiceState.Next, cause: Cause, _ jitter: () -> Double) {
    let decided = services[index].descent?.cause
    services[index].descent = nil
    switch next {
    case .rest:
      enter(index, .stopped, cause: cause)
    case .start(let start):
      noteDeath(index, next, cause: cause)
      self.start(index, start, cause: decided ?? services[index].values.cause)
    case .judge(let ending):
      judge(index, ending, cause: cause, jitter)
    }
  }

  /// What the restart policy says.
  private mutating func judge(_ index: Int, _ ending: ServiceState.Ending, cause: Cause, _ jitter: () -> Double) {
    let policy = graph.services[index].restart
    if case .exit(.code(let code)) = ending, policy.rule != .always, policy.successExitCodes.contains(code) {
      return complete(index, cause: cause)
    }
    dragDependents(of: index)
    // An unhealthy service ended because we made it: the reason is not how.
    let cause = ending == .unhealthy ? .unhealthy : cause
    guard policy.rule != .never else { return fail(index, byLimit: false, cause: cause) }
    let attempts = services[index].values.attempts
    if let limit = policy.maxAttempts, attempts >= limit { return fail(index, byLimit: true, cause: cause) }
    let delay = policy.backoff.delay(ofAttempt: attempts + 1, jitter)
    enter(index, .backoff(until: now + delay, delay: delay, reason: ending.restartReason), cause: cause)
    setHealth(index, .unhealthy, cause: cause)
  }

  private mutating func complete(_ index: Int, cause: Cause) {
    services[index].values.isDesiredUp = false
    services[index].values.attempts = 0
    enter(index, .completed, cause: cause)
    setHealth(index, .healthy, cause: cause)
  }

  /// Given up: once per exhaustion (rule 14).
  private mutating func fail(_ index: Int, byLimit: Bool, cause: Cause) {
    services[index].values.isLimitReached = byLimit
    enter(index, .failed(byLimit: byLimit), cause: cause)
    setHealth(index, .unhealthy, cause: cause)
    if byLimit { record(.gaveUp(ServiceID(index), attempts: services[index].values.attempts), .restartLimit) }
  }

  /// A service that should be up and has no live process is unhealthy (rule 3), unless somebody just asked for the new start.
  private mutating func noteDeath(_ index: Int, _ next: ServiceState.Next, cause: Cause) {
    switch next {
    case .rest, .start(.first), .start(.planned(.manual)): break
    case .judge(.exit(.code(let code))) where isClean(index, code): break
    case .judge, .start: setHealth(index, .unhealthy, cause: cause)
    }
  }

  private func isClean(_ index: Int, _ code: Int32) -> Bool {
    let policy = graph.services[index].restart
    return policy.rule != .always && policy.successExitCodes.contains(code)
  }

  /// Counts an end. One that we asked for is a success unless it took SIGKILL.
  private mutating func note(_ index: Int, _ exit: Exit, isOurs: Bool, wasKilled: Bool) {
    let outcome: ExitOutcome =
      switch exit {
      case .code(let code) where graph.services[index].restart.successExitCodes.contains(code): .success
      case _ where isOurs && !wasKilled: .success
      case .code, .unknown: .failure
      case .signal: .signal
      }
    services[index].values.exits[outcome] += 1
    services[index].values.lastExit = exit
    services[index].values.lastExitAt = now
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
        // Only who is up goes down with it: who waits, or comes back anyway, looks at it when the time has come.
        guard services[dependent].values.isDesiredUp, services[dependent].state.isUnderWay else { continue }
        switch link.onRestart {
        case .ignore:
          continue
        case .stop:
          setDesired(dependent, false, by: services[dependent].values.desiredBy, cause: cause)
          takeDown(dependent, .rest, order: .linked, cause: cause)
        case .restart:
          // Who was not started by us is not restarted by us.
          guard services[dependent].descent == nil, graph.services[dependent].kind != .external else { continue }
          takeDown(dependent, .start(.planned(.dependency)), order: .linked, cause: cause)
        }
        queue.append(dependent)
      }
    }
  }
}

extension ServiceState.Ending {
  /// What a restart after it counts as.
  fileprivate var restartReason: RestartReason {
    switch self {
    case .exit(.signal): .signal
    case .exit(.code), .exit(.unknown): .exit
    case .unhealthy: .unhealthy
    case .startFailed: .startFailed
    }
  }
}
