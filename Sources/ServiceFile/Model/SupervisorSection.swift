// The block `stoker:`, the supervisor's own settings.

import Addresses
import Glibc
import Orchestration

/// The supervisor's own settings, each with the default of service-file.md.
package struct SupervisorSection: Sendable, Equatable {
  /// The node's name; nil: the host name (`ServiceFile.defaultNodeName`).
  package var name: String?
  /// HTTP listeners; the kernel chooses the port for port 0.
  package var listen: [ListenAddress]
  /// The state directory, absolute; nil: `ServiceFile.defaultStateDirectory`.
  package var stateDirectory: String?
  /// Stoker's own log.
  package var log: LogSection
  /// Groups of metrics that are left out.
  package var excludedMetrics: Set<MetricsGroup>
  /// Whether OpenMetrics has a `_created` sample for each counter and histogram.
  package var createdSamples: Bool
  /// The size of all entries of the registry that registered themselves, in bytes (rule 75); nil: 32 MiB.
  package var registrySize: UInt64?
  /// The host in the targets of service discovery, an IPv6 address without brackets; nil: the one by which Stoker was reached.
  package var discoveryAddress: String?
  /// Further names that the Host header may carry (rule 35).
  package var allowedHosts: [String]
  /// The local clients that may change something (rule 34), as the file has it; nil: it does not say.
  package var control: ControlScope?
  /// The conditions under which everything is stopped without a request (rule 90).
  package var exitConditions: Set<ExitCondition>
  /// Whether changes may come from elsewhere than loopback or a Unix socket. Always false until `web_config` is supported.
  package var allowRemoteControl: Bool

  /// A supervisor's settings.
  package init(
    name: String? = nil, listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 10101)], stateDirectory: String? = nil,
    log: LogSection = LogSection(),
    excludedMetrics: Set<MetricsGroup> = [], createdSamples: Bool = false, registrySize: UInt64? = nil,
    discoveryAddress: String? = nil, allowedHosts: [String] = [], control: ControlScope? = nil,
    exitConditions: Set<ExitCondition> = [], allowRemoteControl: Bool = false
  ) {
    self.name = name
    self.listen = listen
    self.stateDirectory = stateDirectory
    self.log = log
    self.excludedMetrics = excludedMetrics
    self.createdSamples = createdSamples
    self.registrySize = registrySize
    self.discoveryAddress = discoveryAddress
    self.allowedHosts = allowedHosts
    self.control = control
    self.exitConditions = exitConditions
    self.allowRemoteControl = allowRemoteControl
  }
}

extension SupervisorSection {
  /// Whether the file leaves ``control`` open, and root's default is not that of other users.
  package var isControlRootsDefault: Bool { control == nil && ControlScope.standard() != .standard(isRoot: false) }
}

extension ControlScope {
  /// The scope where the service file names none: on loopback TCP every local user can call, and root's services are not theirs.
  package static func standard(isRoot: Bool = geteuid() == 0) -> ControlScope { isRoot ? .socket : .loopback }
}

/// Stoker's own log.
package struct LogSection: Sendable, Equatable {
  /// The lowest level that is written.
  package var level: Level
  /// The format of lines.
  package var format: Format

  /// Log settings.
  package init(level: Level = .info, format: Format = .text) {
    self.level = level
    self.format = format
  }

  /// The levels of swift-log.
  package enum Level: String, Sendable, CaseIterable {
    case trace, debug, info, notice, warning, error, critical
  }

  /// The format of lines.
  package enum Format: String, Sendable, CaseIterable {
    case text, json
  }
}

/// A group of families that `stoker.metrics.exclude` leaves out.
package enum MetricsGroup: String, Sendable, CaseIterable {
  case io, log, exits, histograms, registry, dependencies
  case stateSeconds = "state_seconds"
}
