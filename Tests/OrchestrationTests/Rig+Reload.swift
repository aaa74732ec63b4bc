// Reloads of a rig: the new file is compared with the old one by the names of its services.

import Orchestration

extension Rig {
  /// The reload that puts these specs, whose dependencies are positions among them, in place of the current services.
  /// Other services are taken out: they stay, behind the new ones, until they have retired.
  func change(to specs: [ServiceSpec], restarting: Set<String> = [], rechecking: Set<String> = []) throws -> Reload {
    let names = Set(specs.map(\.name))
    let leaving = graph.services.filter { !names.contains($0.name) && !hasRetired($0.name) }
    var positions: [String: Int] = [:]
    for (position, spec) in (specs + leaving).enumerated() { positions[spec.name] = position }
    let old = graph
    let behind = leaving.map { spec in
      spec.with { spec in
        spec.dependencies = spec.dependencies.compactMap { edge in
          positions[old[edge.service].name].map { position in
            Dependency(ServiceID(position), condition: edge.condition, isOptional: edge.isOptional, onRestart: edge.onRestart)
          }
        }
      }
    }
    let new = try DependencyGraph(specs + behind)
    func ids(_ names: Set<String>) -> Set<ServiceID> { Set(names.compactMap { new.id(named: $0) }) }
    return Reload(
      graph: new, types: new.services.map(\.name),
      origins: new.services.map { spec in hasRetired(spec.name) ? nil : old.id(named: spec.name) }, retiring: ids(Set(leaving.map(\.name))),
      restarting: ids(restarting), rechecking: ids(rechecking))
  }

  /// Puts these specs in place of the current ones; the actions are in the log.
  mutating func reload(_ specs: [ServiceSpec], restarting: Set<String> = [], rechecking: Set<String> = []) throws {
    let change = try change(to: specs, restarting: restarting, rechecking: rechecking)
    carryOut(core.reload(change, by: .signal("SIGHUP"), at: now))
  }

  /// The number of reports that a removed service has ended.
  func retirements(of name: String) -> Int {
    log.count { if case .retired = $0.action { $0.subject == name } else { false } }
  }

  private func hasRetired(_ name: String) -> Bool {
    retirements(of: name) > 0
  }

  /// All facts that the core shows outside, as text, for the comparison of two cores.
  var picture: String {
    let snapshot = core.snapshot()
    let services = snapshot.services.map { "\(snapshot.graph[$0.id].name): \($0.values)" }
    let registry = snapshot.registry.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
    return (services + registry + ["\(snapshot.node)"]).joined(separator: "\n")
  }

  /// The log from a position on, as text.
  func told(from position: Int) -> [String] {
    log[position...].map { "\($0.at) \($0.action)" }
  }
}
