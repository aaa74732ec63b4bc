// The way down: signal, deadline, kill, grace (rules 19, 24).

extension ServiceMachine {
  // MARK: Inputs

  /// The service is to go down when those that `order` names have ended, or at once; `next` follows.
  mutating func takeDown(_ next: ServiceState.Next, order: StopOrder?, cause: Cause, at moment: Moment) -> [MachineStep] {
    lower(next, order: order, cause: cause, at: moment)
    return taken()
  }

  /// Down, then up again without an attempt (rule 20). What is being started is as new as a restart could make it: this one joins that one.
  mutating func restart(by origin: Origin, cause: Cause, at moment: Moment) -> [MachineStep] {
    if values.isDesiredUp, values.descent != nil || state.status == .starting {
      values.attempts = 0
      became([], at: moment)
      return taken()
    }
    setWish(true, by: origin, cause: cause, at: moment)
    setHealth(.unknown, cause: cause, at: moment)
    steps.append(.drag)
    lower(.start(.planned(.manual, cause)), order: .linked, cause: cause, at: moment)
    return taken()
  }

  /// Those that it waits for have ended: it goes down.
  mutating func descend(at moment: Moment) -> [MachineStep] {
    guard let descent = values.descent, state.isUnderWay else { return [] }
    beginStop(descent.next, cause: descent.cause, at: moment)
    return taken()
  }

  /// A full stop has begun: what the process was granted before counts no more, since its length is known beforehand (rules 24, 25).
  mutating func endExtension(at moment: Moment) -> [MachineStep] {
    guard case .stopping(var stopping) = state else { return [] }
    // Where nothing but a hook is left, its time is its own.
    guard !stopping.isEmpty, stopping.moveDeadline({ min($0, moment.now + spec.stop.timeout) }) else { return [] }
    enter(.stopping(stopping), cause: values.cause, at: moment)
    return taken()
  }

  /// SIGKILL, at once.
  mutating func killNow(cause: Cause, at moment: Moment) -> [MachineStep] {
    if state.isUnderWay { beginStop(.rest, cause: cause, asksHooks: false, at: moment) }
    kill(at: moment)
    return taken()
  }

  /// The state's time is up.
  mutating func lifeDue(at moment: Moment) -> [MachineStep] {
    timers.fired(.life)
    switch state {
    case .waiting:
      steps.append(.look(.itself))
    case .backoff(_, _, let ending):
      steps.append(.start(.automatic(ending), cause: .backoffElapsed))
    case .stopping(var stopping):
      switch stopping.phase {
      case .prepared where stopping.isEmpty:
        dropHook()
        finish(stopping.next, cause: stopping.endCause ?? values.cause, at: moment)
      case .asked, .prepared: kill(at: moment)
      case .killed:
        // It survived SIGKILL and the grace: it holds nobody up any longer.
        stopping.phase = .leftOver
        enter(.stopping(stopping), cause: .survived, at: moment)
        record(.leftOver(service, run: values.run), .survived)
      case .leftOver: break
      case .cleaned(_, let cause):
        dropHook()
        conclude(stopping.next, cause: cause, at: moment)
      }
    case .starting(let starting):
      startTimedOut(starting, at: moment)
    case .stopped, .running, .completed, .failed:
      impossible("a timer")
    }
    return taken()
  }

  /// It has run so long that attempts begin anew (rule 10).
  mutating func resetDue() -> [MachineStep] {
    timers.fired(.reset)
    values.attempts = 0
    return [.look([])]
  }

  // MARK: Deeds

  mutating func lower(_ next: ServiceState.Next, order: StopOrder?, cause: Cause, at moment: Moment) {
    switch state {
    case .stopped:
      break
    case .waiting, .backoff, .completed, .failed:
      if next == .rest { enter(.stopped, cause: cause, at: moment) }
    case .starting, .running:
      values.descent = nil
      // While its pre-start hook runs there is nothing yet that others could need.
      if let order, values.hook != .preStart {
        values.descent = Descent(next: next, order: order, cause: cause)
        became([.itself, .dependents], at: moment)
      } else {
        beginStop(next, cause: cause, at: moment)
      }
    case .stopping(var stopping):
      stopping.next = next
      amend(.stopping(stopping))
      became([], at: moment)
    }
  }

  /// Asks the run to end; the rest follows by deadline.
  mutating func beginStop(_ next: ServiceState.Next, cause: Cause, asksHooks: Bool = true, at moment: Moment) {
    values.descent = nil
    steps += checks.stop()
    if values.isExternal { return enter(.stopped, cause: cause, at: moment) }
    if case .starting(let starting) = state, starting.phase == .preparing {
      // There is no process yet: what is waited for is the end of the hook.
      let phase = ServiceState.Phase.prepared(.preStart, killAt: moment.now + DependencyGraph.grace)
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
      act(.signal(service, run: values.run, spec.stop.signal))
    }
  }

  /// The deadline has passed, or nobody wants to wait for it.
  private mutating func kill(at moment: Moment) {
    guard case .stopping(var stopping) = state else { return }
    let graceEnds = moment.now + DependencyGraph.grace
    switch stopping.phase {
    // Nothing but a hook is left to be killed.
    case .prepared(let hook, let killAt) where stopping.isEmpty: stopping.phase = .prepared(hook, killAt: min(killAt, graceEnds))
    case .cleaned(let until, let cause): stopping.phase = .cleaned(until: min(until, graceEnds), cause)
    case .asked, .prepared:
      dropHook()
      stopping.phase = .killed(graceEnds: graceEnds)
      stopping.wasKilled = true
      values.stopKills += 1
      steps.append(.killed)
      act(.kill(service, run: values.run))
    case .killed, .leftOver: return
    }
    cancelHook()
    enter(.stopping(stopping), cause: .killed, at: moment)
  }

  /// The start was not done in time: what there is of it is ended, and the restart policy decides (rule 13).
  private mutating func startTimedOut(_ starting: ServiceState.Starting, at moment: Moment) {
    let stage: StartStage = starting.phase == .preparing ? .hook : .ready
    values.startFailures[stage] += 1
    let next = values.descent?.next ?? .judge(.startTimedOut(stage))
    beginStop(next, cause: .startTimedOut(stage), at: moment)
    if case .judge = next { steps.append(.drag) }
  }
}
