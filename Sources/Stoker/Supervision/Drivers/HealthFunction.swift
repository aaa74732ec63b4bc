// The health function of an in-process service, under a time limit that holds even if the function ignores its cancellation.

import Exposition
import Orchestration
import Probes
import Synchronization

/// A health function that is never called again before its last call has returned.
final class HealthFunction: Sendable {
  private let function: @Sendable () async throws -> HealthReport
  private let isBusy = Atomic<Bool>(false)

  /// Larger details are dropped (rule 7).
  private static let detailsLimit = 64 << 10

  init(_ function: @escaping @Sendable () async throws -> HealthReport) {
    self.function = function
  }

  func check(timeout: Duration) async -> ProbeResult {
    let clock = SuspendingClock()
    let start = clock.now
    guard !isBusy.exchange(true, ordering: .acquiring) else {
      return ProbeResult(passed: false, message: "the previous check has not returned", responseTime: .zero)
    }
    let work = Task<ProbeResult, Never> {
      defer { isBusy.store(false, ordering: .releasing) }
      do {
        let report = try await function()
        let details = report.details.map { $0.render() }.flatMap { $0.count <= Self.detailsLimit ? $0 : nil }
        return ProbeResult(passed: true, message: report.message, responseTime: clock.now - start, details: details)
      } catch {
        return ProbeResult(passed: false, message: "\(error)", responseTime: clock.now - start)
      }
    }
    if let outcome = await work.value(within: timeout) { return outcome }
    // The function did not run either.
    if let extra = LostTime.extra(late: clock.now - start - timeout, limit: timeout), let outcome = await work.value(within: extra) {
      return outcome
    }
    work.cancel()
    return ProbeResult(passed: false, message: "no answer within \(timeout.text)", responseTime: timeout)
  }
}
