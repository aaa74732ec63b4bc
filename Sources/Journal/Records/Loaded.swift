// What an earlier Stoker left.

import Orchestration

extension Journal {
  /// What an earlier Stoker left.
  public struct Loaded: Sendable {
    /// Whether it ended in order, with everything written.
    public var endedCleanly = false
    /// What is known of each service. Counters are among it only if they are exact: after an end in order.
    public var services: [String: Service] = [:]

    /// Nothing.
    public init() {}

    /// A restart in the history.
    public struct Restart: Sendable {
      /// The run that began with it.
      public var run: UInt64
      /// When it was made, in milliseconds since 1970.
      public var at: Int64
      /// Why, in words.
      public var cause: String
      /// Why, as it is counted.
      public var reason: RestartReason
    }

    /// What is known of a service.
    public struct Service: Sendable {
      /// The number of its last run; 0 before the first.
      public var lastRun: UInt64 = 0
      /// When it was last restarted (milliseconds since 1970), and why.
      public var lastRestart: (at: Int64, reason: RestartReason)?
      /// Its last restart as the history has it; nil if there was none, or that is forgotten.
      public var restart: Restart?
      /// Why its last run ended or could not be started, in words.
      public var lastEnd: String?
      /// What a person wants of it.
      public var intent: Intent?
      /// What only rises, by name.
      public var counters: [String: UInt64] = [:]
      /// How long it was up, in buckets of the wall clock; windows one after the other, oldest bucket first.
      public var uptime: [UptimeHistory.Bucket] = []

      /// Nothing is known.
      public init() {}
    }
  }
}
