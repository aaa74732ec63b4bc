// A service at one moment, as readers outside the core see it: immutable, so readers may keep it.

/// One service at one moment. A class, so that a snapshot of a thousand services is a thousand references; immutable,
/// so shared freely. The values are read directly from it: `view.status`.
@dynamicMemberLookup
@usableFromInline
package final class ServiceView: Sendable {
  /// The service.
  package let id: ServiceID
  /// Its values.
  @usableFromInline
  package let values: Values

  /// A view of `id`.
  package init(id: ServiceID, values: Values) {
    self.id = id
    self.values = values
  }

  /// One of the values. Inlined, or each access would go through a key path at run time.
  @inlinable
  package subscript<Value>(dynamicMember path: KeyPath<Values, Value>) -> Value {
    values[keyPath: path]
  }

  /// The values of a service. Its machine changes them in place; every fact that follows from the state is computed.
  @usableFromInline
  package struct Values: Sendable {
    /// The state, with its data.
    var state = ServiceState.stopped
    /// A stop that is decided and has not begun, as dependents have to end first.
    var descent: Descent?
    /// Whether Stoker only checks it.
    package var isExternal = false
    /// The moment from which the current stay is not in `timeInState` yet.
    package var since = Instant(nanoseconds: 0)
    /// The beginning of the current state, for readers. It can be before this Stoker: an adopted run began with its start.
    package var enteredAt = Instant(nanoseconds: 0)
    /// Whether it is wanted.
    package var isDesiredUp = false
    /// Whether a check of the current run has passed.
    package var hasSucceeded = false
    /// Its reloads in this life of Stoker, by outcome.
    package var reloads = Tally<ReloadOutcome>()
    /// Its hooks.
    var hooks = RunHooks()
    /// Whether a reload took it out of the file; it is removed when its run and its hooks have ended.
    package var isRetiring = false
    /// The current or last run; 0 before the first.
    package var run: UInt64 = 0
    /// The moment at which the current run was spawned.
    package var runStarted: Instant?
    /// Its health.
    package var health: Health = .unknown
    /// All restarts since Stoker first knew the service, by reason.
    package var restarts = Tally<RestartReason>()
    /// Consecutive automatic attempts towards the limit.
    package var attempts = 0
    /// The moment at which the last restart's spawn was requested.
    package var lastRestart: Instant?
    /// The reason of the last restart.
    package var lastRestartReason: RestartReason?
    /// Exits of its main processes, by outcome; a requested exit that took no SIGKILL is a success.
    package var exits = Tally<ExitOutcome>()
    /// The exit of the last run's main process.
    package var lastExit: Exit?
    /// The moment of that exit.
    package var lastExitAt: Instant?
    /// Starts that failed, by stage.
    package var startFailures = Tally<StartStage>()
    /// Stops that ended in SIGKILL.
    package var stopKills: UInt64 = 0
    /// From the request of the last spawn until the service was running (external: until its first check passed).
    package var lastStartDuration: Duration?
    /// From the beginning of the last stop until every process of the run had ended.
    package var lastStopDuration: Duration?
    /// Nanoseconds spent in each state, without the current stay in the current one.
    package var timeInState = Tally<Status>()
    /// Checks with a result that counted for the streaks or the history.
    package var checks: UInt64 = 0
    /// The checks among them that failed.
    package var checkFailures: UInt64 = 0
    /// Counted failures in a row, in this run.
    package var consecutiveFailures = 0
    /// Successes in a row, in this run.
    package var consecutiveSuccesses = 0
    /// The moment of the last check's result; nil before the first.
    package var lastCheckAt: Instant?
    /// Whether the last check passed.
    package var lastCheckPassed: Bool?
    /// Its uptime.
    package var uptime = UptimeHistory()
    /// The blockers of a service that waits; empty otherwise.
    package var blockers: [Blocker] = []
    /// Whether a person forced its run, and what it requires has not all been there since (rule 20).
    var isForced = false
    /// The required dependencies that are lost to it since its start (rule 84).
    package var lost: [Blocker] = []
    /// The beginning of its wait.
    package var waitingSince: Instant?
    /// The cause of the current state.
    package var cause: Cause = .requested(.boot)
    /// The origin of the current wish, up or down.
    package var desiredBy: Origin = .boot
    /// The cause of the current wish.
    var wishCause: Cause = .requested(.boot)

    /// A service before its first event.
    package init() {}
  }
}
