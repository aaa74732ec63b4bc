// The registry: what registers itself, and what Stoker beats for (rule 30; http-api.md, "The registry's rules").

extension Orchestrator {
  /// Registers a name or updates its registration; that is a sign of life like a beat. `timeToLive` nil: 180 s. `payload` is JSON text of
  /// 16 KiB at most.
  public mutating func register(
    _ name: String, type: String, timeToLive: Duration?, payload: String, by origin: Origin = .program, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard graph.id(named: name) == nil else { return (.failure(.configuredService), conclude()) }
    guard payload.utf8.count <= Registrations.payloadLimit else { return (.failure(.tooLarge), conclude()) }
    let old = registry[name]
    guard old != nil || registrations.count < Registrations.limit else { return (.failure(.tooMany), conclude()) }
    let slot = registrations.slot(of: name) ?? registrations.insert(name)
    var entry =
      old
      ?? RegistryEntry(
        service: nil, payload: "", type: "", timeToLive: .zero, lastBeat: nil, beats: 0, expirations: 0, status: .unknown, isAlive: true,
        beatInterval: nil)
    entry.payload = payload
    entry.type = type
    entry.timeToLive = max(.milliseconds(1), timeToLive ?? Registrations.defaultTimeToLive)
    record(.registry(name: name, old == nil ? .registered : .updated), .requested(origin))
    let result = accept(beatOf: name, entry, status: nil, slot: slot)
    return (.success(result), conclude())
  }

  /// A beat of a registered name, with what it says of itself; `details` is JSON text of 16 KiB at most, and `unhealthy` is a failed check
  /// of a service that is checked by heartbeat.
  public mutating func beat(
    _ name: String, status: RegistryEntry.Status?, details: String? = nil, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard (details ?? "").utf8.count <= Registrations.payloadLimit else { return (.failure(.tooLarge), conclude()) }
    if let id = graph.id(named: name) {
      services[id.index].entry.details = details
      services[id.index].entry.said = status
      let entry = accept(beatOf: id.index)
      if status == .unhealthy { checkByBeat(id.index) }
      return (.success(registry[name] ?? entry), conclude())
    }
    guard var entry = registry[name], let slot = registrations.slot(of: name) else { return (.failure(.unknown), conclude()) }
    entry.details = details
    let result = accept(beatOf: name, entry, status: status, slot: slot)
    return (.success(result), conclude())
  }

  /// Takes a self-registered entry out.
  public mutating func deregister(
    _ name: String, by origin: Origin = .program, at now: Instant
  ) -> (Result<RegistryEntry, RegistryRefusal>, [Action]) {
    begin(at: now)
    guard graph.id(named: name) == nil else { return (.failure(.configuredService), conclude()) }
    guard let entry = registry[name] else { return (.failure(.unknown), conclude()) }
    remove(name, .deregistered, .requested(origin))
    return (.success(entry), conclude())
  }

  // MARK: Self-registered entries

  private mutating func accept(
    beatOf name: String, _ entry: RegistryEntry, status: RegistryEntry.Status?, slot: Int
  ) -> RegistryEntry {
    var entry = entry
    if !entry.isAlive { record(.registry(name: name, .revived), .heartbeat) }
    entry.isAlive = true
    entry.lastBeat = now
    entry.beats += 1
    if let status {
      entry.status = status
    } else if entry.status == .expired {
      entry.status = .unknown
    }
    timers.arm(.registration, slot, at: now + entry.timeToLive)
    registry[name] = entry
    isRegistryTouched = true
    return entry
  }

  /// A self-registered entry's time is up: first it expires, then it is dropped.
  mutating func registrationDue(_ slot: Int) {
    guard let name = registrations.name(at: slot), var entry = registry[name] else { return }
    guard entry.isAlive else { return remove(name, .dropped, .heartbeat) }
    entry.isAlive = false
    entry.status = .expired
    entry.expirations += 1
    registry[name] = entry
    isRegistryTouched = true
    record(.registry(name: name, .expired), .heartbeat)
    timers.arm(.registration, slot, at: now + entry.timeToLive * Registrations.dropAfter)
  }

