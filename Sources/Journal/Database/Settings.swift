// The journal's settings.

import Orchestration

/// The journal's settings; tests use other values.
struct Settings: Sendable {
  /// The time that a first record waits for more: a batch is on the disk well within a second of its first record.
  var gather = Duration.milliseconds(400)
  /// The pause after a first failure; each further one doubles it.
  var firstPause = Duration.milliseconds(250)
  var longestPause = Duration.seconds(5)
  /// The time after which a disk that does not answer is a problem.
  var patience = Duration.seconds(5)
  /// The clock of the patience. Stoker's own stands still while Stoker does not run: that is no hang of the disk.
  var now: @Sendable () -> Instant = { Instant(nanoseconds: (SuspendingClock.now - Self.origin).wholeNanoseconds) }
  private static let origin = SuspendingClock.now
  var backlog = Backlog.Limits()
  var retention = Retention()
  /// The largest size of a database that is checked when it is opened.
  var checkedBytes: Int64 = 32 << 20
  /// Called on the journal's thread before each batch is written, and after it is on the disk.
  var beforeCommit: (@Sendable () -> Void)?
  var afterCommit: (@Sendable () -> Void)?

  /// The limits of the history on the disk.
  struct Retention: Sendable {
    /// The number of runs of each service.
    var runs: Int64 = 500
    /// The number of runs of each service with their last lines.
    var outputs: Int64 = 50
    /// The number of services, including removed ones.
    var services: Int64 = 10_000
  }
}
