// The heartbeat that the registry expects of a service.

/// The heartbeat that the registry expects of a service.
package struct HeartbeatPolicy: Sendable, Equatable {
  /// The expected time from one beat to the next.
  package var interval: Duration
  /// The time without a beat after which the entry counts as dead.
  package var timeout: Duration

  /// Whether beats were asked for, so that the entry expires without them.
  package var isExpected: Bool

  /// The defaults of the service file: every 60 s, dead after 180 s, and never expired for want of beats that nobody asked for.
  package init() {
    (interval, timeout, isExpected) = (.seconds(60), .seconds(180), false)
  }

  /// A policy that was asked for.
  package init(interval: Duration, timeout: Duration) {
    (self.interval, self.timeout, isExpected) = (interval, timeout, true)
  }
}
