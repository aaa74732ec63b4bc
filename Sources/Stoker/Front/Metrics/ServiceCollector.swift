// Writes the families of services, from the published state.

import Exposition
import Orchestration
import ServiceFile
import Synchronization

/// All families with the label `name`, except those of resource usage.
final class ServiceCollector: Collector {
  let name = "services"
  private let supervisor: any SupervisorQueries
  private let families: ServiceFamilySet
  private let hasStateSeconds: Bool
  private let hasHistograms: Bool
  private let hasDependencies: Bool
  /// Labels that no other family has; made by the first collection.
  private let labels = GenerationCache<OwnLabels>()
  /// The shown time in states, by service and state. The time in the present state is added to a snapshot that may be one batch of inputs
  /// old, so the next sum can be smaller: then the counter keeps its value.
  private let shownSeconds = Mutex<(generation: Int, names: [String], seconds: [Double])>((-1, [], []))

  init(_ supervisor: any SupervisorQueries, excluded: Set<MetricsGroup>) {
    self.supervisor = supervisor
    families = ServiceFamilySet(ServiceFamily.all, ServiceCaseFamily.all, excluded: excluded)
    hasStateSeconds = !excluded.contains(.stateSeconds)
    hasHistograms = !excluded.contains(.histograms)
    hasDependencies = !excluded.contains(.dependencies)
  }

  func collect(into page: inout PageWriter) {
    let readings = ServiceReadings(supervisor)
    let labels = labels.made(for: readings.generation) { OwnLabels(readings.services) }
    page.begin(Self.infoFamily)
    page.samples(labels.info) { _ in 1 }
    families.write(readings, into: &page)
    if hasStateSeconds { stateSeconds(readings, labels.states, into: &page) }
    if hasHistograms { checkDurations(readings, labels.names, into: &page) }
    if hasDependencies { dependencies(readings, labels.edges, into: &page) }
  }

  private func stateSeconds(_ readings: ServiceReadings, _ labels: [Labels], into page: inout PageWriter) {
    let statuses = Status.allCases
    page.begin(Self.stateSecondsFamily)
    shownSeconds.withLock { shown in
      if shown.generation != readings.generation { shown = Self.moved(shown.names, shown.seconds, to: readings) }
      page.samples(labels, since: { readings[$0 / statuses.count].start(.kept) }) { index in
        shown.seconds[index] = max(shown.seconds[index], readings[index / statuses.count].seconds(in: statuses[index % statuses.count]))
        return shown.seconds[index]
      }
    }
  }

  /// The shown values, by the numbers of services after a reload.
  private static func moved(_ names: [String], _ seconds: [Double], to readings: ServiceReadings) -> (Int, [String], [Double]) {
    let places = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let width = Status.allCases.count
    let moved = readings.services.flatMap { service in
      places[service.name].map { Array(seconds[$0 * width..<($0 + 1) * width]) } ?? Array(repeating: 0, count: width)
    }
    return (readings.generation, readings.services.map(\.name), moved)
  }

  private func checkDurations(_ readings: ServiceReadings, _ labels: [Labels], into page: inout PageWriter) {
    page.begin(Self.durationFamily)
    for (index, label) in labels.enumerated() {
      let reading = readings[index]
      if let histogram = readings.services[index].checkDurations {
        page.histogram(label, histogram.snapshot(), since: reading.start(.checkDurations))
      }
    }
  }

  private func dependencies(_ readings: ServiceReadings, _ edges: [[Labels]], into page: inout PageWriter) {
    page.begin(Self.edgeFamily)
    for (service, labels) in zip(readings.services, edges) {
      // An instance that is down is not missed while another meets the condition for it (rule 89).
      for part in service.spec.dependencies.parts {
        let isReady = part.contains { readings[$0.service.index].meets($0.condition) }
        for label in labels[part.indices] { page.sample(label, isReady) }
      }
    }
  }

  private static let infoFamily = Family(name: "stoker_service_info", type: .info, help: "Static facts of the service.")
  private static let stateSecondsFamily = Family(
    name: "stoker_service_state_seconds_total", type: .counter, help: "Time spent in each state.")
  private static let durationFamily = Family(
    name: "stoker_health_check_duration_seconds", type: .histogram, help: "Response times of health checks.")
  private static let edgeFamily = Family(
    name: "stoker_service_dependency_ready", type: .gauge, help: "Whether the dependency meets the condition of this edge.")

  /// Labels, by the service's index unless noted otherwise.
  private struct OwnLabels: Sendable {
    let names: [Labels]
    let info: [Labels]
    /// For each service, its states.
    let states: [Labels]
    /// One for each of a service's dependencies.
    let edges: [[Labels]]

    init(_ services: [Service]) {
      let names = services.map { Labels(["name": $0.name]) }
      self.names = names
      info = services.map { service in
        Labels([
          "name": service.name, "kind": service.spec.kind.rawValue, "type": service.type, "version": service.version ?? "",
          "restart_policy": service.spec.restart.rule.rawValue, "section": service.spec.section ?? "",
        ])
      }
      states = names.flatMap { name in Status.allCases.map { name.adding("state", $0.rawValue) } }
      edges = services.map { service in
        service.spec.dependencies.map { dependency in
          Labels([
            "name": service.name, "depends_on": services[dependency.service.index].name,
            "kind": dependency.isOptional ? "optional" : "required",
          ])
        }
      }
    }
  }
}
