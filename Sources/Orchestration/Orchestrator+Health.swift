// What a check's result means (rules 1 to 3, 11).

extension Orchestrator {
  /// Counts a result, draws the verdict, and does what the verdict asks for.
  mutating func accept(_ index: Int, check: UInt64, passed: Bool, _ policy: CheckPolicy) {
    let isFirstSuccess = passed && !services[index].values.hasSucceeded
    let counts = passed || services[index].values.hasSucceeded || now >= services[index].checking.countFrom
    note(index, passed: passed, counts: counts, policy)
    let health = counts ? verdict(index, passed: passed, policy) : services[index].values.health
    actions.append(.recordCheck(ServiceID(index), check: check, passed: passed, health: health))
    let streak = passed ? services[index].values.consecutiveSuccesses : services[index].values.consecutiveFailures
    setHealth(index, health, cause: .check(passed: passed, streak: streak))
    if isFirstSuccess { markDependents(of: index) }
    mark(index)
    if passed {
      if case .starting(let starting) = services[index].state {
        services[index].values.lastStartDuration = now - starting.since
        enter(index, .running, cause: .check(passed: true, streak: streak))
      }
    } else if counts {
      recover(index, policy)
    }
  }

  private mutating func note(_ index: Int, passed: Bool, counts: Bool, _ policy: CheckPolicy) {
    services[index].values.checks += 1
    services[index].values.lastCheckAt = now
    services[index].values.lastCheckPassed = passed
    services[index].values.uptime.record(passed: passed, at: now)
    services[index].checking.hasResult = true
    if passed {
      services[index].values.hasSucceeded = true
      services[index].values.consecutiveSuccesses += 1
      services[index].values.consecutiveFailures = 0
    } else {
      services[index].values.checkFailures += 1
      guard counts else { return }
      services[index].values.consecutiveFailures += 1
      services[index].values.consecutiveSuccesses = 0
      // Before the first success failures count at most once per interval.
      services[index].checking.countFrom = now + policy.interval
    }
  }

  /// One success lifts unknown and degraded; unhealthy needs its successes in a row; failures below the threshold only degrade.
  private func verdict(_ index: Int, passed: Bool, _ policy: CheckPolicy) -> Health {
    let values = services[index].values
    if passed {
      return values.health == .unhealthy && values.consecutiveSuccesses < policy.recoveryThreshold ? .unhealthy : .healthy
    }
    return values.health == .unhealthy || values.consecutiveFailures >= policy.failureThreshold ? .unhealthy : .degraded
  }

  /// This run's failures reached the threshold: unless the policy only reports, it goes down and the end is judged (rule 11).
  private mutating func recover(_ index: Int, _ policy: CheckPolicy) {
    let spec = graph.services[index]
    guard case .running = services[index].state, services[index].descent == nil, spec.kind != .external, policy.autoRecovery,
      spec.restart.rule != .never, services[index].values.consecutiveFailures >= policy.failureThreshold
    else { return }
    beginStop(index, .judge(.unhealthy), cause: .unhealthy)
    dragDependents(of: index)
  }
}
