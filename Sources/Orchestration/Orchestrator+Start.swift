// The way up: what blocks a start, and the start itself.

extension Orchestrator {
  /// How long optional dependencies are waited for, once everything required is there (rule 16).
  static let optionalWait = Duration.seconds(30)

  /// Starts now, or waits for what blocks it.
  mutating func start(_ index: Int, _ start: ServiceState.Start, cause: Cause) {
    var waiting = ServiceState.Waiting(start: start)
    let blockers = blockers(of: index, &waiting)
    guard let first = blockers.first else { return begin(index, start, cause: cause) }
    enter(index, .waiting(waiting), cause: first.reason == .barrier ? .barrier : .dependency(first.service))
    services[index].values.blockers = blockers
  }

  /// Something changed that it may have waited for.
  mutating func reconsider(_ index: Int) {
    guard case .waiting(var waiting) = services[index].state else { return }
    let before = waiting.optionalUntil
    let blockers = blockers(of: index, &waiting)
    guard blockers.isEmpty else {
      services[index].state = .waiting(waiting)
      if let until = waiting.optionalUntil, before == nil { timers.arm(.life, index, at: until) }
      services[index].values.blockers = blockers
      return
    }
    let last = services[index].values.blockers.first
    let cause: Cause = last.map { $0.reason == .barrier ? .barrier : .dependency($0.service) } ?? services[index].values.cause
    begin(index, waiting.start, cause: cause)
  }

  /// Nothing blocks the start: it begins.
  private mutating func begin(_ index: Int, _ start: ServiceState.Start, cause: Cause) {
    let isExternal = graph.services[index].kind == .external
    if !isExternal { services[index].values.run += 1 }
    services[index].values.consecutiveFailures = 0
    services[index].values.consecutiveSuccesses = 0
    services[index].values.hasSucceeded = false
    services[index].checking.hasResult = false
    switch start {
    case .first: break
    case .automatic(let ending):
      services[index].values.attempts += 1
      noteRestart(index, ending.restartReason, cause: ending.cause)
    case .planned(let reason, let cause):
      noteRestart(index, reason, cause: cause)
    }
    let spec = graph.services[index]
    var starting = ServiceState.Starting(since: now, phase: .spawning, deadline: now + spec.start.timeout)
    if isExternal {
      starting.phase = .watching
      enter(index, .starting(starting), cause: cause)
      startChecks(index)
    } else if spec.hooks.contains(.preStart) {
      starting.phase = .preparing
      enter(index, .starting(starting), cause: cause)
      runHook(index, .preStart)
    } else {
      spawn(index, starting, cause: cause)
    }
  }

  /// The only place where a spawn is asked for.
  mutating func spawn(_ index: Int, _ starting: ServiceState.Starting, cause: Cause) {
    enter(index, .starting(starting), cause: cause)
    actions.append(.spawn(ServiceID(index), run: services[index].values.run))
  }

  /// The only place where a restart is counted, and said.
  private mutating func noteRestart(_ index: Int, _ reason: RestartReason, cause: Cause) {
    services[index].values.restarts[reason] += 1
    services[index].values.lastRestart = now
    services[index].values.lastRestartReason = reason
    let (run, attempt) = (services[index].values.run, services[index].values.attempts)
    record(.restarted(ServiceID(index), run: run, reason: reason, attempt: attempt), cause)
  }

  /// The exec succeeded.
  mutating func spawned(_ index: Int, run: UInt64) {
    guard run == services[index].values.run else { return }
    switch services[index].state {
    case .starting(var starting) where starting.phase == .spawning:
      services[index].values.runStarted = now
      guard graph.services[index].start.isNotified else { return started(index, since: starting.since, cause: .spawned) }
      guard !starting.isReady else { return started(index, since: starting.since, cause: .ready) }
      starting.phase = .readying
      enter(index, .starting(starting), cause: .spawned)
    case .stopping(var stopping) where !stopping.isSpawned:
      // The stop came before the process did: what it could not be told then it is told now.
      stopping.isSpawned = true
      services[index].values.runStarted = now
      enter(index, .stopping(stopping), cause: services[index].values.cause)
      switch stopping.phase {
      case .asked, .prepared, .cleaned: actions.append(.signal(ServiceID(index), run: run, graph.services[index].stop.signal))
      case .killed, .leftOver: actions.append(.kill(ServiceID(index), run: run))
      }
    case .stopped, .waiting, .starting, .running, .backoff, .stopping, .completed, .failed:
      impossible(index, "spawned")
    }
  }

  /// What keeps it from starting at this moment, everything required first (rules 15, 16, 22). Begins the wait for optional ones.
  private func blockers(of index: Int, _ waiting: inout ServiceState.Waiting) -> [Blocker] {
    let edges = graph.services[index].dependencies
    let required = edges.filter { !$0.isOptional && !isMet($0) }.map { Blocker($0.service, .required($0.condition)) }
    if !required.isEmpty { return required }
    if let below = barrier(before: index) { return [Blocker(below, .barrier)] }
    if let until = waiting.optionalUntil, now >= until { return [] }
    let optional = edges.filter { $0.isOptional && isOnItsWay($0) }.map { Blocker($0.service, .optional($0.condition)) }
    if !optional.isEmpty, waiting.optionalUntil == nil { waiting.optionalUntil = now + Self.optionalWait }
    return optional
  }

  /// Rule 15. Whoever is about to go down meets nothing any more.
  func isMet(_ edge: Dependency) -> Bool {
    let service = services[edge.service.index]
    return service.descent == nil && service.values.meets(edge.condition, as: graph.services[edge.service.index])
  }

  /// Rule 16: worth waiting for.
  private func isOnItsWay(_ edge: Dependency) -> Bool {
    let service = services[edge.service.index]
    guard service.values.isDesiredUp, !isMet(edge) else { return false }
    switch service.state {
    case .failed: return false
    // Up already, and what is waited for is still to come: its first success, or its end.
    case .running: return service.descent != nil || edge.condition == .completed || !service.values.hasSucceeded
    case .stopped, .waiting, .starting, .backoff, .stopping, .completed: return true
    }
  }
}
