// The supervisor's memory of a service in addition to the core's: texts, times and histories for people.

import Journal
import Orchestration
import Processes

/// The memory of one service.
struct ServiceRecord: Sendable {
  /// The process of the present run; nil for tasks, and while there is none.
  var process: ProcessIdentity?
  /// The run that it belongs to.
  var run: UInt64 = 0
  /// The last status text of the process (`STATUS=` of sd_notify).
  var said: String?
  /// The last failure, kept when the service is well again: its restarts still count until it has been well for long (rule 10).
  private(set) var lastFailure: LastError?
  private var isWell = false
  /// The last line on standard error of the run that ended last.
  private var lastLine: (run: UInt64, text: String)?
  /// The run that ended last, while its last lines are still being read, and the latest moment at which its line is waited for.
  private(set) var unread: (run: UInt64, until: Instant)?
  /// Why the processes of the run cannot be looked at; nil if they can.
  var unsettled: String?
  /// Why the present run was started.
  var startCause: Sentence?
  /// Why Stoker stops, or stopped, the present run; nil where it ended by itself.
  var stopCause: Sentence?
  /// The limits that are not in force, each with its reason.
  var missingLimits: [String] = []
  /// The failure of the reload check or of the reload command that ended last.
  var reloadProblem: Sentence?
  /// The end of the last reload.
  var lastReload: ReloadRecord?
  /// The last signal that was sent on request.
  var lastSignal: SignalRecord?
  /// Texts of failures that the core cannot know.
  var failures = FailureTexts()
  /// The newest check results, oldest first; only the last one keeps its details (rule 7).
  var checks: [CheckRecord] = []
  /// The last restarts, oldest first.
  var restarts: [RestartRecord] = []

  static let restartsKept = 100

  init(lastError: LastError? = nil) {
    lastFailure = lastError
  }

  /// The last failure; nil since the service has been well again.
  var lastError: LastError? { isWell ? nil : lastFailure }

  /// Keeps the failure behind a change of state. A clean end without a restart is no failure, nor is a requested end.
  mutating func noteError(
    status: Status, _ cause: Cause, _ policy: RestartPolicy, run: UInt64, at time: Timestamp, in graph: DependencyGraph
  ) {
    switch cause {
    case .exited(let exit, let remains)
    where status != .stopped && status != .completed && (!policy.isClean(exit) || remains?.isBackground == true):
      fail(failures.text(of: cause, in: graph), run: run, at: time)
    case .startTimedOut, .startFailed(.ready), .watchdog, .runtimeMax: fail(failures.text(of: cause, in: graph), run: run, at: time)
    case .unhealthy: fail(failures.text(of: cause, in: graph), at: time)
    case .exited, .requested, .requestedFor, .shutdown, .spawned, .ready, .adopted, .remembered, .startFailed, .check, .backoffElapsed,
      .dependency, .barrier, .layersSettled, .reloaded, .restartLimit, .killed, .survived, .heartbeat, .sum:
      break
    }
  }

  /// Keeps the failed check that made the service unhealthy.
  mutating func noteError(health: Health, _ cause: Cause, at time: Timestamp, in graph: DependencyGraph) {
    if health == .unhealthy, case .check(passed: false, _) = cause { fail(failures.text(of: .unhealthy, in: graph), at: time) }
  }

  /// Keeps a failure. `run`: the run whose process ended with it. An end that several changes name keeps the time of the first.
  mutating func fail(_ text: Sentence, run: UInt64? = nil, at time: Timestamp) {
    if let run, let known = lastError, known.run == run, known.text == text { return }
    isWell = false
    lastFailure = LastError(text: text, at: time, run: run, line: lastLine.flatMap { $0.run == run ? $0.text : nil })
  }

  /// The service is well again.
  mutating func recovered() {
    isWell = true
  }

  /// A run has ended, and its last lines are being read.
  mutating func ended(_ run: UInt64, waitsUntil moment: Instant) {
    unread = (run, moment)
  }

  /// The output of a run that ended was read. `line`: its last one on standard error. Returns the last error, if it has that line now.
  mutating func read(_ line: String?, of run: UInt64) -> LastError? {
    if unread?.run == run { unread = nil }
    // The disk of its log may have answered only now.
    guard run >= lastLine?.run ?? 0 else { return nil }
    lastLine = line.map { (run, $0) }
    guard let line, lastFailure?.run == run else { return nil }
    lastFailure?.line = line
    return lastError
  }

  mutating func append(_ check: CheckRecord, limit: Int) {
    if !checks.isEmpty { checks[checks.count - 1].details = nil }
    checks.append(check)
    if checks.count > limit { checks.removeFirst(checks.count - limit) }
  }

  /// The failed checks since the last one that passed, of one run: streaks belong to a run (rule 2).
  func failures(of run: UInt64) -> some BidirectionalCollection<CheckRecord> {
    checks.reversed().prefix { !$0.passed && $0.run == run }.reversed()
  }

  /// The restart that began a run; nil if it was no restart.
  func restart(of run: UInt64) -> RestartRecord? {
    restarts.last.flatMap { $0.run == run ? $0 : nil }
  }

  /// Continues from the journal: the last restart, and the reason why a service failed or completed.
  mutating func takeOver(_ known: Journal.Loaded.Service, _ memory: Memory) {
    if let restart = known.restart { append(RestartRecord(restart, attempt: memory.attempts)) }
    guard let end = known.lastEnd.map(LastError.init) else { return }
    switch memory.leftAs {
    case .failed:
      lastFailure = end
      failures.note(end.text, as: .remembered)
    case .completed: failures.note(end.text, as: .remembered)
    case .running where memory.attempts > 0: (lastFailure, isWell) = (end, true)
    case .gone, .running, .remains, .ended: break
    }
  }

  mutating func append(_ restart: RestartRecord) {
    restarts.append(restart)
    if restarts.count > Self.restartsKept { restarts.removeFirst() }
  }
}

/// One result of a health check.
struct CheckRecord: Sendable {
  var at: Timestamp
  /// The run that was checked; 0 for an external service.
  var run: UInt64 = 0
  var passed: Bool
  /// The service's health after the check.
  var health: Health
  var message: Sentence
  /// Nil for heartbeats, which have none.
  var responseTime: Duration?
  /// A JSON object.
  var details: JSON?
}
