// A change of the service file in the middle of a history.

import Orchestration

/// What somebody changes of the file before it is reloaded; services by their identity. What does not fit the file by then is left out.
package struct Revision: Sendable {
  /// Come in; one that is on its way out may come back.
  package var adds: [Int] = []
  /// Are taken out.
  package var removes: [Int] = []
  /// Have another command.
  package var restarts: [Int] = []
  /// Are enabled where they were disabled, and the other way round.
  package var switches: [Int] = []
  /// Have their check taken away, or back.
  package var checks: [Int] = []
  /// Seeds another order of the file; 0: as it was.
  package var order: UInt64 = 0

  /// The same file.
  package init() {}

  /// Everything that is one part smaller.
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

/// The file in place at a moment. Parts have numbers of their own, their slots, that last for the whole history; the core numbers services
/// as the file has them, and behind them those that were taken out and have still to end.
struct Edition: Sendable {
  /// All parts there are, by slot, with dependencies by slot.
  private let all: [ServiceSpec]
  /// The slots of the file, in its order.
  private(set) var file: [Int]
  /// Those that were taken out and have not retired.
  private(set) var leaving: [Int] = []
  /// Those that were let go of; they never come back.
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

  /// The slots, by the numbers of the core.
  var slots: [Int] { file + leaving }

  /// The graph of the core.
  func graph() throws(GraphError) -> DependencyGraph {
    let slots = slots
    return try DependencyGraph(slots.map { slot in spec(slot) { slots.firstIndex(of: $0) } })
  }

  /// The services by slot, as an observer has to know them: what is not in the file does nothing, what leaves it counts for nothing.
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

  /// The present services that another command makes restart, as slots; and the next edition.
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

  /// The services that were there in another edition and have a check now, or none, that they did not have then.
  func rechecked(since other: Edition) -> [Int] {
    slots.filter { other.slots.contains($0) && isChecked[$0] != other.isChecked[$0] }
  }

  /// What is said of a part at this moment; edges to what is not there are not.
  private func spec(_ slot: Int, _ place: (Int) -> Int?) -> ServiceSpec {
    var spec = all[slot]
    spec.isEnabled = isEnabled[slot]
    if !isChecked[slot] { spec.check = nil }
    let isLeaving = leaving.contains(slot)
    spec.dependencies = spec.dependencies.compactMap { edge in
      let other = edge.service.index
      guard file.contains(other) || isLeaving && leaving.contains(other), let place = place(other) else { return nil }
      return Dependency(ServiceID(place), condition: edge.condition, isOptional: edge.isOptional, onRestart: edge.onRestart)
    }
    return spec
  }
}
