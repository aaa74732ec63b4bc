// All services at one glance, for the program around the supervisor.

import Orchestration

/// Where every service stands, at one moment.
package struct Overview: Sendable, Equatable {
  /// One service.
  package struct Service: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// What it is doing.
    package var status: Status
    /// How it is.
    package var health: Health
    /// For how long it is in this state.
    package var age: Duration
    /// How long it is until the next attempt, in back-off.
    package var untilNextAttempt: Duration?
    /// The note that every face shows beside it: "waits for web, since database failed: exited with code 1"; empty where all is as it
    /// should be.
    package var note: String
    /// The last thing that went wrong, in one sentence.
    package var lastError: String?
    /// It is started by itself.
    package var isEnabled: Bool
    /// Stoker only checks it.
    package var isExternal: Bool

    /// One service.
    package init(
      name: String, status: Status, health: Health = .unknown, age: Duration = .zero, untilNextAttempt: Duration? = nil,
      note: String = "", lastError: String? = nil, isEnabled: Bool = true, isExternal: Bool = false
    ) {
      self.name = name
      self.status = status
      self.health = health
      self.age = age
      self.untilNextAttempt = untilNextAttempt
      self.note = note
      self.lastError = lastError
      self.isEnabled = isEnabled
      self.isExternal = isExternal
    }
  }

  /// The services, in the service file's order.
  package var services: [Service]
  /// Every service has settled once (rule 23).
  package var isInitialized: Bool
  /// The root causes of all services that wait, in the service file's order.
  package var awaited: [String]
  /// Whether the initial start is over: everything is up, or waits for what does not come by itself soon, such as a service that failed.
  package var isStartOver: Bool

  /// An overview.
  package init(services: [Service], isInitialized: Bool, awaited: [String] = [], isStartOver: Bool = false) {
    self.services = services
    self.isInitialized = isInitialized
    self.awaited = awaited
    self.isStartOver = isStartOver
  }
}

extension Supervisor {
  /// Where every service stands now. Never waits for supervision, nor makes it wait.
  package func overview() -> Overview {
    read().overview(at: clock.now)
  }
}

extension Published {
  /// Where every service stands.
  func overview(at now: Instant) -> Overview {
    let causes = RootCauses(of: snapshot)
    return Overview(
      services: snapshot.services.map { view in
        let spec = services[view.id.index].spec
        return Overview.Service(
          name: name(view.id), status: view.status, health: view.health, age: now - view.since,
          untilNextAttempt: view.nextAttempt.map { $0 - now }, note: note(of: view.id, causes),
          lastError: records[view.id.index].lastError, isEnabled: spec.isEnabled, isExternal: spec.kind == .external)
      }, isInitialized: snapshot.node.isInitialized, awaited: causes.awaited.map(name), isStartOver: snapshot.isStartOver(causes))
  }
}
