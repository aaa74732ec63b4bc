// What a reload changes: the file that runs against the file as it is now.
import Orchestration

/// The difference of two service files, service by service. Services are the same if their names are; places in the file, comments and the
/// way of writing count for nothing. It names keys, never values: those may be secrets.
package struct ServiceFileDiff: Sendable, Equatable {
  /// The services of the new file in its order, so that the first ones are the `ServiceID`s of it; behind them the removed ones in the
  /// old file's order.
  package var services: [ServiceChange]
  /// The keys of `stoker:` that changed, in the order of service-file.md.
  package var supervisor: [SupervisorChange]

  /// What lies between the two files; linear in services and dependencies.
  package init(from old: ServiceFile, to new: ServiceFile) {
    var places: [String: Int] = [:]
    places.reserveCapacity(old.services.count)
    for (index, service) in old.services.enumerated() { places[service.spec.name] = index }
    let movedEndpoints = new.services.map { service in
      places[service.spec.name].map { Self.differingNames(old.services[$0].endpoints, service.endpoints) } ?? []
    }
    services = new.services.indices.map { index in
      let name = new.services[index].spec.name
      let id = ServiceID(index)
      guard let place = places.removeValue(forKey: name) else { return ServiceChange(name: name, before: nil, after: id, action: .added) }
      var comparison = ServiceComparison(
        Side(service: old.services[place], among: old.services), Side(service: new.services[index], among: new.services), movedEndpoints)
      comparison.run()
      return ServiceChange(
        name: name, before: ServiceID(place), after: id, action: comparison.action, isCheckReplaced: comparison.isCheckReplaced)
    }
    services += places.values.sorted().map { place in
      ServiceChange(name: old.services[place].spec.name, before: ServiceID(place), after: nil, action: .removed)
    }
    supervisor = SupervisorChange.all(from: old, to: new)
  }

  /// Nothing changed that means anything.
  package var isEmpty: Bool {
    supervisor.isEmpty && services.allSatisfy { $0.action == .unchanged }
  }

  /// The names whose values differ, or that only one of the two has; sorted.
  static func differingNames<Value: Equatable>(_ old: [String: Value], _ new: [String: Value]) -> [String] {
    guard old != new else { return [] }
    return Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
  }

  /// A service with the services of its own file.
  struct Side {
    var service: ServiceDefinition
    var among: [ServiceDefinition]
  }
}
