// The state of one service: each case carries exactly the data of that state.

/// The state of a service, with its data.
enum ServiceState: Sendable {
  case stopped
  /// Wanted, and waits for its blockers, which stand in the view.
  case waiting(Waiting)
  /// On its way to running, in phases. (External: until the first check passes.)
  case starting(Starting)
  case running
  /// Waits for its next attempt. `after`: the end that the attempt answers.
  case backoff(until: Instant, delay: Duration, after: Ending)
  case stopping(Stopping)
  case completed
  /// Given up. `byLimit`: because attempts are used up, so that only `force` starts it. `comesBack`: while a dependency was lost to it;
  /// it starts again when none is.
  case failed(byLimit: Bool, comesBack: Bool = false)

  /// A start that is not possible yet.
  struct Waiting: Sendable {
    var start: Start
    /// The end of the wait for optional dependencies; set once per start, when all required ones are met (rule 16).
    var optionalUntil: Instant?
  }

  /// The kind of a start, which decides how the spawn is counted.
  enum Start: Sendable, Equatable {
    /// A requested start, not a restart.
    case first
    /// A restart that uses an attempt: the restart policy's answer to this end.
    case automatic(Ending)
    /// A restart that uses no attempt, with its reason.
    case planned(RestartReason, Cause)
    /// The same, although dependencies do not meet their conditions: a person forced it (rule 20).
    indirect case forced(Start)
  }

  /// The start of a run.
  struct Starting: Sendable {
    var since: Instant
    var phase: StartPhase
    /// The moment at which the start fails if it is not done. Not applied while the spawn is under way, which takes no
    /// long time.
    var deadline: Instant
    /// Whether the process reported that it is ready before the spawn was answered: a notification can overtake that
    /// answer.
    var isReady = false
  }

  /// The phase of a start.
  enum StartPhase: Sendable, Equatable {
    /// The pre-start hook runs.
    case preparing
    /// The spawn was requested and is not answered.
    case spawning
    /// The process lives and has not reported yet that it is ready.
    case readying
    /// External: watched until a check passes.
    case watching
  }

  /// The end of a run, on request or by itself.
  struct Stopping: Sendable {
    var began: Instant
    var phase: Phase
    /// Whether the spawn was answered; before that there may be no process to signal.
    var isSpawned: Bool
    /// The exit of the main process (other processes of the run may still live).
    var exit: Exit?
    /// The processes that the main process left running, if nobody had asked it to end.
    var leaving: Remains?
    /// Whether every process of the run has ended, and the stop waits only for a hook.
    var isEmpty = false
    /// Whether every process that was left got the signal.
    var hasAskedAll = false
    var next: Next
    /// Whether it had to be killed at the deadline.
    var wasKilled = false
  }

  /// The phase of a stop.
  enum Phase: Sendable, Equatable {
    /// A hook runs, and the signal follows; SIGKILL at this moment.
    case preparing(Hook, killAt: Instant)
    /// The signal was sent; SIGKILL at this moment.
    case asked(killAt: Instant)
    /// SIGKILL was sent; a process that is alive at this moment is left over.
    case killed(graceEnds: Instant)
    /// A process survived: the run is kept, no service waits for it, and no new run of the service starts.
    case leftOver
    /// Every process has ended, and the post-stop hook runs, until this moment at most. The cause is the cause of the
    /// run's end.
    case cleaning(until: Instant, Cause)
  }

  /// The step after the end of a run.
  enum Next: Sendable, Equatable {
    /// The service stays down, as it is not wanted.
    case rest
    /// The service starts again.
    case start(Start)
    /// The restart policy decides.
    case judge(Ending)
  }

  /// An end that the restart policy judges.
  enum Ending: Sendable, Equatable {
    case exit(Exit, leaving: Remains? = nil)
    case unhealthy
    case watchdog
    case runtimeMax
    case startFailed(StartStage)
    /// The spawn failed, and will fail again until somebody mends what it needs: there is no such program, or no permission.
    case unspawnable
    case startTimedOut(StartStage)
  }

  /// The state without its data.
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

  /// Whether a run exists that other services have to wait for; one that is left over holds no service up.
  var occupies: Bool {
    switch self {
    case .starting, .running: true
    case .stopping(let stopping): stopping.phase != .leftOver
    case .stopped, .waiting, .backoff, .completed, .failed: false
    }
  }

