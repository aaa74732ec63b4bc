// Families of services that are written together, with the labels of all their series.

import Exposition
import ServiceFile

/// A set of families with the label `name`.
final class ServiceFamilySet: Sendable {
  private let families: [ServiceFamily]
  private let caseFamilies: [ServiceCaseFamily]
  /// Made by the first collection: for a thousand services they are megabytes, which a Stoker without scrapes does not need.
  private let labels = GenerationCache<ServiceLabels>()

  init(_ families: [ServiceFamily], _ caseFamilies: [ServiceCaseFamily], excluded: Set<MetricsGroup>) {
    let isKept: (MetricsGroup?) -> Bool = { group in group.map { !excluded.contains($0) } ?? true }
    self.families = families.filter { isKept($0.group) }
    self.caseFamilies = caseFamilies.filter { isKept($0.group) }
  }

  func write(_ readings: ServiceReadings, into page: inout PageWriter) {
    let labels = labels.made(for: readings.generation) { ServiceLabels(readings.services, caseFamilies) }
    for (family, labels) in zip(caseFamilies, labels.cases) {
      let count = family.cases.count
      page.begin(family.family)
      page.samples(labels, since: { index in family.counts.map { readings[index / count].start($0) } }) {
        family.value(readings[$0 / count], $0 % count)
      }
    }
    for family in families {
      page.begin(family.family)
      page.samples(labels.names, since: { index in family.counts.map { readings[index].start($0) } }) { family.value(readings[$0]) }
    }
  }
}

/// The labels of a set's series.
private struct ServiceLabels: Sendable {
  /// `name="…"`, by the service's index.
  let names: [Labels]
  /// By the family; for each service, its cases.
  let cases: [[Labels]]

  init(_ services: [Service], _ families: [ServiceCaseFamily]) {
    let names = services.map { Labels(["name": $0.name]) }
    self.names = names
    cases = families.map { family in
      names.flatMap { name in family.cases.map { name.adding(family.label, $0) } }
    }
  }
}