  mutating func remove(_ name: String, _ change: Change.RegistryChange, _ cause: Cause) {
    if let slot = registrations.slot(of: name) { timers.disarm(.registration, slot) }
    registrations.remove(name)
    registry[name] = nil
    isRegistryTouched = true
    record(.registry(name: name, change), cause)
  }

  // MARK: Configured services

  /// Whether a `heartbeat` service has beaten for itself, in this run and lately enough, and did not say that it is unhealthy (rule 30).
  func isBeatFresh(_ index: Int) -> Bool {
    guard services[index].entry.said != .unhealthy, let lastBeat = services[index].entry.lastBeat else { return false }
    if let started = services[index].values.runStarted, lastBeat < started { return false }
    return now - lastBeat < graph.services[index].heartbeat.timeout
  }

  private mutating func accept(beatOf index: Int) -> RegistryEntry {
    var entry = services[index].entry.current(at: now)
    entry.lastBeat = now
    entry.beats += 1
    services[index].entry = entry
    timers.disarm(.expiry, index)
    revive(index)
    refreshEntry(index)
    return services[index].entry
  }

  /// Stoker beats for what lives and is not unhealthy; a service that is checked by heartbeat beats for itself.
  mutating func refreshEntry(_ index: Int) {
    let spec = graph.services[index]
    let values = services[index].values
    let isOwn = spec.check?.source == .heartbeat
    let isBeating = !isOwn && values.isDesiredUp && values.isAlive && values.health != .unhealthy && values.status != .stopping
    if isBeating, services[index].beatingSince == nil {
      services[index].beatingSince = now
      services[index].entry.lastBeat = now
      services[index].entry.beats += 1
      services[index].entry.beatInterval = spec.heartbeat.interval
      timers.disarm(.expiry, index)
      revive(index)
    } else if !isBeating, services[index].beatingSince != nil {
      services[index].beatingSince = nil
      services[index].entry = services[index].entry.current(at: now)
      services[index].entry.beatInterval = nil
    }
    armExpiry(index)
    let status = entryStatus(index)
    services[index].entry.status = status
    services[index].entry.isAlive = status != .stopped && status != .expired && services[index].entry.lastBeat != nil
    if registry[spec.name] != services[index].entry {
      registry[spec.name] = services[index].entry
      isRegistryTouched = true
    }
  }

  /// Who should beat and does not expires a time to live after its last beat (or the run's start, or since it is wanted again).
  /// Who is not wanted does not expire (rule 30).
  private mutating func armExpiry(_ index: Int) {
    guard services[index].values.isDesiredUp, services[index].beatingSince == nil, !services[index].isExpired,
      let last = services[index].entry.lastBeat ?? services[index].values.runStarted
    else { return timers.disarm(.expiry, index) }
    guard !timers.isArmed(.expiry, index) else { return }
    timers.arm(.expiry, index, at: max(last, services[index].wantedSince) + graph.services[index].heartbeat.timeout)
  }

  mutating func expiryDue(_ index: Int) {
    services[index].isExpired = true
    services[index].entry.expirations += 1
    record(.registry(name: graph.services[index].name, .expired), .heartbeat)
    refreshEntry(index)
    touch(index)
  }

  private mutating func revive(_ index: Int) {
    guard services[index].isExpired else { return }
    services[index].isExpired = false
    record(.registry(name: graph.services[index].name, .revived), .heartbeat)
  }

  private func entryStatus(_ index: Int) -> RegistryEntry.Status {
    let values = services[index].values
    guard values.isDesiredUp else { return .stopped }
    if services[index].isExpired { return .expired }
    switch values.health {
    case .healthy: return .healthy
    case .degraded: return .degraded
    case .unhealthy: return .unhealthy
    case .unknown: return .unknown
    }
  }
}
