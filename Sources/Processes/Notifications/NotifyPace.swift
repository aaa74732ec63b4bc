// How fast the messages of a run are taken.

/// Bounds the messages of one run: a process that sends without end fills its own queue, and delays nobody else.
struct NotifyPace {
  private var began = SuspendingClock.now
  private var count = 0

  static let interval = Duration.milliseconds(100)
  /// A program sends a few in a second.
  private static let bound = 32

  /// The number of messages that may be taken now.
  mutating func room(at now: SuspendingClock.Instant) -> Int {
    if now - began >= Self.interval { (began, count) = (now, 0) }
    return Self.bound - count
  }

  mutating func took(_ messages: Int) { count += messages }
}
