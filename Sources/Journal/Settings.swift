// The journal's numbers.

/// The journal's numbers: tests have others.
struct Settings: Sendable {
  /// How long what was appended waits for more: a batch is on the disk well within a second of its first record.
  var gather = Duration.milliseconds(400)
  /// The pause after a first failure; each further one doubles it.
  var firstPause = Duration.milliseconds(250)
  var longestPause = Duration.seconds(5)
  /// From when on a disk that does not answer is a problem.
  var patience = Duration.seconds(5)
  var backlog = Backlog.Limits()
  var retention = Retention()
  /// Up to this size a database is checked when it is opened.
  var checkedBytes: Int64 = 32 << 20
  /// Called on the journal's thread before each batch is written, and after it is on the disk.
  var beforeCommit: (@Sendable () -> Void)?
  var afterCommit: (@Sendable () -> Void)?

  /// How much is kept on disk.
  struct Retention: Sendable {
    /// Runs of each service.
    var runs: Int64 = 500
    /// Runs of each service whose last lines are kept.
    var outputs: Int64 = 50
    /// Services, those that are gone included.
    var services: Int64 = 10_000
  }
}
