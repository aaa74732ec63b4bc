// Writes the families of services: labels are made once, values are read off the published state.

import Exposition
import Orchestration
import ServiceFile

/// All families with the label `name`.
struct ServiceCollector: Collector {
  let name = "services"
  private unowned let supervisor: Supervisor
  private let families: [ServiceFamily]
  private let caseFamilies: [ServiceCaseFamily]
  private let hasHistograms: Bool
  private let hasDependencies: Bool
  /// By the service's index: `name="…"`.
  private let labels: [Labels]
  /// By the family, then the service, then the case.
  private let caseLabels: [[[Labels]]]
  private let info: [Labels]
  /// By the service, one for each of its dependencies.
  private let edges: [[Labels]]

  init(_ supervisor: Supervisor, excluded: Set<MetricsGroup>) {
    self.supervisor = supervisor
    let isKept: (MetricsGroup?) -> Bool = { group in group.map { !excluded.contains($0) } ?? true }
    families = ServiceFamily.all.filter { isKept($0.group) }
    caseFamilies = ServiceCaseFamily.all.filter { isKept($0.group) }
    hasHistograms = isKept(.histograms)
    hasDependencies = isKept(.dependencies)
    let services = supervisor.services
    let labels = services.map { Labels(["name": $0.name]) }
    self.labels = labels
    caseLabels = caseFamilies.map { family in
      labels.map { label in family.cases.map { label.adding(family.label, $0) } }
    }
    info = services.map { service in
      Labels([
        "name": service.name, "kind": service.spec.kind.rawValue, "type": service.type, "version": service.version ?? "",
        "restart_policy": service.spec.restart.rule.rawValue,
      ])
    }
    edges = services.map { service in
      service.spec.dependencies.map { dependency in
        Labels([
          "name": service.name, "depends_on": services[dependency.service.index].name,
          "kind": dependency.isOptional ? "optional" : "required",
        ])
      }
    }
  }

  func collect(into encoder: inout TextEncoder) {
    let readings = readings()
    encoder.begin(Self.infoFamily)
    for labels in info { encoder.sample(labels, 1) }
    for (family, labels) in zip(caseFamilies, caseLabels) {
      encoder.begin(family.family)
      for (reading, labels) in zip(readings, labels) {
        for (position, label) in labels.enumerated() {
          if let value = family.value(reading, position) { encoder.sample(label, value) }
        }
      }
    }
    for family in families {
      encoder.begin(family.family)
      for (reading, label) in zip(readings, labels) {
        if let value = family.value(reading) { encoder.sample(label, value) }
      }
    }
    if hasHistograms { checkDurations(into: &encoder) }
    if hasDependencies { dependencies(readings, into: &encoder) }
  }

  private func readings() -> [ServiceReading] {
    let published = supervisor.read()
    let now = supervisor.clock.now
    return supervisor.services.indices.map { index in
      ServiceReading(
        service: supervisor.services[index], view: published.snapshot.services[index], record: published.records[index],
        entry: published.snapshot.registry[supervisor.services[index].name]?.current(at: now),
        log: supervisor.world.processes.serviceLogs[index],
        usage: supervisor.world.processes.usage[index], layer: supervisor.graph.layers[index], clock: supervisor.clock, now: now)
    }
  }

  private func checkDurations(into encoder: inout TextEncoder) {
    encoder.begin(Self.durationFamily)
    for (histogram, label) in zip(supervisor.world.instruments.checkDurations, labels) {
      if let histogram { encoder.histogram(label, histogram.snapshot()) }
    }
  }

  private func dependencies(_ readings: [ServiceReading], into encoder: inout TextEncoder) {
    encoder.begin(Self.edgeFamily)
    for (reading, labels) in zip(readings, edges) {
      for (dependency, label) in zip(reading.service.spec.dependencies, labels) {
        encoder.sample(label, readings[dependency.service.index].meets(dependency.condition) ? 1 : 0)
      }
    }
  }

  private static let infoFamily = Family(name: "stoker_service_info", type: .info, help: "Static facts of the service.")
  private static let durationFamily = Family(
    name: "stoker_health_check_duration_seconds", type: .histogram, help: "Response times of health checks.")
  private static let edgeFamily = Family(
    name: "stoker_service_dependency_ready", type: .gauge, help: "Whether the dependency meets the condition of this edge.")
}
