// Limits for what others do.

import Orchestration

extension Task where Success == Never, Failure == Never {
  /// Waits for a limit of somebody else to pass. If Stoker did not run at its end, there is further time, in which what came meanwhile is
  /// read (rule 80).
  static func sleep(limit: Duration) async throws {
    let clock = SuspendingClock()
    let due = clock.now + limit
    try await sleep(until: due, clock: clock)
    guard let extra = LostTime.extra(late: clock.now - due, limit: limit) else { return }
    try await sleep(for: extra, clock: clock)
  }
}
