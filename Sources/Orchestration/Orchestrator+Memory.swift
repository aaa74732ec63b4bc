// Going on where an earlier Stoker ended (rules 26, 33).

extension Orchestrator {
  /// Takes over what an earlier Stoker knew of a service. Before the boot.
  public mutating func remember(_ memory: Memory, of id: ServiceID, at now: Instant, jitter: () -> Double = { 0 }) -> [Action] {
    begin(at: now)
    let index = id.index
    services[index].wish = memory.wish
    services[index].values.run = max(services[index].values.run, memory.lastRun)
    services[index].values.lastRestart = memory.lastRestart?.at
    services[index].values.lastRestartReason = memory.lastRestart?.reason
    services[index].values.uptime = UptimeHistory(memory.uptime, at: now)
    if let counters = memory.counters {
      services[index].values.takeOver(counters)
      // They reach up to now.
      services[index].values.since = now
    }
    // The restarts that were used are used; of what is not wanted there are none.
    let attempts = memory.wish == false ? 0 : memory.attempts
    let origin: Origin = memory.wish == nil ? .boot : .earlier(memory.wishedBy)
    switch memory.standing {
    case .ended where memory.wish != false:
      setDesired(index, true, by: origin, cause: .exited(.unknown))
      services[index].values.attempts = attempts
      note(index, .unknown, isOurs: false, wasKilled: false)
      finish(index, .judge(.exit(.unknown)), cause: .exited(.unknown), jitter)
    case .remains:
      let isWanted = memory.wish != false
      setDesired(index, isWanted, by: origin, cause: .adopted)
      endRemains(index, of: .unknown, isWanted ? .judge(.exit(.unknown)) : .rest, cause: .adopted)
    case .gone, .ended:
      services[index].values.desiredBy = origin
      if memory.wish == false { services[index].values.cause = .requested(origin) }
    case .running(let since, let isReady):
      adopt(index, since: since, isReady: isReady, by: origin)
    case .completed:
      enter(index, .completed, cause: .remembered)
      setHealth(index, .healthy, cause: .remembered)
    case .failed where memory.wish == false:
      // Whoever stopped it was cut short: `stop` on failed gives stopped (rule 12).
      services[index].values.desiredBy = origin
      services[index].values.cause = .requested(origin)
    case .failed(let byLimit):
      setDesired(index, true, by: origin, cause: .remembered)
      services[index].values.isLimitReached = byLimit
      enter(index, .failed(byLimit: byLimit), cause: .remembered)
      setHealth(index, .unhealthy, cause: .remembered)
    }
    services[index].values.attempts = attempts
    refresh(index)
    return conclude()
  }

  /// A run that is there. That it is not wanted any more is noticed at the boot: whoever stopped it may have been cut short.
  private mutating func adopt(_ index: Int, since: Instant, isReady: Bool, by origin: Origin) {
    setDesired(index, true, by: origin, cause: .adopted)
    services[index].values.runStarted = since
    if isReady || !graph.services[index].start.isNotified {
      enter(index, .running, cause: .adopted)
      settleIn(index, cause: .adopted)
    } else {
      let deadline = now + graph.services[index].start.timeout
      enter(index, .starting(ServiceState.Starting(since: since, phase: .readying, deadline: deadline)), cause: .adopted)
    }
  }

  /// Whether a service is wanted at the boot: what a person last wanted, else what the file says.
  func isWantedAtBoot(_ index: Int) -> Bool {
    !services[index].values.isRetiring && services[index].wish ?? graph.services[index].isEnabled
  }
}
