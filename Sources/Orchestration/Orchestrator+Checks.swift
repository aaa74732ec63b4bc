// When checks go, one at a time for each service, and what asks for them.

extension Orchestrator {
  /// A check now, after any in flight; concurrent calls share it (rule 6). At most 64 are started at a time, the others wait here.
  public mutating func checkNow(_ id: ServiceID, at now: Instant) -> (CheckNow, [Action]) {
    begin(at: now)
    let index = id.index
    guard graph.services[index].check != nil else { return (.noCheck(services[index].values.health), conclude()) }
    let checking = services[index].checking
    guard checking.isOn else { return (.notRunning, conclude()) }
    if let queued = checking.queued { return (.pending(check: queued), conclude()) }
    if checking.isForced, let inFlight = checking.inFlight { return (.pending(check: inFlight), conclude()) }
    lastCheck += 1
    let check = lastCheck
    services[index].checking.queued = check
    if checking.inFlight == nil {
      forced.append(index, check: check)
      beginForced()
    }
    return (.pending(check: check), conclude())
  }

  /// A run (or an external service's watch) begins: its first check falls somewhere into the first start interval, by position in
  /// the file, so that many services started together are not checked in one instant.
  mutating func startChecks(_ index: Int) {
    guard graph.services[index].check != nil else { return }
    services[index].checking.isOn = true
    services[index].values.hasSucceeded = false
    services[index].checking.hasResult = false
    allowStartUp(index)
    schedule(index, at: now + firstStep(index) * (0.1 + 0.9 * Self.spread(index)))
  }

  /// From when on failures of a run that has just come up count, until its first success.
  mutating func allowStartUp(_ index: Int) {
    guard let policy = graph.services[index].check else { return }
    services[index].checking.countFrom = now + max(.zero, policy.startPeriod) + policy.interval
  }

  /// Its checks were switched off with the run still there, and are wanted again.
  mutating func resumeChecks(_ index: Int) {
    guard graph.services[index].check != nil, !services[index].checking.isOn else { return }
    services[index].checking.isOn = true
    schedule(index, at: now + firstStep(index))
  }

  /// Nobody is interested in results any more.
  mutating func stopChecks(_ index: Int) {
    guard services[index].checking.isOn else { return }
    let id = ServiceID(index)
    if let check = services[index].checking.inFlight {
      actions.append(.cancelCheck(id, check: check))
      if services[index].checking.isForced {
        actions.append(.abandonCheck(id, check: check))
        forced.ended()
      }
    }
    if let queued = services[index].checking.queued { actions.append(.abandonCheck(id, check: queued)) }
    services[index].checking.isOn = false
    services[index].checking.inFlight = nil
    services[index].checking.isForced = false
    services[index].checking.queued = nil
    timers.disarm(.check, index)
    beginForced()
  }

  /// The scheduled check is due. With one still under way it is skipped; after a long sleep the schedule goes on from now, without a burst.
  mutating func checkDue(_ index: Int) {
    guard let policy = graph.services[index].check, services[index].checking.isOn else { return }
    let step = services[index].values.hasSucceeded ? interval(policy.interval) : firstStep(index)
    let due = services[index].checking.due + step
    schedule(index, at: due > now ? due : now + step)
    if services[index].checking.inFlight == nil { beginCheck(index, nextCheck(), isForced: false) }
  }

  /// The answer of a probe; one that nobody waits for any more is late.
  mutating func checkFinished(_ index: Int, check: UInt64, passed: Bool) {
    guard services[index].checking.inFlight == check else { return }
    let wasForced = services[index].checking.isForced
    services[index].checking.inFlight = nil
    services[index].checking.isForced = false
    if wasForced { forced.ended() }
    conclude(index, check: check, passed: passed, isForced: wasForced)
    if let queued = services[index].checking.queued { forced.append(index, check: queued) }
    beginForced()
  }

  /// A beat that says `unhealthy` is a failed check (rule 30).
  mutating func checkByBeat(_ index: Int) {
    guard graph.services[index].check?.source == .heartbeat, services[index].checking.isOn else { return }
    conclude(index, check: nextCheck(), passed: false, isForced: false)
  }

  /// Begins what was asked for, as far as there is room.
  private mutating func beginForced() {
    while let (index, check) = forced.next() {
      // Given up since, or a scheduled one is under way: then it comes back when that one is done.
      guard services[index].checking.queued == check, services[index].checking.inFlight == nil else { continue }
      services[index].checking.queued = nil
      beginCheck(index, check, isForced: true)
    }
  }

  private mutating func beginCheck(_ index: Int, _ check: UInt64, isForced: Bool) {
    guard let policy = graph.services[index].check else { return }
    switch policy.source {
    case .probe:
      services[index].checking.inFlight = check
      services[index].checking.isForced = isForced
      if isForced { forced.began() }
      let run = graph.services[index].kind == .external ? 0 : services[index].values.run
      actions.append(.startCheck(ServiceID(index), check: check, run: run))
    case .heartbeat:
      conclude(index, check: check, passed: isBeatFresh(index), isForced: isForced)
    }
  }

  /// A result is in: it counts, and the schedule follows.
  private mutating func conclude(_ index: Int, check: UInt64, passed: Bool, isForced: Bool) {
    guard let policy = graph.services[index].check else { return }
    let wasFirstSuccess = passed && !services[index].values.hasSucceeded
    accept(index, check: check, passed: passed, policy)
    guard services[index].checking.isOn else { return }
    if wasFirstSuccess {
      schedule(index, at: now + interval(policy.interval) * (1 - Self.spread(index)))
    } else if isForced {
      schedule(index, at: now + (services[index].values.hasSucceeded ? interval(policy.interval) : firstStep(index)))
    }
  }

  private mutating func schedule(_ index: Int, at due: Instant) {
    services[index].checking.due = due
    timers.arm(.check, index, at: due)
  }

  private mutating func nextCheck() -> UInt64 {
    lastCheck += 1
    return lastCheck
  }

  /// From one check to the next until the run's first success (rule 1).
  private func firstStep(_ index: Int) -> Duration {
    guard let policy = graph.services[index].check else { return .seconds(1) }
    return interval(min(policy.startInterval, policy.interval))
  }

  /// No file may make the core spin.
  private func interval(_ duration: Duration) -> Duration {
    max(duration, .milliseconds(1))
  }

  /// In [0,1), far apart for neighbours: the golden ratio's multiples.
  private static func spread(_ index: Int) -> Double {
    let product = Double(index) * 0.618_033_988_749_894_9
    return product - Double(Int64(product))
  }
}
