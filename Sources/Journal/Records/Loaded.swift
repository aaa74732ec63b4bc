// What an earlier Stoker left.

import Orchestration

extension Journal {
  /// What an earlier Stoker left.
  package struct Loaded: Sendable {
    /// Whether it ended in order, with everything written.
    package var endedCleanly = false
    /// What is known of each service. Counters are among it only if they are exact: after an end in order.
    package var services: [String: Service] = [:]

    /// Nothing.
    package init() {}

    /// A restart in the history.
    package struct Restart: Sendable {
      /// The run that began with it.
      package var run: UInt64
      /// When it was made, in milliseconds since 1970.
      package var at: Int64
      /// Why, in words.
      package var cause: String
      /// Why, as it is counted.
      package var reason: RestartReason
    }

    /// What is known of a service.
    package struct Service: Sendable {
      /// The number of its last run; 0 before the first.
      package var lastRun: UInt64 = 0
      /// When it was last restarted (milliseconds since 1970), and why.
      package var lastRestart: (at: Int64, reason: RestartReason)?
      /// Its last restart as the history has it; nil if there was none, or that is forgotten.
      package var restart: Restart?
      /// Why its last run ended or could not be started, in words.
      package var lastEnd: String?
      /// What a person wants of it.
      package var intent: Intent?
      /// What only rises, by name.
      package var counters: [String: UInt64] = [:]
      /// How long it was up, in buckets of the wall clock; windows one after the other, oldest bucket first.
      package var uptime: [UptimeHistory.Bucket] = []

      /// Nothing is known.
      package init() {}
    }
  }
}
