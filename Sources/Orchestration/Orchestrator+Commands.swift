// Commands: all wishes first, then their steps (rules 18 to 20, 24, 25).

extension Orchestrator {
  mutating func carryOut(_ command: Command, _ origin: Origin) -> CommandAnswer {
    switch command {
    case .boot: boot(origin)
    case .start(let id, _): bringUp(id.index, origin)
    case .stop(let id, let mode): stop(id.index, mode, origin)
    case .restart(let id, let force): restart(id.index, force: force, origin)
    case .shutdown: shutdown(origin)
    case .killAll: killAll(origin)
    }
  }

  static let accepted = CommandAnswer.accepted(alsoStarted: [], alsoStopped: [])

  /// The initial start, of every enabled service.
  private mutating func boot(_ origin: Origin) -> CommandAnswer {
    guard fullStop == nil else { return .refused(.shuttingDown) }
    guard !settling.isBooted else { return Self.accepted }
    settling.isBooted = true
    for index in services.indices {
      mark(index)
      losing.add(index)
    }
    // The last wish of a person counts, else the file.
    let all = services.indices.filter { index in
      let standing = services[index].standing
      return !standing.isRetiring && services[index].wish ?? graph.services[index].isEnabled
        && standing.status == .stopped && !standing.isDesiredUp
    }
    let unwanted = services.indices.filter { services[$0].wish == false && services[$0].standing.isUnderWay }
    let cause = Cause.requested(origin)
    for index in all { feed(index) { $0.setWish(true, by: origin, cause: cause, at: $1) } }
    for index in unwanted { feed(index) { $0.setWish(false, by: nil, cause: .requested($0.values.desiredBy), at: $1) } }
    for index in all { start(index, .first, cause: cause) }
    for index in unwanted { feed(index) { $0.takeDown(.rest, order: nil, cause: $0.values.wishCause, at: $1) } }
    return Self.accepted
  }

  /// Starts the service and the stopped services that it requires (rule 18).
  /// - Parameter isForced: Whether its dependencies do not count.
  private mutating func bringUp(_ index: Int, isForced: Bool = false, _ origin: Origin) -> CommandAnswer {
    guard fullStop == nil else { return .refused(.shuttingDown) }
    let standing = services[index].standing
    guard !standing.isRetiring else { return .refused(.beingRemoved) }
    if standing.isUnderWay, standing.isDesiredUp { return Self.accepted }
    let (pulled, failed) = isForced ? ([], []) : pulled(by: index)
    guard failed.isEmpty else { return .refused(.dependencyFailed(failed)) }
    let also = Cause.requestedFor(ServiceID(index), origin)
    for dependency in pulled { feed(dependency) { $0.wantUp(by: origin, cause: also, at: $1) } }
    feed(index) { $0.wantUp(by: origin, cause: .requested(origin), at: $1) }
    for dependency in pulled { feed(dependency) { $0.raise(cause: also, at: $1) } }
    feed(index) { $0.raise(isForced: isForced, cause: .requested(origin), at: $1) }
    return .accepted(alsoStarted: pulled.map { ServiceID($0) }, alsoStopped: [])
  }

  /// The required dependencies that are unmet, directly and through completed oneshots: the ones that are not wanted (dependencies first),
  /// and the ones that have failed.
  private func pulled(by index: Int) -> (pulled: [Int], failed: [ServiceID]) {
    var failed: [ServiceID] = []
    let unmet = graph.walk(from: index) { dependent in
      self.unmet(of: dependent).map(\.index).filter { dependency in
        guard services[dependency].standing.status == .failed else { return true }
        if !failed.contains(ServiceID(dependency)) { failed.append(ServiceID(dependency)) }
        return false
      }
    }
    let pulled = unmet.filter { !services[$0].standing.isDesiredUp }
    return (pulled.sorted { (graph.layers[$0], $0) < (graph.layers[$1], $1) }, failed.sorted())
  }

  /// The required dependencies of a service, and of the oneshots that have completed for it, that do not meet their conditions.
  private func unmet(of index: Int) -> [ServiceID] {
    graph.lost(to: index, isMet: { isMet($0) }, hasCompleted: { services[$0].standing.status == .completed }).map(\.service)
  }

  /// Stops the service, with or without its dependents (rule 19).
  private mutating func stop(_ index: Int, _ mode: Command.StopMode, _ origin: Origin) -> CommandAnswer {
    let isStopped = services[index].standing.status == .stopped
    // Dependents of a stopped service may run all the same.
    guard fullStop == nil, !isStopped || mode == .cascade else { return Self.accepted }
    let requested = Cause.requested(origin)
    switch mode {
    case .refuse, .force:
      let live = graph.requiredDependents[index].filter { dependent in
        services[dependent.index].standing.isDesiredUp && services[dependent.index].standing.occupies
      }
      guard live.isEmpty || mode == .force else { return .refused(.requiredBy(live)) }
      feed(index) { $0.setWish(false, by: origin, cause: requested, at: $1) }
      feed(index) { $0.takeDown(.rest, order: mode == .force ? nil : .requiring, cause: requested, at: $1) }
      return Self.accepted
    case .cascade:
      // The wanted services that require it, directly or through others, in the order of a stop.
      let others = graph.walk(from: index) { dependency in
        graph.requiredDependents[dependency].map(\.index).filter { services[$0].standing.isDesiredUp }
      }.sorted { (graph.layers[$0], $0) > (graph.layers[$1], $1) }
      let also = Cause.requestedFor(ServiceID(index), origin)
      for dependent in others { feed(dependent) { $0.setWish(false, by: origin, cause: also, at: $1) } }
      if !isStopped { feed(index) { $0.setWish(false, by: origin, cause: requested, at: $1) } }
      for dependent in others { feed(dependent) { $0.takeDown(.rest, order: .requiring, cause: also, at: $1) } }
      feed(index) { $0.takeDown(.rest, order: .requiring, cause: requested, at: $1) }
      return .accepted(alsoStarted: [], alsoStopped: others.map { ServiceID($0) })
    }
  }

  /// Takes the service down, then up again (rule 20); starts it if it is not up. A restart that comes during another
  /// joins it.
  private mutating func restart(_ index: Int, force: Bool, _ origin: Origin) -> CommandAnswer {
    guard fullStop == nil else { return .refused(.shuttingDown) }
    let standing = services[index].standing
    guard !standing.isRetiring else { return .refused(.beingRemoved) }
    guard graph.services[index].kind != .external else { return .refused(.external) }
    if machines[place(of: index)].values.isLimitReached, !force { return .refused(.restartLimitExceeded) }
    let unmet = self.unmet(of: index)
    let isForced = force && !unmet.isEmpty
    switch standing.status {
    case .stopped, .completed, .failed, .stopping: return bringUp(index, isForced: isForced, origin)
    case .waiting, .backoff, .starting, .running: break
    }
    guard unmet.isEmpty || force else { return .refused(.dependencyUnmet(unmet)) }
    guard standing.isUnderWay else { return bringUp(index, isForced: isForced, origin) }
    feed(index) { $0.restart(by: origin, isForced: isForced, cause: .requested(origin), at: $1) }
    return Self.accepted
  }
}
