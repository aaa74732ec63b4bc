// The whole at one moment: what API, metrics and pages read without ever waiting for the supervisor.

/// Everything that the outside may know, at one moment.
public struct Snapshot: Sendable {
  /// The services and their order; the same value for as long as the service file is.
  public let graph: DependencyGraph
  /// One view for each service, by its index.
  public var services: [ServiceView]
  /// The node's own values.
  public var node: Node
  /// The registry's entries by name; every configured service has one (http-api.md, The registry's rules).
  public var registry: [String: RegistryEntry]

  /// A snapshot; made by the core.
  public init(graph: DependencyGraph, services: [ServiceView], node: Node, registry: [String: RegistryEntry]) {
    self.graph = graph
    self.services = services
    self.node = node
    self.registry = registry
  }

  /// The view of one service.
  public subscript(id: ServiceID) -> ServiceView {
    services[id.index]
  }

  /// The node's own values.
  public struct Node: Sendable, Equatable {
    /// Every service has settled once (rule 23).
    public var isInitialized = false
    /// Each critical service is running, completed, or external with a passing check (rule 23).
    public var isReady = false
    /// The composite of all services that count (rule 4).
    public var health: Health = .unknown
    /// The full stop has begun.
    public var isShuttingDown = false

    /// A node before its start.
    public init() {}
  }
}
