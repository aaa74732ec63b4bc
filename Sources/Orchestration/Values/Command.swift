// Commands to the core, and its answers.

/// A command to the core (rules 18 to 20, 24, 25).
package enum Command: Sendable, Equatable {
  /// Start every enabled service: the initial start.
  case boot
  /// Start this service and the stopped services it requires; `force` lifts the restart limit.
  case start(ServiceID, force: Bool)
  /// Stop this service.
  case stop(ServiceID, StopMode)
  /// Restart this service; `force` lifts the restart limit, and skips its reload check.
  case restart(ServiceID, force: Bool)
  /// Let the process of this service read its configuration again (rule 86).
  case reload(ServiceID)
  /// Send this signal to the main process of this service, or to every process of it (rule 86).
  case signal(ServiceID, Int32, StopPolicy.Scope)
  /// Start every enabled service that is not up, and what they require; not those that have completed.
  case startAll
  /// Stop every service, dependents first. Unlike the full stop it is a wish: services can be started again, and Stoker goes on.
  case stopAll
  /// Restart every service that is running, dependents first down and dependencies first up; not oneshots and external services.
  case restartAll
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
  /// The reload check runs, and the restart follows if it passes. If it does not, `Change.What.serviceReloaded` says so.
  case checking
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
  /// `no_reload`: the service file has no reload for it (rule 86).
  case noReload
  /// `not_running`: it has no process that could be reloaded, or get a signal.
  case notRunning
  /// `no_process`: it never has a process of its own.
  case noProcess
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
