// The start of a run.

import Orchestration

/// The start of a run.
package struct RunStart: Sendable, Equatable {
  /// The name of the service.
  package let service: String
  /// The number of the run.
  package let run: UInt64
  /// The moment of its start, in milliseconds since 1970.
  package let at: Int64
  /// The cause, in words.
  package let cause: String
  /// The reason of the restart; nil: it was no restart.
  package let reason: RestartReason?
  /// The process; nil for a service that has none.
  package let pid: Int32?

  /// The start of a run. The cause is cut to 1 KiB.
  package init(service: String, run: UInt64, at: Int64, cause: String, reason: RestartReason?, pid: Int32?) {
    self.service = service
    self.run = run
    self.at = at
    self.cause = cause.kept(upTo: RunEnd.mostWords)
    self.reason = reason
    self.pid = pid
  }
}
