// How runs end, and what the restart policy makes of it (rules 9 to 14, 21).

extension Orchestrator {
  /// The run never came to be.
  mutating func spawnFailed(_ index: Int, run: UInt64, _ jitter: () -> Double) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .starting(let starting) where starting.phase == .spawning:
      services[index].values.startFailures[.spawn] += 1
      let next = services[index].descent?.next ?? .judge(.startFailed(.spawn))
      finish(index, next, cause: .startFailed(.spawn), jitter)
    case .stopping(let stopping) where !stopping.isSpawned:
      services[index].values.startFailures[.spawn] += 1
      finish(index, stopping.next, cause: .startFailed(.spawn), jitter)
    case .stopped, .waiting, .starting, .running, .backoff, .stopping, .completed, .failed:
      impossible(index, "spawnFailed")
    }
  }

  /// The run is over as a service; what it left behind is ended before anything else happens.
  mutating func endRemains(_ index: Int, of exit: Exit, _ next: ServiceState.Next, cause: Cause) {
    let policy = graph.services[index].stop
    let phase = ServiceState.Phase.asked(killAt: now + policy.timeout)
    let stopping = ServiceState.Stopping(began: now, phase: phase, isSpawned: true, exit: exit, next: next)
    enter(index, .stopping(stopping), cause: cause)
    noteDeath(index, next, cause: cause)
    actions.append(.signal(ServiceID(index), run: services[index].values.run, policy.signal))
  }

  /// The main process ended.
  mutating func exited(_ index: Int, run: UInt64, _ exit: Exit, isEmpty: Bool, _ jitter: () -> Double) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .starting, .running:
      note(index, exit, isOurs: false, wasKilled: false)
      stopChecks(index)
      let ending = ending(index, of: exit)
      dropHook(index)
      let next = services[index].descent?.next ?? .judge(ending)
      if isEmpty { return finish(index, next, cause: .exited(exit), jitter) }
      services[index].descent = nil
      endRemains(index, of: exit, next, cause: .exited(exit))
    case .stopping(var stopping) where stopping.exit == nil:
      note(index, exit, isOurs: true, wasKilled: stopping.wasKilled)
      stopping.isSpawned = true
      stopping.exit = exit
      enter(index, .stopping(stopping), cause: .exited(exit))
      noteDeath(index, stopping.next, cause: .exited(exit))
      if isEmpty { emptied(index, stopping, jitter) }
    case .stopped, .waiting, .backoff, .stopping, .completed, .failed:
      impossible(index, "exited")
    }
  }

  /// Nothing of the run is left.
  mutating func emptied(_ index: Int, run: UInt64, _ jitter: () -> Double) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .stopping(let stopping):
      emptied(index, stopping, jitter)
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible(index, "emptied")
    }
  }

  /// Nothing of a run that is being ended is left; a hook that asks it to end may still run, and is waited for.
  private mutating func emptied(_ index: Int, _ stopping: ServiceState.Stopping, _ jitter: () -> Double) {
    services[index].values.lastStopDuration = now - stopping.began
    guard case .prepared = stopping.phase else {
      return finish(index, stopping.next, cause: endCause(index, stopping), jitter)
    }
    var stopping = stopping
    stopping.isEmpty = true
    enter(index, .stopping(stopping), cause: services[index].values.cause)
  }

  /// How the end of a process that nobody had asked to end is judged. Before it was ready its start has failed, however clean it was.
  private mutating func ending(_ index: Int, of exit: Exit) -> ServiceState.Ending {
    guard services[index].values.isReadying else { return .exit(exit) }
    services[index].values.startFailures[.ready] += 1
    return graph.services[index].restart.isClean(exit) ? .startFailed(.ready) : .exit(exit)
  }

  /// Nothing of the run is left; its post-stop hook is the last of it.
  mutating func finish(_ index: Int, _ next: ServiceState.Next, cause: Cause, _ jitter: () -> Double) {
    // Who has everything killed at once waits for no hook.
    guard graph.services[index].hooks.contains(.postStop), fullStop?.isForced != true else {
      return conclude(index, next, cause: cause, jitter)
    }
    services[index].descent = nil
    let until = now + graph.services[index].stop.timeout
    let stopping = ServiceState.Stopping(
      began: now, phase: .cleaned(until: until, cause), isSpawned: false, isEmpty: true, next: next)
    enter(index, .stopping(stopping), cause: cause)
    noteDeath(index, next, cause: cause)
    runHook(index, .postStop)
  }

  /// The run is over in every respect.
  mutating func conclude(_ index: Int, _ next: ServiceState.Next, cause: Cause, _ jitter: () -> Double) {
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
    if case .exit(let exit) = ending, policy.isClean(exit) { return complete(index, cause: cause) }
    dragDependents(of: index)
    // Where we ended it ourselves, the reason is not how its process took that.
    let cause: Cause = if case .exit = ending { cause } else { ending.cause }
    guard policy.rule != .never else { return fail(index, byLimit: false, cause: cause) }
    let attempts = services[index].values.attempts
    if let limit = policy.maxAttempts, attempts >= limit { return fail(index, byLimit: true, cause: cause) }
    let delay = policy.backoff.delay(ofAttempt: attempts + 1, jitter)
    enter(index, .backoff(until: now + delay, delay: delay, after: ending), cause: cause)
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
  mutating func noteDeath(_ index: Int, _ next: ServiceState.Next, cause: Cause) {
    switch next {
    case .rest, .start(.first), .start(.planned(.manual, _)), .start(.planned(.reload, _)): break
    case .judge(.exit(let exit)) where graph.services[index].restart.isClean(exit): break
    case .judge, .start: setHealth(index, .unhealthy, cause: cause)
    }
  }

  /// Counts an end. One that we asked for is a success unless it took SIGKILL.
  mutating func note(_ index: Int, _ exit: Exit, isOurs: Bool, wasKilled: Bool) {
    let outcome: ExitOutcome =
      switch exit {
      case _ where graph.services[index].restart.isSuccess(exit): .success
      case _ where isOurs && !wasKilled: .success
      case .code, .unknown: .failure
      case .signal: .signal
      case .outOfMemory: .oom
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
          takeDown(dependent, .start(.planned(.dependency, cause)), order: .linked, cause: cause)
        }
        queue.append(dependent)
      }
    }
  }
}

extension ServiceState.Ending {
  /// What a restart after it counts as.
  var restartReason: RestartReason {
    switch self {
    case .exit(.signal): .signal
    case .exit(.outOfMemory): .oom
    case .exit(.code), .exit(.unknown): .exit
    case .unhealthy: .unhealthy
    case .watchdog: .watchdog
    case .startFailed: .startFailed
    case .startTimedOut: .startTimeout
    }
  }

  /// The end as a cause.
  var cause: Cause {
    switch self {
    case .exit(let exit): .exited(exit)
    case .unhealthy: .unhealthy
    case .watchdog: .watchdog
    case .startFailed(let stage): .startFailed(stage)
    case .startTimedOut(let stage): .startTimedOut(stage)
    }
  }
}
