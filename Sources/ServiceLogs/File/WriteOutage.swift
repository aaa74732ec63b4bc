// A file that cannot be written to: told once, not per write, and not tried all the time.

import Linux

/// The time during which a log's file cannot be written to.
struct WriteOutage {
  private var isOut = false
  private var dropped: UInt64 = 0
  private var attempt: SuspendingClock.Instant?
  private var lastFailure: SuspendingClock.Instant?
  private var pause: SuspendingClock.Instant?

  /// A file that can be written to only now and then has not recovered.
  private static let calm = Duration.seconds(1)
  /// Of the mover's time, this part at most goes into attempts: a full file system can take long to say so.
  private static let share = 50

  /// Whether writing is not even tried at the moment. Notes an attempt if not.
  var isPausing: Bool {
    mutating get {
      guard isOut else { return false }
      let now = SuspendingClock.now
      if let pause, now < pause { return true }
      attempt = now
      return false
    }
  }

  /// An attempt has failed: what is to be told.
  mutating func failed(_ path: String, _ error: SystemError) -> LogTrouble? {
    let now = SuspendingClock.now
    lastFailure = now
    if let attempt { pause = now + (now - attempt) * Self.share }
    guard !isOut else { return nil }
    isOut = true
    return .unwritable(path: path, error)
  }

  /// An attempt was a success: what is to be told.
  mutating func passed(_ path: String) -> LogTrouble? {
    guard isOut, let lastFailure, SuspendingClock.now - lastFailure >= Self.calm else { return nil }
    defer { self = WriteOutage() }
    return .writable(path: path, dropped: dropped)
  }

  /// Counts what was dropped.
  mutating func lost(_ count: Int) -> Int {
    dropped += UInt64(count)
    return count
  }
}
