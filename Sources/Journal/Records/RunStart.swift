// The begin of a run.

import Orchestration

/// The begin of a run.
public struct RunStart: Sendable, Equatable {
  /// Whose run it is.
  public let service: String
  /// The number of the run.
  public let run: UInt64
  /// When it began, in milliseconds since 1970.
  public let at: Int64
  /// Why, in words.
  public let cause: String
  /// Why it was a restart; nil: it was none.
  public let reason: RestartReason?
  /// The process; nil for a service that has none.
  public let pid: Int32?

  /// A run began. Of the cause 1 KiB is kept.
  public init(service: String, run: UInt64, at: Int64, cause: String, reason: RestartReason?, pid: Int32?) {
    self.service = service
    self.run = run
    self.at = at
    self.cause = cause.kept(upTo: RunEnd.mostWords)
    self.reason = reason
    self.pid = pid
  }
}
