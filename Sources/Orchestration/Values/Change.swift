// The record of one change: the source of the log, the event stream, the journal and the history.

/// One change of state, health or registry, or a restart. Each change yields exactly one record, in order, with its
/// cause (rule 27).
package struct Change: Sendable, Equatable {
  /// Counts from 1 without gaps.
  package var sequence: UInt64
  /// The moment of the change.
  package var at: Instant
  /// The change.
  package var what: What
  /// Its cause.
  package var cause: Cause

  /// A record; made by the core.
  package init(sequence: UInt64, at: Instant, what: What, cause: Cause) {
    self.sequence = sequence
    self.at = at
    self.what = what
    self.cause = cause
  }

  /// The kind of a change.
  package enum What: Sendable, Equatable {
    /// The state of a service. `run`: the run that it concerns, 0 before the first.
    case status(ServiceID, from: Status, to: Status, run: UInt64)
    /// The health of a service.
    case health(ServiceID, from: Health, to: Health)
    /// A restart begins, as this run; the record's cause is its reason. `attempt`: automatic attempts used, including
    /// this one.
    case restarted(ServiceID, run: UInt64, reason: RestartReason, attempt: Int)
    /// The restart limit is reached: once per exhaustion (rule 14).
    case gaveUp(ServiceID, attempts: Int)
    /// A process of the run survived SIGKILL and the grace period, or an in-process service overran its deadline.
    case leftOver(ServiceID, run: UInt64)
    /// A reload of a service is over, or the check before its restart has not let that happen. The record's cause is the request.
    case serviceReloaded(ServiceID, run: UInt64, ReloadPurpose, ReloadEnd)
    /// A signal was sent to the main process of a run, or to all of it, on request.
    case signalled(ServiceID, run: UInt64, Int32, StopPolicy.Scope)
    /// A registry entry was added, updated or removed, expired, or beat again.
    case registry(name: String, RegistryChange)
    /// The composite health of the node.
    case composite(from: Health, to: Health)
    /// Every service has settled for the first time (rule 23).
    case initialized
    /// The node's readiness (rule 23).
    case ready(Bool)
  }

  /// The change of a registry entry.
  package enum RegistryChange: String, Sendable, CaseIterable {
    case registered, updated, expired, revived, deregistered, dropped
  }
}
