// How a service is checked.

/// When checks go, and what their results mean (rules 1 to 3).
public struct CheckPolicy: Sendable, Equatable {
  /// Who answers the check.
  public var source: Source
  /// From one check to the next, once the run was healthy.
  public var interval: Duration
  /// The longest a check may take; carried out by whoever runs it.
  public var timeout: Duration
  /// Failures in a row that make it unhealthy; fewer make it degraded.
  public var failureThreshold: Int
  /// Successes in a row that make an unhealthy service healthy again.
  public var recoveryThreshold: Int
  /// Failures within it do not count; the first success ends it.
  public var startPeriod: Duration
  /// From one check to the next until the run's first success.
  public var startInterval: Duration
  /// Unhealthy means restart.
  public var autoRecovery: Bool

  /// A check with the defaults of the service file.
  public init(
    source: Source = .probe, interval: Duration = .seconds(30), timeout: Duration = .seconds(5), failureThreshold: Int = 3,
    recoveryThreshold: Int = 2, startPeriod: Duration = .zero, startInterval: Duration = .seconds(1), autoRecovery: Bool = true
  ) {
    self.source = source
    self.interval = interval
    self.timeout = timeout
    self.failureThreshold = failureThreshold
    self.recoveryThreshold = recoveryThreshold
    self.startPeriod = startPeriod
    self.startInterval = startInterval
    self.autoRecovery = autoRecovery
  }

  /// Who answers a check.
  public enum Source: Sendable, Equatable {
    /// The world: the core asks with an action and is told with an event.
    case probe
    /// The registry: passes while the service's own heartbeat is fresh.
    case heartbeat
  }
}
