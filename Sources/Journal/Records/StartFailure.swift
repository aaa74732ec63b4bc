// An attempt to start that never ran.

import Orchestration

/// An attempt to start that never ran.
package struct StartFailure: Sendable, Equatable {
  /// Whose start it was.
  package let service: String
  /// The number that the run would have had.
  package let run: UInt64
  /// When it failed, in milliseconds since 1970.
  package let at: Int64
  /// The part of the start that failed.
  package let stage: String
  /// What was wrong, in words.
  package let text: String
  /// Why the start was made, in words; nil if that is not known.
  package let cause: String?
  /// Why it was a restart; nil: it was none.
  package let reason: RestartReason?

  /// A start failed. Of the text and of the cause 1 KiB is kept.
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
