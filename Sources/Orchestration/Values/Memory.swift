// What an earlier Stoker knew of a service.

/// What an earlier Stoker knew of a service (rules 5, 26, 33): told to the core before its boot.
package struct Memory: Sendable {
  /// Whether a person wanted it up, or down; nil: what the file says.
  package var wish: Bool?
  /// Who that was, in a few words.
  package var wishedBy = ""
  /// What only rises, if it is known exactly (`ServiceView.Values.counterNames`).
  package var counters: [UInt64]?
  /// Its uptime, in buckets of this clock.
  package var uptime: [UptimeHistory.Bucket] = []
  /// The number of its last run; the next one is higher.
  package var lastRun: UInt64 = 0
  /// When it was last restarted, and why.
  package var lastRestart: (at: Instant, reason: RestartReason)?
  /// Automatic attempts used.
  package var attempts = 0
  /// What it was left as.
  package var leftAs = LeftAs.gone

  /// Nothing is known.
  package init() {}

  /// What a service was left as.
  package enum LeftAs: Sendable, Equatable {
    /// Nothing is there: it starts, if it is wanted.
    case gone
    /// Its last run is there: since when, and whether it had said that it is ready.
    case running(since: Instant, isReady: Bool)
    /// The main process of its last run had ended, which is counted; what that had started is there, and is to end.
    case remains
    /// Its last run ended while nobody looked, and nothing of it is left.
    case ended
    /// It had completed in the same life of its services, and is not run again.
    case completed
    /// It had been given up in the same life of its services.
    case failed(byLimit: Bool)
  }
}
