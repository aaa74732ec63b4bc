// What the supervisor remembers of a service beside the core: texts, times and histories for people.

import Journal
import Orchestration
import Processes

/// The memory of one service.
struct ServiceRecord: Sendable {
  /// The process of the present run; nil for tasks and while there is none.
  var process: ProcessIdentity?
  /// The run that it belongs to.
  var run: UInt64 = 0
  /// What the process last said of itself (`STATUS=` of sd_notify).
  var said: String?
  /// The last thing that went wrong, in one sentence.
  var lastError: String?
  /// Causes that the world has words of its own for.
  var failures = Failures()
  /// The newest results, oldest first; only the last one keeps its details (rule 7).
  var checks: [CheckRecord] = []
  /// The last restarts, oldest first.
  var restarts: [RestartRecord] = []

  static let restartsKept = 100

  /// Keeps what went wrong with a change of state. A clean end that wants no restart is no error, nor is one that was asked for.
  mutating func noteError(status: Status, _ cause: Cause, _ policy: RestartPolicy, in graph: DependencyGraph) {
    switch cause {
    case .exited(let exit) where status != .stopped && status != .completed && !policy.isClean(exit):
      lastError = failures.words(of: cause, in: graph)
    case .startTimedOut, .startFailed(.ready), .watchdog, .unhealthy: lastError = failures.words(of: cause, in: graph)
    case .exited, .requested, .requestedFor, .shutdown, .spawned, .ready, .adopted, .remembered, .startFailed, .check, .backoffElapsed,
      .dependency, .barrier, .reloaded, .restartLimit, .killed, .survived, .heartbeat, .sum:
      break
    }
  }

  /// Keeps what made the service unhealthy, where that was a check.
  mutating func noteError(health: Health, _ cause: Cause, in graph: DependencyGraph) {
    if health == .unhealthy, case .check(passed: false, _) = cause { lastError = failures.words(of: .unhealthy, in: graph) }
  }

  mutating func append(_ check: CheckRecord, limit: Int) {
    if !checks.isEmpty { checks[checks.count - 1].details = nil }
    checks.append(check)
    if checks.count > limit { checks.removeFirst(checks.count - limit) }
  }

  /// The restart that began a run; nil: it was none.
  func restart(of run: UInt64) -> RestartRecord? {
    restarts.last.flatMap { $0.run == run ? $0 : nil }
  }

  /// Goes on with what the journal has: the last restart, and the reason why a service was given up.
  mutating func takeOver(_ known: Journal.Loaded.Service, _ memory: Memory) {
    if let restart = known.restart { append(RestartRecord(restart, attempt: memory.attempts)) }
    if case .failed = memory.standing { lastError = known.lastEnd }
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
  /// The service's health after it.
  var health: Health
  var message: String
  /// Nil where nothing was measured: heartbeats.
  var responseTime: Duration?
  /// A JSON object.
  var details: JSON?
}
