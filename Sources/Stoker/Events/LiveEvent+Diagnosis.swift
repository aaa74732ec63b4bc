// What an event of a service says of it beside the change: the diagnosis, as readers find it once the batch is published.

import Orchestration

extension [LiveEvent] {
  /// Gives the events of state and health the diagnoses of their services. A service that is no longer there has an empty one.
  mutating func diagnose(in published: Published, at now: Instant) {
    let places = indices.compactMap { index in self[index].isOfStateOrHealth ? self[index].service.map { (index, $0) } : nil }
    let known = places.compactMap { index, name in published.graph.id(named: name).map { (index: index, id: $0) } }
    for (index, _) in places { self[index].diagnosis = Diagnosis() }
    for (place, diagnosis) in zip(known, published.diagnoses(of: known.map(\.id), at: now)) { self[place.index].diagnosis = diagnosis }
  }
}

extension LiveEvent {
  fileprivate var isOfStateOrHealth: Bool {
    switch what {
    case .status, .health: true
    case .gaveUp, .leftOver, .registry, .composite, .initialized, .ready, .reloaded: false
    }
  }
}
