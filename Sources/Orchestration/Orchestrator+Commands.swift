// What people ask for: wishes first, then deeds (rules 18 to 20, 24, 25).

extension Orchestrator {
  mutating func carryOut(_ command: Command, _ origin: Origin) -> Verdict {
    switch command {
    case .boot: boot(origin)
    case .start(let id, let force): bringUp(id.index, force: force, origin)
    case .stop(let id, let mode): stop(id.index, mode, origin)
    case .restart(let id, let force): restart(id.index, force: force, origin)
    case .shutdown: shutdown(origin)
    case .killAll: killAll(origin)
    }
  }

  /// The initial start: everything that is enabled.
  private mutating func boot(_ origin: Origin) -> Verdict {
    guard fullStop == nil else { return .refused(.shuttingDown) }
    guard !settling.isBooted else { return .accepted(alsoStarted: [], alsoStopped: []) }
    settling.isBooted = true
    for index in services.indices { mark(index) }
    let all = services.indices.filter { isWantedAtBoot($0) && services[$0].state.status == .stopped && !services[$0].values.isDesiredUp }
    let unwanted = services.indices.filter { services[$0].wish == false && services[$0].state.isUnderWay }
    for index in all { setDesired(index, true, by: origin, cause: .requested(origin)) }
    for index in unwanted { setDesired(index, false, by: services[index].values.desiredBy, cause: .remembered) }
    for index in all { start(index, .first, cause: .requested(origin)) }
    for index in unwanted { takeDown(index, .rest, order: nil, cause: .remembered) }
    return .accepted(alsoStarted: [], alsoStopped: [])
  }

  /// Rule 18: the service and the stopped ones that it requires.
  private mutating func bringUp(_ index: Int, force: Bool, _ origin: Origin) -> Verdict {
    guard fullStop == nil else { return .refused(.shuttingDown) }
    guard !services[index].values.isRetiring else { return .refused(.beingRemoved) }
    let nothing = Verdict.accepted(alsoStarted: [], alsoStopped: [])
    if services[index].state.isUnderWay, services[index].values.isDesiredUp { return nothing }
    if case .failed(byLimit: true) = services[index].state, !force { return .refused(.restartLimitExceeded) }
    let (pulled, failed) = pulled(by: index)
    guard failed.isEmpty else { return .refused(.dependencyFailed(failed)) }
    let also = Cause.requestedFor(ServiceID(index), origin)
    for dependency in pulled { wish(dependency, origin, cause: also) }
    wish(index, origin, cause: .requested(origin))
    for dependency in pulled { raise(dependency, cause: also) }
    raise(index, cause: .requested(origin))
    return .accepted(alsoStarted: pulled.map { ServiceID($0) }, alsoStopped: [])
  }

  /// Required dependencies that are unmet: those that nobody wants (dependencies first), and those that have failed.
  private func pulled(by index: Int) -> (pulled: [Int], failed: [ServiceID]) {
    var seen: Set<Int> = [index]
    var queue = [index]
    var next = 0
    var pulled: [Int] = []
    var failed: [ServiceID] = []
    while next < queue.count {
      let dependent = queue[next]
      next += 1
      for edge in graph.services[dependent].dependencies where !edge.isOptional && !isMet(edge) {
        let dependency = edge.service.index
        guard seen.insert(dependency).inserted else { continue }
        if case .failed = services[dependency].state {
          failed.append(edge.service)
          continue
        }
        if !services[dependency].values.isDesiredUp { pulled.append(dependency) }
        queue.append(dependency)
      }
    }
    return (pulled.sorted { (graph.layers[$0], $0) < (graph.layers[$1], $1) }, failed.sorted())
  }

  mutating func wish(_ index: Int, _ origin: Origin, cause: Cause) {
    setDesired(index, true, by: origin, cause: cause)
    // After a manual start nothing is known until the first result (rule 3).
    if !services[index].state.isUnderWay { setHealth(index, .unknown, cause: cause) }
  }

