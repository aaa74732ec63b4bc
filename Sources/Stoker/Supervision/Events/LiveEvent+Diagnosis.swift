// The diagnosis of an event's service, as readers find it once the batch is published.

import Orchestration

extension [LiveEvent] {
  /// The same events; those of state, health and last errors with the diagnoses of their services. A removed service has an empty one.
  /// - Parameter state: Read only if there is such an event.
  func diagnosed(in state: @autoclosure () -> Published, at now: Instant, _ clock: SupervisorClock) -> [LiveEvent] {
    let places = indices.compactMap { index in self[index].isDiagnosed ? self[index].service.map { (index, $0) } : nil }
    guard !places.isEmpty else { return self }
    let published = state()
    let known = places.compactMap { index, name in published.graph.id(named: name).map { (index: index, id: $0) } }
    var events = self
    for (index, _) in places { events[index].diagnosis = Diagnosis() }
    for (place, diagnosis) in zip(known, published.diagnoses(of: known.map(\.id), at: now, clock)) {
      events[place.index].diagnosis = diagnosis
    }
    return events
  }
}

extension LiveEvent {
  fileprivate var isDiagnosed: Bool {
    switch what {
    case .status, .health, .lastError: true
    case .restarted, .gaveUp, .leftOver, .serviceReloaded, .signalled, .registry, .composite, .initialized, .ready, .stopping, .stopped,
      .reloaded:
      false
    }
  }
}
