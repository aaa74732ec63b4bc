// Faults of a dependency graph.

/// The reason why a list of services is not a dependency graph.
package enum GraphError: Error, Equatable {
  /// These services depend on each other in a circle: each on the next, the last on the first.
  case cycle([ServiceID])
  /// This service depends on itself.
  case selfDependency(ServiceID)
  /// Both services have the same name.
  case duplicateName(ServiceID, ServiceID)
  /// This service names the same dependency twice.
  case duplicateDependency(of: ServiceID, on: ServiceID)
  /// This service depends on one that does not exist.
  case unknownDependency(of: ServiceID, on: ServiceID)

  /// One line of text, with the names of `services` (the refused list).
  package func text(in services: [ServiceSpec]) -> String {
    func name(_ id: ServiceID) -> String {
      services.indices.contains(id.index) ? "'\(services[id.index].name)'" : "service \(id.index)"
    }
    switch self {
    case .cycle(let ids):
      return "dependency cycle: " + (ids + ids.prefix(1)).map(name).joined(separator: " -> ")
    case .selfDependency(let id):
      return "\(name(id)) depends on itself"
    case .duplicateName(_, let second):
      return "there are two services named \(name(second))"
    case .duplicateDependency(let id, let dependency):
      return "\(name(id)) names its dependency \(name(dependency)) twice"
    case .unknownDependency(let id, let dependency):
      return "\(name(id)) depends on \(name(dependency)), which does not exist"
    }
  }
}

extension GraphError: CustomStringConvertible {
  /// The text without names: services by their position in the file, from 0.
  package var description: String {
    text(in: [])
  }
}
