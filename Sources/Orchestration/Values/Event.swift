// Events of the outside world, as the core receives them.

/// An event of the outside world. Events of an older run are dropped. For one run, `spawned` comes before `exited`, and
/// `exited` before `emptied`.
package enum Event: Sendable {
  /// The exec of this run succeeded (or its in-process task was started).
  case spawned(ServiceID, run: UInt64)
  /// This run could not be spawned. `isHopeless`: nor will another one, until somebody mends what the spawn needs.
  case spawnFailed(ServiceID, run: UInt64, isHopeless: Bool = false)
  /// The main process of this run ended. `isEmpty`: no other process of the run lives, and no `emptied` follows. `others`: the number of
  /// those that are known to live; 0 where nobody could look. `named`: the name of the program in the oldest of them.
  case exited(ServiceID, run: UInt64, Exit, isEmpty: Bool, others: Int = 0, named: String? = nil)
  /// The process of this run sent a notification.
  case notified(ServiceID, run: UInt64, Notification)
  /// A hook that an action asked for has ended. `passed`: whether it succeeded.
  case hookFinished(ServiceID, run: UInt64, Hook, passed: Bool)
  /// The last process of this run has ended. Comes once, if `exited` reported that processes remained.
  case emptied(ServiceID, run: UInt64)
  /// The result of a check that an action asked for. nil: it could not be made, which is not the service's fault.
  case checkFinished(ServiceID, check: UInt64, passed: Bool?)
  /// `nextDeadline` is due.
  case wake
}

/// A notification of a process about itself (sd_notify(3); a newline on its descriptor; a line of its output).
package enum Notification: Sendable, Equatable {
  /// Its start is done.
  case ready
  /// It reads its configuration again, and reports when it is done.
  case reloading
  /// It lives: the watchdog's time begins again.
  case alive
  /// It asks to be treated as if its watchdog had expired.
  case stuck
  /// Its notifications cannot be received: no sign of life is expected of this run.
  case unheard
  /// Its start or its stop, whichever is under way, may take this much longer from now on.
  case extendTimeout(Duration)
}
