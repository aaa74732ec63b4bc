// A request to check now: some services, each with its result, answered when the last is in (rule 6).

import Orchestration

/// One service's part of the answer.
struct CheckNowResult: Sendable {
  var service: String
  /// The service's health after the check.
  var health: Health
  var passed: Bool
  var at: Timestamp
  var message: String
  var details: JSON?
  var responseTime: Duration?
}

/// The results that are in, and the checks that are still awaited.
struct CheckNowBatch {
  var awaited: Set<UInt64> = []
  var results: [CheckNowResult] = []
  let reply: CheckedContinuation<[CheckNowResult], Never>

  mutating func add(_ result: CheckNowResult, for check: UInt64) {
    guard awaited.remove(check) != nil else { return }
    results.append(result)
  }
}
