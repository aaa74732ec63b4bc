// A failed start.

import Orchestration

/// A failed start: there was no run.
package struct StartFailure: Sendable, Equatable {
  /// The name of the service.
  package let service: String
  /// The number that the run would have had.
  package let run: UInt64
  /// The moment of the failure, in milliseconds since 1970.
  package let at: Int64
  /// The part of the start that failed.
  package let stage: String
  /// The error, in words.
  package let text: String
  /// The cause of the start, in words; nil if it is not known.
  package let cause: String?
  /// The reason of the restart; nil: it was no restart.
  package let reason: RestartReason?

  /// A failed start. The text and the cause are cut to 1 KiB each.
  package init(
    service: String, run: UInt64, at: Int64, stage: String, text: String, cause: String? = nil, reason: RestartReason? = nil
  ) {
    self.service = service
    self.run = run
    self.at = at
    self.stage = stage
    self.text = text.kept(upTo: RunEnd.mostWords)
    self.cause = cause?.kept(upTo: RunEnd.mostWords)
    self.reason = reason
  }
}