  /// The deed of a start, whatever is under way: the last command wins.
  mutating func raise(_ index: Int, cause: Cause) {
    switch services[index].state {
    case .stopped, .completed, .failed:
      start(index, .first, cause: cause)
    case .waiting(var waiting):
      if case .automatic = waiting.start { waiting.start = .planned(.manual, cause) }
      services[index].state = .waiting(waiting)
      mark(index)
    case .backoff:
      start(index, .planned(.manual, cause), cause: cause)
    case .starting, .running:
      // A stop was decided and has not begun: it does not.
      guard services[index].descent != nil else { return }
      services[index].descent = nil
      if case .running = services[index].state {
        if graph.services[index].check == nil { setHealth(index, .healthy, cause: cause) }
        // It may have come due meanwhile, without effect.
        if !timers.isArmed(.watchdog, index) { armWatchdog(index) }
      }
      if services[index].state.status == .running || graph.services[index].kind == .external { resumeChecks(index) }
      refresh(index)
      mark(index)
      markDependents(of: index)
      markDescending(index)
    case .stopping(var stopping):
      switch stopping.next {
      case .rest: stopping.next = .start(.first)
      case .judge: stopping.next = .start(.planned(.manual, cause))
      case .start(.automatic): stopping.next = .start(.planned(.manual, cause))
      case .start: return
      }
      services[index].state = .stopping(stopping)
    }
  }

  /// Rule 19.
  private mutating func stop(_ index: Int, _ mode: Command.StopMode, _ origin: Origin) -> Verdict {
    guard fullStop == nil, services[index].state.status != .stopped else { return .accepted(alsoStarted: [], alsoStopped: []) }
    let requested = Cause.requested(origin)
    switch mode {
    case .refuse:
      let live = graph.requiredDependents[index].filter { services[$0.index].isLiveAndWanted }
      guard live.isEmpty else { return .refused(.requiredBy(live)) }
      lower(index, order: .requiring, origin, cause: requested)
      return .accepted(alsoStarted: [], alsoStopped: [])
    case .force:
      lower(index, order: nil, origin, cause: requested)
      return .accepted(alsoStarted: [], alsoStopped: [])
    case .cascade:
      let others = wantedDependents(requiring: index)
      let also = Cause.requestedFor(ServiceID(index), origin)
      for dependent in others { setDesired(dependent, false, by: origin, cause: also) }
      setDesired(index, false, by: origin, cause: requested)
      for dependent in others { takeDown(dependent, .rest, order: .requiring, cause: also) }
      takeDown(index, .rest, order: .requiring, cause: requested)
      return .accepted(alsoStarted: [], alsoStopped: others.map { ServiceID($0) })
    }
  }

  private mutating func lower(_ index: Int, order: Service.Order?, _ origin: Origin, cause: Cause) {
    setDesired(index, false, by: origin, cause: cause)
    takeDown(index, .rest, order: order, cause: cause)
  }

  /// Everything that requires it and is wanted, directly or through others, in the order of a stop.
  private func wantedDependents(requiring index: Int) -> [Int] {
    var seen: Set<Int> = [index]
    var queue = [index]
    var next = 0
    while next < queue.count {
      let dependency = queue[next]
      next += 1
      for dependent in graph.requiredDependents[dependency] where services[dependent.index].values.isDesiredUp {
        if seen.insert(dependent.index).inserted { queue.append(dependent.index) }
      }
    }
    return queue.dropFirst().sorted { (graph.layers[$0], $0) > (graph.layers[$1], $1) }
  }

  /// Rule 20: down, then up again; of one that is not up, a start. Those that come while one is under way join it.
  private mutating func restart(_ index: Int, force: Bool, _ origin: Origin) -> Verdict {
    guard fullStop == nil else { return .refused(.shuttingDown) }
    guard !services[index].values.isRetiring else { return .refused(.beingRemoved) }
    guard graph.services[index].kind != .external else { return .refused(.external) }
    let cause = Cause.requested(origin)
    let joined = Verdict.accepted(alsoStarted: [], alsoStopped: [])
    switch services[index].state {
    case .stopped, .completed, .failed, .stopping:
      return bringUp(index, force: force, origin)
    case .waiting, .backoff, .starting, .running:
      break
    }
    let unmet = graph.services[index].dependencies.filter { !$0.isOptional && !isMet($0) }.map(\.service)
    guard unmet.isEmpty else { return .refused(.dependencyUnmet(unmet)) }
    guard services[index].state.isUnderWay else { return bringUp(index, force: force, origin) }
    // What is being started is as new as a restart could make it.
    if services[index].values.isDesiredUp, services[index].descent != nil || services[index].state.status == .starting {
      services[index].values.attempts = 0
      refresh(index)
      return joined
    }
    setDesired(index, true, by: origin, cause: cause)
    setHealth(index, .unknown, cause: cause)
    dragDependents(of: index)
    takeDown(index, .start(.planned(.manual, cause)), order: .linked, cause: cause)
    return joined
  }
}

extension Service {
  /// Starting, running, or stopping to come back.
  fileprivate var isLiveAndWanted: Bool {
    values.isDesiredUp && state.occupies
  }
}
