// Writes the families of services: values are read off the published state.

import Exposition
import Orchestration
import ServiceFile
import Synchronization

/// All families with the label `name`.
final class ServiceCollector: Collector {
  let name = "services"
  private unowned let supervisor: Supervisor
  private let families: [ServiceFamily]
  private let caseFamilies: [ServiceCaseFamily]
  private let hasHistograms: Bool
  private let hasDependencies: Bool
  /// Made by the first scrape: for a thousand services they are megabytes, which a Stoker that nobody scrapes does not need.
  private let labels = Mutex<ServiceLabels?>(nil)
  /// The time in states that was shown, by service and state. The present stretch is added to a picture that may lag behind a change by a
  /// batch of inputs, so the next sum can be smaller: a counter stands still then.
  private let shownSeconds: Mutex<[Double]>

  init(_ supervisor: Supervisor, excluded: Set<MetricsGroup>) {
    self.supervisor = supervisor
    shownSeconds = Mutex(Array(repeating: 0, count: supervisor.services.count * Status.allCases.count))
    let isKept: (MetricsGroup?) -> Bool = { group in group.map { !excluded.contains($0) } ?? true }
    families = ServiceFamily.all.filter { isKept($0.group) }
    caseFamilies = ServiceCaseFamily.all.filter { isKept($0.group) }
    hasHistograms = isKept(.histograms)
    hasDependencies = isKept(.dependencies)
  }

  func collect(into encoder: inout TextEncoder) {
    let labels = labels.withLock { labels in
      let present = labels ?? ServiceLabels(supervisor.services, caseFamilies)
      labels = present
      return present
    }
    let readings = readings()
    encoder.begin(Self.infoFamily)
    for label in labels.info { encoder.sample(label, 1) }
    for (family, labels) in zip(caseFamilies, labels.cases) {
      guard family.group != .stateSeconds else {
        stateSeconds(family, readings, labels, into: &encoder)
        continue
      }
      encoder.begin(family.family)
      for (reading, labels) in zip(readings, labels) {
        for (position, label) in labels.enumerated() {
          if let value = family.value(reading, position) { encoder.sample(label, value) }
        }
      }
    }
    for family in families {
      encoder.begin(family.family)
      for (reading, label) in zip(readings, labels.names) {
        if let value = family.value(reading) { encoder.sample(label, value) }
      }
    }
    if hasHistograms { checkDurations(labels.names, into: &encoder) }
    if hasDependencies { dependencies(readings, labels.edges, into: &encoder) }
  }

  private func readings() -> [ServiceReading] {
    let published = supervisor.read()
    let now = supervisor.clock.now
    return supervisor.services.indices.map { index in
      ServiceReading(
        service: supervisor.services[index], view: published.snapshot.services[index],
        log: supervisor.world.processes.serviceLogs[index],
        usage: supervisor.world.processes.usage[index], layer: supervisor.graph.layers[index], clock: supervisor.clock, now: now)
    }
  }

  private func stateSeconds(
    _ family: ServiceCaseFamily, _ readings: [ServiceReading], _ labels: [[Labels]], into encoder: inout TextEncoder
  ) {
    encoder.begin(family.family)
    shownSeconds.withLock { shown in
      var series = 0
      for (reading, labels) in zip(readings, labels) {
        for (position, label) in labels.enumerated() {
          shown[series] = max(shown[series], family.value(reading, position) ?? 0)
          encoder.sample(label, shown[series])
          series += 1
        }
      }
    }
  }

  private func checkDurations(_ labels: [Labels], into encoder: inout TextEncoder) {
    encoder.begin(Self.durationFamily)
    for (histogram, label) in zip(supervisor.world.instruments.checkDurations, labels) {
      if let histogram { encoder.histogram(label, histogram.snapshot()) }
    }
  }

  private func dependencies(_ readings: [ServiceReading], _ edges: [[Labels]], into encoder: inout TextEncoder) {
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
