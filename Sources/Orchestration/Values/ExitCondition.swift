// The conditions under which everything is stopped without a request (rule 90).

/// A condition under which everything is stopped without a request: a word of `stoker.exit_when`.
public enum ExitCondition: String, Sendable, CaseIterable {
  /// Every enabled oneshot is done: it has completed, has failed for good, or waits for what has failed for good.
  case completed
  /// A critical service has failed, and does not start again by itself.
  case failed
}

/// The end of the whole, as the service file and the command line ask for it.
package struct ExitPolicy: Sendable, Equatable {
  /// The conditions; each is enough.
  package var conditions: Set<ExitCondition>
  /// The service with whose end everything is stopped; nil: none.
  package var untilCompleted: String?

  /// A policy; without arguments only a request stops everything.
  package init(_ conditions: Set<ExitCondition> = [], untilCompleted: String? = nil) {
    self.conditions = conditions
    self.untilCompleted = untilCompleted
  }
}

extension ServiceSpec {
  /// Whether it is meant to end by itself: a oneshot, or a task that is not started again after a clean end.
  package var isMeantToComplete: Bool { kind == .oneshot || (kind == .inProcess && restart.rule != .always) }
}
