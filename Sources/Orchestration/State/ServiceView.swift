// A service as the outside sees it at one moment: an immutable picture that readers keep as long as they like.

/// One service at one moment. A class so that a snapshot of a thousand is a thousand references; immutable, so shared freely.
/// The values are read straight off it: `view.status`.
@dynamicMemberLookup
package final class ServiceView: Sendable {
  /// Which service this is.
  package let id: ServiceID
  /// Its values.
  package let values: Values

  /// A picture of `id`.
  package init(id: ServiceID, values: Values) {
    self.id = id
    self.values = values
  }

  /// One of the values.
  package subscript<Value>(dynamicMember path: KeyPath<Values, Value>) -> Value {
    values[keyPath: path]
  }

  /// The values of a service. A machine keeps one and changes it in place; all that follows from its state is computed.
  package struct Values: Sendable {
    /// The state, with what it needs to go on.
    var state = ServiceState.stopped
    /// A stop that is decided and not begun, since dependents have to end first.
    var descent: Descent?
    /// Stoker only checks it.
    var isExternal = false
    /// When the present state began.
    package var since = Instant(nanoseconds: 0)
    /// Should be up.
    package var isDesiredUp = false
    /// A check of the present run has passed.
    package var hasSucceeded = false
    /// The hook that runs now.
    package var hook: Hook?
    /// A reload took it out of the file; it goes when nothing of it is left.
    package var isRetiring = false
    /// The present or last run; 0 before the first.
    package var run: UInt64 = 0
    /// When the present run was spawned.
    package var runStarted: Instant?
    /// How it is.
    package var health: Health = .unknown
    /// Counts of every restart since Stoker first knew the service, by reason.
    package var restarts = Tally<RestartReason>()
    /// Consecutive automatic attempts towards the limit.
    package var attempts = 0
    /// When the last restart's spawn was asked for.
    package var lastRestart: Instant?
    /// Why the last restart was made.
    package var lastRestartReason: RestartReason?
    /// Ends of its main processes, by how they ended; an end that we asked for and did not have to force is a success.
    package var exits = Tally<ExitOutcome>()
    /// How the last run's main process ended.
    package var lastExit: Exit?
    /// When it did.
    package var lastExitAt: Instant?
    /// Starts that failed, by stage.
    package var startFailures = Tally<StartStage>()
    /// Stops that ended in SIGKILL.
    package var stopKills: UInt64 = 0
    /// From the last spawn's request until it was running (external: until its first pass).
    package var lastStartDuration: Duration?
    /// From the last stop's begin until nothing was left of the run.
    package var lastStopDuration: Duration?
    /// Nanoseconds spent in each state, without the present stay in the present one.
    package var timeInState = Tally<Status>()
    /// Checks with a result that counted for the streaks or the history.
    package var checks: UInt64 = 0
    /// Those of the checks that failed.
    package var checkFailures: UInt64 = 0
    /// Failures in a row that counted, in this run.
    package var consecutiveFailures = 0
    /// Successes in a row, in this run.
    package var consecutiveSuccesses = 0
    /// When the last check's result came; nil before the first.
    package var lastCheckAt: Instant?
    /// Whether the last check passed.
    package var lastCheckPassed: Bool?
    /// How much of the time that it should have been up it was.
    package var uptime = UptimeHistory()
    /// The blockers of a service that waits; empty otherwise.
    package var blockers: [Blocker] = []
    /// When it began to wait.
    package var waitingSince: Instant?
    /// Why the present state was entered.
    package var cause: Cause = .requested(.boot)
    /// The origin of the present wish, up or down.
    package var desiredBy: Origin = .boot

    /// A service that nothing has happened to yet.
    package init() {}
  }
}
