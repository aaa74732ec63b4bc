// A service as the supervisor holds it: what the core knows, how to launch and check it, and what stays with it from run to run.

import Exposition
import Orchestration
import Probes
import Processes
import ServiceFile
import ServiceLogs

/// One service: from the service file, or from the embedding program.
struct Service: Sendable {
  var spec: ServiceSpec
  var description: String?
  var type: String
  var version: String?
  var labels: [String: String]
  var endpoints: [String: String]
  /// Where its own metrics are, for service discovery.
  var metrics: MetricsTarget?
  var launch: Launch
  var check: Check?
  /// How many results are kept.
  var historyLimit: Int
  /// What its processes say; nil where it has none. Stays over reloads that leave its place alone.
  var log: ServiceLog?
  /// What its processes use, over all runs and reloads.
  var usage: UsageAccount
  /// The response times of its checks; nil where nothing measures any.
  var checkDurations: Histogram?

  var name: String { spec.name }

  /// How a run comes to be.
  enum Launch: Sendable {
    case command(CommandLaunch)
    case task(@Sendable (ServiceContext) async throws -> Void)
    /// An external service: somebody else's business.
    case none
  }

  /// Who answers a check.
  enum Check: Sendable {
    case probe(Probe)
    case function(@Sendable () async throws -> HealthReport)
    case heartbeat
  }

  /// Its command, where it has one.
  var command: CommandLaunch? {
    if case .command(let launch) = launch { launch } else { nil }
  }
}

/// What is needed to spawn a service's process.
struct CommandLaunch: Sendable {
  var arguments: [String]
  var directory: String
  var environment: ServiceEnvironment
  var setup: ProcessSetup
  /// What its control group is bounded to.
  var limits: ControlGroupLimits
  var notify: NotifyMode
  /// How often the process must show that it lives.
  var watchdog: Duration?
  /// A line of its output that matches says that it is ready.
  var readyPattern: String?
  var hooks: [Hook: [String]]
  var logPolicy: LogPolicy
}
