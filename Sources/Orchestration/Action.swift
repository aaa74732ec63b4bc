// Events in, actions out: the whole of the core's traffic with the world.

/// What the world tells the core. Whatever belongs to an older run is dropped.
public enum Event: Sendable {
  /// The exec of this run succeeded (or the in-process task was started).
  case spawned(ServiceID, run: UInt64)
  /// This run could not be spawned.
  case spawnFailed(ServiceID, run: UInt64)
  /// The main process of this run ended; `isEmpty`: nothing else of the run lives, and no `emptied` follows.
  case exited(ServiceID, run: UInt64, Exit, isEmpty: Bool)
  /// Nothing of this run is left any more. Comes once, later, where `exited` said that something remained.
  case emptied(ServiceID, run: UInt64)
  /// A check that an action asked for has its result.
  case checkFinished(ServiceID, check: UInt64, passed: Bool)
  /// Time has passed: `nextDeadline` is due.
  case wake
}

/// What the core asks of the world, to be carried out in order.
public enum Action: Sendable, Equatable {
  /// Start this run; answer with `spawned` or `spawnFailed`.
  case spawn(ServiceID, run: UInt64)
  /// Send this signal to everything of the run.
  case signal(ServiceID, run: UInt64, Int32)
  /// Send SIGKILL to everything that is left of the run, until it is empty. (In-process: cancel the task.)
  case kill(ServiceID, run: UInt64)
  /// Run a check; answer with `checkFinished`. `run` is the run that it asks (0: an external service).
  case startCheck(ServiceID, check: UInt64, run: UInt64)
  /// The result of this check is no longer wanted.
  case cancelCheck(ServiceID, check: UInt64)
  /// A check's result was accepted: keep it in the history, with the service's health after it.
  case recordCheck(ServiceID, check: UInt64, passed: Bool, health: Health)
  /// This check, asked for by `checkNow`, will never have a result: its run ended.
  case abandonCheck(ServiceID, check: UInt64)
  /// Tell everybody.
  case changed(Change)
  /// The full stop is over (rule 24).
  case stopped(StopReport)
}

/// How a full stop ended (rule 24).
public struct StopReport: Sendable, Equatable {
  /// Services that had to be killed at their deadline.
  public var killed: [ServiceID]
  /// Services of which something still exists.
  public var leftOver: [ServiceID]

  /// A report.
  public init(killed: [ServiceID], leftOver: [ServiceID]) {
    self.killed = killed
    self.leftOver = leftOver
  }
}

/// What somebody asks of the core (rules 18 to 20, 24, 25).
public enum Command: Sendable, Equatable {
  /// Start everything that is enabled: the initial start.
  case boot
  /// Start this service and the stopped services it requires; `force` lifts the restart limit.
  case start(ServiceID, force: Bool)
  /// Stop this service.
  case stop(ServiceID, StopMode)
  /// Restart this service; `force` lifts the restart limit.
  case restart(ServiceID, force: Bool)
  /// Stop everything, in reverse order; nothing is started any more.
  case shutdown
  /// Kill what is left of everything, at once: the second signal (rule 25).
  case killAll

  /// What a stop does about live services that require the one to be stopped (rule 19).
  public enum StopMode: Sendable, Equatable {
    /// Refuse, and name them.
    case refuse
    /// Stop only the named one.
    case force
    /// Stop them first.
    case cascade
  }
}

/// What became of a command.
public enum Verdict: Sendable, Equatable {
  /// It is under way (or was fulfilled already); these others are started or stopped with it.
  case accepted(alsoStarted: [ServiceID], alsoStopped: [ServiceID])
  /// It was refused; nothing has changed.
  case refused(Refusal)
}

/// Why a command was refused: each a 409 with this code.
public enum Refusal: Sendable, Equatable {
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
  /// `shutting_down`: the full stop has begun.
  case shuttingDown
}
