// The new numbers of services after a reload: those of the new file, then removed ones that have not ended yet.

import Orchestration
import ServiceFile

/// The services by their new numbers, and the way from old numbers to new ones.
struct Renumbering {
  /// The services of the file, in its order, and behind them the removed ones.
  let services: [Service]
  /// The reload for the core.
  let reload: Reload
  /// New numbers by old ones.
  private let numbers: [Int: Int]

  /// - Parameters:
  ///   - made: The services of the new file.
  ///   - leaving: The old numbers of removed services that have not ended yet.
  ///   - old: The services by their old numbers.
  ///   - lastRuns: The last runs of services that were removed earlier, by name.
  ///   - diff: The difference of the two files; nil: services are only removed.
  init(_ made: [Service], leaving: [Int], old: [Service], lastRuns: [String: UInt64], _ diff: ServiceFileDiff?) throws {
    let before = Dictionary(old.indices.map { (old[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    var numbers: [Int: Int] = [:]
    for (position, old) in leaving.enumerated() { numbers[old] = made.count + position }
    for (position, service) in made.enumerated() { before[service.name].map { numbers[$0] = position } }
    services = made + leaving.map { Self.renumbered(old[$0], numbers) }
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
    self.numbers = numbers
  }

  /// A service with its dependencies by their new numbers; removed ones are dropped.
  private static func renumbered(_ service: Service, _ numbers: [Int: Int]) -> Service {
    var service = service
    service.spec.dependencies = service.spec.dependencies.compactMap { edge in
      numbers[edge.service.index].map { number in
        var edge = edge
        edge.service = ServiceID(number)
        return edge
      }
    }
    return service
  }

  /// The new number of a service; nil if it is gone.
  func id(of old: ServiceID) -> ServiceID? {
    numbers[old.index].map { ServiceID($0) }
  }

  /// Values of each service, by the new numbers; `fresh` for new services.
  func renumbered<Kept>(_ kept: [Kept], fresh: Kept) -> [Kept] {
    reload.origins.map { $0.map { kept[$0.index] } ?? fresh }
  }
}
