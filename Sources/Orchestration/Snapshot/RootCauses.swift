// Where the chains of reasons end: the one place that says what holds a service up.

/// The root causes of a snapshot: for each service that waits, the blocker that explains most, and the service where its chain ends.
/// One pass over services and blockers, in the order of the layers: a blocker always stands in a lower one.
package struct RootCauses: Sendable {
  /// By the service's index: itself, where it waits for nobody.
  private let roots: [ServiceID]
  private let leads: [ServiceID?]

  /// The root causes of all services of `snapshot`.
  package init(of snapshot: Snapshot) {
    var roots = snapshot.services.map(\.id)
    var leads = [ServiceID?](repeating: nil, count: roots.count)
    for id in snapshot.graph.startupOrder {
      let blockers = snapshot[id].blockers
      guard let first = blockers.first else { continue }
      // A failed root explains more than one in back-off, and that more than one that is merely slow.
      let statuses = blockers.map { snapshot[roots[$0.service.index]].status }
      let lead = (statuses.firstIndex(of: .failed) ?? statuses.firstIndex(of: .backoff)).map { blockers[$0] } ?? first
      leads[id.index] = lead.service
      roots[id.index] = roots[lead.service.index]
    }
    self.roots = roots
    self.leads = leads
  }

  /// Where the chain of reasons of `id` ends; itself, where it waits for nobody.
  package subscript(id: ServiceID) -> ServiceID {
    roots[id.index]
  }

  /// The blocker of `id` that leads to its root; nil where it waits for nobody.
  package func lead(of id: ServiceID) -> ServiceID? {
    leads[id.index]
  }

  /// The roots of all services that wait, in the order of the file.
  package var awaited: [ServiceID] {
    let awaited = Set(leads.indices.filter { leads[$0] != nil }.map { roots[$0] })
    return awaited.sorted()
  }
}

extension Snapshot {
  /// Whether the initial start is over: everything is up, or waits for what does not come by itself soon, such as a service that failed.
  package func isStartOver(_ causes: RootCauses) -> Bool {
    guard node.isInitialized else { return false }
    let awaited = Set(causes.awaited)
    return services.allSatisfy { view in
      switch view.status {
      case .starting, .stopping: false
      // Its checks have not said yet whether those that wait for it may start.
      case .running: !awaited.contains(view.id) || view.health == .unhealthy
      case .waiting, .backoff, .failed, .stopped, .completed: true
      }
    }
  }
}
