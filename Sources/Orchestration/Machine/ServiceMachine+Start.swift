// The way up: the wait, the start itself, and the notifications of the process.

extension ServiceMachine {
  /// Sets the wish of a requested start. After a manual start, health is unknown until the first result (rule 3).
  mutating func wantUp(by origin: Origin, cause: Cause, at moment: Moment) {
    setWish(true, by: origin, cause: cause, at: moment)
    if !state.isUnderWay { setHealth(.unknown, cause: cause, at: moment) }
  }

  /// Carries out a requested start, in any state: the last command wins.
  mutating func raise(isForced: Bool = false, cause: Cause, at moment: Moment) {
    let again = ServiceState.Start.planned(.manual, cause)
    switch state {
    case .stopped, .completed, .failed:
      steps.append(.start(.first.forced(isForced), cause: cause))
    case .waiting(var waiting):
      if case .automatic = waiting.start { waiting.start = again }
      waiting.start = waiting.start.forced(isForced)
      amend(.waiting(waiting))
      steps.append(.look(.itself))
    case .backoff:
      steps.append(.start(again.forced(isForced), cause: cause))
    case .starting, .running:
      // A stop was decided and has not begun: it is dropped.
      guard values.descent != nil else { return }
      values.descent = nil
      if case .running = state {
        if spec.check == nil { setHealth(.healthy, cause: cause, at: moment) }
        // Both may have come due meanwhile, without effect.
        if !timers.isWatched { steps += timers.watch(spec.watchdog, run: values.run, at: moment.now) }
        if !timers.isLimited { steps += timers.limit(to: spec.runtimeMax, from: values.runStarted) }
      }
      if state.status == .running || values.isExternal { steps += checks.resume(at: moment.now) }
      refresh([.itself, .dependents], at: moment)
      steps.append(.look(.dependencies))
    case .stopping(var stopping):
      stopping.next = stopping.next.raised(again, isForced: isForced)
      amend(.stopping(stopping))
    }
  }

  /// Waits for the blockers of the start.
  mutating func wait(for blockers: [Blocker], _ waiting: ServiceState.Waiting, at moment: Moment) {
    let cause: Cause = blockers.first.map(\.cause) ?? values.cause
    enter(.waiting(waiting), cause: cause, at: moment)
    values.blockers = blockers
  }

  /// Goes on waiting, possibly for other blockers.
  mutating func goOnWaiting(for blockers: [Blocker], _ waiting: ServiceState.Waiting) {
    amend(.waiting(waiting))
    values.blockers = blockers
  }

  /// Begins the start, which nothing blocks.
  mutating func begin(_ start: ServiceState.Start, cause: Cause, at moment: Moment) {
    values.beginRun()
    values.isForced = start.isForced
    checks.hasResult = false
    switch start.forced(false) {
    case .first, .forced: break
    case .automatic(let ending):
      values.attempts += 1
      restarted(ending.restartReason, cause: ending.cause, at: moment.now)
    case .planned(let reason, let cause):
      restarted(reason, cause: cause, at: moment.now)
    }
    var starting = ServiceState.Starting(since: moment.now, phase: .spawning, deadline: moment.now + spec.start.timeout)
    if values.isExternal {
      starting.phase = .watching
      enter(.starting(starting), cause: cause, at: moment)
      startChecks(at: moment)
    } else if spec.hooks.contains(.preStart) {
      starting.phase = .preparing
      enter(.starting(starting), cause: cause, at: moment)
      runHook(.preStart)
    } else {
      spawn(starting, cause: cause, at: moment)
    }
  }

  /// The only place that asks for a spawn: nothing blocks it, no process of an older run lives, the service is wanted,
  /// and no full stop has begun.
  mutating func spawn(_ starting: ServiceState.Starting, cause: Cause, at moment: Moment) {
    enter(.starting(starting), cause: cause, at: moment)
    act(.spawn(service, run: values.run))
  }

  /// The only place that counts and records a restart.
  private mutating func restarted(_ reason: RestartReason, cause: Cause, at now: Instant) {
    values.count(reason, at: now)
    record(.restarted(service, run: values.run, reason: reason, attempt: values.attempts), cause)
  }

