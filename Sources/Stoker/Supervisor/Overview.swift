// All services at one glance, for the program around the supervisor.

import Orchestration

/// Where every service stands, at one moment.
public struct Overview: Sendable, Equatable {
  /// One service.
  public struct Service: Sendable, Equatable {
    /// Its name.
    public var name: String
    /// What it is doing.
    public var status: Status
    /// How it is.
    public var health: Health
    /// For how long it is in this state.
    public var age: Duration
    /// How long it is until the next attempt, in back-off.
    public var untilNextAttempt: Duration?
    /// Whom it waits for.
    public var waitsFor: [String]
    /// The last thing that went wrong, in one sentence.
    public var lastError: String?
    /// It is started by itself.
    public var isEnabled: Bool
    /// Stoker only checks it.
    public var isExternal: Bool

    /// One service.
    public init(
      name: String, status: Status, health: Health = .unknown, age: Duration = .zero, untilNextAttempt: Duration? = nil,
      waitsFor: [String] = [], lastError: String? = nil, isEnabled: Bool = true, isExternal: Bool = false
    ) {
      self.name = name
      self.status = status
      self.health = health
      self.age = age
      self.untilNextAttempt = untilNextAttempt
      self.waitsFor = waitsFor
      self.lastError = lastError
      self.isEnabled = isEnabled
      self.isExternal = isExternal
    }
  }

  /// The services, in the service file's order.
  public var services: [Service]
  /// Every service has settled once (rule 23).
  public var isInitialized: Bool

  /// An overview.
  public init(services: [Service], isInitialized: Bool) {
    self.services = services
    self.isInitialized = isInitialized
  }
}

extension Supervisor {
  /// Where every service stands now. Never waits for supervision, nor makes it wait.
  public func overview() -> Overview {
    let published = read()
    let now = clock.now
    return Overview(
      services: published.snapshot.services.map { view in
        let service = published.services[view.id.index]
        return Overview.Service(
          name: service.name, status: view.status, health: view.health, age: now - view.since,
          untilNextAttempt: view.nextAttempt.map { $0 - now }, waitsFor: view.blockers.map { published.name($0.service) },
          lastError: published.records[view.id.index].lastError, isEnabled: service.spec.isEnabled,
          isExternal: service.spec.kind == .external)
      }, isInitialized: published.snapshot.node.isInitialized)
  }
}
