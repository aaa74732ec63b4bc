// What the outside may know of a service at one moment: an immutable picture that readers keep as long as they like.

/// One service at one moment. A class so that a snapshot of a thousand is a thousand references; immutable, so shared freely.
/// The values are read straight off it: `view.status`.
@dynamicMemberLookup
public final class ServiceView: Sendable {
  /// Which service this is.
  public let id: ServiceID
  /// What is known of it.
  public let values: Values

  /// A picture of `id`.
  public init(id: ServiceID, values: Values) {
    self.id = id
    self.values = values
  }

  /// One of the values.
  public subscript<Value>(dynamicMember path: KeyPath<Values, Value>) -> Value {
    values[keyPath: path]
  }

  /// What is known of a service; the core keeps one for each and changes it in place.
  public struct Values: Sendable {
    public var status: Status = .stopped
    /// When the present state began.
    public var since = Instant(nanoseconds: 0)
    /// Should be up.
    public var isDesiredUp = false
    /// The main process (task) lives.
    public var isAlive = false
    /// The start is done: running, or completed, or an external service whose check passes.
    public var isReady = false
    /// Its stop is decided and begins when those that depend on it have ended; until then it meets no condition any more.
    public var isStopDue = false
    /// Something of an earlier run outlived SIGKILL and the grace.
    public var isLeftOver = false
    /// The present or last run; 0 before the first.
    public var run: UInt64 = 0
    /// When the present run was spawned.
    public var runStarted: Instant?
    public var health: Health = .unknown
    /// Counts of every restart since Stoker first knew the service, by reason.
    public var restarts = Tally<RestartReason>()
    /// Consecutive automatic attempts towards the limit.
    public var attempts = 0
    /// Given up because the limit was reached.
    public var isLimitReached = false
    public var lastRestart: Instant?
    public var lastRestartReason: RestartReason?
    /// When the next attempt is due, in back-off.
    public var nextAttempt: Instant?
    /// The delay of the present back-off.
    public var backoff: Duration?
    public var exits = Tally<ExitOutcome>()
    public var lastExit: Exit?
    public var lastExitAt: Instant?
    public var startFailures = Tally<StartStage>()
    /// Stops that ended in SIGKILL.
    public var stopKills: UInt64 = 0
    public var lastStartDuration: Duration?
    public var lastStopDuration: Duration?
    /// Time spent in each state before the present one.
    public var timeInState = Tally<Status>()
    /// Checks with a result that counted for the streaks or the history.
    public var checks: UInt64 = 0
    public var checkFailures: UInt64 = 0
    public var consecutiveFailures = 0
    public var consecutiveSuccesses = 0
    public var lastCheckAt: Instant?
    public var lastCheckPassed: Bool?
    public var uptime = UptimeHistory()
    /// What keeps a waiting service waiting; empty otherwise.
    public var blockers: [Blocker] = []
    /// When it began to wait.
    public var waitingSince: Instant?
    /// Why the present state was entered.
    public var cause: Cause = .requested(.boot)
    /// Who asked for the present desire, up or down.
    public var desiredBy: Origin = .boot

    /// A service that nothing has happened to yet.
    public init() {}
  }
}

/// Why a service waits.
public struct Blocker: Hashable, Sendable {
  /// Who is waited for.
  public var service: ServiceID
  /// What about it is waited for.
  public var reason: Reason

  /// A blocker.
  public init(_ service: ServiceID, _ reason: Reason) {
    self.service = service
    self.reason = reason
  }

  /// What is waited for.
  public enum Reason: Hashable, Sendable {
    /// A required dependency does not meet its condition.
    case required(Dependency.Condition)
    /// An optional dependency is on its way (rule 16).
    case optional(Dependency.Condition)
    /// A service of a lower explicit layer has not settled (rule 22).
    case barrier
  }
}
