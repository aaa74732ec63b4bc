// The registry's entry of a configured service, and how it is kept beating (rule 30).

/// The entry of one service of the file: Stoker beats for what lives and is not unhealthy; a service that is checked by heartbeat beats
/// for itself.
struct ServiceEntry: Sendable {
  private(set) var entry: RegistryEntry
  /// No beat came in time, and none has come since.
  private(set) var isExpired = false
  /// Since when the service is wanted, if it is.
  private var wantedSince = Instant(nanoseconds: 0)
  private var isWanted = false
  /// Stoker beats for it.
  private(set) var isBeating = false

  /// The consequences for the timer of its expiry, and for the records.
  struct Consequence {
    /// A beat came after it had expired.
    var isRevived = false
    /// The timer begins anew.
    var isReset = false
    /// When it expires; nil: not at all.
    var expiry: Instant?
  }

  init(_ service: ServiceID, type: String, timeToLive: Duration) {
    entry = RegistryEntry(
      service: service, payload: "", type: type, timeToLive: timeToLive, lastBeat: nil, beats: 0, expirations: 0, status: .stopped,
      isAlive: false, beatInterval: nil)
  }

  /// Follows what became of the service.
  mutating func follow(_ standing: Standing, _ spec: ServiceSpec, at now: Instant) -> Consequence {
    var consequence = Consequence()
    if standing.isDesiredUp, !isWanted { wantedSince = now }
    isWanted = standing.isDesiredUp
    let isOwn = spec.check?.source == .heartbeat
    let beats =
      !isOwn && standing.isDesiredUp && standing.isAlive && standing.health != .unhealthy && standing.status != .stopping
    if beats, !isBeating {
      isBeating = true
      entry.lastBeat = now
      entry.beats += 1
      entry.beatInterval = spec.heartbeat.interval
      consequence.isReset = true
      consequence.isRevived = revive()
    } else if !beats, isBeating {
      isBeating = false
      entry = entry.current(at: now)
      entry.beatInterval = nil
    }
    // One that should beat and does not expires a time to live after its last beat (or the run's start, or since it is wanted again).
    if standing.isDesiredUp, !isBeating, !isExpired, let last = entry.lastBeat ?? standing.runStarted {
      consequence.expiry = max(last, wantedSince) + spec.heartbeat.timeout
    }
    entry.status = status(standing)
    entry.isAlive = entry.status != .stopped && entry.status != .expired && entry.lastBeat != nil
    return consequence
  }

  /// The service beats for itself, and says this. Returns whether it had expired.
  mutating func beat(_ status: RegistryEntry.Status?, details: String?, at now: Instant) -> Bool {
    entry = entry.current(at: now)
    entry.details = details
    entry.said = status
    entry.lastBeat = now
    entry.beats += 1
    return revive()
  }

  mutating func expire() {
    isExpired = true
    entry.expirations += 1
  }

  /// Whether a service beat for itself, in this run and lately enough, and did not say that it is unhealthy.
  func isFresh(_ spec: ServiceSpec, runStarted: Instant?, at now: Instant) -> Bool {
    guard entry.said != .unhealthy, let lastBeat = entry.lastBeat else { return false }
    if let runStarted, lastBeat < runStarted { return false }
    return now - lastBeat < spec.heartbeat.timeout
  }

  /// The entry at another place, by the times of another file.
  mutating func move(to service: ServiceID, type: String, _ old: ServiceSpec, _ spec: ServiceSpec, at now: Instant) {
    entry.service = service
    entry.type = type
    entry.timeToLive = spec.heartbeat.timeout
    if spec.heartbeat.interval != old.heartbeat.interval, isBeating {
      entry = entry.current(at: now)
      entry.lastBeat = now
      entry.beats += 1
      entry.beatInterval = spec.heartbeat.interval
    }
  }

  private mutating func revive() -> Bool {
    defer { isExpired = false }
    return isExpired
  }

  private func status(_ standing: Standing) -> RegistryEntry.Status {
    guard standing.isDesiredUp else { return .stopped }
    if isExpired { return .expired }
    switch standing.health {
    case .healthy: return .healthy
    case .degraded: return .degraded
    case .unhealthy: return .unhealthy
    case .unknown: return .unknown
    }
  }
}
