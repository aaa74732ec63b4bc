// The state of one service: each case carries exactly what that state needs.

/// The state of a service, with all that it needs to go on.
enum ServiceState: Sendable {
  case stopped
  /// Should run; what it waits for is in the view.
  case waiting(Waiting)
  /// On its way to running, in phases. (External: until the first pass.)
  case starting(Starting)
  case running
  /// `after`: the end that the next attempt answers.
  case backoff(until: Instant, delay: Duration, after: Ending)
  case stopping(Stopping)
  case completed
  /// Given up; `byLimit`: since attempts are used up, so that only `force` starts it.
  case failed(byLimit: Bool)

  /// A start that is not possible yet.
  struct Waiting: Sendable {
    var start: Start
    /// Until when optional dependencies are waited for; set once per start, when all that is required is there (rule 16).
    var optionalUntil: Instant?
  }

  /// The kind of a start: it decides how the spawn is counted.
  enum Start: Sendable, Equatable {
    /// Somebody asked for it; not a restart.
    case first
    /// A restart that uses an attempt: the answer of the restart policy to this end.
    case automatic(Ending)
    /// A restart that uses none, and why it is made.
    case planned(RestartReason, Cause)
  }

  /// A run that is being started.
  struct Starting: Sendable {
    var since: Instant
    var phase: StartPhase
    /// When it has failed, unless it is done by then; while the spawn is under way nothing is waited for that could take long.
    var deadline: Instant
    /// The process was heard of as ready before the spawn was answered: its words can be ahead of the news that it is there.
    var isReady = false
  }

  /// How far a start has come.
  enum StartPhase: Sendable, Equatable {
    /// Its pre-start hook runs.
    case preparing
    /// The spawn was asked for and not answered.
    case spawning
    /// The process lives and has not said yet that it is ready.
    case readying
    /// External: watched until a check passes.
    case watching
  }

  /// A run that is being ended, by us or by itself.
  struct Stopping: Sendable {
    var began: Instant
    var phase: Phase
    /// The spawn was answered; before that there may be nothing to signal.
    var isSpawned: Bool
    /// The main process has ended (the rest of its group may not have).
    var exit: Exit?
    /// Nothing of the run is left; what is waited for is a hook.
    var isEmpty = false
    var next: Next
    /// It had to be killed at the deadline.
    var wasKilled = false
  }

  /// How far a stop has come.
  enum Phase: Sendable, Equatable {
    /// A hook asks it first, then the signal will; killed at this moment.
    case prepared(Hook, killAt: Instant)
    /// Asked by signal; killed at this moment.
    case asked(killAt: Instant)
    /// Killed; given up at this moment.
    case killed(graceEnds: Instant)
    /// Something survived: the run stays in the books, nothing waits for it, nothing is started beside it.
    case leftOver
    /// Nothing is left, and the post-stop hook runs, until this moment at most; then it is over, for this reason.
    case cleaned(until: Instant, Cause)
  }

  /// The sequel of a run's end.
  enum Next: Sendable, Equatable {
    /// Stays down: somebody wants it so.
    case rest
    /// Up again.
    case start(Start)
    /// The restart policy decides.
    case judge(Ending)
  }

  /// An end that the restart policy judges.
  enum Ending: Sendable, Equatable {
    case exit(Exit)
    case unhealthy
    case watchdog
    case startFailed(StartStage)
    case startTimedOut(StartStage)
  }

  /// The word for it.
  var status: Status {
    switch self {
    case .stopped: .stopped
    case .waiting: .waiting
    case .starting: .starting
    case .running: .running
    case .backoff: .backoff
    case .stopping: .stopping
    case .completed: .completed
    case .failed: .failed
    }
  }

  /// A run is there that others have to reckon with: what is left over holds nobody up.
  var occupies: Bool {
    switch self {
    case .starting, .running: true
    case .stopping(let stopping): stopping.phase != .leftOver
    case .stopped, .waiting, .backoff, .completed, .failed: false
    }
  }

  /// When time ends it; nil: never.
  var due: Instant? {
    switch self {
    case .waiting(let waiting): waiting.optionalUntil
    case .backoff(let until, _, _): until
    case .stopping(let stopping):
      switch stopping.phase {
      case .asked(let killAt), .prepared(_, let killAt): killAt
      case .killed(let graceEnds): graceEnds
      case .leftOver: nil
      case .cleaned(let until, _): until
      }
    case .starting(let starting):
      switch starting.phase {
      case .preparing, .readying: starting.deadline
      case .spawning, .watching: nil
      }
    case .stopped, .running, .completed, .failed: nil
    }
  }

  /// Starting or running: there is something that can be stopped.
  var isUnderWay: Bool { status.isUnderWay }
}

extension ServiceState.Stopping {
  /// Moves the moment of SIGKILL, while there is one to come. Returns whether there is.
  mutating func moveDeadline(_ moved: (Instant) -> Instant) -> Bool {
    switch phase {
    case .asked(let killAt): phase = .asked(killAt: moved(killAt))
    case .prepared(let hook, let killAt): phase = .prepared(hook, killAt: moved(killAt))
    case .killed, .leftOver, .cleaned: return false
    }
    return true
  }

  /// Why the run is over whose stop this is: how its process ended; nil: there was none, so it is why it was stopped.
  var endCause: Cause? {
    if wasKilled { return .killed }
    if let exit { return .exited(exit) }
    return isSpawned ? .exited(.unknown) : nil
  }
}

extension ServiceState.Next {
  /// Whether the end of a run leaves a service without a live process that should have one (rule 3): not where somebody wants it down, has
  /// just asked for the new start, or the end is clean.
  func isDeath(_ policy: RestartPolicy) -> Bool {
    switch self {
    case .rest, .start(.first), .start(.planned(.manual, _)), .start(.planned(.reload, _)): false
    case .judge(.exit(let exit)): !policy.isClean(exit)
    case .judge, .start: true
    }
  }
}

extension ServiceState.Ending {
  /// The reason that a restart after it is counted under.
  var restartReason: RestartReason {
    switch self {
    case .exit(.signal): .signal
    case .exit(.outOfMemory): .oom
    case .exit(.code), .exit(.unknown): .exit
    case .unhealthy: .unhealthy
    case .watchdog: .watchdog
    case .startFailed: .startFailed
    case .startTimedOut: .startTimeout
    }
  }

  /// The end as a cause.
  var cause: Cause {
    switch self {
    case .exit(let exit): .exited(exit)
    case .unhealthy: .unhealthy
    case .watchdog: .watchdog
    case .startFailed(let stage): .startFailed(stage)
    case .startTimedOut(let stage): .startTimedOut(stage)
    }
  }
}

extension Status {
  /// Starting or running: there is something that can be stopped.
  var isUnderWay: Bool { self == .starting || self == .running }
}
