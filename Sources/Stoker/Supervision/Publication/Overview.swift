// The state of all services, for the program around the supervisor.

import Orchestration

/// The state of every service at one moment.
package struct Overview: Sendable, Equatable {
  /// One service.
  package struct Service: Sendable, Equatable {
    /// Its name.
    package var name: String
    /// Its state.
    package var status: Status
    /// Its health.
    package var health: Health
    /// Whether it has a check: without one, healthy means no more than that its process lives.
    package var isChecked: Bool
    /// The time in this state.
    package var age: Duration
    /// The time until the next attempt, in back-off.
    package var untilNextAttempt: Duration?
    /// The note that page, API and command line show with it: "waits for web, since database failed: exited with code 1"; empty if all is
    /// as it should be.
    package var note: String
    /// The last failure, in one sentence.
    package var lastError: String?
    /// Whether Stoker starts it without a command.
    package var isEnabled: Bool
    /// Whether Stoker only checks it.
    package var isExternal: Bool

    /// One service.
    package init(
      name: String, status: Status, health: Health = .unknown, isChecked: Bool = true, age: Duration = .zero,
      untilNextAttempt: Duration? = nil,
      note: String = "", lastError: String? = nil, isEnabled: Bool = true, isExternal: Bool = false
    ) {
      self.name = name
      self.status = status
      self.health = health
      self.isChecked = isChecked
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
  /// Whether every service has settled once (rule 23).
  package var isInitialized: Bool
  /// The root causes of all waiting services, in the service file's order.
  package var awaited: [String]
  /// Whether the initial start is over: every service is up, or waits for one that will not be up soon, such as a failed one.
  package var isStartOver: Bool

  /// An overview.
  package init(services: [Service], isInitialized: Bool, awaited: [String] = [], isStartOver: Bool = false) {
    self.services = services
    self.isInitialized = isInitialized
    self.awaited = awaited
    self.isStartOver = isStartOver
  }
}

extension Published {
  /// The state of every service.
  func overview(at now: Instant) -> Overview {
    let causes = RootCauses(of: snapshot)
    return Overview(
      services: snapshot.services.map { view in
        let spec = services[view.id.index].spec
        return Overview.Service(
          name: name(view.id), status: view.status, health: view.health, isChecked: spec.check != nil, age: now - view.enteredAt,
          untilNextAttempt: view.nextAttempt.map { $0 - now }, note: note(of: view.id, causes).full,
          lastError: records[view.id.index].lastError?.sentence.full, isEnabled: spec.isEnabled, isExternal: spec.kind == .external)
      }, isInitialized: snapshot.node.isInitialized, awaited: causes.awaited.map(name), isStartOver: snapshot.isStartOver(causes))
  }
}
