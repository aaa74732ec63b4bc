// One edge of the graph.

/// One edge of the graph (rules 15 to 21).
package struct Dependency: Sendable, Equatable {
  /// The dependency.
  package var service: ServiceID
  /// The condition for a start of the dependent.
  package var condition: Condition
  /// Whether the dependent waits for it only while it is on its way (rule 16).
  package var isOptional: Bool
  /// The consequence for the dependent when this dependency restarts or fails (rule 21).
  package var onRestart: OnRestart
  /// The number of the group that it is in: among the edges of one service, those of a group stand together, and one that meets its
  /// condition is enough (rule 89). nil: it counts by itself.
  package var group: Int?

  /// An edge to `service`.
  package init(
    _ service: ServiceID, condition: Condition = .started, isOptional: Bool = false, onRestart: OnRestart = .ignore, group: Int? = nil
  ) {
    self.service = service
    self.condition = condition
    self.isOptional = isOptional
    self.onRestart = onRestart
    self.group = group
  }

  /// The condition that a dependency has to meet (rule 15).
  package enum Condition: String, Sendable, CaseIterable {
    case started, ready, healthy, completed
    /// Over for good, well or not.
    case ended
  }

  /// The consequence for a dependent when its dependency restarts or fails (rule 21).
  package enum OnRestart: String, Sendable, CaseIterable {
    case ignore, restart, stop
  }
}
