// The replacement of the service file by another.

/// The effect of a reload on the state of a service that stays.
package enum ReloadEffect: Sendable, Equatable {
  /// None: the new settings are in force, or will be with its next start.
  case stays
  /// A change of `enabled` starts it, or stops it (rule 40).
  case starts, stops
  /// It runs again, since its process would now be different (rule 37).
  case restarts

  /// The effect that a reload would have now on the service `id` of `core`, which is `spec` in the new file.
  /// - Parameter needsNewRun: Whether its process does not match the file any more.
  package init(on id: ServiceID, of spec: ServiceSpec, needsNewRun: Bool, in core: Orchestrator) {
    let service = core.services[id.index]
    let values = core.machines[core.place(of: id.index)].values
    self = .stays
    guard core.settling.isBooted, core.fullStop == nil, !service.standing.isRetiring else { return }
    if spec.isEnabled != core.graph[id].isEnabled, spec.isEnabled != values.isDesiredUp {
      self = spec.isEnabled ? .starts : .stops
    } else if needsNewRun, spec.kind != .external, values.isRenewed(startsCompleted: spec.isEnabled && service.wish != false) {
      self = .restarts
    }
  }
}

/// The request of a reload: the graph of the new file, and the consequence for each service. The caller has compared
/// the files.
package struct Reload: Sendable {
  /// The services of the new file, in its order, and after them the removed services that have still to end
  /// (`retiring`).
  package var graph: DependencyGraph
  /// The registry type of each service of `graph`.
  package var types: [String]
  /// The earlier number of each service of `graph`; nil: it is new.
  package var origins: [ServiceID?]
  /// The services that are no longer in the file.
  package var retiring: Set<ServiceID>
  /// The services whose running process does not match the file any more.
  package var restarting: Set<ServiceID>
  /// The services whose check, or its schedule, has changed.
  package var rechecking: Set<ServiceID>
  /// The last run of each new service that had runs before; the number of its next run must be higher.
  package var lastRuns: [ServiceID: UInt64] = [:]
  /// The conditions under which everything is stopped without a request (rule 90); nil: as before.
  package var exits: ExitPolicy?

  /// A reload.
  package init(
    graph: DependencyGraph, types: [String], origins: [ServiceID?], retiring: Set<ServiceID> = [], restarting: Set<ServiceID> = [],
    rechecking: Set<ServiceID> = []
  ) {
    self.graph = graph
    self.types = types
    self.origins = origins
    self.retiring = retiring
    self.restarting = restarting
    self.rechecking = rechecking
  }
}
