// What a reload does with one service.
import Orchestration

/// What becomes of one service.
package struct ServiceChange: Sendable, Equatable {
  /// Its name, in both files.
  package var name: String
  /// Its place in the old file; nil: it is new.
  package var before: ServiceID?
  /// Its place in the new file; nil: it is gone.
  package var after: ServiceID?
  /// What is done.
  package var action: Action
  /// Its check asks something else, or at other times, or it has one no longer, or now; also where it is restarted.
  package var isCheckReplaced: Bool

  /// What becomes of a service.
  package init(name: String, before: ServiceID?, after: ServiceID?, action: Action, isCheckReplaced: Bool = false) {
    self.name = name
    self.before = before
    self.after = after
    self.action = action
    self.isCheckReplaced = isCheckReplaced
  }

  /// What is done with a service. Reasons are keys as the file writes them, from the service on, as `limits.nofile` or
  /// `environment.LOG_LEVEL`, in the order of service-file.md; where the cause lies with another service, from the file's top on, as
  /// `services.edge.endpoints.http`.
  package enum Action: Sendable, Equatable {
    /// Only the new file has it.
    case added
    /// Only the old file has it.
    case removed
    /// Its process is no longer what the file says. `reasons` alone made it so, and are never empty; `others` changed beside them.
    case restarted(reasons: [String], others: [String])
    /// Something changed that its process need not know of; `reasons` is never empty.
    case updated(reasons: [String])
    /// Nothing changed that means anything.
    case unchanged
  }
}
