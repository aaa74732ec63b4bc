// Results of checks: streaks, verdicts and recovery (rules 1 to 3, 11).

extension ServiceMachine {
  // MARK: Inputs

  /// Somebody asks for a check now. `check`: the number that a new one gets.
  mutating func checkNow(_ check: UInt64) -> (CheckNow, [MachineStep]) {
    spec.check == nil ? (.noCheck(values.health), []) : checks.checkNow(check)
  }

  /// There is room for a check that somebody asked for.
  mutating func beginQueued(_ check: UInt64) -> [MachineStep] {
    checks.beginQueued(check, run: values.isExternal ? 0 : values.run)
  }

  /// The scheduled check is due; `check`: its number, should it begin.
  mutating func checkDue(_ check: UInt64, at moment: Moment) -> [MachineStep] {
    checks.scheduled(check, hasSucceeded: values.hasSucceeded, run: values.isExternal ? 0 : values.run, at: moment.now)
  }

  /// The answer of a probe; one that nobody waits for any more is late.
  mutating func checkFinished(_ check: UInt64, passed: Bool, at moment: Moment) -> [MachineStep] {
    guard let wasForced = checks.finished(check) else { return [] }
    if wasForced { steps.append(.forcedCheck(isOver: true)) }
    accept(check, passed: passed, isForced: wasForced, at: moment)
    if let queued = checks.queued { steps.append(.queueCheck(queued)) }
    return taken()
  }

  /// The registry has answered the check.
  mutating func heartbeatRead(_ check: UInt64, isFresh: Bool, isForced: Bool, at moment: Moment) -> [MachineStep] {
    accept(check, passed: isFresh, isForced: isForced, at: moment)
    return taken()
  }

  /// A beat that says `unhealthy` is a failed check (rule 30).
  mutating func unhealthyBeat(_ check: UInt64, at moment: Moment) -> [MachineStep] {
    guard spec.check?.source == .heartbeat, checks.isOn else { return [] }
    accept(check, passed: false, isForced: false, at: moment)
    return taken()
  }

  // MARK: Results

  mutating func startChecks(at moment: Moment) {
    guard spec.check != nil else { return }
    values.hasSucceeded = false
    steps += checks.start(at: moment.now)
  }

  /// Counts a result, draws the verdict, and does what the verdict asks for; the schedule follows.
  private mutating func accept(_ check: UInt64, passed: Bool, isForced: Bool, at moment: Moment) {
    guard let policy = spec.check else { return }
    let isFirstSuccess = passed && !values.hasSucceeded
    let counts = passed || values.hasSucceeded || moment.now >= checks.countFrom
    checks.hasResult = true
    values.count(passed: passed, counts: counts, at: moment.now)
    // Before the first success failures count at most once per interval.
    if !passed, counts { checks.countFrom = moment.now + policy.interval }
    let (successes, failures) = (values.consecutiveSuccesses, values.consecutiveFailures)
    let health =
      counts ? policy.verdict(on: values.health, passed: passed, successes: successes, failures: failures) : values.health
    act(.recordCheck(service, check: check, passed: passed, health: health))
    let cause = Cause.check(passed: passed, streak: passed ? successes : failures)
    setHealth(health, cause: cause, at: moment)
    became(isFirstSuccess ? .dependents : [], at: moment)
    steps.append(.look(.itself))
    if passed, case .starting(let starting) = state {
      values.lastStartDuration = moment.now - starting.since
      enter(.running, cause: cause, at: moment)
    } else if !passed, counts {
      recover(policy, at: moment)
    }
    steps += checks.goOn(isFirstSuccess: isFirstSuccess, isForced: isForced, hasSucceeded: values.hasSucceeded, at: moment.now)
  }

  /// This run's failures reached the threshold: unless the policy only reports, it goes down and the end is judged (rule 11).
  private mutating func recover(_ policy: CheckPolicy, at moment: Moment) {
    guard case .running = state, values.descent == nil, !values.isExternal, policy.autoRecovery, spec.restart.rule != .never,
      values.consecutiveFailures >= policy.failureThreshold
    else { return }
    beginStop(.judge(.unhealthy), cause: .unhealthy, at: moment)
    steps.append(.drag)
  }
}
