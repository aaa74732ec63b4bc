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
  /// The last failure, in one sentence.
  var lastError: Sentence?
  /// The limits that are not in force, each with its reason.
  var missingLimits: [String] = []
  /// Texts of failures that the core cannot know.
  var failures = FailureTexts()
  /// The newest check results, oldest first; only the last one keeps its details (rule 7).
  var checks: [CheckRecord] = []
  /// The last restarts, oldest first.
  var restarts: [RestartRecord] = []

  static let restartsKept = 100

  /// Keeps the failure behind a change of state. A clean end without a restart is no failure, nor is a requested end.
  mutating func noteError(status: Status, _ cause: Cause, _ policy: RestartPolicy, in graph: DependencyGraph) {
    switch cause {
    case .exited(let exit) where status != .stopped && status != .completed && !policy.isClean(exit):
      lastError = failures.text(of: cause, in: graph)
    case .startTimedOut, .startFailed(.ready), .watchdog, .unhealthy: lastError = failures.text(of: cause, in: graph)
    case .exited, .requested, .requestedFor, .shutdown, .spawned, .ready, .adopted, .remembered, .startFailed, .check, .backoffElapsed,
      .dependency, .barrier, .reloaded, .restartLimit, .killed, .survived, .heartbeat, .sum:
      break
    }
  }

  /// Keeps the failed check that made the service unhealthy.
  mutating func noteError(health: Health, _ cause: Cause, in graph: DependencyGraph) {
    if health == .unhealthy, case .check(passed: false, _) = cause { lastError = failures.text(of: .unhealthy, in: graph) }
  }

  mutating func append(_ check: CheckRecord, limit: Int) {
    if !checks.isEmpty { checks[checks.count - 1].details = nil }
    checks.append(check)
    if checks.count > limit { checks.removeFirst(checks.count - limit) }
  }

  /// The restart that began a run; nil if it was no restart.
  func restart(of run: UInt64) -> RestartRecord? {
    restarts.last.flatMap { $0.run == run ? $0 : nil }
  }

  /// Continues from the journal: the last restart, and the reason why a service failed.
  mutating func takeOver(_ known: Journal.Loaded.Service, _ memory: Memory) {
    if let restart = known.restart { append(RestartRecord(restart, attempt: memory.attempts)) }
    if case .failed = memory.leftAs { lastError = known.lastEnd.map(Sentence.init(stored:)) }
  }

  mutating func append(_ restart: RestartRecord) {
    restarts.append(restart)
    if restarts.count > Self.restartsKept { restarts.removeFirst() }
  }
}

/// One result of a health check.
struct CheckRecord: Sendable {
  var at: Timestamp
  var passed: Bool
  /// The service's health after the check.
  var health: Health
  var message: Sentence
  /// Nil for heartbeats, which have none.
  var responseTime: Duration?
  /// A JSON object.
  var details: JSON?
}
