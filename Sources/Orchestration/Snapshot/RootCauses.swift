// The ends of the chains of reasons: the one place that decides the root cause of a wait.

/// The root causes of a snapshot: for each service that waits, or to which a dependency is lost (rule 84), the blocker that
/// explains most, and the service at the end of its chain. One pass over services and blockers, in the order of the
/// layers, as a blocker is always in a lower layer.
package struct RootCauses: Sendable {
  /// The root of each service, by index; a service without blockers is its own root.
  private let roots: [ServiceID]
  private let leads: [ServiceID?]
  private let waiting: [ServiceID]

  /// The root causes of all services of `snapshot`.
  package init(of snapshot: Snapshot) {
    var roots = snapshot.services.map(\.id)
    var leads = [ServiceID?](repeating: nil, count: roots.count)
    for id in snapshot.graph.startupOrder {
      let blockers = Self.telling(snapshot[id].reasons, in: snapshot, roots)
      guard let first = blockers.first else { continue }
      // A failed root explains more than one in back-off, and that one more than a slow one.
      let statuses = blockers.map { snapshot[roots[$0.service.index]].status }
      let lead = (statuses.firstIndex(of: .failed) ?? statuses.firstIndex(of: .backoff)).map { blockers[$0] } ?? first
      leads[id.index] = lead.service
      roots[id.index] = roots[lead.service.index]
    }
    waiting = snapshot.services.filter { $0.status == .waiting }.map(\.id)
    self.roots = roots
    self.leads = leads
  }

  /// The blockers that explain a wait: of a section of which one is enough, those that may still come up, if there are any (rule 89).
  private static func telling(_ blockers: [Blocker], in snapshot: Snapshot, _ roots: [ServiceID]) -> [Blocker] {
    guard blockers.contains(where: \.isAny) else { return blockers }
    func section(_ blocker: Blocker) -> String { snapshot.graph[blocker.service].section ?? snapshot.graph[blocker.service].name }
    func isHopeful(_ blocker: Blocker) -> Bool {
      switch snapshot[roots[blocker.service.index]].status {
      case .failed, .stopped, .backoff: false
      case .waiting, .starting, .running, .stopping, .completed: true
      }
    }
    let hopeful = Set(blockers.filter { $0.isAny && isHopeful($0) }.map(section))
    return blockers.filter { !$0.isAny || isHopeful($0) || !hopeful.contains(section($0)) }
  }

  /// The end of the chain of reasons of `id`; the service itself, if nothing holds it up.
  package subscript(id: ServiceID) -> ServiceID {
    roots[id.index]
  }

  /// The blocker of `id` that leads to its root; nil if nothing holds it up.
  package func lead(of id: ServiceID) -> ServiceID? {
    leads[id.index]
  }

  /// The roots of all services that wait, in the order of the file.
  package var awaited: [ServiceID] {
    Set(waiting.filter { leads[$0.index] != nil }.map { roots[$0.index] }).sorted()
  }
}

extension Snapshot {
  /// Whether the initial start is over: each service is up, or waits for one that does not come up soon by itself, such
  /// as a failed one.
  package func isStartOver(_ causes: RootCauses) -> Bool {
    guard node.isInitialized else { return false }
    let awaited = Set(causes.awaited)
    return services.allSatisfy { view in
      switch view.status {
      case .starting, .stopping: false
      // Its checks have no result yet that would let the waiting services start.
      case .running: !awaited.contains(view.id) || view.health == .unhealthy
      case .waiting, .backoff, .failed, .stopped, .completed: true
      }
    }
  }
}
