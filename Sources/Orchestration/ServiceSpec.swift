// What the core knows of a service: only what its rules need. Commands, paths and addresses stay with those who use them.

/// A service's place in the dense arrays of the core: its position in the service file, from 0.
public struct ServiceID: Hashable, Comparable, Sendable {
  /// The position in the service file.
  public let index: Int

  /// The service at `index` of the service file.
  public init(_ index: Int) {
    self.index = index
  }

  public static func < (left: ServiceID, right: ServiceID) -> Bool {
    left.index < right.index
  }
}

/// One service as the core sees it (service-file.md). The defaults are those of the service file.
public struct ServiceSpec: Sendable, Equatable {
  /// Unique in the file, `[A-Za-z0-9][A-Za-z0-9_.-]{0,62}`.
  public var name: String
  /// What it is.
  public var kind: Kind
  /// Started by itself; a disabled service is known and shown, and started only on request.
  public var isEnabled: Bool
  /// Counts for readiness (rule 23).
  public var isCritical: Bool
  /// What it depends on, in the order of the file.
  public var dependencies: [Dependency]
  /// The explicit layer, a barrier in the initial start and the full stop (rule 22); nil where the file names none.
  public var layer: Int?
  /// How it is checked; nil: well as long as it runs (rule 4).
  public var check: CheckPolicy?
  /// What happens when it falls.
  public var restart: RestartPolicy
  /// How it is stopped.
  public var stop: StopPolicy
  /// The heartbeat that the registry expects.
  public var heartbeat: HeartbeatPolicy

  /// A service of this name with the defaults of the service file.
  public init(
    name: String, kind: Kind = .process, isEnabled: Bool = true, isCritical: Bool = true, dependencies: [Dependency] = [],
    layer: Int? = nil, check: CheckPolicy? = nil, restart: RestartPolicy? = nil, stop: StopPolicy = StopPolicy(),
    heartbeat: HeartbeatPolicy = HeartbeatPolicy()
  ) {
    self.name = name
    self.kind = kind
    self.isEnabled = isEnabled
    self.isCritical = isCritical
    self.dependencies = dependencies
    self.layer = layer
    self.check = check
    self.restart = restart ?? RestartPolicy(rule: kind == .oneshot ? .onFailure : .always)
    self.stop = stop
    self.heartbeat = heartbeat
  }

  /// What a service is (rules 28, 29).
  public enum Kind: String, Sendable, CaseIterable {
    /// Kept running.
    case process
    /// Runs to completion.
    case oneshot
    /// Not started by Stoker, only checked and registered.
    case external
    /// A task of the embedding program; it can be asked and cancelled, not killed.
    case inProcess = "in_process"
  }
}

/// One edge of the graph (rules 15 to 21).
public struct Dependency: Sendable, Equatable {
  /// Who is depended on.
  public var service: ServiceID
  /// What is waited for.
  public var condition: Condition
  /// Waited for only while it is on its way (rule 16).
  public var isOptional: Bool
  /// What happens to the dependent when this dependency restarts or fails (rule 21).
  public var onRestart: OnRestart

  /// An edge to `service`.
  public init(_ service: ServiceID, condition: Condition = .started, isOptional: Bool = false, onRestart: OnRestart = .ignore) {
    self.service = service
    self.condition = condition
    self.isOptional = isOptional
    self.onRestart = onRestart
  }

  /// When a dependency counts as met (rule 15).
  public enum Condition: String, Sendable, CaseIterable {
    case started, ready, healthy, completed
  }

  /// What a dependent does when its dependency restarts or fails (rule 21).
  public enum OnRestart: String, Sendable, CaseIterable {
    case ignore, restart, stop
  }
}

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

/// What happens when a service falls (rules 9 to 14).
public struct RestartPolicy: Sendable, Equatable {
  /// Which ends are followed by a restart.
  public var rule: Rule
  /// Consecutive automatic attempts before `failed`; nil: unlimited.
  public var maxAttempts: Int?
  /// The delay of each attempt.
  public var backoff: Backoff
  /// Running and not unhealthy this long sets the attempts back to 0.
  public var resetAfter: Duration
  /// Exit codes that count as a clean end.
  public var successExitCodes: [Int32]

  /// A policy with the defaults of the service file.
  public init(
    rule: Rule = .always, maxAttempts: Int? = 3, backoff: Backoff = Backoff(), resetAfter: Duration = .seconds(600),
    successExitCodes: [Int32] = [0]
  ) {
    self.rule = rule
    self.maxAttempts = maxAttempts
    self.backoff = backoff
    self.resetAfter = resetAfter
    self.successExitCodes = successExitCodes
  }

  /// Which ends are followed by a restart.
  public enum Rule: String, Sendable, CaseIterable {
    case always
    case onFailure = "on-failure"
    case never
  }
}

/// The delay before attempt n: `min(max, base * factor^(n-1) * (1 + jitter*u))` with u in [0,1) (rule 10).
public struct Backoff: Sendable, Equatable {
  /// The delay before the first attempt.
  public var base: Duration
  /// Each delay is this many times the one before; at least 1.
  public var factor: Double
  /// No delay is longer.
  public var max: Duration
  /// The share of the delay that chance may add; 0 to 1.
  public var jitter: Double

  /// A back-off with the defaults of the service file: 2 s, 4 s, 8 s …, at most 5 min.
  public init(base: Duration = .seconds(2), factor: Double = 2, max: Duration = .seconds(300), jitter: Double = 0) {
    self.base = base
    self.factor = factor
    self.max = max
    self.jitter = jitter
  }
}

/// How a service is stopped (rule 24).
public struct StopPolicy: Sendable, Equatable {
  /// The signal that asks it to end.
  public var signal: Int32
  /// From the signal to SIGKILL.
  public var timeout: Duration

  /// A policy with the defaults of the service file: SIGTERM, 30 s.
  public init(signal: Int32 = 15, timeout: Duration = .seconds(30)) {
    self.signal = signal
    self.timeout = timeout
  }
}

/// The heartbeat that the registry expects of a service.
public struct HeartbeatPolicy: Sendable, Equatable {
  /// How often a beat is expected.
  public var interval: Duration
  /// Without a beat for this long the entry counts as dead.
  public var timeout: Duration

  /// A policy with the defaults of the service file: every 60 s, dead after 180 s.
  public init(interval: Duration = .seconds(60), timeout: Duration = .seconds(180)) {
    self.interval = interval
    self.timeout = timeout
  }
}
