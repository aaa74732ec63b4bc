// The orchestrator's side of the registry: timers and records.

extension Orchestrator {
  /// Registers a name or updates its registration; that is a sign of life like a beat. `timeToLive` nil: 180 s. `payload` is JSON text of
  /// 16 KiB at most.
  package mutating func register(
    _ name: String, type: String, timeToLive: Duration?, payload: String, by origin: Origin = .program, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard graph.id(named: name) == nil else { return (.failure(.configuredService), flush()) }
    let result = entries.register(name, type: type, timeToLive: timeToLive, payload: payload, at: self.now)
    return (take(result, of: name, .requested(origin)), flush())
  }

  /// A beat of a registered name, with what it says of itself; `details` is JSON text of 16 KiB at most, and `unhealthy` is a failed check
  /// of a service that is checked by heartbeat.
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
      tell(id.index) { $0.unhealthyBeat(check, at: $1) }
    }
    return (.success(services[id.index].entry.entry), flush())
  }

  /// Takes a self-registered entry out.
  package mutating func deregister(
    _ name: String, by origin: Origin = .program, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard graph.id(named: name) == nil else { return (.failure(.configuredService), flush()) }
    guard let entry = registry[name] else { return (.failure(.unknown), flush()) }
    remove(name, .deregistered, .requested(origin))
    return (.success(entry), flush())
  }

  /// A self-registered entry's time is up: first it expires, then it is dropped.
  mutating func registrationDue(_ slot: Int) {
    guard let name = entries.name(at: slot) else { return }
    guard let change = entries.expire(name, slot: slot, at: now) else { return remove(name, .dropped, .heartbeat) }
    _ = take(.success(change), of: name, .heartbeat)
  }

  mutating func remove(_ name: String, _ change: Change.RegistryChange, _ cause: Cause) {
    if let slot = entries.remove(name) { timers.disarm(.registration, slot) }
    record(.registry(name: name, change), cause)
  }

  /// Tells what became of a registered entry, and sets its timer. `cause`: of a registration; that of a revival is the beat.
  private mutating func take(
    _ result: Result<Registry.Update, RegistryRefusal>, of name: String, _ cause: Cause
  ) -> Result<RegistryEntry, RegistryRefusal> {
    result.map { change in
      for told in change.told { record(.registry(name: name, told), told == .revived ? .heartbeat : cause) }
      timers.arm(.registration, change.slot, at: change.due)
      return change.entry
    }
  }

  // MARK: Configured services

  /// The entry follows what became of the service.
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