  /// The exec succeeded.
  mutating func spawned(run: UInt64, at moment: Moment) {
    guard run == values.run else { return }
    switch state {
    case .starting(var starting) where starting.phase == .spawning:
      values.runStarted = moment.now
      if !spec.start.isNotified {
        started(since: starting.since, cause: .spawned, at: moment)
      } else if starting.isReady {
        started(since: starting.since, cause: .ready, at: moment)
      } else {
        starting.phase = .readying
        enter(.starting(starting), cause: .spawned, at: moment)
      }
    case .stopping(var stopping) where !stopping.isSpawned:
      // The stop came before the process existed: the signal follows now.
      stopping.isSpawned = true
      values.runStarted = moment.now
      enter(.stopping(stopping), cause: values.cause, at: moment)
      switch stopping.phase {
      case .asked, .preparing, .cleaning: signal(stopping)
      case .killed, .leftOver: act(.kill(service, run: run))
      }
    case .stopped, .waiting, .starting, .running, .backoff, .stopping, .completed, .failed:
      impossible("spawned")
    }
  }

  /// Takes a notification of the process. A notification of an older run is late, and dropped.
  mutating func notified(run: UInt64, _ notification: Notification, at moment: Moment) {
    guard run == values.run else { return }
    switch (notification, state) {
    case (.ready, .starting(var starting)) where starting.phase == .spawning:
      starting.isReady = true
      amend(.starting(starting))
    case (.ready, .starting(let starting)) where starting.phase == .readying:
      started(since: starting.since, cause: .ready, at: moment)
    case (.ready, .running), (.reloading, .running):
      steps += reload.notified(notification, &values, at: moment.now)
    case (.alive, .running):
      steps += timers.watch(spec.watchdog, run: values.run, at: moment.now)
    case (.stuck, .running):
      endRun(.watchdog, asksHooks: false, at: moment)
    case (.unheard, _): steps += timers.ignore(run: values.run)
    case (.extendTimeout(let time), _):
      guard let longer = state.extended(to: moment.now + time, isFullStop: moment.isFullStop) else { return }
      enter(longer, cause: values.cause, at: moment)
    case (.ready, _), (.reloading, _), (.alive, _), (.stuck, _):
      break
    }
  }

  /// The start is done.
  mutating func started(since: Instant, cause: Cause, at moment: Moment) {
    values.lastStartDuration = moment.now - since
    enter(.running, cause: cause, at: moment)
    superviseRun(cause: cause, at: moment)
    if values.isDesiredUp, spec.hooks.contains(.postStart) { runHook(.postStart) }
  }

  /// Begins the supervision of a run: its watchdog, its checks, and the time that it may live. Without a check, sets its health.
  mutating func superviseRun(cause: Cause, at moment: Moment) {
    steps += timers.watch(spec.watchdog, run: values.run, at: moment.now)
    steps += timers.limit(to: spec.runtimeMax, from: values.runStarted)
    if spec.check == nil {
      setHealth(values.isDesiredUp ? .healthy : .unknown, cause: cause, at: moment)
    } else if values.isDesiredUp {
      startChecks(at: moment)
    } else {
      // If it is wanted again before it goes down, its failures still count only from the end of its start-up (rule 1).
      checks.allowStartUp(at: moment.now)
    }
  }

  /// The watchdog's time is over. Hooks are skipped, as a stuck process does not react to them.
  mutating func watchdogDue(at moment: Moment) {
    timers.fired(.watchdog)
    endRun(.watchdog, asksHooks: false, at: moment)
  }

  /// The run has lived as long as it may.
  mutating func lifetimeDue(at moment: Moment) {
    timers.fired(.lifetime)
    endRun(.runtimeMax, asksHooks: true, at: moment)
  }

  /// Ends a run that nobody asked to end; the restart policy decides.
  private mutating func endRun(_ ending: ServiceState.Ending, asksHooks: Bool, at moment: Moment) {
    guard case .running = state, values.descent == nil else { return }
    beginStop(.judge(ending), cause: ending.cause, asksHooks: asksHooks, at: moment)
    steps.append(.drag)
  }
}

extension ServiceState.Next {
  /// The step after the end of a run, when a start is requested meanwhile. `again`: that start, if it is a restart.
  fileprivate func raised(_ again: ServiceState.Start, isForced: Bool) -> ServiceState.Next {
    switch self {
    case .rest: .start(.first.forced(isForced))
    case .judge, .start(.automatic): .start(again.forced(isForced))
    case .start(let start): .start(start.forced(isForced))
    }
  }
}
