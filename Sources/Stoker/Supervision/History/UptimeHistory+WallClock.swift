// Buckets of uptime by the wall clock, as the journal keeps them: the monotonic clock of the next boot begins at zero.

import Orchestration

extension UptimeHistory.Bucket {
  /// The same bucket, numbered by the wall clock.
  func onTheWall(_ clock: SupervisorClock) -> UptimeHistory.Bucket {
    let start = clock.timestamp(Instant(nanoseconds: number * window.bucket)).nanoseconds
    return renumbered((Double(start) / Double(window.bucket)).rounded())
  }

  /// A bucket of the wall clock, numbered by the supervisor's clock.
  func onTheClock(_ clock: SupervisorClock) -> UptimeHistory.Bucket {
    let start = clock.instant(Timestamp(nanoseconds: number.multipliedReportingOverflow(by: window.bucket).partialValue)).nanoseconds
    return renumbered((Double(start) / Double(window.bucket)).rounded())
  }

  private func renumbered(_ number: Double) -> UptimeHistory.Bucket {
    UptimeHistory.Bucket(window: window, number: Int64(number), up: up, total: total)
  }
}

extension Timestamp {
  /// Milliseconds since 1970.
  var milliseconds: Int64 { nanoseconds / 1_000_000 }
}
