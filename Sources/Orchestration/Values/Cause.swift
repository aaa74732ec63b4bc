// The cause of a change.

/// The cause of a change.
package enum Cause: Hashable, Sendable {
  /// A request.
  case requested(Origin)
  /// A request for another service, which this one had to follow.
  case requestedFor(ServiceID, Origin)
  /// The full stop.
  case shutdown(Origin)
  /// The spawn succeeded.
  case spawned
  /// The process reported that it is ready.
  case ready
  /// The process kept running between two Stokers (rule 26).
  case adopted
  /// The state that an earlier Stoker recorded.
  case remembered
  /// Its process ended. `leaving`: the processes that it left running, if nobody had asked it to end.
  case exited(Exit, leaving: Remains? = nil)
  /// A start failed at this stage.
  case startFailed(StartStage)
  /// A start was not done in time, and stood at this stage.
  case startTimedOut(StartStage)
  /// The result of a check. `streak`: failures or successes in a row.
  case check(passed: Bool, streak: Int)
  /// Failed checks reached the threshold.
  case unhealthy
  /// No sign of life came within the watchdog's time.
  case watchdog
  /// The run lived as long as the file allows.
  case runtimeMax
  /// The back-off delay is over.
  case backoffElapsed
  /// The state of a dependency.
  case dependency(ServiceID)
  /// A barrier before an explicit layer (rule 22).
  case barrier
  /// Every service of the layers before it has settled (rule 22).
  case layersSettled
  /// A reload of the service file, by this request.
  case reloaded(Origin)
  /// All attempts are used up.
  case restartLimit
  /// The process had to be killed at the deadline of its stop.
  case killed
  /// The process survived SIGKILL and the grace period.
  case survived
  /// A heartbeat came, or the time to live of a registry entry ran out.
  case heartbeat
  /// A change of the sum of all services.
  case sum
}
