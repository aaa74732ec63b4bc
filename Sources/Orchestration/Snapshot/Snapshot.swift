// The whole at one moment: API, metrics and pages read it without waiting for the supervisor.

/// All services, the node and the registry at one moment.
package struct Snapshot: Sendable {
  /// The services and their order; the same value until a reload.
  package let graph: DependencyGraph
  /// The view of each service, by index.
  package var services: [ServiceView]
  /// The node's own values.
  package var node: Node
  /// The registry's entries by name; every configured service has one.
  package var registry: [String: RegistryEntry]
  /// The size of the self-registered ones.
  package var registrySize: RegistrySize

  /// A snapshot; made by the core.
  package init(graph: DependencyGraph, services: [ServiceView], node: Node, registry: [String: RegistryEntry], registrySize: RegistrySize) {
    self.graph = graph
    self.services = services
    self.node = node
    self.registry = registry
    self.registrySize = registrySize
  }

  /// The view of one service.
  package subscript(id: ServiceID) -> ServiceView {
    services[id.index]
  }

  /// The node's own values.
  package struct Node: Sendable, Equatable {
    /// Whether every service has settled once (rule 23).
    package var isInitialized = false
    /// Whether each critical service is running, completed, or external with a passing check (rule 23).
    package var isReady = false
    /// The composite health of all services that count (rule 4).
    package var health: Health = .unknown
    /// The origin of the full stop; nil: it has not begun.
    package var stopping: Origin?
    /// Whether the full stop has begun.
    package var isShuttingDown: Bool { stopping != nil }

    /// A node before its start.
    package init() {}
  }
}
