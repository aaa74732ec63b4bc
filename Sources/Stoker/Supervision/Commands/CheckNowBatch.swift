// A request to check all services now: answered with the last result (rule 6).

import Orchestration

/// The result of one service.
struct CheckNowResult: Sendable {
  var service: String
  /// The service's health after the check.
  var health: Health
  var passed: Bool
  var at: Timestamp
  var message: Sentence
  var details: JSON?
  var responseTime: Duration?
}

extension CheckNowResult {
  /// The result of a service without a run to check.
  static func notRunning(_ service: String, at time: Timestamp) -> CheckNowResult {
    CheckNowResult(service: service, health: .unknown, passed: false, at: time, message: "not running")
  }
}

/// One request: its results so far, and the checks that are still running.
struct CheckNowBatch {
  var awaited: Set<UInt64> = []
  var results: [CheckNowResult] = []
  let reply: CheckedContinuation<[CheckNowResult], Never>

  mutating func add(_ result: CheckNowResult, for check: UInt64) {
    guard awaited.remove(check) != nil else { return }
    results.append(result)
  }
}
