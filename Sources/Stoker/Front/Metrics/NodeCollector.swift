// The families of the node itself: sums over services, the registry, readiness, and the build.

import Exposition
import Orchestration
import ServiceFile

/// The node's own families.
struct NodeCollector: Collector {
  let name = "node"
  private let supervisor: any SupervisorQueries
  private let hasRegistry: Bool

  init(_ supervisor: any SupervisorQueries, excluded: Set<MetricsGroup>) {
    self.supervisor = supervisor
    hasRegistry = !excluded.contains(.registry)
  }

  func collect(into page: inout PageWriter) {
    let published = supervisor.read()
    let snapshot = published.snapshot
    page.begin(Self.health)
    for health in Health.allCases { page.sample(Labels(["status": health.rawValue]), snapshot.node.health == health) }
    page.begin(Self.ready)
    page.sample(.none, snapshot.node.isReady)
    page.begin(Self.initialized)
    page.sample(.none, snapshot.node.isInitialized)
    var states = Tally<Status>()
    for view in snapshot.services { states[view.status] += 1 }
    page.begin(Self.services)
    for status in Status.allCases { page.sample(Labels(["state": status.rawValue]), states[status]) }
    if hasRegistry {
      var entries = Tally<RegistryEntry.Status>()
      for entry in snapshot.registry.values { entries[entry.status] += 1 }
      page.begin(Self.registry)
      for status in RegistryEntry.Status.allCases { page.sample(Labels(["status": status.rawValue]), entries[status]) }
      page.begin(Self.registrySize)
      page.sample(.none, snapshot.registrySize.used)
      page.begin(Self.registryLimit)
      page.sample(.none, snapshot.registrySize.limit)
    }
    page.begin(Self.resolution)
    page.sample(.none, published.file.resolution.inSeconds)
    page.begin(Self.reloadSuccessful)
    page.sample(.none, published.file.isRight)
    page.begin(Self.reloadTime)
    page.sample(.none, published.file.readAt.seconds)
    if let watch = supervisor.watch {
      page.begin(Self.stateDirectoryLost)
      page.sample(.none, watch.problem != nil)
    }
    page.begin(Self.build)
    page.sample(Self.buildLabels, 1)
  }

  private static let health = Family(name: "stoker_health", type: .gauge, help: "1 for the node's composite health, 0 for the others.")
  private static let ready = Family(name: "stoker_ready", type: .gauge, help: "Whether every critical service is running.")
  private static let initialized = Family(
    name: "stoker_initialized", type: .gauge, help: "Whether every service has settled once since the start.")
  private static let services = Family(name: "stoker_services", type: .gauge, help: "Services by state.")
  private static let registry = Family(name: "stoker_registry_services", type: .gauge, help: "Entries of the registry by status.")
  private static let registrySize = Family(
    name: "stoker_registry_size_bytes", type: .gauge, help: "Size of all entries together that registered themselves.")
  private static let registryLimit = Family(
    name: "stoker_registry_size_limit_bytes", type: .gauge, help: "The largest size that these entries may have together.")
  private static let resolution = Family(
    name: "stoker_dependency_resolution_duration_seconds", type: .gauge, help: "Time that the last resolution of the dependency graph took."
  )
  private static let reloadSuccessful = Family(
    name: "stoker_config_last_reload_successful", type: .gauge, help: "Whether the last reading of the service file succeeded.")
  private static let reloadTime = Family(
    name: "stoker_config_last_reload_success_timestamp_seconds", type: .gauge,
    help: "Last successful reading of the service file, in seconds since 1970.")
  private static let stateDirectoryLost = Family(
    name: "stoker_state_directory_lost", type: .gauge, help: "Whether the state directory is no longer at its path.")
  private static let build = Family(name: "stoker_build_info", type: .info, help: "What this build of Stoker is.")
  private static let buildLabels = Labels([
    "version": Build.version, "revision": Build.revision, "swift_version": Build.swiftVersion, "os": Build.operatingSystem,
    "arch": Build.architecture,
  ])
}
