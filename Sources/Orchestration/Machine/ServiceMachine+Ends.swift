// The end of a run, and the answer of the restart policy (rules 9 to 14, 21).

extension ServiceMachine {
  // MARK: Inputs

  /// The spawn of the run failed.
  mutating func spawnFailed(run: UInt64, isHopeless: Bool, at moment: Moment) {
    guard run == values.run else { return }
    switch state {
    case .starting(let starting) where starting.phase == .spawning:
      values.startFailures[.spawn] += 1
      runPostStop(values.descent?.next ?? .judge(isHopeless ? .unspawnable : .startFailed(.spawn)), cause: .startFailed(.spawn), at: moment)
    case .stopping(let stopping) where !stopping.isSpawned:
      values.startFailures[.spawn] += 1
      runPostStop(stopping.next, cause: .startFailed(.spawn), at: moment)
    case .stopped, .waiting, .starting, .running, .backoff, .stopping, .completed, .failed:
      impossible("spawnFailed")
    }
  }

  /// The main process ended.
  mutating func exited(run: UInt64, _ exit: Exit, isEmpty: Bool, others: Int = 0, named name: String? = nil, at moment: Moment) {
    guard run == values.run else { return }
    switch state {
    case .starting, .running:
      values.count(exit, isOurs: false, wasKilled: false, spec.restart, at: moment.now)
      steps += checks.stop()
      let leaving = isEmpty || values.descent != nil ? nil : Remains(others, named: name, after: exit, of: spec.kind)
      let ending = ServiceState.Ending(of: exit, leaving, isReadying: values.isReadying, spec.restart)
      if values.isReadying { values.startFailures[.ready] += 1 }
      dropHook()
      let next = values.descent?.next ?? .judge(ending)
      if isEmpty {
        runPostStop(next, cause: .exited(exit), at: moment)
      } else {
        values.descent = nil
        endRemains(of: exit, leaving: leaving, next, cause: .exited(exit, leaving: leaving), at: moment)
      }
    case .stopping(var stopping) where stopping.exit == nil:
      values.count(exit, isOurs: true, wasKilled: stopping.wasKilled, spec.restart, at: moment.now)
      stopping.isSpawned = true
      stopping.exit = exit
      enter(.stopping(stopping), cause: .exited(exit), at: moment)
      noteDeath(stopping.next, cause: .exited(exit), at: moment)
      if isEmpty { return emptied(stopping, at: moment) }
      // Nobody else asks what the main process has left.
      if case .asked = stopping.phase, !stopping.hasAskedAll { signal(stopping) }
    case .stopped, .waiting, .backoff, .stopping, .completed, .failed:
      impossible("exited")
    }
  }

  /// The last process of the run ended.
  mutating func emptied(run: UInt64, at moment: Moment) {
    guard run == values.run else { return }
    switch state {
    case .stopping(let stopping):
      emptied(stopping, at: moment)
    case .stopped, .waiting, .starting, .running, .backoff, .completed, .failed:
      impossible("emptied")
    }
  }

  // MARK: The end of a run, step by step

  /// Ends the processes that remain after the main process, before the next step.
  mutating func endRemains(of exit: Exit, leaving: Remains? = nil, _ next: ServiceState.Next, cause: Cause, at moment: Moment) {
    let phase = ServiceState.Phase.asked(killAt: moment.now + spec.stop.timeout)
    let stopping = ServiceState.Stopping(began: moment.now, phase: phase, isSpawned: true, exit: exit, leaving: leaving, next: next)
    enter(.stopping(stopping), cause: cause, at: moment)
    noteDeath(next, cause: cause, at: moment)
    signal(stopping)
  }

