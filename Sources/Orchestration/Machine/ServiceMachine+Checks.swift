// Results of checks: streaks, health and recovery (rules 1 to 3, 11).

extension ServiceMachine {
  // MARK: Inputs

  /// Requests a check now. `check`: the number of a new check.
  mutating func checkNow(_ check: UInt64) -> CheckNowAnswer {
    guard spec.check != nil else { return .noCheck(values.health) }
    let (answer, begun) = checks.checkNow(check)
    steps += begun
    return answer
  }

  /// Begins a requested check, for which there is room now.
  mutating func beginQueued(_ check: UInt64) {
    steps += checks.beginQueued(check, run: values.isExternal ? 0 : values.run)
  }

  /// Begins the scheduled check, which is due. `check`: its number.
  mutating func checkDue(_ check: UInt64, at moment: Moment) {
    steps += checks.scheduled(check, hasSucceeded: values.hasSucceeded, run: values.isExternal ? 0 : values.run, at: moment.now)
  }

  /// Takes the result of a probe; without one, nothing counts. A check that is not in flight any more is late, and dropped.
  mutating func checkFinished(_ check: UInt64, passed: Bool?, at moment: Moment) {
    guard let wasRequested = checks.finished(check) else { return }
    if wasRequested { steps += (passed == nil ? [.act(.abandonCheck(service, check: check))] : []) + [.requestedCheck(isOver: true)] }
    if let passed { applyResult(of: check, passed: passed, isRequested: wasRequested, at: moment) }
    if let queued = checks.queued { steps.append(.queueCheck(queued)) }
  }

  /// Takes the registry's answer to a check.
  mutating func heartbeatRead(_ check: UInt64, isFresh: Bool, isRequested: Bool, at moment: Moment) {
    applyResult(of: check, passed: isFresh, isRequested: isRequested, at: moment)
  }

  /// Counts a beat with the status `unhealthy` as a failed check (rule 30).
  mutating func unhealthyBeat(_ check: UInt64, at moment: Moment) {
    guard spec.check?.source == .heartbeat, checks.isOn else { return }
    applyResult(of: check, passed: false, isRequested: false, at: moment)
  }

  // MARK: Results

  mutating func startChecks(at moment: Moment) {
    guard spec.check != nil else { return }
    values.hasSucceeded = false
    steps += checks.start(at: moment.now)
  }

  /// Counts a result, sets the health, recovers an unhealthy service, and moves the schedule.
  private mutating func applyResult(of check: UInt64, passed: Bool, isRequested: Bool, at moment: Moment) {
    guard let policy = spec.check else { return }
    let isFirstSuccess = passed && !(values.hasSucceeded && !checks.isAfresh)
    let counts = checks.take(passed: passed, hasSucceeded: values.hasSucceeded, at: moment.now)
    values.count(passed: passed, counts: counts, at: moment.now)
    let (successes, failures) = (values.consecutiveSuccesses, values.consecutiveFailures)
    let health =
      counts ? policy.health(from: values.health, passed: passed, successes: successes, failures: failures) : values.health
    act(.recordCheck(service, check: check, passed: passed, health: health))
    let cause = Cause.check(passed: passed, streak: passed ? successes : failures)
    setHealth(health, cause: cause, at: moment)
    refresh(isFirstSuccess ? .dependents : [], at: moment)
    steps.append(.look(.itself))
    if passed, case .starting(let starting) = state {
      values.lastStartDuration = moment.now - starting.since
      enter(.running, cause: cause, at: moment)
    }
    steps += checks.goOn(isFirstSuccess: isFirstSuccess, isRequested: isRequested, hasSucceeded: values.hasSucceeded, at: moment.now)
    if !passed, counts, failures >= policy.failureThreshold, values.descent == nil { steps.append(.recover) }
  }
}