  /// The moment at which a timer ends the state; nil: no timer.
  var due: Instant? {
    switch self {
    case .waiting(let waiting): waiting.optionalUntil
    case .backoff(let until, _, _): until
    case .stopping(let stopping):
      switch stopping.phase {
      case .asked(let killAt), .preparing(_, let killAt): killAt
      case .killed(let graceEnds): graceEnds
      case .leftOver: nil
      case .cleaning(let until, _): until
      }
    case .starting(let starting):
      switch starting.phase {
      case .preparing, .readying: starting.deadline
      case .spawning, .watching: nil
      }
    case .stopped, .running, .completed, .failed: nil
    }
  }

  /// Whether it is starting or running, so that there is a run to stop.
  var isUnderWay: Bool { status.isUnderWay }
}

extension ServiceState {
  /// The same with a later deadline of its start or stop; nil: it has none that can be moved. In a full stop none can, as the length of
  /// that is known in advance (rules 24, 25).
  func extended(to end: Instant, isFullStop: Bool) -> ServiceState? {
    switch self {
    case .starting(var starting) where starting.phase == .readying:
      starting.deadline = max(starting.deadline, end)
      return .starting(starting)
    case .stopping(var stopping) where !isFullStop:
      return stopping.moveDeadline { max($0, end) } ? .stopping(stopping) : nil
    case .stopped, .waiting, .starting, .running, .backoff, .stopping, .completed, .failed:
      return nil
    }
  }
}

extension ServiceState.Start {
  /// The same, forced or not.
  func forced(_ isForced: Bool) -> ServiceState.Start {
    if case .forced(let start) = self { isForced ? self : start } else { isForced ? .forced(self) : self }
  }

  /// Whether dependencies do not count for it.
  var isForced: Bool { if case .forced = self { true } else { false } }
}

extension ServiceState.Stopping {
  /// Moves the moment of SIGKILL. Returns false if SIGKILL is not to come any more.
  mutating func moveDeadline(_ moved: (Instant) -> Instant) -> Bool {
    switch phase {
    case .asked(let killAt): phase = .asked(killAt: moved(killAt))
    case .preparing(let hook, let killAt): phase = .preparing(hook, killAt: moved(killAt))
    case .killed, .leftOver, .cleaning: return false
    }
    return true
  }

  /// The cause of the run's end: the exit of its process. Nil if there was no process; then it is the cause of the
  /// stop.
  var endCause: Cause? {
    // The main process had ended by itself, however the others ended.
    if let exit, leaving != nil { return .exited(exit, leaving: leaving) }
    if wasKilled { return .killed }
    if let exit { return .exited(exit) }
    return isSpawned ? .exited(.unknown) : nil
  }
}

extension ServiceState.Next {
  /// Whether the end of a run leaves a wanted service without a live process (rule 3). Not if the service is not
  /// wanted, a command has just requested the new start, or the end is clean.
  func isDeath(_ policy: RestartPolicy) -> Bool {
    switch self {
    case .rest, .start(.first), .start(.planned(.manual, _)), .start(.planned(.reload, _)), .start(.forced): false
    case .judge(.exit(let exit, _)): !policy.isClean(exit)
    case .judge, .start: true
    }
  }
}

extension ServiceState.Ending {
  /// The reason of the restart that follows it.
  var restartReason: RestartReason {
    switch self {
    case .exit(.signal, _): .signal
    case .exit(.outOfMemory, _): .oom
    case .exit(.code, _), .exit(.unknown, _): .exit
    case .unhealthy: .unhealthy
    case .watchdog: .watchdog
    case .runtimeMax: .runtimeMax
    case .startFailed, .unspawnable: .startFailed
    case .startTimedOut: .startTimeout
    }
  }

  /// The end as a cause.
  var cause: Cause {
    switch self {
    case .exit(let exit, let leaving): .exited(exit, leaving: leaving)
    case .unhealthy: .unhealthy
    case .watchdog: .watchdog
    case .runtimeMax: .runtimeMax
    case .startFailed(let stage): .startFailed(stage)
    case .unspawnable: .startFailed(.spawn)
    case .startTimedOut(let stage): .startTimedOut(stage)
    }
  }
}

extension Cause {
  /// The cause of a failure, from the cause of a run's end. If we stopped the run, it is the reason of the stop, not the exit of the process.
  /// A program that went into the background explains more than that it was not ready.
  func asFailure(_ ending: ServiceState.Ending) -> Cause {
    switch (ending, self) {
    case (.exit, _), (.startFailed(.ready), .exited(_, leaving: .some)): self
    case (.unhealthy, _), (.watchdog, _), (.runtimeMax, _), (.startFailed, _), (.unspawnable, _), (.startTimedOut, _): ending.cause
    }
  }
}

extension Status {
  /// Whether it is starting or running, so that there is a run to stop.
  var isUnderWay: Bool { self == .starting || self == .running }
}
