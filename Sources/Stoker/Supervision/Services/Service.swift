// A service as the supervisor holds it: its specification for the core, how it is launched and checked, and its log and usage over all
// runs.

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
  /// The address of its own metrics, for service discovery.
  var metrics: MetricsTarget?
  var launch: Launch
  var check: Check?
  /// The number of check results in memory.
  var historyLimit: Int
  /// The output of its processes; nil if it has none. Kept over reloads that do not change its file.
  var log: ServiceLog?
  /// The resource usage of its processes, over all runs and reloads.
  var usage: UsageAccount
  /// The response times of its checks; nil if its checks have none.
  var checkDurations: Histogram?
  /// The starts of its counts, kept as long as these are.
  var starts = CountStarts()

  var name: String { spec.name }

  /// How a run is started.
  enum Launch: Sendable {
    case command(CommandLaunch)
    case task(@Sendable (ServiceContext) async throws -> Void)
    /// An external service, which Stoker does not start.
    case none
  }

  /// How a check is made.
  enum Check: Sendable {
    case probe(Probe)
    case function(@Sendable () async throws -> HealthReport)
    case heartbeat
  }

  /// Its command, if it has one.
  var command: CommandLaunch? {
    if case .command(let launch) = launch { launch } else { nil }
  }
}

/// Everything that a spawn of the service's process needs.
struct CommandLaunch: Sendable {
  var arguments: [String]
  var directory: String
  var environment: ServiceEnvironment
  var input: SpawnInput
  var setup: ProcessSetup
  /// The limits of its control group.
  var limits: ControlGroupLimits
  var notify: NotifyMode
  /// Whether the main process and its descendants alone may speak on its notification socket (rule 82).
  var hearsMainAlone: Bool
  /// The longest time between two watchdog messages of the process.
  var watchdog: Duration?
  /// The file that names its main process after the first has gone into the background.
  var pidFile: String?
  /// The pattern of the output line that shows that it is ready.
  var readyPattern: String?
  var hooks: [Hook: [String]]
  var logPolicy: LogPolicy
}
