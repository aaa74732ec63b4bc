// The registry's entry of a configured service, and its beats (rule 30).

/// The entry of one configured service. Stoker beats for a service that lives and is not unhealthy; a service that is
/// checked by heartbeat beats for itself. Only an entry of which beats are
/// expected can expire: of such a service, of one that has beaten for itself, and of one whose beats were asked for.
struct ServiceEntry: Sendable {
  private(set) var entry: RegistryEntry
  /// Whether no beat came in time, and none has come since.
  private(set) var isExpired = false
  /// The moment since which the service is wanted, if it is.
  private var wantedSince = Instant(nanoseconds: 0)
  private var isWanted = false
  /// Whether Stoker beats for it.
  private(set) var isBeating = false
  /// Whether the service has beaten for itself.
  private var hasBeaten = false

  /// The consequences for its expiry timer, and for the records.
  struct Consequence {
    /// Whether a beat came after it had expired.
    var isRevived = false
    /// Whether the timer begins again.
    var isReset = false
    /// The moment at which it expires; nil: never.
    var expiry: Instant?
  }

  init(_ service: ServiceID, type: String) {
    entry = RegistryEntry(
      service: service, payload: "", type: type, timeToLive: nil, lastBeat: nil, beats: 0, expirations: 0, status: .stopped,
      isAlive: false, beatInterval: nil)
  }

  /// Updates the entry after a change of the service's standing.
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
    entry.timeToLive = isOwn || hasBeaten || spec.heartbeat.isExpected ? spec.heartbeat.timeout : nil
    // A reload asks for its beats no more.
    if entry.timeToLive == nil, revive() { consequence.isRevived = true }
    // A wanted service without beats expires a time to live after its last beat (or after the run's start, or after it
    // became wanted again).
    if let timeToLive = entry.timeToLive, standing.isDesiredUp, !isBeating, !isExpired, let last = entry.lastBeat ?? standing.runStarted {
      consequence.expiry = max(last, wantedSince) + timeToLive
    }
    entry.status = status(standing)
    if entry.timeToLive == nil {
      entry.isAlive = standing.isDesiredUp && standing.isAlive && (spec.kind != .external || standing.health != .unhealthy)
    } else {
      entry.isAlive = entry.status != .stopped && entry.status != .expired && entry.lastBeat != nil
    }
    return consequence
  }

  /// Takes a beat that the service made for itself. Returns whether the entry had expired.
  mutating func beat(_ status: RegistryEntry.Status?, details: String?, at now: Instant) -> Bool {
    entry = entry.current(at: now)
    hasBeaten = true
    entry.details = details
    entry.reported = status
    entry.lastBeat = now
    entry.beats += 1
    return revive()
  }

  mutating func expire() {
    isExpired = true
    entry.expirations += 1
  }

  /// Whether a service beat for itself in this run, recently enough, and did not report that it is unhealthy.
  func isFresh(_ spec: ServiceSpec, runStarted: Instant?, at now: Instant) -> Bool {
    guard entry.reported != .unhealthy, let lastBeat = entry.lastBeat else { return false }
    if let runStarted, lastBeat < runStarted { return false }
    return now - lastBeat < spec.heartbeat.timeout
  }

  /// Gives the entry its place and its times in the new file.
  mutating func move(to service: ServiceID, type: String, _ old: ServiceSpec, _ spec: ServiceSpec, at now: Instant) {
    entry.service = service
    entry.type = type
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
