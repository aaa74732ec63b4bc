// Services renumbered: those that another service file has, and those that are still on their way out.

import Orchestration
import ServiceFile

/// The services by their new numbers, and where each stood before.
struct Arrangement {
  /// Services of the file, in its order, and behind them those that leave.
  let services: [Service]
  /// The reload as the core takes it.
  let reload: Reload
  /// The new place of what has one, by the old.
  private let places: [Int: Int]

  /// - Parameters:
  ///   - made: The services of the new file.
  ///   - leaving: The old numbers of those that are not in it and have still to end.
  ///   - old: The services by their old numbers.
  ///   - lastRuns: The last runs of services that went earlier, by name.
  ///   - diff: The difference of the two files; nil: services only go.
  init(_ made: [Service], leaving: [Int], old: [Service], lastRuns: [String: UInt64], _ diff: ServiceFileDiff?) throws {
    let before = Dictionary(old.indices.map { (old[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    var places: [Int: Int] = [:]
    for (position, old) in leaving.enumerated() { places[old] = made.count + position }
    for (position, service) in made.enumerated() { before[service.name].map { places[$0] = position } }
    services = made + leaving.map { Self.moved(old[$0], places) }
    let origins = services.map { before[$0.name].map { ServiceID($0) } }
    var reload = Reload(
      graph: try DependencyGraph(services.map(\.spec)), types: services.map(\.type), origins: origins,
      retiring: Set((made.count..<services.count).map { ServiceID($0) }))
    for change in diff?.services ?? [] {
      guard let after = change.after else { continue }
      if change.isCheckReplaced { reload.rechecking.insert(after) }
      if case .restarted = change.action { reload.restarting.insert(after) }
    }
    for (position, service) in services.enumerated() where origins[position] == nil {
      reload.lastRuns[ServiceID(position)] = lastRuns[service.name]
    }
    self.reload = reload
    self.places = places
  }

  /// A service whose dependencies stand elsewhere now, or nowhere.
  private static func moved(_ service: Service, _ places: [Int: Int]) -> Service {
    var service = service
    service.spec.dependencies = service.spec.dependencies.compactMap { edge in
      places[edge.service.index].map {
        Dependency(ServiceID($0), condition: edge.condition, isOptional: edge.isOptional, onRestart: edge.onRestart)
      }
    }
    return service
  }

  /// The new number of a service; nil: it is gone.
  func place(of old: ServiceID) -> ServiceID? {
    places[old.index].map { ServiceID($0) }
  }

  /// Values that are kept for each service, by the new numbers; `fresh` for new ones.
  func arranged<Kept>(_ kept: [Kept], fresh: Kept) -> [Kept] {
    reload.origins.map { $0.map { kept[$0.index] } ?? fresh }
  }
}
