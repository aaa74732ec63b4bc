// One edge of the graph.

/// One edge of the graph (rules 15 to 21).
package struct Dependency: Sendable, Equatable {
  /// The service that is depended on.
  package var service: ServiceID
  /// The condition that is waited for.
  package var condition: Condition
  /// Waited for only while it is on its way (rule 16).
  package var isOptional: Bool
  /// The fate of the dependent when this dependency restarts or fails (rule 21).
  package var onRestart: OnRestart

  /// An edge to `service`.
  package init(_ service: ServiceID, condition: Condition = .started, isOptional: Bool = false, onRestart: OnRestart = .ignore) {
    self.service = service
    self.condition = condition
    self.isOptional = isOptional
    self.onRestart = onRestart
  }

  /// When a dependency counts as met (rule 15).
  package enum Condition: String, Sendable, CaseIterable {
    case started, ready, healthy, completed
  }

  /// The answer of a dependent when its dependency restarts or fails (rule 21).
  package enum OnRestart: String, Sendable, CaseIterable {
    case ignore, restart, stop
  }
}
