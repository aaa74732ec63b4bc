// The way down: signal, deadline, SIGKILL, grace period (rules 19, 24).

extension ServiceMachine {
  // MARK: Inputs

  /// Takes the service down when the services that `order` names have ended, or at once. `next`: the step after it.
  mutating func takeDown(_ next: ServiceState.Next, order: StopOrder?, cause: Cause, at moment: Moment) {
    switch state {
    case .stopped:
      break
    case .waiting, .backoff, .completed, .failed:
      if next == .rest { enter(.stopped, cause: cause, at: moment) }
    case .starting, .running:
      values.descent = nil
      // While its pre-start hook runs, no other service can depend on it yet.
      if let order, values.hook != .preStart {
        values.descent = Descent(next: next, order: order, cause: cause)
        refresh([.itself, .dependents], at: moment)
      } else {
        beginStop(next, cause: cause, at: moment)
      }
    case .stopping(var stopping):
      stopping.next = next
      amend(.stopping(stopping))
      refresh([], at: moment)
    }
  }

  /// Down, then up again without using an attempt (rule 20). A restart of a service that is being started joins that
  /// start.
  mutating func restart(by origin: Origin, isForced: Bool = false, order: StopOrder = .linked, cause: Cause, at moment: Moment) {
    if values.isDesiredUp, values.descent != nil || state.status == .starting {
      values.attempts = 0
      refresh([], at: moment)
      return
    }
    setWish(true, by: origin, cause: cause, at: moment)
    setHealth(.unknown, cause: cause, at: moment)
    if order == .linked { steps.append(.drag) }
    takeDown(.start(.planned(.manual, cause).forced(isForced)), order: order, cause: cause, at: moment)
  }

  /// Goes down, as the services that it waited for have ended.
  mutating func descend(at moment: Moment) {
    guard let descent = values.descent, state.isUnderWay else { return }
    beginStop(descent.next, cause: descent.cause, at: moment)
  }

  /// Drops the extra time of a process when a full stop begins, as the length of a full stop is known in advance (rules
  /// 24, 25).
  mutating func endExtension(at moment: Moment) {
    guard case .stopping(var stopping) = state else { return }
    // If only a hook is left, it keeps its time.
    guard !stopping.isEmpty, stopping.moveDeadline({ min($0, moment.now + spec.stop.timeout) }) else { return }
    enter(.stopping(stopping), cause: values.cause, at: moment)
  }

  /// Sends SIGKILL at once.
  mutating func killNow(cause: Cause, at moment: Moment) {
    if state.isUnderWay { beginStop(.rest, cause: cause, asksHooks: false, at: moment) }
    kill(at: moment)
  }

  /// The time of the state is over.
  mutating func lifeDue(at moment: Moment) {
    timers.fired(.life)
    switch state {
    case .waiting:
      steps.append(.look(.itself))
    case .backoff(_, _, let ending):
      steps.append(.start(.automatic(ending), cause: .backoffElapsed))
    case .stopping(var stopping):
      switch stopping.phase {
      case .preparing where stopping.isEmpty:
        dropHook()
        runPostStop(stopping.next, cause: stopping.endCause ?? values.cause, at: moment)
      case .asked, .preparing: kill(at: moment)
      case .killed:
        // It survived SIGKILL and the grace period: from now on it holds no service up.
        stopping.phase = .leftOver
        enter(.stopping(stopping), cause: .survived, at: moment)
        record(.leftOver(service, run: values.run), .survived)
      case .leftOver: break
      case .cleaning(_, let cause):
        dropHook()
        runEnded(stopping.next, cause: cause, at: moment)
      }
    case .starting(let starting):
      startTimedOut(starting, at: moment)
    case .stopped, .running, .completed, .failed:
      impossible("a timer")
    }
  }

  /// It has run long enough: attempts go back to 0 (rule 10).
  mutating func resetDue() {
    timers.fired(.reset)
    values.attempts = 0
    steps.append(.look([]))
  }

  // MARK: Steps

  /// Asks the run to end; deadlines do the rest.
  mutating func beginStop(_ next: ServiceState.Next, cause: Cause, asksHooks: Bool = true, at moment: Moment) {
    values.descent = nil
    steps += checks.stop()
    if values.isExternal { return enter(.stopped, cause: cause, at: moment) }
    if case .starting(let starting) = state, starting.phase == .preparing {
      // There is no process yet: the stop waits for the end of the hook.
      let phase = ServiceState.Phase.preparing(.preStart, killAt: moment.now + DependencyGraph.grace)
      let stopping = ServiceState.Stopping(began: moment.now, phase: phase, isSpawned: false, isEmpty: true, next: next)
      enter(.stopping(stopping), cause: cause, at: moment)
      return cancelHook()
    }
    dropHook()
    let killAt = moment.now + spec.stop.timeout
    let isSpawned = values.status == .running || values.isReadying
    let stopping = ServiceState.Stopping(began: moment.now, phase: .asked(killAt: killAt), isSpawned: isSpawned, next: next)
    enter(.stopping(stopping), cause: cause, at: moment)
    guard isSpawned else { return }
    if asksHooks, let hook = [Hook.preStop, .stop].first(where: spec.hooks.contains) {
      prepareStop(stopping, hook, killAt: killAt, at: moment)
    } else {
      signal(stopping)
    }
  }

  /// Sends the signal that asks for the end: as the policy says, and to all that is left once the main process has ended.
  mutating func signal(_ stopping: ServiceState.Stopping) {
    let scope = stopping.exit == nil ? spec.stop.scope : .group
    var stopping = stopping
    stopping.hasAskedAll = scope == .group
    amend(.stopping(stopping))
    act(.signal(service, run: values.run, spec.stop.signal, scope))
  }

  /// Sends SIGKILL, at the deadline or before it.
  private mutating func kill(at moment: Moment) {
    guard case .stopping(var stopping) = state, let endsProcesses = stopping.kill(at: moment.now) else { return }
    if endsProcesses {
      dropHook()
      values.stopKills += 1
      steps.append(.killed)
      act(.kill(service, run: values.run))
    }
    cancelHook()
    enter(.stopping(stopping), cause: .killed, at: moment)
  }

  /// Ends a start that was not done in time; the restart policy decides (rule 13).
  private mutating func startTimedOut(_ starting: ServiceState.Starting, at moment: Moment) {
    let stage: StartStage = starting.phase == .preparing ? .hook : .ready
    values.startFailures[stage] += 1
    let next = values.descent?.next ?? .judge(.startTimedOut(stage))
    beginStop(next, cause: .startTimedOut(stage), at: moment)
    if case .judge = next { steps.append(.drag) }
  }
}

extension ServiceState.Stopping {
  /// Goes on to SIGKILL; where only a hook is left, shortens its time. Returns whether processes are killed; nil: they were before.
  fileprivate mutating func kill(at now: Instant) -> Bool? {
    let graceEnds = now + DependencyGraph.grace
    switch phase {
    case .preparing(let hook, let killAt) where isEmpty: phase = .preparing(hook, killAt: min(killAt, graceEnds))
    case .cleaning(let until, let cause): phase = .cleaning(until: min(until, graceEnds), cause)
    case .asked, .preparing:
      phase = .killed(graceEnds: graceEnds)
      wasKilled = true
      return true
    case .killed, .leftOver: return nil
    }
    return false
  }
}
