// What the process table tells.

import Orchestration

/// News of a run. For each spawn: `spawnFailed`, or `spawned`, `exited` and `emptied` in this order; for each adoption the same, with
/// `adopted` for `spawned`, or without it if the first process is gone.
package enum ProcessEvent: Sendable {
  /// The program runs.
  case spawned(RunKey, ProcessIdentity)
  /// It could not be started; nothing is left of the attempt.
  case spawnFailed(RunKey, SpawnError)
  /// The main process of an adopted run is there, and is watched from now on.
  case adopted(RunKey, ProcessIdentity)
  /// It, or something of it, has said this of itself. What was said before its main process ended is told before `exited`.
  case notified(RunKey, RunNotification)
  /// Its main process ended, so, having used this much (nothing is known of that if it was not our child).
  case exited(RunKey, Exit, ResourceUsage)
  /// Nothing of the run is left: neither its session nor what left it. May come with `exited`, in the same batch.
  case emptied(RunKey)
}
