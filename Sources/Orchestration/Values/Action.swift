// Requests of the core to the outside world.

/// A request of the core to the outside world. Actions are carried out in order.
package enum Action: Sendable, Equatable {
  /// Start this run; answer with `spawned` or `spawnFailed`.
  case spawn(ServiceID, run: UInt64)
  /// Run this hook of the service; answer with `hookFinished`.
  case runHook(ServiceID, run: UInt64, Hook)
  /// The hook's time is over: kill it with all that it started. Its answer is ignored.
  case cancelHook(ServiceID, run: UInt64, Hook)
  /// Send this signal, which asks the run to end, to every process of the run or to the main process.
  case signal(ServiceID, run: UInt64, Int32, StopPolicy.Scope)
  /// Send this signal as it is: at a reload, or because somebody requested it. A process that is paused stays so.
  case sendSignal(ServiceID, run: UInt64, Int32, StopPolicy.Scope)
  /// Send SIGKILL to every process of the run, until it is empty. (In-process: cancel the task.) The action may come
  /// before the spawn is answered; then it is repeated after the answer.
  case kill(ServiceID, run: UInt64)
  /// Run a check; answer with `checkFinished`. `run`: the run that is checked (0: an external service).
  case startCheck(ServiceID, check: UInt64, run: UInt64)
  /// The result of this check is no longer wanted.
  case cancelCheck(ServiceID, check: UInt64)
  /// The result of a check counts: keep it in the history, with the service's health after it. For checks by heartbeat
  /// there is no `startCheck` before it.
  case recordCheck(ServiceID, check: UInt64, passed: Bool, health: Health)
  /// This check, requested by `checkNow`, will never have a result: its run ended.
  case abandonCheck(ServiceID, check: UInt64)
  /// Publish this change.
  case changed(Change)
  /// A service that a reload took out of the file has ended, with every process of its run.
  case retired(ServiceID)
  /// The full stop is over (rule 24).
  case stopped(StopReport)
}
