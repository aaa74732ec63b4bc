// A reload: services are renumbered as the new file has them, and only what changed is touched.

extension Orchestrator {
  /// Puts another file in place. What did not change goes on as if nothing had happened: states, streaks, counters, timers, checks.
  ///
  /// Services that are taken out are stopped, dependents first, and stay in the graph until `Action.retired` says that nothing of them is
  /// left; then a reload without them lets go of them. Not in a full stop.
  public mutating func reload(_ reload: Reload, by origin: Origin, at now: Instant) -> [Action] {
    begin(at: now)
    guard fullStop == nil else { return conclude() }
    let before = graph
    let cause = Cause.reloaded(origin)
    renumber(reload, cause: cause)
    for index in services.indices where reload.rechecking.contains(ServiceID(index)) { recheck(index, cause: cause) }
    // Wishes first, then deeds.
    let order = graph.shutdownOrder.map(\.index)
    let leaving = order.filter { reload.retiring.contains(ServiceID($0)) && !services[$0].values.isRetiring }
    for index in leaving {
      setRetiring(index, true)
      setDesired(index, false, by: origin, cause: cause)
    }
    let returning = Set(services.indices.filter { services[$0].values.isRetiring && !reload.retiring.contains(ServiceID($0)) })
    for index in returning { setRetiring(index, false) }
    // Before the boot nothing is begun: the boot reads the file.
    guard settling.isBooted else {
      for index in leaving { takeDown(index, .rest, order: .requiring, cause: cause) }
      for index in services.indices { mark(index) }
      return conclude()
    }
    let switched = order.filter { index in
      guard !services[index].values.isRetiring else { return false }
      guard let old = reload.origins[index], !returning.contains(index) else { return true }
      return before[old].isEnabled != graph.services[index].isEnabled
    }
    let raised = switched.reversed().filter { graph.services[$0].isEnabled && !services[$0].values.isDesiredUp }
    let lowered = switched.filter { !graph.services[$0].isEnabled && services[$0].values.isDesiredUp }
    // Those that are started now are as the new file says already, and so are those that have waited for what goes now.
    let fresh = Set(raised.filter { !services[$0].state.isUnderWay })
    // Dependents before those that would drag them along: each has its own reason.
    let renewed = order.filter { index in
      reload.restarting.contains(ServiceID(index)) && !fresh.contains(index) && services[index].state.status != .waiting
    }
    for index in raised { wish(index, origin, cause: cause) }
    for index in lowered { setDesired(index, false, by: origin, cause: cause) }
    for index in leaving { takeDown(index, .rest, order: .requiring, cause: cause) }
    for index in lowered {
      // Those that require it and go down too go first; for those that stay it is as if it was stopped by force.
      let isHeld = graph.requiredDependents[index].contains { services[$0.index].values.isDesiredUp }
      takeDown(index, .rest, order: isHeld ? nil : .requiring, cause: cause)
    }
    // What is wanted again does not go down; then what can go begins to, before anything is started.
    for index in raised where !fresh.contains(index) { raise(index, cause: cause) }
    advanceMarked()
    // What is started now waits for what is about to be restarted.
    for index in renewed { renew(index, by: origin, cause: cause) }
    for index in raised where fresh.contains(index) { raise(index, cause: cause) }
    for index in services.indices { mark(index) }
    return conclude()
  }

  private mutating func setRetiring(_ index: Int, _ isRetiring: Bool) {
    services[index].hasRetired = false
    services[index].values.isRetiring = isRetiring
  }

