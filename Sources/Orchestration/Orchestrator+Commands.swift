// Commands: all wishes first, then their steps (rules 18 to 20, 24, 25).

extension Orchestrator {
  mutating func carryOut(_ command: Command, _ origin: Origin) -> CommandAnswer {
    switch command {
    case .boot: CommandToAll.boot(&self, origin)
    case .start(let id, _): bringUp(id.index, origin)
    case .stop(let id, let mode): stop(id.index, mode, origin)
    case .restart(let id, let force): restart(id.index, force: force, origin)
    case .reload(let id): feed(services[id.index].machine) { $0.request(.reload, by: origin, at: $1) }
    case .signal(let id, let signal, let scope):
      feed(services[id.index].machine) { machine, _ in machine.requestSignal(signal, scope, by: origin) }
    case .startAll: CommandToAll.start(&self, origin)
    case .stopAll: CommandToAll.stop(&self, origin)
    case .restartAll: CommandToAll.restart(&self, origin)
    case .shutdown: shutdown(origin)
    case .killAll: killAll(origin)
    }
  }

  static let accepted = CommandAnswer.accepted(alsoStarted: [], alsoStopped: [])

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
      self.unmet(of: dependent, named: { $0.candidates { services[$0].standing } }).map(\.index).filter { dependency in
        guard services[dependency].standing.status == .failed else { return true }
        if !failed.contains(ServiceID(dependency)) { failed.append(ServiceID(dependency)) }
        return false
      }
    }
    let pulled = unmet.filter { !services[$0].standing.isDesiredUp }
    return (pulled.sorted { (graph.layers[$0], $0) < (graph.layers[$1], $1) }, failed.sorted())
  }

  /// The required dependencies of a service, and of the oneshots that have completed for it, that do not meet their conditions.
  func unmet(of index: Int, named: (ArraySlice<Dependency>) -> ArraySlice<Dependency> = { $0 }) -> [ServiceID] {
    graph.lost(to: index, isMet: { isMet($0) }, hasCompleted: { hasCompleted($0) }, named: named).map(\.service)
  }

  private func hasCompleted(_ index: Int) -> Bool { services[index].standing.status == .completed }

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
          && !graph.isSpared(dependent.index, without: [index], isMet: { isMet($0) }, hasCompleted: { hasCompleted($0) })
      }
      guard live.isEmpty || mode == .force else { return .refused(.requiredBy(live)) }
      feed(index) { $0.setWish(false, by: origin, cause: requested, at: $1) }
      feed(index) { $0.takeDown(.rest, order: mode == .force ? nil : .requiring, cause: requested, at: $1) }
      return Self.accepted
    case .cascade:
      // The wanted services that require it, directly or through others, in the order of a stop.
      var falling: Set<Int> = []
      let others = graph.walk(from: index) { dependency in
        falling.insert(dependency)
        return graph.requiredDependents[dependency].map(\.index).filter {
          services[$0].standing.isDesiredUp
            && !graph.isSpared($0, without: falling, isMet: { isMet($0) }, hasCompleted: { hasCompleted($0) })
        }
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
  /// joins it. A running service is checked first, if its reload has a check.
  private mutating func restart(_ index: Int, force: Bool, isChecked: Bool = false, _ origin: Origin) -> CommandAnswer {
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
    if !force, !isChecked, graph.services[index].checksRestart(machines[place(of: index)].values) {
      return feed(services[index].machine) { $0.request(.restart, by: origin, at: $1) }
    }
    feed(index) { $0.restart(by: origin, isForced: isForced, cause: .requested(origin), at: $1) }
    return Self.accepted
  }

  /// Restarts a service whose check has passed.
  mutating func restartChecked(_ index: Int, _ origin: Origin) {
    guard case .refused(let refusal) = restart(index, force: false, isChecked: true, origin) else { return }
    record(.serviceReloaded(ServiceID(index), run: machines[place(of: index)].values.run, .restart, .refused(refusal)), .requested(origin))
  }
}
