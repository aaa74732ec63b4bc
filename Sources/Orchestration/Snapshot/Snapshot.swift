// The whole at one moment: what API, metrics and pages read without ever waiting for the supervisor.

/// Everything that the outside may know, at one moment.
package struct Snapshot: Sendable {
  /// The services and their order; the same value for as long as the service file is.
  package let graph: DependencyGraph
  /// One view for each service, by its index.
  package var services: [ServiceView]
  /// The node's own values.
  package var node: Node
  /// The registry's entries by name; every configured service has one (http-api.md, The registry's rules).
  package var registry: [String: RegistryEntry]

  /// A snapshot; made by the core.
  package init(graph: DependencyGraph, services: [ServiceView], node: Node, registry: [String: RegistryEntry]) {
    self.graph = graph
    self.services = services
    self.node = node
    self.registry = registry
  }

  /// The view of one service.
  package subscript(id: ServiceID) -> ServiceView {
    services[id.index]
  }

  /// The node's own values.
  package struct Node: Sendable, Equatable {
    /// Every service has settled once (rule 23).
    package var isInitialized = false
    /// Each critical service is running, completed, or external with a passing check (rule 23).
    package var isReady = false
    /// The composite of all services that count (rule 4).
    package var health: Health = .unknown
    /// The full stop has begun.
    package var isShuttingDown = false

    /// A node before its start.
    package init() {}
  }
}
