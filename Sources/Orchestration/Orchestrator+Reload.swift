// A reload: renumbers the services as in the new file, and touches only the ones that changed.

extension Orchestrator {
  /// Puts another file in place. A service that did not change goes on undisturbed: state, streaks, counters, timers,
  /// checks.
  ///
  /// Services that are taken out are stopped, dependents first. They stay in the graph until `Action.retired` reports
  /// that they have ended; then a reload without them removes them. In a full stop a reload does nothing.
  package mutating func reload(_ reload: Reload, by origin: Origin, at now: Instant) -> [Action] {
    begin(at: now)
    guard fullStop == nil else { return flush() }
    let before = graph
    if let exits = reload.exits { end.policy = exits }
    let cause = Cause.reloaded(origin)
    renumber(reload, cause: cause)
    for index in services.indices where reload.rechecking.contains(ServiceID(index)) {
      feed(index) { $0.recheck(cause: cause, at: $1) }
    }
    // Wishes first, then their steps.
    let order = graph.shutdownOrder.map(\.index)
    let leaving = order.filter { reload.retiring.contains(ServiceID($0)) && !services[$0].standing.isRetiring }
    for index in leaving {
      setRetiring(index, true)
      feed(index) { $0.setWish(false, by: origin, cause: cause, at: $1) }
    }
    let returning = Set(services.indices.filter { services[$0].standing.isRetiring && !reload.retiring.contains(ServiceID($0)) })
    for index in returning { setRetiring(index, false) }
    // Before the boot nothing is started: the boot follows the new file.
    guard settling.isBooted else {
      for index in leaving { feed(index) { $0.takeDown(.rest, order: .requiring, cause: cause, at: $1) } }
      for index in services.indices { mark(index) }
      return flush()
    }
    let switched = order.filter { index in
      guard !services[index].standing.isRetiring else { return false }
      guard let old = reload.origins[index], !returning.contains(index) else { return true }
      return before[old].isEnabled != graph.services[index].isEnabled
    }
    let raised = switched.reversed().filter { graph.services[$0].isEnabled && !services[$0].standing.isDesiredUp }
    let lowered = switched.filter { !graph.services[$0].isEnabled && services[$0].standing.isDesiredUp }
    // Services that start now follow the new file already, and so do services that waited for one that leaves.
    let fresh = Set(raised.filter { !services[$0].standing.isUnderWay })
    // Dependents before the services that would drag them along, so that each has its own reason.
    let renewed = order.filter { index in
      reload.restarting.contains(ServiceID(index)) && !fresh.contains(index) && services[index].standing.status != .waiting
    }
    for index in raised { feed(index) { $0.wantUp(by: origin, cause: cause, at: $1) } }
    for index in lowered { feed(index) { $0.setWish(false, by: origin, cause: cause, at: $1) } }
    for index in leaving { feed(index) { $0.takeDown(.rest, order: .requiring, cause: cause, at: $1) } }
    for index in lowered {
      // Dependents that go down too go first; for dependents that stay it is a forced stop.
      let isHeld = graph.requiredDependents[index].contains {
        services[$0.index].standing.isDesiredUp && services[$0.index].standing.occupies
      }
      feed(index) { $0.takeDown(.rest, order: isHeld ? nil : .requiring, cause: cause, at: $1) }
    }
    // Drops the stops of services that are wanted again, and begins the other stops, before any start.
    for index in raised where !fresh.contains(index) { feed(index) { $0.raise(cause: cause, at: $1) } }
    advanceMarked()
    // Services that start now wait for the ones that are about to be restarted.
    for index in renewed {
      let startsCompleted = graph.services[index].isEnabled && services[index].wish != false
      feed(index) { $0.renew(by: origin, startsCompleted: startsCompleted, cause: cause, at: $1) }
    }
    for index in raised where fresh.contains(index) { feed(index) { $0.raise(cause: cause, at: $1) } }
    for index in services.indices {
      mark(index)
      losing.add(index)
    }
    return flush()
  }

  private mutating func setRetiring(_ index: Int, _ isRetiring: Bool) {
    services[index].hasRetired = false
    services[index].standing.isRetiring = isRetiring
    machines[place(of: index)].values.isRetiring = isRetiring
  }

  /// Reports once that a service that was taken out of the file has ended.
  mutating func reportRetired(_ index: Int) {
    guard services[index].standing.isRetiring, !services[index].hasRetired else { return }
    switch services[index].standing.status {
    case .stopped, .completed, .failed:
      services[index].hasRetired = true
      actions.append(.retired(ServiceID(index)))
    case .waiting, .starting, .running, .backoff, .stopping:
      return
    }
  }

  // MARK: Renumbering

  /// Gives each service and its machine their places in the new graph; nothing else changes.
  private mutating func renumber(_ reload: Reload, cause: Cause) {
    let moves = Moves(of: services, reload)
    for index in services.indices where moves.place(of: ServiceID(index)) == nil { letGo(index) }
    let (old, specs) = (services, graph.services)
    graph = reload.graph
    services = moves.services(old, specs, at: now)
    machines = moves.machines(machines, of: old, at: now)
    let machinePlaces = moves.machinePlaces(old, services)
    timers.renumber(services.count) { kind, subject in
      kind == .expiry ? moves.place(of: ServiceID(subject))?.index : machinePlaces[MachineID(index: subject)]?.index
    }
    forced.renumber { machinePlaces[$0] }
    sums = Sums()
    end.recount()
    for index in services.indices where services[index].standing.occupies { countOccupation(index, by: 1) }
    for index in services.indices where services[index].standing.holdsRequired { countHold(index, by: 1) }
    if node.isInitialized { for index in services.indices { services[index].hasSettled = true } }
    settling = Settling(graph, booted: settling.isBooted) { services[$0].hasSettled }
    touched = ServiceQueue(count: services.count)
    marked = ServiceQueue(count: services.count)
    losing = ServiceQueue(count: services.count)
    for index in services.indices {
      if let origin = reload.origins[index] {
        retime(index, from: specs[origin.index])
      } else {
        // The name of a configured service cannot be registered.
        if entries.slot(of: graph.services[index].name) != nil { remove(graph.services[index].name, .deregistered, cause) }
        follow(index)
      }
    }
  }

  /// Adapts timers to the times of the new file.
  private mutating func retime(_ index: Int, from old: ServiceSpec) {
    if graph.services[index].heartbeat.timeout != old.heartbeat.timeout { timers.disarm(.expiry, index) }
    feed(index) { $0.retime(from: old, at: $1) }
  }

  /// Removes a service that has ended.
  private mutating func letGo(_ index: Int) {
    feed(index) { machine, _ in machine.letGo() }
    _ = entries.remove(graph.services[index].name)
  }
}
