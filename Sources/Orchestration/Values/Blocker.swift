// The reason why a service waits.

/// The reason why a service waits.
package struct Blocker: Hashable, Sendable {
  /// The service that is waited for.
  package var service: ServiceID
  /// The reason of the wait.
  package var reason: Reason
  /// Whether another service of its group would do as well (rule 89); then all of the group are blockers.
  package var isAny: Bool

  /// A blocker.
  package init(_ service: ServiceID, _ reason: Reason, isAny: Bool = false) {
    self.service = service
    self.reason = reason
    self.isAny = isAny
  }

  /// The reason of a wait.
  package enum Reason: Hashable, Sendable {
    /// A required dependency does not meet its condition.
    case required(Dependency.Condition)
    /// An optional dependency is on its way (rule 16).
    case optional(Dependency.Condition)
    /// A service of a lower explicit layer has not settled (rule 22).
    case barrier
  }
}

extension Blocker {
  /// The cause of the wait.
  var cause: Cause {
    reason == .barrier ? .barrier : .dependency(service)
  }

  /// The cause of the start that follows, when nothing blocks it any more.
  var causeOfStart: Cause {
    reason == .barrier ? .layersSettled : .dependency(service)
  }
}
