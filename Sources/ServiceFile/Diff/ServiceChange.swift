// The effect of a reload on one service.
import Orchestration

/// The effect of a reload on one service.
package struct ServiceChange: Sendable, Equatable {
  /// The service's name, in both files.
  package var name: String
  /// The place in the old file; nil: the service is new.
  package var before: ServiceID?
  /// The place in the new file; nil: the service is gone.
  package var after: ServiceID?
  /// The action of the reload.
  package var action: Action
  /// Whether the check or its schedule changed, or a check came or went; set for a restarted service too.
  package var isCheckReplaced: Bool

  /// A change of a service.
  package init(name: String, before: ServiceID?, after: ServiceID?, action: Action, isCheckReplaced: Bool = false) {
    self.name = name
    self.before = before
    self.after = after
    self.action = action
    self.isCheckReplaced = isCheckReplaced
  }

  /// An action of a reload. Reasons are keys below the service as the file writes them, such as `limits.nofile` or
  /// `environment.LOG_LEVEL`, in the order of service-file.md; a cause in another service is written from the file's top on, such as
  /// `services.edge.endpoints.http`.
  package enum Action: Sendable, Equatable {
    /// Only the new file has the service.
    case added
    /// Only the old file has the service.
    case removed
    /// The process no longer matches the file because of `reasons`, which are never empty; `others` changed as well.
    case restarted(reasons: [String], others: [String])
    /// Something changed that does not concern the process; `reasons` is never empty.
    case updated(reasons: [String])
    /// The process would no longer match the file because of `reasons`, but there is none: they take effect with the next start; `others`
    /// are in force.
    case deferred(reasons: [String], others: [String])
    /// `enabled` changed, and starts the service; `others` changed as well.
    case started(others: [String])
    /// `enabled` changed, and stops the service; `others` changed as well.
    case stopped(others: [String])
    /// Nothing changed that has an effect.
    case unchanged
  }
}

extension ServiceChange {
  /// The change as it takes effect on a service in its present state; the comparison of two files knows no states.
  package func taking(_ effect: ReloadEffect) -> ServiceChange {
    var change = self
    let reasons: [String]
    switch action {
    case .restarted(let restarts, let updates):
      reasons = restarts + updates
      if effect == .stays { change.action = .deferred(reasons: restarts, others: updates) }
    case .updated(let updates): reasons = updates
    case .added, .removed, .unchanged, .deferred, .started, .stopped: return self
    }
    switch effect {
    case .starts: change.action = .started(others: reasons.filter { $0 != "enabled" })
    case .stops: change.action = .stopped(others: reasons.filter { $0 != "enabled" })
    case .stays, .restarts: break
    }
    return change
  }
}