  /// The present run is not what the file says any more: down, then up again, without an attempt. What has ended for good is tried anew.
  private mutating func renew(_ index: Int, by origin: Origin, cause: Cause) {
    // Who was not started by us is not restarted by us.
    guard graph.services[index].kind != .external else { return }
    let next = ServiceState.Start.planned(.reload, cause)
    switch services[index].state {
    case .starting, .running:
      guard services[index].values.isDesiredUp, services[index].descent == nil else { return }
      services[index].values.attempts = 0
      setHealth(index, .unknown, cause: cause)
      dragDependents(of: index)
      takeDown(index, .start(next), order: .linked, cause: cause)
    case .backoff, .failed:
      wish(index, origin, cause: cause)
      start(index, next, cause: cause)
    case .completed where graph.services[index].isEnabled && services[index].wish != false:
      wish(index, origin, cause: cause)
      start(index, next, cause: cause)
    case .stopping(var stopping):
      guard services[index].values.isDesiredUp else { return }
      services[index].values.attempts = 0
      // How the old run ended says nothing of the new one.
      if case .judge = stopping.next { stopping.next = .start(next) }
      services[index].state = .stopping(stopping)
    case .stopped, .completed, .waiting:
      // What comes next is what the file says now.
      return
    }
  }

  /// The check asks something else: the one under way counts no more, and the next follows the new schedule.
  private mutating func recheck(_ index: Int, cause: Cause) {
    stopChecks(index)
    let isUp = services[index].values.status == .running || graph.services[index].kind == .external && services[index].state.isUnderWay
    if isUp, !services[index].checking.hasResult { allowStartUp(index) }
    guard isUp, services[index].values.isDesiredUp else { return }
    if graph.services[index].check == nil {
      services[index].checking.hasResult = false
      services[index].values.hasSucceeded = false
      services[index].values.consecutiveFailures = 0
      services[index].values.consecutiveSuccesses = 0
      // Of one that somebody has restarted nothing is known until it is there.
      let isRenewed =
        switch services[index].descent?.next {
        case .start(.planned(.manual, _)), .start(.planned(.reload, _)): true
        case .rest, .start, .judge, nil: false
        }
      setHealth(index, isRenewed ? .unknown : .healthy, cause: cause)
    } else if services[index].checking.hasResult {
      resumeChecks(index)
    } else {
      // Healthy without a result: there was no check. What an earlier run was judged to be stays (rule 3).
      if services[index].values.health == .healthy { setHealth(index, .unknown, cause: cause) }
      startChecks(index)
    }
  }

  // MARK: Renumbering

  /// Gives every service its place in the new graph; nothing else changes.
  private mutating func renumber(_ reload: Reload, cause: Cause) {
    var places = Array(repeating: ServiceID?.none, count: services.count)
    for (index, old) in reload.origins.enumerated() { if let old { places[old.index] = ServiceID(index) } }
    let place: (ServiceID) -> ServiceID? = { places[$0.index] }
    for index in services.indices where places[index] == nil { letGo(index) }
    let (old, specs) = (services, graph.services)
    graph = reload.graph
    services = graph.services.indices.map { index in
      guard let origin = reload.origins[index] else {
        var service = Service(graph.services[index], ServiceID(index), reload.types[index], at: now)
        service.values.run = reload.lastRuns[ServiceID(index)] ?? 0
        return service
      }
      return old[origin.index].moved(to: ServiceID(index), spec: graph.services[index], type: reload.types[index], place)
    }
    timers.renumber(services.count) { places[$0]?.index }
    forced.renumber { places[$0]?.index }
    sums = Sums()
    for index in services.indices where services[index].state.occupies { countOccupation(index, by: 1) }
    if node.isInitialized { for index in services.indices { services[index].hasSettled = true } }
    settling = Settling(graph, booted: settling.isBooted) { services[$0].hasSettled }
    touched = []
    marked = []
    for index in services.indices {
      services[index].isTouched = false
      services[index].isMarked = false
      if let origin = reload.origins[index] {
        retime(index, from: specs[origin.index])
      } else if registrations.slot(of: graph.services[index].name) != nil {
        // What the file names does not register itself.
        remove(graph.services[index].name, .deregistered, cause)
      }
      refresh(index)
    }
  }

