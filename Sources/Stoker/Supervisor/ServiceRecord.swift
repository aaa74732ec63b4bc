// What the supervisor remembers of a service beside the core: texts, times and histories for people.

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

  mutating func append(_ check: CheckRecord, limit: Int) {
    if !checks.isEmpty { checks[checks.count - 1].details = nil }
    checks.append(check)
    if checks.count > limit { checks.removeFirst(checks.count - limit) }
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
