// The immutable facts of a service file: services, dependencies, layers, order.

/// The services of a file with the layers and the order that follow from their dependencies. Immutable; linear in
/// services and edges.
package struct DependencyGraph: Sendable, Equatable {
  /// The services, in the order of the file.
  package private(set) var services: [ServiceSpec]
  /// The layer of each service: one more than the highest among all its dependencies, required and optional, and at
  /// least its own `layer:`.
  package let layers: [Int]
  /// The dependents of each service, required and optional, in the order of the file.
  package let dependents: [[ServiceID]]
  /// The services layer by layer, inside a layer in the order of the file.
  package let startupOrder: [ServiceID]
  /// The dependents that require each service, directly or through oneshots alone: a oneshot that has completed holds up no stop itself.
  let requiredDependents: [[ServiceID]]
  /// The services that each service requires in the same way.
  let requirements: [[ServiceID]]
  /// The services that go down after each service in a full stop: its dependencies, and what it requires through oneshots.
  let foundations: [[ServiceID]]
  /// The dependents that each service's restart drags along (rule 21).
  let linkedDependents: [[Link]]
  /// Whether each service may do without one that it requires, since the edge, or one on the way through oneshots, is in a group (rule 89).
  let hasAlternatives: [Bool]
  /// Whether any service has alternatives.
  let hasGroups: Bool
  private let identifiers: [String: ServiceID]

  /// A dependent that restarts or stops when its dependency restarts or fails.
  struct Link: Sendable, Equatable {
    var service: ServiceID
    var onRestart: Dependency.OnRestart
    /// The group of the edge.
    var group: Int?
  }

  /// The graph of these services.
  ///
  /// Throws if a name or an edge appears twice, a dependency does not exist, or services depend on each other in a
  /// circle.
  package init(_ services: [ServiceSpec]) throws(GraphError) {
    self.services = services
    identifiers = try Self.identifiers(of: services)
    var dependents = Array(repeating: [ServiceID](), count: services.count)
    var required = dependents
    var linked = Array(repeating: [Link](), count: services.count)
    for (index, service) in services.enumerated() {
      let id = ServiceID(index)
      for edge in service.dependencies {
        let dependency = edge.service.index
        guard services.indices.contains(dependency) else { throw .unknownDependency(of: id, on: edge.service) }
        guard dependency != index else { throw .selfDependency(id) }
        guard dependents[dependency].last != id else { throw .duplicateDependency(of: id, on: edge.service) }
        dependents[dependency].append(id)
        if !edge.isOptional { required[dependency].append(id) }
        if edge.onRestart != .ignore { linked[dependency].append(Link(service: id, onRestart: edge.onRestart, group: edge.group)) }
      }
    }
    let layers = try Self.layers(of: services, dependents: dependents)
    self.layers = layers
    self.dependents = dependents
    linkedDependents = linked
    startupOrder = services.indices.sorted { (layers[$0], $0) < (layers[$1], $1) }.map { ServiceID($0) }
    let through = Self.throughOneshots(services, order: startupOrder)
    hasAlternatives = Self.alternatives(services, order: startupOrder)
    hasGroups = hasAlternatives.contains(true)
    for (index, others) in through.enumerated() { for other in others { required[other.index].append(ServiceID(index)) } }
    requiredDependents = required.map { $0.sorted() }
    requirements = services.indices.map { services[$0].dependencies.filter { !$0.isOptional }.map(\.service) + through[$0] }
    foundations = services.indices.map { index in
      let own = services[index].dependencies.map(\.service)
      return own + through[index].filter { !own.contains($0) }
    }
  }

  /// The exact reverse of the start-up order.
  package var shutdownOrder: [ServiceID] {
    startupOrder.reversed()
  }

  /// The service of this name.
  package func id(named name: String) -> ServiceID? {
    identifiers[name]
  }

  /// The services that require `id`, in the order of the file.
  package func dependents(requiring id: ServiceID) -> [ServiceID] {
    requiredDependents[id.index]
  }

  /// The same graph, of which these services are enabled.
  package func enabling(_ isEnabled: (ServiceID) -> Bool) -> DependencyGraph {
    var graph = self
    for index in services.indices { graph.services[index].isEnabled = isEnabled(ServiceID(index)) }
    return graph
  }

  /// The spec of `id`.
  package subscript(id: ServiceID) -> ServiceSpec {
    services[id.index]
  }

  private static func identifiers(of services: [ServiceSpec]) throws(GraphError) -> [String: ServiceID] {
    var identifiers: [String: ServiceID] = [:]
    identifiers.reserveCapacity(services.count)
    for (index, service) in services.enumerated() {
      if let first = identifiers[service.name] { throw .duplicateName(first, ServiceID(index)) }
      identifiers[service.name] = ServiceID(index)
    }
    return identifiers
  }

  /// The services that each service requires through oneshots alone, without those that it requires itself.
  private static func throughOneshots(_ services: [ServiceSpec], order: [ServiceID]) -> [[ServiceID]] {
    var through = Array(repeating: [ServiceID](), count: services.count)
    for id in order {
      let own = services[id.index].dependencies
      var found: [ServiceID] = []
      for edge in own where !edge.isOptional && services[edge.service.index].kind == .oneshot {
        let behind = services[edge.service.index].dependencies.filter { !$0.isOptional }.map(\.service) + through[edge.service.index]
        for service in behind where !found.contains(service) && !own.contains(where: { $0.service == service && !$0.isOptional }) {
          found.append(service)
        }
      }
      through[id.index] = found
    }
    return through
  }

  /// Whether each service has a group among its requirements, or requires a oneshot that has.
  private static func alternatives(_ services: [ServiceSpec], order: [ServiceID]) -> [Bool] {
    var found = Array(repeating: false, count: services.count)
    for id in order {
      found[id.index] = services[id.index].dependencies.contains { edge in
        !edge.isOptional && (edge.group != nil || services[edge.service.index].kind == .oneshot && found[edge.service.index])
      }
    }
    return found
  }

  /// Kahn's algorithm: a service that is never reached is on a circle or behind one.
  private static func layers(of services: [ServiceSpec], dependents: [[ServiceID]]) throws(GraphError) -> [Int] {
    var layers = services.map { max(0, $0.layer ?? 0) }
    var unresolved = services.map(\.dependencies.count)
    var reached = services.indices.filter { unresolved[$0] == 0 }
    var next = 0
    while next < reached.count {
      let index = reached[next]
      next += 1
      for dependent in dependents[index] {
        layers[dependent.index] = max(layers[dependent.index], layers[index] + 1)
        unresolved[dependent.index] -= 1
        if unresolved[dependent.index] == 0 { reached.append(dependent.index) }
      }
    }
    guard reached.count == services.count else { throw .cycle(cycle(in: services, unresolved: unresolved)) }
    return layers
  }

  /// Walks from any unresolved service along unresolved dependencies until it meets a service again; the circle lies
  /// between.
  private static func cycle(in services: [ServiceSpec], unresolved: [Int]) -> [ServiceID] {
    guard var current = unresolved.firstIndex(where: { $0 > 0 }) else { return [] }
    var path: [Int] = []
    var positions = Array(repeating: -1, count: services.count)
    while positions[current] < 0 {
      positions[current] = path.count
      path.append(current)
      guard let next = services[current].dependencies.first(where: { unresolved[$0.service.index] > 0 }) else { return [] }
      current = next.service.index
    }
    return path[positions[current]...].map { ServiceID($0) }
  }
}
