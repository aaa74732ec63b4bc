// The sums of the node: its composite health, and its readiness.

/// The sums over all services that matter to the node.
struct Sums: Sendable {
  private var health = Tally<Health>()
  /// The number of critical services that are not ready.
  private(set) var missing = 0
  /// The number of services with a run that other services have to wait for.
  var occupied = 0

  /// The share of one service.
  struct Share: Sendable, Equatable {
    /// Its health in the composite; nil: it does not count (rule 4).
    var health: Health?
    /// Whether it is critical and not ready (rule 23).
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
