// The state that an earlier Stoker left.

import Orchestration

/// The state that an earlier Stoker left.
package struct StoredState: Sendable {
  /// Whether it ended in order, with all records written.
  package var endedCleanly = false
  /// The facts about each service. They include counters only if these are exact: after an end in order.
  package var services: [String: Service] = [:]

  /// An empty state.
  package init() {}

  /// A restart in the history.
  package struct Restart: Sendable {
    /// The run that began with it.
    package var run: UInt64
    /// The moment of the restart, in milliseconds since 1970.
    package var at: Int64
    /// The cause, in words.
    package var cause: String
    /// The reason under which it is counted.
    package var reason: RestartReason
  }

  /// The end of a run, or the failure of a start.
  package struct End: Sendable {
    /// The cause, in words.
    package var cause: String
    /// The moment, in milliseconds since 1970.
    package var at: Int64
    /// The stage of a start that failed.
    package var stage: String?

    /// An end.
    package init(cause: String, at: Int64, stage: String? = nil) {
      self.cause = cause
      self.at = at
      self.stage = stage
    }
  }

  /// The facts about one service.
  package struct Service: Sendable {
    /// The number of its last run; 0 before the first.
    package var lastRun: UInt64 = 0
    /// The moment of its last restart (milliseconds since 1970), and the reason.
    package var lastRestart: (at: Int64, reason: RestartReason)?
    /// Its last restart in the history; nil if there was none, or it is no longer kept.
    package var restart: Restart?
    /// The end of its last run, or the failure of its last start.
    package var lastEnd: End?
    /// The wish of a person.
    package var intent: Intent?
    /// The counters, by name.
    package var counters: [String: UInt64] = [:]
    /// The earliest moment at which it is known to the journal, in milliseconds since 1970.
    package var firstSeen: Int64?
    /// The uptime, in buckets of the wall clock; windows one after the other, oldest bucket first.
    package var uptime: [UptimeHistory.Bucket] = []

    /// No facts.
    package init() {}
  }
}
