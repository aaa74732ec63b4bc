// What becomes of a request to check at once.

/// What `Orchestrator.checkNow` found (rule 6).
package enum CheckNow: Sendable, Equatable {
  /// The result comes as `recordCheck` with this number, or `abandonCheck` if the run ends before.
  /// It may stand among the very actions that came with this answer, so whoever waits must be noted down first.
  case pending(check: UInt64)
  /// There is no live process to ask: no probe, `unknown`, "not running".
  case notRunning
  /// It has no check; this is its health.
  case noCheck(Health)
}
