// One service of the file: what the core needs to know of it, and what those around the core do.
import Orchestration

/// A service with everything that the file says of it, defaults filled in.
package struct ServiceDefinition: Sendable, Equatable {
  /// What the core needs: name, kind, dependencies, policies. An external service has nothing that goes with a process: of it `setup`,
  /// `hooks`, `readiness`, `log`, `spec.start`, `spec.watchdog` and `spec.stop` are as without keys.
  package var spec: ServiceSpec
  /// One line for people.
  package var description: String?
  /// Groups services in the registry's statistics; the name where the file has none.
  package var type: String
  /// Shown in the registry and in `stoker_service_info`.
  package var version: String?
  /// Free; never metric labels.
  package var labels: [String: String]
  /// The argv, never empty: a plain string of the file is run by `/bin/sh -c`. nil for an external service only.
  package var command: [String]?
  /// Where it runs, absolute.
  package var directory: String
  /// On top of the supervisor's own and of `environmentFile`, in the file's order.
  package var environment: [NamedValue]
  /// Absolute; read at each start with `EnvironmentFile.read`.
  package var environmentFile: String?
  /// Who it runs as, and with which limits.
  package var setup: SetupSection
  /// The argv of each hook, none empty; `.stop` is `stop.command`. `spec.hooks` is the set of its keys.
  package var hooks: [Hook: [String]]
  /// How it says that it is ready; nil where `spec.start.isNotified` is false.
  package var readiness: ReadinessSource?
  /// What is checked; nil where `spec.check` is nil.
  package var check: CheckTarget?
  /// Results kept.
  package var healthHistory: Int
  /// Where its output goes.
  package var log: ServiceLogSection
  /// URLs by name: what dependents are handed.
  package var endpoints: [String: String]
  /// Where its own metrics are.
  package var metrics: MetricsTarget?

  /// A service with the defaults of the service file.
  package init(
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
package struct MetricsTarget: Sendable, Equatable {
  /// From 1 to 65535.
  package var port: Int
  /// Begins with `/`.
  package var path: String

  /// A place to scrape.
  package init(port: Int, path: String = "/metrics") {
    self.port = port
    self.path = path
  }
}
