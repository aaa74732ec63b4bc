// The orchestrator's part of the registry: timers and records.

extension Orchestrator {
  /// Registers a name or updates its registration, which is a sign of life like a beat. `timeToLive` nil: 180 s.
  /// `payload` is JSON text of 16 KiB at most.
  package mutating func register(
    _ name: String, type: String, timeToLive: Duration?, payload: String, by origin: Origin = .program, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard graph.id(named: name) == nil else { return (.failure(.configuredService), flush()) }
    let result = entries.register(name, type: type, timeToLive: timeToLive, payload: payload, at: self.now)
    return (take(result, of: name, .requested(origin)), flush())
  }

  /// Takes a beat of a registered name, with the status that it reports; `details` is JSON text of 16 KiB at most.
  /// `unhealthy` is a failed check of a service that is checked by heartbeat.
  package mutating func beat(
    _ name: String, status: RegistryEntry.Status?, details: String? = nil, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard (details ?? "").utf8.count <= Registry.payloadLimit else { return (.failure(.tooLarge), flush()) }
    guard let id = graph.id(named: name) else {
      return (take(entries.beat(name, status: status, details: details, at: self.now), of: name, .heartbeat), flush())
    }
    let isRevived = services[id.index].entry.beat(status, details: details, at: self.now)
    timers.disarm(.expiry, id.index)
    if isRevived { record(.registry(name: name, .revived), .heartbeat) }
    followEntry(id.index)
    if status == .unhealthy {
      let check = lastCheck + 1
      feed(id.index) { $0.unhealthyBeat(check, at: $1) }
    }
    return (.success(services[id.index].entry.entry), flush())
  }

  /// Removes a self-registered entry.
  package mutating func deregister(
    _ name: String, by origin: Origin = .program, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard graph.id(named: name) == nil else { return (.failure(.configuredService), flush()) }
    guard let entry = registry[name] else { return (.failure(.unknown), flush()) }
    remove(name, .deregistered, .requested(origin))
    return (.success(entry), flush())
  }

  /// Expires a self-registered entry whose time is over, and drops it at the second call.
  mutating func registrationDue(_ slot: Int) {
    guard let name = entries.name(at: slot) else { return }
    guard let change = entries.expire(name, slot: slot, at: now) else { return remove(name, .dropped, .heartbeat) }
    _ = take(.success(change), of: name, .heartbeat)
  }

  mutating func remove(_ name: String, _ change: Change.RegistryChange, _ cause: Cause) {
    if let slot = entries.remove(name) { timers.disarm(.registration, slot) }
    record(.registry(name: name, change), cause)
  }

  /// Records the changes of a registered entry, and sets its timer. `cause`: the cause of a registration; the cause of
  /// a revival is the beat.
  private mutating func take(
    _ result: Result<Registry.Update, RegistryRefusal>, of name: String, _ cause: Cause
  ) -> Result<RegistryEntry, RegistryRefusal> {
    result.map { update in
      for kind in update.changes { record(.registry(name: name, kind), kind == .revived ? .heartbeat : cause) }
      timers.arm(.registration, update.slot, at: update.due)
      return update.entry
    }
  }

  // MARK: Configured services

  /// Updates the entry of a configured service after a change of its standing.
  mutating func followEntry(_ index: Int) {
    let standing = services[index].standing
    let consequence = services[index].entry.follow(standing, graph.services[index], at: now)
    if consequence.isReset { timers.disarm(.expiry, index) }
    if consequence.isRevived { record(.registry(name: graph.services[index].name, .revived), .heartbeat) }
    if let due = consequence.expiry {
      if !timers.isArmed(.expiry, index) { timers.arm(.expiry, index, at: due) }
    } else {
      timers.disarm(.expiry, index)
    }
    entries.set(services[index].entry.entry, of: graph.services[index].name)
  }

  mutating func expiryDue(_ index: Int) {
    services[index].entry.expire()
    record(.registry(name: graph.services[index].name, .expired), .heartbeat)
    followEntry(index)
    touch(index)
  }
}
