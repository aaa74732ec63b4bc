// Why a command was refused.

/// Why a command was refused: each a 409 with this code.
package enum Refusal: Sendable, Equatable {
  /// `restart_limit_exceeded`: attempts are used up; `force` lifts it (rule 12).
  case restartLimitExceeded
  /// `dependency_failed`: these required dependencies have failed (rule 18).
  case dependencyFailed([ServiceID])
  /// `dependency_not_ready`: these required dependencies do not meet their conditions (rule 20).
  case dependencyUnmet([ServiceID])
  /// `required_by`: these live services require it (rule 19).
  case requiredBy([ServiceID])
  /// `external_service`: not started by Stoker, so not restarted by it (rule 28).
  case external
  /// `being_removed`: a reload took it out of the service file, and it is being stopped.
  case beingRemoved
  /// `shutting_down`: the full stop has begun.
  case shuttingDown
}
