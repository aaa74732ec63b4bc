// The sums of the node: its composite health, and what is missing for its readiness.

/// The counts over all services that matter to the node.
struct Sums: Sendable {
  private var health = Tally<Health>()
  /// Critical services that are not ready.
  private(set) var missing = 0
  /// Services with a run that others have to reckon with.
  var occupied = 0

  /// The share of one service.
  struct Share: Sendable, Equatable {
    /// Its health in the composite; nil: does not count (rule 4).
    var health: Health?
    /// Critical and not ready (rule 23).
    var isMissing = false

    /// The share of no service.
    init() {}

    init(of standing: Standing, _ spec: ServiceSpec) {
      health = standing.isDesiredUp || standing.status == .completed ? standing.health : nil
      isMissing = spec.isCritical && !standing.isReady && !standing.isRetiring && (spec.isEnabled || standing.isDesiredUp)
    }
  }

  mutating func replace(_ old: Share, with new: Share) {
    if let health = old.health { self.health[health] -= 1 }
    if let health = new.health { self.health[health] += 1 }
    missing += (new.isMissing ? 1 : 0) - (old.isMissing ? 1 : 0)
  }

  /// The composite of all services that count (rule 4).
  var composite: Health {
    if health[.unhealthy] > 0 { return .unhealthy }
    if health[.degraded] > 0 { return .degraded }
    return health[.healthy] > 0 && health[.unknown] == 0 ? .healthy : .unknown
  }
}