  /// What runs by times of the old file runs by those of the new one.
  private mutating func retime(_ index: Int, from old: ServiceSpec) {
    let spec = graph.services[index]
    if spec.restart.resetAfter != old.restart.resetAfter { timers.disarm(.reset, index) }
    if spec.heartbeat.timeout != old.heartbeat.timeout { timers.disarm(.expiry, index) }
    if spec.heartbeat.interval != old.heartbeat.interval, services[index].beatingSince != nil {
      services[index].entry = services[index].entry.current(at: now)
      services[index].entry.lastBeat = now
      services[index].entry.beats += 1
      services[index].entry.beatInterval = spec.heartbeat.interval
    }
  }

  /// A service that is gone, and that nothing is left of.
  private mutating func letGo(_ index: Int) {
    stopChecks(index)
    registry[graph.services[index].name] = nil
    isRegistryTouched = true
  }

  /// What was taken out of the file and has ended is said to be gone, once.
  mutating func tellRetired(_ index: Int) {
    guard services[index].values.isRetiring, !services[index].hasRetired else { return }
    switch services[index].state {
    case .stopped, .completed, .failed:
      services[index].hasRetired = true
      actions.append(.retired(ServiceID(index)))
    case .waiting, .starting, .running, .backoff, .stopping:
      return
    }
  }
}

extension Service {
  /// A service that nothing has happened to yet.
  init(_ spec: ServiceSpec, _ id: ServiceID, _ type: String, at now: Instant) {
    self.init(
      entry: RegistryEntry(
        service: id, payload: "", type: type, timeToLive: spec.heartbeat.timeout, lastBeat: nil, beats: 0, expirations: 0, status: .stopped,
        isAlive: false, beatInterval: nil))
    values.since = now
  }

  /// The same service at another place. Whatever names a service that is gone names none.
  fileprivate func moved(to id: ServiceID, spec: ServiceSpec, type: String, _ place: (ServiceID) -> ServiceID?) -> Service {
    var service = self
    service.occupied = (0, 0)
    service.counted = Counted()
    service.entry.service = id
    service.entry.type = type
    service.entry.timeToLive = spec.heartbeat.timeout
    service.values.cause = values.cause.moved(place)
    service.values.blockers = values.blockers.compactMap { blocker in place(blocker.service).map { Blocker($0, blocker.reason) } }
    if let descent { service.descent = Descent(next: descent.next.moved(place), order: descent.order, cause: descent.cause.moved(place)) }
    switch service.state {
    case .waiting(var waiting):
      waiting.start = waiting.start.moved(place)
      service.state = .waiting(waiting)
    case .stopping(var stopping):
      stopping.next = stopping.next.moved(place)
      if case .cleaned(let until, let cause) = stopping.phase { stopping.phase = .cleaned(until: until, cause.moved(place)) }
      service.state = .stopping(stopping)
    case .stopped, .starting, .running, .backoff, .completed, .failed:
      break
    }
    return service
  }
}

extension ServiceState.Next {
  fileprivate func moved(_ place: (ServiceID) -> ServiceID?) -> ServiceState.Next {
    if case .start(let start) = self { .start(start.moved(place)) } else { self }
  }
}

extension ServiceState.Start {
  fileprivate func moved(_ place: (ServiceID) -> ServiceID?) -> ServiceState.Start {
    if case .planned(let reason, let cause) = self { .planned(reason, cause.moved(place)) } else { self }
  }
}

extension Cause {
  /// The same cause with services as they are numbered now.
  fileprivate func moved(_ place: (ServiceID) -> ServiceID?) -> Cause {
    switch self {
    case .requestedFor(let id, let origin): place(id).map { .requestedFor($0, origin) } ?? .requested(origin)
    case .dependency(let id): place(id).map { .dependency($0) } ?? .sum
    case .requested, .shutdown, .spawned, .ready, .adopted, .remembered, .exited, .startFailed, .startTimedOut, .check, .unhealthy,
      .watchdog,
      .backoffElapsed, .barrier, .reloaded, .restartLimit, .killed, .survived, .heartbeat, .sum:
      self
    }
  }
}
