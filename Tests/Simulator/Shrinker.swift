// From a long failing history to a short one: removes every part that the failure does not need.

import Orchestration

extension Scenario {
  /// The smallest scenario found that still breaks the same invariant as this one.
  package func shrunk() -> Scenario {
    guard let number = simulate(self).violation?.invariant else { return self }
    func fails(_ scenario: Scenario) -> Bool { simulate(scenario).violation?.invariant == number }
    var best = self
    var hasShrunk = true
    while hasShrunk {
      hasShrunk = false
      for candidate in best.smaller() where fails(candidate) {
        best = candidate
        hasShrunk = true
        break
      }
    }
    return best
  }

  /// The scenarios with one part less, big parts first.
  private func smaller() -> [Scenario] {
    var candidates: [Scenario] = []
    func add(_ change: (inout Scenario) -> Void) {
      var candidate = self
      change(&candidate)
      candidates.append(candidate)
    }
    for position in parts.indices.reversed() { add { $0.parts.remove(at: position) } }
    for position in inputs.indices.reversed() { add { $0.inputs.remove(at: position) } }
    for position in inputs.indices {
      guard case .reload(let revision) = inputs[position].request else { continue }
      for smaller in revision.smaller { add { $0.inputs[position].request = .reload(smaller) } }
    }
    for position in parts.indices where parts[position].isLater { add { $0.parts[position].isLater = false } }
    for position in parts.indices {
      let spec = parts[position].spec
      for edge in spec.dependencies.indices { add { $0.parts[position].spec.dependencies.remove(at: edge) } }
      if spec.layer != nil { add { $0.parts[position].spec.layer = nil } }
      if spec.check != nil, spec.kind != .external { add { $0.parts[position].spec.check = nil } }
      if spec.kind != .process { add { $0.parts[position].spec.kind = .process } }
      for hook in Hook.aroundRuns where spec.hooks.contains(hook) { add { $0.parts[position].spec.hooks.remove(hook) } }
      if spec.start.isNotified { add { $0.parts[position].spec.start.isNotified = false } }
      if spec.runtimeMax != nil { add { $0.parts[position].spec.runtimeMax = nil } }
      if spec.watchdog != nil { add { $0.parts[position].spec.watchdog = nil } }
      if !spec.isEnabled { add { $0.parts[position].spec.isEnabled = true } }
      for edge in spec.dependencies.indices where spec.dependencies[edge].onRestart != .ignore {
        add { $0.parts[position].spec.dependencies[edge].onRestart = .ignore }
      }
      for flaw in [
        \Behaviour.spawnFails, \.dies, \.isDeaf, \.isImmortal, \.leavesMembers, \.checkFails, \.missesBeats, \.warmUp, \.answersLate,
        \.hookFails, \.staysUnready, \.missesWatchdog, \.asksForTime,
      ] where parts[position].behaviour[keyPath: flaw] != 0 {
        add { $0.parts[position].behaviour[keyPath: flaw] = 0 }
      }
    }
    return candidates
  }

  /// The services as text, for a report.
  package var summary: [String] {
    parts.map { part in
      let edges = part.spec.dependencies.map { edge in
        "\(edge.isOptional ? "optional " : "")s\(edge.service.index) \(edge.condition)\(edge.onRestart == .ignore ? "" : " on_restart \(edge.onRestart)")"
      }
      let check = part.spec.check.map { ", checked by \($0.source) every \($0.interval)" } ?? ""
      let layer = part.spec.layer.map { ", layer \($0)" } ?? ""
      let disabled = (part.spec.isEnabled ? "" : ", disabled") + (part.isLater ? ", not there at first" : "")
      return
        "\(part.spec.name): \(part.spec.kind), \(part.spec.restart.rule)\(layer)\(disabled)\(check) <- \(edges.joined(separator: ", "))"
    }
  }
}
