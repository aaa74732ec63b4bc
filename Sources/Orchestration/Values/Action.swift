// What the core asks of the world.

/// What the core asks of the world, to be carried out in order.
package enum Action: Sendable, Equatable {
  /// Start this run; answer with `spawned` or `spawnFailed`.
  case spawn(ServiceID, run: UInt64)
  /// Run this hook of the service; answer with `hookFinished`.
  case runHook(ServiceID, run: UInt64, Hook)
  /// The hook's time is over: kill it with all that it started. Nobody waits for its answer.
  case cancelHook(ServiceID, run: UInt64, Hook)
  /// Send this signal to the run, to everything or the main process, as the service's stop policy says.
  case signal(ServiceID, run: UInt64, Int32)
  /// Send SIGKILL to everything that is left of the run, until it is empty. (In-process: cancel the task.) It may come before the spawn
  /// is answered; then it comes again when it was.
  case kill(ServiceID, run: UInt64)
  /// Run a check; answer with `checkFinished`. `run` is the run that it asks (0: an external service).
  case startCheck(ServiceID, check: UInt64, run: UInt64)
  /// The result of this check is no longer wanted.
  case cancelCheck(ServiceID, check: UInt64)
  /// A check's result was accepted: keep it in the history, with the service's health after it. Where the heartbeat answers checks no
  /// `startCheck` came before it.
  case recordCheck(ServiceID, check: UInt64, passed: Bool, health: Health)
  /// This check, asked for by `checkNow`, will never have a result: its run ended.
  case abandonCheck(ServiceID, check: UInt64)
  /// Tell everybody.
  case changed(Change)
  /// A service that a reload took out of the file has ended, and nothing of it is left.
  case retired(ServiceID)
  /// The full stop is over (rule 24).
  case stopped(StopReport)
}
