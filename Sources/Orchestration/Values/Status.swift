// What a service is doing: the same words in the API, in metrics, in events and in the core.

/// What a service is doing (http-api.md, `status`).
package enum Status: String, Sendable, CaseIterable {
  /// Not running, and nobody wants it to.
  case stopped
  /// Should run, and waits for a dependency.
  case waiting
  /// Its start is under way.
  case starting
  /// Its start is done and it lives.
  case running
  /// Waits for the next attempt.
  case backoff
  /// Its end is under way.
  case stopping
  /// Ended cleanly and is not wanted again.
  case completed
  /// Given up; no process (rule 11).
  case failed
}
