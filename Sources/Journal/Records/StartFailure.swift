// An attempt to start that never ran.

import Orchestration

/// An attempt to start that never ran.
public struct StartFailure: Sendable, Equatable {
  /// Whose start it was.
  public let service: String
  /// The number that the run would have had.
  public let run: UInt64
  /// When it failed, in milliseconds since 1970.
  public let at: Int64
  /// The part of the start that failed.
  public let stage: String
  /// What was wrong, in words.
  public let text: String
  /// Why the start was made, in words; nil if that is not known.
  public let cause: String?
  /// Why it was a restart; nil: it was none.
  public let reason: RestartReason?

  /// A start failed. Of the text and of the cause 1 KiB is kept.
  public init(
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
