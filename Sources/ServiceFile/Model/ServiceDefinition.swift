// One service of the file: the specification for the core, and the settings for the modules around it.
import Orchestration

/// A service with all its settings, defaults filled in.
package struct ServiceDefinition: Sendable, Equatable {
  /// The core's part: name, kind, dependencies, policies. An external service has no process, so its `setup`, `hooks`, `readiness`, `log`,
  /// `spec.start`, `spec.watchdog` and `spec.stop` are as without keys.
  package var spec: ServiceSpec
  /// One line for people.
  package var description: String?
  /// Groups services in the registry's statistics; the name of the section where the file has none.
  package var type: String
  /// Shown in the registry and in `stoker_service_info`.
  package var version: String?
  /// Labels of the user's choice; never metric labels.
  package var labels: [String: String]
  /// The argv, never empty: a plain string of the file is run by `/bin/sh -c`. nil for an external service only.
  package var command: [String]?
  /// The working directory, absolute.
  package var directory: String
  /// Variables added to the supervisor's own and those of `environmentFiles`, in the file's order.
  package var environment: [NamedValue]
  /// Files that are read at each start with `EnvironmentFile.read`; later ones replace the variables of earlier ones.
  package var environmentFiles: [FileReference]
  /// Whether it gets the supervisor's own variables.
  package var inheritsEnvironment: Bool
  /// User, group, limits and other attributes of its process.
  package var setup: SetupSection
  /// The argv of each hook, none empty; `.stop` is `stop.command`, `.reload` and `.reloadCheck` are those of `reload`. `spec.hooks` is the set of its keys.
  package var hooks: [Hook: [String]]
  /// How it reports that it is ready; nil where `spec.start.isNotified` is false.
  package var readiness: ReadinessSource?
  /// The file that names its main process, of a forking service.
  package var pidFile: String?
  /// Whether only its main process and the descendants of that may speak on its notification socket (rule 82).
  package var hearsMainAlone: Bool
  /// The target of its check; nil where `spec.check` is nil.
  package var check: CheckTarget?
  /// The number of check results that are kept.
  package var healthHistory: Int
  /// Where its output goes.
  package var log: ServiceLogSection
  /// URLs by name, which its dependents get in their environment.
  package var endpoints: [String: String]
  /// The place of its own metrics.
  package var metrics: MetricsTarget?

  /// A service with the defaults of the service file.
  package init(
    spec: ServiceSpec, description: String? = nil, type: String? = nil, version: String? = nil, labels: [String: String] = [:],
    command: [String]? = nil, directory: String = "/", environment: [NamedValue] = [], environmentFiles: [FileReference] = [],
    inheritsEnvironment: Bool = true, setup: SetupSection = SetupSection(), hooks: [Hook: [String]] = [:],
    readiness: ReadinessSource? = nil, pidFile: String? = nil, hearsMainAlone: Bool = false,
    check: CheckTarget? = nil, healthHistory: Int = 100, log: ServiceLogSection = ServiceLogSection(), endpoints: [String: String] = [:],
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
    self.environmentFiles = environmentFiles
    self.inheritsEnvironment = inheritsEnvironment
    self.setup = setup
    self.hooks = hooks
    self.readiness = readiness
    self.pidFile = pidFile
    self.hearsMainAlone = hearsMainAlone
    self.check = check
    self.healthHistory = healthHistory
    self.log = log
    self.endpoints = endpoints
    self.metrics = metrics
  }
}

extension ServiceDefinition {
  /// The instance's own name, the part behind `@` (rule 89); nil where the section is one service.
  package var instance: String? { spec.section.map { String(spec.name.dropFirst($0.count + 1)) } }
}

/// The place of a service's own metrics.
package struct MetricsTarget: Sendable, Equatable {
  /// The port, from 1 to 65535.
  package var port: Int
  /// The path, which begins with `/`.
  package var path: String

  /// A place to scrape.
  package init(port: Int, path: String = "/metrics") {
    self.port = port
    self.path = path
  }
}
