// The state and the health of a service: the same words in the API, in metrics, in events and in the core.

/// The state of a service (docs/http-api.md, Words).
package enum Status: String, Sendable, CaseIterable {
  /// Not running, and not wanted.
  case stopped
  /// Wanted, and waits for a dependency.
  case waiting
  /// Its start is under way.
  case starting
  /// Its start is done, and its process lives.
  case running
  /// Waits for the delay before the next attempt.
  case backoff
  /// Its stop is under way, or processes of its run remain.
  case stopping
  /// Ended cleanly, and is not wanted again.
  case completed
  /// Given up, without a process (rule 11).
  case failed
}

/// The health of a service (docs/behaviour.md, Health).
package enum Health: String, Sendable, CaseIterable {
  case healthy, degraded, unhealthy, unknown
}
