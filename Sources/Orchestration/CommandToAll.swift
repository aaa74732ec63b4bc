// Commands to all services at once: all wishes first, then their steps.

/// The commands that concern every service. Each accepts, and names the services that it started or stopped.
enum CommandToAll {
  /// The initial start, of every enabled service.
  static func boot(_ core: inout Orchestrator, _ origin: Origin) -> CommandAnswer {
    guard core.fullStop == nil else { return .refused(.shuttingDown) }
    guard !core.settling.isBooted else { return Orchestrator.accepted }
    core.settling.isBooted = true
    // An earlier Stoker may have left what everything was to end with.
    core.endByItself()
    guard core.fullStop == nil else { return Orchestrator.accepted }
    for index in core.services.indices {
      core.mark(index)
      core.losing.add(index)
    }
    // The last wish of a person counts, else the file.
    let all = core.services.indices.filter { index in
      let standing = core.services[index].standing
      return !standing.isRetiring && core.services[index].wish ?? core.graph.services[index].isEnabled
        && standing.status == .stopped && !standing.isDesiredUp
    }
    let unwanted = core.services.indices.filter { core.services[$0].wish == false && core.services[$0].standing.isUnderWay }
    let cause = Cause.requested(origin)
    for index in all { core.feed(index) { $0.setWish(true, by: origin, cause: cause, at: $1) } }
    for index in unwanted { core.feed(index) { $0.setWish(false, by: nil, cause: .requested($0.values.desiredBy), at: $1) } }
    for index in all { core.start(index, .first, cause: cause) }
    for index in unwanted { core.feed(index) { $0.takeDown(.rest, order: nil, cause: $0.values.wishCause, at: $1) } }
    return Orchestrator.accepted
  }

  /// Starts every enabled service that is not up, and what they require. One that has completed is done.
  static func start(_ core: inout Orchestrator, _ origin: Origin) -> CommandAnswer {
    guard core.fullStop == nil else { return .refused(.shuttingDown) }
    let own = core.services.indices.filter { core.graph.services[$0].isEnabled && isDown($0, in: core) }
    var chosen = Set(own)
    for index in own {
      let required = core.graph.walk(from: index) { core.unmet(of: $0).map(\.index) }
      chosen.formUnion(required.filter { isDown($0, in: core) || core.services[$0].standing.status == .completed })
    }
    let order = core.graph.startupOrder.map(\.index).filter(chosen.contains)
    let cause = Cause.requested(origin)
    for index in order { core.feed(index) { $0.wantUp(by: origin, cause: cause, at: $1) } }
    for index in order { core.feed(index) { $0.raise(cause: cause, at: $1) } }
    return .accepted(alsoStarted: order.sorted().map { ServiceID($0) }, alsoStopped: [])
  }

  /// Stops every service: one that has completed, too, as it would run again with the next Stoker.
  static func stop(_ core: inout Orchestrator, _ origin: Origin) -> CommandAnswer {
    guard core.fullStop == nil else { return Orchestrator.accepted }
    let order = core.graph.shutdownOrder.map(\.index).filter {
      core.services[$0].standing.status != .stopped && !core.services[$0].standing.isRetiring
    }
    let cause = Cause.requested(origin)
    for index in order { core.feed(index) { $0.setWish(false, by: origin, cause: cause, at: $1) } }
    for index in order { core.feed(index) { $0.takeDown(.rest, order: .together, cause: cause, at: $1) } }
    return .accepted(alsoStarted: [], alsoStopped: order.sorted().map { ServiceID($0) })
  }

  /// Restarts every service that runs and is wanted.
  static func restart(_ core: inout Orchestrator, _ origin: Origin) -> CommandAnswer {
    guard core.fullStop == nil else { return .refused(.shuttingDown) }
    let order = core.graph.shutdownOrder.map(\.index).filter { index in
      let (standing, kind) = (core.services[index].standing, core.graph.services[index].kind)
      return standing.status == .running && standing.isDesiredUp && !standing.isStopDue && !standing.isRetiring
        && kind != .external && kind != .oneshot
    }
    let cause = Cause.requested(origin)
    for index in order { core.feed(index) { $0.restart(by: origin, order: .together, cause: cause, at: $1) } }
    return .accepted(alsoStarted: order.sorted().map { ServiceID($0) }, alsoStopped: [])
  }

  /// Whether a service is down and may be started: it is not wanted, or waits for its next attempt, or has failed.
  private static func isDown(_ index: Int, in core: Orchestrator) -> Bool {
    let standing = core.services[index].standing
    guard !standing.isRetiring else { return false }
    switch standing.status {
    case .stopped, .backoff, .failed: return true
    case .completed: return false
    case .waiting, .starting, .running, .stopping: return !standing.isDesiredUp
    }
  }
}
