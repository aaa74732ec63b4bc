// The checks of a service.

/// The schedule of a service's checks, and the meaning of their results (rules 1 to 3).
public struct CheckPolicy: Sendable, Equatable {
  /// The source of the results.
  public var source: Source
  /// From one check to the next, after the run's first success.
  public var interval: Duration
  /// The longest time a check may take; enforced by the part that runs it.
  public var timeout: Duration
  /// Failures in a row that make the service unhealthy; fewer make it degraded.
  public var failureThreshold: Int
  /// Successes in a row that make an unhealthy service healthy again.
  public var recoveryThreshold: Int
  /// The time after a start during which failures do not count; the first success ends it.
  public var startPeriod: Duration
  /// From one check to the next until the run's first success.
  public var startInterval: Duration
  /// Whether an unhealthy service is restarted.
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

  /// The source of a check's result.
  public enum Source: Sendable, Equatable {
    /// A probe: the core asks for it with an action, and an event brings the result.
    case probe
    /// The registry: the check passes while the service's own heartbeat is fresh.
    case heartbeat
  }
}
