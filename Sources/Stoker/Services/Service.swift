// A service as the supervisor holds it: what the core knows, and how to launch and check it.

import Orchestration
import Probes
import Processes
import ServiceFile

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
}

/// What is needed to spawn a service's process.
struct CommandLaunch: Sendable {
  var arguments: [String]
  var directory: String
  var environment: [(name: String, value: String)]
  /// Read at each start, before `environment`.
  var environmentFile: String?
  var log: LogPolicy
}
