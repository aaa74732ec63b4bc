// The heartbeat that the registry expects of a service.

/// The heartbeat that the registry expects of a service.
package struct HeartbeatPolicy: Sendable, Equatable {
  /// The expected time from one beat to the next.
  package var interval: Duration
  /// The time without a beat after which the entry counts as dead.
  package var timeout: Duration

  /// A policy with the defaults of the service file: every 60 s, dead after 180 s.
  package init(interval: Duration = .seconds(60), timeout: Duration = .seconds(180)) {
    self.interval = interval
    self.timeout = timeout
  }
}