  /// Ends a stop whose last process has ended. If a hook that asks the process to end still runs, the stop waits for
  /// it.
  private mutating func emptied(_ stopping: ServiceState.Stopping, at moment: Moment) {
    values.lastStopDuration = moment.now - stopping.began
    guard case .preparing = stopping.phase else { return runPostStop(stopping.next, cause: stopping.endCause ?? values.cause, at: moment) }
    // There is no process left to be asked.
    values.hooks.skipHeld()
    var stopping = stopping
    stopping.isEmpty = true
    enter(.stopping(stopping), cause: values.cause, at: moment)
  }

  /// Runs the post-stop hook of a run whose last process has ended; without such a hook the run has ended.
  mutating func runPostStop(_ next: ServiceState.Next, cause: Cause, at moment: Moment) {
    // A full stop that kills everything at once waits for no hook.
    guard spec.hooks.contains(.postStop), !moment.isForced else { return runEnded(next, cause: cause, at: moment) }
    values.descent = nil
    let phase = ServiceState.Phase.cleaning(until: moment.now + spec.stop.timeout, cause)
    let stopping = ServiceState.Stopping(began: moment.now, phase: phase, isSpawned: false, isEmpty: true, next: next)
    enter(.stopping(stopping), cause: cause, at: moment)
    noteDeath(next, cause: cause, at: moment)
    runHook(.postStop)
  }

  /// The run has ended, with its hook: takes the next step.
  mutating func runEnded(_ next: ServiceState.Next, cause: Cause, at moment: Moment) {
    let decided = values.descent?.cause
    values.descent = nil
    switch next {
    case .rest:
      enter(.stopped, cause: cause, at: moment)
    case .start(let start):
      noteDeath(next, cause: cause, at: moment)
      steps.append(.start(start, cause: decided ?? values.cause))
    case .judge(let ending):
      judge(ending, cause: cause, at: moment)
    }
  }

  /// Asks the restart policy: completed, failed, or another attempt after a delay.
  private mutating func judge(_ ending: ServiceState.Ending, cause: Cause, at moment: Moment) {
    let policy = spec.restart
    if case .exit(let exit, _) = ending, policy.isClean(exit) {
      values.isDesiredUp = false
      values.attempts = 0
      enter(.completed, cause: cause, at: moment)
      return setHealth(.healthy, cause: cause, at: moment)
    }
    steps.append(.drag)
    let cause = cause.asFailure(ending)
    guard policy.rule != .never else { return fail(byLimit: false, cause: cause, at: moment) }
    if let limit = policy.maxAttempts, values.attempts >= limit { return fail(byLimit: true, cause: cause, at: moment) }
    let delay = policy.backoff.delay(ofAttempt: values.attempts + 1, isHopeless: ending == .unspawnable, moment.jitter)
    enter(.backoff(until: moment.now + delay, delay: delay, after: ending), cause: cause, at: moment)
    setHealth(.unhealthy, cause: cause, at: moment)
  }

  /// The service has failed. Reaching the limit is recorded once per exhaustion (rule 14).
  private mutating func fail(byLimit: Bool, cause: Cause, at moment: Moment) {
    enter(.failed(byLimit: byLimit), cause: cause, at: moment)
    setHealth(.unhealthy, cause: cause, at: moment)
    guard byLimit else { return }
    record(.gaveUp(service, attempts: values.attempts), .restartLimit)
    steps.append(.gaveUp)
  }

  /// Makes a wanted service without a live process unhealthy (rule 3).
  private mutating func noteDeath(_ next: ServiceState.Next, cause: Cause, at moment: Moment) {
    if next.isDeath(spec.restart) { setHealth(.unhealthy, cause: cause, at: moment) }
  }
}

extension ServiceState.Ending {
  /// The ending of a process that ended by itself. Before it was ready, its start has failed, even if the exit was
  /// clean.
  fileprivate init(of exit: Exit, _ leaving: Remains?, isReadying: Bool, _ policy: RestartPolicy) {
    self = isReadying && policy.isClean(exit) ? .startFailed(.ready) : .exit(exit, leaving: leaving)
  }
}
