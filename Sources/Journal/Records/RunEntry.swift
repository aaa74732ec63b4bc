// One run in the history.

import Orchestration

/// One run of a service in the history, or one failed start.
package struct RunEntry: Sendable, Equatable {
  /// The number of the run.
  package var run: UInt64
  /// The moment of its beginning, or of its failed start, in milliseconds since 1970.
  package var startedAt: Int64
  /// The cause of its start; nil if that record was lost.
  package var startCause: String?
  /// The reason of the restart; nil: it was no restart.
  package var reason: RestartReason?
  /// The process; nil if there was none, or its record was lost.
  package var pid: Int32?
  /// The outcome.
  package var outcome: Outcome

  /// The outcome of a run.
  package enum Outcome: Sendable, Equatable {
    /// No end is known: it runs, or it ended between two Stokers.
    case open
    /// It ended.
    case ended(RunEnd)
    /// It never ran.
    case startFailed(StartFailure)
  }

  init(_ start: RunStart) {
    run = start.run
    startedAt = start.at
    startCause = start.cause
    reason = start.reason
    pid = start.pid
    outcome = .open
  }

  /// A run whose start was lost.
  init(_ end: RunEnd) {
    run = end.run
    startedAt = end.begin
    outcome = .ended(end)
  }

  init(_ failure: StartFailure) {
    run = failure.run
    startedAt = failure.at
    startCause = failure.cause
    reason = failure.reason
    outcome = .startFailed(failure)
  }

  init(run: UInt64, startedAt: Int64, startCause: String?, reason: RestartReason?, pid: Int32?, outcome: Outcome) {
    self.run = run
    self.startedAt = startedAt
    self.startCause = startCause
    self.reason = reason
    self.pid = pid
    self.outcome = outcome
  }
}

extension RunEnd {
  /// The beginning of the run, computed from its end.
  var begin: Int64 { at - Int64((max(0, min(seconds ?? 0, 1e12)) * 1000).rounded()) }
}
