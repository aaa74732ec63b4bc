// Commands to the core, and its answers.

/// A command to the core (rules 18 to 20, 24, 25).
package enum Command: Sendable, Equatable {
  /// Start every enabled service: the initial start.
  case boot
  /// Start this service and the stopped services it requires; `force` lifts the restart limit.
  case start(ServiceID, force: Bool)
  /// Stop this service.
  case stop(ServiceID, StopMode)
  /// Restart this service; `force` lifts the restart limit.
  case restart(ServiceID, force: Bool)
  /// Stop everything, in reverse order; nothing is started any more.
  case shutdown
  /// Kill every process of every run at once: the second signal (rule 25).
  case killAll

  /// The treatment of live services that require the one to be stopped (rule 19).
  package enum StopMode: Sendable, Equatable {
    /// Refuse, and name them.
    case refuse
    /// Stop only the named one.
    case force
    /// Stop them first.
    case cascade
  }
}

/// The answer to a command.
package enum CommandAnswer: Sendable, Equatable {
  /// The command is under way (or was fulfilled already); these other services are started or stopped with it.
  case accepted(alsoStarted: [ServiceID], alsoStopped: [ServiceID])
  /// The command was refused; nothing has changed.
  case refused(Refusal)
}

/// The reason why a command was refused: an HTTP status 409 with this code.
package enum Refusal: Sendable, Equatable {
  /// `restart_limit_exceeded`: attempts are used up; `force` lifts it (rule 12).
  case restartLimitExceeded
  /// `dependency_failed`: these required dependencies have failed (rule 18).
  case dependencyFailed([ServiceID])
  /// `dependency_not_ready`: these required dependencies do not meet their conditions (rule 20).
  case dependencyUnmet([ServiceID])
  /// `required_by`: these live services require it (rule 19).
  case requiredBy([ServiceID])
  /// `external_service`: Stoker did not start it, so it cannot restart it (rule 28).
  case external
  /// `being_removed`: a reload took it out of the service file, and it is being stopped.
  case beingRemoved
  /// `shutting_down`: the full stop has begun.
  case shuttingDown
}

/// The answer to a request for a check (rule 6).
package enum CheckNowAnswer: Sendable, Equatable {
  /// The result comes as `recordCheck` with this number, or `abandonCheck` if the run ends before, or no check can be made. It may be
  /// among the actions that came with this answer, so the waiting client must be registered before they are carried out.
  case pending(check: UInt64)
  /// There is no live process, so no probe is made: `unknown`, "not running".
  case notRunning
  /// The service has no check; this is its health.
  case noCheck(Health)
}
