// One service of the file: what the core needs to know of it, and what those around the core do.
import Orchestration

/// A service with everything that the file says of it, defaults filled in.
public struct ServiceDefinition: Sendable, Equatable {
  /// What the core needs: name, kind, dependencies, policies. An external service has nothing that goes with a process: of it `setup`,
  /// `hooks`, `readiness`, `log`, `spec.start`, `spec.watchdog` and `spec.stop` are as without keys.
  public var spec: ServiceSpec
  /// One line for people.
  public var description: String?
  /// Groups services in the registry's statistics; the name where the file has none.
  public var type: String
  /// Shown in the registry and in `stoker_service_info`.
  public var version: String?
  /// Free; never metric labels.
  public var labels: [String: String]
  /// The argv, never empty: a plain string of the file is run by `/bin/sh -c`. nil for an external service only.
  public var command: [String]?
  /// Where it runs, absolute.
  public var directory: String
  /// On top of the supervisor's own and of `environmentFile`, in the file's order.
  public var environment: [NamedValue]
  /// Absolute; read at each start with `EnvironmentFile.read`.
  public var environmentFile: String?
  /// Who it runs as, and with which limits.
  public var setup: SetupSection
  /// The argv of each hook, none empty; `.stop` is `stop.command`. `spec.hooks` is the set of its keys.
  public var hooks: [Hook: [String]]
  /// How it says that it is ready; nil where `spec.start.isNotified` is false.
  public var readiness: ReadinessSource?
  /// What is checked; nil where `spec.check` is nil.
  public var check: CheckTarget?
  /// Results kept.
  public var healthHistory: Int
  /// Where its output goes.
  public var log: ServiceLogSection
  /// URLs by name: what dependents are handed.
  public var endpoints: [String: String]
  /// Where its own metrics are.
  public var metrics: MetricsTarget?

  /// A service with the defaults of the service file.
  public init(
    spec: ServiceSpec, description: String? = nil, type: String? = nil, version: String? = nil, labels: [String: String] = [:],
    command: [String]? = nil, directory: String = "/", environment: [NamedValue] = [], environmentFile: String? = nil,
    setup: SetupSection = SetupSection(), hooks: [Hook: [String]] = [:], readiness: ReadinessSource? = nil, check: CheckTarget? = nil,
    healthHistory: Int = 100, log: ServiceLogSection = ServiceLogSection(), endpoints: [String: String] = [:],
    metrics: MetricsTarget? = nil
  ) {
    self.spec = spec
    self.description = description
    self.type = type ?? spec.name
    self.version = version
    self.labels = labels
    self.command = command
    self.directory = directory
    self.environment = environment
    self.environmentFile = environmentFile
    self.setup = setup
    self.hooks = hooks
    self.readiness = readiness
    self.check = check
    self.healthHistory = healthHistory
    self.log = log
    self.endpoints = endpoints
    self.metrics = metrics
  }
}

/// Where a service's own metrics are.
public struct MetricsTarget: Sendable, Equatable {
  /// From 1 to 65535.
  public var port: Int
  /// Begins with `/`.
  public var path: String

  /// A place to scrape.
  public init(port: Int, path: String = "/metrics") {
    self.port = port
    self.path = path
  }
}
