// Events that drivers report to the supervisor's loop.

import Orchestration
import Probes
import Processes

/// An event from a driver. Services are named, since a reload may have renumbered them by the time it is handled.
enum DriverEvent: Sendable {
  /// Events of the process table, in the batch in which they came.
  case processes([ProcessEvent])
  /// An in-process service was started.
  case taskBegan(String, run: UInt64)
  /// An in-process service has ended; `error`: the text of the error that it threw.
  case taskEnded(String, run: UInt64, error: String?)
  /// A start that failed before the spawn: an environment file.
  case unprepared(String, run: UInt64, reason: String, isHopeless: Bool)
  /// A service is ready, as a line of its output shows.
  case notified(String, run: UInt64, Orchestration.Notification)
  /// A hook has ended; `problem`: its failure, nil after a success.
  case hookFinished(String, run: UInt64, Hook, problem: Sentence?)
  /// The output of a run that ended was read; `line`: its last line on standard error.
  case drained(RunKey, line: String?)
  /// The result of a check.
  case checked(UInt64, ProbeResult)
}

/// The result of one check, carried along with the actions that follow from it.
struct ProbeAnswer {
  let check: UInt64
  let outcome: ProbeResult
}
