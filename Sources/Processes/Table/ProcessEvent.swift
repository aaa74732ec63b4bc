// The events of the process table.

import Linux
import Orchestration

/// An event of a run. For each spawn: `spawnFailed`, or `spawned`, `exited` and `emptied` in this order; for
/// each adoption the same, with `adopted` in place of `spawned`, or without it if the first process is gone.
package enum ProcessEvent: Sendable {
  /// The program runs.
  case spawned(RunKey, ProcessIdentity)
  /// The program could not be started; nothing is left of the attempt.
  case spawnFailed(RunKey, SpawnError)
  /// The main process of an adopted run exists, and is watched from now on.
  case adopted(RunKey, ProcessIdentity)
  /// A process of the run has sent this notification. Those sent before the main process ended come before
  /// `exited`.
  case notified(RunKey, RunNotification)
  /// A message on the socket of this run was refused, wholly or in part, for this reason; its sender. Once for each reason.
  case refused(RunKey, NotifyRefusal, sender: Int32)
  /// The pid file of a run whose first process has gone into the background names no main process, for this reason. Once for each change.
  case unnamed(RunKey, PIDFileFault)
  /// The notifications of this adopted run cannot be received, for this reason.
  case unheard(RunKey, SystemError)
  /// The processes of the run cannot be looked at, for lack of descriptors; nil: they can again. Once for each change.
  case unsettled(RunKey, SystemError?)
  /// The main process ended, with this exit and usage (empty if it was not our child).
  case exited(RunKey, Exit, ResourceUsage)
  /// No process of the run is left, neither in its session nor outside. May come with `exited`, in the same
  /// batch.
  case emptied(RunKey)
}
