// What is known of one run.

import Orchestration

/// What is known of one run of a service, or of an attempt at one.
package struct RunEntry: Sendable, Equatable {
  /// The number of the run.
  package var run: UInt64
  /// When it began, in milliseconds since 1970; for a start that failed, when that happened.
  package var startedAt: Int64
  /// Why it began; nil if that was lost.
  package var startCause: String?
  /// Why it was a restart; nil: it was none.
  package var reason: RestartReason?
  /// The process; nil if there was none, or that was lost.
  package var pid: Int32?
  /// How it went.
  package var outcome: Outcome

  /// How a run went.
  package enum Outcome: Sendable, Equatable {
    /// No end is known: it runs, or it ended while nobody looked.
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

  /// An end whose begin was lost.
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
  /// When the run began, as its end tells.
  var begin: Int64 { at - Int64((max(0, min(seconds, 1e12)) * 1000).rounded()) }
}
