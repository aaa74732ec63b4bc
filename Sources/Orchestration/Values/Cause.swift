// Why something changed.

/// Why something changed.
package enum Cause: Hashable, Sendable {
  /// Somebody asked for it.
  case requested(Origin)
  /// A dependency of it was asked for, or it was pulled along by a command to another service.
  case requestedFor(ServiceID, Origin)
  /// The whole is being stopped.
  case shutdown(Origin)
  /// The spawn succeeded.
  case spawned
  /// The process said that it is ready.
  case ready
  /// It ran on while its Stoker was gone (rule 26).
  case adopted
  /// So an earlier Stoker left it.
  case remembered
  /// Its process ended.
  case exited(Exit)
  /// A start failed at this stage.
  case startFailed(StartStage)
  /// A start was not done in time, and this is where it stood.
  case startTimedOut(StartStage)
  /// A check's result: failures or successes in a row.
  case check(passed: Bool, streak: Int)
  /// Failed checks reached the threshold.
  case unhealthy
  /// No sign of life came within the watchdog's time.
  case watchdog
  /// The delay is over.
  case backoffElapsed
  /// What it waits for, or no longer: a dependency's state.
  case dependency(ServiceID)
  /// An explicit layer is a barrier (rule 22).
  case barrier
  /// Another service file is in place, by whoever asked for that.
  case reloaded(Origin)
  /// Attempts are used up.
  case restartLimit
  /// The process had to be killed at the deadline of its stop.
  case killed
  /// It survived SIGKILL and the grace.
  case survived
  /// A registry entry's time to live ran out, or its beat came.
  case heartbeat
  /// The sum of its parts changed.
  case sum
}
