// The changes of a reload in the supervisor's own settings.

import Addresses
import Orchestration

/// A key of `stoker:` that changed.
package struct SupervisorChange: Sendable, Equatable {
  /// The key as the file writes it, below `stoker`: `log.level`.
  package var key: String
  /// Whether the change takes effect at once; otherwise at the next start of Stoker.
  package var isLive: Bool

  /// A changed key.
  package init(key: String, isLive: Bool) {
    self.key = key
    self.isLive = isLive
  }

  /// All changes, in the order of service-file.md.
  static func all(from old: ServiceFile, to new: ServiceFile) -> [SupervisorChange] {
    var changes: [SupervisorChange] = []
    func compare<Value: Equatable>(_ key: String, isLive: Bool = false, _ value: (ServiceFile) -> Value) {
      if value(old) != value(new) { changes.append(SupervisorChange(key: key, isLive: isLive)) }
    }
    // A file without a name and one that names the host are the same.
    compare("name") { $0.nodeName }
    compare("listen") { Set($0.supervisor.listen.map(\.tidied)) }
    compare("state_dir") { $0.supervisor.stateDirectory }
    compare("log.level", isLive: true) { $0.supervisor.log.level }
    compare("log.format") { $0.supervisor.log.format }
    compare("metrics.exclude") { $0.supervisor.excludedMetrics }
    compare("metrics.created_samples") { $0.supervisor.createdSamples }
    compare("registry.max_size") { $0.supervisor.registrySize ?? UInt64(RegistrySize.defaultLimit) }
    compare("discovery.address") { $0.supervisor.discoveryAddress?.lowercased() }
    compare("allowed_hosts") { Set($0.supervisor.allowedHosts.map { $0.lowercased() }) }
    compare("control") { $0.supervisor.control ?? .standard() }
    compare("exit_when", isLive: true) { $0.supervisor.exitConditions }
    compare("allow_remote_control") { $0.supervisor.allowRemoteControl }
    return changes
  }
}
