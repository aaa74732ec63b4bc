// The begin of a run.

import Orchestration

/// The begin of a run.
package struct RunStart: Sendable, Equatable {
  /// Whose run it is.
  package let service: String
  /// The number of the run.
  package let run: UInt64
  /// When it began, in milliseconds since 1970.
  package let at: Int64
  /// Why, in words.
  package let cause: String
  /// Why it was a restart; nil: it was none.
  package let reason: RestartReason?
  /// The process; nil for a service that has none.
  package let pid: Int32?

  /// A run began. Of the cause 1 KiB is kept.
  package init(service: String, run: UInt64, at: Int64, cause: String, reason: RestartReason?, pid: Int32?) {
    self.service = service
    self.run = run
    self.at = at
    self.cause = cause.kept(upTo: RunEnd.mostWords)
    self.reason = reason
    self.pid = pid
  }
}
