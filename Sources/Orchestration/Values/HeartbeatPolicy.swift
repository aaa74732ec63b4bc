// The heartbeat that the registry expects of a service.

/// The heartbeat that the registry expects of a service.
package struct HeartbeatPolicy: Sendable, Equatable {
  /// How often a beat is expected.
  package var interval: Duration
  /// Without a beat for this long the entry counts as dead.
  package var timeout: Duration

  /// A policy with the defaults of the service file: every 60 s, dead after 180 s.
  package init(interval: Duration = .seconds(60), timeout: Duration = .seconds(180)) {
    self.interval = interval
    self.timeout = timeout
  }
}
