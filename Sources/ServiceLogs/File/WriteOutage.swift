// A file that cannot be written to: reported once, not for each write, and tried again with pauses.

import Linux

/// The time during which a log's file cannot be written to.
struct WriteOutage {
  private var isOut = false
  private var dropped: UInt64 = 0
  private var attempt: SuspendingClock.Instant?
  private var lastFailure: SuspendingClock.Instant?
  private var pause: SuspendingClock.Instant?

  /// The time without a failure after which a file has recovered.
  private static let calm = Duration.seconds(1)
  /// At most one part in so many of the pump's time goes into attempts: a full file system can take long to
  /// return its error.
  private static let share = 50

  /// Whether writes are dropped without an attempt at the moment. If not, an attempt begins.
  var isPausing: Bool {
    mutating get {
      guard isOut else { return false }
      let now = SuspendingClock.now
      if let pause, now < pause { return true }
      attempt = now
      return false
    }
  }

  /// Notes a failed attempt; returns the trouble to report.
  mutating func failed(_ path: String, _ error: FolderError) -> LogTrouble? {
    let now = SuspendingClock.now
    lastFailure = now
    if let attempt { pause = now + (now - attempt) * Self.share }
    guard !isOut else { return nil }
    isOut = true
    return .unwritable(path: path, error)
  }

  /// Notes a successful attempt; returns the end of trouble to report.
  mutating func passed(_ path: String) -> LogTrouble? {
    guard isOut, let lastFailure, SuspendingClock.now - lastFailure >= Self.calm else { return nil }
    defer { self = WriteOutage() }
    return .writable(path: path, dropped: dropped)
  }

  /// Counts dropped bytes.
  mutating func lost(_ count: Int) -> Int {
    dropped += UInt64(count)
    return count
  }
}
