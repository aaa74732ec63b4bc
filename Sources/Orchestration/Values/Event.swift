// What the world tells the core.

/// What the world tells the core. Whatever belongs to an older run is dropped. Of one run `spawned` comes before `exited`, and that before
/// `emptied`.
package enum Event: Sendable {
  /// The exec of this run succeeded (or the in-process task was started).
  case spawned(ServiceID, run: UInt64)
  /// This run could not be spawned.
  case spawnFailed(ServiceID, run: UInt64)
  /// The main process of this run ended; `isEmpty`: nothing else of the run lives, and no `emptied` follows.
  case exited(ServiceID, run: UInt64, Exit, isEmpty: Bool)
  /// The process of this run says something of itself.
  case notified(ServiceID, run: UInt64, Notification)
  /// A hook that an action asked for is over; `passed`: it ended well.
  case hookFinished(ServiceID, run: UInt64, Hook, passed: Bool)
  /// Nothing of this run is left any more. Comes once, later, where `exited` said that something remained.
  case emptied(ServiceID, run: UInt64)
  /// A check that an action asked for has its result.
  case checkFinished(ServiceID, check: UInt64, passed: Bool)
  /// Time has passed: `nextDeadline` is due.
  case wake
}
