// Changes of a service's values: counts, streaks, and the renumbering by a reload.

extension ServiceView.Values {
  /// The phase in which the time from now on is counted.
  func uptimePhase(isChecked: Bool) -> UptimeHistory.Phase {
    if !isDesiredUp { return .idle }
    if isExternal ? !state.isUnderWay : !isAlive {
      // The time before its first start is over is no downtime, unless that start fails.
      return !uptime.hasBegun && [.stopped, .waiting, .starting].contains(status) ? .idle : .down
    }
    if !isChecked { return .up }
    if case .checked = uptime.phase { return uptime.phase }
    return .checked(passed: nil)
  }

  /// Enters a state, and sets its times, its cause, and the values of a service that waits.
  mutating func enter(_ next: ServiceState, cause: Cause, at now: Instant) {
    if status != next.status {
      timeInState[status] &+= UInt64(now.nanoseconds - since.nanoseconds)
      since = now
      enteredAt = now
      self.cause = cause
    }
    state = next
    // Streaks belong to a run, and end with it (rule 2).
    if !next.status.isUnderWay, next.status != .stopping { forgetStreaks() }
    waitingSince = next.status == .waiting ? waitingSince ?? now : nil
    if next.status != .waiting { blockers = [] }
  }

  /// Forgets the results of the current run's checks.
  mutating func forgetChecks() {
    hasSucceeded = false
    forgetStreaks()
  }

  mutating func forgetStreaks() {
    consecutiveFailures = 0
    consecutiveSuccesses = 0
  }

  /// Begins a run, with no results.
  mutating func beginRun() {
    if !isExternal { run += 1 }
    isForced = false
    hooks = RunHooks()
    forgetChecks()
  }

  /// Counts a restart.
  mutating func count(_ reason: RestartReason, at now: Instant) {
    restarts[reason] += 1
    lastRestart = now
    lastRestartReason = reason
  }

  /// Counts an exit. A requested one is a success, unless it took SIGKILL.
  mutating func count(_ exit: Exit, isOurs: Bool, wasKilled: Bool, _ policy: RestartPolicy, at now: Instant) {
    let outcome: ExitOutcome =
      switch exit {
      case _ where policy.isSuccess(exit): .success
      case _ where isOurs && !wasKilled: .success
      case .code, .unknown: .failure
      case .signal: .signal
      case .outOfMemory: .oom
      }
    exits[outcome] += 1
    lastExit = exit
    lastExitAt = now
  }

  /// Counts the result of a check; a failure that does not count leaves the streaks alone.
  mutating func count(passed: Bool, counts: Bool, at now: Instant) {
    checks += 1
    lastCheckAt = now
    lastCheckPassed = passed
    uptime.record(passed: passed, at: now)
    if passed {
      hasSucceeded = true
      consecutiveSuccesses += 1
      consecutiveFailures = 0
    } else {
      checkFailures += 1
      guard counts else { return }
      consecutiveFailures += 1
      consecutiveSuccesses = 0
    }
  }

  /// Takes over the facts that an earlier Stoker recorded.
  mutating func takeOver(_ memory: Memory, at now: Instant) {
    run = max(run, memory.lastRun)
    lastRestart = memory.lastRestart?.at
    lastRestartReason = memory.lastRestart?.reason
    uptime = UptimeHistory(memory.uptime, at: now)
    if let open = memory.openUptime, let end = memory.end(of: open, at: now) { uptime.count(open, until: end) }
    guard let counters = memory.counters else { return }
    takeOver(counters)
    // The counters reach up to now.
    since = now
  }

  /// Stays without a process: if a person stopped the service, it has been stopped since that stop was over. One that ended while no
  /// Stoker was there has been stopped since this was seen.
  mutating func stayStopped(_ memory: Memory, by origin: Origin) {
    desiredBy = origin
    guard memory.wish == false || memory.wish == nil && memory.wishedAt != nil else { return }
    cause = .requested(origin)
    wishCause = cause
    if memory.leftAs != .ended, let since = memory.leftAt ?? memory.wishedAt { enteredAt = since }
  }

  /// The values with the new numbers of services. A cause that names a removed service names none.
  func moved(_ place: (ServiceID) -> ServiceID?) -> ServiceView.Values {
    var values = self
    values.cause = cause.moved(place)
    values.wishCause = wishCause.moved(place)
    values.blockers = blockers.compactMap { blocker in place(blocker.service).map { Blocker($0, blocker.reason, isAny: blocker.isAny) } }
    values.lost = lost.compactMap { blocker in place(blocker.service).map { Blocker($0, blocker.reason, isAny: blocker.isAny) } }
    values.descent = descent.map { descent in
      Descent(next: descent.next.moved(place), order: descent.order, cause: descent.cause.moved(place))
    }
    switch state {
    case .waiting(var waiting):
      waiting.start = waiting.start.moved(place)
      values.state = .waiting(waiting)
    case .stopping(var stopping):
      stopping.next = stopping.next.moved(place)
      if case .cleaning(let until, let cause) = stopping.phase { stopping.phase = .cleaning(until: until, cause.moved(place)) }
      values.state = .stopping(stopping)
    case .stopped, .starting, .running, .backoff, .completed, .failed:
      break
    }
    return values
  }
}

extension ServiceState.Next {
  fileprivate func moved(_ place: (ServiceID) -> ServiceID?) -> ServiceState.Next {
    if case .start(let start) = self { .start(start.moved(place)) } else { self }
  }
}

extension ServiceState.Start {
  fileprivate func moved(_ place: (ServiceID) -> ServiceID?) -> ServiceState.Start {
    switch self {
    case .first, .automatic: self
    case .planned(let reason, let cause): .planned(reason, cause.moved(place))
    case .forced(let start): .forced(start.moved(place))
    }
  }
}

extension Cause {
  /// The cause with the new numbers of services.
  fileprivate func moved(_ place: (ServiceID) -> ServiceID?) -> Cause {
    switch self {
    case .requestedFor(let id, let origin): place(id).map { .requestedFor($0, origin) } ?? .requested(origin)
    case .dependency(let id): place(id).map { .dependency($0) } ?? .sum
    case .requested, .shutdown, .spawned, .ready, .adopted, .remembered, .exited, .startFailed, .startTimedOut, .check, .unhealthy,
      .watchdog, .runtimeMax,
      .backoffElapsed, .barrier, .layersSettled, .reloaded, .restartLimit, .killed, .survived, .heartbeat, .sum:
      self
    }
  }
}
