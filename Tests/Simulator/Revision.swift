// A change of the service file in the middle of a history.

import Orchestration

/// The changes of the file before a reload; services by their identity. Changes that do not fit the file at that moment
/// are left out.
package struct Revision: Sendable {
  /// The services to add; one that is on its way out may come back.
  package var adds: [Int] = []
  /// The services to take out.
  package var removes: [Int] = []
  /// The services with another command.
  package var restarts: [Int] = []
  /// The services to enable if they are disabled, and to disable if they are enabled.
  package var switches: [Int] = []
  /// The services whose check is removed, or put back.
  package var checks: [Int] = []
  /// The seed of another order of the file; 0: the order stays.
  package var order: UInt64 = 0

  /// The same file.
  package init() {}

  /// The revisions with one change less.
  var smaller: [Revision] {
    var candidates: [Revision] = []
    for list in [\Revision.adds, \.removes, \.restarts, \.switches, \.checks] {
      for position in self[keyPath: list].indices {
        var candidate = self
        candidate[keyPath: list].remove(at: position)
        candidates.append(candidate)
      }
    }
    if order != 0 {
      var candidate = self
      candidate.order = 0
      candidates.append(candidate)
    }
    return candidates
  }
}

/// The file at one moment. Each part has a slot, a number that stays for the whole history. The core numbers the
/// services of the file in its order, and after them the removed services that have still to end.
struct Edition: Sendable {
  /// All parts, by slot, with dependencies by slot.
  private let all: [ServiceSpec]
  /// The slots of the file, in its order.
  private(set) var file: [Int]
  /// The slots that were taken out and have not retired.
  private(set) var leaving: [Int] = []
  /// The slots that were removed, which never come back.
  private var gone: Set<Int> = []
  private var isEnabled: [Bool]
  private var isChecked: [Bool]

  /// The file at the beginning.
  init(_ scenario: Scenario) {
    all = scenario.services
    file = scenario.parts.indices.filter { !scenario.parts[$0].isLater }
    isEnabled = all.map(\.isEnabled)
    isChecked = all.map { $0.check != nil }
  }

  /// The slots, in the order of the core's numbers.
  var slots: [Int] { file + leaving }

  /// The graph of the core.
  func graph() throws(GraphError) -> DependencyGraph {
    let slots = slots
    return try DependencyGraph(slots.map { slot in spec(slot) { slots.firstIndex(of: $0) } })
  }

  /// The services by slot, for the observer: a part that is not in the file does nothing, and a part that leaves counts
  /// for nothing.
  func known() -> [ServiceSpec] {
    all.indices.map { slot in
      guard file.contains(slot) || leaving.contains(slot) else {
        return ServiceSpec(name: all[slot].name, kind: .external, isEnabled: false, isCritical: false)
      }
      var spec = spec(slot) { $0 }
      if leaving.contains(slot) {
        spec.isCritical = false
        spec.isEnabled = false
      }
      return spec
    }
  }

  /// The next edition, and the slots of the services that restart because of another command.
  func revised(_ revision: Revision, _ slot: (Int) -> Int?, hasRetired: (Int) -> Bool) -> (Edition, restarting: [Int]) {
    var next = self
    next.gone.formUnion(leaving.filter(hasRetired))
    next.leaving.removeAll(where: hasRetired)
    let removed = revision.removes.compactMap(slot).filter(file.contains)
    next.file.removeAll { removed.contains($0) }
    next.leaving += removed
    for added in revision.adds.compactMap(slot) where !next.file.contains(added) && !next.gone.contains(added) {
      next.file.append(added)
      next.leaving.removeAll { $0 == added }
    }
    for switched in revision.switches.compactMap(slot) where next.file.contains(switched) { next.isEnabled[switched].toggle() }
    for changed in revision.checks.compactMap(slot) where next.file.contains(changed) && all[changed].kind != .external {
      next.isChecked[changed] = !next.isChecked[changed] && all[changed].check != nil
    }
    if revision.order != 0 {
      var draws = Draws(seed: revision.order)
      let keys = Dictionary(uniqueKeysWithValues: next.slots.sorted().map { ($0, draws.bits()) })
      next.file.sort { keys[$0, default: 0] < keys[$1, default: 0] }
      next.leaving.sort { keys[$0, default: 0] < keys[$1, default: 0] }
    }
    return (next, revision.restarts.compactMap(slot).filter { next.file.contains($0) && slots.contains($0) }.sorted())
  }

  /// Whether nothing differs from another edition.
  func isSame(as other: Edition) -> Bool {
    slots == other.slots && leaving == other.leaving && isEnabled == other.isEnabled && isChecked == other.isChecked
  }

  /// The services of both editions whose check was added or removed.
  func rechecked(since other: Edition) -> [Int] {
    slots.filter { other.slots.contains($0) && isChecked[$0] != other.isChecked[$0] }
  }

  /// The spec of a part at this moment, without edges to missing parts.
  private func spec(_ slot: Int, _ place: (Int) -> Int?) -> ServiceSpec {
    var spec = all[slot]
    spec.isEnabled = isEnabled[slot]
    if !isChecked[slot] { spec.check = nil }
    let isLeaving = leaving.contains(slot)
    spec.dependencies = spec.dependencies.compactMap { edge in
      let other = edge.service.index
      guard file.contains(other) || isLeaving && leaving.contains(other), let place = place(other) else { return nil }
      return edge.to(ServiceID(place))
    }
    return spec
  }
}
