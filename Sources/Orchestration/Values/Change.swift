// The record of one change: what the log, the event stream, the journal and the history are made of.

/// One change of state, health or registry, or a restart. Each change yields exactly one, in order, with its cause (rule 27).
package struct Change: Sendable, Equatable {
  /// Counts from 1 without gaps.
  package var sequence: UInt64
  /// When it happened.
  package var at: Instant
  /// What changed.
  package var what: What
  /// Why.
  package var cause: Cause

  /// A record; made by the core.
  package init(sequence: UInt64, at: Instant, what: What, cause: Cause) {
    self.sequence = sequence
    self.at = at
    self.what = what
    self.cause = cause
  }

  /// What changed.
  package enum What: Sendable, Equatable {
    /// A service's state; `run` is the run that it concerns, 0 before the first.
    case status(ServiceID, from: Status, to: Status, run: UInt64)
    /// A service's health.
    case health(ServiceID, from: Health, to: Health)
    /// A restart begins, as this run: why is the record's cause, and its end is told by itself. `attempt`: automatic attempts used, with
    /// this one.
    case restarted(ServiceID, run: UInt64, reason: RestartReason, attempt: Int)
    /// The restart limit was reached and the service given up: once per exhaustion (rule 14).
    case gaveUp(ServiceID, attempts: Int)
    /// Something of a run survived SIGKILL and the grace, or an in-process service overran its deadline.
    case leftOver(ServiceID, run: UInt64)
    /// A registry entry came, was updated, expired, beat again or went.
    case registry(name: String, RegistryChange)
    /// The composite of the node.
    case composite(from: Health, to: Health)
    /// Every service has settled for the first time (rule 23).
    case initialized
    /// The node's readiness (rule 23).
    case ready(Bool)
  }

  /// What became of a registry entry.
  package enum RegistryChange: String, Sendable, CaseIterable {
    case registered, updated, expired, revived, deregistered, dropped
  }
}
