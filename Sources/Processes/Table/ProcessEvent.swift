// What the process table tells.

import Orchestration

/// News of a run. For each spawn: `spawnFailed`, or `spawned`, `exited` and `emptied` in this order.
public enum ProcessEvent: Sendable {
  /// The program runs.
  case spawned(RunKey, ProcessIdentity)
  /// It could not be started; nothing is left of the attempt.
  case spawnFailed(RunKey, SpawnError)
  /// Its first process ended, so, having used this much.
  case exited(RunKey, Exit, ResourceUsage)
  /// Nothing of the run is left: neither its session nor what left it. May come with `exited`, in the same batch.
  case emptied(RunKey)
}
