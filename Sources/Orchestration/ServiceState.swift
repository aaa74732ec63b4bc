// The state of one service: each case carries exactly what that state needs.

/// What a service is doing, and what it needs to go on.
enum ServiceState: Sendable {
  case stopped
  /// Should run; what it waits for is in the view.
  case waiting(Waiting)
  /// The spawn was asked for and not answered. (External: until the first pass.)
  case starting(since: Instant)
  case running
  case backoff(until: Instant, delay: Duration, reason: RestartReason)
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

  /// What a spawn will be: it decides what the spawn counts as.
  enum Start: Sendable, Equatable {
    /// Somebody asked for it; not a restart.
    case first
    /// A restart that uses an attempt.
    case automatic(RestartReason)
    /// A restart that uses none.
    case planned(RestartReason)
  }

  /// A run that is being ended, by us or by itself.
  struct Stopping: Sendable {
    var began: Instant
    var phase: Phase
    /// The spawn was answered; before that there may be nothing to signal.
    var isSpawned: Bool
    /// The main process has ended (the rest of its group has not).
    var exit: Exit?
    var next: Next
    /// It had to be killed at the deadline.
    var wasKilled = false
  }

  /// How far a stop has come.
  enum Phase: Sendable, Equatable {
    /// Asked by signal; killed at this moment.
    case asked(killAt: Instant)
    /// Killed; given up at this moment.
    case killed(graceEnds: Instant)
    /// Something survived: the run stays in the books, nothing waits for it, nothing is started beside it.
    case leftOver
  }

  /// What follows the end of a run.
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
    case startFailed(StartStage)
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

  /// Starting or running: there is something that can be stopped.
  var isUnderWay: Bool {
    switch self {
    case .starting, .running: true
    case .stopped, .waiting, .backoff, .stopping, .completed, .failed: false
    }
  }
}
