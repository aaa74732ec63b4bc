// The prober: runs checks, one at a time or a thousand.

import NIOCore

/// Runs checks of every kind. It keeps nothing between two runs: thresholds and schedules live with the caller.
package struct Prober: Sendable {
  let dialer: Dialer
  let commands: any CommandRunner

  /// Connections live on the group's event loops; `commands` runs exec checks.
  package init(eventLoopGroup: any EventLoopGroup, commands: any CommandRunner) {
    self.init(dialer: Dialer(group: eventLoopGroup, resolver: nil), commands: commands)
  }

  init(dialer: Dialer, commands: any CommandRunner) {
    self.dialer = dialer
    self.commands = commands
  }

  /// Runs a check, at most for `timeout` (up to a day), which covers everything from looking up a name to the last byte of an answer.
  ///
  /// Cancelling the task ends the check at once, as a failed one. Its connections and files are closed.
  package func run(_ probe: Probe, timeout: Duration) async -> ProbeResult {
    let clock = SuspendingClock()
    let start = clock.now
    let deadline = ProbeDeadline(after: timeout)
    let finding: Finding
    do {
      finding =
        switch probe {
        case .http(let probe): try await check(probe, until: deadline)
        case .tcp(let probe): try await check(probe, until: deadline)
        case .exec(let probe): await check(probe, until: deadline)
        case .file(let probe): try await check(probe, until: deadline)
        }
    } catch {
      finding = .failed(error)
    }
    return ProbeResult(
      passed: finding.passed, isMade: finding.isMade, message: finding.message, withoutOutput: finding.withoutOutput,
      responseTime: start.duration(to: clock.now), details: finding.details)
  }
}
